import type {ApiDetails, DaemonFacts, IdentityFacts, ProcessIdentity, WalletFacts} from '../domain/check-result.js';
import {compact} from '../domain/compact.js';
import {isoTimeText, roundedMs} from '../domain/format.js';
import type {Node} from '../domain/node/node.js';
import {heightFallFacts} from '../domain/past/record-result.js';
import type {CallOptions, RpcOutcome} from '../domain/ports.js';
import {
	type HeightVerdict,
	isHttpAnswer,
	isUncheckableRpcOutcome,
	judgeHeight,
	judgeVersion,
	type VersionVerdict,
} from '../domain/rpc/wallet-rpc.js';
import {type Check, type CheckContext, checkTimeoutMs, hasAnsweredAtAddress, walletCheckAddress} from './check.js';
import {explainDaemonLink, type LinkFinding, observeDaemonLink, processUsageFacts} from './daemon-link.js';
import {identifyProcess, identityFacts, isIdentityCheckDue, reasonWithRestarts} from './identity.js';
import {answerVerdict, failureVerdict} from './lasting-verdict.js';
import {judgeNoResponse, noResponseKind} from './no-response.js';
import {asInferredDaemon, knownNodeDaemon, type NodeDaemon} from './node-daemon.js';
import {type DaemonView, type Shortcoming, slowShortcoming, walletShortcoming} from './problems.js';
import {type EarlySample, sampleWorkEarly} from './processor-work.js';
import {observeDaemon, walletSyncFacts} from './sync-checks.js';

/** Everything an `api` check found, for the parts of a `full` check. */
export interface ApiObservation {
	readonly details: ApiDetails;
	readonly status: boolean;
	/** The answer to `get_version`. */
	readonly outcome: RpcOutcome;
	readonly version: VersionVerdict;
	/** Why a working node is not `up`. */
	readonly shortcoming?: Shortcoming;
	/** What is wrong with the wallet, even if something else is wrong too. */
	readonly walletFault?: Shortcoming;
	/** Absent when the wallet's height was not requested, or the API does not work. */
	readonly height?: HeightVerdict & {readonly latencyMs: number};
}

/** Checks whether the wallet answers `get_version` as monero-wallet-rpc does, and whether it sees the chain. */
export const checkApi: Check<'api'> = async (node, context) => {
	const {status, details} = await observeApi(node, context, {isPartOfFull: false});
	return {status, details};
};

/**
 * Calls the API and, if the node has a daemon, requests the wallet's height and asks the daemon too. If the node only expects a
 * wallet, or one was seen open, only the height is requested. These can turn `up` into `degraded`; they never change `status`.
 * @param isPartOfFull whether the height is requested in any case; the caller then looks for the process
 */
export async function observeApi(
	node: Node,
	context: CheckContext,
	{isPartOfFull, daemon: known}: {readonly isPartOfFull: boolean; readonly daemon?: NodeDaemon},
): Promise<ApiObservation> {
	if (node.kind === 'daemon') {
		return observeDaemonApi(node, context, isPartOfFull);
	}

	const timeoutMs = checkTimeoutMs(node, context);
	const answeredBefore = hasAnsweredAtAddress(node, context.nodeState);
	const options = compact({timeoutMs, answeredBefore, signal: context.signal});
	const early = sampleWorkEarly(context, timeoutMs);
	const outcome = await context.ports.callRpc(walletCheckAddress(node).endpoint, 'get_version', options);
	const version = judgeVersion(outcome, timeoutMs);
	if (!version.works) {
		return judgeFailure(node, context, {outcome, version}, early);
	}

	early.cancel();
	const process =
		!isPartOfFull && isIdentityCheckDue(node, context, outcome) ? await identifyProcess(node, context) : undefined;
	const daemon = known ?? knownNodeDaemon(node, context);
	// Every answer of a fleet passes here: nothing unnecessary is awaited.
	const want = isPartOfFull ? 'needed' : heightWant(node, daemon, context);
	const chain = want && (await checkChain(node, context, {daemon, options, isNeeded: want === 'needed', isPartOfFull}));
	return judgeAnswer(node, context, {outcome, version, nodeDaemon: daemon, ...chain, process});
}

