import type {ApiDetails, DaemonFacts, WalletFacts} from '../domain/check-result.js';
import {hostInUrl} from '../domain/daemon-address.js';
import {parseDurationMs} from '../domain/duration.js';
import type {Node} from '../domain/node.js';
import type {RpcEndpoint, RpcOutcome} from '../domain/ports.js';
import {type HeightVerdict, judgeHeight, judgeVersion, type VersionVerdict} from '../domain/wallet-rpc.js';
import {lookAtDaemon, walletFactsOf} from './chain.js';
import type {Check, CheckContext} from './check.js';
import {isoTime, roundedMs} from './measure.js';
import {type Shortcoming, slowness, walletShortcoming} from './shortcoming.js';
import {judgeSilence, silenceKindOf} from './silence.js';

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
	const {status, details} = await lookAtApi(node, context, {alwaysAskHeight: false});
	return {status, details};
};

/**
 * Asks the API, and where the node names a daemon also the wallet's height and the daemon. Where it only expects a wallet,
 * the height alone.
 * These can turn `up` into `degraded`; they never change `status`.
 */
export async function lookAtApi(
	node: Node,
	context: CheckContext,
	{alwaysAskHeight}: {readonly alwaysAskHeight: boolean},
): Promise<ApiSighting> {
	const {ports, settings, signal} = context;
	const timeoutMs = timeoutMsOf(node, context);
	const options = {timeoutMs, ...(signal ? {signal} : {})};
	const {endpoint, url} = walletAddress(node);
	const outcome = await ports.callRpc(endpoint, 'get_version', options);
	const version = judgeVersion(outcome, timeoutMs);
	const seen = {
		method: 'api',
		message: version.message,
		url,
		...version.facts,
		latency_ms: roundedMs(outcome.latencyMs),
	} as const;

	if (!version.works) {
		const {reason, error, status_code: statusCode} = version;
		const kind = silenceKindOf(outcome);
		const {latencyMs} = outcome;
		const silence = kind && (await judgeSilence(node, context, {kind, failure: reason ?? version.message, latencyMs}));
		const details: ApiDetails = {
			...seen,
			reason: reason ?? version.message,
			state: 'down',
			...silence,
			...(error === undefined ? {} : {error}),
			...(statusCode === undefined ? {} : {status_code: statusCode}),
			last_check: isoTime(ports.nowMs()),
		};
		return {status: false, details, outcome, version};
	}

	const isHeightWanted = alwaysAskHeight || node.daemon !== undefined || node.expect_wallet === true;
	const [heightOutcome, daemon] =
		isHeightWanted || node.daemon !== undefined
			? await Promise.all([
					isHeightWanted ? ports.callRpc(endpoint, 'get_height', options) : undefined,
					lookAtDaemon(node, context),
				])
			: [];
	const height = heightOutcome && {...judgeHeight(heightOutcome, timeoutMs), latencyMs: heightOutcome.latencyMs};
	const facts: DaemonFacts & WalletFacts =
		daemon || height ? {...daemon?.facts, ...walletFactsOf(height, daemon?.facts)} : nothing;
	const expectWallet = node.expect_wallet ?? context.memory.wallet_seen ?? false;
	const walletFault = height && walletShortcoming({daemon: node.daemon, facts, height, expectWallet, settings});
	// The daemon comes first: it explains the rest.
	const shortcoming = daemon?.shortcoming ?? walletFault ?? slowness(outcome.latencyMs, settings);
	return {
		status: true,
		details:
			shortcoming || facts !== nothing
				? {...seen, ...stateOf(shortcoming), ...facts, last_check: isoTime(ports.nowMs())}
				: {...seen, state: 'up', last_check: isoTime(ports.nowMs())},
		outcome,
		version,
		shortcoming,
		walletFault,
		height,
	};
}

const nothing: DaemonFacts & WalletFacts = {};

function stateOf(shortcoming: Shortcoming | undefined): Pick<ApiDetails, 'state' | 'reason' | 'caused_by'> {
	return shortcoming
		? {
				state: 'degraded',
				reason: shortcoming.reason,
				...(shortcoming.causedBy === undefined ? {} : {caused_by: shortcoming.causedBy}),
			}
		: {state: 'up'};
}

/** The time a call to this node may take. */
export function timeoutMsOf(node: Node, {settings}: Pick<CheckContext, 'settings'>): number {
	return (node.timeout === undefined ? undefined : parseDurationMs(node.timeout)) ?? settings.timeout;
}

function walletUrl({host, port, path, tls}: Node): string {
	return `${tls ? 'https' : 'http'}://${hostInUrl(host)}:${port}${path}`;
}

interface WalletAddress {
	readonly endpoint: RpcEndpoint;
	readonly url: string;
}

const addresses = new WeakMap<Node, WalletAddress>();

/** The same object for the same node, so that finding its kept connection costs nothing. */
function walletAddress(node: Node): WalletAddress {
	let address = addresses.get(node);
	if (!address) {
		address = {endpoint: walletEndpoint(node), url: walletUrl(node)};
		addresses.set(node, address);
	}

	return address;
}

function walletEndpoint(node: Node): RpcEndpoint {
	const {host, port, path, tls, username, password, password_file, password_env, login_file} = node;
	const hasLogin = username !== undefined || login_file !== undefined;
	return {
		host,
		port,
		path,
		...(tls ? {tls} : {}),
		...(hasLogin
			? {
					login: {
						...(username === undefined ? {} : {username}),
						...(password === undefined ? {} : {password}),
						...(password_file === undefined ? {} : {password_file}),
						...(password_env === undefined ? {} : {password_env}),
						...(login_file === undefined ? {} : {login_file}),
					},
				}
			: {}),
	};
}
