import type {CheckMethod} from './check-method.js';
import type {WorkCounters} from './past/work.js';
import type {State} from './state.js';

/** What every result says, whatever its method. Field names are those of the JSON documents. */
export interface DetailsBase {
	/** One of the contract's exact texts for this method. */
	readonly message: string;
	/** One sentence in plain words: what a person should read. Absent only when the state is `up`. */
	readonly reason?: string;
	readonly state: State;
	/** Milliseconds: the answered exchange where there was an answer, else the time until giving up. */
	readonly latency_ms: number;
	/** ISO-8601 UTC. */
	readonly last_check: string;
}

/** A running process as the last check saw it; remembered to notice restarts and reused pids. */
export interface ProcessIdentity {
	readonly pid: number;
	/** ISO-8601 UTC. Derived from the boot time, so it may move by a second when the clock is set. */
	readonly started_at: string;
	/** Linux: field 22 of /proc/PID/stat, in clock ticks since boot. Exact, unlike `started_at`. */
	readonly start_ticks?: number;
	/** The systemd unit the process runs in, from its cgroup. */
	readonly unit?: string;
	/** The user whose own systemd (`systemd --user`) runs that unit or container; absent for the system's. */
	readonly unit_uid?: number;
	/** The id or name of the container it runs in, from its cgroup. */
	readonly container?: string;
	/** What runs that container. */
	readonly container_engine?: 'docker' | 'podman' | 'kubernetes' | 'nerdctl' | 'nspawn' | 'lxc';
}

/** Details of a `pid` check. */
export interface PidDetails extends DetailsBase, Partial<ProcessIdentity> {
	readonly method: 'pid';
	/** The command line as far as it is known to hold no secret; of a program that is not a wallet its name and the number of its arguments. */
	readonly cmdline?: string;
	/** Whether it is `monero-wallet-rpc`: by its name, or because it holds the socket of the node and was started as one. */
	readonly is_monero_process?: boolean;
	/** Present and true while something keeps it from running: see `stopped_by`. */
	readonly stopped?: boolean;
	/** What does: a stop signal, a debugger that traces it, or the freezer of its control group. */
	readonly stopped_by?: 'signal' | 'tracer' | 'freezer';
	/** The tracer: program and pid, such as `gdb, pid 4711`. */
	readonly tracer?: string;
}

/** Details of a `port` check. */
export interface PortDetails extends DetailsBase {
	readonly method: 'port';
	readonly host: string;
	readonly port: number;
	/** The operating system's words for a failed connect. */
	readonly error?: string;
}

/** What a check learned of the daemon behind a node. Absent fields are not known (or hidden by a restricted port). */
export interface DaemonFacts {
	/** The daemon's address as configured, in its short form (`host:port`). */
	readonly daemon?: string;
	readonly daemon_reachable?: boolean;
	readonly daemon_synchronized?: boolean;
	/** Present and true where the node names no daemon: it is the one that its process was started with. */
	readonly daemon_inferred?: boolean;
	/** Why the node's daemon is not looked at, or not compared, where that is not its fault. */
	readonly daemon_note?: string;
	/** Blocks in the daemon's chain (top height + 1); of the bootstrap daemon's while it uses one. */
	readonly daemon_height?: number;
	/** While it uses a bootstrap daemon: blocks in its own chain. */
	readonly daemon_own_height?: number;
	/** While it uses a bootstrap daemon: the address of that one. */
	readonly bootstrap_daemon?: string;
	/** Blocks the daemon is behind the highest credible daemon of its chain in the fleet, or its target until it is synchronized. */
	readonly daemon_lag?: number;
	/** What is wrong with the daemon, such as `last saw a block 47 m ago`; absent when nothing is. */
	readonly daemon_fault?: string;
	/** While the daemon is too far behind and its height rises: how fast. */
	readonly daemon_blocks_per_s?: number;
	/** Seconds until it has caught up at that speed. */
	readonly daemon_eta_s?: number;
	/** Present while it is too far behind and its height does not rise: milliseconds since it last did. */
	readonly daemon_stalled_ms?: number;
	/** `mainnet`, `stagenet`, `testnet` or `fakechain` (regtest). */
	readonly nettype?: string;
	/** Seconds since the date of the daemon's last block, by the clock that fits it; never negative. Not asked of a regtest chain. */
	readonly block_age_s?: number;
}

