import type {Ports} from '../domain/ports.js';
import {type ChainTip, isPlausibleGap} from '../domain/rpc/chain-tip.js';
import type {AskHash} from './ask-hash.js';
import {type ChainRecords, forkPoint, pairKey} from './chain-records.js';
import {relate} from './chain-relation.js';

/** A daemon that told the end of its chain in this cycle. */
export interface ChainMember {
	/** The short form of the address. */
	readonly daemon: string;
	readonly nettype: string | undefined;
	readonly tip: ChainTip;
	/** Seconds since its last block; absent when not known. */
	readonly blockAgeS: number | undefined;
}

/** How a daemon stands among those of its network. */
export interface Standing {
	/** The height of the highest daemon on the same chain that may be believed, its own at least. */
	readonly tipHeight: number;
	/** Present when its blocks are not those of others. */
	readonly fork?: Fork;
}

/** Two daemons of one network with different blocks. */
export interface Fork {
	/** The other daemon. */
	readonly other: string;
	/** The number of the first block that differs, once it was found. */
	readonly sinceBlock?: number;
	/** How the cumulative difficulty compares with the other's; absent when not known or equal. */
	readonly difficulty?: 'less' | 'more';
}

/** What a comparison needs besides the daemons. */
export interface ComparisonTools {
	readonly monotonicMs: Ports['monotonicMs'];
	/** Asks for the hash of a block. */
	readonly askHash: AskHash;
	readonly records: ChainRecords;
	/** Bounds the search for where a fork began, in milliseconds. */
	readonly timeoutMs: number;
	/** Blocks a daemon may be behind. */
	readonly maxLag: number;
}

/** Daemons that have the same blocks, as far as is known. */
interface Branch {
	readonly head: ChainMember;
	readonly members: ChainMember[];
	/** The heads of stronger branches that its head is known to be forked from. */
	readonly rivals: readonly ChainMember[];
}

/** What a comparison found. */
export interface ChainComparison {
	/** By daemon. */
	readonly standings: ReadonlyMap<string, Standing>;
	/** The greatest height that may be believed, by network type; absent where the daemons of a network have different chains. */
	readonly tips: ReadonlyMap<string | undefined, number>;
}

/** Compares the daemons of each network: who is behind whom, and who has other blocks. Asks only where what they told disagrees. */
export async function compareChains(members: readonly ChainMember[], tools: ComparisonTools): Promise<ChainComparison> {
	const nowMs = tools.monotonicMs();
	const networks = new Map<string | undefined, ChainMember[]>();
	for (const member of members) {
		tools.records.note(member.daemon, member.tip, nowMs);
		const network = networks.get(member.nettype) ?? [];
		network.push(member);
		networks.set(member.nettype, network);
	}

	const standings = new Map<string, Standing>();
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

/** @returns whether no other branch speaks against this one */
function addStandings(
	branch: Branch,
	{branches, tools, standings}: {branches: readonly Branch[]; tools: ComparisonTools; standings: Map<string, Standing>},
): boolean {
	const rival = rivalOf(branch, branches);
	const levels = levelsOf(branch.members, tools.maxLag);
	for (const member of branch.members) {
		const tipHeight = believedTip(member, levels);
		const fork = rival && forkFrom(rival, branch, member, tools);
		standings.set(member.daemon, {tipHeight, ...(fork ? {fork} : {})});
	}

	return rival === undefined;
}

/** Divides a network into branches. The strongest daemon that is left is compared with all others that are, at once. */
async function branchesOf(network: readonly ChainMember[], tools: ComparisonTools): Promise<Branch[]> {
	const branches: Branch[] = [];
	const rivalsOf = new Map<ChainMember, ChainMember[]>(network.map(member => [member, []]));
	let left = [...network].sort(byStrength);
	for (let head = left[0]; head; head = left[0]) {
		const members = [head];
		const others: ChainMember[] = [];
		const relations = await Promise.all(
			left.slice(1).map(async other => [other, await relate(head, other, tools)] as const),
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

/** The branch that speaks against this one. Most of the daemons together, and never one alone, are not in doubt because of a few. */
function rivalOf(branch: Branch, branches: readonly Branch[]): ChainMember | undefined {
	const rivals = branches.filter(({head, rivals}) => branch.rivals.includes(head) || rivals.includes(branch.head));
	const count = rivals.reduce((sum, {members}) => sum + members.length, branch.members.length);
	const isMajority = ({members}: Branch): boolean => members.length > 1 && members.length * 2 > count;
	return rivals.length === 0 || isMajority(branch) ? undefined : (rivals.find(isMajority) ?? rivals[0])?.head;
}

function forkFrom(rival: ChainMember, branch: Branch, member: ChainMember, {records}: ComparisonTools): Fork {
	const sinceBlock = forkPoint(records.pairs.get(pairKey(rival.daemon, branch.head.daemon)));
	const difficulty = compareWork(member.tip.work, rival.tip.work);
	return {
		other: rival.daemon,
		...(sinceBlock === undefined ? {} : {sinceBlock}),
		...(difficulty === undefined ? {} : {difficulty}),
	};
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

/** The heights of a branch. Its members come with the strongest first. */
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

/** The greatest height on the same branch that its difficulty and the time since the last block allow. */
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
