import type {PidDetails, ProcessIdentity, Result} from '../check-result.js';
import type {Node} from '../node/node.js';
import type {LoginFileSearch, NoAnswerCause, OwnPlace, RpcOutcome} from '../ports.js';

/** What a `full` check saw, as far as it helps to say what to do. */
export interface HintEvidence {
	readonly node: Node;
	/** Where the hint is made, and its commands are run. */
	readonly here: OwnPlace;
	/** Whether the node's process can be on this machine. */
	readonly isLocal: boolean;
	readonly pid: Result<PidDetails>;
	/** Whether that process is known to serve the node's port. Default true. */
	readonly isProven?: boolean;
	/** Whether that process is in a network namespace of its own. */
	readonly hasOwnNetworkNamespace?: boolean;
	/** The file that process was told to write its log to. */
	readonly logFile?: string;
	/** The process last seen before this check. */
	readonly processBefore: ProcessIdentity | undefined;
	/** Why the port could not be connected to; absent when it could. */
	readonly portCause: NoAnswerCause | undefined;
	/** The same in the system's words. */
	readonly portError?: string;
	/** The answer to `get_version`; absent when it was not asked for. */
	readonly outcome: RpcOutcome | undefined;
	/** Whether that answer is the wallet's. */
	readonly works: boolean;
	/** Whether that answer is monerod's. */
	readonly isMonerod: boolean;
	/** What keeps a working node from being up. */
	readonly shortcoming: ShortcomingKind | undefined;
	/** The daemon that explains the verdict. */
	readonly causedBy: string | undefined;
	/** Whether the process was seen working while the API was silent. */
	readonly isBusy: boolean;
	/** Whether a proxy said at once that it reaches no wallet. */
	readonly isProxyRefusal?: boolean;
	/** Whether the process ends and is started again and again. */
	readonly isCrashLoop?: boolean;
	/** Whether the API ever answered as it should. */
	readonly hasAnswered?: boolean;
	/** Whether the process runs in another one's place. */
	readonly hasRestarted?: boolean;
	/** The node's daemon, in its short form. */
	readonly daemon?: string;
	/** The other side of the wallet's own connection to a daemon, where there is one. */
	readonly linkPeer?: string;
	/** The login file the wallet wrote, where a login was refused and its process is seen. */
	readonly loginFile?: LoginFileSearch;
}

/** What can keep a node whose API works from being `up`. */
export type ShortcomingKind =
	| 'daemon'
	| 'daemon_login'
	| 'daemon_certificate'
	| 'daemon_fork'
	| 'daemon_reset'
	| 'clock'
	| 'no_wallet'
	| 'wallet_behind'
	| 'wallet_stalled'
	| 'wallet_unlinked'
	| 'wallet_moved'
	| 'height_unknown'
	| 'slow';
