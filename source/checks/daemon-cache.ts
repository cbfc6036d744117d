import type {DaemonDetails} from '../domain/check-result.js';
import {blockAgeByClocks, type ClockSample, type ClockVerdict, judgeClocks} from '../domain/clock-skew.js';
import {compact} from '../domain/compact.js';
import {parseDaemonAddress} from '../domain/daemon-address.js';
import type {Node} from '../domain/node/node.js';
import type {CallOptions, Ports, RpcEndpoint, RpcOutcome} from '../domain/ports.js';
import {blockAgeS, blockTimeInAnswer, type DaemonObservation, judgeDaemon} from '../domain/rpc/daemon-rpc.js';
import {
	askDaemonInfo,
	createBlockHashAsker,
	daemonCheckEndpoint,
	daemonCheckEndpoints,
	reachableDaemon,
} from './ask-daemon.js';
import {
	type ChainComparison,
	type ChainMember,
	type ChainRecords,
	type ChainStanding,
	compareChains,
} from './fork-detection.js';

/** The fleet's daemons in one cycle. Each daemon is asked at most once, on first use. */
export interface DaemonCache {
	/**
	 * Asks a node's daemon; later callers get the same answer.
	 * @returns `undefined` when the node has none
	 */
	readonly observe: (node: Node) => Promise<DaemonObservation | undefined>;
	/**
	 * The greatest credible height among the fleet's daemons of a network type in this cycle.
	 * @returns `undefined` when none of them answered, or they have different chains
	 */
	readonly tip: (nettype: string | undefined) => Promise<number | undefined>;
	/**
	 * How a daemon compares with the fleet's others in this cycle.
	 * @returns `undefined` for a daemon that did not answer, or is not in the fleet
	 */
	readonly standing: (daemon: string) => Promise<ChainStanding | undefined>;
	/** Whether a daemon's clock differs from the local one, and which of them is wrong, in this cycle. */
	readonly clock: (daemon: string) => Promise<ClockVerdict | undefined>;
}

/** The last block of a daemon: its timestamp is requested once per block, not once per cycle. */
export interface LastBlock {
	readonly height: number;
	/** Seconds since the epoch; absent when the daemon did not report it. */
	readonly timeS?: number;
}

export interface DaemonCacheOptions {
	readonly ports: Pick<Ports, 'callRpc' | 'nowMs' | 'monotonicMs' | 'isLocalHost' | 'renderRemedy'>;
	/** Every node whose daemon counts for the highest block, checked in this cycle or not. */
	readonly nodes: readonly Node[];
	readonly timeoutMs: number;
	readonly signal?: AbortSignal;
	/** The daemons that timed out when they were last asked, kept between cycles: the highest block does not wait for them. */
	readonly silent: Set<string>;
	/** The daemons that answered when they were last asked, including by an earlier run. */
	readonly answeredBefore?: ReadonlySet<string>;
	/** The daemons found to accept only TLS, kept between cycles. */
	readonly speakTls: Set<string>;
	/** The last blocks seen, by daemon, kept between cycles. */
	readonly lastBlocks: Map<string, LastBlock>;
	/** What is known of the daemons' chains, kept between cycles. */
	readonly chains: ChainRecords;
	/** How many blocks a daemon may be behind. */
	readonly maxLag: number;
	/** How old a last block may be, in milliseconds. */
	readonly maxBlockAgeMs: number;
}

/** Opens the cache of one cycle. Nothing is requested before it is used. */
export function createDaemonCache({
	ports,
	nodes,
	timeoutMs,
	signal,
	silent,
	answeredBefore,
	speakTls,
	lastBlocks,
	chains,
	maxLag,
	maxBlockAgeMs,
}: DaemonCacheOptions): DaemonCache {
	const observations = new Map<string, Promise<DaemonObservation>>();
	let comparison: Promise<Comparison> | undefined;
	const endpoints = daemonCheckEndpoints(nodes);
	const usedEndpoints = new Map<string, RpcEndpoint>();

	const ask = async (daemon: string, endpoint: RpcEndpoint): Promise<DaemonObservation> => {
		const isKnown = answeredBefore?.has(daemon) === true;
		const options = compact({timeoutMs, answeredBefore: isKnown, signal});
		const {outcome, endpoint: used} = await askDaemonInfo(endpoint, options, {
			daemon,
			callRpc: ports.callRpc,
			speakTls,
		});
		const judged = judgeDaemon(daemon, outcome, {timeoutMs, renderRemedy: ports.renderRemedy});
		const clock = daemonClockAhead(outcome, ports.nowMs());
		const facts = {...judged.facts, ...accessFacts(outcome, used), ...clockFacts(clock)};
		const observation = {...judged, ...(outcome.kind === 'result' ? {} : {outcome}), facts, ...clock};
		usedEndpoints.set(daemon, used);
		if (observation.timedOut) {
			silent.add(daemon);
		} else {
			silent.delete(daemon);
		}

		const timeS = await lastBlockTime(observation, used, options);
		return timeS === undefined ? observation : withDaemonBlockTime(observation, timeS, ports.nowMs());
	};

	/** A daemon that is still syncing has old blocks, and so has a regtest chain: neither is asked. */
	const lastBlockTime = async (
		{daemon, facts}: DaemonObservation,
		endpoint: RpcEndpoint,
		options: CallOptions,
	): Promise<number | undefined> => {
		const {daemon_height: height, daemon_synchronized: isSynchronized, nettype} = facts;
		if (height === undefined || isSynchronized === false || nettype === 'fakechain') {
			return undefined;
		}

		let block = lastBlocks.get(daemon);
		if (block?.height !== height) {
			const timeS = blockTimeInAnswer(await ports.callRpc(endpoint, 'get_last_block_header', options));
			block = compact({height, timeS});
			lastBlocks.set(daemon, block);
		}

		return block.timeS;
	};

	const observeOnce = (daemon: string, endpoint: RpcEndpoint): Promise<DaemonObservation> => {
		const asked = observations.get(daemon) ?? ask(daemon, endpoint);
		observations.set(daemon, asked);
		return asked;
	};

	const observe: DaemonCache['observe'] = async node => {
		const daemon = reachableDaemon(node);
		return daemon === undefined
			? undefined
			: observeOnce(daemon, endpoints.get(daemon) ?? daemonCheckEndpoint(daemon, node));
	};

	/** Computed once: a thousand nodes ask for it. */
	const compare = async (): Promise<Comparison> => {
		const waitedFor: Array<Promise<DaemonObservation>> = [];
		for (const [daemon, endpoint] of endpoints) {
			const wasSilent = silent.has(daemon);
			const asked = observeOnce(daemon, endpoint);
			if (!wasSilent) {
				waitedFor.push(asked);
			}
		}

		const seen = await Promise.all(waitedFor);
		const askHash = createBlockHashAsker(ports, usedEndpoints, compact({timeoutMs, signal}));
		const tools = {monotonicMs: ports.monotonicMs, askHash, records: chains, timeoutMs, maxLag};
		const nowMs = ports.nowMs();
		const members = seen.flatMap(observation => memberOf(observation, nowMs) ?? []);
		const clocks = judgeClocks(
			seen.map(observation => daemonClockSample(observation, ports)),
			{nowMs, maxBlockAgeMs},
		);
		return {...(await compareChains(members, tools)), clocks};
	};

	const compared = (): Promise<Comparison> => {
		comparison ??= compare();
		return comparison;
	};

	return {
		observe,
		tip: async nettype => (await compared()).tips.get(nettype),
		standing: async daemon => (await compared()).standings.get(daemon),
		clock: async daemon => (await compared()).clocks.get(daemon),
	};
}

