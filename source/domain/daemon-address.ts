/** Where a daemon's RPC listens. */
export interface DaemonAddress {
	readonly host: string;
	readonly port: number;
	readonly https: boolean;
}

/** A SOCKS5 proxy that resolves host names itself. */
export interface ProxyAddress {
	readonly host: string;
	readonly port: number;
}

/** The networks of Monero that have a default RPC port. */
export type DaemonNetwork = 'mainnet' | 'testnet' | 'stagenet';

/** The default RPC port of a daemon on each network. */
export const defaultDaemonPorts: Readonly<Record<DaemonNetwork, number>> = {
	mainnet: 18_081,
	testnet: 28_081,
	stagenet: 38_081,
};

/** The value of a node's `daemon` field that means: no daemon. */
export const noDaemon = 'none';

/** The form of a daemon's address, for error messages. */
export const daemonAddressForm = 'host, host:port or a URL, without user and password';

/** The form of a node's `daemon` field, for error messages. */
export const daemonForm = `${daemonAddressForm}; or ${noDaemon}`;

/**
 * Parses a daemon's address as monero-wallet-rpc does: any scheme is accepted, but only https has a meaning, and the path
 * is ignored. `h:18081`, `http://h:18081`, `tcp://H:18081/json_rpc` and `http://H:18081/` are the same daemon.
 * @param portIfNone the default port of an address without scheme and port; `'refused'`: the port is required, as in
 * `--daemon-address`
 * @returns `undefined` if the text is anything else, or contains credentials
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

/** Gives a host one canonical spelling, so that a daemon used by several wallets is asked only once. */
export function canonicalDaemonHost(host: string): string {
	if (host === 'localhost' || host === 'localhost.') {
		return '127.0.0.1';
	}

	// The zone of a link-local address is part of it.
	return host.includes(':') ? canonicalHost(host) + (/%.*$/.exec(host)?.[0] ?? '') : host;
}

/** The address of a node that is a daemon, in the short form of {@link daemonText}; `undefined` for a wallet. */
export function ownDaemonAddress({kind, host, port, tls}: OwnAddress): string | undefined {
	return kind === 'daemon' ? daemonText({host: canonicalDaemonHost(host), port, https: tls !== undefined}) : undefined;
}

/** The fields of a node's definition that say what it is and where it listens. */
export interface OwnAddress {
	readonly kind?: 'wallet' | 'daemon';
	readonly host: string;
	readonly port: number;
	readonly tls?: object;
}

/** Whether a host is an address of the loopback interface, or a name such as localhost. */
export function isLoopback(host: string): boolean {
	return /^127(?:\.\d{1,3}){3}$/.test(host) || host === '::1' || /^(?:.+\.)?localhost\.?$/.test(host);
}

/** Whether a host is a private or link-local address, such as that of a container. Loopback addresses and names are not. */
export function isPrivateAddress(host: string): boolean {
	const address = canonicalHost(host);
	return isIpAddress(address) && privateBlocks.test(address);
}

/**
 * IPv4: private (RFC 1918), link-local (RFC 3927) and shared by carriers and overlays (RFC 6598). IPv6: unique local and
 * link-local.
 */
const privateBlocks =
	/^(?:10\.|172\.(?:1[6-9]|2\d|3[01])\.|192\.168\.|169\.254\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd][\da-f]{2}:|fe[89ab][\da-f]:)/;

/** Normalizes a host: lower case, no brackets, zone or final dot; IPv6 in its shortest form; mapped IPv4 as IPv4. */
export function canonicalHost(host: string): string {
	const name = host
		.toLowerCase()
		.replace(/^\[(.*)\]$/, '$1')
		.replace(/%.*$/, '')
		.replace(/\.$/, '');
	if (!name.includes(':') || !URL.canParse(`http://[${name}]/`)) {
		return name;
	}

	const address = new URL(`http://[${name}]/`).hostname.slice(1, -1);
	const [, ...mapped] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(address) ?? [];
	const words = mapped.map(word => Number.parseInt(word, 16));
	return words.length === 0 ? address : words.flatMap(word => [word >> 8, word & 255]).join('.');
}

/** The overlay network of an address, by the end of its host name; `undefined` for other addresses. */
export function overlayNetwork(address: string): 'Tor' | 'I2P' | undefined {
	const ending = /\.(onion|i2p)\.?(?::\d+)?$/i.exec(address)?.[1]?.toLowerCase();
	return ending === 'onion' ? 'Tor' : ending === 'i2p' ? 'I2P' : undefined;
}

/** A note that a daemon cannot be reached without an overlay network; `undefined` for other daemons. */
export function unreachableDaemonNote(daemon: string): string | undefined {
	const network = overlayNetwork(daemon);
	return network && `daemon ${daemon} can only be reached through ${network}; its height is not checked`;
}

/** The short form of an address: `host:port`, or `https://host:port`. */
export function daemonText({host, port, https}: DaemonAddress): string {
	return `${https ? 'https://' : ''}${hostInUrl(host)}:${port}`;
}

/** Whether two short forms are the same daemon, with or without TLS. */
export function isSameDaemon(a: string, b: string): boolean {
	return a.replace('https://', '') === b.replace('https://', '');
}

/** A host as in URLs: an IPv6 address is put in brackets. */
export function hostInUrl(host: string): string {
	return host.includes(':') ? `[${host}]` : host;
}

/**
 * Parses a host: an IPv4 or IPv6 address (with or without brackets) or a DNS name, in lower case.
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

/** Parses a TCP port. @returns `undefined` unless it is a whole number from 1 to 65535 */
export function parsePort(text: string): number | undefined {
	const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
	return port >= 1 && port <= 65_535 ? port : undefined;
}

/**
 * Parses the address of a SOCKS5 proxy that resolves names itself.
 * @param text the address; default: empty
 * @returns `undefined` for anything but `socks5h://host:port`
 */
export function parseProxyAddress(text = ''): ProxyAddress | undefined {
	const match = /^socks5h:\/\/(\[[^\]]*\]|[^/:@]+):(\d+)\/?$/i.exec(text);
	const host = parseHost(match?.[1] ?? '');
	const port = parsePort(match?.[2] ?? '');
	return host === undefined || port === undefined ? undefined : {host, port};
}

/** Whether a host is an IP address and not a name. */
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
 * A daemon's name among the daemons of several hosts. A loopback address gets the label of its host, because it is a
 * different daemon on each host.
 * @param host the host's label; `undefined` for the nodes configured here
 */
export function daemonAddressSeenFrom(host: string | undefined, daemon: string): string {
	return host !== undefined && isLoopback(parseDaemonAddress(daemon)?.host ?? '') ? `${host}/${daemon}` : daemon;
}
