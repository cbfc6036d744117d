import type {DaemonDetails, NotReachedDetails, Result, WalletDetails} from '../domain/check-result.js';
import {countOf, countText, spanText} from '../domain/quantity.js';
import type {DaemonFailure, DaemonSighting} from '../domain/rpc/daemon-rpc.js';
import type {Failure} from '../domain/rpc/rpc-failure.js';
import type {HeightVerdict} from '../domain/rpc/wallet-rpc.js';
import type {ApiSighting} from './api.js';
import type {DaemonView} from './chain.js';
import type {CheckContext} from './check.js';
import {isoTime, roundedMs} from './measure.js';

/** Stands for a part that was not run, with the reason. */
export function notReached(method: 'api' | 'wallet', reason: string, {ports}: CheckContext): Result<NotReachedDetails> {
	const details = {method, message: 'not reached', reason, state: 'unknown'} as const;
	return {status: false, details: {...details, last_check: isoTime(ports.nowMs())}};
}

/** The daemon as this node depends on it. */
export function daemonPart({sighting, facts, shortcoming}: DaemonView, {ports}: CheckContext): Result<DaemonDetails> {
	const {failure, uncheckable} = sighting;
	if (uncheckable) {
		return unaskedDaemon(sighting, uncheckable, ports.nowMs());
	}

	const details: DaemonDetails = {
		method: 'daemon',
		message: failure ? failureMessage(failure) : daemonSummary(sighting),
		...(shortcoming ? {reason: failure?.reason ?? shortcoming.reason} : {}),
		state: failure && failure.refusal === undefined ? 'down' : shortcoming ? 'degraded' : 'up',
		...sighting.facts,
		...facts,
		...(failure ? {error: failure.error} : {}),
		latency_ms: roundedMs(sighting.latencyMs),
		last_check: isoTime(ports.nowMs()),
	};
	return {status: details.state !== 'down', details};
}

/** A daemon that could not be asked from here. */
function unaskedDaemon(
	{facts, latencyMs}: DaemonSighting,
	{reason, error}: Failure,
	nowMs: number,
): Result<DaemonDetails> {
	const message = 'daemon could not be asked';
	const times = {latency_ms: roundedMs(latencyMs), last_check: isoTime(nowMs)};
	return {status: false, details: {method: 'daemon', message, reason, state: 'unknown', ...facts, error, ...times}};
}

const failureMessage = ({answered, refusal}: DaemonFailure): string =>
	refusal === undefined ? `daemon ${answered ? 'answers with an error' : 'does not answer'}` : `daemon ${refusal}`;

function daemonSummary({daemon, facts}: DaemonSighting): string {
	const peers = facts.outgoing_peers === undefined ? undefined : facts.outgoing_peers + (facts.incoming_peers ?? 0);
	return [
		`${daemon}: ${facts.daemon_height === undefined ? 'height unknown' : `height ${countText(facts.daemon_height)}`}`,
		facts.daemon_own_height !== undefined &&
			`from a bootstrap daemon; its own chain has ${countText(facts.daemon_own_height)}`,
		facts.daemon_synchronized === false ? 'not synchronized' : facts.daemon_synchronized && 'synchronized',
		facts.offline ? 'offline' : peers !== undefined && countOf(peers, 'peer'),
		facts.busy_syncing && 'busy syncing',
		facts.restricted && 'restricted: peers are hidden',
		facts.block_age_s !== undefined && `last block ${spanText(facts.block_age_s * 1000)} ago`,
	]
		.filter(Boolean)
		.join(', ');
}

/** The wallet, as far as its API told. */
export function walletPart(
	api: ApiSighting | undefined,
	context: CheckContext,
): Result<WalletDetails | NotReachedDetails> {
	const height = api?.height;
	if (!api || !height) {
		return notReached('wallet', api ? 'the API does not work' : 'the port does not answer', context);
	}

	const {wallet_open, wallet_height, wallet_lag, catch_up_blocks_per_s, eta_s, stalled, stalled_ms} = api.details;
	const {walletFault} = api;
	const failed = height.kind === 'failed' ? height.failure : undefined;
	const details: WalletDetails = {
		method: 'wallet',
		message: walletMessage(height),
		...(walletFault ? {reason: walletFault.reason} : {}),
		state: walletFault ? 'degraded' : 'up',
		...(wallet_open === undefined ? {} : {wallet_open}),
		...(wallet_height === undefined ? {} : {wallet_height}),
		...(wallet_lag === undefined ? {} : {wallet_lag}),
		...(catch_up_blocks_per_s === undefined ? {} : {catch_up_blocks_per_s}),
		...(eta_s === undefined ? {} : {eta_s}),
		...(stalled === undefined ? {} : {stalled}),
		...(stalled_ms === undefined ? {} : {stalled_ms}),
		...(failed ? {error: failed.error} : {}),
		latency_ms: roundedMs(height.latencyMs),
		last_check: isoTime(context.ports.nowMs()),
	};
	return {status: !failed, details};
}

function walletMessage(height: HeightVerdict): string {
	return height.kind === 'open'
		? `open, height ${countText(height.height)}`
		: height.kind === 'no_wallet'
			? 'no wallet is open'
			: 'height unknown';
}
