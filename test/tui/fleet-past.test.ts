import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {Transition} from '../../source/domain/past/transition.js';
import {createFleetPast} from '../../source/tui/controller.js';
import type {ViewEvent} from '../../source/tui/view/reduce-view.js';
import {fakeTime} from '../helpers/fake-time.js';
import {fleetNode, fleetNowMs, fleetSnapshot} from '../helpers/fleet-fixture.js';
import {flushPromises} from '../helpers/flush-promises.js';
import {screenStoreFixture} from '../helpers/screen-fixture.js';

const hourMs = 3_600_000;
const agoText = (hours: number): string => new Date(fleetNowMs - hours * hourMs).toISOString();

/** A fleet of one node that was down for one of its four watched hours. */
function openPast(changes: Parameters<typeof fleetSnapshot>[1] = {}) {
	const node = fleetNode({name: 'hot-1', forMs: hourMs});
	const nodeState = {...node.nodeState, watched: {api: [[agoText(4), agoText(0)]] as const}};
	const store = screenStoreFixture({...fleetSnapshot([], changes), nodes: [{...node, nodeState}]});
	const change = {node_id: 1, node: 'hot-1', method: 'api', message: ''} as const;
	const transitions: readonly Transition[] = [
		{...change, at: agoText(2), from: 'up', to: 'down'},
		{...change, at: agoText(1), from: 'down', to: 'up'},
	];
	let reads = 0;
	const changed = createFleetPast({
		store,
		resultStore: {
			readTransitions: async () => {
				reads += 1;
				return transitions;
			},
		},
		nowMs: () => store.nowMs,
	});
	const after = async (...events: readonly ViewEvent[]): Promise<number | undefined> => {
		for (const event of events) {
			store.dispatch(event);
		}

		changed();
		await flushPromises();
		return store.getUiState().listed.all[0]?.row.uptimePercent;
	};

	return {after, reads: () => reads};
}

const sorted: ViewEvent = {type: 'command', command: 'sort-uptime'};

test('reads the past of the fleet only once it is sorted by uptime, and not at every change', async () => {
	const {after, reads} = openPast();
	assert.equal(await after(), undefined);
	assert.equal(reads(), 0);
	assert.equal(await after(sorted), 75);
	assert.equal(await after(), 75);
	assert.equal(reads(), 1);
});

test('reads it for a filter by uptime too', async () => {
	const typed = [...'uptime<90'].map((key): ViewEvent => ({type: 'typed', key}));
	assert.equal(await openPast().after({type: 'command', command: 'filter'}, ...typed), 75);
});

test('shows the uptime of the recorded method while another method is shown', async () => {
	assert.equal(await openPast({method: 'port', recordedMethod: 'api'}).after(sorted), 75);
});

/** A fleet with its panel visible, whose log is read as slowly as the test says. */
function openSlowPast(readTransitions: () => Promise<readonly Transition[]>) {
	const store = screenStoreFixture(fleetSnapshot([]), {columns: 200, rows: 60});
	const changed = createFleetPast({store, resultStore: {readTransitions}, nowMs: () => store.nowMs});
	let changes = 0;
	/** Another state of the node, after `ms`. */
	const changeAfter = async (ms: number): Promise<void> => {
		changes += 1;
		store.nowMs += ms;
		store.snapshot = fleetSnapshot([{name: 'hot-1', state: changes % 2 === 0 ? 'up' : 'down'}]);
		store.invalidate();
		changed();
		await flushPromises();
	};

	return {store, changeAfter};
}

test('does not read the past of the fleet again while a read runs, nor sooner than four times its duration', async context => {
	const {standStill} = fakeTime(context);
	const ending: Array<() => void> = [];
	let reads = 0;
	const {changeAfter} = openSlowPast(async () => {
		reads += 1;
		await new Promise<void>(resolve => ending.push(resolve));
		return [];
	});
	const changeLater = async (ms: number): Promise<void> => {
		standStill(ms);
		await changeAfter(ms);
	};

	await changeAfter(0);
	assert.equal(reads, 1);
	await changeLater(3000);
	await changeLater(20_000);
	assert.equal(reads, 1, 'a read is running');
	ending.shift()?.();
	await flushPromises();
	await changeLater(91_000);
	assert.equal(reads, 1, 'the read took 23 s');
	await changeLater(1000);
	assert.equal(reads, 2);
	ending.shift()?.();
	await flushPromises();
	await changeLater(2000);
	assert.equal(reads, 3, 'the second read took no time');
});

test('reads the past of the fleet again after a read that failed', async context => {
	fakeTime(context);
	let reads = 0;
	const {changeAfter} = openSlowPast(async () => {
		reads += 1;
		throw new Error('broken');
	});
	await changeAfter(0);
	await changeAfter(2000);
	assert.equal(reads, 2);
});

test('reads the past of the fleet again after the clock was set back', async context => {
	const {standStill} = fakeTime(context);
	let reads = 0;
	const {changeAfter} = openSlowPast(async () => {
		reads += 1;
		return [];
	});
	await changeAfter(0);
	standStill(1000);
	await changeAfter(-7_200_000);
	assert.equal(reads, 2);
});
