import {compact} from '../domain/compact.js';
import type {Ports} from '../domain/ports.js';
import {type ChainTip, isPlausibleGap} from '../domain/rpc/daemon-rpc.js';
import type {AskHash, HashAnswer} from './ask-daemon.js';

/** A daemon that reported the end of its chain in this cycle. */
export interface ChainMember {
	/** The short form of the address. */
	readonly daemon: string;
	readonly nettype: string | undefined;
	readonly tip: ChainTip;
	/** Seconds since its last block; absent when unknown. */
	readonly blockAgeS: number | undefined;
}

/** How a daemon compares with the others of its network. */
export interface ChainStanding {
	/** The greatest credible height of a daemon on the same chain, at least its own. */
	readonly tipHeight: number;
	/** Present when its blocks differ from those of others. */
	readonly fork?: Fork;
}

/** Two daemons of one network with different blocks. */
export interface Fork {
	/** The other daemon. */
	readonly other: string;
	/** The index of the first block that differs; absent until it is found. */
	readonly sinceBlock?: number;
	/** How its cumulative difficulty compares with the other's; absent when unknown or equal. */
	readonly difficulty?: 'less' | 'more';
}

/** What a comparison needs besides the daemons. */
export interface ComparisonTools {
	readonly monotonicMs: Ports['monotonicMs'];
	/** Asks for the hash of a block. */
	readonly askHash: AskHash;
	readonly records: ChainRecords;
	/** The time limit of the search for the start of a fork, in milliseconds. */
	readonly timeoutMs: number;
	/** How many blocks a daemon may be behind. */
	readonly maxLag: number;
}

/** Daemons that have the same blocks, as far as known. */
interface Branch {
	readonly head: ChainMember;
	readonly members: ChainMember[];
	/** The heads of stronger branches from which its head is known to be forked. */
	readonly rivals: readonly ChainMember[];
}

/** The result of a comparison. */
export interface ChainComparison {
	/** By daemon. */
	readonly standings: ReadonlyMap<string, ChainStanding>;
	/** The greatest credible height, by network type; absent when the daemons of a network have different chains. */
	readonly tips: ReadonlyMap<string | undefined, number>;
}

/**
 * Compares the daemons of each network: which is behind, and which has other blocks. Requests hashes only if the reported data
 * disagree.
 */
export async function compareChains(members: readonly ChainMember[], tools: ComparisonTools): Promise<ChainComparison> {
	const nowMs = tools.monotonicMs();
	const networks = new Map<string | undefined, ChainMember[]>();
	for (const member of members) {
		tools.records.note(member.daemon, member.tip, nowMs);
		const network = networks.get(member.nettype) ?? [];
		network.push(member);
		networks.set(member.nettype, network);
	}

	const standings = new Map<string, ChainStanding>();
	const tips = new Map<string | undefined, number>();
	await Promise.all(
		[...networks].map(async ([nettype, network]) => {
			const branches = await branchesOf(network, tools);
			const undisputed = branches.filter(branch => addStandings(branch, {branches, tools, standings}));
			const [main] = undisputed;
			if (main && undisputed.length === 1) {
				tips.set(nettype, Math.max(...main.members.map(({daemon}) => standings.get(daemon)?.tipHeight ?? 0)));
			}
		}),
	);
	return {standings, tips};
}

/** @returns whether no other branch contradicts this one */
function addStandings(
	branch: Branch,
	{
		branches,
		tools,
		standings,
	}: {branches: readonly Branch[]; tools: ComparisonTools; standings: Map<string, ChainStanding>},
): boolean {
	const rival = rivalOf(branch, branches);
	const levels = levelsOf(branch.members, tools.maxLag);
	for (const member of branch.members) {
		const tipHeight = believedTip(member, levels);
		const fork = rival && forkFrom(rival, branch, member, tools);
		standings.set(member.daemon, compact({tipHeight, fork}));
	}

	return rival === undefined;
}

