import {displayWidth, truncateText} from './display-width.js';

/** The eight colours every terminal has; which red is red is the user's choice. */
export type Color = 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan';

/** How a piece of text looks. */
export interface Style {
	readonly color?: Color;
	readonly bold?: boolean;
	readonly dim?: boolean;
	readonly inverse?: boolean;
	readonly underline?: boolean;
}

/** A piece of text and how it looks. */
export interface Span {
	readonly text: string;
	readonly style?: Style;
}

/** One line of the screen, left to right. */
export type Line = readonly Span[];

const colorCode: Readonly<Record<Color, number>> = {red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36};

/** The pair of SGR sequences around a text in this style. */
function sgrPair({color, bold, dim, inverse, underline}: Style): readonly [string, string] {
	const codes: ReadonlyArray<readonly [boolean | undefined, number, number]> = [
		[bold, 1, 22],
		[dim, 2, 22],
		[underline, 4, 24],
		[inverse, 7, 27],
		[color !== undefined, color === undefined ? 39 : colorCode[color], 39],
	];
	const used = codes.filter(([isUsed]) => isUsed);
	const closing = [...new Set(used.map(([, , off]) => off))].reverse();
	return [used.map(([, on]) => `\u001B[${on}m`).join(''), closing.map(off => `\u001B[${off}m`).join('')];
}

/** A line as text with escape sequences, as Ink takes it. */
export function ansiOf(line: Line): string {
	let ansi = '';
	for (const {text, style} of line) {
		if (text === '') {
			continue;
		}

		const [open, close] = style ? sgrPair(style) : ['', ''];
		ansi += open + text + close;
	}

	return ansi;
}

/** Columns a line takes. */
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
export function padLine(line: Line, width: number): Line {
	const missing = width - lineWidth(line);
	return missing > 0 ? [...line, {text: ' '.repeat(missing)}] : line;
}

/** Two lines in one: the second ends at the right edge. Where both do not fit, the first is cut. */
export function justify(left: Line, right: Line, width: number, ellipsis = '…'): Line {
	const room = width - lineWidth(right);
	return room <= 0 ? fitLine(right, width, ellipsis) : [...padLine(fitLine(left, room, ellipsis), room), ...right];
}
