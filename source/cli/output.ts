import {compact} from '../domain/compact.js';
import type {Node} from '../domain/node/node.js';
import type {NodeState} from '../domain/past/node-state.js';
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
