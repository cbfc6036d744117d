import * as v from 'valibot';
import type {DaemonDetails, DaemonFacts} from '../check-result.js';
import {compact} from '../compact.js';
import {countText, countWithNoun, spanText} from '../format.js';
import {type Advice, advice, adviceText, type RenderRemedy, setField} from '../hints/remedy.js';
import type {LoginRefusal, NoAnswerCause, RpcOutcome} from '../ports.js';
import {boolean, count, pickFittingFields, text} from '../schemas.js';
import {cleanText} from '../text.js';
import {blockCount, explainRpcFailure, type Failure, isHttpAnswer, isUncheckableRpcOutcome} from './wallet-rpc.js';

/** The top of a daemon's chain, as the daemon reports it. What it did not report is absent. */
export interface ChainTip {
	/** The number of blocks in the chain; the last block's number is one less. */
	readonly height: number;
	/** 64 hex digits, lower case. */
	readonly topHash?: string;
	/** The cumulative difficulty: the network follows the branch with the greater one. */
	readonly work?: bigint;
	/** The current difficulty of a block. */
	readonly difficulty?: bigint;
}

/** A block's hash, as a server returns it. */
const blockHashSchema = v.pipe(v.string(), v.regex(/^[\da-f]{64}$/i), v.toLowerCase());

/** 128 bits in hexadecimal. */
const wideDifficulty = v.pipe(
	v.string(),
	v.regex(/^0x[\da-f]{1,32}$/i),
	v.transform(hex => BigInt(hex)),
);
/** Old daemons report only the lower 64 bits, as a number. */
const difficulty = v.pipe(
	v.number(),
	v.safeInteger(),
	v.minValue(1),
	v.transform(value => BigInt(value)),
);

/** The fields of `get_info` about the top of the chain. */
const tipFields = {
	top_block_hash: blockHashSchema,
	wide_cumulative_difficulty: wideDifficulty,
	cumulative_difficulty: difficulty,
	wide_difficulty: wideDifficulty,
	difficulty,
};

type TipFields = {readonly [N in keyof typeof tipFields]?: v.InferOutput<(typeof tipFields)[N]>};

/** Reads the top of the chain from the result of `get_info`. */
function parseChainTip(height: number, info: TipFields): ChainTip {
	const work = info.wide_cumulative_difficulty ?? info.cumulative_difficulty;
	const ofOneBlock = info.wide_difficulty ?? info.difficulty;
	return compact({
		height,
		topHash: info.top_block_hash,
		work,
		difficulty: ofOneBlock,
	});
}

/** A difference in height between two daemons. */
export interface Gap {
	readonly ahead: ChainTip;
	readonly behind: ChainTip;
	/** Seconds since the last block of the daemon that is behind; `undefined` if unknown. */
	readonly blockAgeS: number | undefined;
	/** Whether a single daemon is ahead of several that agree with each other. */
	readonly isAlone: boolean;
}

/** The difficulty may fall by at most this factor within a gap; it has never fallen nearly as much. */
const maxFall = 16n;
/**
 * The minimum number of seconds without a block for each missing block. The average is about 120: a daemon that lacks
 * blocks has not received one for a while. The less evidence there is, the longer the required time.
 */
const minSecondsPerBlock = {withWork: 15, withoutWork: 30, alone: 60} as const;

/**
 * Whether a greater height is plausible. A server may report any number, so it is checked against the difficulty of the
 * missing blocks and the time they need.
 */
export function isPlausibleGap({ahead, behind, blockAgeS, isAlone}: Gap): boolean {
	const blocks = ahead.height - behind.height;
	const gain = ahead.work === undefined || behind.work === undefined ? undefined : ahead.work - behind.work;
	if (gain !== undefined && (gain <= 0n || gain * maxFall < (behind.difficulty ?? 0n) * BigInt(blocks))) {
		return false;
	}

	if (blockAgeS === undefined) {
		return gain !== undefined || !isAlone;
	}

	const seconds = isAlone ? 'alone' : gain === undefined ? 'withoutWork' : 'withWork';
	return blockAgeS >= blocks * minSecondsPerBlock[seconds];
}