/** What a check learned of the wallet. */
export interface WalletFacts {
	readonly wallet_open?: boolean;
	/** Blocks the wallet has scanned (same count as `daemon_height`). */
	readonly wallet_height?: number;
	/** Blocks the wallet is behind its daemon, else behind the fleet's of its network; negative when it is ahead. */
	readonly wallet_lag?: number;
	/** When its height last fell, in the last hour: a rescan, or another wallet was opened; ISO-8601 UTC. */
	readonly wallet_fell_at?: string;
	/** The height before that. */
	readonly wallet_fell_from?: number;
	/** The height after it. */
	readonly wallet_fell_to?: number;
	/** While it is too far behind and its height rises: how fast. */
	readonly catch_up_blocks_per_s?: number;
	/** Seconds until it is level with its daemon at that speed. */
	readonly eta_s?: number;
	/** Present and true when it is too far behind and its height does not rise. */
	readonly stalled?: boolean;
	/** Milliseconds since its height last rose, or since it was first seen behind. */
	readonly stalled_ms?: number;
}

/** What is known of the process behind a node besides its identity. */
export interface IdentityFacts {
	/** How often the process was seen to have been restarted in the last hour; absent when it was not. */
	readonly restarts?: number;
	/** When the process that runs now began, when it took another one's place in the last hour; ISO-8601 UTC. */
	readonly restarted_at?: string;
	/** The version before the last change, when that was seen in the last 24 h. */
	readonly version_before?: string;
	/** Why no process was seen where one was looked for. */
	readonly process_unseen?: string;
}

/** What is known of a node that does not answer, or not as it should. */
export interface NoResponseFacts {
	/** What its process had used at `last_check`: what a later check compares with. */
	readonly work?: WorkFacts;
	/** When the API last answered, in a result that is not one; ISO-8601 UTC. Equal to `last_check` when it did this time. */
	readonly last_answer_at?: string;
	/** When the wallet's height, lag and speed were learned, where that was an earlier check; ISO-8601 UTC. */
	readonly facts_at?: string;
	/** Present and true while the wallet reads the chain and responds intermittently. */
	readonly scanning?: boolean;
	/** While it ends and is started again and again: how often it was seen to start. */
	readonly crash_loop_starts?: number;
	/** Milliseconds since the first of these starts. */
	readonly crash_loop_ms?: number;
}

/** Counters of a process, and when they last showed that it works. */
export interface WorkFacts extends WorkCounters {
	/** ISO-8601 UTC; absent when they never did since the node last answered. */
	readonly worked_at?: string;
}

/** What `get_version` said. */
export interface VersionFacts {
	/** As answered: major << 16 | minor. */
	readonly version?: number;
	/** `1.25` for 65561. */
	readonly version_text?: string;
	/** Whether the program was built from a release tag; false is no fault. */
	readonly release?: boolean;
}

/** Details of an `api` check. */
export interface ApiDetails
	extends DetailsBase,
		VersionFacts,
		DaemonFacts,
		WalletFacts,
		IdentityFacts,
		NoResponseFacts,
		Partial<ProcessIdentity> {
	readonly method: 'api';
	readonly url: string;
	/** What went wrong, in the words of the system or the server. */
	readonly error?: string;
	/** HTTP status, when there was an HTTP answer other than 200. */
	readonly status_code?: number;
	/** The daemon that explains the state, when one does. */
	readonly caused_by?: string;
	/** Processor cores the node's process used between two looks at it. */
	readonly cpu_cores?: number;
	/** Milliseconds since the first check that was not answered. */
	readonly silent_ms?: number;
}

