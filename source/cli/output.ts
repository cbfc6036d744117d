import {compact} from '../domain/compact.js';
import type {Node} from '../domain/node/node.js';
import type {NodeState} from '../domain/past/node-state.js';
import type {State} from '../domain/state.js';
import {cleanText} from '../domain/text.js';

/**
 * Writes exactly one JSON document, indented for people where a person reads it.
 * @param indent spaces that it is indented by also elsewhere: for a file that people edit
 */
export function writeJson(stream: NodeJS.WriteStream, document: unknown, indent?: number): void {
	stream.write(`${JSON.stringify(document, undefined, stream.isTTY ? 2 : indent)}\n`);
}

/** A definition as it is shown and exported: references to passwords, never a password. */
export type NodeJsonOutput = Omit<Node, 'password'> & {
	/** Present and true when nodes.json itself holds the password. */
	readonly has_password?: true;
	readonly worked?: NodeState['worked'];
	readonly worked_data?: NodeState['worked_data'];
};

/** A node without its password, with its last saved result where there is one. */
export function nodeJsonOutput({password, ...node}: Node, nodeState: NodeState = {}): NodeJsonOutput {
	const {worked, worked_data} = nodeState;
	return compact({
		...node,
		...(password === undefined ? {} : {has_password: true}),
		worked,
		worked_data,
	});
}

/**
 * Writes one line for a person to standard error: `xmrtop: ...`. Nothing else in xmrtop writes such lines.
 * @param note one sentence; what a terminal could obey is removed from it. Nothing is written for `undefined`
 * @param maxLength characters kept before an ellipsis
 */
export function writeNote(
	stderr: Pick<NodeJS.WritableStream, 'write'>,
	note: string | undefined,
	maxLength = 4000,
): void {
	if (note !== undefined) {
		stderr.write(`xmrtop: ${cleanText(note, maxLength)}\n`);
	}
}

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
