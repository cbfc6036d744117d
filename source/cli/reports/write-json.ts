import {compact} from '../../domain/compact.js';
import type {Node} from '../../domain/node/node.js';
import type {NodeMemory} from '../../domain/past/node-state.js';

/** Writes exactly one JSON document, indented for people where a person reads it. */
export function writeJson(stream: NodeJS.WriteStream, document: unknown): void {
	stream.write(`${JSON.stringify(document, undefined, stream.isTTY ? 2 : undefined)}\n`);
}

/** A definition as it is shown and exported: references to passwords, never a password. */
export type ShownNode = Omit<Node, 'password'> & {
	/** Present and true when nodes.json itself holds the password. */
	readonly has_password?: true;
	readonly worked?: NodeMemory['worked'];
	readonly worked_data?: NodeMemory['worked_data'];
};

/** A node without its password, with its last saved result where there is one. */
export function shownNode({password, ...node}: Node, memory: NodeMemory = {}): ShownNode {
	const {worked, worked_data} = memory;
	return compact({
		...node,
		...(password === undefined ? {} : {has_password: true}),
		worked,
		worked_data,
	});
}