/** Details of the `daemon` part of a `full` check. */
export interface DaemonDetails extends DetailsBase, DaemonFacts {
	readonly method: 'daemon';
	readonly error?: string;
	readonly daemon_version_text?: string;
	readonly target_height?: number;
	readonly outgoing_peers?: number;
	readonly incoming_peers?: number;
	readonly offline?: boolean;
	readonly restricted?: boolean;
	/** Present and true while it takes in many blocks at once. */
	readonly busy_syncing?: boolean;
}

/** Details of the `wallet` part of a `full` check. */
export interface WalletDetails extends DetailsBase, WalletFacts {
	readonly method: 'wallet';
	readonly error?: string;
}

/** Stands where a part of a `full` check was not run, because an earlier one explains the failure. */
export interface NotReachedDetails extends Omit<DetailsBase, 'latency_ms'> {
	readonly method: 'api' | 'wallet';
	readonly message: 'not reached';
	readonly latency_ms?: undefined;
}

/** Details of a `full` check: the parts, their summary, and what to do. */
export interface FullDetails
	extends DetailsBase,
		VersionFacts,
		DaemonFacts,
		WalletFacts,
		IdentityFacts,
		NoResponseFacts {
	readonly method: 'full';
	readonly checks: FullChecks;
	readonly summary: FullSummary;
	/** The steps from the name to the daemon, the first broken one and what was not reached after it. */
	readonly rungs: readonly Rung[];
	/** What a person should know besides the verdict, such as a password file that others can read. */
	readonly notes?: readonly string[];
	/** ISO-8601 UTC; the same moment as `last_check`. */
	readonly timestamp: string;
	/** What most likely broke and the command to try next. Absent when nothing is wrong. */
	readonly hint?: string;
	readonly caused_by?: string;
	/** See {@link ApiDetails}. */
	readonly cpu_cores?: number;
	/** See {@link ApiDetails}. */
	readonly silent_ms?: number;
}

/** The steps a `full` check climbs. */
export const rungNames = ['name', 'tcp', 'tls', 'http', 'login', 'json_rpc', 'version', 'wallet', 'daemon'] as const;

/** One step of a `full` check. Steps that do not apply (no TLS, no daemon configured) are left out. */
export interface Rung {
	readonly rung: (typeof rungNames)[number];
	readonly state: 'passed' | 'broken' | 'not_reached';
	/** What broke, or why it was not reached. */
	readonly reason?: string;
}

export interface FullChecks {
	readonly pid: Result<PidDetails>;
	readonly port: Result<PortDetails>;
	readonly api: Result<ApiDetails | NotReachedDetails>;
	/** Present where the node names its daemon. */
	readonly daemon?: Result<DaemonDetails>;
	readonly wallet: Result<WalletDetails | NotReachedDetails>;
}

export interface FullSummary {
	readonly pid_alive: boolean;
	readonly port_in_use: boolean;
	readonly api_responding: boolean;
	readonly daemon_reachable?: boolean;
	readonly daemon_synchronized?: boolean;
	readonly wallet_open?: boolean;
}

/** Details of any method's result. */
export type Details = PidDetails | PortDetails | ApiDetails | FullDetails;

/** One run of one method on one node. */
export interface Result<D extends Omit<DetailsBase, 'latency_ms'> = Details> {
	/** Does it work, as that method sees it. */
	readonly status: boolean;
	readonly details: D;
}

/** The result of one of the four methods. */
export type CheckResult = Result<Details>;

/** The details each method gives. */
export interface DetailsByMethod {
	readonly pid: PidDetails;
	readonly port: PortDetails;
	readonly api: ApiDetails;
	readonly full: FullDetails;
}

/** The result a method gives, by its name. */
export type ResultOf<M extends CheckMethod> = Result<DetailsByMethod[M]>;
