import type {Poller} from '../application/poller.js';
import type {OpenAlert} from '../domain/alerts/alert.js';
import {compact} from '../domain/compact.js';
import type {DiscoveredWallet} from '../domain/discovery/match-wallets.js';
import type {Transition} from '../domain/past/transition.js';
import type {UnreadableFact} from '../domain/ports.js';
import {outputLines} from './confirm-dialog.js';
import {daemonMembers, daemonPageLines} from './daemon-page.js';
import {helpHeight} from './help.js';
import {nodePageHeight} from './node-page.js';
import type {Look} from './theme.js';
import {pageEntry, pageHeight, type Timeline, tableHeight, type UiState} from './ui-state.js';
import {reduceView, type ViewEvent} from './view/reduce-view.js';
import {createLister, type NodeEntry} from './view/table-entries.js';
import {firstView, noticeMs, type Surroundings, type View} from './view/view-state.js';

/** The single source of the screen's content: combines the poller's snapshot, the view, the clock and the size. */
export interface ScreenStore {
	/** Returns the same object until something changes. */
	readonly getUiState: () => UiState;
	readonly subscribe: (listener: () => void) => () => void;
	/** Changes the view. Listeners are called only by `notify`, so that many keys cause one frame. */
	readonly dispatch: (event: ViewEvent) => void;
	readonly setTransitions: (transitions: readonly Transition[]) => void;
	/** Sets the discovered wallets that are not nodes, and what the search could not read. */
	readonly setFound: (found: readonly DiscoveredWallet[], unseen?: readonly UnreadableFact[]) => void;
	/** Sets the history of all nodes: uptime of 24 hours in percent by node id, and the latest transitions, oldest first. */
	readonly setFleetPast: (
		uptimes: ReadonlyMap<number, number>,
		latest: readonly Transition[],
		timeline?: Timeline,
	) => void;
	/** Marks the current states as seen by the user; later states are compared with them. */
	readonly markSeen: () => void;
	/** Must be called when the fleet, the clock or the size has changed. */
	readonly invalidate: () => void;
	/** Calls the listeners. */
	readonly notify: () => void;
}

export interface ScreenStoreOptions {
	readonly poller: Pick<Poller, 'getSnapshot' | 'daemonResult'>;
	readonly size: () => {readonly columns: number; readonly rows: number};
	readonly look: Look;
	readonly nodesPath: string;
	/** See {@link UiState}. Default false. */
	readonly isRemote?: boolean;
	/** See {@link UiState}. Cheap to call repeatedly; never throws. Default: none. */
	readonly openAlerts?: (() => readonly OpenAlert[]) | undefined;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
}

const none: readonly OpenAlert[] = [];
const noAlerts = (): readonly OpenAlert[] => none;

