import {compact} from '../domain/compact.js';
import type {Node} from '../domain/node/node.js';
import type {NodeState} from '../domain/past/node-state.js';
import type {State} from '../domain/state.js';
import {cleanText} from '../domain/text.js';

/**
 * Writes exactly one JSON document, indented when the stream is a terminal.
 * @param indent spaces to indent by when the stream is not a terminal, for a file that people edit
 */
export function writeJson(stream: NodeJS.WriteStream, document: unknown, indent?: number): void {
	stream.write(`${JSON.stringify(document, undefined, stream.isTTY ? 2 : indent)}\n`);
}

/** A node's definition for display and export: with references to passwords, never a password. */
export type NodeJsonOutput = Omit<Node, 'password'> & {
	/** Present and true when nodes.json itself contains the password. */
	readonly has_password?: true;
	readonly worked?: NodeState['worked'];
	readonly worked_data?: NodeState['worked_data'];
};

/** A node without its password, with its last saved result if there is one. */
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
 * Writes one line to standard error: `xmrtop: ...`. All such lines are written here.
 * @param note one sentence; control characters are removed. Nothing is written for `undefined`
 * @param maxLength longer notes are cut to this many characters, with an ellipsis
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

/** The styles of a line. Only the 16 standard colors are used, and only for states that need attention. */
export type StateColors = State | 'dim';

const codes: Readonly<Record<StateColors, string>> = {
	up: '',
	degraded: '33',
	busy: '36',
	unknown: '2',
	down: '1;31',
	dim: '2',
};

/** Colors a line. A state is never shown by color alone: the line also has its glyph and word. */
export function colorLine(line: string, as: StateColors, color: boolean): string {
	return color && codes[as] ? `\u001B[${codes[as]}m${line}\u001B[0m` : line;
}

/** What the terminal can display. */
export interface OutputStyle {
	readonly color: boolean;
	readonly ascii: boolean;
}

/**
 * Decides color (flag, `NO_COLOR`, `FORCE_COLOR`, `TERM=dumb` or no terminal) and ASCII (flag, no UTF-8 locale, `TERM=linux`).
 * @param flags from the command line; absent if not given
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
	const color =
		flags.color ??
		(noColor
			? false
			: forceColor === undefined || forceColor === ''
				? isTerminal && term !== 'dumb'
				: forceColor !== '0' && forceColor !== 'false');
	const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
	const ascii = flags.ascii ?? (flags.unicode === true ? false : term === 'linux' || !/utf-?8/i.test(locale));
	return {color, ascii};
}
