import {type RecordedMethod, schemaVersion} from '../domain/check-method.js';
import {compact} from '../domain/compact.js';
import {compareNames} from '../domain/fleet.js';
import type {Node} from '../domain/node/node.js';
import type {NodeState, StateRecord} from '../domain/past/node-state.js';
import {type Transition, transitionsByNode} from '../domain/past/transition.js';
import {computeHistory, type NodeHistory} from '../domain/past/uptime.js';

/** The pasts of some nodes, as one method recorded them. */
export interface Pasts {
	readonly method: RecordedMethod;
	readonly pasts: readonly NodePast[];
	/** Milliseconds since the epoch. */
	readonly asOfMs: number;
}

/** What `history --json` prints. */
export interface HistoryDocument {
	readonly schema_version: number;
	readonly method: RecordedMethod;
	/** ISO-8601 UTC. */
	readonly as_of: string;
	/** In order of their names. */
	readonly nodes: ReadonlyArray<
		Partial<StateRecord> & {
			readonly id: number;
			readonly name: string;
			/** The remote host it is on; absent without `--connect`. */
			readonly host?: string;
			readonly uptime: NodeHistory['uptime'];
			readonly outages: NodeHistory['outages'];
			/** Oldest first. */
			readonly transitions: readonly Transition[];
		}
	>;
}

/** What {@link parseHistoryLimit} accepts, as text. */
export const allowedHistoryLimit = 'a whole number from 0 to 9999999';

/** Parses the number of outages and transitions to show; `undefined` when the text is invalid. */
export function parseHistoryLimit(text: string): number | undefined {
	return /^\d{1,7}$/.test(text) ? Number(text) : undefined;
}

/** The last entries of a list; all of them without a limit. */
export function takeLastEntries<T>(list: readonly T[], limit: number | undefined): readonly T[] {
	return limit === undefined ? list : list.slice(Math.max(0, list.length - limit));
}

/**
 * Combines what is remembered of nodes with their state changes.
 * @param transitions of any node and method, oldest first
 * @returns in order of the nodes' names
 */
export function collectNodeHistories(
	nodes: readonly {readonly node: Node; readonly nodeState: NodeState}[],
	transitions: readonly Transition[],
	{method, nowMs}: {readonly method: RecordedMethod; readonly nowMs: number},
): readonly NodePast[] {
	const byNode = transitionsByNode(transitions.filter(transition => transition.method === method));
	return nodes
		.toSorted((a, b) => compareNames(a.node.name, b.node.name))
		.map(({node, nodeState}) => {
			const own = byNode.get(node.id) ?? [];
			const record = nodeState.states?.[method];
			return compact({
				node,
				transitions: own,
				record,
				history: computeHistory({transitions: own, nodeState, method, nowMs}),
			});
		});
}

/** @param limit at most this many outages and transitions of each node, the latest */
export function historyDocument({method, pasts, asOfMs}: Pasts, limit: number | undefined): HistoryDocument {
	const nodes = pasts.map(({node, host, transitions, record, history}) =>
		compact({
			id: node.id,
			name: node.name,
			host,
			...record,
			uptime: history.uptime,
			outages: takeLastEntries(history.outages, limit),
			transitions: takeLastEntries(transitions, limit),
		}),
	);
	return {schema_version: schemaVersion, method, as_of: new Date(asOfMs).toISOString(), nodes};
}

/** One node's past, as one method recorded it. */
export interface NodePast {
	readonly node: Pick<Node, 'id' | 'name'>;
	/** The remote host it is on. */
	readonly host?: string;
	/** Oldest first. */
	readonly transitions: readonly Transition[];
	/** The state it is in; absent when it was never checked. */
	readonly record?: StateRecord;
	readonly history: NodeHistory;
}
