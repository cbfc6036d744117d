import type {RecordedMethod} from '../check-method.js';
import type {CheckResult, DaemonFacts, Details, ProcessIdentity, WalletFacts} from '../check-result.js';
import type {WorkFacts} from '../facts.js';
import type {Node} from '../node/node.js';
import {keptRestarts} from '../process-identity.js';
import type {State} from '../state.js';
import type {WatchedSpan} from './coverage.js';
import type {ProcessLife} from './crash-loop.js';
import type {HeightSample} from './sync-progress.js';

/** What is remembered of a node between runs, as stored in results.json. */
export interface NodeState {
	/** The last saved `status`, by whatever method. */
	readonly worked?: boolean;
	/** The last saved `details`. */
	readonly worked_data?: Details;
	readonly states?: Readonly<Partial<Record<RecordedMethod, StateRecord>>>;
	/** When it was watched, by each method, oldest first. The time between is unknown. */
	readonly watched?: Readonly<Partial<Record<RecordedMethod, readonly WatchedSpan[]>>>;
	/** Milliseconds of the last {@link keptResults} answered `api` or `full` checks, oldest first. */
	readonly latencies?: readonly number[];
	/** The states of the last {@link keptResults} `api` or `full` checks, oldest first. */
	readonly recent_states?: readonly State[];
	/** The process last seen. */
	readonly process?: ProcessIdentity;
	/** When it was; ISO-8601 UTC. */
	readonly process_seen_at?: string;
	/** Its command line, as far as it may be shown. */
	readonly process_command?: string;
	/** When each process began that took another one's place, the last {@link keptRestarts}; ISO-8601 UTC, oldest first. */
	readonly restarts?: readonly string[];
	/** The version last answered, as `get_version` gave it. */
	readonly version?: number;
	/** The last change of it. */
	readonly version_changed?: VersionChange;
	/** While the wallet is behind: the heights it rose to since, oldest first. */
	readonly wallet_heights?: readonly HeightSample[];
	/** Milliseconds it took lately to read a block that its daemon had, oldest first. */
	readonly refresh_delays?: readonly number[];
	/** While its daemon is behind: the heights it rose to since. */
	readonly daemon_heights?: readonly HeightSample[];
	/** When the API last answered as it should; ISO-8601 UTC. */
	readonly last_answer?: string;
	/** The first check since then that was not answered; ISO-8601 UTC. */
	readonly silent_since?: string;
	/** Whether a wallet was ever seen open. */
	readonly wallet_seen?: boolean;
	/** The wallet's height when it was last told. */
	readonly wallet_height?: number;
	/** The last time that height fell. */
	readonly wallet_fell?: HeightFall;
	/** The state its daemon was last seen in; absent while it is not known. */
	readonly daemon_state?: DaemonStateRecord;
	/** The daemon that the node's process was started with, where the node names none. */
	readonly inferred_daemon?: RememberedDaemon;
	/** Since when the API has answered every check, where it once did not; ISO-8601 UTC. */
	readonly answering_since?: string;
	/** What the process had used at the last check that was not answered. Absent since the API last answered. */
	readonly work?: RememberedWork;
	/** The starts of the node's process, the last {@link keptLives}, oldest first. */
	readonly lives?: readonly ProcessLife[];
	/** The last answer of the newest of them; ISO-8601 UTC. */
	readonly life_answered_to?: string;
	/** While the wallet is behind: where it was when it last said so. */
	readonly last_sync?: LastSync;
}

/** The state a node is in, as one method sees it. */
export interface StateRecord {
	readonly state: State;
	/** When it was first seen in this state without a break; ISO-8601 UTC. */
	readonly since: string;
	/** When it was last seen in it; ISO-8601 UTC. */
	readonly last_check: string;
	/**
	 * When the last result that was merged was made, where that is not `last_check`: a later transition is known from the log
	 * alone, and its result may still come; ISO-8601 UTC.
	 */
	readonly merged_at?: string;
}

/** The state of a daemon, as one of its nodes saw it. */
export interface DaemonStateRecord extends Pick<StateRecord, 'state' | 'since'> {
	/** In the short form of `daemonText`. */
	readonly daemon: string;
}

/** A wallet program of another version answers since. */
export interface VersionChange {
	/** ISO-8601 UTC. */
	readonly at: string;
	/** The version before. */
	readonly from: number;
}

/** One result and the node it belongs to, on the way to the store. */
export interface Observation {
	readonly node: Pick<Node, 'id' | 'name'>;
	readonly result: CheckResult;
	/** The time since the check before counts as watched when it is no longer, in milliseconds. Default 6 minutes. */
	readonly coverMs?: number;
}

/** How many latencies and states of a node are kept. */
export const keptResults = 60;

/** A wallet's height that became less. */
export interface HeightFall {
	/** When that was seen; ISO-8601 UTC. */
	readonly at: string;
	readonly from: number;
	readonly to: number;
}

/** The daemon that a node's process was started with, and which process that was. */
export interface RememberedDaemon extends Pick<ProcessIdentity, 'pid' | 'started_at'> {
	/** In the short form of `daemonText`. */
	readonly daemon: string;
}

/** Where a wallet that is behind was at a moment, and how fast it read. */
export interface LastSync
	extends Pick<WalletFacts, 'wallet_height' | 'wallet_lag' | 'catch_up_blocks_per_s' | 'eta_s'>,
		Pick<DaemonFacts, 'daemon'> {
	/** ISO-8601 UTC. */
	readonly at: string;
}

/** A process's counters at a moment. */
export interface RememberedWork extends WorkFacts, ProcessIdentity {
	/** ISO-8601 UTC. */
	readonly at: string;
}
