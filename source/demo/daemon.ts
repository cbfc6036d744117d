import {createHash} from 'node:crypto';
import {compact} from '../domain/compact.js';
import type {ServerLogin} from './digest-server.js';
import {type DaemonName, scriptedDaemonMoment} from './scenarios.js';
import type {Behavior, RpcMethods, RpcReply} from './shared-server.js';
import {type DaemonPhase, type DemoContext, demoElapsedMs} from './timeline.js';

/** A simulated block chain. It grows faster than the real one, so that its growth is visible. */
export interface SimulatedChain {
	/** Milliseconds since the epoch. */
	readonly startedAtMs: number;
}

/** Milliseconds between blocks while the demo runs. */
const blockMs = 20_000;
/** Seconds between the blocks before that, as in the real chain. */
const pastBlockSeconds = 120;
/** Blocks in the chain when the demo begins. */
const firstHeight = 3_812_009;
const difficulty = 612_345_678_901;

/** The length of the chain, in blocks. */
function simulatedHeight({startedAtMs}: SimulatedChain, nowMs: number): number {
	return firstHeight + Math.max(0, Math.floor((nowMs - startedAtMs) / blockMs));
}

/** The hash of a block, 64 hex digits; the same in every daemon. */
function simulatedBlockHash(index: number): string {
	return hashOf(`block ${index}`);
}

function hashOf(text: string): string {
	return createHash('sha256').update(`simulated ${text}`).digest('hex');
}

/** When a block was found, in seconds since the epoch. */
function simulatedBlockTimestamp({startedAtMs}: SimulatedChain, index: number): number {
	const after = index - (firstHeight - 1);
	const startedAt = Math.floor(startedAtMs / 1000);
	return after >= 0 ? startedAt + after * (blockMs / 1000) : startedAt + after * pastBlockSeconds;
}

/** A `block_header` as monerod writes it. */
function simulatedBlockHeader(chain: SimulatedChain, index: number, height: number): Record<string, unknown> {
	const cumulative = difficulty * index;
	return {
		block_size: 45_123,
		block_weight: 45_123,
		cumulative_difficulty: cumulative,
		cumulative_difficulty_top64: 0,
		depth: height - 1 - index,
		difficulty,
		difficulty_top64: 0,
		hash: simulatedBlockHash(index),
		height: index,
		long_term_weight: 176_470,
		major_version: 16,
		miner_tx_hash: hashOf(`miner transaction ${index}`),
		minor_version: 16,
		nonce: index * 7919,
		num_txes: 21,
		orphan_status: false,
		pow_hash: '',
		prev_hash: simulatedBlockHash(index - 1),
		reward: 600_000_000_000,
		timestamp: simulatedBlockTimestamp(chain, index),
		wide_cumulative_difficulty: `0x${BigInt(cumulative).toString(16)}`,
		wide_difficulty: `0x${difficulty.toString(16)}`,
	};
}

/** The fields of `get_info` that describe the chain. */
function simulatedChainInfo(height: number): Record<string, unknown> {
	const cumulative = difficulty * height;
	return {
		cumulative_difficulty: cumulative,
		cumulative_difficulty_top64: 0,
		difficulty,
		difficulty_top64: 0,
		height,
		height_without_bootstrap: height,
		top_block_hash: simulatedBlockHash(height - 1),
		wide_cumulative_difficulty: `0x${BigInt(cumulative).toString(16)}`,
		wide_difficulty: `0x${difficulty.toString(16)}`,
	};
}

/** How many blocks a stuck daemon is behind the others. */
const stuckBlocks = 9;
/** monerod 0.18.4.2: 3.14. */
const daemonVersion = 196_622;
const statusOk = {status: 'OK', untrusted: false};

/** One simulated monerod. */
export interface SimulatedDaemon {
	readonly name: DaemonName;
	readonly context: DemoContext;
	readonly login?: ServerLogin;
}

/** The current height of a daemon, in blocks. */
export function simulatedDaemonHeight(name: DaemonName, context: DemoContext): number {
	const {phase, sinceMs} = scriptedDaemonMoment(name, demoElapsedMs(context), context.seed);
	const height = (atMs: number): number => simulatedHeight(context, atMs);
	const now = context.nowMs();
	const heights: Readonly<Record<DaemonPhase, () => number>> = {
		synchronized: () => height(now),
		behind: () => height(now - sinceMs) - stuckBlocks,
		syncing: () => height(now) - Math.max(4, stuckBlocks - Math.floor(sinceMs / 2000)),
		absent: () => height(now - sinceMs),
	};
	return heights[phase]();
}

/** What a daemon does with a request that arrives now. */
export function simulateDaemonAnswers({name, context, login}: SimulatedDaemon): Behavior {
	const {phase} = scriptedDaemonMoment(name, demoElapsedMs(context), context.seed);
	if (phase === 'absent') {
		return {kind: 'silent'};
	}

	return compact({kind: 'rpc', methods: daemonMethods(simulatedDaemonHeight(name, context), phase, context), login});
}

/** What a monerod answers to a client that takes it for a wallet. */
export const daemonVersionMethods: RpcMethods = {
	get_version: () => ({result: {release: true, ...statusOk, version: daemonVersion}}),
};

function daemonMethods(height: number, phase: DaemonPhase, context: DemoContext): RpcMethods {
	const headerReply = (index: number): RpcReply => ({
		result: {
			block_header: simulatedBlockHeader(context, index, height),
			credits: 0,
			status: 'OK',
			top_hash: '',
			untrusted: false,
		},
	});
	return {
		...daemonVersionMethods,
		get_info: () => ({result: infoOf(height, phase, context)}),
		get_last_block_header: () => headerReply(height - 1),
		get_block_header_by_height: ({height: index}) =>
			typeof index === 'number' && index < height
				? headerReply(index)
				: {
						error: {
							code: -2,
							message: `Requested block height: ${String(index)} greater than current top block height: ${height - 1}`,
						},
					},
	};
}

/** `get_info` of an unrestricted port, with the fields in monerod's order. */
function infoOf(height: number, phase: DaemonPhase, context: DemoContext): Record<string, unknown> {
	const isSyncing = phase === 'syncing';
	const info = {
		adjusted_time: Math.floor(context.nowMs() / 1000),
		alt_blocks_count: 0,
		block_size_limit: 600_000,
		block_size_median: 300_000,
		block_weight_limit: 600_000,
		block_weight_median: 300_000,
		bootstrap_daemon_address: '',
		busy_syncing: isSyncing,
		credits: 0,
		database_size: 265_214_230_528,
		free_space: 83_212_828_672,
		grey_peerlist_size: 4871,
		incoming_connections_count: 18,
		mainnet: true,
		nettype: 'mainnet',
		offline: false,
		outgoing_connections_count: phase === 'behind' ? 2 : 12,
		restricted: false,
		rpc_connections_count: 3,
		stagenet: false,
		start_time: Math.floor(context.startedAtMs / 1000) - 1_036_800,
		synchronized: !isSyncing,
		target: 120,
		target_height: isSyncing ? simulatedHeight(context, context.nowMs()) : 0,
		testnet: false,
		top_hash: '',
		tx_count: 51_234_567,
		tx_pool_size: 42,
		update_available: false,
		version: '0.18.4.2-release',
		was_bootstrap_ever_used: false,
		white_peerlist_size: 1000,
		...statusOk,
		...simulatedChainInfo(height),
	};
	return Object.fromEntries(Object.entries(info).sort(([a], [b]) => (a < b ? -1 : 1)));
}
