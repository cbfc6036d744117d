import * as v from 'valibot';
import type {VersionFacts} from '../check-result.js';
import {formatLatency} from '../format.js';
import type {ForeignService, LoginRefusal, NoAnswerCause, RpcOutcome} from '../ports.js';
import {boolean, count, pickFittingFields} from '../schemas.js';
import {cleanText} from '../text.js';

/** JSON-RPC error codes of monero-wallet-rpc that matter to a monitor. */
const walletErrorCodes = {notOpen: -13} as const;

/** The verdict on an answer to `get_version`. */
export interface VersionVerdict {
	readonly works: boolean;
	readonly message: 'API is responding' | 'API returned error' | 'API check failed';
	/** Present unless it works. */
	readonly reason?: string;
	/** What went wrong, in the words of the system or the server. */
	readonly error?: string;
	readonly status_code?: number;
	readonly facts: VersionFacts;
	/** Whether the answer came from a daemon. */
	readonly isMonerod?: boolean;
}

/** Interprets the answer to `get_version`. HTTP 200 alone is not success, and neither is the answer of another program. */
export function judgeVersion(outcome: RpcOutcome, timeoutMs: number): VersionVerdict {
	if (outcome.kind === 'result') {
		return judgeVersionResult(outcome.result);
	}

	const failure = explainRpcFailure(outcome, timeoutMs);
	return {
		works: false,
		message: isHttpAnswer(outcome) ? 'API returned error' : 'API check failed',
		facts: {},
		...failure,
	};
}

function judgeVersionResult(result: unknown): VersionVerdict {
	const {version, ...rest} = versionFields(result);
	if (version === undefined) {
		const error = 'get_version returned no version number';
		return {
			works: false,
			message: 'API returned error',
			reason: 'the server on this port is not monero-wallet-rpc',
			error,
			facts: {},
		};
	}

	const facts: VersionFacts = {version, version_text: rpcVersionText(version), ...rest};
	const major = version >>> 16;
	if (major === 1) {
		return {works: true, message: 'API is responding', facts};
	}

	const isMonerod = major === 2 || major === 3;
	const reason = isMonerod
		? `this is monerod (RPC version ${facts.version_text}), not monero-wallet-rpc`
		: `RPC version ${facts.version_text} is not one of monero-wallet-rpc`;
	return {works: false, message: 'API returned error', reason, error: reason, facts, isMonerod};
}

/** `1.25` for 65561: the major number is in the upper half. */
export function rpcVersionText(version: number): string {
	return `${version >>> 16}.${version & 0xff_ff}`;
}

/** The verdict on an answer to a wallet's `get_height`. */
export type HeightVerdict =
	| {readonly kind: 'open'; readonly height: number}
	/** The server works, but no wallet is open. */
	| {readonly kind: 'no_wallet'}
	| {readonly kind: 'failed'; readonly failure: Failure};

/** Interprets the answer to a wallet's `get_height`. */
export function judgeHeight(outcome: RpcOutcome, timeoutMs: number): HeightVerdict {
	if (outcome.kind === 'result') {
		const {height} = heightFields(outcome.result);
		const error = 'get_height returned no usable height';
		return height === undefined ? {kind: 'failed', failure: {reason: error, error}} : {kind: 'open', height};
	}

	if (outcome.kind === 'rpc_error' && outcome.code === walletErrorCodes.notOpen) {
		return {kind: 'no_wallet'};
	}

	return {kind: 'failed', failure: explainRpcFailure(outcome, timeoutMs)};
}

/** A number of blocks as a server returns it; values that no chain can have (negative, 2^64-1, text) are rejected. */
export const blockCount = v.pipe(count, v.ltValue(1e12));

const versionFields = pickFittingFields({version: v.pipe(count, v.maxValue(0xff_ff_ff_ff)), release: boolean});
const heightFields = pickFittingFields({height: blockCount});

/** Whether the server answered at all, even if not in HTTP. */
export function isHttpAnswer(outcome: RpcOutcome): boolean {
	return outcome.kind !== 'no_answer' || outcome.cause === 'not_http';
}

const contentWords = {
	html: 'an HTML page',
	json: 'other JSON',
	text: 'plain text',
	empty: 'an empty response',
} as const;

