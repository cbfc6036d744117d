import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {HashAnswer} from '../../source/checks/ask-daemon.js';
import {type ChainMember, ChainRecords, type ChainStanding, compareChains} from '../../source/checks/fork-detection.js';

/** How daemons are compared, by the blocks that they report and the hashes that they are asked for. */

/** A daemon's chain: its height, and from which block on it is on a branch of its own. */
interface Chain {
	readonly height: number;
	/** The name of its branch. Default: the common one. */
	readonly branch?: string;
	/** The first block of that branch. Default 0. */
	readonly since?: number;
	/** Difficulty of each block. Default 1; `undefined`: the cumulative difficulty is not reported. */
	readonly difficulty?: number | undefined;
	readonly nettype?: string | undefined;
	/** Seconds since the last block. Default: unknown. */
	readonly ageS?: number;
	/** Whether the last block's hash is not reported. */
	readonly hasNoHash?: boolean;
	/** What it answers instead of a hash: `refused`, or `undefined` for no answer. */
	readonly says?: {readonly answer: HashAnswer};
}

type Chains = Readonly<Record<string, Chain>>;

const hashAt = ({branch = 'a', since = 0}: Chain, index: number): string =>
	`${index >= since ? branch : 'a'}${index.toString(16).padStart(63, '0')}`;

function memberOf([daemon, chain]: readonly [string, Chain]): ChainMember {
	const {height, nettype = 'mainnet', ageS, hasNoHash} = chain;
	const difficulty = 'difficulty' in chain ? chain.difficulty : 1;
	return {
		daemon,
		nettype,
		blockAgeS: ageS,
		tip: {
			height,
			...(hasNoHash ? {} : {topHash: hashAt(chain, height - 1)}),
			...(difficulty === undefined ? {} : {work: BigInt(height * difficulty), difficulty: BigInt(difficulty)}),
		},
	};
}

/** Daemons that are compared again and again, and the hashes asked for since the last comparison, as `daemon index`. */
function fleet(limits: {readonly timeoutMs?: number; readonly msPerHash?: number} = {}) {
	const {timeoutMs = 3000, msPerHash = 0} = limits;
	const records = new ChainRecords();
	let asked: string[] = [];
	let elapsedMs = 1_000_000;
	const compare = async (chains: Chains, afterMs = 0) => {
		elapsedMs += afterMs;
		asked = [];
		const {standings, tips} = await compareChains(Object.entries(chains).map(memberOf), {
			monotonicMs: () => elapsedMs,
			askHash: async (daemon, index) => {
				asked.push(`${daemon} ${index}`);
				elapsedMs += msPerHash;
				const chain = chains[daemon];
				return chain === undefined ? undefined : chain.says ? chain.says.answer : hashAt(chain, index);
			},
			records,
			timeoutMs,
			maxLag: 3,
		});
		return {standings: Object.fromEntries(standings), tips: Object.fromEntries(tips)};
	};
	return {compare, records, asked: () => asked.toSorted()};
}

const compareOnce = (chains: Chains) => fleet().compare(chains);

test('daemons with the same last block agree without a question', async () => {
	const {compare, asked} = fleet();
	assert.deepEqual(await compare({a: {height: 100}, b: {height: 100}}), {
		standings: {a: {tipHeight: 100}, b: {tipHeight: 100}},
		tips: {mainnet: 100},
	});
	assert.deepEqual(asked(), []);
	assert.deepEqual(await compare({}), {standings: {}, tips: {}});
	assert.deepEqual((await compare({a: {height: 7}})).tips, {mainnet: 7});
});

test('each network is compared on its own, also one without a name', async () => {
	const {standings, tips} = await compareOnce({
		a: {height: 100},
		b: {height: 7, nettype: 'stagenet'},
		c: {height: 9, nettype: 'stagenet', ageS: 900},
	});
	assert.deepEqual(standings, {a: {tipHeight: 100}, b: {tipHeight: 9}, c: {tipHeight: 9}});
	assert.deepEqual(tips, {mainnet: 100, stagenet: 9});
	const unnamed = await compareOnce({a: {height: 100, nettype: undefined}, b: {height: 90}});
	assert.deepEqual(Object.keys(unnamed.standings), ['a', 'b']);
});

