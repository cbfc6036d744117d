import type {CheckMethod} from '../domain/check-method.js';
import type {ProcessIdentity, ResultOf} from '../domain/check-result.js';
import {type DaemonNetwork, hostInUrl} from '../domain/daemon-address.js';
import type {ProcessWatch, ToldDaemon} from '../domain/daemon-link.js';
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
	/** What is kept of each node's process, by node id; kept too. */
	readonly watches: Map<number, ProcessWatch>;
	/** What each daemon last said, by its address; kept too. */
	readonly daemonViews: Map<string, SeenDaemon>;
	readonly signal?: AbortSignal;
}

/** A daemon as it was last seen. */
export interface SeenDaemon {
	readonly view: DaemonView;
	/** Milliseconds since the epoch. */
	readonly atMs: number;
}

/** Checks one node by one method. Never rejects for anything outside: every failure is a result. */
export type Check<M extends CheckMethod> = (node: Node, context: CheckContext) => Promise<ResultOf<M>>;

/** What the options of a process say of its daemon and its network. */
export interface Inference extends InferredDaemon {
	readonly process: ProcessIdentity;
	readonly told: ToldDaemon;
	/** Absent where a file that may say so could not be read, and of a wallet that is offline: its height is to stay. */
	readonly network?: DaemonNetwork;
}

/** The time a call to this node may take. */
export function checkTimeoutMs(node: Node, {settings}: Pick<CheckContext, 'settings'>): number {
	return (node.timeout === undefined ? undefined : parseDurationMs(node.timeout)) ?? settings.timeout;
}

function walletUrl({host, port, path, tls}: Node): string {
	return withoutUrlQuery(`${tls ? 'https' : 'http'}://${hostInUrl(host)}:${port}${path}`);
}

/** Where a node's API is. */
export interface WalletAddress {
	readonly endpoint: RpcEndpoint;
	/** As it may be shown. */
	readonly url: string;
}

const addresses = new WeakMap<Node, WalletAddress>();

/** The same object for the same node, so that finding its kept connection costs nothing. */
export function walletCheckAddress(node: Node): WalletAddress {
	let address = addresses.get(node);
	if (!address) {
		address = {endpoint: nodeEndpoint(node), url: walletUrl(node)};
		addresses.set(node, address);
	}

	return address;
}

/** Whether a node is on this machine. What is behind a proxy is not, whatever it is called there. */
export function isLocalNode(
	{host, proxy}: Pick<Node, 'host' | 'proxy'>,
	{isLocalHost}: Pick<Ports, 'isLocalHost'>,
): boolean {
	return proxy === undefined && isLocalHost(host);
}

/** Whether the last check saved found the wallet's API at the address the node has now. */
export function hasAnsweredAtAddress(node: Node, {worked, worked_data: data}: NodeState): boolean {
	const api = data?.method === 'full' ? data.checks.api.details : data;
	return worked === true && api !== undefined && 'url' in api && api.url === walletCheckAddress(node).url;
}
