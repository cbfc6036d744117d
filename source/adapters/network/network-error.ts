import type {X509Certificate} from 'node:crypto';
import {compact} from '../../domain/compact.js';
import {canonicalHost, isIpAddress} from '../../domain/daemon-address.js';
import type {ForeignService, NoAnswerCause} from '../../domain/ports.js';
import {recognizeService} from '../../domain/rpc/wallet-rpc.js';
import {cleanText, quoteValue} from '../../domain/text.js';
import {localNetworkFailure, type OwnNetwork, ownNetwork} from './local-failure.js';

/** Why no answer came: the cause for programs, the system's message for people. */
export interface NetworkFailure {
	readonly cause: NoAnswerCause;
	readonly error: string;
	/** The service that answers there, if it can be recognized. */
	readonly service?: ForeignService;
}

/** An `Error` with a failure that is already classified, for interfaces that require an `Error`. */
export class NetworkError extends Error {
	override readonly name = 'NetworkError';

	constructor(readonly failure: NetworkFailure) {
		super(failure.error);
	}
}

const causesByCode: Readonly<Record<string, NoAnswerCause>> = {
	ECONNREFUSED: 'refused',
	ECONNRESET: 'reset',
	ECONNABORTED: 'reset',
	EPIPE: 'reset',
	ETIMEDOUT: 'timeout',
	ENOTFOUND: 'unresolved',
	ENODATA: 'unresolved',
	EHOSTUNREACH: 'unreachable',
	EHOSTDOWN: 'unreachable',
	ENETUNREACH: 'unreachable',
};

const notTls = /wrong version number|packet length too long|unknown protocol|record layer failure/;

/** Turns an error of a socket, a name lookup, a TLS handshake or the HTTP parser into a failure. Never throws. */
export function networkFailure(error: unknown, own: OwnNetwork = ownNetwork): NetworkFailure {
	if (error instanceof NetworkError) {
		return error.failure;
	}

	if (error instanceof AggregateError && error.errors.length > 0) {
		return failureOfAll(error.errors.map(one => networkFailure(one, own)));
	}

	const trouble = localNetworkFailure(error, own);
	if (trouble !== undefined) {
		return {cause: 'not_checkable', error: `${trouble} (${wordsOf(error)})`};
	}

	const cause = causeOf(error);
	const {rawPacket} = error as {readonly rawPacket?: Uint8Array};
	const service = cause === 'not_http' && rawPacket ? recognizeService(rawPacket) : undefined;
	return compact({cause, error: wordsOf(error), service});
}

/** A name with several addresses fails with one error for each, in an `AggregateError` without a message. */
function failureOfAll(failures: readonly NetworkFailure[]): NetworkFailure {
	// An address that this machine cannot connect to is ignored. The failure of an address that was reached comes before that
	// of an unreachable one.
	const checked = failures.filter(({cause}) => cause !== 'not_checkable');
	const chosen = checked.find(({cause}) => cause !== 'unreachable') ?? checked[0] ?? failures[0];
	const texts = new Set(failures.map(({error}) => error));
	return {cause: chosen?.cause ?? 'other', error: cleanText([...texts].join('; '))};
}

function causeOf(error: unknown): NoAnswerCause {
	const {code, syscall, message} = error as NodeJS.ErrnoException;
	if (typeof code !== 'string') {
		return 'other';
	}

	// Node reports a connection that ends without an answer as ECONNRESET without a system call.
	if (code === 'ECONNRESET' && syscall === undefined) {
		return 'closed';
	}

	if (notTls.test(message)) {
		return 'tls_not_spoken';
	}

	if (code.startsWith('HPE_')) {
		return 'not_http';
	}

	return causesByCode[code] ?? (code.startsWith('EAI_') ? 'unresolved' : 'other');
}

function wordsOf(error: unknown): string {
	const {message = String(error), rawPacket} = error as Error & {rawPacket?: Uint8Array};
	// A TLS server answers plain HTTP with an alert record: 0x15, then the version 3.x.
	if (rawPacket?.[0] === 0x15 && rawPacket[1] === 3) {
		return 'the server speaks TLS, not plain HTTP';
	}

	if (message.startsWith('Client network socket disconnected')) {
		return 'closed during the TLS handshake; TLS may be disabled there';
	}

	// OpenSSL: "write EPROTO 00A1...:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:file.c:355:"
	const reason = /:SSL routines:[^:]*:([^:]+):/.exec(message)?.[1];
	return cleanText(reason === undefined ? message : `TLS: ${reason}`);
}

/** A certificate that was not accepted, and why OpenSSL or Node.js rejected it. */
export interface RefusedCertificate {
	/** A code such as `CERT_HAS_EXPIRED`, or a message. */
	readonly code: string;
	/** As sent by the server; absent when it cannot be read. */
	readonly certificate: X509Certificate | undefined;
	readonly host: string;
	/** Whether the user named the certificate authorities; else they are the system's. */
	readonly hasOwnAuthorities: boolean;
	readonly nowMs: number;
}

