import type {Silence} from '../domain/alerts/silences.js';
import {InputError} from '../domain/input-error.js';
import {findNode, isNodeAvailable, type Node} from '../domain/node/node.js';
import {didYouMean, quoteValue} from '../domain/text.js';

/** The nodes that a command applies to. */
export interface Selection {
	/** Ids or names; none means every available node. A disabled node is checked when named. */
	readonly names: readonly string[];
	/** Only nodes of this group. */
	readonly group?: string;
}

/** Which file the nodes are from, and the current time. */
export interface SelectionPlace {
	/** The file's path, for errors. */
	readonly where: string;
	readonly nowMs: number;
}

/**
 * The nodes to check, in order of ids, each once.
 * @throws InputError (`node_not_found`) naming the first that does not exist
 */
export function selectNodes(nodes: readonly Node[], {names, group}: Selection, {where, nowMs}: SelectionPlace): Node[] {
	const named = new Set(names.map(name => requireNode(nodes, name, where)));
	const isWanted = (node: Node): boolean => (named.size > 0 ? named.has(node) : isNodeAvailable(node, nowMs));
	return nodes
		.filter(node => isWanted(node) && (group === undefined || node.group === group))
		.sort((a, b) => a.id - b.id);
}

/**
 * The node that the user named by id or name.
 * @throws InputError (`node_not_found`) listing the nodes there are
 */
export function requireNode(nodes: readonly Node[], idOrName: string, where: string): Node {
	const node = findNode(nodes, idOrName);
	if (node) {
		return node;
	}

	const known = nodes.map(({name}) => name).slice(0, 8);
	const rest = nodes.length > known.length ? `, and ${nodes.length - known.length} more` : '';
	const allowed = known.length === 0 ? 'there are no nodes yet' : `known nodes: ${known.join(', ')}${rest}`;
	const meant = didYouMean(
		idOrName,
		nodes.map(({name}) => name),
	);
	throw new InputError('node_not_found', `node ${quoteValue(idOrName)} is not in ${where}; ${allowed}${meant}`);
}

/**
 * Rejects a group without nodes, unless there are no nodes at all.
 * @throws InputError (`node_not_found`)
 */
export function refuseUnknownGroup(nodes: readonly Node[], group: string | undefined, where: string): void {
	if (group !== undefined && nodes.length > 0 && nodes.every(node => node.group !== group)) {
		const groups = [...new Set(nodes.flatMap(node => node.group ?? []))];
		const meant = didYouMean(group, groups);
		throw new InputError('node_not_found', `no node in ${where} is in the group ${quoteValue(group)}${meant}`);
	}
}

/**
 * The nodes or the group that a silence applies to.
 * @throws InputError (`node_not_found`) for a node that does not exist, and a group without nodes
 */
export function selectSilenced(
	fleet: readonly Node[],
	{nodes, group}: {readonly nodes?: readonly string[]; readonly group?: string | undefined},
	where: string,
): Pick<Silence, 'nodes' | 'group'> {
	if (group === undefined) {
		return nodes === undefined
			? {}
			: {nodes: nodes.map(name => requireNode(fleet, name, where)).map(({id, name}) => ({id, name}))};
	}

	refuseUnknownGroup(fleet, group, where);
	if (fleet.length === 0) {
		throw new InputError('node_not_found', `no node in ${where} is in the group ${quoteValue(group)}`);
	}

	return {group};
}

/**
 * The action or host that the user named.
 * @param where the file's path, for errors
 * @throws InputError (`action_not_found`, `host_not_found`) listing those there are
 */
export function requireNamed<T extends {readonly name: string}>(
	kind: 'action' | 'host',
	all: readonly T[],
	name: string,
	where: string,
): T {
	const found = all.find(each => each.name === name);
	if (found) {
		return found;
	}

	const names = all.map(each => each.name);
	const known = names.length === 0 ? `there are no ${kind}s yet` : `known ${kind}s: ${names.join(', ')}`;
	const code = `${kind}_not_found` as const;
	throw new InputError(code, `${kind} ${quoteValue(name)} is not in ${where}; ${known}${didYouMean(name, names)}`);
}
