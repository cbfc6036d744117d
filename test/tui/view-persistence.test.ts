import assert from 'node:assert/strict';
import {type TestContext, test} from 'node:test';
import type {CheckMethod} from '../../source/domain/check-method.js';
import type {ViewStore} from '../../source/domain/store.js';
import {defaultRememberedView, type RememberedView} from '../../source/domain/view/remembered-view.js';
import {openViewPersistence, type ViewPersistenceOptions} from '../../source/tui/view-persistence.js';
import {fleetSnapshot} from '../helpers/fleet-fixture.js';
import {flushPromises} from '../helpers/flush-promises.js';
import {screenStoreFixture} from '../helpers/screen-fixture.js';

const nothingGiven = {method: false, interval: false, filter: false};

/** A screen with a remembered view, and what is saved of it. */
function openScreen(
	context: TestContext,
	remembered: Partial<RememberedView>,
	{note, fails = false, ...options}: Partial<ViewPersistenceOptions> & {note?: string; fails?: boolean} = {},
) {
	context.mock.timers.enable({apis: ['setTimeout']});
	const store = screenStoreFixture(fleetSnapshot([{name: 'a'}]));
	const saved: RememberedView[] = [];
	const notes = new Map<string, string | undefined>();
	const viewStore: ViewStore = {
		path: 'view.json',
		read: () => ({view: {...defaultRememberedView, ...remembered}, ...(note === undefined ? {} : {note})}),
		save: async view => {
			if (fails) {
				throw new Error('view.json cannot be saved: no space left on device');
			}

			saved.push(view);
		},
	};
	const change = (changes: object): void => {
		store.snapshot = {...store.snapshot, ...changes};
		store.invalidate();
	};
	const memory = openViewPersistence({
		store,
		poller: {
			getSnapshot: () => store.snapshot,
			setMethod: (method: CheckMethod) => change({method}),
			setIntervalMs: (intervalMs: number) => change({intervalMs}),
			setNote: (name, text) => void notes.set(name, text),
		},
		viewStore,
		given: nothingGiven,
		isReset: false,
		isSaved: true,
		...options,
	});
	const later = async (): Promise<void> => {
		memory.changed();
		context.mock.timers.tick(500);
		await flushPromises();
	};

	return {store, memory, saved, notes, change, later};
}

const chosen = {sort: 'lag', grouping: 'group', filter: 'hot', method: 'port', interval: '10s'} as const;

test('restores the saved view and does not save it again', async context => {
	const {store, saved, later} = openScreen(context, chosen);
	const {view, snapshot} = store.getUiState();
	assert.deepEqual([view.sort, view.grouping, view.filter], ['lag', 'group', 'hot']);
	assert.deepEqual([snapshot.method, snapshot.intervalMs], ['port', 10_000]);
	await later();
	assert.deepEqual(saved, []);
});

test('saves changes once for many keys; does not write the configured method and interval', async context => {
	const {store, saved, later, change} = openScreen(context, {});
	store.dispatch({type: 'command', command: 'sort-lag'});
	store.dispatch({type: 'command', command: 'group'});
	change({method: 'pid', intervalMs: 8000});
	await later();
	const expected = {...defaultRememberedView, sort: 'lag', grouping: 'daemon', method: 'pid', interval: '8s'};
	assert.deepEqual(saved, [expected]);
	change({method: 'api', intervalMs: 5000});
	await later();
	assert.deepEqual(saved[1], {...defaultRememberedView, sort: 'lag', grouping: 'daemon'});
});

test('saves a filter when it is applied, not while it is typed', async context => {
	const {store, saved, later} = openScreen(context, {});
	store.dispatch({type: 'command', command: 'filter'});
	store.dispatch({type: 'typed', key: 'h'});
	await later();
	assert.deepEqual(saved, []);
	store.dispatch({type: 'typed', key: 'enter'});
	await later();
	assert.deepEqual(saved, [{...defaultRememberedView, filter: 'h', filter_history: ['h']}]);
});

test('neither restores nor overwrites what the command line gives', async context => {
	const given = {method: true, interval: true, filter: true};
	const {store, saved, later} = openScreen(context, chosen, {given});
	const {view, snapshot} = store.getUiState();
	assert.deepEqual([view.sort, view.filter, snapshot.method, snapshot.intervalMs], ['lag', '', 'api', 5000]);
	store.dispatch({type: 'command', command: 'sort-name'});
	await later();
	assert.deepEqual(saved, [{...defaultRememberedView, ...chosen, sort: 'name'}]);
});

test('0 restores the default view, with the configured method and interval', async context => {
	const {store, memory, saved, later} = openScreen(context, {...chosen, filter_history: ['hot']});
	memory.reset();
	store.dispatch({type: 'command', command: 'reset-view'});
	assert.equal(store.getUiState().snapshot.method, 'api');
	assert.equal(store.getUiState().snapshot.intervalMs, 5000);
	await later();
	assert.deepEqual(saved, [{...defaultRememberedView, filter_history: ['hot']}]);
});

test('a run that starts with the default view discards the saved one', async context => {
	const {store, saved, later} = openScreen(context, chosen, {isReset: true});
	assert.equal(store.getUiState().view.sort, 'state');
	assert.equal(store.getUiState().snapshot.method, 'api');
	await later();
	assert.deepEqual(saved, [defaultRememberedView]);
});

test('a view that cannot be read or saved gives one note, and the screen continues', async context => {
	const {store, notes, later} = openScreen(context, {}, {note: 'view.json is corrupt', fails: true});
	assert.equal(notes.get('view'), 'view.json is corrupt');
	store.dispatch({type: 'command', command: 'sort-lag'});
	await later();
	assert.equal(notes.get('view'), 'view.json cannot be saved: no space left on device');
	assert.equal(store.getUiState().view.sort, 'lag');
});

test('saves unsaved changes when the screen closes, unless saving is off', async context => {
	for (const isSaved of [true, false]) {
		const {store, memory, saved} = openScreen(context, {}, {isSaved});
		store.dispatch({type: 'command', command: 'sort-lag'});
		memory.changed();
		await memory.close();
		assert.equal(saved.length, isSaved ? 1 : 0);
		context.mock.timers.reset();
	}
});
