/** Where a daemon's RPC listens. */
export interface DaemonAddress {
	readonly host: string;
	readonly port: number;
	readonly https: boolean;
}

/** What a daemon's address may look like, for messages about bad ones. */
export const daemonForm = 'host:port or http(s)://host:port, without user, password or path';

/**
 * Reads a daemon's address. `h:18081`, `http://h:18081` and `http://H:18081/` are the same daemon.
 * @returns `undefined` when the text is anything else, credentials and paths included
 */
export function parseDaemonAddress(text: string): DaemonAddress | undefined {
	const match = /^(?:(https?):\/\/)?(\[[\da-f:.]+(?:%[\w.-]+)?\]|[^\s/:@?#[\]]+)(?::(\d{1,5}))?\/?$/i.exec(text);
	if (!match) {
		return undefined;
	}

	const https = match[1]?.toLowerCase() === 'https';
	const host = parseHost(match[2] ?? '');
	const portText = match[3] ?? (match[1] === undefined ? undefined : https ? '443' : '80');
	const port = portText === undefined ? undefined : parsePort(portText);
	return host === undefined || port === undefined ? undefined : {host, port, https};
}

/** The one short form of an address: `host:port`, or `https://host:port`. */
export function daemonText({host, port, https}: DaemonAddress): string {
	return `${https ? 'https://' : ''}${hostInUrl(host)}:${port}`;
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

function isIpv4(text: string): boolean {
	const parts = text.split('.');
	return parts.length === 4 && parts.every(part => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isIpv6(text: string): boolean {
	const [address = '', zone] = text.split('%', 2);
	return (zone === undefined || /^[\w.-]+$/.test(zone)) && URL.canParse(`http://[${address}]/`);
}