/** The answer of a daemon to `get_info`. */
export interface DaemonObservation {
	/** The short form of the address. */
	readonly daemon: string;
	readonly latencyMs: number;
	/** Present if it did not answer as a daemon. */
	readonly failure?: DaemonFailure;
	/** The outcome of the call, if it was not a result. */
	readonly outcome?: Exclude<RpcOutcome, {kind: 'result'}>;
	/** Why it could not be asked from here. Nothing is known about it then, except perhaps that it answers. */
	readonly uncheckable?: Failure;
	/** Whether it accepted the request and did not answer within the timeout. */
	readonly timedOut?: boolean;
	/** The top of its chain. */
	readonly tip?: ChainTip;
	/**
	 * `adjusted_time`, in seconds since the epoch: from the 60th block on it is computed from the timestamps of the last
	 * blocks.
	 */
	readonly chainTimeS?: number;
	/** Its clock when it answered, minus the clock here, in milliseconds; to about a second. */
	readonly clockAheadMs?: number;
	/**
	 * The timestamp of its last block, in seconds since the epoch. Not requested for a regtest chain, or while the daemon is
	 * synchronizing.
	 */
	readonly blockTimeS?: number;
	readonly facts: DaemonFacts &
		Pick<
			DaemonDetails,
			| 'target_height'
			| 'outgoing_peers'
			| 'incoming_peers'
			| 'offline'
			| 'restricted'
			| 'busy_syncing'
			| 'daemon_own_height'
			| 'bootstrap_daemon'
			| 'daemon_version_text'
			| 'update_available'
			| 'daemon_started_at'
			| 'database_bytes'
			| 'free_disk_bytes'
			| 'clock_ahead_s'
			| 'tls'
			| 'login'
		>;
}

/** Why a daemon's `get_info` failed. */
export interface DaemonFailure extends Failure {
	/** Whether anything answered there, including an error. */
	readonly answered: boolean;
	/**
	 * Present if the daemon itself answered: what it does instead of reporting its height, as in `daemon X requires a login`.
	 */
	readonly refusal?: string;
	/** Whether the daemon only denied access, which says nothing about its health. */
	readonly isAccess?: boolean;
	/** What is missing for access, if it can be configured. */
	readonly needs?: 'login' | 'certificate' | 'connection';
}

/**
 * Interprets the answer to a daemon's `get_info`. What a restricted daemon hides (it reports 0 peers) is left out, not
 * shown as 0.
 */
export function judgeDaemon(
	daemon: string,
	outcome: RpcOutcome,
	{timeoutMs, renderRemedy}: {readonly timeoutMs: number; readonly renderRemedy: RenderRemedy},
): DaemonObservation {
	const {latencyMs} = outcome;
	if (outcome.kind !== 'result' && isUncheckableRpcOutcome(outcome)) {
		const reachable = isHttpAnswer(outcome) ? {daemon_reachable: true} : {};
		return {daemon, latencyMs, uncheckable: explainRpcFailure(outcome, timeoutMs), facts: {daemon, ...reachable}};
	}

	if (outcome.kind !== 'result') {
		const failure = explainDaemonFailure(outcome, timeoutMs, renderRemedy);
		const timedOut = outcome.kind === 'no_answer' && outcome.cause === 'timeout';
		return {daemon, latencyMs, failure, timedOut, facts: {daemon, daemon_reachable: failure.refusal !== undefined}};
	}

	const info = infoFields(outcome.result);
	const {height} = info;
	// Even an empty chain contains the genesis block.
	if (!height) {
		const error = 'get_info returned no usable height';
		return {
			daemon,
			latencyMs,
			failure: {reason: 'the server there is not monerod', error, answered: true},
			facts: {daemon, daemon_reachable: false},
		};
	}

	const {target_height: target, synchronized: isSynchronized, nettype, offline, adjusted_time: chainTimeS} = info;
	const facts = compact({
		daemon,
		daemon_reachable: true,
		daemon_height: height,
		daemon_synchronized: isSynchronized,
		...(nettype === undefined ? {} : {nettype: cleanText(nettype, 20)}),
		// The target is 0 once synchronized, and may lag behind the height while syncing.
		...(target ? {target_height: Math.max(target, height)} : {}),
		offline,
		...(info.busy_syncing ? {busy_syncing: true} : {}),
		...bootstrapOf(info, height),
		database_bytes: info.database_size,
		...(info.restricted ? {restricted: true} : {...peersOf(info), ...programOf(info)}),
	});
	return compact({
		daemon,
		latencyMs,
		facts,
		tip: parseChainTip(height, info),
		chainTimeS,
	});
}

/** The first block of the chain is of April 2014. */
const firstBlockS = 1_397_000_000;
/** Times from the year 3000 on are rejected. */
const lastYearS = 32_503_679_999;

