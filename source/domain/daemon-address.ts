/** Where a daemon's RPC listens. */
export interface DaemonAddress {
	readonly host: string;
	readonly port: number;
	readonly https: boolean;
}

/** A SOCKS5 proxy, which resolves the names itself. */
export interface ProxyAddress {
	readonly host: string;
	readonly port: number;
}

/** The networks of Monero that have a default port. */
export type DaemonNetwork = 'mainnet' | 'testnet' | 'stagenet';

/** Where a daemon listens that was told nothing else. */
export const defaultDaemonPorts: Readonly<Record<DaemonNetwork, number>> = {
	mainnet: 18_081,
	testnet: 28_081,
	stagenet: 38_081,
};

/** Stands for a daemon's address where the node is to have none. */
export const noDaemon = 'none';

/** What a daemon's address may look like, for messages about bad ones. */
export const daemonForm = 'host, host:port or a URL, without user and password; or none';

/**
 * Reads a daemon's address as monero-wallet-rpc does: any scheme, of which only https counts, and whatever path. Its port is
 * the first one. `h:18081`, `http://h:18081`, `tcp://H:18081/json_rpc` and `http://H:18081/` are the same daemon.
 * @param portIfNone the port where a bare host names none; `'refused'`: a port must be there, as in `--daemon-address`
 * @returns `undefined` when the text is anything else, credentials included
 */
export function parseDaemonAddress(
	text: string,
	portIfNone: number | 'refused' = defaultDaemonPorts.mainnet,
): DaemonAddress | undefined {
	const match =
		/^(?:([a-z][a-z\d+.-]*):\/\/)?(\[[\da-f:.]+(?:%[\w.-]+)?\]|[^\s/:@?#[\]]+)(?::(\d{1,5}))?(?:\/[^\s@]*)?$/i.exec(
			text,
		);
	if (!match) {
		return undefined;
	}

	const scheme = match[1]?.toLowerCase();
	const https = scheme === 'https';
	const host = parseHost(match[2] ?? '');
	const port = match[3] === undefined ? defaultPort(scheme, portIfNone) : parsePort(match[3]);
	return host === undefined || port === undefined ? undefined : {host: canonicalDaemonHost(host), port, https};
}

function defaultPort(scheme: string | undefined, portIfNone: number | 'refused'): number | undefined {
	if (portIfNone === 'refused') {
		return undefined;
	}

	return scheme === 'https' ? 443 : scheme === 'http' ? 80 : portIfNone;
}

/** A daemon that several wallets use is asked once, so it must be spelled alike. */
export function canonicalDaemonHost(host: string): string {
	return host === 'localhost' ? '127.0.0.1' : host;
}

/** Where a node that is a daemon itself listens, in the short form of {@link daemonText}; `undefined` for a wallet. */
export function ownDaemonAddress({kind, host, port, tls}: OwnAddress): string | undefined {
	return kind === 'daemon' ? daemonText({host: canonicalDaemonHost(host), port, https: tls !== undefined}) : undefined;
}

/** What of a node's definition says where it listens, and what it is. */
export interface OwnAddress {
	readonly kind?: 'wallet' | 'daemon';
	readonly host: string;
	readonly port: number;
	readonly tls?: object;
}

/** Whether a host is an address of the loopback interface, or its usual name. */
export function isLoopback(host: string): boolean {
	return /^127(?:\.\d{1,3}){3}$/.test(host) || host === '::1' || /^(?:.+\.)?localhost\.?$/.test(host);
}

/** Whether a host is an address of a private network, as those of containers are. */
export function isPrivateAddress(host: string): boolean {
	return /^(?:127\.|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|localhost$|::1$|f[cd][\da-f]{2}:|fe80:)/i.test(host);
}

/** The network that an address can only be reached through, by the end of its host; `undefined` for others. */
export function overlayNetwork(address: string): 'Tor' | 'I2P' | undefined {
	const ending = /\.(onion|i2p)\.?(?::\d+)?$/i.exec(address)?.[1]?.toLowerCase();
	return ending === 'onion' ? 'Tor' : ending === 'i2p' ? 'I2P' : undefined;
}

/** What is said of a daemon that there is no way to from here; `undefined` where there is one. */
export function unreachableDaemonNote(daemon: string): string | undefined {
	const network = overlayNetwork(daemon);
	return network && `daemon ${daemon} can only be reached through ${network}; its height is not checked`;
}

/** The one short form of an address: `host:port`, or `https://host:port`. */
export function daemonText({host, port, https}: DaemonAddress): string {
	return `${https ? 'https://' : ''}${hostInUrl(host)}:${port}`;
}

/** Whether two short forms are of one daemon, which may be asked with and without TLS. */
export function isSameDaemon(a: string, b: string): boolean {
	return a.replace('https://', '') === b.replace('https://', '');
}

/** An IPv6 address needs brackets in front of a port. */
export function hostInUrl(host: string): string {
	return host.includes(':') ? `[${host}]` : host;
}

/**
 * Reads a host: an IPv4 or IPv6 address (with or without brackets) or a DNS name, in lower case.
 * @returns `undefined` for anything else
 */
export function parseHost(text: string): string | undefined {
	const host = text.replace(/^\[(.*:.*)\]$/, '$1').toLowerCase();
	if (host.includes(':')) {
		return isIpv6(host) ? host : undefined;
	}

	if (/^[\d.]+$/.test(host)) {
		return isIpv4(host) ? host : undefined;
	}

	const label = /^[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?$/;
	const name = host.replace(/\.$/, '');
	return name.length > 0 && name.length <= 253 && name.split('.').every(part => label.test(part)) ? host : undefined;
}

/** Reads a TCP port. @returns `undefined` unless it is a whole number from 1 to 65535 */
export function parsePort(text: string): number | undefined {
	const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
	return port >= 1 && port <= 65_535 ? port : undefined;
}

/**
 * Reads the address of a SOCKS5 proxy that resolves names itself.
 * @param text default: none
 * @returns `undefined` for anything but `socks5h://host:port`
 */
export function parseProxyAddress(text = ''): ProxyAddress | undefined {
	const match = /^socks5h:\/\/(\[[^\]]*\]|[^/:@]+):(\d+)\/?$/i.exec(text);
	const host = parseHost(match?.[1] ?? '');
	const port = parsePort(match?.[2] ?? '');
	return host === undefined || port === undefined ? undefined : {host, port};
}

/** Whether a host is an address, not a name. */
export function isIpAddress(host: string): boolean {
	return isIpv4(host) || (host.includes(':') && isIpv6(host));
}

function isIpv4(text: string): boolean {
	const parts = text.split('.');
	return parts.length === 4 && parts.every(part => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isIpv6(text: string): boolean {
	const [address = '', zone] = text.split('%', 2);
	return (zone === undefined || /^[\w.-]+$/.test(zone)) && URL.canParse(`http://[${address}]/`);
}

/**
 * The daemon's name among the daemons of several hosts: a loopback address is another one on each of them.
 * @param host the host's label; `undefined` for the nodes configured here
 */
export function daemonAddressSeenFrom(host: string | undefined, daemon: string): string {
	const isLoopback = /^(?:https:\/\/)?(?:127\.|localhost[.:]|\[::1\])/.test(daemon);
	return host !== undefined && isLoopback ? `${host}/${daemon}` : daemon;
}
