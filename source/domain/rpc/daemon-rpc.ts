import type {DaemonDetails, DaemonFacts} from '../check-result.js';
import type {RpcOutcome} from '../ports.js';
import {cleanText} from '../text.js';
import {blockCount} from './block-count.js';
import {explainFailure, type Failure, isAnswer, isUncheckable} from './rpc-failure.js';

/** What a daemon's `get_info` said. */
export interface DaemonSighting {
	/** The short form of the address. */
	readonly daemon: string;
	readonly latencyMs: number;
	/** Present when it did not answer as a daemon; `answered` when it did answer something. */
	readonly failure?: Failure & {readonly answered: boolean};
	/** Why it could not be asked from here: nothing is known of it, or no more than that it answers. */
	readonly uncheckable?: Failure;
	/** Whether it took the question and was silent until the time was up. */
	readonly timedOut?: boolean;
	readonly facts: DaemonFacts &
		Pick<
			DaemonDetails,
			'target_height' | 'outgoing_peers' | 'incoming_peers' | 'offline' | 'restricted' | 'busy_syncing'
		>;
}

/** Judges the answer to a daemon's `get_info`. What a restricted daemon hides (zero peers) is left out, not shown as zero. */
export function judgeDaemon(daemon: string, outcome: RpcOutcome, timeoutMs: number): DaemonSighting {
	const {latencyMs} = outcome;
	if (outcome.kind !== 'result' && isUncheckable(outcome)) {
		const reachable = isAnswer(outcome) ? {daemon_reachable: true} : {};
		return {daemon, latencyMs, uncheckable: explainFailure(outcome, timeoutMs), facts: {daemon, ...reachable}};
	}

	if (outcome.kind !== 'result') {
		const failure = {...explainDaemonFailure(outcome, timeoutMs), answered: isAnswer(outcome)};
		const timedOut = outcome.kind === 'no_answer' && outcome.cause === 'timeout';
		return {daemon, latencyMs, failure, timedOut, facts: {daemon, daemon_reachable: false}};
	}

	const info = (typeof outcome.result === 'object' && outcome.result !== null ? outcome.result : {}) as Record<
		string,
		unknown
	>;
	const height = blockCount(info.height);
	// Even an empty chain has its first block.
	if (!height) {
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
	return {daemon, latencyMs, facts};
}

const unknownMethod = -32_601;

function explainDaemonFailure(outcome: Exclude<RpcOutcome, {kind: 'result'}>, timeoutMs: number): Failure {
	const failure = explainFailure(outcome, timeoutMs);
	// A wallet's port answers this way: the two are easily taken for each other.
	return outcome.kind === 'rpc_error' && outcome.code === unknownMethod
		? {...failure, reason: `${failure.reason}; what does not know get_info is not monerod, perhaps a wallet`}
		: failure;
}

function peersOf(info: Record<string, unknown>): {outgoing_peers?: number; incoming_peers?: number} {
	const outgoing = blockCount(info.outgoing_connections_count);
	const incoming = blockCount(info.incoming_connections_count);
	return {
		...(outgoing === undefined ? {} : {outgoing_peers: outgoing}),
		...(incoming === undefined ? {} : {incoming_peers: incoming}),
	};
}