/** The fields that are read from `get_info`. */
const infoFields = pickFittingFields({
	height: blockCount,
	target_height: blockCount,
	synchronized: boolean,
	nettype: text,
	offline: boolean,
	busy_syncing: boolean,
	restricted: boolean,
	untrusted: boolean,
	was_bootstrap_ever_used: boolean,
	bootstrap_daemon_address: v.pipe(text, v.nonEmpty()),
	height_without_bootstrap: blockCount,
	outgoing_connections_count: blockCount,
	incoming_connections_count: blockCount,
	// 0 means that there is none.
	adjusted_time: v.pipe(blockCount, v.minValue(1)),
	version: v.pipe(text, v.nonEmpty()),
	update_available: boolean,
	// 0 means that there is none here too.
	start_time: v.pipe(blockCount, v.minValue(firstBlockS), v.maxValue(lastYearS)),
	database_size: count,
	free_space: count,
	...tipFields,
});

type InfoFields = ReturnType<typeof infoFields>;

/**
 * Present while the daemon forwards requests to its bootstrap daemon. A restricted port reports its own height as 0, which
 * means unknown.
 */
function bootstrapOf(info: InfoFields, height: number): Pick<DaemonFacts, 'daemon_own_height' | 'bootstrap_daemon'> {
	const {height_without_bootstrap: own, bootstrap_daemon_address: address} = info;
	const isUsed = info.was_bootstrap_ever_used || info.untrusted;
	return !isUsed || !own || own >= height
		? {}
		: {daemon_own_height: own, ...(address === undefined ? {} : {bootstrap_daemon: cleanText(address, 100)})};
}

const unknownMethod = -32_601;
/** The JSON-RPC error code of monerod's `get_info` for any status other than OK; the message is the status. */
const internalError = -5;

function explainDaemonFailure(
	outcome: Exclude<RpcOutcome, {kind: 'result'}>,
	timeoutMs: number,
	renderRemedy: RenderRemedy,
): DaemonFailure {
	const failure = explainRpcFailure(outcome, timeoutMs, "monerod's RPC");
	const answered = isHttpAnswer(outcome);
	if (outcome.kind === 'login_refused') {
		const wants = `${loginWords[outcome.refusal] ?? `requires a login (${failure.reason})`}, so its height cannot be read`;
		return {...failure, answered, refusal: wants, isAccess: true, needs: 'login'};
	}

	if (outcome.kind === 'http_error') {
		return {...failure, answered, ...httpRefusal(outcome.statusCode, failure)};
	}

	if (outcome.kind === 'no_answer') {
		const sentence = certificateRefusals[outcome.cause];
		const refusal = sentence && adviceText(sentence, renderRemedy);
		if (refusal !== undefined) {
			return {...failure, answered, refusal, isAccess: true, needs: 'certificate'};
		}

		return outcome.cause === 'closed' ? {...failure, answered, needs: 'connection'} : {...failure, answered};
	}

	if (outcome.kind !== 'rpc_error') {
		return {...failure, answered};
	}

	// A wallet answers like this: the ports of wallet and daemon are easily confused.
	return outcome.code === unknownMethod
		? {
				...failure,
				answered,
				reason: `${failure.reason}; a server without get_info is not monerod, perhaps a wallet`,
			}
		: {...failure, answered, ...(outcome.code === internalError ? refusalOf(outcome.message) : otherError(failure))};
}

const loginWords: Readonly<Partial<Record<LoginRefusal, string>>> = {
	none_given: 'requires a login, but none is configured',
	wrong: 'refuses the login: wrong user or password',
};

/** These certificates were rejected before any request was sent. */
const certificateRefusals: Readonly<Partial<Record<NoAnswerCause, Advice>>> = {
	tls_untrusted: advice`has a certificate that is not signed by a trusted CA: pin it with ${setField('daemon_tls.fingerprint')}, or accept any with ${setField('daemon_tls.insecure')}`,
	tls_fingerprint: advice`has a certificate other than the pinned one: if it restarted, pin the new one with ${setField('daemon_tls.fingerprint')}`,
};

type Refusal = Required<Pick<DaemonFailure, 'refusal' | 'isAccess'>>;

const paymentRefusal: Refusal = {
	refusal: 'requires payment for RPC access, so its height cannot be read',
	isAccess: true,
};

const otherError = ({reason}: Failure): Refusal => ({
	refusal: `answers with an error, so its height cannot be read: ${reason}`,
	isAccess: false,
});

