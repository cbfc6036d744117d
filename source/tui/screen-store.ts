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
import {firstView, type Surroundings, type View} from './view/view-state.js';

/** The one source of what the screen shows: the poller's snapshot, the view, the clock and the size in one uiState. */
export interface ScreenStore {
	/** The same object until something changes. */
	readonly getUiState: () => UiState;
	readonly subscribe: (listener: () => void) => () => void;
	/** Changes the view; nobody hears of it before `notify`, so that many keys make one frame. */
	readonly dispatch: (event: ViewEvent) => void;
	readonly setTransitions: (transitions: readonly Transition[]) => void;
	/** What a search found that is no node, and what it could not see. */
	readonly setFound: (found: readonly DiscoveredWallet[], unseen?: readonly UnreadableFact[]) => void;
	/** What is known of the past of all nodes: percent over 24 hours by node id, and the latest transitions, oldest first. */
	readonly setFleetPast: (
		uptimes: ReadonlyMap<number, number>,
		latest: readonly Transition[],
		timeline?: Timeline,
	) => void;
	/** The person has seen what is shown: from now on a change is one from this. */
	readonly markSeen: () => void;
	/** Something outside is another: the fleet, the clock, the size. */
	readonly invalidate: () => void;
	/** Tells the listeners that the uiState has changed. */
	readonly notify: () => void;
}

export interface ScreenStoreOptions {
	readonly poller: Pick<Poller, 'getSnapshot' | 'daemonResult'>;
	readonly size: () => {readonly columns: number; readonly rows: number};
	readonly look: Look;
	readonly nodesPath: string;
	/** See {@link UiState}. Default false. */
	readonly isRemote?: boolean;
	/** See {@link UiState}. Cheap to call again; never throws. Default: none. */
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
	/** A node that was not known before, or not checked, has not changed. */
	const changedOf = (entries: readonly NodeEntry[]): ReadonlySet<number> => {
		const before = (entry: NodeEntry): string => seen?.get(entry.row.id) ?? 'unknown';
		const changed = entries.filter(entry => before(entry) !== 'unknown' && before(entry) !== stateOf(entry));
		return new Set(changed.map(({row}) => row.id));
	};

	/** Made anew only when an alert opens or ends. */
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
		if (view.notice && view.notice.untilMs <= now) {
			view = {...view, notice: undefined};
		}

		const made = (): UiState => {
			// What is shown of the past is as old as it was then.
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
		const first = made();
		const settled = reduceView(view, {type: 'surroundings'}, surroundingsOf(first));
		if (settled === view) {
			return first;
		}

		view = settled;
		return made();
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

/** Lines of what scrolls: the help, else the open page of a node; 0 where nothing scrolls. */
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
