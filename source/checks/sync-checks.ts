import type {DaemonDetails, DaemonFacts, Result, WalletFacts} from '../domain/check-result.js';
import {compact} from '../domain/compact.js';
import {isoTimeText, roundedMs} from '../domain/format.js';
import type {Node} from '../domain/node/node.js';
import type {NodeState} from '../domain/past/node-state.js';
import {
	type ChainPlace,
	daemonStallMs,
	type SyncProgress,
	stallMs,
	stuckHeightAfterMs,
	syncProgress,
} from '../domain/past/sync-progress.js';
import {type DaemonFailure, type DaemonObservation, daemonSummary} from '../domain/rpc/daemon-rpc.js';
import type {Failure, HeightVerdict} from '../domain/rpc/wallet-rpc.js';
import type {CheckContext} from './check.js';
import {clockShortcoming, type DaemonPlace, type DaemonView, daemonShortcoming} from './problems.js';

/** Asks the node's daemon, and compares it with the fleet's others. @returns `undefined` when the node has none */
export async function observeDaemon(node: Node, context: CheckContext): Promise<DaemonView | undefined> {
	const observation = await context.daemons.observe(node);
	if (!observation) {
		return undefined;
	}

	const among = observation.facts.daemon_height === undefined ? {} : await placeOf(observation, context);
	const place = daemonFactsOf(observation, among);
	const facts = {...place, ...daemonCatchUp(place, context)};
	const shortcoming = daemonShortcoming(observation, facts, context.settings, among);
	const clockFault = clockShortcoming(observation.daemon, among.clock);
	const view: DaemonView = compact({
		observation,
		facts: shortcoming?.fault === undefined ? facts : {...facts, daemon_fault: shortcoming.fault},
		shortcoming,
		clockFault,
	});
	context.daemonViews.set(observation.daemon, {view, atMs: context.ports.nowMs()});
	return view;
}

/** What the other daemons of the fleet show about this one. */
async function placeOf({daemon, facts}: DaemonObservation, {daemons}: CheckContext): Promise<DaemonPlace> {
	const standing = await daemons.standing(daemon);
	// For a daemon that only this check asked, only heights can be compared.
	const tipHeight = standing?.tipHeight ?? (await daemons.tip(facts.nettype));
	const clock = await daemons.clock(daemon);
	return compact({
		tipHeight,
		...(standing?.fork ? {fork: standing.fork} : {}),
		clock,
	});
}

function daemonFactsOf({facts}: DaemonObservation, {tipHeight = 0}: DaemonPlace): DaemonFacts {
	const {daemon, daemon_reachable, daemon_synchronized, daemon_height: height, nettype, target_height: target} = facts;
	const {daemon_own_height: own, bootstrap_daemon: bootstrap} = facts;
	// Peers may report any target to a synchronized daemon.
	const wanted = daemon_synchronized ? 0 : (target ?? 0);
	const highest = Math.max(tipHeight, wanted, height ?? 0);
	return compact({
		daemon,
		daemon_reachable,
		daemon_synchronized,
		...(height === undefined ? {} : {daemon_height: height, daemon_lag: highest - (own ?? height)}),
		daemon_own_height: own,
		bootstrap_daemon: bootstrap,
		nettype,
		block_age_s: facts.block_age_s,
	});
}

/** The progress of a daemon that is too far behind, compared with this node's earlier observations. */
function daemonCatchUp(place: DaemonFacts, {nodeState, settings, ports}: CheckContext): DaemonFacts {
	const {daemon_height: served, daemon_own_height: height = served, daemon_lag: lag = 0} = place;
	if (height === undefined || lag <= settings.max_daemon_lag) {
		return {};
	}

	const times = {nowMs: ports.nowMs(), stallAfterMs: daemonStallMs};
	const {blocksPerS, etaS, stalledMs} = syncProgress(nodeState.daemon_heights, {height, lag}, times);
	return compact({
		daemon_blocks_per_s: blocksPerS,
		daemon_eta_s: etaS,
		daemon_stalled_ms: stalledMs,
	});
}

