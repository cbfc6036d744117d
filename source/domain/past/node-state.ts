import type {RecordedMethod} from '../check-method.js';
import type {CheckResult, DaemonFacts, Details, ProcessIdentity, WalletFacts} from '../check-result.js';
import type {WorkFacts} from '../facts.js';
import type {Node} from '../node/node.js';
import {keptRestarts} from '../process-identity.js';
import type {State} from '../state.js';
import type {WatchedSpan} from './coverage.js';
import type {ProcessLife} from './crash-loop.js';
import type {HeightSample} from './sync-progress.js';

/** The state of a node that is kept between runs, as stored in results.json. */
export interface NodeState {
	/** The last saved `status`, of any method. */
	readonly worked?: boolean;
	/** The last saved `details`, of any method. */
	readonly worked_data?: Details;
	readonly states?: Readonly<Partial<Record<RecordedMethod, StateRecord>>>;
	/** The periods in which the node was monitored, by method, oldest first. Nothing is known of the time between them. */
	readonly watched?: Readonly<Partial<Record<RecordedMethod, readonly WatchedSpan[]>>>;
	/** The latencies of the last {@link keptResults} answered `api` or `full` checks in milliseconds, oldest first. */
	readonly latencies?: readonly number[];
	/** The states of the last {@link keptResults} `api` or `full` checks, oldest first. */
	readonly recent_states?: readonly State[];
	/** The last process that was seen. */
	readonly process?: ProcessIdentity;
	/** When that process was last seen; ISO-8601 UTC. */
	readonly process_seen_at?: string;
	/** Its command line, with secrets redacted. */
	readonly process_command?: string;
	/** The start times of the last {@link keptRestarts} processes that replaced another one; ISO-8601 UTC, oldest first. */
	readonly restarts?: readonly string[];
	/** The version in the last answer to `get_version`. */
	readonly version?: number;
	/** The last change of version. */
	readonly version_changed?: VersionChange;
	/** The wallet's heights since it fell behind, oldest first; absent while it is not behind. */
	readonly wallet_heights?: readonly HeightSample[];
	/** How long the wallet recently took to read a new block of its daemon, in milliseconds, oldest first. */
	readonly refresh_delays?: readonly number[];
	/** The daemon's heights since it fell behind, oldest first; absent while it is not behind. */
	readonly daemon_heights?: readonly HeightSample[];
	/** When the API last answered correctly; ISO-8601 UTC. */
	readonly last_answer?: string;
	/** The first check after that which was not answered; ISO-8601 UTC. */
	readonly silent_since?: string;
	/** Whether a wallet was ever seen open. */
	readonly wallet_seen?: boolean;
	/** The last known height of the wallet. */
	readonly wallet_height?: number;
	/** The last decrease of that height. */
	readonly wallet_fell?: HeightFall;
	/** The last known state of its daemon; absent if unknown. */
	readonly daemon_state?: DaemonStateRecord;
	/** The daemon on the command line of the node's process, if the node's definition names none. */
	readonly inferred_daemon?: RememberedDaemon;
	/** Since when the API has answered every check, after a time without answers; ISO-8601 UTC. */
	readonly answering_since?: string;
	/** The counters of the process at the last check that was not answered. Removed when the API answers. */
	readonly work?: RememberedWork;
	/** The last runs of the node's process (`keptLives` in crash-loop.ts), oldest first. */
	readonly lives?: readonly ProcessLife[];
	/** The last answer of the newest run; ISO-8601 UTC. */
	readonly life_answered_to?: string;
	/** The last known progress of the wallet; absent while it is not behind. */
	readonly last_sync?: LastSync;
}

/** The state of a node, as one method sees it. */
export interface StateRecord {
	readonly state: State;
	/** The first check of the current, uninterrupted time in this state; ISO-8601 UTC. */
	readonly since: string;
	/** The last check that saw this state; ISO-8601 UTC. */
	readonly last_check: string;
	/**
	 * The time of the last merged result, if it is not `last_check`: a later transition is then known only from the log, and
	 * its result may still be merged; ISO-8601 UTC.
	 */
	readonly merged_at?: string;
}

/** The state of a daemon, as one of its nodes saw it. */
export interface DaemonStateRecord extends Pick<StateRecord, 'state' | 'since'> {
	/** In the short form of `daemonText`. */
	readonly daemon: string;
}

/** A change of the version with which the node answers. */
export interface VersionChange {
	/** ISO-8601 UTC. */
	readonly at: string;
	/** The version before. */
	readonly from: number;
}

/** A result and its node, to be stored. */
export interface Observation {
	readonly node: Pick<Node, 'id' | 'name'>;
	readonly result: CheckResult;
	/** The longest gap since the check before that counts as monitored time, in milliseconds. Default 6 minutes. */
	readonly coverMs?: number;
}

/** The maximum number of latencies and of states that are kept of a node. */
export const keptResults = 60;

/** A decrease of a wallet's height. */
export interface HeightFall {
	/** When it was seen; ISO-8601 UTC. */
	readonly at: string;
	readonly from: number;
	readonly to: number;
}

/** The daemon on the command line of a node's process, and the identity of that process. */
export interface RememberedDaemon extends Pick<ProcessIdentity, 'pid' | 'started_at'> {
	/** In the short form of `daemonText`. */
	readonly daemon: string;
}

/** The progress of a wallet that is behind, at one moment. */
export interface LastSync
	extends Pick<WalletFacts, 'wallet_height' | 'wallet_lag' | 'catch_up_blocks_per_s' | 'eta_s'>,
		Pick<DaemonFacts, 'daemon'> {
	/** ISO-8601 UTC. */
	readonly at: string;
}

/** The counters of a process at one moment. */
export interface RememberedWork extends WorkFacts, ProcessIdentity {
	/** ISO-8601 UTC. */
	readonly at: string;
}
