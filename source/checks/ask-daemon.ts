import type {DaemonFacts} from '../domain/check-result.js';
import {compact} from '../domain/compact.js';
import {
	type DaemonAddress,
	isLoopback,
	noDaemon,
	type OwnAddress,
	overlayNetwork,
	ownDaemonAddress,
	parseDaemonAddress,
	parseProxyAddress,
	unreachableDaemonNote,
} from '../domain/daemon-address.js';
import {hasLogin, type Node, type Tls} from '../domain/node/node.js';
import type {CallOptions, CallRpc, NoAnswerCause, Ports, RpcEndpoint, RpcOutcome} from '../domain/ports.js';
import {blockHashInAnswer} from '../domain/rpc/daemon-rpc.js';

/** What is needed to find out whether a daemon uses TLS. */
export interface DaemonSpeech {
	/** The short form of the address. */
	readonly daemon: string;
	readonly callRpc: CallRpc;
	/** The daemons found to accept only TLS; updated. */
	readonly speakTls: Set<string>;
}

/** An answer, and the endpoint it came from, with or without TLS. */
interface Answer {
	readonly outcome: RpcOutcome;
	readonly endpoint: RpcEndpoint;
}

/**
 * Calls a daemon's `get_info`: without TLS first, then with TLS if the daemon closes that connection, as monero's programs do.
 * The result is remembered. An endpoint configured as https is called with TLS only.
 */
export async function askDaemonInfo(
	endpoint: RpcEndpoint,
	options: CallOptions,
	{daemon, callRpc, speakTls}: DaemonSpeech,
): Promise<Answer> {
	if (endpoint.tls) {
		return {outcome: await callRpc(endpoint, 'get_info', options), endpoint};
	}

	const overTls = {...endpoint, tls: daemonCheckTls(endpoint.host, undefined)};
	if (speakTls.has(daemon)) {
		const outcome = await callRpc(overTls, 'get_info', options);
		if (hasSpokenTls(outcome) || mayBeDown(outcome)) {
			return {outcome, endpoint: overTls};
		}
	}

	speakTls.delete(daemon);
	const plain = await callRpc(endpoint, 'get_info', options);
	if (mayWantTls(plain)) {
		const timeoutMs = Math.max(1, options.timeoutMs - plain.latencyMs);
		const outcome = await callRpc(overTls, 'get_info', {...options, timeoutMs});
		if (hasSpokenTls(outcome)) {
			speakTls.add(daemon);
			return {outcome, endpoint: overTls};
		}
	}

	return {outcome: plain, endpoint};
}

const hungUp: ReadonlySet<string> = new Set(['closed', 'reset', 'truncated', 'not_http'] satisfies NoAnswerCause[]);

/** Whether a plain request got what a TLS server answers: a closed connection, or status 400. */
function mayWantTls(outcome: RpcOutcome): boolean {
	return outcome.kind === 'no_answer'
		? hungUp.has(outcome.cause)
		: outcome.kind === 'http_error' && outcome.statusCode === 400;
}

const tlsJudgements: ReadonlySet<string> = new Set([
	'tls_untrusted',
	'tls_fingerprint',
	'tls_ca_unreadable',
] satisfies NoAnswerCause[]);

/** Whether the other side uses TLS, whatever the answer over it was. */
function hasSpokenTls(outcome: RpcOutcome): boolean {
	return outcome.kind !== 'no_answer' || tlsJudgements.has(outcome.cause);
}

/** Whether the outcome leaves open what the other side speaks. */
function mayBeDown(outcome: RpcOutcome): boolean {
	return outcome.kind === 'no_answer' && !hungUp.has(outcome.cause) && outcome.cause !== 'tls_not_spoken';
}

/** A block's hash. `refused`: the daemon does not allow that method. `undefined`: it gave no valid answer this time. */
export type HashAnswer = string | 'refused' | undefined;

/** Asks a daemon for the hash of the block with this index. */
export type AskHash = (daemon: string, index: number) => Promise<HashAnswer>;

/** Asks each question at most once. @param endpoints the endpoints of the daemons, by the short form of their addresses */
export function createBlockHashAsker(
	{callRpc}: Pick<Ports, 'callRpc'>,
	endpoints: ReadonlyMap<string, RpcEndpoint>,
	options: CallOptions,
): AskHash {
	const asked = new Map<string, Promise<HashAnswer>>();
	return (daemon, index) => {
		const key = `${daemon} ${index}`;
		const endpoint = endpoints.get(daemon);
		const answer =
			asked.get(key) ??
			(endpoint
				? callRpc(endpoint, 'get_block_header_by_height', options, {height: index}).then(hashIn)
				: Promise.resolve(undefined));
		asked.set(key, answer);
		return answer;
	};
}

const unknownMethod = -32_601;

