import type headless from '@xterm/headless';

type Terminal = InstanceType<typeof headless.Terminal>;

const cellWidth = 8.4;
const lineHeight = 18;
const margin = 16;
const barHeight = 30;

/** The terminal's own colours, and the 16 of a usual dark theme. */
const background = '#11151c';
const foreground = '#d5dae3';
const palette: Readonly<Record<number, string>> = {
	1: '#f2777a',
	2: '#8fc77f',
	3: '#f0c674',
	4: '#81a2d6',
	5: '#c792ea',
	6: '#6fc3d6',
	7: foreground,
};

/** What one cell shows. */
interface Look {
	readonly color: string;
	readonly behind: string | undefined;
	readonly isBold: boolean;
	readonly isDim: boolean;
}

/** Draws what a terminal shows as SVG, every character in its own cell whatever the reader's font is. */
export function screenMarkup(terminal: Terminal): string {
	const {active} = terminal.buffer;
	return Array.from({length: terminal.rows - 1}, (_, y) => lineMarkup(terminal, active.baseY + y, y)).join('');
}

/** Puts drawn screens of one size into a window; more than one follow each other, each for `seconds`. */
export function windowSvg(
	screens: readonly string[],
	{
		columns,
		rows,
		title,
		seconds,
	}: {readonly columns: number; readonly rows: number; readonly title: string; readonly seconds: number},
): string {
	const width = columns * cellWidth + 2 * margin;
	// The live table leaves the last line empty.
	const height = (rows - 1) * lineHeight + barHeight + margin;
	const lights = ['#f2777a', '#f0c674', '#8fc77f'].map(
		(color, index) => `<circle cx="${margin + 4 + index * 18}" cy="16" r="5" fill="${color}"/>`,
	);
	return [
		`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${height}" width="${round(width)}" height="${height}" role="img" aria-label="${escaped(title)}">`,
		`<style>text{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre;fill:${foreground}}.b{font-weight:700}.d{opacity:.55}${animation(screens.length, seconds)}</style>`,
		`<rect width="100%" height="100%" rx="8" fill="${background}"/>`,
		...lights,
		`<text x="${round(width / 2)}" y="20" text-anchor="middle" class="d">${escaped(title)}</text>`,
		...screens.map(
			(screen, index) =>
				`<g transform="translate(${margin} ${barHeight})"${screens.length > 1 ? ` class="s" style="${index === 0 ? 'visibility:visible;' : ''}animation-delay:${index * seconds}s"` : ''}>${screen}</g>`,
		),
		'</svg>\n',
	].join('');
}

function animation(count: number, seconds: number): string {
	if (count < 2) {
		return '';
	}

	const share = round(100 / count);
	return `.s{visibility:hidden;animation:s ${count * seconds}s step-end infinite}@keyframes s{0%{visibility:visible}${share}%{visibility:hidden}}`;
}

function lineMarkup(terminal: Terminal, line: number, y: number): string {
	const row = terminal.buffer.active.getLine(line);
	let markup = '';
	let run: {look: Look; text: string; xs: number[]; from: number; to: number} | undefined;
	const end = (): void => {
		if (run) {
			markup += runMarkup(run, y);
			run = undefined;
		}
	};

	for (let x = 0; x < terminal.cols; x++) {
		const cell = row?.getCell(x);
		if (!cell || cell.getWidth() === 0) {
			continue;
		}

		const look = lookOf(cell);
		if (run && !isSame(run.look, look)) {
			end();
		}

		run ??= {look, text: '', xs: [], from: x, to: x};
		run.text += cell.getChars() || ' ';
		run.xs.push(...[...(cell.getChars() || ' ')].map(() => round(x * cellWidth)));
		run.to = x + cell.getWidth();
	}

	end();
	return markup;
}

function runMarkup(
	{look, text, xs, from, to}: {look: Look; text: string; xs: number[]; from: number; to: number},
	y: number,
): string {
	const behind =
		look.behind === undefined
			? ''
			: `<rect x="${round(from * cellWidth)}" y="${y * lineHeight}" width="${round((to - from) * cellWidth)}" height="${lineHeight}" fill="${look.behind}"/>`;
	const classes = [look.isBold && 'b', look.isDim && 'd'].filter(Boolean).join(' ');
	const fill = look.color === foreground ? '' : ` style="fill:${look.color}"`;
	const attributes = `y="${y * lineHeight + 13}"${classes ? ` class="${classes}"` : ''}${fill}`;
	// Spaces are left out: what draws SVG does not agree on them.
	return (
		behind +
		wordsOf([...text], xs)
			.map(({word, places}) => `<text x="${places}" ${attributes}>${escaped(word)}</text>`)
			.join('')
	);
}

function wordsOf(characters: readonly string[], xs: readonly number[]): Array<{word: string; places: string}> {
	const words: Array<{word: string; places: string}> = [];
	let isBetween = true;
	for (const [index, character] of characters.entries()) {
		if (character === ' ') {
			isBetween = true;
			continue;
		}

		const last = isBetween ? undefined : words.at(-1);
		if (last) {
			last.word += character;
			last.places += ` ${xs[index]}`;
		} else {
			words.push({word: character, places: String(xs[index])});
		}

		isBetween = false;
	}

	return words;
}

type Cell = NonNullable<ReturnType<NonNullable<ReturnType<Terminal['buffer']['active']['getLine']>>['getCell']>>;

function lookOf(cell: Cell): Look {
	const own = cell.isFgPalette() ? (palette[cell.getFgColor() % 8] ?? foreground) : foreground;
	const isInverse = cell.isInverse() !== 0;
	return {
		color: isInverse ? background : own,
		behind: isInverse ? own : undefined,
		isBold: cell.isBold() !== 0,
		isDim: cell.isDim() !== 0,
	};
}

const isSame = (a: Look, b: Look): boolean =>
	a.color === b.color && a.behind === b.behind && a.isBold === b.isBold && a.isDim === b.isDim;

const round = (value: number): number => Math.round(value * 100) / 100;

const escaped = (text: string): string =>
	text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
