import type {RpcOutcome} from '../ports.js';
import {blockCount} from './block-count.js';

/** Blocks may be dated this far ahead. */
const futureBlockS = 2 * 3600;
/** The first block of the chain is of April 2014. */
const firstBlockS = 1_397_000_000;

/** The date of the last block, from `get_last_block_header`, in seconds since the epoch. */
export function blockTimeOf(outcome: RpcOutcome): number | undefined {
	const result = outcome.kind === 'result' ? outcome.result : undefined;
	const header = (result as {block_header?: {timestamp?: unknown}} | null | undefined)?.block_header;
	const timestamp = blockCount(header?.timestamp);
	return timestamp !== undefined && timestamp >= firstBlockS ? timestamp : undefined;
}

/**
 * Seconds since a block was made. Its date is its miner's: a little ahead counts as now.
 * @returns `undefined` where the date is absurd, or the clock here is
 */
export function blockAgeS(blockTimeS: number | undefined, nowMs: number): number | undefined {
	const ageS = blockTimeS === undefined ? Number.NaN : Math.floor(nowMs / 1000) - blockTimeS;
	return ageS >= -futureBlockS ? Math.max(0, ageS) : undefined;
}
