import type {CheckMethod} from '../check-method.js';
import type {State} from '../state.js';

/** What an alert says: trouble began, it still lasts, it is over. */
export const alertKinds = ['alert', 'reminder', 'recovery'] as const;

/** One of {@link alertKinds}. */
export type AlertKind = (typeof alertKinds)[number];

/** Why trouble is no longer watched. */
export type ClosedReason = 'disabled' | 'removed' | 'not_watched';

/** One node that an alert is about, as it was when the alert was made. */
export interface AlertedNode {
	readonly id: number;
	readonly name: string;
	readonly group?: string;
	readonly state: State;
	readonly message: string;
	readonly reason?: string;
	/** Its first bad result; ISO-8601 UTC. */
	readonly since: string;
	/** Recovery only: its first good result, or when it was no longer watched; ISO-8601 UTC. */
	readonly until?: string;
}

/** One alert, as programs and webhooks are given it. */
export interface Alert {
	readonly schema_version: number;
	/** Unique, and the same whenever it is delivered again, such as `refunds-2026-11-23T20:00:00.000Z-alert`. */
	readonly id: string;
	readonly kind: AlertKind;
	/** When it was made; ISO-8601 UTC. */
	readonly at: string;
	readonly method: CheckMethod;
	/** The node it is about; absent when a daemon is. */
	readonly node?: string;
	readonly node_id?: number;
	readonly group?: string;
	/** The daemon it is about, which explains the trouble of `nodes`. */
	readonly daemon?: string;
	/** The state before, where it is known. */
	readonly from?: State;
	/** The worst state of `nodes`; `unknown` when they are no longer watched. */
	readonly state: State;
	readonly message: string;
	readonly reason?: string;
	/** The daemon that explains it, when one does. */
	readonly caused_by?: string;
	/** The first bad result; ISO-8601 UTC. */
	readonly since: string;
	/** Recovery: from the first bad result to the first good one. Absent when the trouble did not end before the eyes of xmrtop. */
	readonly downtime_ms?: number;
	/** Recovery: present when it is no longer watched, and nothing is known of an end of the trouble. */
	readonly closed?: ClosedReason;
	/** Every node it is about, in order of ids. */
	readonly nodes: readonly AlertedNode[];
	/** One line for people. */
	readonly text: string;
}

/** What a change in trouble is called, as the middle of a sentence. */
export const closedWords: Readonly<Record<ClosedReason, string>> = {
	disabled: 'disabled',
	removed: 'removed',
	not_watched: 'no longer among the monitored nodes',
};
