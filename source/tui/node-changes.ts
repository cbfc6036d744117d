import {InputError} from '../domain/input-error.js';
import type {Node} from '../domain/node/node.js';
import {parseNodeDefinition, refuseTakenName} from '../domain/node/parse-node.js';
import type {NodeStore} from '../domain/store.js';
import {shown} from '../domain/text.js';
import {definitionOf, type NodeForm} from './view/node-form.js';

/**
 * Saves what a form describes: a new node, or a change of the one it was opened for.
 * @returns the saved node
 * @throws InputError with what is wrong, the file untouched
 */
export async function saveForm(store: NodeStore, form: NodeForm): Promise<Node> {
	let saved: Node | undefined;
	await store.update(file => {
		const before = file.nodes.find(({id}) => id === form.nodeId);
		if (form.nodeId !== undefined && !before) {
			throw new InputError('node_not_found', 'the node was removed in the meantime: press Esc, then a to add it');
		}

		const where = `node ${shown(form.values.name || 'without a name')}`;
		const definition = store.withStoredPaths(parseNodeDefinition(definitionOf(form, before), where));
		refuseTakenName(file.nodes, definition.name, form.nodeId);
		const node: Node = {id: before?.id ?? file.next_id, ...definition};
		saved = node;
		return before
			? {...file, nodes: file.nodes.map(other => (other.id === node.id ? node : other))}
			: {...file, nodes: [...file.nodes, node], next_id: file.next_id + 1};
	});
	if (!saved) {
		throw new InputError('save_failed', 'the node was not saved');
	}

	return saved;
}

/** What a confirmed question does to its node. */
const changes = {
	remove: () => undefined,
	disable: ({disabled_until: _, ...node}) => ({...node, available: false}),
	enable: ({disabled_until: _, ...node}) => ({...node, available: true}),
} as const satisfies Record<string, (node: Node) => Node | undefined>;

/** A change that is asked about first. */
export type NodeAct = keyof typeof changes;

/** Does what was confirmed. @throws InputError when it cannot be saved */
export async function changeNode(store: NodeStore, act: NodeAct, nodeId: number): Promise<void> {
	const change: (node: Node) => Node | undefined = changes[act];
	await store.update(file => ({
		...file,
		nodes: file.nodes.map(node => (node.id === nodeId ? change(node) : node)).filter(node => node !== undefined),
	}));
}
