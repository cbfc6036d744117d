import assert from 'node:assert/strict';
import {appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {createResultStore} from '../../../source/adapters/store/result-store.js';
import type {Transition} from '../../../source/domain/past/transition.js';
import type {State} from '../../../source/domain/state.js';
import {apiResult, moment, seen} from '../../helpers/store-fixture.js';
import {temporaryFolder} from '../../helpers/temporary-folder.js';

const changes = (transitions: readonly Transition[]) =>
	transitions.map(({node_id: id, from, to}) => `${id} ${from}>${to}`);
const dayMs = 24 * 60 * 60 * 1000;

function transitionAt(at: string, id: number, from: State, to: State): Transition {
	return {at, node_id: id, node: `node-${id}`, method: 'api', from, to, message: 'API check failed'};
}

function logLines(file: string): unknown[] {
	const text = readFileSync(file, 'utf8');
	assert.ok(text.endsWith('\n'));
	return text
		.trimEnd()
		.split('\n')
		.map(line => JSON.parse(line));
}

test('without files nothing is known, and reading creates nothing', async context => {
	const folder = path.join(temporaryFolder(context), 'state');
	const store = createResultStore(folder);
	assert.equal(store.read().size, 0);
	assert.equal(store.read(), store.read());
	assert.deepEqual(await store.readTransitions(), []);
	assert.equal(store.takeNote(), undefined);
	assert.equal(existsSync(folder), false);
});

test('saves results and appends transitions, in private files', async context => {
	const folder = path.join(temporaryFolder(context), 'state');
	const store = createResultStore(folder);
	assert.deepEqual(changes(await store.save([seen(1, 'up', moment(0)), seen(2, 'down', moment(1))])), [
		'1 unknown>up',
		'2 unknown>down',
	]);
	assert.deepEqual(changes(await store.save([seen(1, 'up', moment(5000)), seen(2, 'up', moment(5001))])), [
		'2 down>up',
	]);
	const expected = {
		worked: true,
		worked_data: apiResult('up', moment(5000)).details,
		states: {api: {state: 'up', since: moment(0), last_check: moment(5000)}},
		latencies: [1, 1],
		recent_states: ['up', 'up'],
	};
	for (const one of [store, createResultStore(folder)]) {
		const {worked, worked_data, states, latencies, recent_states} = one.read().get(1) ?? {};
		assert.deepEqual({worked, worked_data, states, latencies, recent_states}, expected);
	}

	assert.deepEqual(logLines(store.transitionsPath), await store.readTransitions());
	assert.deepEqual(changes(await store.readTransitions()), ['1 unknown>up', '2 unknown>down', '2 down>up']);
	assert.deepEqual(changes(await store.readTransitions({nodeId: 2})), ['2 unknown>down', '2 down>up']);
	const {transitions_bytes: bytes, schema_version: version} = JSON.parse(readFileSync(store.path, 'utf8'));
	assert.deepEqual({bytes, version}, {bytes: statSync(store.transitionsPath).size, version: 1});
	assert.deepEqual(
		[folder, store.path, store.transitionsPath].map(file => statSync(file).mode & 0o777),
		[0o700, 0o600, 0o600],
	);
	assert.deepEqual(readdirSync(folder).sort(), ['results.json', 'transitions.ndjson']);
});

test('a transition saved before its result is not saved twice', async context => {
	const folder = temporaryFolder(context);
	const store = createResultStore(folder);
	await store.save([seen(1, 'up', moment(0))]);
	const down = seen(1, 'down', moment(5000));
	const up = seen(1, 'up', moment(10_000));
	assert.deepEqual(changes(await store.saveTransitions([down])), ['1 up>down']);
	assert.equal(createResultStore(folder).read().get(1)?.states?.api?.state, 'down');
	assert.deepEqual(changes(await createResultStore(folder).saveTransitions([down])), []);
	assert.deepEqual(changes(await store.saveTransitions([up])), ['1 down>up']);
	assert.deepEqual(changes(await store.save([down, up])), []);
	assert.deepEqual(changes(await store.readTransitions()), ['1 unknown>up', '1 up>down', '1 down>up']);
	for (const one of [store, createResultStore(folder)]) {
		const {states, recent_states: recentStates} = one.read().get(1) ?? {};
		assert.deepEqual(recentStates, ['up', 'down', 'up']);
		assert.deepEqual(states, {api: {state: 'up', since: moment(10_000), last_check: moment(10_000)}});
	}
});

test('saving transitions alone does not touch results.json, and takes no lock when there are none', async context => {
	const store = createResultStore(temporaryFolder(context));
	await store.save([seen(1, 'up', moment(0))]);
	const before = readFileSync(store.path, 'utf8');
	mkdirSync(`${store.path}.lock`);
	assert.deepEqual(await store.saveTransitions([seen(1, 'up', moment(1000))]), []);
	assert.equal(readFileSync(store.path, 'utf8'), before);
});

test('two stores see what the other saved', async context => {
	const folder = temporaryFolder(context);
	const [one, other] = [createResultStore(folder), createResultStore(folder)];
	await one.save([seen(1, 'up', moment(0))]);
	assert.equal(other.read().get(1)?.states?.api?.state, 'up');
	await other.saveTransitions([seen(1, 'down', moment(5000))]);
	assert.equal(one.read().get(1)?.states?.api?.state, 'down');
	await other.save([seen(2, 'up', moment(5000))]);
	assert.deepEqual([...one.read().keys()], [1, 2]);
	assert.equal(one.read(), one.read());
});

test('a torn last line damages no later line', async context => {
	const store = createResultStore(temporaryFolder(context));
	await store.save([seen(1, 'up', moment(0))]);
	appendFileSync(store.transitionsPath, '{"at":"2026-');
	await store.save([seen(1, 'down', moment(5000))]);
	assert.deepEqual(changes(await store.readTransitions()), ['1 unknown>up', '1 up>down']);
	assert.deepEqual(changes(await createResultStore(path.dirname(store.path)).save([seen(1, 'up', moment(6000))])), [
		'1 down>up',
	]);
});

test('reads a log that was emptied or replaced by a shorter one', async context => {
	const folder = temporaryFolder(context);
	const store = createResultStore(folder);
	await store.save([seen(1, 'up', moment(0)), seen(2, 'up', moment(0))]);
	writeFileSync(store.transitionsPath, `${JSON.stringify(transitionAt(moment(5000), 1, 'up', 'down'))}\n`);
	assert.equal(store.read().get(1)?.states?.api?.state, 'down');
	assert.deepEqual(changes(await store.save([seen(1, 'down', moment(6000))])), []);
	writeFileSync(store.transitionsPath, '');
	assert.deepEqual(changes(await store.save([seen(1, 'up', moment(7000))])), ['1 down>up']);
});

for (const [what, content, reason] of [
	['torn', '{"schema_version":1,"nodes":{"1":', 'not valid JSON: unexpected end at line 1, column 34'],
	['of another shape', '{"schema_version":1,"nodes":[]}', 'unexpected structure'],
	['empty', '', 'not valid JSON: unexpected end at line 1, column 1'],
] as const) {
	test(`notes a results.json that is ${what} once, renames it at the next save and still reads the log`, async context => {
		const folder = temporaryFolder(context);
		const before = createResultStore(folder);
		await before.save([seen(1, 'down', moment(0))]);
		writeFileSync(before.path, content);

		const store = createResultStore(folder);
		assert.equal(store.read().get(1)?.states?.api?.state, 'down');
		assert.equal(store.takeNote(), `${store.path} is corrupt (${reason}); it will be renamed at the next save`);
		assert.equal(store.takeNote(), undefined);
		await store.saveTransitions([seen(1, 'up', moment(4000))]);
		assert.equal(readFileSync(store.path, 'utf8'), content);
		await store.save([seen(1, 'up', moment(5000))]);
		await store.save([seen(1, 'up', moment(6000))]);
		assert.equal(store.takeNote(), undefined);
		const aside = readdirSync(folder).filter(name => /^results\.json\.corrupt-\d{8}T\d{6}Z$/.test(name));
		assert.equal(aside.length, 1);
		assert.equal(readFileSync(path.join(folder, aside[0] ?? ''), 'utf8'), content);
		assert.deepEqual(changes(await store.readTransitions()), ['1 unknown>down', '1 down>up']);
		assert.equal(createResultStore(folder).read().get(1)?.worked, true);
	});
}

test('skips an invalid node state and keeps the others', async context => {
	const store = createResultStore(temporaryFolder(context));
	const nodes = {
		1: {worked: 'yes'},
		2: {worked: true},
		3: {states: {api: {state: 'fine'}}},
		x: {},
		4: null,
		5: {latencies: ['1']},
	};
	writeFileSync(store.path, JSON.stringify({schema_version: 1, transitions_bytes: 0, nodes}));
	assert.deepEqual(store.read(), new Map([[2, {worked: true}]]));
	assert.equal(store.takeNote(), undefined);
});

test('never writes a results.json of a newer version, nor its log', async context => {
	const folder = temporaryFolder(context);
	const store = createResultStore(folder);
	writeFileSync(store.path, '{"schema_version":2,"fleet":[]}');
	assert.equal(store.read().size, 0);
	assert.equal(store.takeNote(), `${store.path} was written by a newer xmrtop; results are not saved`);
	const refused = {
		code: 'save_failed',
		message: `${store.path} was written by a newer xmrtop; results are not saved`,
	};
	await assert.rejects(store.save([seen(1, 'up', moment(0))]), refused);
	await assert.rejects(store.saveTransitions([seen(1, 'up', moment(0))]), refused);
	assert.deepEqual(readdirSync(folder), ['results.json']);
});

test('reads only the last 30 days, oldest first, and removes older lines', async context => {
	const folder = temporaryFolder(context);
	const store = createResultStore(folder);
	const daysAgo = (days: number) => new Date(Date.now() - days * dayMs).toISOString();
	const lines = [
		transitionAt(daysAgo(40), 1, 'unknown', 'up'),
		transitionAt(daysAgo(30.5), 2, 'unknown', 'up'),
		transitionAt(daysAgo(29), 1, 'up', 'down'),
		// Two processes append within one second.
		transitionAt(daysAgo(3), 1, 'down', 'up'),
		transitionAt(daysAgo(3.0003), 2, 'up', 'down'),
	];
	writeFileSync(store.transitionsPath, lines.map(line => `${JSON.stringify(line)}\n`).join(''));
	const kept = ['1 up>down', '2 up>down', '1 down>up'];
	assert.deepEqual(changes(await store.readTransitions()), kept);
	assert.deepEqual(changes(await store.save([seen(1, 'down', moment(0))])), ['1 up>down']);
	assert.equal(logLines(store.transitionsPath).length, 4);
	assert.deepEqual(changes(await store.readTransitions()), [...kept, '1 up>down']);
	const {transitions_bytes: bytes} = JSON.parse(readFileSync(store.path, 'utf8'));
	assert.equal(bytes, statSync(store.transitionsPath).size);
	assert.deepEqual(createResultStore(folder).read().get(2)?.states?.api?.state, 'down');
});

test('drops the state of removed nodes, but not of one added in the meantime', async context => {
	const folder = temporaryFolder(context);
	const store = createResultStore(folder);
	await store.save([1, 2, 3, 4].map(id => seen(id, 'up', moment(0))));
	await store.save([], {keepOnly: new Set([1, 3])});
	assert.deepEqual([...createResultStore(folder).read().keys()], [1, 3, 4]);
});

test('reports why a folder cannot be created', async context => {
	const folder = temporaryFolder(context);
	writeFileSync(path.join(folder, 'file'), '');
	const store = createResultStore(path.join(folder, 'file', 'state'));
	await assert.rejects(store.save([seen(1, 'up', moment(0))]), {
		code: 'save_failed',
		message: `${store.path} cannot be saved: part of the path is not a folder`,
	});
});
