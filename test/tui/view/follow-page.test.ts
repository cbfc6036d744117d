import assert from 'node:assert/strict';
import {type TestContext, test} from 'node:test';
import type {FleetNode} from '../../../source/domain/fleet.js';
import {createPageFollower} from '../../../source/tui/view/follow-page.js';
import {fleetNode, fleetSnapshot} from '../../helpers/fleet-fixture.js';
import {screenStoreFixture} from '../../helpers/screen-fixture.js';

/** A table with one node that is down, and the nodes that are diagnosed. */
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

test('diagnoses a selected node that does not work once the selection stays on it', t => {
	const {diagnosed, press, rest} = openTable(t, {columns: 80, rows: 24});
	assert.deepEqual(diagnosed, []);
	press('down');
	press('up');
	assert.deepEqual(diagnosed, [undefined]);
	rest();
	assert.deepEqual(diagnosed, [undefined, 1]);
	press('down');
	rest();
	assert.deepEqual(diagnosed, [undefined, 1, undefined], 'a working node needs no advice');
});

test('with the page beside the table, diagnoses every selected node; on a low terminal none', t => {
	const wide = openTable(t, {columns: 200, rows: 60});
	wide.press('down');
	wide.rest();
	assert.deepEqual(wide.diagnosed, [2]);
	t.mock.timers.reset();
	const low = openTable(t, {columns: 80, rows: 16});
	low.rest();
	assert.deepEqual(low.diagnosed, []);
});

test('waits for the running check of a selected node, but not when its page is opened', t => {
	const {diagnosed, press, rest} = openTable(t, {columns: 80, rows: 24}, {checking: true});
	rest();
	rest();
	assert.deepEqual(diagnosed, []);
	press('open');
	assert.deepEqual(diagnosed, [1]);
});

test('paused: selecting a node runs no check, opening its page does', t => {
	const {store, diagnosed, follow, press, rest} = openTable(t, {columns: 80, rows: 24});
	store.snapshot = {...store.snapshot, paused: true};
	store.invalidate();
	follow();
	rest();
	assert.deepEqual(diagnosed, [undefined]);
	press('open');
	assert.deepEqual(diagnosed, [undefined, 1], 'opening a page requests a check');
});
