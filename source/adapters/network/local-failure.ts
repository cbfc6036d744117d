import {closeSync, openSync} from 'node:fs';
import {isIPv4, isIPv6} from 'node:net';
import {networkInterfaces} from 'node:os';
import {systemCalls} from '../own-process/system-calls.js';

/** What is looked up on this machine after a failure, replaceable in tests. */
export interface OwnNetwork {
	/** Whether this machine's routing table has a route to an address; `undefined` if it cannot be read. */
	readonly routeTo: (address: string) => RouteTo | undefined;
	/** Whether this process can still open the files and sockets that a name lookup needs. */
	readonly hasSpareDescriptors: () => boolean;
}

/** How long the routing tables are cached, in milliseconds: a whole fleet may fail at once. */
const keptMs = 1000;
let texts: (RoutingTexts & {readonly untilMs: number}) | undefined;

/** Reads the real routing tables and descriptors. */
export const ownNetwork: OwnNetwork = {
	routeTo: address => {
		const nowMs = performance.now();
		if (!texts || nowMs >= texts.untilMs) {
			const [ipv4, ipv6] = ['/proc/net/route', '/proc/net/ipv6_route'].map(file => systemCalls.readText(file));
			texts = {ipv4, ipv6, untilMs: nowMs + keptMs};
		}

		return findRoute(texts, address) ?? routeByInterfaces();
	},
	hasSpareDescriptors: () => canOpen(lookupDescriptors),
};

/** A lookup opens the hosts file, the resolver's configuration, a database and a socket for each server. */
const lookupDescriptors = 8;

function canOpen(count: number): boolean {
	const opened: number[] = [];
	try {
		while (opened.length < count) {
			opened.push(openSync('/dev/null', 'r'));
		}

		return true;
	} catch (error) {
		// On a system without /dev/null the failure says nothing about descriptors.
		const {code} = error as NodeJS.ErrnoException;
		return code !== 'EMFILE' && code !== 'ENFILE';
	} finally {
		opened.forEach(closeSync);
	}
}

function routeByInterfaces(): RouteTo | undefined {
	try {
		const isUp = Object.values(networkInterfaces()).some(list => list?.some(({internal}) => !internal));
		return isUp ? undefined : 'none';
	} catch {
		return undefined;
	}
}

type Words = (error: NodeJS.ErrnoException & {readonly address?: string}, own: OwnNetwork) => string | undefined;

const always =
	(words: string): Words =>
	() =>
		words;

const noRoute: Words = ({address = ''}, own) =>
	own.routeTo(address) === 'route' ? undefined : `this machine has no route to ${address || 'it'}`;
const forbidden = always('a firewall or policy of this machine forbids the connection');

/**
 * What an error code says about this machine rather than about the server; `undefined` when it is about the server after
 * all.
 */
const wordsByCode: Readonly<Record<string, Words>> = {
	EMFILE: always('xmrtop has too many open files (ulimit -n)'),
	ENFILE: always('this machine has too many open files'),
	ENOMEM: always('this machine is out of memory'),
	ENOBUFS: always('this machine has no memory left for connections'),
	EAGAIN: always('this machine has no resources left for a connection'),
	EADDRNOTAVAIL: always('this machine has no free port, or no address to connect from'),
	EAFNOSUPPORT: always('this machine does not allow connections of that address family'),
	EPROTONOSUPPORT: always('this machine does not allow connections of that address family'),
	ENETDOWN: always("this machine's network is down"),
	ENETUNREACH: noRoute,
	EHOSTUNREACH: ({address = ''}, own) =>
		own.routeTo(address) === 'rejected' ? `the routing table of this machine rejects ${address}` : undefined,
	EINVAL: always('this machine cannot connect to that address'),
	EACCES: forbidden,
	EPERM: forbidden,
	EAI_AGAIN: always('name resolution does not work on this machine'),
	EAI_FAIL: always('name resolution does not work on this machine'),
	EAI_MEMORY: always('this machine is out of memory'),
	// Without descriptors the resolver cannot even read the hosts file, and reports every name as unknown.
	ENOTFOUND: (_, own) => (own.hasSpareDescriptors() ? undefined : 'xmrtop has too many open files (ulimit -n)'),
};

/**
 * Why this machine or this process could not make a call, in which case the failure says nothing about the server.
 * @returns `undefined` when the failure is about the server
 */
