import type {State} from '../../domain/state.js';

/** What a line may be painted as: only the 16 colours every terminal has, and only for trouble. */
export type StateColours = State | 'dim';

const codes: Readonly<Record<StateColours, string>> = {
	up: '',
	degraded: '33',
	busy: '36',
	unknown: '2',
	down: '1;31',
	dim: '2',
};

/** Paints a line. Colour never carries a state alone: glyph and word stand in the line. */
export function colourLine(line: string, as: StateColours, colour: boolean): string {
	return colour && codes[as] ? `\u001B[${codes[as]}m${line}\u001B[0m` : line;
}

/** What is known of the terminal that text is drawn on. */
export interface OutputStyle {
	readonly colour: boolean;
	readonly ascii: boolean;
}

/**
 * Decides colour (flag, `NO_COLOR`, `FORCE_COLOR`, `TERM=dumb` or no terminal) and ASCII (flag, no UTF-8 locale, `TERM=linux`).
 * @param flags what the command line said; absent means nothing
 */
export function detectOutputStyle(
	flags: {
		readonly color?: boolean | undefined;
		readonly ascii?: boolean | undefined;
		readonly unicode?: boolean | undefined;
	},
	env: Readonly<Record<string, string | undefined>>,
	isTerminal: boolean,
): OutputStyle {
	const {NO_COLOR: noColor, FORCE_COLOR: forceColor, TERM: term} = env;
	const colour =
		flags.color ??
		(noColor
			? false
			: forceColor === undefined || forceColor === ''
				? isTerminal && term !== 'dumb'
				: forceColor !== '0' && forceColor !== 'false');
	const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
	const ascii = flags.ascii ?? (flags.unicode === true ? false : term === 'linux' || !/utf-?8/i.test(locale));
	return {colour, ascii};
}
