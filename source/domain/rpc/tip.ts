import * as v from 'valibot';
import {compact} from '../compact.js';

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

/** A block's hash, as a server gives it. */
export const blockHashSchema = v.pipe(v.string(), v.regex(/^[\da-f]{64}$/i), v.toLowerCase());

/** 128 bits in hexadecimal. */
const wideDifficulty = v.pipe(
	v.string(),
	v.regex(/^0x[\da-f]{1,32}$/i),
	v.transform(hex => BigInt(hex)),
);
/** Old daemons have only the lower 64 bits, as a number. */
const difficulty = v.pipe(
	v.number(),
	v.safeInteger(),
	v.minValue(1),
	v.transform(value => BigInt(value)),
);

/** What `get_info` says of the end of the chain. */
export const tipFields = {
	top_block_hash: blockHashSchema,
	wide_cumulative_difficulty: wideDifficulty,
	cumulative_difficulty: difficulty,
	wide_difficulty: wideDifficulty,
	difficulty,
};

type TipFields = {readonly [N in keyof typeof tipFields]?: v.InferOutput<(typeof tipFields)[N]>};

/** Reads the end of the chain from the result of `get_info`. */
export function readChainTip(height: number, info: TipFields): ChainTip {
	const work = info.wide_cumulative_difficulty ?? info.cumulative_difficulty;
	const ofOneBlock = info.wide_difficulty ?? info.difficulty;
	return compact({
		height,
		topHash: info.top_block_hash,
		work,
		difficulty: ofOneBlock,
	});
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
