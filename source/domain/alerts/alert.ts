import type {CheckMethod, RecordedMethod} from '../check-method.js';
import type {State} from '../state.js';

/** What an alert says: trouble began, it still lasts, it is over. */
export const alertKinds = ['alert', 'reminder', 'recovery'] as const;

/** One of {@link alertKinds}. */
export type AlertKind = (typeof alertKinds)[number];

/** How a node behaves that does not stay in one state. */
export type AlertPattern = 'flapping' | 'crash_loop';

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

/** What a node was called when its trouble was first told of: receivers know the trouble by it. */
export interface OpenedAs {
	readonly node: string;
	readonly group?: string;
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
	/** The name and group of the node when its trouble was first told of; present where they are others now. */
	readonly opened_as?: OpenedAs;
	/** The daemon it is about, which explains the trouble of `nodes`. */
	readonly daemon?: string;
	/** The host it is about: all of its nodes, `nodes`, failed together. */
	readonly host?: string;
	/** Present and true when it is about this monitor, which seems cut off from `nodes`. */
	readonly monitor?: true;
	/** Present when the node does not stay in one state. */
	readonly pattern?: AlertPattern;
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

/** Results of one kind in a row. */
export interface Streak {
	readonly count: number;
	/** The first of them; ISO-8601 UTC. */
	readonly since: string;
	/** The last one; ISO-8601 UTC. */
	readonly last_check: string;
	/** The state before the first, where it is known. */
	readonly from?: State;
	/** Present where they would have been told of, had not `node` or the daemon of this name been silenced. */
	readonly silenced?: string;
}

/** A node in trouble that was told of. */
export interface Member {
	readonly node_id: number;
	readonly node: string;
	readonly group?: string;
	/** Its first bad result; ISO-8601 UTC. */
	readonly since: string;
	readonly from?: State;
	readonly state: State;
	readonly message: string;
	readonly reason?: string;
	readonly caused_by?: string;
	/** Good results in a row: a recovery that is not yet believed. */
	readonly good?: Streak;
	/** Of trouble with a shared cause: bad results in a row that this cause does not explain. */
	readonly unexplained?: Streak;
	/** Whether it is flapping: no recovery is believed. */
	readonly flapping?: true;
	/** Present while it is silenced, or its silence has ended and it is not bad: whether its trouble was told of before. */
	readonly silenced?: 'told' | 'untold';
}

/** A node that was in trouble, and is no more. */
export interface FormerMember extends Omit<Member, 'good' | 'unexplained' | 'silenced'> {
	/** ISO-8601 UTC. */
	readonly until: string;
	/** `other_cause`: its trouble goes on, and its daemon no longer explains it. */
	readonly ended: 'recovered' | 'other_cause' | ClosedReason;
}

/**
 * Trouble that was told of and is not over: of one node, of a daemon and the nodes behind it, of a host and its nodes, or of this
 * monitor and the nodes that it cannot reach.
 */
export interface Incident {
	/** How its alerts' ids begin. */
	readonly id: string;
	readonly method: CheckMethod;
	/** The daemon to blame. With no daemon, host or monitor the trouble is its one node's own. */
	readonly daemon?: string;
	/** The host whose nodes failed together. */
	readonly host?: string;
	/** Whether this monitor seems cut off. */
	readonly monitor?: true;
	/** What its one node was called at its beginning, where it is called otherwise by now. */
	readonly opened_as?: OpenedAs;
	/** How its one node behaves, where it does not stay in one state. */
	readonly pattern?: AlertPattern;
	/** What is wrong with the daemon or the node in a few words. */
	readonly fault?: string;
	/** What its alert says besides. */
	readonly note?: string;
	/** The first bad result of all; ISO-8601 UTC. */
	readonly since: string;
	/** When it was last told of; ISO-8601 UTC. */
	readonly told_at: string;
	readonly reminders: number;
	/** The nodes that are still in trouble, by id. */
	readonly members: ReadonlyMap<number, Member>;
	/** Those that were, by id. */
	readonly former: ReadonlyMap<number, FormerMember>;
}

/** Everything that alerts remember between cycles, and between runs. */
export interface AlertState {
	/** The method that the streaks are of: results of another one do not continue them. */
	readonly method?: RecordedMethod;
	/** Bad results in a row of nodes that are in no incident yet, by id. */
	readonly streaks: ReadonlyMap<number, Streak>;
	readonly incidents: readonly Incident[];
}

/** What is remembered at the very beginning. */
export const noAlertState: AlertState = {streaks: new Map(), incidents: []};
