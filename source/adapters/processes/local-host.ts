import {hostName, readOwnAddresses} from '../own-process/system-calls.js';

/**
 * How long the list of interfaces is cached, in milliseconds: interfaces come and go, and reading them takes about 0.1 ms.
 */
const keptMs = 5000;

const loopbackNames: ReadonlySet<string> = new Set([
	'localhost.localdomain',
	'localhost6',
	'ip6-localhost',
	'ip6-loopback',
]);

let known: {readonly hosts: ReadonlySet<string>; readonly untilMs: number} | undefined;

/**
 * Whether a host is this machine: a loopback or unspecified address, its own name, or an address of its interfaces.
 * Names are not resolved.
 * @param host an address (IPv6 with or without brackets and zone) or a name, in any case
 */
export function isLocalHost(host: string): boolean {
	const name = canonicalHost(host);
	return (
		/^127(?:\.\d{1,3}){3}$/.test(name) ||
		['::1', '::', '0.0.0.0'].includes(name) ||
		/(?:^|\.)localhost$/.test(name) ||
		loopbackNames.has(name) ||
		ownHosts().has(name)
	);
}

function ownHosts(): ReadonlySet<string> {
	const nowMs = performance.now();
	if (!known || nowMs >= known.untilMs) {
		known = {
			hosts: new Set([hostName(), ...readOwnAddresses()].map(canonicalHost)),
			untilMs: nowMs + keptMs,
		};
	}

	return known.hosts;
}

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
	const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(address);
	return mapped ? [mapped[1], mapped[2]].flatMap(part => bytesOf(part ?? '')).join('.') : address;
}

function bytesOf(hex: string): number[] {
	const value = Number.parseInt(hex, 16);
	return [value >> 8, value & 255];
}

/** Whether a normalized host is an address for private use: of a local network, a container or a link. */
export function isPrivateAddress(host: string): boolean {
	return (
		isAddress(host) &&
		/^(?:10\.|172\.(?:1[6-9]|2\d|3[01])\.|192\.168\.|169\.254\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|f[cd][\da-f]{2}:|fe[89ab][\da-f]:)/.test(
			host,
		)
	);
}

/**
 * The addresses that a host may mean on this machine: the address itself, or the loopback addresses for a loopback name or
 * an unspecified address.
 * @returns `undefined` for other names, which may mean any address
 */
export function localAddressesOf(host: string): readonly string[] | undefined {
	const name = canonicalHost(host);
	if (name === '0.0.0.0' || name === '::') {
		return [name === '::' ? '::1' : '127.0.0.1'];
	}

	if (/(?:^|\.)localhost$/.test(name) || loopbackNames.has(name)) {
		return ['127.0.0.1', '::1'];
	}

	return isAddress(name) ? [name] : undefined;
}

function isAddress(host: string): boolean {
	return host.includes(':') || /^[\d.]+$/.test(host);
}
