import type {Socket} from 'node:net';
import {SocksClient} from 'socks';
import {hostInUrl, type ProxyAddress} from '../../domain/daemon-address.js';
import type {NoAnswerCause} from '../../domain/ports.js';
import {NetworkError} from './network-error.js';

/** What a proxy's reply says when it could not connect, by the library's names of the replies (RFC 1928, section 6). */
const replies: Readonly<Record<string, {readonly cause: NoAnswerCause; readonly words: string}>> = {
	Failure: {cause: 'unreachable', words: 'could not connect'},
	NotAllowed: {cause: 'not_checkable', words: 'does not allow the connection'},
	NetworkUnreachable: {cause: 'unreachable', words: 'has no route to the network'},
	HostUnreachable: {cause: 'unreachable', words: 'cannot reach the host'},
	ConnectionRefused: {cause: 'refused', words: 'was refused the connection'},
	TTLExpired: {cause: 'timeout', words: 'got no answer in time'},
	CommandNotSupported: {cause: 'not_checkable', words: 'does not support connections'},
	AddressNotSupported: {cause: 'not_checkable', words: 'does not support this kind of address'},
};

/**
 * Asks a SOCKS5 proxy to connect to an address; the proxy resolves the name.
 * @param socket a connection to the proxy on which nothing was sent; closed when this fails
 * @throws NetworkError with the proxy's reply; `not_checkable` if the reply says nothing about the address
 */
export async function connectThroughProxy(
	socket: Socket,
	proxy: ProxyAddress,
	destination: {readonly host: string; readonly port: number},
): Promise<Socket> {
	try {
		const {host, port} = destination;
		await SocksClient.createConnection({
			proxy: {host: proxy.host, port: proxy.port, type: 5},
			command: 'connect',
			// The zone of a link-local address is valid on this machine only.
			destination: {host: host.replace(/%.*/, ''), port},
			existing_socket: socket,
			timeout: maxNegotiationMs,
		});
		return socket;
	} catch (error) {
		socket.destroy();
		throw new NetworkError(failureOf(error, proxy));
	}
}

/** Long enough never to apply: the caller's own limit is shorter and closes the socket. */
const maxNegotiationMs = 3_600_000;

function failureOf(error: unknown, proxy: ProxyAddress) {
	const message = error instanceof Error ? error.message : String(error);
	const name = proxyText(proxy);
	const reply = /rejected connection - (\w+)/.exec(message)?.[1];
	const known = reply === undefined ? undefined : replies[reply];
	if (known) {
		return {cause: known.cause, error: `${name} ${known.words}`};
	}

	if (reply !== undefined) {
		// Tor has replies of its own besides the standard ones.
		return {cause: 'unreachable' as const, error: `${name} could not connect`};
	}

	const words = message.includes('no accepted authentication type')
		? 'requires a login, which xmrtop does not send'
		: 'does not answer as a SOCKS5 proxy does';
	return {cause: 'not_checkable' as const, error: `${name} ${words}`};
}

/** How a proxy is named in sentences. */
export const proxyText = ({host, port}: ProxyAddress): string => `proxy ${hostInUrl(host)}:${port}`;
