import {isIP, isIPv4, isIPv6} from 'node:net';
import {InputError} from '../../domain/input-error.js';
import {cleanText, shown} from '../../domain/text.js';

/** Where to listen. */
export type ListenAddress =
	| {
			readonly kind: 'tcp' /** An IP address or a DNS name, without brackets. */;
			readonly host: string;
			readonly port: number;
	  }
	| {readonly kind: 'unix'; readonly path: string};

export const defaultListenAddress = '127.0.0.1:8780';

/** What an address may be, for messages about bad ones. */
const allowed = `HOST:PORT such as ${defaultListenAddress}, [::1]:8780 or 0.0.0.0:8780 (every address), or unix:PATH`;

/** The name the system allows: 1 less than `sun_path`, on Linux 108 bytes, elsewhere 104. */
const mostPathBytes = process.platform === 'linux' ? 107 : 103;
/** What {@link spareSocketPath} may be longer. */
const spareBytes = 12;

/**
 * Reads where to listen.
 * @throws InputError (`bad_usage`)
 */
export function parseListenAddress(text: string): ListenAddress {
	if (text.startsWith('unix:')) {
		return unixAddress(text);
	}

	const [, bracketed, plain, portText] = /^(?:\[([^[\]]+)\]|([^[\]:]+)):(\d{1,5})$/.exec(text) ?? [];
	const host = bracketed ?? plain ?? '';
	const port = Number(portText);
	const isHost = bracketed === undefined ? isIPv4(host) || isDnsName(host) : isIPv6(host);
	if (!isHost || !(port <= 65_535)) {
		throw new InputError('bad_usage', `--listen ${shown(text)} is invalid: expected ${allowed}`);
	}

	return {kind: 'tcp', host, port};
}

/** A name that could be in the DNS; what looks like an IPv4 address is one or nothing. */
function isDnsName(host: string): boolean {
	const isLabel = (label: string): boolean => /^[a-z\d_](?:[a-z\d_-]*[a-z\d_])?$/i.test(label);
	return host.length <= 253 && host.split('.').every(isLabel) && !/^[\d.]+$/.test(host);
}

function unixAddress(text: string): ListenAddress {
	const path = text.slice('unix:'.length);
	if (path === '' || path.includes('\0')) {
		throw new InputError('bad_usage', `--listen ${shown(text)} is invalid: expected ${allowed}`);
	}

	if (Buffer.byteLength(path) > mostPathBytes - spareBytes) {
		const most = mostPathBytes - spareBytes;
		throw new InputError(
			'bad_usage',
			`--listen ${cleanText(text)} is invalid: expected a path of at most ${most} bytes`,
		);
	}

	return {kind: 'unix', path};
}

/** A name beside a socket's own, for the moment before it takes its place. */
export function spareSocketPath(path: string): string {
	return `${path}.${process.pid}`;
}

/** Whether only this machine can reach an IP address. */
export function isLoopbackAddress(address: string): boolean {
	return isIPv4(address) ? address.startsWith('127.') : /^(?:0*:)*:?0*1$/.test(address) && isIP(address) === 6;
}
