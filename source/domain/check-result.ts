import type {CheckMethod} from './check-method.js';
import type {FactsCarriedBy, FactsOf, FullSummary} from './facts.js';

/** What every result says, whatever its method. */
export type DetailsBase = FactsOf<'common'>;

/** What identifies a running process. */
export type ProcessFacts = FactsOf<'process'>;

/** A running process as the last check saw it; remembered to notice restarts and reused pids. */
export interface ProcessIdentity extends Omit<ProcessFacts, 'pid' | 'started_at'> {
	readonly pid: number;
	/** ISO-8601 UTC. Derived from the boot time, so it may move by a second when the clock is set. */
	readonly started_at: string;
}

/** What a check learned of the daemon behind a node. */
export type DaemonFacts = FactsOf<'daemon'>;

/** What a check learned of the wallet. */
export type WalletFacts = FactsOf<'wallet'>;

/** What is known of the process behind a node besides its identity. */
export type IdentityFacts = FactsOf<'restarts'>;

/** What is known of a node that does not answer, or not as it should. */
export type NoResponseFacts = FactsOf<'response'>;

/** What `get_version` said. */
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

/** Stands where a part of a `full` check was not run, because an earlier one explains the failure. */
export interface NotReachedDetails extends Omit<DetailsBase, 'latency_ms'> {
	readonly method: 'api' | 'wallet';
	readonly message: 'not reached';
	readonly latency_ms?: undefined;
}

/** Details of a `full` check: the parts, their summary, and what to do. */
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
	/** Present where the node names its daemon. */
	readonly daemon?: Result<DaemonDetails>;
	readonly wallet: Result<WalletDetails | NotReachedDetails>;
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
