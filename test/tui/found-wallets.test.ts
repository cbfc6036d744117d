import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {FindWallets} from '../../source/domain/ports.js';
import type {NodeStore} from '../../source/domain/store.js';
import {createWalletSearch} from '../../source/tui/found-wallets.js';
import {fleetNode, fleetSnapshot, screenStoreFixture} from '../helpers/screen-fixture.js';

const wallets = [18_083, 18_084].map(port => ({
	pid: port,
	cmdline: 'monero-wallet-rpc',
	started_at: '2026-11-23T19:00:00.000Z',
	notes: [],
	obstacles: [],
	definition: {host: '127.0.0.1', port, path: '/json_rpc', available: true},
}));

/** A search beside one configured node, and the first thing it tells. */
function openSearch(findWallets: FindWallets) {
	const store = screenStoreFixture(fleetSnapshot([]));
	const {node} = fleetNode({name: 'hot-1', port: 18_083});
	const nodeStore = {read: () => ({version: 1, next_id: 2, nodes: [node]})} as unknown as NodeStore;
	const told = new Promise<void>(resolve => store.subscribe(resolve));
	return {store, told, search: createWalletSearch({store, nodeStore, findWallets})};
}

test('a search begins after the frame, runs once at a time, and leaves out what is a node already', async () => {
	let asked = 0;
	const {store, told, search} = openSearch(async () => {
		asked += 1;
		return {found: wallets, unreadable: []};
	});
	search();
	search();
	assert.equal(asked, 0);
	await told;
	assert.equal(asked, 1);
	assert.deepEqual(
		store.getScene().found?.map(({name}) => name),
		['port-18084'],
	);
});

test('a search that fails is not spoken of, and can be asked again', async () => {
	let asked = 0;
	const {store, told, search} = openSearch(async () => {
		asked += 1;
		if (asked === 1) {
			throw new Error('no process table');
		}

		return {found: [], unreadable: []};
	});
	search();
	while (asked === 0) {
		await new Promise(setImmediate);
	}

	await new Promise(setImmediate);
	assert.equal(store.getScene().found, undefined);
	search();
	await told;
	assert.deepEqual(store.getScene().found, []);
});
