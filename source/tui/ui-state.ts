import type {OpenAlert} from '../domain/alerts/alert.js';
import type {DaemonResultOf} from '../domain/daemon-report.js';
import type {DiscoveredWallet} from '../domain/discovery/match-wallets.js';
import type {FleetSnapshot} from '../domain/fleet.js';
import type {Transition} from '../domain/past/transition.js';
import type {UnreadableFact} from '../domain/ports.js';
import type {State} from '../domain/state.js';
import type {Look} from './theme.js';
import type {Listed, NodeEntry} from './view/table-entries.js';
import {currentId, type View} from './view/view-state.js';

/** Everything the screen shows at one moment. Never changed in place; the components are functions of it. */
export interface UiState {
	readonly snapshot: FleetSnapshot;
	readonly view: View;
	readonly listed: Listed;
	/** The terminal's size in cells. */
	readonly columns: number;
	readonly rows: number;
	/** Milliseconds since the epoch, in whole seconds: what is written with it changes once a second at most. */
	readonly nowMs: number;
	readonly look: Look;
	/** Nodes whose state is another than when a key was last pressed. */
	readonly changedIds: ReadonlySet<number>;
	/** Nodes that an open alert is about. */
	readonly alertingIds: ReadonlySet<number>;
	readonly openAlerts: readonly OpenAlert[];
	/** Whether the nodes are those of remote hosts: nothing is edited or checked from here. */
	readonly isRemote: boolean;
	/** Path of nodes.json. */
	readonly nodesPath: string;
	/** Transitions of the node that is shown, oldest first. */
	readonly transitions: readonly Transition[];
	/** The latest transitions of all nodes, oldest first; known where there is room to show them. */
	readonly latest: readonly Transition[];
	/** The states of all nodes over the last hours; known where there is room to show them. */
	readonly timeline?: Timeline;
	/** The wallets that run on this machine; `undefined` while that is not known. Looked for while there is no node. */
	readonly found: readonly DiscoveredWallet[] | undefined;
	/** What the search for them could not see. */
	readonly unseen: readonly UnreadableFact[];
	/** What the daemons said; absent where only what their nodes tell of them is known. */
	readonly daemonResult?: DaemonResultOf;
}

/** The states of nodes in equal parts of a time. */
export interface Timeline {
	/** Milliseconds since the epoch. */
	readonly fromMs: number;
	/** Length of a part in milliseconds. */
	readonly cellMs: number;
	/** By node id; `undefined` where it was not watched. */
	readonly states: ReadonlyMap<number, ReadonlyArray<State | undefined>>;
}

/** The smallest terminal that is drawn on. */
export const leastSize = {columns: 30, rows: 8} as const;

/** How the lines of the screen are shared out. The whole is one less than the terminal has: Ink needs the last one. */
export interface Frame {
	/** Lines above the table. */
	readonly header: number;
	/** Lines between header and status line: the table and what stands below it. */
	readonly body: number;
	/** Lines under the table that say of the selected node what has no room in its row. */
	readonly strip: number;
	readonly isTooSmall: boolean;
}

/** Where a terminal is at least this wide and high, the page of the selected node stands beside the table. */
const split = {columns: 160, rows: 40} as const;

/** Columns of the page beside the table; 0 where there is no room for one. */
export function besideColumns({columns, rows}: Pick<UiState, 'columns' | 'rows'>): number {
	const hasRoom = columns >= split.columns && rows >= split.rows;
	return hasRoom ? Math.max(70, Math.min(90, Math.round(columns * 0.4))) : 0;
}

/** Whether a row stands for a host that does not answer, and for no node of it. */
export const isHostRow = ({node}: NodeEntry): boolean => node.origin !== undefined && node.origin.name === undefined;

/** The node that is shown with what is known of it: the one of the open page, else the selected one of the table. */
export function shownEntry({view, listed}: Pick<UiState, 'view' | 'listed'>): NodeEntry | undefined {
	const id = currentId(view, listed.ids);
	return listed.all.find(({row}) => row.id === id);
}

/** Where a terminal is narrower and lower than these, messages stand in the strip alone. */
const narrow = {columns: 56, rows: 20} as const;

/** Shares out the lines of a terminal. */
export function frameOf({columns, rows}: Pick<UiState, 'columns' | 'rows'>): Frame {
	const isLow = hidesMessages({columns, rows});
	const header = isLow ? 1 : 2;
	const below = 2;
	const isTooSmall = columns < leastSize.columns || rows < leastSize.rows;
	const strip = isLow ? 3 : rows >= narrow.rows && besideColumns({columns, rows}) === 0 ? 2 : 0;
	return {header, body: Math.max(0, rows - 1 - header - below), strip, isTooSmall};
}

/** Whether the strip takes the place of the column of messages. */
export function hidesMessages({columns, rows}: Pick<UiState, 'columns' | 'rows'>): boolean {
	return columns < narrow.columns && rows < narrow.rows && rows >= 11;
}

/** Rows of nodes a terminal has room for: one line of titles stands above them. */
export function tableHeight(size: Pick<UiState, 'columns' | 'rows'>): number {
	const {body, strip} = frameOf(size);
	return Math.max(1, body - 1 - strip);
}

/** Lines a page of one node has room for below its first, and the help, which has none. */
export function pageHeight(uiState: Pick<UiState, 'columns' | 'rows' | 'view'>): number {
	const {header, body} = frameOf(uiState);
	return body + header - (uiState.view.dialog?.kind === 'help' ? 0 : 'scroll' in uiState.view.page ? 1 : header);
}

/** The node whose page is open. */
export function pageEntry({view, listed}: Pick<UiState, 'view' | 'listed'>): NodeEntry | undefined {
	const {page} = view;
	return 'nodeId' in page ? listed.all.find(({row}) => row.id === page.nodeId) : undefined;
}
