import type {OpenAlert} from '../domain/alerts/alert.js';
import type {DaemonResultOf} from '../domain/daemon-report.js';
import type {DiscoveredWallet} from '../domain/discovery/match-wallets.js';
import {type FleetSnapshot, isHostRow as isSilentHost} from '../domain/fleet.js';
import type {Transition} from '../domain/past/transition.js';
import type {UnreadableFact} from '../domain/ports.js';
import type {State} from '../domain/state.js';
import type {Look} from './theme.js';
import {daemonOfId, type Listed, type NodeEntry} from './view/table-entries.js';
import {currentId, type View} from './view/view-state.js';

/** Everything the screen shows at one time. Immutable; the components are functions of it. */
export interface UiState {
	readonly snapshot: FleetSnapshot;
	readonly view: View;
	readonly listed: Listed;
	/** The terminal's size in cells. */
	readonly columns: number;
	readonly rows: number;
	/** Milliseconds since the epoch, rounded to seconds, so that texts change at most once a second. */
	readonly nowMs: number;
	readonly look: Look;
	/** Nodes whose state has changed since the last key. */
	readonly changedIds: ReadonlySet<number>;
	/** Nodes with an open alert. */
	readonly alertingIds: ReadonlySet<number>;
	readonly openAlerts: readonly OpenAlert[];
	/** Whether the nodes belong to remote hosts, and cannot be edited or checked here. */
	readonly isRemote: boolean;
	/** Path of nodes.json. */
	readonly nodesPath: string;
	/** Transitions of the shown node, oldest first. */
	readonly transitions: readonly Transition[];
	/** The latest transitions of all nodes, oldest first; only set if there is room to show them. */
	readonly latest: readonly Transition[];
	/** The states of all nodes over the last hours; only set if there is room to show them. */
	readonly timeline?: Timeline;
	/** Wallets running on this machine; `undefined` while not known. Searched while no nodes are configured. */
	readonly found: readonly DiscoveredWallet[] | undefined;
	/** What the search could not read. */
	readonly unseen: readonly UnreadableFact[];
	/** Results of the daemons; absent when only the results of their nodes are known. */
	readonly daemonResult?: DaemonResultOf;
}

/** The states of nodes over time, in cells of equal length. */
export interface Timeline {
	/** Milliseconds since the epoch. */
	readonly fromMs: number;
	/** Length of a cell in milliseconds. */
	readonly cellMs: number;
	/** States by node id; `undefined` where it was not monitored. */
	readonly states: ReadonlyMap<number, ReadonlyArray<State | undefined>>;
}

/** The minimum size of the terminal. */
export const minSize = {columns: 30, rows: 8} as const;

/** The division of the screen's lines. The total is one less than the terminal's height, because Ink needs the last line. */
export interface Frame {
	/** Height of the header. */
	readonly header: number;
	/** Height between header and status line: the table and everything below it. */
	readonly body: number;
	/** Height of the strip under the table with the details of the selected node. */
	readonly strip: number;
	readonly isTooSmall: boolean;
}

/** On terminals of at least this size, the page of the selected node is shown beside the table. */
const split = {columns: 160, rows: 40} as const;

/** Width of the page beside the table; 0 if there is no room for it. */
export function besideColumns({columns, rows}: Pick<UiState, 'columns' | 'rows'>): number {
	const hasRoom = columns >= split.columns && rows >= split.rows;
	return hasRoom ? Math.max(70, Math.min(90, Math.round(columns * 0.4))) : 0;
}

/** Whether a row stands for a host that does not answer, instead of a node. */
export const isHostRow = ({node}: NodeEntry): boolean => isSilentHost(node);

/** The daemon whose heading is selected. */
export function selectedDaemon({view, listed}: Pick<UiState, 'view' | 'listed'>): string | undefined {
	const id = currentId(view, listed.ids);
	return id === undefined || id >= 0 ? undefined : daemonOfId(id);
}

/** The node whose details are shown: that of the open page, else the selected one of the table. */
export function shownEntry({view, listed}: Pick<UiState, 'view' | 'listed'>): NodeEntry | undefined {
	const id = currentId(view, listed.ids);
	return listed.all.find(({row}) => row.id === id);
}

/** On terminals narrower and lower than this, messages are shown only in the strip. */
const narrow = {columns: 56, rows: 20} as const;

/** Divides the lines of a terminal. */
export function frameOf({columns, rows}: Pick<UiState, 'columns' | 'rows'>): Frame {
	const isLow = hidesMessages({columns, rows});
	const header = isLow ? 1 : 2;
	const below = 2;
	const isTooSmall = columns < minSize.columns || rows < minSize.rows;
	const strip = isLow ? 3 : rows >= narrow.rows && besideColumns({columns, rows}) === 0 ? 2 : 0;
	return {header, body: Math.max(0, rows - 1 - header - below), strip, isTooSmall};
}

/** Whether the strip replaces the message column. */
export function hidesMessages({columns, rows}: Pick<UiState, 'columns' | 'rows'>): boolean {
	return columns < narrow.columns && rows < narrow.rows && rows >= 11;
}

/** Number of table rows that fit below the line of titles. */
export function tableHeight(size: Pick<UiState, 'columns' | 'rows'>): number {
	const {body, strip} = frameOf(size);
	return Math.max(1, body - 1 - strip);
}

/** Height of the scrollable part: of a node's page below its title, or of the help, which has no title. */
export function pageHeight(uiState: Pick<UiState, 'columns' | 'rows' | 'view'>): number {
	const {header, body} = frameOf(uiState);
	return body + header - (uiState.view.dialog?.kind === 'help' ? 0 : 'scroll' in uiState.view.page ? 1 : header);
}

/** The node whose page is open. */
export function pageEntry({view, listed}: Pick<UiState, 'view' | 'listed'>): NodeEntry | undefined {
	const {page} = view;
	return 'nodeId' in page ? listed.all.find(({row}) => row.id === page.nodeId) : undefined;
}
