import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {FleetNode} from '../../source/domain/fleet.js';
import {createEffects} from '../../source/tui/effects.js';
import type {NodeDialogs} from '../../source/tui/view/node-dialogs.js';
import {fleetNode, fleetSnapshot} from '../helpers/fleet-fixture.js';
import {screenStoreFixture} from '../helpers/screen-fixture.js';

/** Sends the keys that request checks. @returns the notices and actions */
function press(command: 'check-node' | 'check-all', nodes: readonly FleetNode[], isRemote: boolean): readonly string[] {
	const done: string[] = [];
	const poller = {
		checkNow: async () => {},
		setMethod: () => {},
		setIntervalMs: () => {},
		setPaused: () => {},
	};
	const effects = createEffects(
		{
			store: screenStoreFixture({...fleetSnapshot([]), nodes}, {isRemote}),
			poller,
			actions: {openMenu: () => {}, choose: () => {}},
			copy: async () => '',
			save: async () => '',
			search: () => void done.push('searched'),
			wallets: {addSelected: () => {}, addAll: () => {}},
			resetView: () => {},
			redraw: () => {},
			quit: () => {},
		},
		{notice: (text: string) => void done.push(text)} as unknown as NodeDialogs,
	);
	effects[command]?.();
	return done;
}

test('runs requested checks; without a node, searches for wallets on this machine', () => {
	const node = fleetNode({name: 'hot-1'});
	assert.deepEqual(press('check-node', [node], false), ['checking hot-1']);
	assert.deepEqual(press('check-all', [node], false), ['checking all nodes']);
	assert.deepEqual(press('check-all', [], false), ['searched', 'searching for wallets on this machine']);
});

test('with remote hosts, names the hosts that are asked and does not search this machine', () => {
	const node = {...fleetNode({name: 'db1/hot-1'}), origin: {host: 'db1', url: 'http://db1:1', name: 'hot-1'}};
	assert.deepEqual(press('check-node', [node], true), ['requesting new results from db1']);
	assert.deepEqual(press('check-all', [node], true), ['requesting new results from the http hosts']);
	assert.deepEqual(press('check-all', [], true), ['requesting new results from the http hosts']);
});