const loginWords: Readonly<Record<LoginRefusal, string>> = {
	none_given: 'login required: no user and password are configured',
	wrong: 'login refused: wrong user or password',
	stale: 'login failed: every nonce is stale, so a proxy probably splits the connection',
	unreadable: 'not checkable from here: the password cannot be read',
	unsupported: 'login failed: the server does not offer Digest authentication',
};

/** Causes on this machine, which say nothing about the server. */
const ownCauses: ReadonlySet<NoAnswerCause> = new Set(['not_checkable', 'tls_ca_unreadable', 'aborted']);

/** Whether a connection failed because of this machine, which says nothing about the server. */
export function isLocalRpcCause(cause: NoAnswerCause): boolean {
	return ownCauses.has(cause);
}

/** Whether an outcome says nothing about the server, because something needed for the call is missing on this machine. */
export function isUncheckableRpcOutcome(outcome: RpcOutcome): boolean {
	return outcome.kind === 'no_answer'
		? isLocalRpcCause(outcome.cause)
		: outcome.kind === 'login_refused' && outcome.refusal === 'unreadable';
}

/** Causes that are described by the text of the error itself. */
type OwnWords =
	| 'timeout'
	| 'other'
	| 'not_checkable'
	| 'tls_ca_unreadable'
	| 'tls_untrusted'
	| 'tls_expired'
	| 'tls_not_yet_valid'
	| 'tls_wrong_name';

const noAnswerWords: Readonly<Record<Exclude<NoAnswerCause, OwnWords>, string>> = {
	refused: 'connection refused',
	reset: 'connection reset',
	closed: 'connection closed without a response',
	unresolved: 'the host name does not resolve',
	unreachable: 'host unreachable',
	not_http: 'the server on this port does not speak HTTP',
	truncated: 'the response was cut off',
	tls_self_signed: 'the certificate is not trusted: it is self-signed',
	tls_fingerprint: 'the certificate is not the pinned one',
	tls_not_spoken: 'the port does not speak TLS',
	aborted: 'the check was cancelled',
};

/** Why a connection failed, in plain words. */
export function noRpcAnswerText(cause: NoAnswerCause, error: string, timeoutMs: number): string {
	switch (cause) {
		case 'timeout':
			return `no response within ${formatLatency(timeoutMs)}`;
		case 'other':
		case 'tls_expired':
		case 'tls_not_yet_valid':
		case 'tls_wrong_name':
			return cleanText(error);
		case 'tls_untrusted':
			return ['the certificate is not trusted', cleanText(error)].filter(Boolean).join(': ');
		case 'not_checkable':
		case 'tls_ca_unreadable':
			return `not checkable from here: ${cleanText(error)}`;
		default:
			return noAnswerWords[cause];
	}
}

/** Why a call failed: `reason` in plain words, `error` in the words of the system or server. */
export interface Failure {
	readonly reason: string;
	readonly error: string;
	readonly status_code?: number;
}

/** The other service that answered, if it could be identified. */
export function foreignServiceInAnswer(outcome: RpcOutcome): ForeignService | undefined {
	return outcome.kind === 'no_answer' || outcome.kind === 'http_error' ? outcome.service : undefined;
}

/**
 * Explains an outcome that is not a result.
 * @param expected the program that should answer
 */
export function explainRpcFailure(
	outcome: Exclude<RpcOutcome, {kind: 'result'}>,
	timeoutMs: number,
	expected = 'monero-wallet-rpc',
): Failure {
	const failure = explainOutcome(outcome, timeoutMs);
	const service = foreignServiceInAnswer(outcome);
	return service === undefined ? failure : {...failure, reason: `this is ${serviceText(service)}, not ${expected}`};
}