/** Divides a network into branches. The strongest remaining daemon is compared with all other remaining ones in parallel. */
async function branchesOf(network: readonly ChainMember[], tools: ComparisonTools): Promise<Branch[]> {
	const branches: Branch[] = [];
	const rivalsOf = new Map<ChainMember, ChainMember[]>(network.map(member => [member, []]));
	let left = [...network].sort(byStrength);
	for (let head = left[0]; head; head = left[0]) {
		const members = [head];
		const others: ChainMember[] = [];
		const relations = await Promise.all(
			left.slice(1).map(async other => [other, await relateChains(head, other, tools)] as const),
		);
		for (const [other, relation] of relations) {
			(relation === 'same' || relation === 'unknown' ? members : others).push(other);
			if (relation === 'fork') {
				rivalsOf.get(other)?.push(head);
			}
		}

		branches.push({head, members, rivals: rivalsOf.get(head) ?? []});
		left = others;
	}

	return branches;
}

function byStrength(a: ChainMember, b: ChainMember): number {
	if (a.tip.work !== undefined && b.tip.work !== undefined && a.tip.work !== b.tip.work) {
		return a.tip.work > b.tip.work ? -1 : 1;
	}

	return b.tip.height - a.tip.height || (a.daemon < b.daemon ? -1 : 1);
}

/**
 * The branch that contradicts this one. A majority of the daemons, which is never a single one, is not doubted because of a
 * few.
 */
function rivalOf(branch: Branch, branches: readonly Branch[]): ChainMember | undefined {
	const rivals = branches.filter(({head, rivals}) => branch.rivals.includes(head) || rivals.includes(branch.head));
	const count = rivals.reduce((sum, {members}) => sum + members.length, branch.members.length);
	const isMajority = ({members}: Branch): boolean => members.length > 1 && members.length * 2 > count;
	return rivals.length === 0 || isMajority(branch) ? undefined : (rivals.find(isMajority) ?? rivals[0])?.head;
}

function forkFrom(rival: ChainMember, branch: Branch, member: ChainMember, {records}: ComparisonTools): Fork {
	const sinceBlock = forkHeight(records.pairs.get(pairKey(rival.daemon, branch.head.daemon)));
	const difficulty = compareWork(member.tip.work, rival.tip.work);
	return compact({
		other: rival.daemon,
		sinceBlock,
		difficulty,
	});
}

function compareWork(own: bigint | undefined, other: bigint | undefined): Fork['difficulty'] {
	return own === undefined || other === undefined || own === other ? undefined : own < other ? 'less' : 'more';
}

/** The daemons of a branch at one height. */
interface Level {
	readonly height: number;
	/** The one with the greatest cumulative difficulty. */
	readonly strongest: ChainMember;
	/** How many daemons are at this height or near it. */
	readonly near: number;
}

/** The heights of a branch, whose members are sorted with the strongest first. */
function levelsOf(branch: readonly ChainMember[], maxLag: number): ReadonlyMap<number, Level> {
	const levels = new Map<number, {readonly strongest: ChainMember; readonly count: number}>();
	for (const member of branch) {
		const {height} = member.tip;
		const {strongest = member, count = 0} = levels.get(height) ?? {};
		levels.set(height, {strongest, count: count + 1});
	}

	return new Map(
		[...levels].map(([height, {strongest}]) => {
			let near = 0;
			for (const [other, {count}] of levels) {
				near += Math.abs(other - height) <= maxLag ? count : 0;
			}

			return [height, {height, strongest, near}];
		}),
	);
}

/** The greatest height on the same branch that is possible for its difficulty and the time since the last block. */
function believedTip({tip: behind, blockAgeS}: ChainMember, levels: ReadonlyMap<number, Level>): number {
	const hasCompany = (levels.get(behind.height)?.near ?? 1) > 1;
	let highest = behind.height;
	for (const {height, strongest, near} of levels.values()) {
		const isAlone = near === 1 && hasCompany;
		if (height > highest && isPlausibleGap({ahead: strongest.tip, behind, blockAgeS, isAlone})) {
			highest = height;
		}
	}

	return highest;
}

/** How the chains of two daemons are related. `other_chain`: even their first blocks differ. */
export type Relation = 'same' | 'fork' | 'other_chain' | 'unknown';

