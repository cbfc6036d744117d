import type {CheckMethod} from '../domain/check-method.js';
import type {ProcessIdentity, ResultOf} from '../domain/check-result.js';
import type {DaemonNetwork} from '../domain/daemon-address.js';
import type {InferredDaemon} from '../domain/discovery/describe-wallet.js';
import type {Node} from '../domain/node/node.js';
import type {NodeState} from '../domain/past/node-state.js';
import type {Ports, ProcessTable} from '../domain/ports.js';
import type {Settings} from '../domain/settings.js';
import type {DaemonCache} from './daemon-cache.js';

/** What a check is given besides the node. */
export interface CheckContext {
	readonly ports: Ports;
	/** Durations in milliseconds. */
	readonly settings: Settings;
	/** What is remembered of this node. */
	readonly nodeState: NodeState;
	/** One per cycle, however many nodes are checked. */
	readonly processes: ProcessTable;
	/** One per cycle: every daemon is asked once, however many nodes use it. */
	readonly daemons: DaemonCache;
	/** When each node's process was last looked at, by node id, in monotonic milliseconds; kept between cycles. */
	readonly processLooks: Map<number, number>;
	/** What the options of each node's process say of its daemon, by node id; kept between cycles. */
	readonly inferences: Map<number, Inference>;
	/** When wallets of which no height is needed were last asked for it, by node id, in monotonic milliseconds; kept too. */
	readonly walletLooks: Map<number, number>;
	readonly signal?: AbortSignal;
}

/** Checks one node by one method. Never rejects for anything outside: every failure is a result. */
export type Check<M extends CheckMethod> = (node: Node, context: CheckContext) => Promise<ResultOf<M>>;

/** What the options of a process say of its daemon and its network. */
export interface Inference extends InferredDaemon {
	readonly process: ProcessIdentity;
	/** Absent where a file that may say so could not be read, and of a wallet that is offline: its height is to stay. */
	readonly network?: DaemonNetwork;
}