function explainOutcome(outcome: Exclude<RpcOutcome, {kind: 'result'}>, timeoutMs: number): Failure {
	switch (outcome.kind) {
		case 'rpc_error': {
			const error = `JSON-RPC error ${outcome.code}: ${cleanText(outcome.message)}`;
			return {reason: error, error};
		}

		case 'http_error': {
			const error = cleanText(`HTTP ${outcome.statusCode} ${outcome.statusText}`);
			const isRedirect = outcome.statusCode >= 300 && outcome.statusCode < 400;
			return {
				reason: isRedirect ? `redirected (${error}); redirects are not followed` : `the server answered ${error}`,
				error,
				status_code: outcome.statusCode,
			};
		}

		case 'login_refused': {
			const reason = loginWords[outcome.refusal];
			const detail = outcome.error === undefined ? '' : cleanText(outcome.error);
			return {
				reason: outcome.refusal === 'unreadable' && detail ? `not checkable from here: ${detail}` : reason,
				error: detail || 'HTTP 401 Unauthorized',
				status_code: 401,
			};
		}

		case 'not_rpc': {
			const error = `answered with ${contentWords[outcome.content]}`;
			return {reason: `another service answers on this port, with ${contentWords[outcome.content]}`, error};
		}

		case 'too_large': {
			const error = `the response is longer than ${outcome.limitBytes / 1024} KiB`;
			return {reason: `another service answers on this port: ${error}`, error};
		}

		case 'no_answer':
			return {
				reason: noRpcAnswerText(outcome.cause, outcome.error, timeoutMs),
				error: cleanText(outcome.error) || noRpcAnswerText(outcome.cause, outcome.error, timeoutMs),
			};
	}
}

const words: Readonly<Record<ForeignService, string>> = {
	zmq: 'a ZMQ port of monerod',
	monero_p2p: 'the P2P port of monerod',
	stratum: 'a mining server (Stratum)',
	moneropay: 'MoneroPay',
	monero_lws: 'an HTTP server made with Boost.Beast, probably monero-lws',
	tor: 'the SOCKS port of Tor',
	ssh: 'an SSH server',
	mail: 'a mail server',
	ftp: 'an FTP server',
	mysql: 'a MySQL or MariaDB server',
	vnc: 'a VNC server',
	redis: 'a Redis server',
};

/** The service with its article, as in "this is an SSH server". */
export const serviceText = (service: ForeignService): string => words[service];

/** The first bytes of services with a binary protocol. `undefined` matches any byte. */
const binary: ReadonlyArray<readonly [readonly (number | undefined)[], ForeignService]> = [
	// ZMTP 2 and later: ff, eight bytes of length, 7f. https://rfc.zeromq.org/spec/23/
	[[0xff, 0], 'zmq'],
	// The signature of Levin packets, 0x0101010101012101 in little-endian order.
	[[1, 0x21, 1, 1, 1, 1, 1, 1], 'monero_p2p'],
	// The packet's length (three bytes), its sequence number 0, and protocol version 10.
	[[undefined, 0, 0, 0, 10], 'mysql'],
];

/** The first line of services with a text protocol. */
const lines: ReadonlyArray<readonly [RegExp, ForeignService]> = [
	[/^SSH-\d/, 'ssh'],
	[/^220[ -].*FTP/i, 'ftp'],
	[/^(?:220[ -]|\* OK\b|\+OK\b)/, 'mail'],
	[/^RFB \d/, 'vnc'],
	[/^-(?:ERR|NOAUTH|DENIED)\b/, 'redis'],
	[/^\{.*"(?:jsonrpc|error|result|method)"/, 'stratum'],
];

/** Identifies a service by bytes that are not HTTP, sent unasked or as an answer. */
export function recognizeService(bytes: Uint8Array): ForeignService | undefined {
	const text = String.fromCharCode(...bytes.subarray(0, 256));
	const isBinary = (start: readonly (number | undefined)[]): boolean =>
		start.every((byte, index) => byte === undefined || byte === bytes[index]);
	return (binary.find(([start]) => isBinary(start)) ?? lines.find(([line]) => line.test(text)))?.[1];
}

/** Identifies an HTTP service by its status line and its `Server` header. */
export function recognizeHttpService(statusText: string, server: string | undefined): ForeignService | undefined {
	if (server?.startsWith('MoneroPay/')) {
		return 'moneropay';
	}

	// monero-lws has no /json_rpc, and its header names only the library it uses.
	if (server?.startsWith('Boost.Beast/') && statusText === 'Not Found') {
		return 'monero_lws';
	}

	return statusText === 'Tor is not an HTTP Proxy' ? 'tor' : undefined;
}
