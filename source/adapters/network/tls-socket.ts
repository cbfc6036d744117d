import {X509Certificate} from 'node:crypto';
import {connect as connectTcp, isIP, isIPv6, type Socket} from 'node:net';
import type {ConnectionOptions, TLSSocket} from 'node:tls';
import type {Tls} from '../../domain/node/node.js';
import {parseFingerprint} from '../../domain/node/tls-field.js';
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
	const secureContext = await trust.contextFor(tls).catch(async (error: Error) => {
		// Whether anything listens can be known without the file.
		await reach({host, port}, stop);
		throw error;
	});
	stop.throwIfAborted();
	const socket = connect({
		host,
		port,
		secureContext,
		ALPNProtocols: ['http/1.1'],
		rejectUnauthorized: isJudgedByAuthorities(tls),
		...nameOf(host),
	});
	socket.setNoDelay(true);
	return judged(socket, tls, stop);
}

/** Connects and closes again, without a byte. @throws the socket's error */
function reach(target: {readonly host: string; readonly port: number}, stop: AbortSignal): Promise<void> {
	return new Promise((resolve, reject) => {
		const socket = connectTcp({...target, signal: stop});
		socket.on('error', reject).on('connect', () => {
			socket.destroy();
			resolve();
		});
	});
}

/** A pinned certificate needs no authority, unless one is named too. */
export function isJudgedByAuthorities({fingerprint, insecure, ca_file: caFile}: Tls): boolean {
	return fingerprint === undefined ? insecure !== true : caFile !== undefined;
}

/** What the certificate has to name: only DNS names are told to the server. */
function nameOf(host: string): ConnectionOptions {
	if (isIP(host) === 0) {
		return {servername: host.replace(/\.$/, '')};
	}

	// Node 22.23 and 24.17 find no IPv6 address in any certificate: https://github.com/nodejs/node/issues/64144
	const isNamed = ({raw}: {raw: Buffer}): boolean =>
		new X509Certificate(raw).checkIP(host.replace(/%.*/, '')) !== undefined;
	return isIPv6(host)
		? {
				checkServerIdentity: (_name, shown) =>
					isNamed(shown) ? undefined : new Error(`the certificate does not name ${host}`),
			}
		: {};
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
	// Later versions of Node add advice about their own flags.
	const words = error.message.replace(/; if the root CA is .*/, '');
	return error instanceof NetworkError ? error : new NetworkError({cause: 'tls_untrusted', error: words});
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
