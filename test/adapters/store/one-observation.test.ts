import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {createResultStore} from '../../../source/adapters/store/result-store.js';
import type {Observation} from '../../../source/domain/past/node-state.js';
import {recordObservations, type Transition} from '../../../source/domain/past/transition.js';
import type {ResultStore} from '../../../source/domain/store.js';
import {moment, seen} from '../../helpers/store-fixture.js';
import {temporaryFolder} from '../../helpers/temporary-folder.js';

const changes = (transitions: readonly Transition[]) => transitions.map(({from, to}) => `${from}>${to}`);
/** The node is up and down in alternate seconds. */
const stateAt = (ms: number) => (Math.floor(ms / 1000) % 2 === 0 ? 'up' : 'down');
const seenAt = (ms: number): Observation => seen(1, stateAt(ms), moment(ms));
const expectedChanges = (seconds: number) =>
	Array.from(
		{length: seconds},
		(_, second) => `${second === 0 ? 'unknown' : stateAt(1000 * (second - 1))}>${stateAt(1000 * second)}`,
	);

test('keeps every result of a node that changes with each check, saved by a loop and by single runs beside it', async context => {
	const folder = temporaryFolder(context);
	const loop = createResultStore(folder);
	let batch: Observation[] = [];
	const all: Observation[] = [];
	for (let second = 0; second < 60; second += 1) {
		const observation = seenAt(1000 * second + 100);
		await loop.saveTransitions([observation]);
		batch.push(observation);
		const oneShot = createResultStore(folder);
		const {silent_since: silentSince, last_answer: lastAnswer} = oneShot.read().get(1) ?? {};
		const isUp = second % 2 === 0;
		assert.equal(silentSince, isUp ? undefined : moment(1000 * second + 100), `second ${second}`);
		assert.equal(lastAnswer, moment(1000 * (isUp ? second : second - 1) + (isUp ? 100 : 400)));
		const own = seenAt(1000 * second + 400);
		await oneShot.save([own]);
		all.push(observation, own);
		if (second % 5 === 4) {
			await loop.save(batch);
			batch = [];
		}
	}

	const nodeState = createResultStore(folder).read().get(1);
	const expected = recordObservations(new Map(), all).nodeStates.get(1);
	assert.deepEqual({...nodeState, recent_states: []}, {...expected, recent_states: []});
	assert.deepEqual(nodeState?.watched?.api, [[moment(100), moment(59_400)]]);
	assert.deepEqual(changes(await loop.readTransitions()), expectedChanges(60));
});

test('two loops, batches in any order and lost batches: every transition is logged once', async context => {
	let random = 20_261_126;
	const chance = (share: number): boolean => {
		random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
		return random / 2 ** 31 < share;
	};
	const folder = temporaryFolder(context);
	const loops: Array<{store: ResultStore; batch: Observation[]}> = [1, 2].map(() => ({
		store: createResultStore(folder),
		batch: [],
	}));
	for (let ms = 0; ms < 120_000; ms += 500) {
		const loop = loops[(ms / 500) % 2];
		if (!loop) {
			continue;
		}

		const observation = seenAt(ms);
		await loop.store.saveTransitions([observation]);
		loop.batch.push(observation);
		if (chance(0.1)) {
			// A kill: the batch is lost, and another process starts.
			Object.assign(loop, {store: createResultStore(folder), batch: []});
		} else if (chance(0.2)) {
			await loop.store.save(loop.batch);
			loop.batch = [];
		}
	}

	for (const {store, batch} of loops.toReversed()) {
		await store.save(batch);
	}

	const store = createResultStore(folder);
	assert.deepEqual(changes(await store.readTransitions()), expectedChanges(120));
	const {states, silent_since: silentSince, last_answer: lastAnswer, watched} = store.read().get(1) ?? {};
	assert.deepEqual(states?.api?.state, 'down');
	assert.deepEqual([silentSince, lastAnswer], [moment(119_000), moment(118_500)]);
	assert.equal(watched?.api?.length, 1);
	assert.ok((watched?.api?.[0]?.[0] ?? '') < moment(10_000));
});

test('saving a batch again adds nothing, in the same process or another', async context => {
	const folder = temporaryFolder(context);
	const store = createResultStore(folder);
	const batch = [0, 1000, 2000].map(seenAt);
	await store.save(batch);
	const before = store.read();
	assert.deepEqual(await store.save(batch), []);
	assert.deepEqual(await createResultStore(folder).save(batch.slice(2)), []);
	assert.deepEqual(createResultStore(folder).read(), before);
	assert.equal((await store.readTransitions()).length, 3);
});

test('reads files of 0.1.0 with a transition that no saved result has, and continues them', async context => {
	const folder = temporaryFolder(context);
	const record = {state: 'up', since: moment(0), last_check: moment(1000)};
	const nodes = {1: {worked: true, states: {api: record}, last_answer: moment(1000), latencies: [1, 1]}};
	const transition = {
		at: moment(2000),
		node_id: 1,
		node: 'node-1',
		method: 'api',
		from: 'up',
		to: 'down',
		message: 'x',
	};
	writeFileSync(path.join(folder, 'results.json'), JSON.stringify({schema_version: 1, transitions_bytes: 0, nodes}));
	writeFileSync(path.join(folder, 'transitions.ndjson'), `${JSON.stringify(transition)}\n`);
	const store = createResultStore(folder);
	assert.equal(store.read().get(1)?.silent_since, moment(2000));
	await store.save([seen(1, 'down', moment(3000))]);
	const {states, silent_since: silentSince, last_answer: lastAnswer} = createResultStore(folder).read().get(1) ?? {};
	assert.deepEqual(states?.api, {state: 'down', since: moment(2000), last_check: moment(3000)});
	assert.deepEqual([silentSince, lastAnswer], [moment(2000), moment(1000)]);
	assert.equal((await store.readTransitions()).length, 1);
});