export function createScreenStore(options: ScreenStoreOptions): ScreenStore {
	const {poller, size, look, nodesPath, nowMs, isRemote = false, openAlerts = noAlerts} = options;
	const list = createLister();
	const listeners = new Set<() => void>();
	let view: View = firstView;
	let uptimes: ReadonlyMap<number, number> | undefined;
	let transitions: readonly Transition[] = [];
	let latest: readonly Transition[] = [];
	let timeline: Timeline | undefined;
	let found: readonly DiscoveredWallet[] | undefined;
	let unseen: readonly UnreadableFact[] = [];
	let alerts: Pick<UiState, 'openAlerts' | 'alertingIds'> = {openAlerts: none, alertingIds: new Set()};
	let seen: ReadonlyMap<number, string> | undefined;
	let uiState: UiState | undefined;

	const stateOf = ({row}: NodeEntry): string => (row.disabled ? 'disabled' : row.state);
	/** Ids of nodes whose state has changed; a node that was unknown before does not count. */
	const changedOf = (entries: readonly NodeEntry[]): ReadonlySet<number> => {
		const before = (entry: NodeEntry): string => seen?.get(entry.row.id) ?? 'unknown';
		const changed = entries.filter(entry => before(entry) !== 'unknown' && before(entry) !== stateOf(entry));
		return new Set(changed.map(({row}) => row.id));
	};

	/** The open alerts; recomputed only when an alert opens or ends. */
	const alertsNow = (): Pick<UiState, 'openAlerts' | 'alertingIds'> => {
		const open = openAlerts();
		if (alerts.openAlerts !== open) {
			alerts = {openAlerts: open, alertingIds: new Set(open.flatMap(({nodeIds}) => nodeIds))};
		}

		return alerts;
	};

	const build = (): UiState => {
		const snapshot = poller.getSnapshot();
		const now = nowMs();
		const leftMs = (view.notice?.untilMs ?? now) - now;
		// After the clock was set back, more is left than a notice gets; a small correction of the clock must not end a new notice.
		if (view.notice && (leftMs <= 0 || leftMs > 2 * noticeMs)) {
			view = {...view, notice: undefined};
		}

		const compose = (): UiState => {
			// For a snapshot of the past, ages are relative to its time.
			const shownAtMs = snapshot.atMs ?? now;
			const listed = list(snapshot, view, {nowMs: shownAtMs, ...(uptimes ? {uptimes} : {})});
			return {
				snapshot,
				view,
				listed,
				changedIds: changedOf(listed.all),
				...alertsNow(),
				...size(),
				nowMs: Math.floor(shownAtMs / 1000) * 1000,
				look,
				isRemote,
				nodesPath,
				transitions,
				latest,
				...(timeline && {timeline}),
				found,
				unseen,
				...(poller.daemonResult && {daemonResult: poller.daemonResult}),
			};
		};
		const first = compose();
		const settled = reduceView(view, {type: 'surroundings'}, surroundingsOf(first));
		if (settled === view) {
			return first;
		}

		view = settled;
		return compose();
	};

	const getUiState = (): UiState => {
		uiState ??= build();
		return uiState;
	};

	return {
		getUiState,
		subscribe: listener => {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		dispatch: event => {
			const next = reduceView(view, event, surroundingsOf(getUiState()));
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
		setFleetPast: (nextUptimes, nextLatest, nextTimeline) => {
			uptimes = nextUptimes;
			latest = nextLatest;
			timeline = nextTimeline;
			uiState = undefined;
		},
		markSeen: () => {
			seen = new Map(getUiState().listed.all.map(entry => [entry.row.id, stateOf(entry)]));
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

/** Number of lines of the scrollable part: the help, else the open page; 0 if nothing scrolls. */
export function scrollLinesOf(uiState: UiState): number {
	const {dialog, page} = uiState.view;
	if (dialog?.kind === 'help') {
		return helpHeight(uiState);
	}

	if (dialog?.kind === 'output') {
		return outputLines(uiState, dialog).length;
	}

	if (page.kind === 'daemon') {
		return daemonPageLines(uiState, page.daemon).length;
	}

	const entry = pageEntry(uiState);
	return 'scroll' in page && entry ? nodePageHeight(uiState, entry, page) : 0;
}

function surroundingsOf(uiState: UiState): Surroundings {
	const {view, listed, snapshot, found = []} = uiState;
	return compact({
		ids: listed.ids,
		selectableIds: listed.selectableIds,
		rowIds: listed.rowIds,
		tableHeight: tableHeight(uiState),
		scrollLines: scrollLinesOf(uiState),
		scrollHeight: pageHeight(uiState),
		method: snapshot.method,
		foundPids: found.map(({wallet}) => wallet.pid),
		isFleetEmpty: snapshot.nodes.length === 0 && !uiState.isRemote,
		filterProblem: listed.filterProblem,
		isPageKnown:
			view.page.kind === 'daemon'
				? daemonMembers(uiState, view.page.daemon).length > 0
				: !('nodeId' in view.page) || pageEntry(uiState) !== undefined,
	});
}
