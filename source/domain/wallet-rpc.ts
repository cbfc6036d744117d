import type {DaemonFacts, VersionFacts} from './check-result.js';
import type {LoginRefusal, NoAnswerCause, RpcOutcome} from './ports.js';
import {latencyText} from './quantity.js';
import {cleanText} from './text.js';

/** JSON-RPC error codes of monero-wallet-rpc that a monitor meets. */
export const walletErrorCodes = {daemonIsBusy: -3, notOpen: -13, noDaemonConnection: -38} as const;

/** What `get_version` proved. */
export interface VersionVerdict {
	readonly works: boolean;
	readonly message: 'API is responding' | 'API returned error' | 'API check failed';
	/** Present unless it works. */
	readonly reason?: string;
	/** What went wrong, in the words of the system or the server. */
	readonly error?: string;
	readonly status_code?: number;
	readonly facts: VersionFacts;
	/** Whether the answer is a daemon's. */
	readonly isMonerod?: boolean;
}

/** Judges the answer to `get_version`: HTTP 200 alone is no success, and neither is an answer of another program. */
export function judgeVersion(outcome: RpcOutcome, timeoutMs: number): VersionVerdict {
	if (outcome.kind === 'result') {
		return judgeVersionResult(outcome.result);
	}

	const failure = explainFailure(outcome, timeoutMs);
	return {works: false, message: isAnswer(outcome) ? 'API returned error' : 'API check failed', facts: {}, ...failure};
}

