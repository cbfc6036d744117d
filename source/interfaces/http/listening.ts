import {lookup} from 'node:dns/promises';
import {once} from 'node:events';
import type {Server} from 'node:http';
import {type AddressInfo, isIP, isIPv6} from 'node:net';
import {InputError} from '../../domain/input-error.js';
import {cleanText} from '../../domain/text.js';
import {listenBacklog} from './limits.js';
import {isLoopbackAddress, type ListenAddress} from './listen-address.js';
import {listenOnUnixSocket} from './unix-socket.js';

/** A server that listens. */
export interface Listening {
	/** As a person or curl would name it: `http://127.0.0.1:8780`. */
	readonly url: string;
	/** Takes the address back; open connections stay. */
	readonly end: () => void;
}

/** Where to listen, names resolved. */
export type ResolvedAddress =
	| {readonly kind: 'tcp'; readonly address: string; readonly port: number; readonly isLoopback: boolean}
	| {readonly kind: 'unix'; readonly path: string};

const reasons: Readonly<Record<string, string>> = {
	EADDRINUSE: 'the address is already in use',
	EACCES: 'permission denied',
	EPERM: 'permission denied',
	EADDRNOTAVAIL: 'it is not an address of this machine',
	EAFNOSUPPORT: 'this machine does not support that address family',
	EINVAL: 'it is not an address to listen on',
	ENOENT: 'no such folder',
	ENOTDIR: 'part of the path is not a folder',
	EROFS: 'the file system is read-only',
	ENOTFOUND: 'the name does not resolve',
	EAI_AGAIN: 'the name does not resolve at the moment',
	ENOTSOCK: 'a file that is not a socket exists there',
};

/** Says that it is not possible to listen somewhere, and why. */
export function listenError(where: string, error: unknown): InputError {
	const code = error instanceof Error && 'code' in error ? String(error.code) : '';
	const why = reasons[code] ?? cleanText(error instanceof Error ? error.message : String(error));
	return new InputError('bad_usage', `--listen ${cleanText(where)} cannot be used: ${why}`);
}

/**
 * Finds out where a listening address leads. A name counts as loopback when every address it has is.
 * @throws InputError for a name that does not resolve
 */
export async function resolveAddress(listen: ListenAddress): Promise<ResolvedAddress> {
	if (listen.kind === 'unix') {
		return listen;
	}

	const {host, port} = listen;
	try {
		const found = isIP(host) === 0 ? await lookup(host, {all: true}) : [{address: host, family: isIP(host)}];
		// Who asks a name tries both families; who asks 127.0.0.1 only this one.
		const {address} = found.find(({family}) => family === 4) ?? found[0] ?? {address: host};
		return {kind: 'tcp', address, port, isLoopback: found.every(each => isLoopbackAddress(each.address))};
	} catch (error) {
		throw listenError(`${host}:${port}`, error);
	}
}

/**
 * Begins to listen.
 * @throws InputError when that is not possible; one line says why
 */
export async function beginListening(server: Server, where: ResolvedAddress): Promise<Listening> {
	if (where.kind === 'unix') {
		const end = await listenOnUnixSocket(server, where.path).catch(error => {
			throw listenError(`unix:${where.path}`, error);
		});
		return {url: `unix:${where.path}`, end};
	}

	const {address, port} = where;
	try {
		const listening = once(server, 'listening');
		server.listen({host: address, port, backlog: listenBacklog});
		await listening;
	} catch (error) {
		throw listenError(hostAndPort(address, port), error);
	}

	const bound = server.address() as AddressInfo;
	return {url: `http://${hostAndPort(bound.address, bound.port)}`, end: () => void server.close()};
}

/** As it is written in a URL. */
export function hostAndPort(address: string, port: number): string {
	return `${isIPv6(address) ? `[${address}]` : address}:${port}`;
}
