import type {CheckMethod} from './check-method.js';
import type {FactsCarriedBy, FactsOf, FullSummary} from './facts.js';

/** The facts of every result, whatever its method. */
export type DetailsBase = FactsOf<'common'>;

/** The facts that identify a running process. */
export type ProcessFacts = FactsOf<'process'>;

/** The identity of a running process; it is stored to detect restarts and reused pids. */
export interface ProcessIdentity extends Omit<ProcessFacts, 'pid' | 'started_at'> {
	readonly pid: number;
	/** ISO-8601 UTC. Derived from the boot time, so it may move by a second when the clock is set. */
	readonly started_at: string;
}

/** Facts about the daemon of a node. */
export type DaemonFacts = FactsOf<'daemon'>;

/** Facts about the wallet. */
export type WalletFacts = FactsOf<'wallet'>;

/** Facts about the process of a node, in addition to its identity. */
export type IdentityFacts = FactsOf<'restarts'>;

/** Facts about a node that does not answer, or does not answer correctly. */
export type NoResponseFacts = FactsOf<'response'>;

/** The answer to `get_version`. */
export type VersionFacts = FactsOf<'version'>;

/** Details of a `pid` check. */
export interface PidDetails extends FactsCarriedBy<'pid'> {
	readonly method: 'pid';
}

/** Details of a `port` check. */
export interface PortDetails extends FactsCarriedBy<'port'> {
	readonly method: 'port';
}

/** Details of an `api` check. */
export interface ApiDetails extends FactsCarriedBy<'api'> {
	readonly method: 'api';
}

/** Details of the `daemon` part of a `full` check. */
export interface DaemonDetails extends FactsCarriedBy<'daemon'> {
	readonly method: 'daemon';
}

/** Details of the `wallet` part of a `full` check. */
export interface WalletDetails extends FactsCarriedBy<'wallet'> {
	readonly method: 'wallet';
}

/** Placeholder for a part of a `full` check that was not run because an earlier part explains the failure. */
export interface NotReachedDetails extends Omit<DetailsBase, 'latency_ms'> {
	readonly method: 'api' | 'wallet';
	readonly message: 'not reached';
	readonly latency_ms?: undefined;
}

/** Details of a `full` check: its parts, their summary, and a hint. */
export interface FullDetails extends FactsCarriedBy<'full'> {
	readonly method: 'full';
	readonly checks: FullChecks;
	readonly summary: FullSummary;
}

/** The parts of a `full` check. */
export interface FullChecks {
	readonly pid: Result<PidDetails>;
	readonly port: Result<PortDetails>;
	readonly api: Result<ApiDetails | NotReachedDetails>;
	/** Present if the node's daemon is configured or inferred. */
	readonly daemon?: Result<DaemonDetails>;
	readonly wallet: Result<WalletDetails | NotReachedDetails>;
}

/** Details of any method's result. */
export type Details = PidDetails | PortDetails | ApiDetails | FullDetails;

/** One run of one method on one node. */
export interface Result<D extends Omit<DetailsBase, 'latency_ms'> = Details> {
	/** Whether the node works, as that method sees it. */
	readonly status: boolean;
	readonly details: D;
}

/** The result of one of the four methods. */
export type CheckResult = Result<Details>;

/** The details of each method's results. */
export interface DetailsByMethod {
	readonly pid: PidDetails;
	readonly port: PortDetails;
	readonly api: ApiDetails;
	readonly full: FullDetails;
}

/** The result of a method, by its name. */
export type ResultOf<M extends CheckMethod> = Result<DetailsByMethod[M]>;