/** Says what is wrong with a certificate by examining it: OpenSSL's code names only one of several faults. */
export function certificateRefusal(refused: RefusedCertificate): NetworkFailure {
	const {code, certificate, host} = refused;
	switch (code) {
		case 'CERT_HAS_EXPIRED':
			return expired(refused);
		case 'CERT_NOT_YET_VALID':
			return notYetValid(refused);
		case 'ERR_TLS_CERT_ALTNAME_INVALID':
			return {cause: 'tls_wrong_name', error: `the certificate ${namesText(certificate, host)}`};
		case 'DEPTH_ZERO_SELF_SIGNED_CERT':
			return {cause: 'tls_self_signed', error: 'self-signed certificate'};
		case 'SELF_SIGNED_CERT_IN_CHAIN':
		case 'UNABLE_TO_GET_ISSUER_CERT':
		case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
		case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
			return {
				cause: 'tls_untrusted',
				error: `signed by ${issuerOf(certificate) ?? 'an unnamed authority'}, which is not trusted here`,
			};
		default:
			return {cause: 'tls_untrusted', error: cleanText(/^[A-Z_\d]+$/.test(code) ? wordsOfCode(code) : code)};
	}
}

function expired({certificate, hasOwnAuthorities, nowMs}: RefusedCertificate): NetworkFailure {
	const leafMs = timeOf(certificate?.validTo);
	if (leafMs !== undefined && leafMs < nowMs) {
		const words = `expired on ${dateText(leafMs, nowMs)}`;
		// No authority of the system will ever trust a self-signed certificate, expired or not.
		return certificate && isSelfSigned(certificate) && !hasOwnAuthorities
			? {cause: 'tls_self_signed', error: `self-signed certificate, ${words}`}
			: {cause: 'tls_expired', error: `the certificate ${words}`};
	}

	const issuerMs = issuersOf(certificate)
		.map(({validTo}) => timeOf(validTo) ?? Number.POSITIVE_INFINITY)
		.find(ms => ms < nowMs);
	const when = issuerMs === undefined ? 'expired' : `expired on ${dateText(issuerMs, nowMs)}`;
	return {cause: 'tls_expired', error: `the certificate of ${authorityText(certificate)} ${when}`};
}

function notYetValid({certificate, nowMs}: RefusedCertificate): NetworkFailure {
	const fromMs = timeOf(certificate?.validFrom);
	const what =
		fromMs !== undefined && fromMs > nowMs
			? `is valid from ${dateText(fromMs, nowMs)}`
			: 'of its authority is not valid yet';
	const clock = dateText(nowMs, nowMs);
	return {cause: 'tls_not_yet_valid', error: `the certificate ${what}; the local clock says ${clock}`};
}

function isSelfSigned(certificate: X509Certificate): boolean {
	try {
		return certificate.checkIssued(certificate) && certificate.verify(certificate.publicKey);
	} catch {
		return false;
	}
}

const maxChain = 10;

/** The issuers that the server sent with its certificate. */
function issuersOf(certificate: X509Certificate | undefined): X509Certificate[] {
	const chain: X509Certificate[] = [];
	let next = certificate?.issuerCertificate;
	while (next && chain.length < maxChain) {
		chain.push(next);
		next = next.issuerCertificate;
	}

	return chain;
}

function issuerOf(certificate: X509Certificate | undefined): string | undefined {
	const lines = (certificate?.issuer ?? '').split('\n');
	const name = lines.find(line => line.startsWith('CN='))?.slice(3) ?? lines[0];
	return name ? quoteValue(cleanText(name, 80)) : undefined;
}

function authorityText(certificate: X509Certificate | undefined): string {
	return ['its authority', issuerOf(certificate)].filter(Boolean).join(' ');
}

const maxNames = 3;

/** `is for wallet.example.org, 10.0.0.9, not for 10.0.0.5` */
function namesText(certificate: X509Certificate | undefined, host: string): string {
	const names = [...(certificate?.subjectAltName ?? '').matchAll(/(?:DNS|IP Address):([^,\s"]+)/g)].map(
		([, name = '']) => cleanText(isIpAddress(name) ? canonicalHost(name) : name, 80),
	);
	const more = names.length - maxNames;
	const listed = [...names.slice(0, maxNames), ...(more > 0 ? [`${more} more`] : [])];
	return listed.length === 0 ? 'contains no host name' : `is for ${listed.join(', ')}, not for ${host}`;
}

function timeOf(text: string | undefined): number | undefined {
	const ms = Date.parse(text ?? '');
	return Number.isNaN(ms) ? undefined : ms;
}

/** The date; for today, the time to the minute too. */
function dateText(ms: number, nowMs: number): string {
	const [text, today] = [ms, nowMs].map(time => new Date(time).toISOString());
	return text?.slice(0, 10) === today?.slice(0, 10)
		? `${text?.slice(0, 16).replace('T', ' ')} UTC`
		: (text?.slice(0, 10) ?? '');
}

const wordsOfCode = (code: string): string => code.toLowerCase().replaceAll('_', ' ');