test('a daemon behind is asked for one block, three below the top of the other, or its own last one', async () => {
	const {compare, asked} = fleet();
	const ages = {ageS: 10_000};
	const {standings, tips} = await compare({a: {height: 141, ...ages}, b: {height: 100, ...ages}});
	assert.deepEqual(asked(), ['a 99']);
	assert.deepEqual(standings, {a: {tipHeight: 141}, b: {tipHeight: 141}});
	assert.deepEqual(tips, {mainnet: 141});
	const near = fleet();
	await near.compare({a: {height: 101}, b: {height: 100}});
	assert.deepEqual(near.asked(), ['a 97', 'b 97']);
	const regtest = fleet();
	await regtest.compare({a: {height: 101, nettype: 'fakechain'}, b: {height: 100, nettype: 'fakechain'}});
	assert.deepEqual(regtest.asked(), ['a 99']);
});

test('the greater height needs the time that the missing blocks take', async () => {
	const behind = async (ageS: number | undefined, more: Partial<Chain> = {}) =>
		(await compareOnce({a: {height: 110, ...more}, b: {height: 100, ...(ageS === undefined ? {} : {ageS}), ...more}}))
			.standings.b?.tipHeight;
	assert.deepEqual([await behind(149), await behind(150), await behind(undefined)], [100, 110, 110]);
	const noWork = {difficulty: undefined};
	assert.deepEqual(
		[await behind(299, noWork), await behind(300, noWork), await behind(undefined, noWork)],
		[100, 110, 110],
	);
});

test('a lone daemon far ahead of several is believed only after more time', async () => {
	const tipOf = async (ageS: number, more: Chains = {}) =>
		(await compareOnce({a: {height: 110, ageS}, b: {height: 100, ageS}, c: {height: 103, ageS}, ...more})).standings.b
			?.tipHeight;
	assert.deepEqual([await tipOf(599), await tipOf(600)], [103, 110]);
	assert.equal(await tipOf(150, {d: {height: 107, ageS: 1}}), 110, 'it is not alone');
	assert.equal(await tipOf(150, {d: {height: 106, ageS: 1}}), 106, 'four blocks away');
});

test('daemons with other blocks are a fork: since when, and which one the network follows', async () => {
	const {compare, asked} = fleet();
	const chains: Chains = {a: {height: 100, branch: 'x', since: 90}, b: {height: 100}};
	const {standings, tips} = await compare(chains);
	assert.deepEqual(standings, {
		a: {tipHeight: 100, fork: {other: 'b', sinceBlock: 90}},
		b: {tipHeight: 100, fork: {other: 'a', sinceBlock: 90}},
	});
	assert.deepEqual(tips, {}, 'neither is known to be right');
	assert.ok(asked().length < 20, asked().join());
	const heavier = await compareOnce({a: {height: 102, branch: 'x', since: 90}, b: {height: 100}});
	assert.deepEqual([heavier.standings.a?.fork?.difficulty, heavier.standings.b?.fork?.difficulty], ['more', 'less']);
	const unknown = await compareOnce({
		a: {height: 102, branch: 'x', since: 90, difficulty: undefined},
		b: {height: 100},
	});
	assert.deepEqual(unknown.standings.a?.fork, {other: 'b', sinceBlock: 90});
});

test('every place of a fork is found', async () => {
	for (const since of [1, 2, 3, 50, 63, 64, 65, 95, 96]) {
		const {standings} = await compareOnce({a: {height: 100, branch: 'x', since}, b: {height: 100}});
		assert.deepEqual(standings.a?.fork, {other: 'b', sinceBlock: since}, String(since));
	}

	for (const since of [97, 98, 99]) {
		const {standings} = await compareOnce({a: {height: 100, branch: 'x', since}, b: {height: 100}});
		assert.equal(standings.a?.fork, undefined, `${since}: two miners found a block at the same time`);
	}

	const regtest = {nettype: 'fakechain', height: 100};
	const {standings} = await compareOnce({a: {...regtest, branch: 'x', since: 99}, b: regtest});
	assert.deepEqual(standings.a?.fork, {other: 'b', sinceBlock: 99});
});

test('chains with another first block are other chains, not forks', async () => {
	const {compare, asked} = fleet();
	const chains: Chains = {a: {height: 100, branch: 'x'}, b: {height: 100}};
	assert.deepEqual(await compare(chains), {standings: {a: {tipHeight: 100}, b: {tipHeight: 100}}, tips: {}});
	assert.deepEqual(asked(), ['a 0', 'a 96', 'b 0', 'b 96']);
	await compare(chains, 60_000);
	assert.deepEqual(asked(), ['a 96', 'b 96'], 'the first blocks are remembered');
	const regtest = {nettype: 'fakechain', height: 100};
	const {standings} = await compareOnce({a: {...regtest, branch: 'x'}, b: regtest});
	assert.deepEqual(standings.a?.fork, {other: 'b'}, 'every regtest chain begins the same');
});

