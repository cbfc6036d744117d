import stringWidth from 'string-width';

const oneColumn = /^[\u0020-\u007E·‘’“”•…–—‹›←↑→↓⏎─│▁▂▃▄▅▆▇█●○◐▲✖❯]*$/;

/** Whether all characters of a text are frequently drawn characters of width 1: ASCII and the glyphs of the screen. */
export const isOneColumnEach = (text: string): boolean => oneColumn.test(text);

const graphemes = new Intl.Segmenter(undefined, {granularity: 'grapheme'});

/** A cache, because measuring is slow and most texts are the same in every frame. Cleared when full, to bound its size. */
const measured = new Map<string, number>();
const maxMeasured = 4096;

/** Columns a text takes in a terminal; CJK and emoji take two. */
export function displayWidth(text: string): number {
	if (oneColumn.test(text)) {
		return text.length;
	}

	const known = measured.get(text);
	if (known !== undefined) {
		return known;
	}

	const width = stringWidth(text);
	if (measured.size >= maxMeasured) {
		measured.clear();
	}

	measured.set(text, width);
	return width;
}

/** The visible characters (grapheme clusters) of a text, each with its width. */
export function* charactersOf(text: string): Generator<{readonly text: string; readonly width: number}> {
	if (oneColumn.test(text)) {
		for (const character of text) {
			yield {text: character, width: 1};
		}

		return;
	}

	for (const {segment} of graphemes.segment(text)) {
		yield {text: segment, width: displayWidth(segment)};
	}
}

/**
 * Shortens a text to at most `width` columns, with an ellipsis if anything was cut.
 * @param ellipsis one column wide
 */
export function truncateText(text: string, width: number, ellipsis = '…'): string {
	if (displayWidth(text) <= width) {
		return text;
	}

	if (width <= 1) {
		return width === 1 ? ellipsis : '';
	}

	let kept = '';
	let keptWidth = 0;
	for (const character of charactersOf(text)) {
		if (keptWidth + character.width > width - 1) {
			break;
		}

		kept += character.text;
		keptWidth += character.width;
	}

	return kept.trimEnd() + ellipsis;
}

/** Makes a text exactly `width` columns wide: shortens it, or pads it with spaces. */
export function fitText(text: string, width: number, align: 'left' | 'right' = 'left', ellipsis = '…'): string {
	const short = truncateText(text, width, ellipsis);
	const fill = ' '.repeat(Math.max(0, width - displayWidth(short)));
	return align === 'left' ? short + fill : fill + short;
}

/** Breaks a text into lines of at most `width` columns, at spaces if possible. */
export function wrapText(text: string, width: number): string[] {
	const lines: string[] = [];
	let line = '';
	for (const word of text.split(' ')) {
		const longer = line === '' ? word : `${line} ${word}`;
		if (displayWidth(longer) <= width) {
			line = longer;
			continue;
		}

		if (line !== '') {
			lines.push(line);
		}

		const pieces = chopText(word, width);
		line = pieces.pop() ?? '';
		lines.push(...pieces);
	}

	return [...lines, line];
}

/** Joins facts with ` · ` into lines of at most `width` columns; a line ends between two facts if possible. */
export function wrapParts(parts: readonly string[], width: number): string[] {
	const lines: string[] = [];
	for (const part of parts) {
		const longer = `${lines.at(-1)} · ${part}`;
		if (lines.length > 0 && displayWidth(longer) <= width) {
			lines[lines.length - 1] = longer;
		} else {
			lines.push(...wrapText(part, width));
		}
	}

	return lines;
}

/** Cuts a text into pieces of at most `width` columns. */
export function chopText(text: string, width: number): string[] {
	const pieces: string[] = [];
	let piece = '';
	let pieceWidth = 0;
	for (const character of charactersOf(text)) {
		if (pieceWidth + character.width > width && piece !== '') {
			pieces.push(piece);
			piece = '';
			pieceWidth = 0;
		}

		piece += character.text;
		pieceWidth += character.width;
	}

	return [...pieces, piece];
}
