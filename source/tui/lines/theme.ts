import type {State} from '../../domain/state.js';
import {charactersOf} from './display-width.js';
import type {Line, Style} from './spans.js';

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

/** What stands for a sign where only ASCII can be drawn; every one takes as many columns as the sign. */
const asciiSigns: Readonly<Record<string, string>> = {
	'●': '+',
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

/** A line as this terminal can draw it. */
export function drawable(line: Line, {ascii, color}: Look): Line {
	return ascii || !color
		? line.map(span => ({text: ascii ? asciiText(span.text) : span.text, style: allowed(span.style, color)}))
		: line;
}

function allowed(style: Style | undefined, color: boolean): Style {
	const {color: painted, ...rest} = style ?? {};
	return color && painted ? {...rest, color: painted} : rest;
}

/** Replaces every character that is not ASCII by signs of the same width. */
export function asciiText(text: string): string {
	return /^[\u0020-\u007E]*$/.test(text)
		? text
		: Array.from(charactersOf(text), ({text: sign, width}) =>
				/^[\u0020-\u007E]$/.test(sign) ? sign : (asciiSigns[sign] ?? '?'.repeat(width)),
			).join('');
}