const accessCodes: ReadonlySet<number> = new Set([403, 407, 429]);

/**
 * Codes by which the daemon itself refuses. 502 to 504 come from a proxy whose daemon is down; 400, 404 and redirects come
 * from other servers.
 */
function httpRefusal(code: number, {error}: Failure): Partial<Refusal> {
	if (code === 402) {
		return paymentRefusal;
	}

	const isAccess = accessCodes.has(code);
	return isAccess || code === 500 ? {refusal: `answers ${error}, so its height cannot be read`, isAccess} : {};
}

/** The refusal for a status of monerod other than OK. */
function refusalOf(status: string): Refusal {
	const text = cleanText(status, 100);
	if (/^busy/i.test(text)) {
		return {refusal: 'is busy and does not report its height', isAccess: false};
	}

	return /payment|client signature|credits/i.test(text)
		? paymentRefusal
		: {refusal: `does not report its height: ${text === '' ? 'an error without text' : text}`, isAccess: false};
}

function peersOf({
	outgoing_connections_count: outgoing,
	incoming_connections_count: incoming,
}: InfoFields): Pick<DaemonDetails, 'outgoing_peers' | 'incoming_peers'> {
	return compact({
		outgoing_peers: outgoing,
		incoming_peers: incoming,
	});
}

/** Facts about the daemon's program and disk, which a restricted port does not report. */
function programOf({
	version,
	update_available,
	start_time: startedS,
	free_space: free_disk_bytes,
}: InfoFields): Pick<
	DaemonDetails,
	'daemon_version_text' | 'update_available' | 'daemon_started_at' | 'free_disk_bytes'
> {
	return compact({
		daemon_version_text: (version && cleanText(version, 40)) || undefined,
		update_available,
		daemon_started_at: startedS === undefined ? undefined : new Date(startedS * 1000).toISOString(),
		free_disk_bytes,
	});
}

/** How far a block's timestamp may be in the future; seconds. */
const futureBlockS = 2 * 3600;

/** The fields that are read from a block header. */
const headerFields = pickFittingFields({
	block_header: v.looseObject({
		timestamp: v.fallback(v.optional(v.pipe(blockCount, v.minValue(firstBlockS))), undefined),
		hash: v.fallback(v.optional(blockHashSchema), undefined),
	}),
});

/** The timestamp of the block in an answer to `get_last_block_header`, in seconds since the epoch. */
export function blockTimeInAnswer(outcome: RpcOutcome): number | undefined {
	return outcome.kind === 'result' ? headerFields(outcome.result).block_header?.timestamp : undefined;
}

/** The hash of the block in an answer to `get_block_header_by_height`. */
export function blockHashInAnswer(result: unknown): string | undefined {
	return headerFields(result).block_header?.hash;
}

/**
 * The age of a block in seconds. Its timestamp is set by the miner: one slightly in the future counts as now.
 * @returns `undefined` if the timestamp or the local clock is implausible
 */
export function blockAgeS(blockTimeS: number | undefined, nowMs: number): number | undefined {
	const ageS = blockTimeS === undefined ? Number.NaN : Math.floor(nowMs / 1000) - blockTimeS;
	return ageS >= -futureBlockS ? Math.max(0, ageS) : undefined;
}

/** A daemon's answer in one line. */
export function daemonSummary(
	daemon: string,
	facts: DaemonFacts &
		Pick<DaemonDetails, 'outgoing_peers' | 'incoming_peers' | 'offline' | 'busy_syncing' | 'restricted'>,
): string {
	const peers = facts.outgoing_peers === undefined ? undefined : facts.outgoing_peers + (facts.incoming_peers ?? 0);
	return [
		`${daemon}: ${facts.daemon_height === undefined ? 'height unknown' : `height ${countText(facts.daemon_height)}`}`,
		facts.daemon_own_height !== undefined &&
			`from a bootstrap daemon; its own chain has ${countText(facts.daemon_own_height)}`,
		facts.daemon_synchronized === false ? 'not synchronized' : facts.daemon_synchronized && 'synchronized',
		facts.offline ? 'offline' : peers !== undefined && countWithNoun(peers, 'peer'),
		facts.busy_syncing && 'busy syncing',
		facts.restricted && 'restricted: peers are hidden',
		facts.block_age_s !== undefined && `last block ${spanText(facts.block_age_s * 1000)} ago`,
	]
		.filter(Boolean)
		.join(', ');
}
