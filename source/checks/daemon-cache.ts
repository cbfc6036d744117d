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

/** What is known of the fleet's daemons in one cycle. Every daemon is asked at most once, when first needed. */
export interface DaemonCache {
	/**
	 * Asks a node's daemon; everyone after the first gets the same answer.
	 * @returns `undefined` when the node names none
	 */
	readonly look: (node: Node) => Promise<DaemonObservation | undefined>;
	/**
	 * The highest height among the fleet's daemons of a network type that may be believed, this cycle.
	 * @returns `undefined` when none of them told, or they have different chains
	 */
	readonly tip: (nettype: string | undefined) => Promise<number | undefined>;
	/**
	 * How a daemon stands among the fleet's, this cycle.
	 * @returns `undefined` for a daemon that did not tell, or is not of the fleet
	 */
	readonly standing: (daemon: string) => Promise<ChainStanding | undefined>;
	/** Which daemon's clock differs from the one here, and whose is wrong, this cycle. */
	readonly clock: (daemon: string) => Promise<ClockVerdict | undefined>;
}

/** The last block of a daemon: its date is asked for once, not once a cycle. */
export interface LastBlock {
	readonly height: number;
	/** Seconds since the epoch; absent when the daemon did not tell. */
	readonly timeS?: number;
}

export interface DaemonCacheOptions {
	readonly ports: Pick<Ports, 'callRpc' | 'nowMs' | 'monotonicMs' | 'isLocalHost' | 'renderRemedy'>;
	/** Every node whose daemon counts for the tip, checked in this cycle or not. */
	readonly nodes: readonly Node[];
	readonly timeoutMs: number;
	readonly signal?: AbortSignal;
	/**
	 * The daemons that used up their time when they were last asked, kept from cycle to cycle: a tip asks them
	 * and does not wait for them.
	 */
	readonly silent: Set<string>;
	/** The daemons that answered when they were last asked, by an earlier run too. */
	readonly answeredBefore?: ReadonlySet<string>;
	/** The daemons that were found to speak TLS alone, kept from cycle to cycle. */
	readonly speakTls: Set<string>;
	/** The last blocks seen, by daemon, kept from cycle to cycle. */
	readonly lastBlocks: Map<string, LastBlock>;
	/** What is known of their chains, kept from cycle to cycle. */
	readonly chains: ChainRecords;
	/** Blocks a daemon may be behind. */
	readonly maxLag: number;
	/** How old a last block may be, in milliseconds. */
	readonly maxBlockAgeMs: number;
}

/** Opens the cache of one cycle. Nothing is asked until somebody looks. */
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

	/** A chain that is still being read has old blocks, and a regtest chain has no others: neither is asked. */
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

	const look: DaemonCache['look'] = async node => {
		const daemon = reachableDaemon(node);
		return daemon === undefined
			? undefined
			: observeOnce(daemon, endpoints.get(daemon) ?? daemonCheckEndpoint(daemon, node));
	};

	/** Worked out once: a thousand nodes ask for it. */
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
		look,
		tip: async nettype => (await compared()).tips.get(nettype),
		standing: async daemon => (await compared()).standings.get(daemon),
		clock: async daemon => (await compared()).clocks.get(daemon),
	};
}

/** How a daemon that answered lets itself be asked. */
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

/** To the second, as it is told. */
function clockFacts({clockAheadMs}: Pick<DaemonObservation, 'clockAheadMs'>): Pick<DaemonDetails, 'clock_ahead_s'> {
	return clockAheadMs === undefined ? {} : {clock_ahead_s: Math.round(clockAheadMs / 1000)};
}

/** What the fleet's daemons are to each other. */
interface Comparison extends ChainComparison {
	readonly clocks: ReadonlyMap<string, ClockVerdict>;
}

/** What takes part in the comparison: not a daemon whose height is not known, nor one that hands on what another one says. */
function memberOf(observation: DaemonObservation, nowMs: number): ChainMember | undefined {
	const {daemon, tip, facts} = observation;
	if (!tip || facts.daemon_own_height !== undefined) {
		return undefined;
	}

	return {daemon, tip, nettype: facts.nettype, blockAgeS: oldestDaemonBlockAgeS(observation, nowMs)};
}

/** How far a daemon's clock is ahead of the one here. Its answer tells whole seconds, and was written while it was on its way. */
export function daemonClockAhead(
	{serverTimeMs, latencyMs}: RpcOutcome,
	nowMs: number,
): Pick<DaemonObservation, 'clockAheadMs'> {
	return serverTimeMs === undefined ? {} : {clockAheadMs: Math.round(serverTimeMs + 500 - (nowMs - latencyMs / 2))};
}

/** Adds the date of the last block, and its age by whichever clock fits it. */
export function withDaemonBlockTime(
	observation: DaemonObservation,
	blockTimeS: number,
	nowMs: number,
): DaemonObservation {
	const ageHereS = blockAgeS(blockTimeS, nowMs);
	const ageS = blockAgeByClocks(ageHereS, blockTimeS, {nowMs, aheadMs: observation.clockAheadMs});
	const facts = ageS === undefined ? observation.facts : {...observation.facts, block_age_s: ageS};
	return {...observation, facts, blockTimeS};
}

/** The last block's age by whichever clock makes it older: what may speak for a daemon that is said to lack blocks. */
export function oldestDaemonBlockAgeS(
	{blockTimeS, clockAheadMs}: DaemonObservation,
	nowMs: number,
): number | undefined {
	return blockTimeS === undefined
		? undefined
		: Math.max(0, Math.floor((nowMs + Math.max(0, clockAheadMs ?? 0)) / 1000) - blockTimeS);
}

/** What a observation tells of clocks. */
export function daemonClockSample(
	observation: DaemonObservation,
	{isLocalHost}: Pick<Ports, 'isLocalHost'>,
): ClockSample {
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
