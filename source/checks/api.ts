import type {ApiDetails, DaemonFacts, IdentityFacts, ProcessIdentity, WalletFacts} from '../domain/check-result.js';
import type {Node} from '../domain/node/node.js';
import type {CallOptions, RpcOutcome} from '../domain/ports.js';
import {isUncheckable} from '../domain/rpc/rpc-failure.js';
import {type HeightVerdict, judgeHeight, judgeVersion, type VersionVerdict} from '../domain/rpc/wallet-rpc.js';
import {type DaemonView, lookAtDaemon, walletFactsOf} from './chain.js';
import type {Check, CheckContext} from './check.js';
import {reachableDaemon, unreachableFacts} from './daemon-endpoint.js';
import {identify, identityFactsOf, isIdentityDue, withRestarts} from './identity.js';
import {isoTime, roundedMs} from './measure.js';
import {type Shortcoming, slowness, walletShortcoming} from './shortcoming.js';
import {judgeSilence, silenceKindOf} from './silence.js';
import {timeoutMsOf, walletAddress} from './wallet-address.js';

/** Everything an `api` check saw, for the parts of a `full` check. */
export interface ApiSighting {
	readonly details: ApiDetails;
	readonly status: boolean;
	/** The answer to `get_version`. */
	readonly outcome: RpcOutcome;
	readonly version: VersionVerdict;
	/** What keeps a working node from being `up`. */
	readonly shortcoming?: Shortcoming;
	/** What is wrong with the wallet, whatever else is. */
	readonly walletFault?: Shortcoming;
	/** Absent when the wallet's height was not asked for, or the API does not work. */
	readonly height?: HeightVerdict & {readonly latencyMs: number};
}

/** Does the wallet answer `get_version` as monero-wallet-rpc does, and can it see the chain? */
export const checkApi: Check<'api'> = async (node, context) => {
	const {status, details} = await lookAtApi(node, context, {isPartOfFull: false});
	return {status, details};
};

/**
 * Asks the API, and where the node names a daemon also the wallet's height and the daemon. Where it only expects a wallet,
 * the height alone.
 * These can turn `up` into `degraded`; they never change `status`.
 * @param isPartOfFull whether the wallet is asked in any case, and its process by somebody else
 */
export async function lookAtApi(
	node: Node,
	context: CheckContext,
	{isPartOfFull}: {readonly isPartOfFull: boolean},
): Promise<ApiSighting> {
	const timeoutMs = timeoutMsOf(node, context);
	const options = {timeoutMs, ...(context.signal ? {signal: context.signal} : {})};
	const outcome = await context.ports.callRpc(walletAddress(node).endpoint, 'get_version', options);
	const version = judgeVersion(outcome, timeoutMs);
	if (!version.works) {
		return judgeFailure(node, context, {outcome, version});
	}

	// A fleet's every answer passes here: what is not wanted is not waited for.
	const isHeightWanted = isPartOfFull || reachableDaemon(node) !== undefined || node.expect_wallet === true;
	const chain = isHeightWanted ? await lookAtChain(node, context, options) : undefined;
	const process = !isPartOfFull && isIdentityDue(node, context) ? await identify(node, context) : undefined;
	return judgeAnswer(node, context, {outcome, version, ...chain, process});
}

interface Answer {
	readonly outcome: RpcOutcome;
	readonly version: VersionVerdict;
}

function seenOf(node: Node, {outcome, version}: Answer) {
	return {
		method: 'api',
		message: version.message,
		url: walletAddress(node).url,
		...version.facts,
		latency_ms: roundedMs(outcome.latencyMs),
	} as const;
}

async function judgeFailure(node: Node, context: CheckContext, answer: Answer): Promise<ApiSighting> {
	const {outcome, version} = answer;
	const {error, status_code: statusCode, reason: failure = version.message} = version;
	const kind = silenceKindOf(outcome);
	const {latencyMs} = outcome;
	const silence = kind && (await judgeSilence(node, context, {kind, failure, latencyMs}));
	const nowMs = context.ports.nowMs();
	const lately = identityFactsOf(context.memory, {process: silence, version: undefined, nowMs});
	const details: ApiDetails = {
		...seenOf(node, answer),
		state: isUncheckable(outcome) ? 'unknown' : 'down',
		...silence,
		reason: withRestarts(silence?.reason ?? failure, lately),
		...(error === undefined ? {} : {error}),
		...(statusCode === undefined ? {} : {status_code: statusCode}),
		...lately,
		last_check: isoTime(nowMs),
	};
	return {status: false, details, outcome, version};
}

interface WholeAnswer extends Answer {
	readonly height?: NonNullable<ApiSighting['height']>;
	readonly daemon?: DaemonView;
	readonly process: ProcessIdentity | undefined;
}

function judgeAnswer(node: Node, context: CheckContext, answer: WholeAnswer): ApiSighting {
	const {outcome, version, height, daemon, process} = answer;
	const {ports, settings, memory} = context;
	const nowMs = ports.nowMs();
	const chain = {daemon: daemon?.facts, before: memory.wallet_heights, maxLag: settings.max_wallet_lag, nowMs};
	const seen = height ? {...daemon?.facts, ...walletFactsOf(height, chain)} : {};
	const facts: DaemonFacts & WalletFacts = {...unreachableFacts(node), ...seen};
	const expectWallet = node.expect_wallet ?? memory.wallet_seen ?? false;
	const walletFault =
		height && walletShortcoming({daemon: reachableDaemon(node), facts, height, expectWallet, settings});
	// The daemon comes first: it explains the rest.
	const shortcoming = daemon?.shortcoming ?? walletFault ?? daemon?.clockFault ?? slowness(outcome.latencyMs, settings);
	const lately = identityFactsOf(memory, {process, version: version.facts.version, nowMs});
	const state = stateOf(shortcoming, lately);
	return {
		status: true,
		details: {...seenOf(node, answer), ...state, ...facts, ...process, ...lately, last_check: isoTime(nowMs)},
		outcome,
		version,
		...(shortcoming ? {shortcoming} : {}),
		...(walletFault ? {walletFault} : {}),
		...(height ? {height} : {}),
	};
}

/** The wallet's height and its daemon, asked side by side. */
async function lookAtChain(
	node: Node,
	context: CheckContext,
	options: CallOptions,
): Promise<Pick<WholeAnswer, 'height' | 'daemon'>> {
	const {endpoint} = walletAddress(node);
	const [outcome, daemon] = await Promise.all([
		context.ports.callRpc(endpoint, 'get_height', options),
		lookAtDaemon(node, context),
	]);
	const asked = daemon ? {daemon} : {};
	return isUncheckable(outcome)
		? asked
		: {height: {...judgeHeight(outcome, options.timeoutMs), latencyMs: outcome.latencyMs}, ...asked};
}

function stateOf(
	shortcoming: Shortcoming | undefined,
	lately: IdentityFacts,
): Pick<ApiDetails, 'state' | 'reason' | 'caused_by'> {
	return shortcoming
		? {
				state: 'degraded',
				reason: withRestarts(shortcoming.reason, lately),
				...(shortcoming.causedBy === undefined ? {} : {caused_by: shortcoming.causedBy}),
			}
		: {state: 'up'};
}
