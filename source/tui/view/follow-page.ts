import type {Poller} from '../../application/poller.js';
import type {FleetNode} from '../../domain/fleet.js';
import type {ResultStore} from '../../domain/store.js';
import {daemonMembers} from '../daemon-page.js';
import type {ScreenStore} from '../screen-store.js';
import {besideColumns, frameOf, pageEntry, shownEntry, type UiState} from '../ui-state.js';
import type {NodeEntry} from './table-entries.js';

/** Time after a state change by which its transition has been written, in milliseconds. */
const writtenAfterMs = 400;

/** Debounce: how long a node must be selected in the table before it is diagnosed, in milliseconds. */
const restMs = 400;

/**
 * Makes the poller diagnose the node whose page is open (or the selected node if its details are shown beside the table), and keeps its
 * transitions up to date.
 * @returns a function to call after every change of view or fleet
 */
export function createPageFollower(
	store: ScreenStore,
	poller: Pick<Poller, 'setDiagnosed'>,
	resultStore: Pick<ResultStore, 'readTransitions'>,
): () => void {
	let openedId: number | undefined;
	let wantedId: number | undefined;
	let diagnosedId: number | undefined;
	let resting: NodeJS.Timeout | undefined;
	let knownPast = '';

	const readPast = async (nodeId: number): Promise<void> => {
		try {
			const transitions = await resultStore.readTransitions({nodeId});
			if (openedId === nodeId) {
				store.setTransitions(transitions);
				store.notify();
			}
		} catch {
			// If the history cannot be read, it is not shown.
		}
	};

	const open = (nodeId: number | undefined): void => {
		clearTimeout(resting);
		openedId = nodeId;
		knownPast = '';
		store.setTransitions([]);
		diagnosedId = isDiagnosable(store.getUiState()) ? nodeId : undefined;
		poller.setDiagnosed(diagnosedId);
	};

	const openRested = (nodeId: number): void => {
		resting = setTimeout(() => {
			const entry = store.getUiState().listed.all.find(({row}) => row.id === nodeId);
			if (entry?.node.checking) {
				// Waits for the running check: its result would be newer than a full check started now.
				openRested(nodeId);
				return;
			}

			open(nodeId);
			follow();
			store.notify();
		}, restMs).unref();
	};

	/** Reads the transitions of all nodes of the daemon whose page is open. */
	const followMembers = async (nodeIds: readonly number[]): Promise<void> => {
		try {
			const ids = new Set(nodeIds);
			const {isRemote} = store.getUiState();
			const read = isRemote
				? await Promise.all(nodeIds.map(nodeId => resultStore.readTransitions({nodeId})))
				: [await resultStore.readTransitions()];
			const transitions = read
				.flat()
				.filter(({node_id: id}) => ids.has(id))
				.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
			if (store.getUiState().view.page.kind === 'daemon') {
				store.setTransitions(transitions);
				store.notify();
			}
		} catch {
			// If the history cannot be read, it is not shown.
		}
	};

	const followDaemon = (uiState: UiState, daemon: string): void => {
		const members = daemonMembers(uiState, daemon);
		const past = [daemon, ...members.map(({node}) => pastOf(node))].join();
		if (wantedId !== undefined || openedId !== undefined) {
			wantedId = undefined;
			open(undefined);
		}

		if (past !== knownPast) {
			const ids = members.map(({row}) => row.id);
			knownPast = past;
			void followMembers(ids);
			setTimeout(() => void followMembers(ids), writtenAfterMs).unref();
		}
	};

	return () => {
		const uiState = store.getUiState();
		if (uiState.view.page.kind === 'daemon') {
			followDaemon(uiState, uiState.view.page.daemon);
			return;
		}

		const page = pageEntry(uiState);
		const entry = page ?? besideEntry(uiState);
		const nodeId = entry?.row.id;
		if (nodeId !== wantedId) {
			wantedId = nodeId;
			clearTimeout(resting);
			if (page || nodeId === undefined) {
				open(nodeId);
			} else {
				openRested(nodeId);
			}
		} else if ((page || openedId === nodeId) && diagnosedId !== nodeId && isDiagnosable(uiState)) {
			open(nodeId);
		}

		follow();
	};

	function follow(): void {
		const entry = store.getUiState().listed.all.find(({row}) => row.id === openedId);
		const past = entry ? pastOf(entry.node) : '';
		if (openedId !== undefined && past !== knownPast) {
			const nodeId = openedId;
			knownPast = past;
			void readPast(nodeId);
			setTimeout(() => void readPast(nodeId), writtenAfterMs).unref();
		}
	}
}

/** A key that changes with every transition of a node. */
function pastOf({nodeState}: FleetNode): string {
	return Object.entries(nodeState.states ?? {})
		.map(([method, record]) => `${method} ${record.since}`)
		.join();
}

/** Whether the shown node is diagnosed: in a paused table, selecting a node does not start a check. */
const isDiagnosable = ({view, snapshot}: UiState): boolean => view.page.kind !== 'table' || !snapshot.paused;

/** The selected node of the table if its details are shown beside the table, or its advice below it. */
function besideEntry(uiState: UiState): NodeEntry | undefined {
	const entry = uiState.view.page.kind === 'table' ? shownEntry(uiState) : undefined;
	const isBeside = besideColumns(uiState) > 0 || (frameOf(uiState).strip > 0 && entry?.row.state !== 'up');
	return isBeside && entry && !entry.row.disabled ? entry : undefined;
}
