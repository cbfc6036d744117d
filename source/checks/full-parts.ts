import type {DaemonDetails, NotReachedDetails, Result, WalletDetails} from '../domain/check-result.js';
import {countOf, countText} from '../domain/quantity.js';
import type {DaemonSighting} from '../domain/wallet-rpc.js';
import type {ApiSighting} from './api.js';
import type {CheckContext} from './check.js';
import {isoTime, roundedMs} from './measure.js';

/** Stands for a part that was not run, with the reason. */
export function notReached(method: 'api' | 'wallet', reason: string, {ports}: CheckContext): Result<NotReachedDetails> {
	const details = {method, message: 'not reached', reason, state: 'unknown', latency_ms: 0} as const;
	return {status: false, details: {...details, last_check: isoTime(ports.nowMs())}};
}

/** The daemon as this node depends on it. */
export function daemonPart(
	sighting: DaemonSighting,
	api: ApiSighting | undefined,
	{ports}: CheckContext,
): Result<DaemonDetails> {
	const {failure, facts, statusText} = sighting;
	const lag = api?.details.daemon_lag;
	const isAtFault = api?.shortcoming?.part === 'daemon';
	const state = failure ? 'down' : isAtFault || statusText !== undefined ? 'degraded' : 'up';
	const reason = failure?.reason ?? (isAtFault ? api.shortcoming?.reason : statusText && `says ${statusText}`);
	const details: DaemonDetails = {
		method: 'daemon',
		message: failure ? 'daemon does not answer' : daemonSummary(sighting),
		...(state === 'up' || reason === undefined ? {} : {reason}),
		state,
		...facts,
		...(lag === undefined ? {} : {daemon_lag: lag}),
		...(failure ? {error: failure.error} : {}),
		latency_ms: roundedMs(sighting.latencyMs),
		last_check: isoTime(ports.nowMs()),
	};
	return {status: failure === undefined, details};
}

function daemonSummary({daemon, facts}: DaemonSighting): string {
	const peers = facts.outgoing_peers === undefined ? undefined : facts.outgoing_peers + (facts.incoming_peers ?? 0);
	return [
		`${daemon}: height ${countText(facts.daemon_height)}`,
		facts.daemon_synchronized === false ? 'not synchronized' : facts.daemon_synchronized && 'synchronized',
		facts.offline ? 'offline' : peers !== undefined && countOf(peers, 'peer'),
		facts.restricted && 'restricted',
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
		return notReached('wallet', 'the API does not respond', context);
	}

	const {wallet_open, wallet_height, wallet_lag} = api.details;
	const fault = api.shortcoming?.part === 'wallet' ? api.shortcoming : undefined;
	const failed = height.kind === 'failed' || height.kind === 'daemon_trouble' ? height.failure : undefined;
	const details: WalletDetails = {
		method: 'wallet',
		message:
			height.kind === 'open'
				? `open, height ${countText(height.height)}`
				: height.kind === 'no_wallet'
					? 'no wallet is open'
					: 'height is not known',
		...(failed || fault ? {reason: failed?.reason ?? fault?.reason ?? ''} : {}),
		state: failed || fault ? 'degraded' : 'up',
		...(wallet_open === undefined ? {} : {wallet_open}),
		...(wallet_height === undefined ? {} : {wallet_height}),
		...(wallet_lag === undefined ? {} : {wallet_lag}),
		...(failed ? {error: failed.error} : {}),
		latency_ms: roundedMs(height.latencyMs),
		last_check: isoTime(context.ports.nowMs()),
	};
	return {status: !failed, details};
}
