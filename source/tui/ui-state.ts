import type {DiscoveredWallet} from '../domain/discovery/match-wallets.js';
import type {FleetSnapshot} from '../domain/fleet.js';
import type {Transition} from '../domain/past/transition.js';
import type {UnreadableFact} from '../domain/ports.js';
import type {Look} from './lines/theme.js';
import type {Listed} from './view/table-entries.js';
import type {View} from './view/view-state.js';

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
	/** Whether the nodes are those of remote hosts: nothing is edited or checked from here. */
	readonly isRemote: boolean;
	/** Path of nodes.json. */
	readonly nodesPath: string;
	/** Transitions of the node whose page is open, oldest first. */
	readonly transitions: readonly Transition[];
	/** The wallets that run on this machine; `undefined` while that is not known. Looked for while there is no node. */
	readonly found: readonly DiscoveredWallet[] | undefined;
	/** What the search for them could not see. */
	readonly unseen: readonly UnreadableFact[];
}

/** The smallest terminal that is drawn on. */
export const leastSize = {columns: 30, rows: 8} as const;

/** How the lines of the screen are shared out. The whole is one less than the terminal has: Ink needs the last one. */
export interface Frame {
	/** Lines above the page. */
	readonly header: number;
	/** Lines between header and status line. */
	readonly body: number;
	readonly isTooSmall: boolean;
}

/** Shares out the lines of a terminal. */
export function frameOf({columns, rows}: Pick<UiState, 'columns' | 'rows'>): Frame {
	const header = 2;
	const below = 2;
	const isTooSmall = columns < leastSize.columns || rows < leastSize.rows;
	return {header, body: Math.max(0, rows - 1 - header - below), isTooSmall};
}
