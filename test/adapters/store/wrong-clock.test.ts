import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import {type TestContext, test} from 'node:test';
import {createResultStore} from '../../../source/adapters/store/result-store.js';
import type {Observation} from '../../../source/domain/past/node-state.js';
import type {Transition} from '../../../source/domain/past/transition.js';
import {computeHistory} from '../../../source/domain/past/uptime.js';
import type {State} from '../../../source/domain/state.js';
import {apiResult, seen} from '../../helpers/store-fixture.js';
import {temporaryFolder} from '../../helpers/temporary-folder.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const noonMs = Date.parse('2026-11-26T12:00:00.000Z');
const far = Date.parse('2035-01-01T00:00:00.000Z');
const iso = (ms: number): string => new Date(ms).toISOString();
const changes = (transitions: readonly Transition[]) => transitions.map(({from, to}) => `${from}>${to}`);

/** A store with a settable clock; each look is a new process on the same files. */
function setUp(context: TestContext) {
	const folder = temporaryFolder(context);
	const clock = {ms: noonMs};
	const open = () => createResultStore(folder, () => clock.ms);
	let latencyMs = 1;
	const seenNow = (state: State): Observation => {
		latencyMs += 0.1;
		return {node: {id: 1, name: 'node-1'}, result: apiResult(state, iso(clock.ms), latencyMs)};
	};
	return {
		open,
		clock,
		seenNow,
		/** One run: a check that is saved a little later. */
		run: async (state: State) => {
			const store = open();
			const observation = seenNow(state);
			clock.ms += 30;
			return changes(await store.save([observation]));
		},
		/** A loop: a check each second, transitions saved at once, results in batches every five seconds. */
		loop: async (states: readonly State[], store = open()) => {
			const appended: string[] = [];
			for (let from = 0; from < states.length; from += 5) {
				const batch: Observation[] = [];
				for (const state of states.slice(from, from + 5)) {
					const observation = seenNow(state);
					batch.push(observation);
					appended.push(...changes(await store.saveTransitions([observation])));
					clock.ms += 1000;
				}

				appended.push(...changes(await store.save(batch)));
			}

			return appended;
		},
		past: async () => {
			const store = open();
			const [transitions, nodeState] = [await store.readTransitions(), store.read().get(1) ?? {}];
			return {
				transitions,
				nodeState,
				history: computeHistory({transitions, nodeState, method: 'api', nowMs: clock.ms}),
			};
		},
	};
}

const turns: readonly State[] = ['up', 'up', 'down', 'up', 'up', 'up', 'down', 'down', 'up', 'up'];
const turnChanges = ['up>down', 'down>up', 'up>down', 'down>up'];

for (const [what, stepMs] of [
	['two hours back', -2 * hourMs],
	['a minute back', -minuteMs],
	['two hours ahead', 2 * hourMs],
	['a month back', -30 * dayMs],
] as const) {
	test(`a clock that is set ${what} suppresses no transition, of a loop or of single runs`, async context => {
		const {clock, loop, run, open, past} = setUp(context);
		assert.deepEqual(await loop(turns), ['unknown>up', ...turnChanges]);
		const store = open();
		assert.deepEqual(await loop(turns, store), turnChanges);
		clock.ms += stepMs;
		assert.deepEqual(await loop(turns, store), turnChanges, 'the loop that saw the step');
		clock.ms -= stepMs;
		clock.ms += stepMs + 1000;
		assert.deepEqual(await loop(turns), turnChanges, 'a loop that starts after the step');
		assert.deepEqual(await run('down'), ['up>down']);
		clock.ms += 1000;
		assert.deepEqual(await run('up'), ['down>up']);
		clock.ms += 1000;
		assert.deepEqual(await run('up'), []);
		const {transitions, nodeState} = await past();
		assert.equal(transitions.length, 1 + 4 * turnChanges.length + 2, 'no transition is hidden');
		assert.deepEqual(changes(transitions.slice(-2)), ['up>down', 'down>up']);
		assert.ok(transitions.every(({at}) => Date.parse(at) <= clock.ms));
		const {states, last_answer: answered, worked_data: last} = nodeState;
		assert.equal(states?.api?.since, transitions.at(-1)?.at);
		assert.deepEqual([states?.api?.last_check, answered, last?.last_check], Array(3).fill(iso(clock.ms - 30)));
	});
}

test('a clock step within a batch loses none of its results', async context => {
	const {clock, open, seenNow, past} = setUp(context);
	const store = open();
	const batch: Observation[] = [];
	for (const state of ['up', 'down', 'down'] as const) {
		batch.push(seenNow(state));
		await store.saveTransitions(batch.slice(-1));
		clock.ms += 1000;
	}

	clock.ms -= 2 * hourMs;
	for (const state of ['down', 'up'] as const) {
		batch.push(seenNow(state));
		await store.saveTransitions(batch.slice(-1));
		clock.ms += 1000;
	}

	assert.deepEqual(await store.save(batch), []);
	const {transitions, nodeState} = await past();
	assert.deepEqual(changes(transitions), ['unknown>up', 'up>down', 'down>up']);
	assert.deepEqual(nodeState.states?.api, {state: 'up', since: iso(clock.ms - 1000), last_check: iso(clock.ms - 1000)});
	assert.deepEqual(nodeState.recent_states, ['up', 'down', 'down', 'down', 'up']);
	assert.equal(nodeState.silent_since, undefined);
});

