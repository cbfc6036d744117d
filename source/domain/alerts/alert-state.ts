import type {CheckMethod, RecordedMethod} from '../check-method.js';
import type {State} from '../state.js';
import type {ClosedReason} from './alert.js';

/** Results of one kind in a row. */
export interface Streak {
	readonly count: number;
	/** The first of them; ISO-8601 UTC. */
	readonly since: string;
	/** The last one; ISO-8601 UTC. */
	readonly last_check: string;
	/** The state before the first, where it is known. */
	readonly from?: State;
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
	/** Of a daemon's trouble: bad results in a row that this daemon does not explain. */
	readonly unexplained?: Streak;
}

/** A node that was in trouble, and is no more. */
export interface FormerMember extends Omit<Member, 'good' | 'unexplained'> {
	/** ISO-8601 UTC. */
	readonly until: string;
	/** `other_cause`: its trouble goes on, and its daemon no longer explains it. */
	readonly ended: 'recovered' | 'other_cause' | ClosedReason;
}

/** Trouble that was told of and is not over: of one node, or of a daemon and the nodes behind it. */
export interface Incident {
	/** How its alerts' ids begin. */
	readonly id: string;
	readonly method: CheckMethod;
	/** The daemon to blame; absent: the trouble is its one node's own. */
	readonly daemon?: string;
	/** What is wrong with the daemon in a few words. */
	readonly fault?: string;
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

/** A streak after one more result. One whose last result is too old begins anew: nobody watched in between. */
export function lengthened(streak: Streak | undefined, at: string, coverMs: number, from?: State): Streak {
	return streak && Date.parse(at) - Date.parse(streak.last_check) <= coverMs
		? {...streak, count: streak.count + 1, last_check: at}
		: {count: 1, since: at, last_check: at, ...(from === undefined ? {} : {from})};
}

/** A streak after a result that counts for neither side. */
export function touched(streak: Streak | undefined, at: string): Streak | undefined {
	return streak && {...streak, last_check: at};
}