function hashIn(outcome: RpcOutcome): HashAnswer {
	if (outcome.kind === 'result') {
		return blockHashInAnswer(outcome.result);
	}

	// A proxy may allow only what a wallet needs.
	const isRefused =
		(outcome.kind === 'rpc_error' && outcome.code === unknownMethod) ||
		(outcome.kind === 'http_error' && outcome.statusCode >= 400 && outcome.statusCode < 500);
	return isRefused ? 'refused' : undefined;
}

/** The daemon that a node names or is, if it can be reached from here. */
export function reachableDaemon(
	node: Pick<Node, 'daemon' | 'daemon_proxy'> | (Pick<Node, 'daemon' | 'daemon_proxy'> & OwnAddress),
): string | undefined {
	const {daemon, daemon_proxy: proxy} = node;
	const own = 'port' in node ? ownDaemonAddress(node) : undefined;
	if (own !== undefined) {
		return own;
	}

	const isReachable = daemon !== undefined && (proxy !== undefined || overlayNetwork(daemon) === undefined);
	return isReachable && daemon !== noDaemon ? daemon : undefined;
}

/** The facts about a daemon that cannot be reached from here; empty if it can. */
export function unreachableDaemonFacts({
	daemon,
	daemon_proxy: proxy,
}: Pick<Node, 'daemon' | 'daemon_proxy'>): Pick<DaemonFacts, 'daemon' | 'daemon_note'> {
	const note = daemon === undefined || proxy !== undefined ? undefined : unreachableDaemonNote(daemon);
	return daemon === undefined || note === undefined ? {} : {daemon, daemon_note: note};
}

/**
 * The endpoint of each daemon. Nodes that share a daemon share its connection, the first login given for it, the first TLS
 * configuration and the first proxy.
 */
export function daemonCheckEndpoints(nodes: readonly Node[]): Map<string, RpcEndpoint> {
	const byDaemon = new Map<
		string,
		{first: Node; own?: Node | undefined; login?: Node | undefined; tls?: Node | undefined; proxy?: Node | undefined}
	>();
	for (const node of nodes) {
		const daemon = reachableDaemon(node);
		if (daemon !== undefined) {
			const known = byDaemon.get(daemon) ?? {first: node};
			byDaemon.set(daemon, known);
			known.own ??= node.kind === 'daemon' ? node : undefined;
			known.login ??= node.daemon_username === undefined ? undefined : node;
			known.tls ??= node.daemon_tls === undefined ? undefined : node;
			known.proxy ??= node.daemon_proxy === undefined ? undefined : node;
		}
	}

	return new Map(
		[...byDaemon].map(([daemon, {first, own, login = first, tls = login, proxy = login}]) => [
			daemon,
			// If the daemon is a node itself, its definition is used, unless only a wallet's definition has its login.
			own && (hasLogin(own) || login.daemon_username === undefined)
				? nodeEndpoint(own)
				: daemonCheckEndpoint(daemon, login, compact({daemon_tls: tls.daemon_tls, daemon_proxy: proxy.daemon_proxy})),
		]),
	);
}

/** The endpoint of a node's own API, with its login. */
export function nodeEndpoint(node: Node): RpcEndpoint {
	const {host, port, path, tls, username, password, password_file, password_env, login_file, login_config} = node;
	return compact({
		host,
		port,
		path,
		program: node.kind ?? 'wallet',
		tls,
		proxy: parseProxyAddress(node.proxy),
		...((username ?? login_file ?? login_config) === undefined
			? {}
			: {
					login: compact({
						username,
						password,
						password_file,
						password_env,
						login_file,
						login_config,
					}),
				}),
	});
}

export function daemonCheckEndpoint(
	daemon: string,
	node: Node,
	{daemon_tls: given, daemon_proxy: proxyText}: Pick<Node, 'daemon_tls' | 'daemon_proxy'> = node,
): RpcEndpoint {
	if (daemon === ownDaemonAddress(node)) {
		return nodeEndpoint(node);
	}

	// Definitions are validated, so an address that does not parse is a bug.
	const {host, port, https} = parseDaemonAddress(daemon) as DaemonAddress;
	const proxy = parseProxyAddress(proxyText);
	return {
		host,
		port,
		path: '/json_rpc',
		program: 'daemon',
		...(proxy ? {proxy} : {}),
		...(https || given ? {tls: daemonCheckTls(host, given)} : {}),
		...(node.daemon_username === undefined
			? {}
			: {
					login: compact({
						username: node.daemon_username,
						password_file: node.daemon_password_file,
						password_env: node.daemon_password_env,
					}),
				}),
	};
}

/**
 * How a daemon's certificate is checked. The self-signed certificate of a daemon on this machine is accepted, as the wallet
 * does; anywhere else the certificate must be trusted.
 */
function daemonCheckTls(host: string, given: Tls | undefined): Tls {
	return given && Object.keys(given).length > 0 ? given : isLoopback(host) ? {insecure: true} : {};
}
