import type {CheckMethod} from '../domain/check-method.js';
import type {ProcessIdentity, ResultOf} from '../domain/check-result.js';
import {type DaemonNetwork, hostInUrl} from '../domain/daemon-address.js';
import type {DaemonOptions, ProcessWatch} from '../domain/daemon-link.js';
import type {InferredDaemon} from '../domain/discovery/describe-wallet.js';
import {parseDurationMs} from '../domain/format.js';
import type {Node} from '../domain/node/node.js';
import type {NodeState} from '../domain/past/node-state.js';
import type {Ports, ProcessTable, RpcEndpoint} from '../domain/ports.js';
import type {Settings} from '../domain/settings.js';
import {withoutUrlQuery} from '../domain/text.js';
import {nodeEndpoint} from './ask-daemon.js';
import type {DaemonCache} from './daemon-cache.js';
import type {DaemonView} from './problems.js';

/** The input of a check besides the node. */
export interface CheckContext {
	readonly ports: Ports;
	/** Durations in milliseconds. */
	readonly settings: Settings;
	/** What is remembered of this node. */
	readonly nodeState: NodeState;
	/** One per cycle, however many nodes are checked. */
	readonly processes: ProcessTable;
	/** One per cycle: each daemon is asked once, however many nodes use it. */
	readonly daemons: DaemonCache;
	/** When each node's process was last inspected, by node id, in monotonic milliseconds; kept between cycles. */
	readonly processLooks: Map<number, number>;
	/** What the options of each node's process say of its daemon, by node id; kept between cycles. */
	readonly inferences: Map<number, Inference>;
	/**
	 * When wallets whose height is not needed were last asked for it, by node id, in monotonic milliseconds; kept between
	 * cycles.
	 */
	readonly walletLooks: Map<number, number>;
	/** What is remembered of each node's process, by node id; kept between cycles. */
	readonly watches: Map<number, ProcessWatch>;
	/** The last result of each daemon, by its address; kept between cycles. */
	readonly daemonViews: Map<string, SeenDaemon>;
	readonly signal?: AbortSignal;
}

/** A daemon as last seen. */
export interface SeenDaemon {
	readonly view: DaemonView;
	/** Milliseconds since the epoch. */
	readonly atMs: number;
}

/** Checks one node by one method. A failure of the node or network never rejects: every failure is a result. */
export type Check<M extends CheckMethod> = (node: Node, context: CheckContext) => Promise<ResultOf<M>>;

/** What the options of a process show about its daemon and its network. */
export interface Inference extends InferredDaemon {
	readonly process: ProcessIdentity;
	readonly daemonOptions: DaemonOptions;
	/**
	 * Absent when a file that may name the network could not be read, and for an offline wallet, whose height does not change.
	 */
	readonly network?: DaemonNetwork;
}

/** The timeout of a call to this node, in milliseconds. */
export function checkTimeoutMs(node: Node, {settings}: Pick<CheckContext, 'settings'>): number {
	return (node.timeout === undefined ? undefined : parseDurationMs(node.timeout)) ?? settings.timeout;
}

function walletUrl({host, port, path, tls}: Node): string {
	return withoutUrlQuery(`${tls ? 'https' : 'http'}://${hostInUrl(host)}:${port}${path}`);
}

/** The endpoint of a node's API. */
export interface WalletAddress {
	readonly endpoint: RpcEndpoint;
	/** In the form that is shown. */
	readonly url: string;
}

const addresses = new WeakMap<Node, WalletAddress>();

/** Returns the same object for the same node, so that finding its kept-alive connection is cheap. */
export function walletCheckAddress(node: Node): WalletAddress {
	let address = addresses.get(node);
	if (!address) {
		address = {endpoint: nodeEndpoint(node), url: walletUrl(node)};
		addresses.set(node, address);
	}

	return address;
}

/** Whether a node is on this machine. A node behind a proxy is not, whatever its host name. */
export function isLocalNode(
	{host, proxy}: Pick<Node, 'host' | 'proxy'>,
	{isLocalHost}: Pick<Ports, 'isLocalHost'>,
): boolean {
	return proxy === undefined && isLocalHost(host);
}

/**
 * A process that serves a node, with the node's host if only the process's own network namespace has that address: the
 * namespace ends with the process, and nothing else shows that the address was on this machine.
 */
export function withNetworkHost<P extends ProcessIdentity>(
	process: P,
	node: Node,
	ports: Pick<Ports, 'isLocalHost'>,
): P {
	return isLocalNode(node, ports) ? process : {...process, network_host: node.host};
}

/** Whether the last saved check got an answer from the wallet's API at the node's current address. */
export function hasAnsweredAtAddress(node: Node, {worked, worked_data: data}: NodeState): boolean {
	const api = data?.method === 'full' ? data.checks.api.details : data;
	return worked === true && api !== undefined && 'url' in api && api.url === walletCheckAddress(node).url;
}
