import assert from 'node:assert/strict';
import test, {type TestContext} from 'node:test';
import {ChainRecords, compareChains} from '../../source/checks/fork-detection.js';
import type {Node} from '../../source/domain/node/node.js';
import {checkerWith, nodeAt} from '../helpers/check-node.js';
import {
	chainScript,
	daemonScript,
	type Script,
	scriptedHash,
	startScripted,
	walletScript,
} from '../helpers/scripted-server.js';

const mainnet = {nettype: 'mainnet', offline: false, outgoing_connections_count: 8};
const unknownMethod = {error: {code: -32_601, message: 'Method not found'}};

interface ChainOptions {
	/** The name of a chain that differs from block `since` on. */
	readonly branch?: string;
	readonly since?: number;
	/** Seconds since the last block. */
	readonly ageS?: number;
	/** Further fields of `get_info`. */
	readonly info?: Readonly<Record<string, unknown>>;
}

/** A mainnet daemon with a chain of this height. */
function mainnetScript(height: number, {ageS = 60, info = {}, ...branch}: ChainOptions = {}): Script {
	const chain = chainScript(height, branch);
	return {
		...daemonScript({...mainnet, ...chain.info, ...info}),
		...chain.headers,
		get_last_block_header: () => ({result: {block_header: {timestamp: Math.floor(Date.now() / 1000) - ageS}}}),
	};
}

/** One wallet for each daemon, at the same height, checked cycle by cycle. */
async function fleetOf(t: TestContext, scripts: readonly Script[], settings = {}) {
	const daemons = await Promise.all(scripts.map(script => startScripted(t, script)));
	const addresses = daemons.map(({port}) => `127.0.0.1:${port}`);
	const nodes: Node[] = [];
	for (const [index, script] of scripts.entries()) {
		const height = () => (script.get_info as {result: {height: number}}).result.height;
		const wallet = await startScripted(t, {...walletScript(0), get_height: () => ({result: {height: height()}})});
		nodes.push(nodeAt(wallet.port, {id: index + 1, daemon: addresses[index] ?? ''}));
	}

	const clock = {passedMs: 0};
	const checker = checkerWith({settings, ports: {monotonicMs: () => performance.now() + clock.passedMs}});
	const check = async () => {
		const cycle = checker.openCycle(nodes);
		const results = await Promise.all(nodes.map(node => checker.check(node, 'api', cycle)));
		return results.map(({details}) => details);
	};

	const headerCalls = () =>
		daemons.map(({asked}) => asked.filter(method => method === 'get_block_header_by_height').length);
	return {addresses, daemons, check, headerCalls, clock};
}

const statesOf = (list: ReadonlyArray<{readonly state: string}>) => list.map(({state}) => state);

test('does not compare two coins with the same network name; asks for their first blocks once', async t => {
	const fleet = await fleetOf(t, [mainnetScript(3_000_000), mainnetScript(700_000, {branch: 'c'})]);
	for (let cycle = 1; cycle <= 3; cycle += 1) {
		const details = await fleet.check();
		assert.deepEqual(statesOf(details), ['up', 'up'], JSON.stringify(details));
		assert.deepEqual(
			details.map(({daemon_lag}) => daemon_lag),
			[0, 0],
		);
		fleet.clock.passedMs += 61_000;
	}

	// One block is compared per minute; the first block was requested in the first one.
	assert.deepEqual(fleet.headerCalls(), [4, 1]);
});

test('ignores the target above a synchronized daemon, and takes it as the lag of one that is not', async t => {
	const lied = await fleetOf(t, [mainnetScript(3_000_000, {info: {target_height: 9_000_000}})]);
	assert.deepEqual(statesOf(await lied.check()), ['up']);
	const syncing = {target_height: 3_000_041, synchronized: false};
	const [details] = await (await fleetOf(t, [mainnetScript(3_000_000, {info: syncing})])).check();
	assert.equal(details?.daemon_lag, 41);
});

