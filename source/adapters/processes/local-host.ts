import {canonicalHost, isIpAddress, isLoopback} from '../../domain/daemon-address.js';
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
	return isLoopback(name) || name === '::' || name === '0.0.0.0' || loopbackNames.has(name) || ownHosts().has(name);
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

	if (isIpAddress(name)) {
		return [name];
	}

	return isLoopback(name) || loopbackNames.has(name) ? ['127.0.0.1', '::1'] : undefined;
}