/** Asks a node that is a daemon; the wallets behind it share the answer. It works when it reports the state of its chain. */
async function observeDaemonApi(node: Node, context: CheckContext, isPartOfFull: boolean): Promise<ApiObservation> {
	const {ports, settings, nodeState} = context;
	const early = sampleWorkEarly(context, settings.timeout);
	// The daemon of such a node is the node itself.
	const {observation, facts, shortcoming, clockFault} = (await observeDaemon(node, context)) as DaemonView;
	const {failure, uncheckable, latencyMs} = observation;
	const outcome: RpcOutcome = observation.outcome ?? {kind: 'result', result: undefined, latencyMs};
	const trouble = uncheckable ?? failure;
	// A daemon that is busy, or uses a bootstrap daemon, still answers as one; one that denies access is not known to work.
	if (trouble && (failure?.refusal === undefined || failure.isAccess)) {
		const {reason, error, status_code} = trouble;
		const message =
			isHttpAnswer(outcome) || observation.outcome === undefined ? 'API returned error' : 'API check failed';
		const version: VersionVerdict = compact({works: false, message, reason, error, status_code, facts: {}});
		return judgeFailure(node, context, {outcome, version}, early);
	}

	early.cancel();
	const version: VersionVerdict = {works: true, message: 'API is responding', facts: {}};
	const process = !isPartOfFull && isIdentityCheckDue(node, context) ? await identifyProcess(node, context) : undefined;
	const nowMs = ports.nowMs();
	const lately = identityFacts(nodeState, {process, version: undefined, nowMs});
	const own = shortcoming && {kind: shortcoming.kind, reason: ownFaultText(shortcoming)};
	const wrong = own ?? clockFault ?? slowShortcoming(latencyMs, settings);
	const held = answerVerdict(context, {facts: {}, daemon: undefined, process, isHeightMissing: false, nowMs});
	const details: ApiDetails = compact({
		...seenOf(node, {outcome, version}),
		...(held ?? stateOf(wrong, lately)),
		...facts,
		...process,
		...processUsageFacts(node, context),
		...lately,
		last_check: isoTimeText(nowMs),
	});
	return compact({status: held === undefined, details, outcome, version, shortcoming: wrong});
}

/** What is wrong with a daemon, as a sentence about itself. */
const ownFaultText = ({fault, reason}: Shortcoming): string => (fault === undefined ? reason : `monerod ${fault}`);

/** How often a wallet whose height is not needed is asked whether one is open, in milliseconds. */
const walletLookMs = 5 * 60_000;

/**
 * Whether to request the wallet's height. It is needed for the lag, and to notice that a wallet is no longer open. If none was
 * seen open yet, it is requested from time to time, to notice the first.
 */
function heightWant(
	node: Node,
	{daemon}: NodeDaemon,
	{nodeState, ports, walletLooks}: CheckContext,
): 'needed' | 'welcome' | undefined {
	if (daemon !== undefined || node.expect_wallet === true || nodeState.wallet_seen === true) {
		return 'needed';
	}

	// Nothing is remembered of definitions that are not stored, so the answer would be of no use.
	const nowMs = ports.monotonicMs();
	const lastMs = walletLooks.get(node.id);
	if (node.id === 0 || node.expect_wallet === false || (lastMs !== undefined && nowMs - lastMs < walletLookMs)) {
		return undefined;
	}

	walletLooks.set(node.id, nowMs);
	return 'welcome';
}

interface Answer {
	readonly outcome: RpcOutcome;
	readonly version: VersionVerdict;
}

function seenOf(node: Node, {outcome, version}: Answer) {
	return {
		method: 'api',
		message: version.message,
		url: walletCheckAddress(node).url,
		...version.facts,
		latency_ms: roundedMs(outcome.latencyMs),
	} as const;
}

async function judgeFailure(
	node: Node,
	context: CheckContext,
	answer: Answer,
	early: EarlySample,
): Promise<ApiObservation> {
	const {outcome, version} = answer;
	const {error, status_code: statusCode, reason: failure = version.message} = version;
	const kind = noResponseKind(outcome, checkTimeoutMs(node, context));
	const {latencyMs} = outcome;
	const noResponse = kind && (await judgeNoResponse(node, context, {kind, failure, latencyMs, early}));
	early.cancel();
	const nowMs = context.ports.nowMs();
	const lately = identityFacts(context.nodeState, {process: noResponse, version: undefined, nowMs});
	const details: ApiDetails = compact({
		...seenOf(node, answer),
		...failureVerdict(context, {noResponse, failure, lately, isUncheckable: isUncheckableRpcOutcome(outcome)}),
		error,
		status_code: statusCode,
		...lately,
		last_check: isoTimeText(nowMs),
	});
	return {status: false, details, outcome, version};
}

interface WholeAnswer extends Answer {
	readonly height?: NonNullable<ApiObservation['height']>;
	readonly daemon?: DaemonView;
	readonly nodeDaemon: NodeDaemon;
	/** The facts from the wallet's height. */
	readonly wallet?: WalletFacts;
	/** What its connections show, if it is stalled. */
	readonly link?: string;
	/** Its own connection to a daemon. */
	readonly own?: LinkFinding;
	readonly process: ProcessIdentity | undefined;
}

