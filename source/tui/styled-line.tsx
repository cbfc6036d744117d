import {Box, Text} from 'ink';
import {memo, use} from 'react';
import {charactersOf, displayWidth, truncateText} from './text-width.js';
import {bold, drawableText, inverse, LookContext, type Style, textProps} from './theme.js';

/** A piece of text with a style. */
export interface Span {
	readonly text: string;
	readonly style?: Style | undefined;
}

/** One line of the screen, left to right. */
export type Line = readonly Span[];

/** A piece of a line; redrawn only when its text or its style changes. */
export const Cell = memo(function Cell({text, style}: Span) {
	const look = use(LookContext);
	return <Text {...textProps(style, look)}>{drawableText(text, look)}</Text>;
}, isSameSpan);

/** One line of text, always one row high. */
export const StyledLine = memo(
	function StyledLine({line}: {readonly line: Line}) {
		return (
			<Text wrap="truncate-end">
				{lineWidth(line) === 0
					? ' '
					: line.map(({text, style}, place) => {
							// The index is a stable key: pieces change their text, not their position.
							const key = place;
							return <Cell key={key} text={text} style={style} />;
						})}
			</Text>
		);
	},
	(before, after) => isSameLine(before.line, after.line),
);

/** Lines below each other. */
export function StyledLines({lines}: {readonly lines: readonly Line[]}) {
	return (
		<Box flexDirection="column" flexShrink={0}>
			{lines.map((line, row) => {
				const key = row;
				return <StyledLine key={key} line={line} />;
			})}
		</Box>
	);
}

/** Whether two lines look the same. */
export function isSameLine(a: Line, b: Line): boolean {
	return a.length === b.length && a.every((span, index) => isSameSpan(span, b[index] ?? {text: ''}));
}

function isSameSpan(a: Span, b: Span): boolean {
	return a.text === b.text && (a.style === b.style || isSameStyle(a.style ?? {}, b.style ?? {}));
}

function isSameStyle(a: Style, b: Style): boolean {
	return (
		a.color === b.color &&
		Boolean(a.bold) === Boolean(b.bold) &&
		Boolean(a.dim) === Boolean(b.dim) &&
		Boolean(a.inverse) === Boolean(b.inverse) &&
		Boolean(a.underline) === Boolean(b.underline)
	);
}

/** Width of a line in columns. */
export function lineWidth(line: Line): number {
	return line.reduce((width, span) => width + displayWidth(span.text), 0);
}

/** A line cut to `width` columns, the ellipsis in the style of what was cut. */
export function fitLine(line: Line, width: number, ellipsis = '…'): Line {
	const fitted: Span[] = [];
	let left = width;
	for (const span of line) {
		const spanWidth = displayWidth(span.text);
		if (spanWidth > left) {
			fitted.push({...span, text: truncateText(span.text, left, ellipsis)});
			return fitted;
		}

		fitted.push(span);
		left -= spanWidth;
	}

	return fitted;
}

/** Fills a line with spaces up to `width` columns. */
function padLine(line: Line, width: number): Line {
	const missing = width - lineWidth(line);
	return missing > 0 ? [...line, {text: ' '.repeat(missing)}] : line;
}

/** A line that is selected: reversed from edge to edge, without colors, which are hard to read on one another. */
export function selectedLine(line: Line, width: number): Line {
	return padLine(fitLine(line, width), width).map(({text}) => ({text, style: inverse}));
}

/** Combines two lines, the second aligned to the right edge. If both do not fit, the first is cut. */
export function justify(left: Line, right: Line, width: number, ellipsis = '…'): Line {
	const room = width - lineWidth(right);
	return room <= 0 ? fitLine(right, width, ellipsis) : [...padLine(fitLine(left, room, ellipsis), room), ...right];
}

/** The parts of the title of a page. */
interface TitleParts {
	/** What stands before the name. */
	readonly before: Line;
	readonly name: string;
	/** What may stand after the name, the most detailed first. */
	readonly after: readonly Line[];
	/** What stands at the right edge. */
	readonly right: Line;
}

/** The title of a page: the most that fits after the name; the name is cut only where even the least does not fit. */
export function titleOfPage({before, name, after, right}: TitleParts, width: number): Line {
	const room = width - lineWidth(before) - lineWidth(right);
	const rest = after.find(line => displayWidth(name) + lineWidth(line) <= room) ?? after.at(-1) ?? [];
	const shown = truncateText(name, Math.max(minName, room - lineWidth(rest)));
	return fitLine(justify([...before, {text: shown, style: bold}, ...rest], right, width), width);
}

/** Minimum width of a name in a title. */
const minName = 4;

/**
 * The rows of a list around the selected one: from a whole row to the last line that fits.
 * @param rows the lines of each row
 * @param height number of lines that fit
 * @returns the lines in sight, and how many are out of sight below them
 */
export function linesAround(
	rows: ReadonlyArray<readonly Line[]>,
	selected: number,
	height: number,
): {readonly lines: readonly Line[]; readonly below: number} {
	const next = selected < rows.length - 1 ? 1 : 0;
	let first = 0;
	while (first < selected && rows.slice(first, selected + 1).flat().length + next > height) {
		first += 1;
	}

	// The last rows fill the room that they leave.
	while (first > 0 && rows.slice(first - 1).flat().length <= height) {
		first -= 1;
	}

	const left = rows.slice(first).flat();
	return {lines: left.slice(0, height), below: Math.max(0, left.length - height)};
}

/** The parts of a dialog below each other: with blank lines between them if they fit, and if nothing helps without the first lines. */
export function stackParts(parts: ReadonlyArray<readonly Line[]>, height: number): readonly Line[] {
	const filled = parts.filter(part => part.length > 0);
	const spaced = filled.flatMap(part => [[], ...part]);
	return spaced.length <= height ? spaced : filled.flat().slice(-Math.max(1, height));
}

/** A text with its caret as a reversed cell, scrolled so that the caret is in sight. */
export function caretSpans(text: string, caret: number, room: number): Span[] {
	const characters = [...charactersOf(text)].map(({text: character}) => character);
	const from = Math.max(0, caret - room + 2);
	return [
		{text: characters.slice(from, caret).join('')},
		{text: characters[caret] ?? ' ', style: inverse},
		{text: characters.slice(caret + 1, from + room - 1).join('')},
	];
}