test('a fork at one height: both are degraded and named, with its first block, found once by few calls', async t => {
	const fleet = await fleetOf(t, [mainnetScript(3000), mainnetScript(3000, {branch: 'b', since: 2983})]);
	const details = await fleet.check();
	const [a, b] = fleet.addresses;
	assert.deepEqual(
		details.map(({state, reason, caused_by, daemon_lag}) => [state, reason, caused_by, daemon_lag]),
		[
			['degraded', `daemon ${a} has different blocks from daemon ${b} since block 2,983: suspected fork`, a, 0],
			['degraded', `daemon ${b} has different blocks from daemon ${a} since block 2,983: suspected fork`, b, 0],
		],
	);
	assert.match(details[0]?.daemon_fault ?? '', /^has different blocks from daemon .* suspected fork$/);
	const calls = fleet.headerCalls();
	assert.ok(
		calls.every(count => count <= 12),
		String(calls),
	);
	for (const [cycles, more] of [
		[5, 0],
		[1, 1],
	] as const) {
		for (let cycle = 1; cycle <= cycles; cycle += 1) {
			assert.deepEqual(statesOf(await fleet.check()), ['degraded', 'degraded']);
		}

		assert.deepEqual(
			fleet.headerCalls(),
			calls.map(count => count + more),
		);
		fleet.clock.passedMs += 61_000;
	}
});

test('a fork at different heights is not called lag, and the reason says which has less difficulty', async t => {
	const fleet = await fleetOf(t, [mainnetScript(3020), mainnetScript(3000, {branch: 'b', since: 2990, ageS: 3000})]);
	const details = await fleet.check();
	const [a, b] = fleet.addresses;
	assert.deepEqual(
		details.map(({reason}) => reason),
		[
			`daemon ${a} has different blocks from daemon ${b} since block 2,990: suspected fork, with more cumulative difficulty`,
			`daemon ${b} has different blocks from daemon ${a} since block 2,990: suspected fork, with less cumulative difficulty`,
		],
	);
});

test('a fork that is over ends at once; where two daemons agree, only the third is degraded', async t => {
	const odd = mainnetScript(3001, {branch: 'b', since: 2990});
	const fleet = await fleetOf(t, [mainnetScript(3000), mainnetScript(3000), odd]);
	const details = await fleet.check();
	const [a, , c] = fleet.addresses;
	assert.deepEqual(statesOf(details), ['up', 'up', 'degraded']);
	assert.match(
		details[2]?.reason ?? '',
		new RegExp(`^daemon ${c} has different blocks from daemon 127.0.0.1:\\d+ since block 2,990`),
	);
	assert.ok(a);
	Object.assign(odd, mainnetScript(3000));
	assert.deepEqual(statesOf(await fleet.check()), ['up', 'up', 'up']);
});

test('two last blocks found at the same time are not a fork: two calls, and no more for a minute', async t => {
	const fleet = await fleetOf(t, [mainnetScript(3000), mainnetScript(3000, {branch: 'b', since: 2999})]);
	for (let cycle = 1; cycle <= 4; cycle += 1) {
		assert.deepEqual(statesOf(await fleet.check()), ['up', 'up']);
		assert.deepEqual(fleet.headerCalls(), [1, 1]);
	}
});

test('compares daemons that return no old blocks by their last ones; no answer is no evidence', async t => {
	const scripts = [mainnetScript(3000), mainnetScript(3000, {branch: 'b'})];
	const refusing = scripts.map(script => ({...script, get_block_header_by_height: unknownMethod}));
	const fleet = await fleetOf(t, refusing);
	const details = await fleet.check();
	const [a, b] = fleet.addresses;
	assert.deepEqual(
		details.map(({reason}) => reason),
		[
			`daemon ${a} has different blocks from daemon ${b}: suspected fork`,
			`daemon ${b} has different blocks from daemon ${a}: suspected fork`,
		],
	);
	const silent = scripts.map(script => ({...script, get_block_header_by_height: undefined}));
	assert.deepEqual(statesOf(await (await fleetOf(t, silent, {timeout: '300ms'})).check()), ['up', 'up']);
});

test('believes a greater height only with the difficulty and time it needs', async t => {
	const rows: ReadonlyArray<readonly [string, Script, Script, number]> = [
		['the same difficulty', mainnetScript(3000), mainnetScript(3500, {info: {wide_cumulative_difficulty: '0xbb8'}}), 0],
		['less difficulty', mainnetScript(3000), mainnetScript(3500, {info: {wide_cumulative_difficulty: '0xb00'}}), 0],
		['blocks of almost none', mainnetScript(3000, {info: {wide_difficulty: '0xffff'}}), mainnetScript(3500), 0],
		['500 blocks in a minute', mainnetScript(3000), mainnetScript(3500), 0],
		['500 blocks in a day', mainnetScript(3000, {ageS: 86_400}), mainnetScript(3500), 500],
		['still reading', mainnetScript(3000, {info: {synchronized: false}}), mainnetScript(3500), 500],
	];
	for (const [name, low, high, lag] of rows) {
		const fleet = await fleetOf(t, [low, high], {block_age: '48h'});
		assert.deepEqual(
			(await fleet.check()).map(({daemon_lag}) => daemon_lag),
			[lag, 0],
			name,
		);
	}
});