test('a majority is not doubted because of a few', async () => {
	const chains: Chains = {a: {height: 101, branch: 'x', since: 90}, b: {height: 100}, c: {height: 100}};
	const {standings, tips} = await compareOnce(chains);
	assert.deepEqual(standings.a?.fork, {other: 'b', sinceBlock: 90, difficulty: 'more'});
	assert.deepEqual([standings.b?.fork, standings.c?.fork], [undefined, undefined]);
	assert.deepEqual(tips, {mainnet: 100});
	const rivals = (comparison: {readonly standings: Readonly<Record<string, ChainStanding>>}): readonly string[] =>
		Object.entries(comparison.standings)
			.map(([name, {fork}]) => `${name} ${fork?.other}`)
			.toSorted();
	const half = await compareOnce({...chains, d: {height: 101, branch: 'x', since: 90}});
	assert.deepEqual(rivals(half), ['a b', 'b a', 'c a', 'd b']);
	assert.deepEqual(half.tips, {});
	const three = await compareOnce({...chains, d: {height: 102, branch: 'y', since: 80}});
	assert.deepEqual(rivals(three), ['a d', 'b d', 'c d', 'd a']);
});

test('of several branches, the strongest one is named: by difficulty, then by height, then by name', async () => {
	const other = async (chains: Chains) => (await compareOnce(chains)).standings.z?.fork?.other;
	const z = {height: 100, branch: 'z', since: 50};
	const branch = (height: number, name: string, difficulty: number | undefined = 1) => ({
		height,
		branch: name,
		since: 50,
		difficulty,
	});
	assert.equal(await other({z, a: branch(110, 'x'), b: branch(105, 'y', 2)}), 'b');
	assert.equal(await other({z, a: branch(105, 'x', 2), b: branch(110, 'y')}), 'a');
	assert.equal(await other({z, a: branch(105, 'x', undefined), b: branch(110, 'y')}), 'b', 'its difficulty is unknown');
	assert.equal(await other({z, b: branch(110, 'y'), a: branch(110, 'x')}), 'a');
});

test('a pair is asked at most once a minute, and a known agreement is kept for ten while near', async () => {
	const {compare, asked} = fleet();
	const near: Chains = {a: {height: 103}, b: {height: 100}};
	await compare(near);
	assert.deepEqual(asked(), ['a 99']);
	await compare({a: {height: 104}, b: {height: 101}}, 599_999);
	assert.deepEqual(asked(), []);
	await compare({a: {height: 204}, b: {height: 201}}, 1);
	assert.deepEqual(asked(), ['a 200'], 'ten minutes later');
	await compare({a: {height: 305}, b: {height: 301}}, 59_999);
	assert.deepEqual(asked(), [], 'not near, but asked less than a minute ago');
	await compare({a: {height: 305}, b: {height: 301}}, 1);
	assert.deepEqual(asked(), ['a 300']);
});

test('a fork that ends is noticed within a minute', async () => {
	const {compare} = fleet();
	const forked: Chains = {a: {height: 100, branch: 'x', since: 90}, b: {height: 100}};
	const forkOf = async (chains: Chains, afterMs: number) =>
		(await compare(chains, afterMs)).standings.a?.fork?.sinceBlock;
	assert.equal(await forkOf(forked, 0), 90);
	assert.equal(await forkOf({a: {height: 104, branch: 'x', since: 90}, b: {height: 104}}, 59_999), 90);
	const healed: Chains = {a: {height: 106}, b: {height: 105}};
	assert.equal(await forkOf(healed, 0), 90);
	assert.equal(await forkOf(healed, 1), undefined);
	assert.equal(await forkOf({a: {height: 110}, b: {height: 110}}, 0), undefined);
});

test('a last block that was seen at the same height shows agreement or its end at once', async () => {
	const {compare, asked} = fleet();
	await compare({a: {height: 100}, b: {height: 100}});
	assert.deepEqual((await compare({a: {height: 101}, b: {height: 100}}, 5000)).standings.b, {tipHeight: 101});
	assert.deepEqual(asked(), [], 'a had that block just before');
	await compare({a: {height: 101}, b: {height: 101, branch: 'x', since: 100}}, 5000);
	assert.deepEqual(asked(), [], 'asked less than a minute ago');
	await compare({a: {height: 101}, b: {height: 101, branch: 'x', since: 100}}, 60_000);
	assert.deepEqual(asked(), ['a 97', 'b 97']);
});

