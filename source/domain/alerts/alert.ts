import type {CheckMethod, RecordedMethod} from '../check-method.js';
import type {State} from '../state.js';

/** The kinds of alert: an incident began, is still open, or is over. */
const alertKinds = ['alert', 'reminder', 'recovery'] as const;

/** One of {@link alertKinds}. */
export type AlertKind = (typeof alertKinds)[number];

/** The behavior of a node that does not stay in one state. */
export type AlertPattern = 'flapping' | 'crash_loop';

/** Why an incident or a node in it is no longer monitored. */
export type ClosedReason = 'disabled' | 'removed' | 'not_watched';

/** A node named in an alert, as it was when the alert was created. */
export interface AlertedNode {
	readonly id: number;
	readonly name: string;
	readonly group?: string;
	readonly state: State;
	readonly message: string;
	readonly reason?: string;
	/** Its first bad result; ISO-8601 UTC. */
	readonly since: string;
	/** Only in a recovery: the first good result, or when monitoring of the node stopped; ISO-8601 UTC. */
	readonly until?: string;
}

/** The name and group of a node when its incident was first reported: receivers identify the incident by them. */
export interface OpenedAs {
	readonly node: string;
	readonly group?: string;
}

/** An alert, as it is passed to programs and webhooks. */
export interface Alert {
	readonly schema_version: number;
	/** Unique, and unchanged when the alert is delivered again, such as `refunds-2026-11-23T20:00:00.000Z-alert`. */
	readonly id: string;
	readonly kind: AlertKind;
	/** When it was created; ISO-8601 UTC. */
	readonly at: string;
	readonly method: CheckMethod;
	/** The node that the alert is about; absent for a shared cause, such as a daemon. */
	readonly node?: string;
	readonly node_id?: number;
	readonly group?: string;
	/** The name and group of the node when its incident was first reported; present if they have changed since. */
	readonly opened_as?: OpenedAs;
	/** The daemon that the alert is about: the cause of the problems of `nodes`. */
	readonly daemon?: string;
	/** The host that the alert is about: all of its nodes (`nodes`) failed together. */
	readonly host?: string;
	/** Present and true if the alert is about this monitor, which seems cut off from `nodes`. */
	readonly monitor?: true;
	/** Present if the node does not stay in one state. */
	readonly pattern?: AlertPattern;
	/** The state before, if known. */
	readonly from?: State;
	/** The worst state of `nodes`; `unknown` if they are no longer monitored. */
	readonly state: State;
	readonly message: string;
	readonly reason?: string;
	/** The daemon that causes the problem, if any. */
	readonly caused_by?: string;
	/** The first bad result; ISO-8601 UTC. */
	readonly since: string;
	/**
	 * Only in a recovery: milliseconds from the first bad result to the first good one. Absent if xmrtop did not see the
	 * problem end.
	 */
	readonly downtime_ms?: number;
	/** Only in a recovery: present if the nodes are no longer monitored, so that it is not known whether the problem ended. */
	readonly closed?: ClosedReason;
	/** Every node that the alert is about, ordered by id. */
	readonly nodes: readonly AlertedNode[];
	/** One line for people. */
	readonly text: string;
}

/** Each {@link ClosedReason} in words, for use inside a sentence. */
export const closedWords: Readonly<Record<ClosedReason, string>> = {
	disabled: 'disabled',
	removed: 'removed',
	not_watched: 'no longer among the monitored nodes',
};

/** Consecutive results of the same kind. */
export interface Streak {
	readonly count: number;
	/** The first of them; ISO-8601 UTC. */
	readonly since: string;
	/** The last one; ISO-8601 UTC. */
	readonly last_check: string;
	/** The state before the first, if it is known. */
	readonly from?: State;
	/**
	 * Present if a silence suppressed the alert: `node` for a silence of the node, else the address of the silenced daemon.
	 */
	readonly silenced?: string;
}

/** A node in an open incident. */
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
	/** Consecutive good results: a recovery that is not yet confirmed. */
	readonly good?: Streak;
	/** Consecutive bad results that the shared cause of the incident does not explain. */
	readonly unexplained?: Streak;
	/** Present while the node is flapping: good results do not count as a recovery. */
	readonly flapping?: true;
	/**
	 * Present while the node is silenced, and after the silence until its next bad result: whether the incident was reported
	 * before.
	 */
	readonly silenced?: 'told' | 'untold';
}

/** A node that has left its incident. */
export interface FormerMember extends Omit<Member, 'good' | 'unexplained' | 'silenced'> {
	/** ISO-8601 UTC. */
	readonly until: string;
	/** `other_cause`: the node still has a problem, but the shared cause no longer explains it. */
	readonly ended: 'recovered' | 'other_cause' | ClosedReason;
}

/**
 * A reported problem that is not over: of one node, of a daemon and the nodes that use it, of a host and its nodes, or of
 * this monitor and the nodes that it cannot reach.
 */
export interface Incident {
	/** The prefix of the ids of its alerts. */
	readonly id: string;
	readonly method: CheckMethod;
	/** The daemon that causes it. Without a daemon, host or monitor, the incident is about a single node. */
	readonly daemon?: string;
	/** The host whose nodes failed together. */
	readonly host?: string;
	/** Whether this monitor seems cut off. */
	readonly monitor?: true;
	/** The name and group of its single node when the incident began, if they have changed since. */
	readonly opened_as?: OpenedAs;
	/** The behavior of its single node, if it does not stay in one state. */
	readonly pattern?: AlertPattern;
	/** What is wrong with the daemon or the node, in a few words. */
	readonly fault?: string;
	/** Additional text for its alert. */
	readonly note?: string;
	/** The first bad result of any member; ISO-8601 UTC. */
	readonly since: string;
	/** When the last alert or reminder was created; ISO-8601 UTC. */
	readonly told_at: string;
	readonly reminders: number;
	/** The nodes that still have the problem, by id. */
	readonly members: ReadonlyMap<number, Member>;
	/** The nodes that have left the incident, by id. */
	readonly former: ReadonlyMap<number, FormerMember>;
}

/** An open alert, as the live table shows it. */
export interface OpenAlert {
	readonly nodeIds: readonly number[];
	/** The daemon that is the cause, if the alert is about one. */
	readonly daemon?: string;
	/** The first bad result; ISO-8601 UTC. */
	readonly since: string;
	readonly text: string;
}

/** The state of alerts that is kept between cycles and between runs. */
export interface AlertState {
	/** The method of the streaks: results of another method do not continue them. */
	readonly method?: RecordedMethod;
	/** Consecutive bad results of nodes that are not in an incident yet, by id. */
	readonly streaks: ReadonlyMap<number, Streak>;
	readonly incidents: readonly Incident[];
}

/** The state before the first run. */
export const noAlertState: AlertState = {streaks: new Map(), incidents: []};
