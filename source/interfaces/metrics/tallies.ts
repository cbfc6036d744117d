import type {CheckMethod} from '../../domain/check-method.js';
import type {NodeMemory, Observation} from '../../domain/past/memory.js';
import type {Transition} from '../../domain/past/transition.js';

/** What happened to a node since the program began. */
export interface Tally {
	/** How many results each method gave, by their `status`. */
	readonly checks: ReadonlyMap<CheckMethod, ResultCounts>;
	readonly stateChanges: number;
	readonly restarts: number;
}

/** Results by their `status`: true is working. */
export interface ResultCounts {
	readonly working: number;
	readonly failed: number;
}

interface Draft {
	readonly checks: Map<CheckMethod, ResultCounts>;
	stateChanges: number;
	restarts: number;
	/** The restarts remembered with the last result. */
	remembered?: NodeMemory['restarts'];
}

/** Nothing happened yet. */
const nothing: Tally = {checks: new Map(), stateChanges: 0, restarts: 0};

/** Counts what a snapshot cannot tell: every result and every change between two of them. */
export interface Tallies {
	readonly onTransition: (transition: Transition) => void;
	readonly onResult: (observation: Observation, memory: NodeMemory) => void;
	readonly of: (nodeId: number) => Tally;
	/** Forgets the nodes that no longer exist. */
	readonly keepOnly: (nodeIds: Iterable<number>) => void;
}

export function createTallies(): Tallies {
	const drafts = new Map<number, Draft>();
	const draftOf = (nodeId: number): Draft => {
		const known = drafts.get(nodeId) ?? {checks: new Map(), stateChanges: 0, restarts: 0};
		drafts.set(nodeId, known);
		return known;
	};

	return {
		onTransition: ({node_id: nodeId}) => {
			draftOf(nodeId).stateChanges += 1;
		},
		onResult: ({node, result: {status, details}}, {restarts}) => {
			const isFirst = !drafts.has(node.id);
			const draft = draftOf(node.id);
			const {working = 0, failed = 0} = draft.checks.get(details.method) ?? {};
			draft.checks.set(details.method, {working: working + Number(status), failed: failed + Number(!status)});
			// The list is replaced with every restart; its length is bounded. What was remembered at the start is not news.
			if (!isFirst && restarts !== draft.remembered) {
				draft.restarts += 1;
			}

			draft.remembered = restarts;
		},
		of: nodeId => drafts.get(nodeId) ?? nothing,
		keepOnly: nodeIds => {
			const kept = new Set(nodeIds);
			for (const nodeId of drafts.keys()) {
				if (!kept.has(nodeId)) {
					drafts.delete(nodeId);
				}
			}
		},
	};
}
