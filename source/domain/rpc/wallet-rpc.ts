import type {VersionFacts} from '../check-result.js';
import type {RpcOutcome} from '../ports.js';
import {blockCount} from './block-count.js';
import {explainFailure, type Failure, isAnswer} from './rpc-failure.js';

/** JSON-RPC error codes of monero-wallet-rpc that a monitor meets. */
export const walletErrorCodes = {notOpen: -13} as const;

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
		const error = 'get_version returned no version number';
		return {
			works: false,
			message: 'API returned error',
			reason: 'the server on this port is not monero-wallet-rpc',
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

/** What a wallet's `get_height` said. */
export type HeightVerdict =
	| {readonly kind: 'open'; readonly height: number}
	/** The server is healthy; no wallet is open in it. */
	| {readonly kind: 'no_wallet'}
	| {readonly kind: 'failed'; readonly failure: Failure};

/** Judges the answer to a wallet's `get_height`. */
export function judgeHeight(outcome: RpcOutcome, timeoutMs: number): HeightVerdict {
	if (outcome.kind === 'result') {
		const height = blockCount((outcome.result as {height?: unknown} | null)?.height);
		const error = 'get_height returned no usable height';
		return height === undefined ? {kind: 'failed', failure: {reason: error, error}} : {kind: 'open', height};
	}

	if (outcome.kind === 'rpc_error' && outcome.code === walletErrorCodes.notOpen) {
		return {kind: 'no_wallet'};
	}

	return {kind: 'failed', failure: explainFailure(outcome, timeoutMs)};
}
