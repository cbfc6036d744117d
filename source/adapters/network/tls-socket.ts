import {X509Certificate} from 'node:crypto';
import {isIP, isIPv6, type Socket} from 'node:net';
import {createSecureContext, type PeerCertificate, type SecureContext, type TLSSocket} from 'node:tls';
import type {Tls} from '../../domain/node/node.js';
import {parseFingerprint} from '../../domain/node/parse-node.js';
import type {ProcessFile} from '../../domain/ports.js';
import {readFileStart} from '../bounded-read.js';
import {systemErrorCode, systemErrorReason} from '../system-errors.js';
import {certificateRefusal, NetworkError} from './network-error.js';

/** Where and how to speak TLS. */
export interface TlsTarget {
	/** A connection on which nothing was sent or read; closed when TLS fails. */
	readonly plain: Socket;
	/** The host name or address that the certificate must be for. */
	readonly host: string;
	readonly tls: Tls;
}

/**
 * Starts TLS and checks the certificate. The socket is returned only after that, so that no byte of a request reaches a
 * server that is not trusted. Sessions are never resumed: every connection presents its certificate.
 * @throws NetworkError `tls_untrusted`, `tls_fingerprint`, `tls_ca_unreadable`; else the socket's own error
 */
export async function openTlsSocket(
	{plain, host, tls}: TlsTarget,
	trust: TlsTrust,
	stop: AbortSignal,
): Promise<Socket> {
	const {connect, checkServerIdentity} = await import('node:tls');
	const secureContext = await trust.contextFor(tls).catch((error: unknown) => {
		plain.destroy();
		throw error;
	});
	if (stop.aborted) {
		plain.destroy();
		stop.throwIfAborted();
	}

	const socket = connect({
		socket: plain,
		host,
		secureContext,
		ALPNProtocols: ['http/1.1'],
		// Checked below, before the socket is returned: Node.js hides a certificate that it rejects.
		rejectUnauthorized: false,
		...(isIP(host) === 0 ? {servername: nameOf(host)} : {}),
	});
	socket.setNoDelay(true);
	const refusal = (): NetworkError | undefined => {
		// Called once: Node.js 20 returns it on the first call only.
		const certificate = socket.getPeerX509Certificate();
		const target = {host, tls, certificate};
		return authorityRefusal(socket, target, checkServerIdentity) ?? fingerprintRefusal(target);
	};
	return judged(socket, refusal, stop);
}

/** A pinned certificate needs no certificate authority, unless one is configured too. */
function needsCertificateAuthorities({fingerprint, insecure, ca_file: caFile}: Tls): boolean {
	return fingerprint === undefined ? insecure !== true : caFile !== undefined;
}

/** A DNS name without its final dot, as certificates and servers write it. */
const nameOf = (host: string): string => host.replace(/\.$/, '');

/** A certificate, and what it is checked against. */
interface Shown extends Pick<TlsTarget, 'host' | 'tls'> {
	readonly certificate: X509Certificate | undefined;
}

type CheckName = (host: string, certificate: PeerCertificate) => Error | undefined;

/**
 * Why the certificate fails against the authorities or the host name; `undefined` when it passes or when they are not
 * checked.
 */
function authorityRefusal(
	socket: TLSSocket,
	{host, tls, certificate}: Shown,
	checkName: CheckName,
): NetworkError | undefined {
	if (!needsCertificateAuthorities(tls)) {
		return undefined;
	}

	// Typed as an error, but in fact a code.
	const verdict: unknown = socket.authorizationError;
	// Node checks names only after the authorities accept the certificate; IPv6 addresses are checked again below.
	const isAboutName = verdict === 'ERR_TLS_CERT_ALTNAME_INVALID';
	const code =
		socket.authorized || isAboutName
			? isNamed(certificate, host, checkName)
				? undefined
				: 'ERR_TLS_CERT_ALTNAME_INVALID'
			: String(verdict instanceof Error ? verdict.message : (verdict ?? 'the certificate is not trusted'));
	return code === undefined
		? undefined
		: new NetworkError(
				certificateRefusal({
					code,
					certificate,
					host,
					hasOwnAuthorities: tls.ca_file !== undefined,
					nowMs: Date.now(),
				}),
			);
}

function isNamed(certificate: X509Certificate | undefined, host: string, checkName: CheckName): boolean {
	if (!certificate) {
		return false;
	}

	// Node 22.23 and 24.17 find no IPv6 address in any certificate: https://github.com/nodejs/node/issues/64144
	return isIPv6(host)
		? certificate.checkIP(host.replace(/%.*/, '')) !== undefined
		: checkName(nameOf(host), certificate.toLegacyObject() as PeerCertificate) === undefined;
}