test('does not believe one daemon far above several that agree, unless those had no block for as long', async t => {
	const at = (ageS: number) => [3000, 3000, 3001].map(height => mainnetScript(height, {ageS}));
	const lone = mainnetScript(3060);
	const fresh = await fleetOf(t, [...at(1200), lone]);
	assert.deepEqual(statesOf(await fresh.check()), ['up', 'up', 'up', 'up']);
	const stuck = await fleetOf(t, [...at(7200), lone], {block_age: '12h'});
	assert.deepEqual(
		(await stuck.check()).map(({daemon_lag}) => daemon_lag),
		[60, 60, 59, 0],
	);
});

test('a healthy fleet needs no extra calls: level, one block late, and over many blocks', async t => {
	const scripts = [mainnetScript(3000), mainnetScript(3000), mainnetScript(3000)];
	const fleet = await fleetOf(t, scripts);
	const heights = [
		[3000, 3000, 3000],
		[3001, 3000, 3001],
		[3001, 3001, 3001],
		[3002, 3001, 3001],
		[3002, 3002, 3002],
		[3003, 3003, 3002],
		[3004, 3003, 3004],
	];
	for (const row of heights) {
		for (const [index, height] of row.entries()) {
			Object.assign(scripts[index] ?? {}, mainnetScript(height));
		}

		assert.deepEqual(statesOf(await fleet.check()), ['up', 'up', 'up'], String(row));
		fleet.clock.passedMs += 61_000;
	}

	for (const {asked} of fleet.daemons) {
		assert.deepEqual([...new Set(asked)].sort(), ['get_info', 'get_last_block_header']);
		assert.equal(asked.filter(method => method === 'get_info').length, heights.length);
	}
});

test('never compares different network names; regtest daemons mined apart are a fork', async t => {
	const other = await fleetOf(t, [
		mainnetScript(3000),
		mainnetScript(9000, {info: {nettype: 'stagenet'}, branch: 'c'}),
	]);
	assert.deepEqual(statesOf(await other.check()), ['up', 'up']);
	assert.deepEqual(other.headerCalls(), [0, 0]);
	const regtest = (height: number, branch: string) => {
		const chain = chainScript(height, {branch, since: 1});
		return {...daemonScript({...chain.info}), ...chain.headers};
	};
	const apart = await fleetOf(t, [regtest(3, 'b'), regtest(3, 'c')]);
	const details = await apart.check();
	assert.deepEqual(statesOf(details), ['degraded', 'degraded']);
	assert.match(details[0]?.reason ?? '', /since block 1: suspected fork$/);
	assert.deepEqual(statesOf(await (await fleetOf(t, [regtest(1, 'b'), regtest(1, 'c')])).check()), ['up', 'up']);
	assert.equal(scriptedHash(1).length, 64);
});

test('compares a thousand daemons at a few heights quickly', async () => {
	const members = Array.from({length: 1000}, (_, index) => {
		const height = 3000 + (index % 5);
		const tip = {height, topHash: scriptedHash(height - 1), work: BigInt(height), difficulty: 1n};
		return {daemon: `d${index}:18081`, nettype: 'mainnet', tip, blockAgeS: 3600};
	});
	const asked = new Set<string>();
	const askHash = async (daemon: string, index: number) => {
		asked.add(daemon);
		return scriptedHash(index);
	};
	const monotonicMs = () => performance.now();
	const tools = {monotonicMs, askHash, records: new ChainRecords(), timeoutMs: 3000, maxLag: 3};
	const startedMs = performance.now();
	const {standings, tips} = await compareChains(members, tools);
	assert.ok(performance.now() - startedMs < 3000, `${performance.now() - startedMs} ms`);
	assert.equal(tips.get('mainnet'), 3004);
	assert.deepEqual([...new Set([...standings.values()].map(({tipHeight}) => tipHeight))], [3004]);
	assert.ok(asked.size > 0);
});
