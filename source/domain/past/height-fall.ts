import type {WalletFacts} from '../check-result.js';
import {ageText, countText} from '../quantity.js';
import type {NodeMemory} from './memory.js';

/** A wallet's height that became less. */
export interface HeightFall {
	/** When that was seen; ISO-8601 UTC. */
	readonly at: string;
	readonly from: number;
	readonly to: number;
}

/** The chain itself loses a block or two now and then. */
const usualReorganization = 2;
/** The longest reorganization of the main chain so far was of 18 blocks. */
const longestReorganization = 20;
/** How long a fall is told of. */
const toldForMs = 3_600_000;

/** The fall that a height makes, or the last one of the past hour. */
export function fallFacts(
	{wallet_height: before, wallet_fell: fell}: NodeMemory,
	height: number,
	now: {readonly ms: number; readonly iso: string},
): Pick<WalletFacts, 'wallet_fell_at' | 'wallet_fell_from' | 'wallet_fell_to'> {
	if (before !== undefined && before - height > usualReorganization) {
		return {wallet_fell_at: now.iso, wallet_fell_from: before, wallet_fell_to: height};
	}

	const ageMs = fell === undefined ? Number.NaN : now.ms - Date.parse(fell.at);
	return fell && ageMs >= 0 && ageMs <= toldForMs
		? {wallet_fell_at: fell.at, wallet_fell_from: fell.from, wallet_fell_to: fell.to}
		: {};
}

/** The fall that details tell of. */
export function fallIn({
	wallet_fell_at: at,
	wallet_fell_from: from,
	wallet_fell_to: to,
}: WalletFacts): HeightFall | undefined {
	return at === undefined || from === undefined || to === undefined ? undefined : {at, from, to};
}

/**
 * Says a fall in one sentence; `undefined` when there was none.
 * @param nowMs milliseconds since the epoch, to say how long ago that was
 */
export function fallText(facts: WalletFacts, nowMs?: number): string | undefined {
	const fall = fallIn(facts);
	if (!fall) {
		return undefined;
	}

	const {at, from, to} = fall;
	const cause = from - to > longestReorganization ? 'rescan' : 'a reorganization, a rescan';
	const ageMs = nowMs === undefined ? 0 : nowMs - Date.parse(at);
	const age = ageMs >= 1000 ? ` ${ageText(ageMs)} ago` : '';
	return `height fell from ${countText(from)} to ${countText(to)}${age}: ${cause} or another wallet was opened`;
}
