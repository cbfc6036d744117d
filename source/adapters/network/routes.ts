import {isIPv4, isIPv6} from 'node:net';

/** Whether a routing table leads to an address: by a route, by none, or by one that rejects it. */
export type RouteTo = 'route' | 'none' | 'rejected';

/** Linux's routing tables; `undefined` where they cannot be read. Formats: proc(5). */
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

/** What the tables say of an address; the longest prefix decides. `undefined` when its table cannot be read. */
export function routeIn({ipv4, ipv6}: RoutingTexts, address: string): RouteTo | undefined {
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

/** `eth0 0000A8C0 00000000 0001 0 0 0 00FFFFFF ...`: numbers as they lie in memory, the first byte last. */
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
	// The URL parser gives the shortest form, without dots.
	const [head = '', tail] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::');
	const groups = (part: string): string[] => part.split(':').filter(group => group !== '');
	const before = groups(head);
	const after = groups(tail ?? '');
	const zeros: string[] = Array.from({length: 8 - before.length - after.length}, () => '0');
	return [...before, ...(tail === undefined ? [] : zeros), ...after]
		.map(group => bitsOfHex(group.padStart(4, '0')))
		.join('');
}
