import type {ApiDetails, DaemonFacts, WalletFacts} from '../domain/check-result.js';
import {hostInUrl} from '../domain/daemon-address.js';
import {parseDurationMs} from '../domain/duration.js';
import type {Node} from '../domain/node.js';
import type {RpcEndpoint, RpcOutcome} from '../domain/ports.js';
import {
	type DaemonSighting,
	type HeightVerdict,
	judgeHeight,
	judgeVersion,
	type VersionVerdict,
} from '../domain/wallet-rpc.js';
import type {Check, CheckContext} from './check.js';
import {isoTime, roundedMs} from './measure.js';
import {findShortcoming, type Shortcoming} from './shortcoming.js';
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
	/** Absent when the wallet's height was not asked for, or the API does not work. */
	readonly height?: HeightVerdict & {readonly latencyMs: number};
	/** Absent when the node names no daemon, or the API does not work. */
	readonly daemon?: DaemonSighting;
}

/** Does the wallet answer `get_version` as monero-wallet-rpc does, and can it see the chain? */
export const checkApi: Check<'api'> = async (node, context) => {
	const {status, details} = await lookAtApi(node, context, {alwaysAskHeight: false});
	return {status, details};
};

/**
 * Asks the API, and where the node names a daemon also the wallet's height and the daemon.
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
	const endpoint = walletEndpoint(node);
	const outcome = await ports.callRpc(endpoint, 'get_version', options);
	const version = judgeVersion(outcome, timeoutMs);
	const seen = {
		method: 'api',
		message: version.message,
		url: walletUrl(node),
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

	const [heightOutcome, daemon] = await Promise.all([
		alwaysAskHeight || node.daemon !== undefined ? ports.callRpc(endpoint, 'get_height', options) : undefined,
		node.daemon === undefined ? undefined : context.daemons.look(node.daemon),
	]);
	const height = heightOutcome && {...judgeHeight(heightOutcome, timeoutMs), latencyMs: heightOutcome.latencyMs};
	const tip = daemon?.failure === undefined && daemon ? await context.daemons.tip(daemon.facts.nettype) : undefined;
	const facts: DaemonFacts & WalletFacts = {...daemonFactsOf(daemon, tip), ...walletFactsOf(height, daemon)};
	const shortcoming = findShortcoming({
		facts,
		daemon,
		height,
		settings,
		latencyMs: outcome.latencyMs,
		expectWallet: node.expect_wallet ?? context.memory.wallet_seen ?? false,
	});
	return {
		status: true,
		details: {...seen, ...stateOf(shortcoming), ...facts, last_check: isoTime(ports.nowMs())},
		outcome,
		version,
		...(shortcoming ? {shortcoming} : {}),
		...(height ? {height} : {}),
		...(daemon ? {daemon} : {}),
	};
}

function stateOf(shortcoming: Shortcoming | undefined): Pick<ApiDetails, 'state' | 'reason' | 'caused_by'> {
	return shortcoming
		? {
				state: 'degraded',
				reason: shortcoming.reason,
				...(shortcoming.causedBy === undefined ? {} : {caused_by: shortcoming.causedBy}),
			}
		: {state: 'up'};
}

function daemonFactsOf(sighting: DaemonSighting | undefined, tip: number | undefined): DaemonFacts {
	if (!sighting) {
		return {};
	}

	const {
		daemon,
		daemon_reachable,
		daemon_synchronized,
		daemon_height: height,
		nettype,
		target_height: target,
	} = sighting.facts;
	const highest = Math.max(tip ?? 0, target ?? 0, height ?? 0);
	return {
		...(daemon === undefined ? {} : {daemon}),
		...(daemon_reachable === undefined ? {} : {daemon_reachable}),
		...(daemon_synchronized === undefined ? {} : {daemon_synchronized}),
		...(height === undefined ? {} : {daemon_height: height, daemon_lag: highest - height}),
		...(nettype === undefined ? {} : {nettype}),
	};
}

function walletFactsOf(height: HeightVerdict | undefined, daemon: DaemonSighting | undefined): WalletFacts {
	if (height?.kind === 'no_wallet') {
		return {wallet_open: false};
	}

	if (height?.kind !== 'open') {
		return {};
	}

	const daemonHeight = daemon?.facts.daemon_height;
	return {
		wallet_open: true,
		wallet_height: height.height,
		...(daemonHeight === undefined ? {} : {wallet_lag: daemonHeight - height.height}),
	};
}

/** The time a call to this node may take. */
export function timeoutMsOf(node: Node, {settings}: Pick<CheckContext, 'settings'>): number {
	return (node.timeout === undefined ? undefined : parseDurationMs(node.timeout)) ?? settings.timeout;
}

function walletUrl({host, port, path, tls}: Node): string {
	return `${tls ? 'https' : 'http'}://${hostInUrl(host)}:${port}${path}`;
}

const endpoints = new WeakMap<Node, RpcEndpoint>();

/** The same object for the same node, so that finding its kept connection costs nothing. */
function walletEndpoint(node: Node): RpcEndpoint {
	const known = endpoints.get(node);
	if (known) {
		return known;
	}

	const {host, port, path, tls, username, password, password_file, password_env, login_file} = node;
	const hasLogin = username !== undefined || login_file !== undefined;
	const endpoint: RpcEndpoint = {
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
	endpoints.set(node, endpoint);
	return endpoint;
}