/** What is known about a pair of daemons. */
export interface PairRecord {
	readonly relation: Relation;
	/** When that was last determined, in monotonic milliseconds. */
	readonly knownMs: number;
	/** The last block known to be in both chains, and the first known to differ: the fork began in between. */
	readonly lastCommon?: number;
	readonly firstDifferent?: number;
}

/** What is remembered of the daemons' chains between cycles, so that few requests are needed. */
export class ChainRecords {
	/** The first block's hash, by daemon, or `refused`. */
	readonly firstHashes = new Map<string, string>();
	readonly pairs = new Map<string, PairRecord>();
	/** Recent last blocks of each daemon. */
	readonly #lastBlocks = new Map<string, SeenBlock[]>();

	/** Records the end of a daemon's chain. */
	note(daemon: string, {height, topHash}: ChainTip, nowMs: number): void {
		if (topHash === undefined) {
			return;
		}

		const index = height - 1;
		const before = this.#lastBlocks.get(daemon) ?? [];
		if (before.at(-1)?.index === index && before.at(-1)?.hash === topHash) {
			return;
		}

		// Blocks from this index on were replaced.
		const kept = before.filter(block => block.index < index && nowMs - block.seenMs <= keptMs).slice(1 - keptBlocks);
		this.#lastBlocks.set(daemon, [...kept, {index, hash: topHash, seenMs: nowMs}]);
	}

	/** The hash of a daemon's block, if it was its last block recently. */
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

/** A block seen longer ago, in milliseconds, may have been replaced without notice. */
const keptMs = 10 * 60_000;
const keptBlocks = 20;

/** The key of a pair, in either order. */
const pairKey = (a: string, b: string): string => (a < b ? `${a} ${b}` : `${b} ${a}`);

/** The first block that differs, if it was found. */
function forkHeight(pair: PairRecord | undefined): number | undefined {
	return pair?.relation === 'fork' && pair.firstDifferent === (pair.lastCommon ?? Number.NaN) + 1
		? pair.firstDifferent
		: undefined;
}

/** The shortest time between two requests for the blocks of a pair, in milliseconds. */
const askEveryMs = 60_000;
/**
 * How long two daemons that agreed count as agreeing while they are near each other, in milliseconds: not every height of a
 * daemon is seen.
 */
const trustMs = 10 * 60_000;
/**
 * How many blocks must be on top of a compared one: two miners may find a block at the same time, and daemons that saw
 * different ones first agree again after the next block. A regtest chain has no such races.
 */
const raceDepth = 3;

/**
 * How the chains of two daemons are related. Requests hashes only if the reported data do not show it, and as few as possible.
 */
async function relateChains(a: ChainMember, b: ChainMember, tools: ComparisonTools): Promise<Relation> {
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

/** Whether the daemon that is level or ahead has the other's last block; `undefined` when it was not seen at that height. */
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
		// Hashes of earlier blocks are not available: only the last blocks can be compared.
		return {relation: high.tip.height === low.tip.height ? 'fork' : 'unknown', knownMs: nowMs};
	}

	const {lastCommon, firstDifferent = index} = before?.relation === 'fork' ? before : {};
	const range = compact({firstDifferent, lastCommon});
	// The steps so far led from the compared block to this one: the next one is as long as all of them and one more.
	const step = Math.max(1, index - firstDifferent + 1);
	return {relation: 'fork', knownMs: nowMs, ...(await findFork(range, step, [high, low], tools))};
}

type Pair = readonly [ChainMember, ChainMember];

/** Whether the first blocks are known to differ: they are requested once and remembered. */
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
 * Narrows down where two chains fork: steps of doubling length back from a block that differs, then a binary search. A search
 * that is not finished within the time of one call continues at the next comparison.
 */
async function findFork(
	{lastCommon, firstDifferent}: Range,
	firstStep: number,
	pair: Pair,
	tools: ComparisonTools,
): Promise<Range> {
	const endMs = tools.monotonicMs() + tools.timeoutMs;
	let common = lastCommon;
	let differs = firstDifferent;
	for (let step = firstStep; differs - (common ?? -1) > 1 && tools.monotonicMs() < endMs; step *= 2) {
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

	return compact({firstDifferent: differs, lastCommon: common});
}