for (const [what, count] of [
	['one run', 1],
	['an hour of runs', 60],
] as const) {
	test(`${what} by a clock of 2035 neither erases nor blocks the log`, async context => {
		const {clock, loop, run, open, past} = setUp(context);
		for (let day = 0; day < 10; day += 1) {
			await loop(turns);
			clock.ms += dayMs;
		}

		await loop(turns);
		const before = await past();
		const rightMs = clock.ms;
		clock.ms = far;
		for (let index = 0; index < count; index += 1) {
			await run(index % 2 === 0 ? 'down' : 'up');
			clock.ms += minuteMs;
		}

		clock.ms = rightMs + hourMs;
		const after = await past();
		assert.equal(after.transitions.length, before.transitions.length + count, 'no line is erased');
		assert.deepEqual(after.transitions.slice(0, -count), before.transitions);
		assert.ok(after.transitions.every(({at}) => Date.parse(at) <= clock.ms));
		assert.deepEqual(after.history.uptime['7d'].seconds.up, before.history.uptime['7d'].seconds.up);
		const last = after.nodeState.states?.api?.state ?? 'up';
		assert.deepEqual(
			await loop(turns),
			[...(last === 'up' ? [] : ['down>up']), ...turnChanges],
			'new transitions are recorded',
		);
		const {nodeState, history} = await past();
		assert.equal(nodeState.states?.api?.last_check, iso(clock.ms - 1000));
		assert.equal(
			Math.abs(history.uptime['1h'].seconds.up + history.uptime['1h'].seconds.down - 9) <= 1,
			true,
			'coverage continues',
		);
		assert.equal(open().takeNote(), undefined);
	});
}

test('prunes by the time of the log, after a long shutdown and after a month of a wrong clock', async context => {
	const {clock, loop, open} = setUp(context);
	await loop(turns);
	const count = async () => readFileSync(open().transitionsPath, 'utf8').split('\n').length - 1;
	const first = await count();
	const days = async (number: number) => {
		for (let day = 0; day < number; day += 1) {
			clock.ms += dayMs - 1000;
			await loop(['up']);
		}
	};
	clock.ms += 60 * dayMs;
	await loop(['down', 'up']);
	assert.equal(await count(), first + 2, 'after sixty days off: no line is removed yet');
	await days(29);
	assert.equal(await count(), first + 2);
	await days(3);
	assert.equal(await count(), 0, 'lines that are thirty days old are removed');
	clock.ms = far;
	await loop(['down', 'up']);
	await days(29);
	assert.equal(await count(), 2);
	await days(3);
	assert.equal(await count(), 0);
});

test('without results.json, notices from the log that the clock is too far ahead', async context => {
	const {clock, loop, open} = setUp(context);
	await loop(turns);
	const before = readFileSync(open().transitionsPath, 'utf8');
	writeFileSync(open().path, 'torn');
	clock.ms = far;
	await loop(['down']);
	await loop(['down']);
	assert.ok(readFileSync(open().transitionsPath, 'utf8').startsWith(before));
});

test('saves and removes nothing while the clock of the machine is not set', async context => {
	const {clock, loop, run, open, past} = setUp(context);
	await loop(turns);
	const [results, log] = [open().path, open().transitionsPath].map(file => readFileSync(file, 'utf8'));
	const rightMs = clock.ms;
	clock.ms = 12_000;
	const refused = {
		code: 'save_failed',
		message: `results were not saved: the clock of this machine says 1970-01-01T00:00:12.000Z (${open().path})`,
	};
	const store = open();
	const early = [seen(1, 'down', iso(clock.ms))];
	await assert.rejects(store.save(early), refused);
	await assert.rejects(store.saveTransitions(early), refused);
	assert.deepEqual([readFileSync(open().path, 'utf8'), readFileSync(open().transitionsPath, 'utf8')], [results, log]);
	clock.ms = rightMs + 1000;
	// A loop keeps what it could not save, but never saves what it saw with that clock.
	assert.deepEqual(await store.save(early), []);
	assert.deepEqual(await run('down'), ['up>down']);
	assert.equal((await past()).transitions.length, 1 + turnChanges.length + 1);
});

test('clamps times in the future when it reads results.json, in every field', async context => {
	const {clock, open} = setUp(context);
	const record = {state: 'up', since: iso(far), last_check: iso(far)};
	const details = seen(1, 'up', iso(far)).result.details;
	const nodeState = {
		worked: true,
		worked_data: details,
		states: {api: record, pid: {...record, merged_at: iso(far)}},
		watched: {
			api: [
				[iso(noonMs - hourMs), iso(noonMs - minuteMs)],
				[iso(far), iso(far)],
			],
		},
		process: {pid: 5, started_at: iso(noonMs - dayMs)},
		process_seen_at: iso(far),
		restarts: [iso(noonMs - hourMs), iso(far)],
		version: 65_561,
		version_changed: {at: iso(far), from: 65_560},
		wallet_heights: [
			{at: iso(noonMs - hourMs), height: 5},
			{at: iso(far), height: 9},
		],
		last_answer: iso(far),
		silent_since: iso(far),
	};
	writeFileSync(open().path, JSON.stringify({schema_version: 1, transitions_bytes: 0, nodes: {1: nodeState}}));
	const now = iso(clock.ms - 1);
	const clampedRecord = {state: 'up', since: now, last_check: now};
	assert.deepEqual(open().read().get(1), {
		...nodeState,
		worked_data: {...details, last_check: now},
		states: {api: clampedRecord, pid: {...clampedRecord, merged_at: now}},
		process_seen_at: now,
		restarts: [iso(noonMs - hourMs), now],
		version_changed: {at: now, from: 65_560},
		wallet_heights: [{at: iso(noonMs - hourMs), height: 5}],
		last_answer: now,
		silent_since: now,
	});
});
