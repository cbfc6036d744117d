import type {DaemonFacts} from '../domain/check-result.js';
import {
	type DaemonAddress,
	isLoopback,
	noDaemon,
	overlayNetworkOf,
	parseDaemonAddress,
} from '../domain/daemon-address.js';
import type {Node, Tls} from '../domain/node/node.js';
import type {RpcEndpoint} from '../domain/ports.js';

/** The daemon that a node names, where there is a way to it from here. */
export function reachableDaemon({daemon}: Pick<Node, 'daemon'>): string | undefined {
	return daemon === undefined || daemon === noDaemon || overlayNetworkOf(daemon) ? undefined : daemon;
}

/** What is said of a daemon that there is no way to from here; empty where there is one. */
export function unreachableFacts({daemon}: Pick<Node, 'daemon'>): Pick<DaemonFacts, 'daemon' | 'daemon_note'> {
	const network = daemon === undefined ? undefined : overlayNetworkOf(daemon);
	return daemon === undefined || network === undefined
		? {}
		: {daemon, daemon_note: `daemon ${daemon} can only be reached through ${network}; its height is not checked`};
}

/** One endpoint per daemon. Nodes that share a daemon share its connection, the first login given for it, and the first TLS. */
export function daemonEndpoints(nodes: readonly Node[]): Map<string, RpcEndpoint> {
	const byDaemon = new Map<string, {first: Node; login?: Node; tls?: Node}>();
	for (const node of nodes) {
		const daemon = reachableDaemon(node);
		if (daemon !== undefined) {
			const known = byDaemon.get(daemon) ?? {first: node};
			byDaemon.set(daemon, known);
			known.login ??= node.daemon_username === undefined ? undefined : node;
			known.tls ??= node.daemon_tls === undefined ? undefined : node;
		}
	}

	return new Map(
		[...byDaemon].map(([daemon, {first, login = first, tls}]) => [daemon, endpointOf(daemon, login, tls ?? login)]),
	);
}

export function endpointOf(
	daemon: string,
	node: Node,
	{daemon_tls: given}: Pick<Node, 'daemon_tls'> = node,
): RpcEndpoint {
	// Definitions are validated, so an address that does not parse is our own mistake.
	const {host, port, https} = parseDaemonAddress(daemon) as DaemonAddress;
	return {
		host,
		port,
		path: '/json_rpc',
		program: 'daemon',
		...(https || given ? {tls: tlsOf(host, given)} : {}),
		...(node.daemon_username === undefined
			? {}
			: {
					login: {
						username: node.daemon_username,
						...(node.daemon_password_file === undefined ? {} : {password_file: node.daemon_password_file}),
						...(node.daemon_password_env === undefined ? {} : {password_env: node.daemon_password_env}),
					},
				}),
	};
}

/**
 * How a daemon's certificate is judged. The one that a daemon on this machine makes itself is accepted, as the wallet does;
 * elsewhere something must vouch for it.
 */
export function tlsOf(host: string, given: Tls | undefined): Tls {
	return given && Object.keys(given).length > 0 ? given : isLoopback(host) ? {insecure: true} : {};
}