export function localNetworkFailure(error: unknown, own: OwnNetwork = ownNetwork): string | undefined {
	const failure = error as NodeJS.ErrnoException;
	const {code, syscall} = failure;
	// A code may come from another system call: EPERM of a write is not about this machine's firewall.
	const isOurs = syscall === 'connect' || syscall === 'getaddrinfo' || syscall === 'open' || syscall === 'socket';
	return typeof code === 'string' && isOurs && Object.hasOwn(wordsByCode, code)
		? wordsByCode[code]?.(failure, own)
		: undefined;
}

/** What the routing table has for an address: a route, none, or one that rejects it. */
export type RouteTo = 'route' | 'none' | 'rejected';

/** Linux's routing tables; `undefined` if they cannot be read. Formats: proc(5). */
export interface RoutingTexts {
	/** `/proc/net/route` */
	readonly ipv4: string | undefined;
	/** `/proc/net/ipv6_route` */
	readonly ipv6: string | undefined;
}

interface Route {
	/** The destination's leading bits, as `0` and `1`. */
	readonly prefix: string;
	readonly isRejecting: boolean;
}

const rejectFlag = 0x200;

/** What the tables have for an address; the longest prefix decides. `undefined` when the table cannot be read. */
export function findRoute({ipv4, ipv6}: RoutingTexts, address: string): RouteTo | undefined {
	const bare = address.replace(/%.*/, '');
	const isV4 = isIPv4(bare);
	const text = isV4 ? ipv4 : isIPv6(bare) ? ipv6 : undefined;
	if (text === undefined) {
		return undefined;
	}

	const bits = isV4 ? bitsOfIpv4(bare) : bitsOfIpv6(bare);
	const matching = (isV4 ? ipv4Routes : ipv6Routes)(text).filter(({prefix}) => bits.startsWith(prefix));
	const longest = Math.max(...matching.map(({prefix}) => prefix.length));
	const best = matching.filter(({prefix}) => prefix.length === longest);
	return best.length === 0 ? 'none' : best.some(({isRejecting}) => !isRejecting) ? 'route' : 'rejected';
}

/** `eth0 0000A8C0 00000000 0001 0 0 0 00FFFFFF ...`: numbers in memory order, the lowest byte first. */
function ipv4Routes(text: string): Route[] {
	return text.split('\n').flatMap(line => {
		const [, destination = '', , flags = '', , , , mask = ''] = line.split(/\s+/);
		if (!/^[\dA-F]{8}$/i.test(destination) || !/^[\dA-F]{8}$/i.test(mask)) {
			return [];
		}

		const length = bitsOfHex(swapped(mask)).replace(/0+$/, '').length;
		return [{prefix: bitsOfHex(swapped(destination)).slice(0, length), isRejecting: isRejecting(flags)}];
	});
}

/** `<destination> <length> <source> <length> <next hop> <metric> <references> <uses> <flags> <device>`, in hex. */
function ipv6Routes(text: string): Route[] {
	return text.split('\n').flatMap(line => {
		const [destination = '', length = '', , , , , , , flags = ''] = line.trim().split(/\s+/);
		return /^[\da-f]{32}$/i.test(destination)
			? [{prefix: bitsOfHex(destination).slice(0, Number.parseInt(length, 16)), isRejecting: isRejecting(flags)}]
			: [];
	});
}

const isRejecting = (flags: string): boolean => (Number.parseInt(flags, 16) & rejectFlag) !== 0;
const swapped = (hex: string): string => (hex.match(/../g) ?? []).reverse().join('');
const bitsOfHex = (hex: string): string =>
	[...hex].map(digit => Number.parseInt(digit, 16).toString(2).padStart(4, '0')).join('');
const bitsOfIpv4 = (address: string): string =>
	address
		.split('.')
		.map(part => Number(part).toString(2).padStart(8, '0'))
		.join('');

function bitsOfIpv6(address: string): string {
	// The URL parser writes the shortest form, without dots.
	const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
	const groups = (part: string): string[] => part.split(':').filter(group => group !== '');
	const before = groups(head);
	const after = groups(tail ?? '');
	const zeros: string[] = Array.from({length: 8 - before.length - after.length}, () => '0');
	return [...before, ...(tail === undefined ? [] : zeros), ...after]
		.map(group => bitsOfHex(group.padStart(4, '0')))
		.join('');
}
