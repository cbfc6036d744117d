import {blockCount} from './wallet-rpc.js';

/** Where a daemon says its chain ends. What it did not say is absent. */
export interface ChainTip {
	/** Blocks in the chain: the last block's number is one less. */
	readonly height: number;
	/** 64 hex digits, lower case. */
	readonly topHash?: string;
	/** The cumulative difficulty: of two branches, the one with the greater is the network's. */
	readonly work?: bigint;
	/** The difficulty of one block now. */
	readonly difficulty?: bigint;
}

/** Reads the end of the chain from the result of `get_info`. */
export function chainTipOf(height: number, info: Readonly<Record<string, unknown>>): ChainTip {
	const topHash = hashOf(info.top_block_hash);
	const work = difficultyOf(info, 'cumulative_difficulty');
	const difficulty = difficultyOf(info, 'difficulty');
	return {
		height,
		...(topHash === undefined ? {} : {topHash}),
		...(work === undefined ? {} : {work}),
		...(difficulty === undefined ? {} : {difficulty}),
	};
}

/** A block's hash; `undefined` for anything else. */
export function hashOf(value: unknown): string | undefined {
	return typeof value === 'string' && /^[\da-f]{64}$/i.test(value) ? value.toLowerCase() : undefined;
}

/** 128 bits in hexadecimal; old daemons have only the lower 64, as a number. */
function difficultyOf(
	info: Readonly<Record<string, unknown>>,
	name: 'cumulative_difficulty' | 'difficulty',
): bigint | undefined {
	const wide = info[`wide_${name}`];
	if (typeof wide === 'string' && /^0x[\da-f]{1,32}$/i.test(wide)) {
		return BigInt(wide);
	}

	const narrow = info[name];
	return typeof narrow === 'number' && Number.isSafeInteger(narrow) && narrow > 0 ? BigInt(narrow) : undefined;
}

/** What is known of a gap between two chains. */
export interface Gap {
	readonly ahead: ChainTip;
	readonly behind: ChainTip;
	/** Seconds since the last block of the one behind; absent when not known. */
	readonly blockAgeS: number | undefined;
	/** Whether the one ahead stands alone, above several that agree with each other. */
	readonly isAlone: boolean;
}

/** A difficulty may fall this much within a gap: far more than it ever did. */
const maxFall = 16n;
/**
 * Seconds that a missing block must at least account for, of about 120: somebody who lacks blocks has had none for a while.
 * The more there is to doubt, the more time is asked for.
 */
const minSecondsPerBlock = {withWork: 15, withoutWork: 30, alone: 60} as const;

/**
 * Whether a greater height may be believed. Any server can say any number, so the difficulty of the blocks said to be missing
 * and the time they need are compared with it.
 */
export function isPlausibleGap({ahead, behind, blockAgeS, isAlone}: Gap): boolean {
	const blocks = ahead.height - behind.height;
	const gain = ahead.work === undefined || behind.work === undefined ? undefined : ahead.work - behind.work;
	if (gain !== undefined && (gain <= 0n || gain * maxFall < (behind.difficulty ?? 0n) * BigInt(blocks))) {
		return false;
	}

	if (blockAgeS === undefined) {
		return gain !== undefined || !isAlone;
	}

	const seconds = isAlone ? 'alone' : gain === undefined ? 'withoutWork' : 'withWork';
	return blockAgeS >= blocks * minSecondsPerBlock[seconds];
}

/** A time in seconds since the epoch, where a server gave one. 0 stands for none. */
export function secondsOf(value: unknown): number | undefined {
	return blockCount(value) || undefined;
}
