import type {Node} from '../domain/node/node.js';
import type {CallOptions, Ports, RpcEndpoint} from '../domain/ports.js';
import {blockAgeS, blockTimeOf} from '../domain/rpc/block-time.js';
import {type DaemonSighting, judgeDaemon} from '../domain/rpc/daemon-rpc.js';
import {askInfo} from './ask-daemon.js';
import {daemonEndpoints, endpointOf, reachableDaemon} from './daemon-endpoint.js';

/** What is known of the fleet's daemons in one cycle. Every daemon is asked at most once, when first needed. */
export interface DaemonBoard {
	/**
	 * Asks a node's daemon; everyone after the first gets the same answer.
	 * @returns `undefined` when the node names none
	 */
	readonly look: (node: Node) => Promise<DaemonSighting | undefined>;
	/**
	 * The highest height among the fleet's daemons of a network type, this cycle.
	 * @returns `undefined` when none of them told
	 */
	readonly tip: (nettype: string | undefined) => Promise<number | undefined>;
}

/** The last block of a daemon: its date is asked for once, not once a cycle. */
export interface LastBlock {
	readonly height: number;
	/** Seconds since the epoch; absent when the daemon did not tell. */
	readonly timeS?: number;
}

export interface DaemonBoardOptions {
	readonly ports: Pick<Ports, 'callRpc' | 'nowMs'>;
	/** Every node whose daemon counts for the tip, checked in this cycle or not. */
	readonly nodes: readonly Node[];
	readonly timeoutMs: number;
	readonly signal?: AbortSignal;
	/**
	 * The daemons that used up their time when they were last asked, kept up to date from board to board: a tip asks them
	 * and does not wait for them.
	 */
	readonly silent: Set<string>;
	/** The daemons that were found to speak TLS alone, kept up to date from board to board. */
	readonly speakTls: Set<string>;
	/** The last blocks seen, by daemon, kept up to date from board to board. */
	readonly lastBlocks: Map<string, LastBlock>;
}

/** Opens the board of one cycle. Nothing is asked until somebody looks. */
export function createDaemonBoard({
	ports,
	nodes,
	timeoutMs,
	signal,
	silent,
	speakTls,
	lastBlocks,
}: DaemonBoardOptions): DaemonBoard {
	const sightings = new Map<string, Promise<DaemonSighting>>();
	let tips: Promise<ReadonlyMap<string | undefined, number>> | undefined;
	const endpoints = daemonEndpoints(nodes);

	const ask = async (daemon: string, endpoint: RpcEndpoint): Promise<DaemonSighting> => {
		const options = {timeoutMs, ...(signal ? {signal} : {})};
		const {outcome, endpoint: used} = await askInfo(endpoint, options, {daemon, callRpc: ports.callRpc, speakTls});
		const sighting = judgeDaemon(daemon, outcome, timeoutMs);
		if (sighting.timedOut) {
			silent.add(daemon);
		} else {
			silent.delete(daemon);
		}

		const ageS = await ageOfLastBlock(sighting, used, options);
		return ageS === undefined ? sighting : {...sighting, facts: {...sighting.facts, block_age_s: ageS}};
	};

	/** A chain that is still being read has old blocks, and a regtest chain has no others: neither is asked. */
	const ageOfLastBlock = async (
		{daemon, facts}: DaemonSighting,
		endpoint: RpcEndpoint,
		options: CallOptions,
	): Promise<number | undefined> => {
		const {daemon_height: height, daemon_synchronized: isSynchronized, nettype} = facts;
		if (height === undefined || isSynchronized === false || nettype === 'fakechain') {
			return undefined;
		}

		let block = lastBlocks.get(daemon);
		if (block?.height !== height) {
			const timeS = blockTimeOf(await ports.callRpc(endpoint, 'get_last_block_header', options));
			block = {height, ...(timeS === undefined ? {} : {timeS})};
			lastBlocks.set(daemon, block);
		}

		return blockAgeS(block.timeS, ports.nowMs());
	};

	const sight = (daemon: string, endpoint: RpcEndpoint): Promise<DaemonSighting> => {
		const asked = sightings.get(daemon) ?? ask(daemon, endpoint);
		sightings.set(daemon, asked);
		return asked;
	};

	const look: DaemonBoard['look'] = async node => {
		const daemon = reachableDaemon(node);
		return daemon === undefined ? undefined : sight(daemon, endpoints.get(daemon) ?? endpointOf(daemon, node));
	};

	/** Worked out once: a thousand nodes ask for it. */
	const findTips = async (): Promise<ReadonlyMap<string | undefined, number>> => {
		const waitedFor: Array<Promise<DaemonSighting>> = [];
		for (const [daemon, endpoint] of endpoints) {
			const wasSilent = silent.has(daemon);
			const asked = sight(daemon, endpoint);
			if (!wasSilent) {
				waitedFor.push(asked);
			}
		}

		const highest = new Map<string | undefined, number>();
		for (const {facts} of await Promise.all(waitedFor)) {
			const {nettype, daemon_height: height} = facts;
			if (height !== undefined) {
				highest.set(nettype, Math.max(height, highest.get(nettype) ?? 0));
			}
		}

		return highest;
	};

	const tip: DaemonBoard['tip'] = async nettype => {
		tips ??= findTips();
		return (await tips).get(nettype);
	};

	return {look, tip};
}