function judgeVersionResult(result: unknown): VersionVerdict {
	const {version, release} = (typeof result === 'object' && result !== null ? result : {}) as Record<string, unknown>;
	if (typeof version !== 'number' || !Number.isInteger(version) || version < 0 || version > 0xff_ff_ff_ff) {
		const error = 'get_version was answered without a version number';
		return {
			works: false,
			message: 'API returned error',
			reason: 'something else than monero-wallet-rpc answers on this port',
			error,
			facts: {},
		};
	}

	const facts: VersionFacts = {
		version,
		version_text: versionText(version),
		...(typeof release === 'boolean' ? {release} : {}),
	};
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
export function versionText(version: number): string {
	return `${version >>> 16}.${version & 0xff_ff}`;
}

/** Whether something answered in HTTP at all. */
function isAnswer(outcome: RpcOutcome): boolean {
	return outcome.kind !== 'no_answer' || outcome.cause === 'not_http';
}

const contentWords = {html: 'an HTML page', json: 'other JSON', text: 'plain text', empty: 'an empty answer'} as const;

const loginWords: Readonly<Record<LoginRefusal, string>> = {
	none_given: 'login needed: the server asks for user and password, and none is configured',
	wrong: 'login refused: wrong user or password',
	stale: 'login impossible: every answer is called stale, so something in between splits the connection',
	unreadable: 'login impossible: the password cannot be read',
	unsupported: 'login impossible: the server offers no Digest login',
};

const noAnswerWords: Readonly<Record<Exclude<NoAnswerCause, 'timeout' | 'other'>, string>> = {
	refused: 'connection refused',
	reset: 'connection reset',
	closed: 'connection closed without an answer',
	unresolved: 'the host name does not resolve',
	unreachable: 'the host cannot be reached',
	not_http: 'something that does not speak HTTP answers on this port',
	truncated: 'the answer broke off',
	tls_untrusted: 'the certificate is not trusted',
	tls_fingerprint: 'the certificate is not the pinned one',
	tls_not_spoken: 'the port does not speak TLS',
	tls_ca_unreadable: 'the certificate authority file cannot be used',
	aborted: 'the check was ended early',
};

/** Says in plain words why a connection gave nothing. */
export function noAnswerText(cause: NoAnswerCause, error: string, timeoutMs: number): string {
	return cause === 'timeout'
		? `no answer within ${latencyText(timeoutMs)}`
		: cause === 'other'
			? cleanText(error)
			: noAnswerWords[cause];
}

/** Why a call failed: in plain words, and in the words of the system or server. */
export interface Failure {
	readonly reason: string;
	readonly error: string;
	readonly status_code?: number;
}

/** Explains any outcome that is no result. */
export function explainFailure(outcome: Exclude<RpcOutcome, {kind: 'result'}>, timeoutMs: number): Failure {
	switch (outcome.kind) {
		case 'rpc_error': {
			const error = `JSON-RPC error ${outcome.code}: ${cleanText(outcome.message)}`;
			return {reason: error, error};
		}

		case 'http_error': {
			const error = cleanText(`HTTP ${outcome.statusCode} ${outcome.statusText}`);
			const isRedirect = outcome.statusCode >= 300 && outcome.statusCode < 400;
			return {
				reason: isRedirect ? `redirected (${error}), which is not followed` : `the server answered ${error}`,
				error,
				status_code: outcome.statusCode,
			};
		}

		case 'login_refused': {
			const reason = loginWords[outcome.refusal];
			const detail = outcome.error === undefined ? '' : cleanText(outcome.error);
			return {
				reason: outcome.refusal === 'unreadable' && detail ? `login impossible: ${detail}` : reason,
				error: detail || 'HTTP 401 Unauthorized',
				status_code: 401,
			};
		}

		case 'not_rpc': {
			const error = `answered with ${contentWords[outcome.content]}`;
			return {reason: `something else answers on this port, with ${contentWords[outcome.content]}`, error};
		}

		case 'too_large': {
			const error = 'the answer is longer than 1 MiB';
			return {reason: `something else answers on this port: ${error}`, error};
		}

		case 'no_answer':
			return {
				reason: noAnswerText(outcome.cause, outcome.error, timeoutMs),
				error: cleanText(outcome.error) || noAnswerText(outcome.cause, outcome.error, timeoutMs),
			};
	}
}

/** What a wallet's `get_height` said. */
export type HeightVerdict =
	| {readonly kind: 'open'; readonly height: number}
	/** The server is healthy; no wallet is open in it. */
	| {readonly kind: 'no_wallet'}
	/** The wallet blames its daemon. */
	| {readonly kind: 'daemon_trouble'; readonly failure: Failure}
	| {readonly kind: 'failed'; readonly failure: Failure};

/** Judges the answer to a wallet's `get_height`. */
export function judgeHeight(outcome: RpcOutcome, timeoutMs: number): HeightVerdict {
	if (outcome.kind === 'result') {
		const height = blockCount((outcome.result as {height?: unknown} | null)?.height);
		const error = 'get_height was answered without a usable height';
		return height === undefined ? {kind: 'failed', failure: {reason: error, error}} : {kind: 'open', height};
	}

	if (outcome.kind === 'rpc_error' && outcome.code === walletErrorCodes.notOpen) {
		return {kind: 'no_wallet'};
	}

	const failure = explainFailure(outcome, timeoutMs);
	const blamesDaemon =
		outcome.kind === 'rpc_error' &&
		(outcome.code === walletErrorCodes.daemonIsBusy || outcome.code === walletErrorCodes.noDaemonConnection);
	return {kind: blamesDaemon ? 'daemon_trouble' : 'failed', failure};
}

/** A number of blocks as a server gave it; `undefined` for anything a chain cannot have (negative, 2^64-1, text). */
export function blockCount(value: unknown): number | undefined {
	return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < 1e12 ? value : undefined;
}

/** What a daemon's `get_info` said. */
export interface DaemonSighting {
	/** The short form of the address. */
	readonly daemon: string;
	readonly latencyMs: number;
	/** Present when it did not answer as a daemon; `answered` when it did answer something. */
	readonly failure?: Failure & {readonly answered: boolean};
	/** Whether it took the question and was silent until the time was up. */
	readonly timedOut?: boolean;
	readonly facts: DaemonFacts & {
		readonly target_height?: number;
		readonly outgoing_peers?: number;
		readonly incoming_peers?: number;
		readonly offline?: boolean;
		readonly restricted?: boolean;
		readonly busy_syncing?: boolean;
	};
	/** The daemon's own `status` when it is not `OK`, such as `BUSY`. */
	readonly statusText?: string;
}

/** Judges the answer to a daemon's `get_info`. What a restricted daemon hides (zero peers) is left out, not shown as zero. */
export function judgeDaemon(daemon: string, outcome: RpcOutcome, timeoutMs: number): DaemonSighting {
	const {latencyMs} = outcome;
	if (outcome.kind !== 'result') {
		const failure = {...explainDaemonFailure(outcome, timeoutMs), answered: isAnswer(outcome)};
		const timedOut = outcome.kind === 'no_answer' && outcome.cause === 'timeout';
		return {daemon, latencyMs, failure, timedOut, facts: {daemon, daemon_reachable: false}};
	}

	const info = (typeof outcome.result === 'object' && outcome.result !== null ? outcome.result : {}) as Record<
		string,
		unknown
	>;
	const status = typeof info.status === 'string' ? cleanText(info.status, 40) : 'OK';
	const height = blockCount(info.height);
	if (status !== 'OK' && !height) {
		// A daemon that is not ready says only that; the other fields are absent or 0.
		return {daemon, latencyMs, facts: {daemon, daemon_reachable: true}, statusText: status};
	}

	if (height === undefined) {
		const error = 'get_info was answered without a usable height';
		return {
			daemon,
			latencyMs,
			failure: {reason: 'something else than monerod answers there', error, answered: true},
			facts: {daemon, daemon_reachable: false},
		};
	}

	const isRestricted = info.restricted === true;
	const target = blockCount(info.target_height);
	const facts = {
		daemon,
		daemon_reachable: true,
		daemon_height: height,
		...(typeof info.synchronized === 'boolean' ? {daemon_synchronized: info.synchronized} : {}),
		...(typeof info.nettype === 'string' ? {nettype: cleanText(info.nettype, 20)} : {}),
		// The target is 0 once synchronized, and may lag behind the height while syncing.
		...(target === undefined || target === 0 ? {} : {target_height: Math.max(target, height)}),
		...(typeof info.offline === 'boolean' ? {offline: info.offline} : {}),
		...(info.busy_syncing === true ? {busy_syncing: true} : {}),
		...(isRestricted ? {restricted: true} : peersOf(info)),
	};
	return {daemon, latencyMs, facts, ...(status === 'OK' ? {} : {statusText: status})};
}

const unknownMethod = -32_601;

function explainDaemonFailure(outcome: Exclude<RpcOutcome, {kind: 'result'}>, timeoutMs: number): Failure {
	const failure = explainFailure(outcome, timeoutMs);
	// A wallet's port answers this way: the two are easily taken for each other.
	return outcome.kind === 'rpc_error' && outcome.code === unknownMethod
		? {...failure, reason: `${failure.reason}; what does not know get_info is not monerod, perhaps a wallet`}
		: failure;
}

/** Blocks may be dated this far ahead. */
const futureBlockS = 2 * 3600;
/** The first block of the chain is of April 2014. */
const firstBlockS = 1_397_000_000;

/** The date of the last block, from `get_last_block_header`, in seconds since the epoch. */
export function blockTimeOf(outcome: RpcOutcome): number | undefined {
	const result = outcome.kind === 'result' ? outcome.result : undefined;
	const header = (result as {block_header?: {timestamp?: unknown}} | null | undefined)?.block_header;
	const timestamp = blockCount(header?.timestamp);
	return timestamp !== undefined && timestamp >= firstBlockS ? timestamp : undefined;
}

/**
 * Seconds since a block was made. Its date is its miner's: a little ahead counts as now.
 * @returns `undefined` where the date is absurd, or the clock here is
 */
export function blockAgeS(blockTimeS: number | undefined, nowMs: number): number | undefined {
	const ageS = blockTimeS === undefined ? Number.NaN : Math.floor(nowMs / 1000) - blockTimeS;
	return ageS >= -futureBlockS ? Math.max(0, ageS) : undefined;
}

function peersOf(info: Record<string, unknown>): {outgoing_peers?: number; incoming_peers?: number} {
	const outgoing = blockCount(info.outgoing_connections_count);
	const incoming = blockCount(info.incoming_connections_count);
	return {
		...(outgoing === undefined ? {} : {outgoing_peers: outgoing}),
		...(incoming === undefined ? {} : {incoming_peers: incoming}),
	};
}