function judgeAnswer(node: Node, context: CheckContext, answer: WholeAnswer): ApiObservation {
	const {outcome, version, height, daemon, wallet, link, own, nodeDaemon, process} = answer;
	const {ports, settings, nodeState} = context;
	const nowMs = ports.nowMs();
	const fell =
		height?.kind === 'open' ? heightFallFacts(nodeState, height.height, {ms: nowMs, iso: isoTimeText(nowMs)}) : {};
	const facts: DaemonFacts & WalletFacts = {...nodeDaemon.facts, ...daemon?.facts, ...wallet, ...fell};
	const expectWallet = node.expect_wallet ?? nodeState.wallet_seen ?? false;
	const evidence = {daemon: nodeDaemon.daemon, facts, link, expectWallet, settings};
	const walletFault = height && withLinkFault(walletShortcoming({...evidence, height}), own?.fault);
	// The daemon comes first: its problem explains the others.
	const shortcoming =
		daemon?.shortcoming ?? walletFault ?? daemon?.clockFault ?? slowShortcoming(outcome.latencyMs, settings);
	const lately = identityFacts(nodeState, {process, version: version.facts.version, nowMs});
	const held = answerVerdict(context, {
		facts,
		daemon: nodeDaemon.daemon,
		process,
		isHeightMissing: height?.kind === 'failed',
		nowMs,
	});
	const state = held ?? stateOf(shortcoming, lately);
	return compact({
		status: held === undefined,
		details: {
			...seenOf(node, answer),
			...state,
			...facts,
			...process,
			...processUsageFacts(node, context),
			...own?.facts,
			...lately,
			last_check: isoTimeText(nowMs),
		},
		outcome,
		version,
		shortcoming,
		walletFault,
		height,
	});
}

interface ChainRequest {
	readonly daemon: NodeDaemon;
	readonly options: CallOptions;
	/** Whether a missing height is a shortcoming. */
	readonly isNeeded: boolean;
	readonly isPartOfFull: boolean;
}

/** Requests the wallet's height and asks its daemon in parallel; if the wallet is stalled, its connections are inspected. */
async function checkChain(
	node: Node,
	context: CheckContext,
	{daemon: nodeDaemon, options, isNeeded, isPartOfFull}: ChainRequest,
): Promise<Pick<WholeAnswer, 'height' | 'daemon' | 'wallet' | 'link' | 'own'>> {
	const {endpoint} = walletCheckAddress(node);
	const {network, facts} = nodeDaemon;
	const [outcome, view, tip] = await Promise.all([
		context.ports.callRpc(endpoint, 'get_height', options),
		observeDaemon(nodeDaemon.node, context),
		nodeDaemon.daemon === undefined && network !== undefined ? context.daemons.tip(network) : undefined,
	]);
	const daemon = view && asInferredDaemon(view, facts.daemon_inferred);
	const asked = daemon ? {daemon} : {};
	const height = {...judgeHeight(outcome, options.timeoutMs), latencyMs: outcome.latencyMs};
	if (isUncheckableRpcOutcome(outcome) || (height.kind === 'failed' && !isNeeded)) {
		return asked;
	}

	const {ports, settings, nodeState} = context;
	const upstream = daemon?.facts ?? (tip === undefined ? undefined : {daemon_height: tip});
	const chain = {daemon: upstream, nodeState, maxLag: settings.max_wallet_lag, nowMs: ports.nowMs()};
	const wallet = walletSyncFacts(height, chain);
	const isWorthALook = wallet.stalled && daemon && !daemon.shortcoming;
	const link = isWorthALook ? await explainDaemonLink(node, context, daemon.observation.daemon) : undefined;
	const own = await observeDaemonLink(node, context, {
		daemon: daemon?.observation.daemon,
		isDaemonWell: daemon !== undefined && !daemon.observation.failure && !daemon.observation.uncheckable,
		wallet,
		isFull: isPartOfFull,
	});
	return compact({height, wallet, ...asked, link, own});
}

/** A wallet without a connection to its daemon gets no blocks: that it lacks some follows from that. */
function withLinkFault(fault: Shortcoming | undefined, link: Shortcoming | undefined): Shortcoming | undefined {
	const isOther = fault !== undefined && !['wallet_behind', 'wallet_stalled'].includes(fault.kind);
	return link === undefined || isOther ? fault : fault ? {...link, reason: `${link.reason}; ${fault.reason}`} : link;
}

function stateOf(
	shortcoming: Shortcoming | undefined,
	lately: IdentityFacts,
): Pick<ApiDetails, 'state' | 'reason' | 'caused_by'> {
	return shortcoming
		? compact({
				state: 'degraded',
				reason: reasonWithRestarts(shortcoming.reason, lately),
				caused_by: shortcoming.causedBy,
			})
		: {state: 'up'};
}