function judged(socket: TLSSocket, refusalOf: () => NetworkError | undefined, stop: AbortSignal): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const giveUp = (): void => {
			socket.destroy();
		};
		const fail = (error: Error): void => {
			stop.removeEventListener('abort', giveUp);
			socket.destroy();
			reject(error);
		};
		stop.addEventListener('abort', giveUp, {once: true});
		// Not removed: an error after the check belongs to the request, which has a listener of its own.
		socket.on('error', fail);
		socket.once('secureConnect', () => {
			const refusal = refusalOf();
			if (refusal) {
				fail(refusal);
			} else {
				stop.removeEventListener('abort', giveUp);
				resolve(socket);
			}
		});
	});
}

function fingerprintRefusal({certificate, tls: {fingerprint}}: Shown): NetworkError | undefined {
	if (fingerprint === undefined) {
		return undefined;
	}

	const seen = certificate?.fingerprint256;
	return seen !== undefined && seen === parseFingerprint(fingerprint)
		? undefined
		: new NetworkError({cause: 'tls_fingerprint', error: `the certificate's fingerprint is ${seen ?? 'unknown'}`});
}

/** Where systems keep their trusted authorities, most common first. */
const systemBundles = [
	'/etc/ssl/certs/ca-certificates.crt',
	'/etc/pki/tls/certs/ca-bundle.crt',
	'/etc/ssl/ca-bundle.pem',
	'/etc/ssl/cert.pem',
];

/** Several times the size of any system's list. */
const maxFileBytes = 1024 * 1024;

/** The trusted authorities, by TLS configuration. Reading them is expensive, so they are shared. */
export class TlsTrust {
	readonly #byFile = new Map<string, {readonly pem: string; readonly context: SecureContext}>();
	#system: Promise<SecureContext> | undefined;
	#nobody: SecureContext | undefined;

	/**
	 * The authorities that check certificates under this configuration.
	 * @throws NetworkError `tls_ca_unreadable`
	 */
	async contextFor({ca_file: caFile, fingerprint, insecure}: Tls): Promise<SecureContext> {
		if (insecure || (fingerprint !== undefined && caFile === undefined)) {
			// No authorities are checked, so none are read.
			this.#nobody ??= createSecureContext({ca: []});
			return this.#nobody;
		}

		if (caFile !== undefined) {
			return this.#contextOfFile(caFile);
		}

		this.#system ??= systemContext().catch((error: unknown) => {
			this.#system = undefined;
			throw error;
		});
		return this.#system;
	}

	async #contextOfFile(path: string): Promise<SecureContext> {
		const pem = await readAuthorities(path);
		const known = this.#byFile.get(path);
		if (known?.pem === pem) {
			return known.context;
		}

		const context = createSecureContext({ca: pem});
		this.#byFile.set(path, {pem, context});
		return context;
	}
}

async function readAuthorities(path: string): Promise<string> {
	const refuse = (reason: string): NetworkError =>
		new NetworkError({cause: 'tls_ca_unreadable', error: `ca_file ${path}: ${reason}`});
	const pem = await readFileStart(path, maxFileBytes).catch(error => {
		throw refuse(systemErrorReason(error));
	});
	// A secure context skips certificates that it cannot read, and would then trust no certificate.
	if (!certificatesIn(pem).every(isCertificate)) {
		throw refuse('contains no readable PEM certificate');
	}

	return pem;
}

function certificatesIn(pem: string): string[] {
	return pem.match(/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END [^-]*-----/g) ?? [''];
}

function isCertificate(pem: string): boolean {
	try {
		return new X509Certificate(pem).subject !== null;
	} catch {
		return false;
	}
}

/** The system's authorities, as other programs on it use them. By default Node uses only those built into it. */
export async function systemContext(): Promise<SecureContext> {
	const extra = await readOrUndefined(process.env.NODE_EXTRA_CA_CERTS);
	for (const path of [process.env.SSL_CERT_FILE, ...systemBundles]) {
		const pem = await readOrUndefined(path);
		if (pem?.includes('-----BEGIN')) {
			return createSecureContext({ca: extra === undefined ? [pem] : [pem, extra]});
		}
	}

	return createSecureContext();
}

async function readOrUndefined(path: string | undefined): Promise<string | undefined> {
	return path
		? readFileStart(path, maxFileBytes).catch((error: unknown) => {
				// A list that cannot be opened for lack of descriptors is still the system's list: skipping it would trust other
				// authorities.
				if (['EMFILE', 'ENFILE', 'ENOMEM'].includes(systemErrorCode(error) ?? '')) {
					throw error;
				}

				return undefined;
			})
		: undefined;
}

/**
 * The fingerprint of a self-signed certificate: no authority will ever trust it, so only a pin helps. A certificate signed
 * by an authority is renewed, which would break a pin.
 */
export function pinnableFingerprint(file: ProcessFile): string | undefined {
	try {
		const certificate = 'text' in file ? new X509Certificate(file.text) : undefined;
		return certificate?.verify(certificate.publicKey) ? certificate.fingerprint256 : undefined;
	} catch {
		return undefined;
	}
}
