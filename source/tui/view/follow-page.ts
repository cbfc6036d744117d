import type {Poller} from '../../application/poller.js';
import type {ResultStore} from '../../domain/store.js';
import type {ScreenStore} from '../screen-store.js';
import {pageEntry} from '../ui-state.js';

/** How long after a change of state its transition is surely written, in milliseconds. */
const writtenAfterMs = 400;

/**
 * Keeps the node whose page is open diagnosed, and its transitions fresh.
 * @returns what to call after every change of view or fleet
 */
export function createPageFollower(
	store: ScreenStore,
	poller: Pick<Poller, 'setDiagnosed'>,
	resultStore: Pick<ResultStore, 'readTransitions'>,
): () => void {
	let openedId: number | undefined;
	let knownPast = '';

	const readPast = async (nodeId: number): Promise<void> => {
		try {
			const transitions = await resultStore.readTransitions({nodeId});
			if (openedId === nodeId) {
				store.setTransitions(transitions);
				store.notify();
			}
		} catch {
			// The past is shown where it can be read.
		}
	};

	return () => {
		const entry = pageEntry(store.getScene());
		const nodeId = entry?.row.id;
		if (nodeId !== openedId) {
			openedId = nodeId;
			knownPast = '';
			store.setTransitions([]);
			poller.setDiagnosed(nodeId);
		}

		const past = Object.entries(entry?.node.nodeState.states ?? {})
			.map(([method, record]) => `${method} ${record.since}`)
			.join();
		if (nodeId !== undefined && past !== knownPast) {
			knownPast = past;
			void readPast(nodeId);
			setTimeout(() => void readPast(nodeId), writtenAfterMs).unref();
		}
	};
}
