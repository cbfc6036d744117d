import type {HashAnswer} from './ask-hash.js';
import type {ChainMember, ComparisonTools} from './chain-comparison.js';
import {type PairRecord, pairKey, type Relation} from './chain-records.js';

/** A pair of daemons is asked about its blocks at most this often. */
const askEveryMs = 60_000;
/** So long two daemons that agreed are taken to agree while they are near each other: one may not have been seen at every height. */
const trustMs = 10 * 60_000;
/**
 * Blocks that must lie on top of one that is compared: two miners may find a block at the same time, and daemons that saw another
 * one first agree again with the next. A regtest chain has no such races.
 */
const raceDepth = 3;

/** What the chains of two daemons are to each other. Asks only when what they told does not answer it, and never more than it must. */
export async function relate(a: ChainMember, b: ChainMember, tools: ComparisonTools): Promise<Relation> {
	const [high, low] = a.tip.height >= b.tip.height ? [a, b] : [b, a];
	const {records, maxLag} = tools;
	const known = sameLastBlock(high, low, tools);
	const key = pairKey(high.daemon, low.daemon);
	const before = records.pairs.get(key);
	const nowMs = tools.monotonicMs();
	if (known === true) {
		records.pairs.set(key, {relation: 'same', knownMs: nowMs});
		return 'same';
	}

	const knownForMs = before ? nowMs - before.knownMs : Number.POSITIVE_INFINITY;
	const isNear = known === undefined && high.tip.height - low.tip.height <= maxLag;
	if (before?.relation === 'same' && isNear && knownForMs < trustMs) {
		return 'same';
	}

	if (low.tip.topHash === undefined || high.tip.topHash === undefined) {
		return 'unknown';
	}

	if (before && knownForMs < askEveryMs) {
		return before.relation;
	}

	const after = await ask(high, low, {tools, before, nowMs});
	records.pairs.set(key, after);
	return after.relation;
}

/** Whether one that is level or ahead has the other's last block; `undefined` when it was not seen at that height. */
function sameLastBlock(high: ChainMember, low: ChainMember, {records}: ComparisonTools): boolean | undefined {
	const seen = records.hashOf(high.daemon, low.tip.height - 1);
	return seen === undefined || low.tip.topHash === undefined ? undefined : seen === low.tip.topHash;
}

interface Asking {
	readonly tools: ComparisonTools;
	readonly before: PairRecord | undefined;
	readonly nowMs: number;
}

async function ask(high: ChainMember, low: ChainMember, {tools, before, nowMs}: Asking): Promise<PairRecord> {
	const isRegtest = high.nettype === 'fakechain';
	const index = Math.min(low.tip.height - 1, high.tip.height - 1 - (isRegtest ? 0 : raceDepth));
	const found = index < 0 ? 'unknown' : await compareAt(index, [high, low], tools);
	if (found === 'same') {
		return {relation: 'same', knownMs: nowMs};
	}

	if (found === 'unknown') {
		return {...(before ?? {relation: 'unknown'}), knownMs: nowMs};
	}

	if (!isRegtest && (await beginDifferently([high, low], tools))) {
		return {relation: 'other_chain', knownMs: nowMs};
	}

	if (found === 'refused') {
		// Nobody can look below the last blocks: they are all there is to go by.
		return {relation: high.tip.height === low.tip.height ? 'fork' : 'unknown', knownMs: nowMs};
	}

	const {lastCommon, firstDifferent = index} = before?.relation === 'fork' ? before : {};
	const range = {firstDifferent, ...(lastCommon === undefined ? {} : {lastCommon})};
	return {relation: 'fork', knownMs: nowMs, ...(await findFork(range, [high, low], tools))};
}

type Pair = readonly [ChainMember, ChainMember];

/** Whether the first blocks are known to differ: they are asked for once, and remembered. */
async function beginDifferently(pair: Pair, tools: ComparisonTools): Promise<boolean> {
	const [a, b] = await Promise.all(pair.map(({daemon}) => firstHash(daemon, tools)));
	return a !== undefined && b !== undefined && a !== 'refused' && b !== 'refused' && a !== b;
}

async function firstHash(daemon: string, {records, askHash}: ComparisonTools): Promise<HashAnswer> {
	const known = records.firstHashes.get(daemon);
	if (known !== undefined) {
		return known;
	}

	const hash = await askHash(daemon, 0);
	if (hash !== undefined) {
		records.firstHashes.set(daemon, hash);
	}

	return hash;
}

type Found = 'same' | 'differs' | 'refused' | 'unknown';

async function compareAt(index: number, pair: Pair, {askHash}: ComparisonTools): Promise<Found> {
	const [a, b] = await Promise.all(
		pair.map(({daemon, tip}) => (index === tip.height - 1 ? tip.topHash : askHash(daemon, index))),
	);
	if (a === undefined || b === undefined) {
		return 'unknown';
	}

	return a === 'refused' || b === 'refused' ? 'refused' : a === b ? 'same' : 'differs';
}

type Range = Pick<PairRecord, 'lastCommon'> & {readonly firstDifferent: number};

/**
 * Narrows down where two chains part: steps of doubling length down from a block that differs, then halves. What is not found within
 * the time of one call goes on at the next look.
 */
async function findFork({lastCommon, firstDifferent}: Range, pair: Pair, tools: ComparisonTools): Promise<Range> {
	const endMs = tools.monotonicMs() + tools.timeoutMs;
	let common = lastCommon;
	let differs = firstDifferent;
	for (let step = 1; differs - (common ?? -1) > 1 && tools.monotonicMs() < endMs; step *= 2) {
		const probe = common === undefined ? Math.max(0, differs - step) : Math.floor((common + differs) / 2);
		const found = await compareAt(probe, pair, tools);
		if (found === 'same') {
			common = probe;
		} else if (found === 'differs') {
			differs = probe;
		} else {
			break;
		}
	}

	return {firstDifferent: differs, ...(common === undefined ? {} : {lastCommon: common})};
}
