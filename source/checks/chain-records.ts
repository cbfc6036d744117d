import type {ChainTip} from '../domain/rpc/chain-tip.js';

/** What two daemons' chains are to each other. `other_chain`: they do not even begin alike. */
export type Relation = 'same' | 'fork' | 'other_chain' | 'unknown';

/** What is known of a pair of daemons. */
export interface PairRecord {
	readonly relation: Relation;
	/** When that was last worked out, in monotonic milliseconds. */
	readonly knownMs: number;
	/** The last block that both are known to have, and the first known to differ: the fork began between them. */
	readonly lastCommon?: number;
	readonly firstDifferent?: number;
}

/** What is remembered of the daemons' chains from cycle to cycle, so that little has to be asked. */
export class ChainRecords {
	/** The first block's hash, by daemon, or `refused`. */
	readonly firstHashes = new Map<string, string>();
	readonly pairs = new Map<string, PairRecord>();
	/** Blocks that were a daemon's last one lately. */
	readonly #lastBlocks = new Map<string, SeenBlock[]>();

	/** Remembers the end of a daemon's chain. */
	note(daemon: string, {height, topHash}: ChainTip, nowMs: number): void {
		if (topHash === undefined) {
			return;
		}

		const index = height - 1;
		const before = this.#lastBlocks.get(daemon) ?? [];
		if (before.at(-1)?.index === index && before.at(-1)?.hash === topHash) {
			return;
		}

		// Blocks from here on were replaced.
		const kept = before.filter(block => block.index < index && nowMs - block.seenMs <= keptMs).slice(1 - keptBlocks);
		this.#lastBlocks.set(daemon, [...kept, {index, hash: topHash, seenMs: nowMs}]);
	}

	/** The hash of a daemon's block, where it was its last one lately. */
	hashOf(daemon: string, index: number): string | undefined {
		return this.#lastBlocks.get(daemon)?.find(block => block.index === index)?.hash;
	}
}

interface SeenBlock {
	/** The number of the block. */
	readonly index: number;
	readonly hash: string;
	/** Monotonic milliseconds. */
	readonly seenMs: number;
}

/** A block seen longer ago may have been replaced without notice. */
const keptMs = 10 * 60_000;
const keptBlocks = 20;

/** One name for a pair, whichever way round it is given. */
export const pairKey = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

/** The first block that differs, once it was found. */
export function forkPoint(pair: PairRecord | undefined): number | undefined {
	return pair?.relation === 'fork' && pair.firstDifferent === (pair.lastCommon ?? Number.NaN) + 1
		? pair.firstDifferent
		: undefined;
}
