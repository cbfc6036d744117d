import assert from 'node:assert/strict';
import {type TestContext, test} from 'node:test';
import type {FleetNode} from '../../../source/domain/fleet.js';
import {createPageFollower} from '../../../source/tui/view/follow-page.js';
import {fleetNode, fleetSnapshot, screenStoreFixture} from '../../helpers/screen-fixture.js';

/** A table of which one node is down, and what is diagnosed of it. */
function openTable(t: TestContext, size: {columns: number; rows: number}, changes: Partial<FleetNode> = {}) {
	t.mock.timers.enable({apis: ['setTimeout']});
	const nodes = [
		{...fleetNode({name: 'a', state: 'down', reason: 'connection refused'}, 0), ...changes},
		fleetNode({name: 'b'}, 1),
	];
	const store = screenStoreFixture({...fleetSnapshot([]), nodes}, size);
	const diagnosed: (number | undefined)[] = [];
	const follow = createPageFollower(
		store,
		{setDiagnosed: id => void diagnosed.push(id)},
		{readTransitions: async () => []},
	);
	const press = (command: 'down' | 'up' | 'open' | 'back'): void => {
		store.dispatch({type: 'command', command});
		follow();
	};

	follow();
	return {store, diagnosed, follow, press, rest: () => t.mock.timers.tick(400)};
}

test('a selected node that does not work is diagnosed once the selection rests on it', t => {
	const {diagnosed, press, rest} = openTable(t, {columns: 80, rows: 24});
	assert.deepEqual(diagnosed, []);
	press('down');
	press('up');
	assert.deepEqual(diagnosed, [undefined]);
	rest();
	assert.deepEqual(diagnosed, [undefined, 1]);
	press('down');
	rest();
	assert.deepEqual(diagnosed, [undefined, 1, undefined], 'one that works needs no advice');
});

test('beside the table every selected node is diagnosed, on a low terminal none', t => {
	const wide = openTable(t, {columns: 200, rows: 60});
	wide.press('down');
	wide.rest();
	assert.deepEqual(wide.diagnosed, [2]);
	t.mock.timers.reset();
	const low = openTable(t, {columns: 80, rows: 16});
	low.rest();
	assert.deepEqual(low.diagnosed, []);
});

test('its own check under way is waited for, and a page that is opened is not', t => {
	const {diagnosed, press, rest} = openTable(t, {columns: 80, rows: 24}, {checking: true});
	rest();
	rest();
	assert.deepEqual(diagnosed, []);
	press('open');
	assert.deepEqual(diagnosed, [1]);
});

test('while paused nothing is checked by selecting it, until a page is opened', t => {
	const {store, diagnosed, follow, press, rest} = openTable(t, {columns: 80, rows: 24});
	store.snapshot = {...store.snapshot, paused: true};
	store.invalidate();
	follow();
	rest();
	assert.deepEqual(diagnosed, [undefined]);
	press('open');
	assert.deepEqual(diagnosed, [undefined, 1], 'a page is asked for');
});