test('a block seen more than ten minutes ago may have been replaced', async () => {
	const records = new ChainRecords();
	const hash = (index: number) => `a${index.toString(16).padStart(63, '0')}`;
	const note = (height: number, nowMs: number, topHash: string | undefined = hash(height - 1)): void =>
		records.note('d', topHash === undefined ? {height} : {height, topHash}, nowMs);
	note(100, 0);
	note(101, 600_000);
	assert.deepEqual([records.hashOf('d', 99), records.hashOf('d', 100)], [hash(99), hash(100)]);
	note(102, 600_001);
	assert.deepEqual([records.hashOf('d', 99), records.hashOf('d', 100)], [undefined, hash(100)]);
	records.note('d', {height: 103}, 600_002);
	assert.equal(records.hashOf('d', 102), undefined, 'no hash');
	note(101, 600_003, 'f'.repeat(64));
	assert.deepEqual([records.hashOf('d', 100), records.hashOf('d', 101)], ['f'.repeat(64), undefined], 'replaced');
	assert.equal(records.hashOf('other', 100), undefined);
	for (let height = 200; height < 220; height += 1) {
		note(height, 700_000);
	}

	assert.deepEqual([records.hashOf('d', 199), records.hashOf('d', 218)], [hash(199), hash(218)], 'twenty are kept');
	note(220, 700_000);
	assert.deepEqual([records.hashOf('d', 199), records.hashOf('d', 200)], [undefined, hash(200)]);
});

test('a block that stays the last one keeps the time when it was first seen', () => {
	const records = new ChainRecords();
	const block = {height: 100, topHash: 'a'.repeat(64)};
	records.note('d', block, 0);
	records.note('d', block, 600_000);
	records.note('d', {height: 101, topHash: 'b'.repeat(64)}, 600_001);
	assert.equal(records.hashOf('d', 99), undefined);
});

test('without hashes of earlier blocks only the last ones are compared', async () => {
	const refused = {says: {answer: 'refused'}} as const;
	const level = await compareOnce({a: {height: 100, branch: 'x', since: 90, ...refused}, b: {height: 100}});
	assert.deepEqual(level.standings.a?.fork, {other: 'b'});
	const behind = await compareOnce({a: {height: 101, branch: 'x', since: 90, ...refused}, b: {height: 100}});
	assert.equal(behind.standings.a?.fork, undefined);
	assert.deepEqual(behind.tips, {mainnet: 101});
});

test('daemons that do not answer, or report no block, are not called a fork', async () => {
	const {compare, asked} = fleet();
	const silent: Chains = {a: {height: 100, branch: 'x', since: 90, says: {answer: undefined}}, b: {height: 100}};
	assert.equal((await compare(silent)).standings.a?.fork, undefined);
	assert.deepEqual(asked(), ['a 96', 'b 96']);
	await compare(silent, 59_999);
	assert.deepEqual(asked(), []);
	for (const hashless of ['a', 'b']) {
		const chains: Chains = {a: {height: 100, branch: 'x', since: 90}, b: {height: 100}};
		const {standings, tips} = await compareOnce({
			...chains,
			[hashless]: {...chains[hashless], height: 100, hasNoHash: true},
		});
		assert.equal(standings.a?.fork, undefined, hashless);
		assert.deepEqual(tips, {mainnet: 100});
	}

	const short = fleet();
	await short.compare({a: {height: 3, branch: 'x', since: 1}, b: {height: 3}});
	assert.deepEqual(short.asked(), [], 'a chain without three blocks on top of the first');
});

test('a known fork stays one while a daemon does not answer', async () => {
	const {compare} = fleet();
	const chains: Chains = {a: {height: 100, branch: 'x', since: 90}, b: {height: 100}};
	await compare(chains);
	const silent = {a: {height: 110, branch: 'x', since: 90, says: {answer: undefined}}, b: {height: 110}};
	assert.deepEqual((await compare(silent, 60_000)).standings.a?.fork, {other: 'b', sinceBlock: 90});
});

test('a search that does not end in time continues at the next comparison', async () => {
	const {compare, asked} = fleet({timeoutMs: 250, msPerHash: 100});
	const chains: Chains = {a: {height: 4000, branch: 'x', since: 1000}, b: {height: 4000}};
	const first = await compare(chains);
	assert.deepEqual(first.standings.a?.fork, {other: 'b'});
	const counts: number[] = [];
	let since: number | undefined;
	for (let index = 0; index < 20 && since === undefined; index += 1) {
		since = (await compare(chains, 60_000)).standings.a?.fork?.sinceBlock;
		counts.push(asked().length);
	}

	assert.equal(since, 1000);
	assert.ok(
		counts.every(count => count <= 6),
		counts.join(),
	);
	assert.ok(counts.length > 2 && counts.length < 15, String(counts.length));
});
