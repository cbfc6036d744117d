import type {Poller} from '../application/poller.js';
import {compact} from '../domain/compact.js';
import type {DiscoveredWallet} from '../domain/discovery/match-wallets.js';
import type {Transition} from '../domain/past/transition.js';
import type {UnreadableFact} from '../domain/ports.js';
import {pageEntry} from './lines/details-lines.js';
import {pageHeight, pageLines} from './lines/page-lines.js';
import {tableHeight} from './lines/table-lines.js';
import type {Look} from './lines/theme.js';
import type {UiState} from './ui-state.js';
import {reduceView, type ViewEvent} from './view/reduce-view.js';
import {createLister} from './view/table-entries.js';
import {firstView, type Surroundings, type View} from './view/view-state.js';

/** The one source of what the screen shows: the poller's snapshot, the view, the clock and the size in one uiState. */
export interface ScreenStore {
	/** The same object until something changes. */
	readonly getScene: () => UiState;
	readonly subscribe: (listener: () => void) => () => void;
	/** Changes the view; nobody hears of it before `notify`, so that many keys make one frame. */
	readonly dispatch: (event: ViewEvent) => void;
	readonly setTransitions: (transitions: readonly Transition[]) => void;
	/** What a search found that is no node, and what it could not see. */
	readonly setFound: (found: readonly DiscoveredWallet[], unseen?: readonly UnreadableFact[]) => void;
	/** Percent over 24 hours, by node id. */
	readonly setUptimes: (uptimes: ReadonlyMap<number, number>) => void;
	/** Something outside is another: the fleet, the clock, the size. */
	readonly invalidate: () => void;
	/** Tells the listeners that the uiState has changed. */
	readonly notify: () => void;
}

export interface ScreenStoreOptions {
	readonly poller: Pick<Poller, 'getSnapshot'>;
	readonly size: () => {readonly columns: number; readonly rows: number};
	readonly look: Look;
	readonly nodesPath: string;
	/** See {@link UiState}. Default false. */
	readonly isRemote?: boolean;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
}

export function createScreenStore(options: ScreenStoreOptions): ScreenStore {
	const {poller, size, look, nodesPath, nowMs, isRemote = false} = options;
	const list = createLister();
	const listeners = new Set<() => void>();
	let view: View = firstView;
	let uptimes: ReadonlyMap<number, number> | undefined;
	let transitions: readonly Transition[] = [];
	let found: readonly DiscoveredWallet[] | undefined;
	let unseen: readonly UnreadableFact[] = [];
	let uiState: UiState | undefined;

	const build = (): UiState => {
		const snapshot = poller.getSnapshot();
		const now = nowMs();
		if (view.notice && view.notice.untilMs <= now) {
			view = {...view, notice: undefined};
		}

		const made = (): UiState => ({
			snapshot,
			view,
			listed: list(snapshot, view, {nowMs: now, ...(uptimes ? {uptimes} : {})}),
			...size(),
			nowMs: Math.floor(now / 1000) * 1000,
			look,
			isRemote,
			nodesPath,
			transitions,
			found,
			unseen,
		});
		const first = made();
		const settled = reduceView(view, {type: 'surroundings'}, surroundingsOf(first));
		if (settled === view) {
			return first;
		}

		view = settled;
		return made();
	};

	const getScene = (): UiState => {
		uiState ??= build();
		return uiState;
	};

	return {
		getScene,
		subscribe: listener => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		dispatch: event => {
			const next = reduceView(view, event, surroundingsOf(getScene()));
			if (next !== view) {
				view = next;
				uiState = undefined;
			}
		},
		setTransitions: next => {
			transitions = next;
			uiState = undefined;
		},
		setFound: (next, nextUnseen = []) => {
			found = next;
			unseen = nextUnseen;
			uiState = undefined;
		},
		setUptimes: next => {
			uptimes = next;
			uiState = undefined;
		},
		invalidate: () => {
			uiState = undefined;
		},
		notify: () => {
			for (const listener of listeners) {
				listener();
			}
		},
	};
}

function surroundingsOf(uiState: UiState): Surroundings {
	const {view, listed, snapshot, found = []} = uiState;
	const scrolls = 'scroll' in view.page || view.dialog?.kind === 'help';
	return compact({
		ids: listed.ids,
		rowIds: listed.rowIds,
		tableHeight: tableHeight(uiState),
		scrollLines: scrolls ? pageLines(uiState).body.length : 0,
		scrollHeight: scrolls ? pageHeight(uiState) : 0,
		method: snapshot.method,
		foundPids: found.map(({wallet}) => wallet.pid),
		isFleetEmpty: snapshot.nodes.length === 0 && !uiState.isRemote,
		filterProblem: listed.filterProblem,
		isPageKnown: !('nodeId' in view.page) || pageEntry(uiState) !== undefined,
	});
}
