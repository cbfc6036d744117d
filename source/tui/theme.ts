import chalk from 'chalk';
import {createContext} from 'react';
import type {State} from '../domain/state.js';
import {charactersOf} from './text-width.js';

// Ink draws with chalk, which without color support also drops bold, dim and inverse. So chalk is always on, and Look decides
// what is used.
chalk.level = 1;

/** The standard colors of terminals; the user's theme defines their shades. */
type Color = 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan';

/** The style of a piece of text. */
export interface Style {
	readonly color?: Color;
	readonly bold?: boolean;
	readonly dim?: boolean;
	readonly inverse?: boolean;
	readonly underline?: boolean;
}

/** The style of each state: color only for problems, and never as the only sign. */
export const stateStyles: Readonly<Record<State, Style>> = {
	up: {},
	degraded: {color: 'yellow'},
	busy: {color: 'cyan'},
	unknown: {dim: true},
	down: {color: 'red', bold: true},
};

export const dim: Style = {dim: true};
export const bold: Style = {bold: true};
export const inverse: Style = {inverse: true};
export const error: Style = {color: 'red', bold: true};

/** What the terminal can draw. */
export interface Look {
	/** Only ASCII. */
	readonly ascii: boolean;
	/** Whether colors may be used; bold, dim and inverse are used in any case. */
	readonly color: boolean;
}

/** The look for all components of the screen. */
export const LookContext = createContext<Look>({ascii: false, color: true});

/** ASCII replacements of glyphs; each has the same width as its glyph. */
const asciiSigns: Readonly<Record<string, string>> = {
	'●': '+',
	'○': 'o',
	'▲': '!',
	'◐': '~',
	'✖': 'x',
	'❯': '>',
	'‹': '<',
	'–': '-',
	'—': '-',
	'·': '-',
	'…': '~',
	'↑': '^',
	'↓': 'v',
	'←': '<',
	'→': '>',
	'⏎': '\\',
	'•': '*',
	'│': '|',
	'▁': '_',
	'▂': '_',
	'▃': '.',
	'▄': '.',
	'▅': '-',
	'▆': '=',
	'▇': '#',
	'█': '#',
	'’': "'",
	'“': '"',
	'”': '"',
};

/** Ink's text props for a style, without colors if they may not be used. */
export function textProps(style: Style | undefined, look: Look) {
	const {color, bold: isBold = false, dim: isDim = false, inverse: isInverse = false, underline = false} = style ?? {};
	return {
		...(color && look.color ? {color} : {}),
		bold: isBold,
		dimColor: isDim,
		inverse: isInverse,
		underline,
	};
}

/** A text as this terminal can draw it. */
export function drawableText(text: string, {ascii}: Look): string {
	return ascii ? asciiText(text) : text;
}

/** Replaces every non-ASCII character with ASCII characters of the same width. */
function asciiText(text: string): string {
	return /^[\u0020-\u007E]*$/.test(text)
		? text
		: Array.from(charactersOf(text), ({text: sign, width}) =>
				/^[\u0020-\u007E]$/.test(sign) ? sign : (asciiSigns[sign] ?? '?'.repeat(width)),
			).join('');
}