/** How a daemon that answered is accessed. */
function accessFacts(outcome: RpcOutcome, {tls}: RpcEndpoint): Pick<DaemonDetails, 'tls' | 'login'> {
	if (outcome.kind === 'no_answer') {
		return {};
	}

	const login =
		outcome.kind !== 'login_refused'
			? outcome.isLoggedIn
				? 'accepted'
				: 'none'
			: outcome.refusal === 'none_given'
				? 'missing'
				: outcome.refusal === 'unreadable'
					? undefined
					: 'refused';
	return compact({tls: tls !== undefined, login});
}

/** In whole seconds, as shown. */
function clockFacts({clockAheadMs}: Pick<DaemonObservation, 'clockAheadMs'>): Pick<DaemonDetails, 'clock_ahead_s'> {
	return clockAheadMs === undefined ? {} : {clock_ahead_s: Math.round(clockAheadMs / 1000)};
}

/** The result of comparing the fleet's daemons. */
interface Comparison extends ChainComparison {
	readonly clocks: ReadonlyMap<string, ClockVerdict>;
}

/**
 * The daemon as a member of the comparison; `undefined` when its height is not known, or when it passes on another daemon's
 * answers.
 */
function memberOf(observation: DaemonObservation, nowMs: number): ChainMember | undefined {
	const {daemon, tip, facts} = observation;
	if (!tip || facts.daemon_own_height !== undefined) {
		return undefined;
	}

	return {daemon, tip, nettype: facts.nettype, blockAgeS: oldestDaemonBlockAgeS(observation, nowMs)};
}

/**
 * How far a daemon's clock is ahead of the local one. Its answer has whole seconds, and was written while the request was in
 * progress.
 */
function daemonClockAhead(
	{serverTimeMs, latencyMs}: RpcOutcome,
	nowMs: number,
): Pick<DaemonObservation, 'clockAheadMs'> {
	return serverTimeMs === undefined ? {} : {clockAheadMs: Math.round(serverTimeMs + 500 - (nowMs - latencyMs / 2))};
}

/** Adds the timestamp of the last block, and its age by the clock that fits it. */
function withDaemonBlockTime(observation: DaemonObservation, blockTimeS: number, nowMs: number): DaemonObservation {
	const ageHereS = blockAgeS(blockTimeS, nowMs);
	const ageS = blockAgeByClocks(ageHereS, blockTimeS, {nowMs, aheadMs: observation.clockAheadMs});
	const facts = ageS === undefined ? observation.facts : {...observation.facts, block_age_s: ageS};
	return {...observation, facts, blockTimeS};
}

/** The last block's age by the clock that makes it older, which may clear a daemon that is reported to lack blocks. */
function oldestDaemonBlockAgeS({blockTimeS, clockAheadMs}: DaemonObservation, nowMs: number): number | undefined {
	return blockTimeS === undefined
		? undefined
		: Math.max(0, Math.floor((nowMs + Math.max(0, clockAheadMs ?? 0)) / 1000) - blockTimeS);
}

/** The clock data of an observation. */
function daemonClockSample(observation: DaemonObservation, {isLocalHost}: Pick<Ports, 'isLocalHost'>): ClockSample {
	const {daemon, clockAheadMs: aheadMs, blockTimeS, chainTimeS} = observation;
	const host = parseDaemonAddress(daemon)?.host ?? daemon;
	return compact({
		daemon,
		host,
		isLocal: isLocalHost(host),
		aheadMs,
		blockTimeS,
		chainTimeS,
	});
}
