import {isIP, type Socket} from 'node:net';
import type {TLSSocket} from 'node:tls';
import {parseFingerprint, type Tls} from '../domain/node.js';
import {NetworkError} from './network-error.js';
import type {TlsTrust} from './tls-trust.js';

/** Where and how to speak TLS. */
export interface TlsTarget {
	readonly host: string;
	readonly port: number;
	readonly tls: Tls;
}

/**
 * Connects and judges the certificate. The socket is given only after that, so that no byte of a request
 * reaches a server that is not trusted. Sessions are never resumed: every connection shows its certificate.
 * @throws NetworkError `tls_untrusted`, `tls_fingerprint`, `tls_ca_unreadable`; else the socket's own error
 */
export async function openTlsSocket({host, port, tls}: TlsTarget, trust: TlsTrust, stop: AbortSignal): Promise<Socket> {
	const {connect} = await import('node:tls');
	const secureContext = await trust.contextFor(tls);
	stop.throwIfAborted();
	const socket = connect({
		host,
		port,
		secureContext,
		ALPNProtocols: ['http/1.1'],
		rejectUnauthorized: isJudgedByAuthorities(tls),
		...(isIP(host) === 0 ? {servername: host.replace(/\.$/, '')} : {}),
	});
	socket.setNoDelay(true);
	return judged(socket, tls, stop);
}

/** A pinned certificate needs no authority, unless one is named too. */
export function isJudgedByAuthorities({fingerprint, insecure, ca_file: caFile}: Tls): boolean {
	return fingerprint === undefined ? insecure !== true : caFile !== undefined;
}

function judged(socket: TLSSocket, tls: Tls, stop: AbortSignal): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const giveUp = (): void => {
			socket.destroy();
		};
		const fail = (error: Error): void => {
			stop.removeEventListener('abort', giveUp);
			socket.destroy();
			reject(socket.authorizationError ? untrusted(error) : error);
		};
		stop.addEventListener('abort', giveUp, {once: true});
		// Stays: an error after the judgement belongs to the request, which listens for itself.
		socket.on('error', fail);
		socket.once('secureConnect', () => {
			const refusal = fingerprintRefusal(socket, tls);
			if (refusal) {
				fail(refusal);
			} else {
				stop.removeEventListener('abort', giveUp);
				resolve(socket);
			}
		});
	});
}

function untrusted(error: Error): Error {
	return error instanceof NetworkError ? error : new NetworkError({cause: 'tls_untrusted', error: error.message});
}

function fingerprintRefusal(socket: TLSSocket, {fingerprint}: Tls): NetworkError | undefined {
	if (fingerprint === undefined) {
		return undefined;
	}

	const seen = socket.getPeerX509Certificate()?.fingerprint256;
	return seen !== undefined && seen === parseFingerprint(fingerprint)
		? undefined
		: new NetworkError({cause: 'tls_fingerprint', error: `the certificate's fingerprint is ${seen ?? 'not known'}`});
}
