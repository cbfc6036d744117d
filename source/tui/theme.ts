import chalk from 'chalk';
import {createContext} from 'react';
import type {State} from '../domain/state.js';
import {charactersOf} from './text-width.js';

// Ink draws with chalk, whose own guess takes bold, dim and reverse away together with the colours. What may be used is our Look.
chalk.level = 1;

/** The eight colours every terminal has; which red is red is the user's choice. */
type Color = 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan';

/** How a piece of text looks. */
export interface Style {
	readonly color?: Color;
	readonly bold?: boolean;
	readonly dim?: boolean;
	readonly inverse?: boolean;
	readonly underline?: boolean;
}

/** How a state looks: colour only for trouble, and never colour alone. */
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
	/** Whether colours may be used; bold, dim and reverse stay without them. */
	readonly color: boolean;
}

/** What the components draw with; the same for the whole screen. */
export const LookContext = createContext<Look>({ascii: false, color: true});

/** What stands for a sign where only ASCII can be drawn; every one takes as many columns as the sign. */
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

/** Ink's words for a style, colours left out where they may not be used. */
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

/** Replaces every character that is not ASCII by signs of the same width. */
function asciiText(text: string): string {
	return /^[\u0020-\u007E]*$/.test(text)
		? text
		: Array.from(charactersOf(text), ({text: sign, width}) =>
				/^[\u0020-\u007E]$/.test(sign) ? sign : (asciiSigns[sign] ?? '?'.repeat(width)),
			).join('');
}
