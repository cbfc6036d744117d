import type {RecordedMethod} from '../domain/check-method.js';
import {checkMethodWords} from '../domain/check-method.js';
import type {Transition} from '../domain/past/transition.js';
import {computeHistory} from '../domain/past/uptime.js';
import type {ResultStore} from '../domain/store.js';
import {fleetPanelHeight} from './fleet-panel.js';
import type {ScreenStore} from './screen-store.js';
import {wideColumns} from './table-columns.js';

/** The past is read again this often while it is shown, in milliseconds. */
const readAgainMs = 15_000;
/** Transitions that are kept to be shown. */
const keptLatest = 100;

export interface FleetPastOptions {
	readonly store: Pick<ScreenStore, 'getUiState' | 'setFleetPast' | 'notify'>;
	readonly resultStore: Pick<ResultStore, 'readTransitions'>;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
}

/**
 * Keeps the uptime and the latest changes of all nodes, while they are shown or sorted by.
 * @returns what to call after every change of view or fleet
 */
export function createFleetPast({store, resultStore, nowMs}: FleetPastOptions): () => void {
	let readAtMs = Number.NEGATIVE_INFINITY;
	const read = async (): Promise<void> => {
		try {
			const transitions = await resultStore.readTransitions();
			store.setFleetPast(uptimesOf(transitions), transitions.slice(-keptLatest));
			store.notify();
		} catch {
			// The past is shown where it can be read.
		}
	};

	const uptimesOf = (transitions: readonly Transition[]): ReadonlyMap<number, number> => {
		// A method that is only looked by has no past.
		const {nodes, method, recordedMethod = method} = store.getUiState().snapshot;
		const recorded = checkMethodWords[recordedMethod].recordedAs;
		const byNode = groupByNode(transitions, recorded);
		const uptimes = nodes.map(({node, nodeState}) => {
			const past = {transitions: byNode.get(node.id) ?? [], nodeState, method: recorded, nowMs: nowMs()};
			return [node.id, computeHistory(past).uptime['24h'].ratio] as const;
		});
		return new Map(uptimes.flatMap(([id, ratio]) => (ratio === undefined ? [] : [[id, ratio * 100]])));
	};

	return () => {
		const uiState = store.getUiState();
		const {columns, view} = uiState;
		const isShown =
			columns >= wideColumns ||
			fleetPanelHeight(uiState) > 0 ||
			view.sort === 'uptime' ||
			view.columns.uptime === 'shown' ||
			view.filter.includes('uptime');
		if (isShown && nowMs() - readAtMs >= readAgainMs) {
			readAtMs = nowMs();
			void read();
		}
	};
}

function groupByNode(transitions: readonly Transition[], method: RecordedMethod): Map<number, Transition[]> {
	const byNode = new Map<number, Transition[]>();
	for (const transition of transitions) {
		if (transition.method === method) {
			const known = byNode.get(transition.node_id);
			if (known) {
				known.push(transition);
			} else {
				byNode.set(transition.node_id, [transition]);
			}
		}
	}

	return byNode;
}
