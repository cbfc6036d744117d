import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {Transition} from '../../source/domain/past/transition.js';
import {createFleetPast} from '../../source/tui/controller.js';
import type {ViewEvent} from '../../source/tui/view/reduce-view.js';
import {flushPromises} from '../helpers/flush-promises.js';
import {fleetNode, fleetNowMs, fleetSnapshot, screenStoreFixture} from '../helpers/screen-fixture.js';

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