/** What a wallet's height is compared with. */
export interface HeightContext {
	readonly daemon: DaemonFacts | undefined;
	/** What is remembered of the node. */
	readonly nodeState: NodeState;
	readonly maxLag: number;
	readonly nowMs: number;
}

/** The facts from the wallet's height, compared with its daemon's and its own earlier ones. */
export function walletSyncFacts(
	height: HeightVerdict | undefined,
	{daemon, nodeState, maxLag, nowMs}: HeightContext,
): WalletFacts {
	if (height?.kind === 'no_wallet') {
		return {wallet_open: false};
	}

	if (height?.kind !== 'open') {
		return {};
	}

	const open = {wallet_open: true, wallet_height: height.height};
	const daemonHeight = daemon?.daemon_height;
	if (daemonHeight === undefined) {
		return open;
	}

	const lag = daemonHeight - height.height;
	const place = {height: height.height, lag};
	const {blocksPerS, etaS, stalledMs} =
		lag > maxLag
			? syncProgress(nodeState.wallet_heights, place, {nowMs, stallAfterMs: stallMs})
			: standstillOf(nodeState, place, nowMs);
	return compact({
		...open,
		wallet_lag: lag,
		catch_up_blocks_per_s: blocksPerS,
		eta_s: etaS,
		...(stalledMs === undefined ? {} : {stalled: true, stalled_ms: stalledMs}),
	});
}

/**
 * Whether a wallet that lacks few blocks has stalled for too long. While a wallet did not answer it was busy with something
 * else, and could not read blocks either.
 */
function standstillOf(nodeState: NodeState, place: Required<ChainPlace>, nowMs: number): SyncProgress {
	const {
		wallet_heights: heights,
		refresh_delays: delays,
		silent_since: silentSince,
		answering_since: since,
	} = nodeState;
	const stallAfterMs = stuckHeightAfterMs(delays);
	const hasJustAnswered =
		silentSince !== undefined || (since !== undefined && nowMs - Date.parse(since) < stallAfterMs);
	if (hasJustAnswered) {
		return {};
	}

	const {stalledMs} = syncProgress(heights, place, {nowMs, stallAfterMs});
	return stalledMs === undefined ? {} : {stalledMs};
}

/** The daemon from this node's point of view. */
export function daemonCheckResult({observation, facts, shortcoming}: DaemonView, nowMs: number): Result<DaemonDetails> {
	const {failure, uncheckable} = observation;
	if (uncheckable) {
		return unaskedDaemon(observation, uncheckable, nowMs);
	}

	const details: DaemonDetails = compact({
		method: 'daemon',
		message: failure ? failureMessage(failure) : daemonSummary(observation.daemon, observation.facts),
		...(shortcoming ? {reason: failure?.reason ?? shortcoming.reason} : {}),
		state: failure && failure.refusal === undefined ? 'down' : shortcoming ? 'degraded' : 'up',
		...observation.facts,
		...facts,
		error: failure?.error,
		latency_ms: roundedMs(observation.latencyMs),
		last_check: isoTimeText(nowMs),
	});
	return {status: details.state !== 'down', details};
}

/** A daemon that could not be asked from here. */
function unaskedDaemon(
	{facts, latencyMs}: DaemonObservation,
	{reason, error}: Failure,
	nowMs: number,
): Result<DaemonDetails> {
	const message = 'daemon could not be asked';
	const times = {latency_ms: roundedMs(latencyMs), last_check: isoTimeText(nowMs)};
	return {status: false, details: {method: 'daemon', message, reason, state: 'unknown', ...facts, error, ...times}};
}

const failureMessage = ({answered, refusal}: DaemonFailure): string =>
	refusal === undefined ? `daemon ${answered ? 'answers with an error' : 'does not answer'}` : `daemon ${refusal}`;
