import {createHash} from 'node:crypto';

/** A simulated block chain. It grows faster than the real one, so that growth can be seen. */
export interface SimulatedChain {
	/** Milliseconds since the epoch. */
	readonly startedAtMs: number;
}

/** Milliseconds from block to block while the demo runs. */
const blockMs = 20_000;
/** Seconds from block to block before it began, as in the real chain. */
const pastBlockSeconds = 120;
/** Blocks in the chain when the demo begins. */
const firstHeight = 3_812_009;
const difficulty = 612_345_678_901;

/** How many blocks the chain has. */
export function simulatedHeight({startedAtMs}: SimulatedChain, nowMs: number): number {
	return firstHeight + Math.max(0, Math.floor((nowMs - startedAtMs) / blockMs));
}

/** The hash of a block, 64 hex digits; the same in every daemon. */
export function simulatedBlockHash(index: number): string {
	return hashOf(`block ${index}`);
}

function hashOf(text: string): string {
	return createHash('sha256').update(`simulated ${text}`).digest('hex');
}

/** When a block was found, in seconds since the epoch. */
export function simulatedBlockTimestamp({startedAtMs}: SimulatedChain, index: number): number {
	const after = index - (firstHeight - 1);
	const startedAt = Math.floor(startedAtMs / 1000);
	return after >= 0 ? startedAt + after * (blockMs / 1000) : startedAt + after * pastBlockSeconds;
}

/** A `block_header` as monerod writes it. */
export function simulatedBlockHeader(chain: SimulatedChain, index: number, height: number): Record<string, unknown> {
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

/** The part of `get_info` that tells of the chain. */
export function simulatedChainInfo(height: number): Record<string, unknown> {
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
