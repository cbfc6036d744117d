import assert from 'node:assert/strict';
import {type TestContext, test} from 'node:test';
import {stripVTControlCharacters} from 'node:util';
import {drawApp, KeepingTerminal} from '../helpers/drawn-app.js';
import {fleetSnapshot, fortyNodes} from '../helpers/fleet-fixture.js';
import {type ScreenStoreFixture, screenStoreFixture} from '../helpers/screen-fixture.js';
import {screenText} from '../helpers/screen-text.js';

function openApp(t: TestContext, store: ScreenStoreFixture) {
	const output = new KeepingTerminal(store.size);
	const {cells, settled, unmount} = drawApp(store, output);
	t.after(unmount);
	return {
		output,
		cells,
		settled: async (): Promise<void> => {
			Object.assign(output, store.size);
			await settled();
		},
	};
}

const plain = (frame: string): string =>
	stripVTControlCharacters(frame)
		.split('\n')
		.map(line => line.trimEnd())
		.join('\n');

test('draws exactly the lines of the screen, with any characters', async t => {
	const store = screenStoreFixture(
		fleetSnapshot([...fortyNodes, {name: 'odd', reason: '日本語 🙂 e\u0301', state: 'down'}]),
	);
	const {cells, settled} = openApp(t, store);
	await settled();
	assert.match(screenText(store), /日本語 🙂 e\u0301/);
	assert.equal(plain(cells.lastFrame()), screenText(store));
	store.size = {columns: 120, rows: 40};
	await settled();
	assert.equal(plain(cells.lastFrame()), screenText(store));
	assert.equal(cells.lastFrame().split('\n').length, 39);
});

test('writes nothing when nothing visible has changed', async t => {
	const store = screenStoreFixture(fleetSnapshot(fortyNodes));
	const {output, settled} = openApp(t, store);
	await settled();
	const before = output.written.length;
	store.snapshot = {...store.snapshot};
	await settled();
	// A node far below the visible rows.
	store.snapshot = {...store.snapshot, nodes: store.snapshot.nodes.map(node => ({...node, checking: true}))};
	await settled();
	assert.equal(output.written.length, before);
});

test('skips frames while the terminal is slower than the changes', async t => {
	const store = screenStoreFixture(fleetSnapshot(fortyNodes));
	const {output, settled} = openApp(t, store);
	await settled();
	const before = output.written.length;
	output.writableNeedDrain = true;
	for (let second = 1; second <= 5; second++) {
		store.nowMs += 1000;
		await settled();
	}

	assert.equal(output.written.length, before + 1);
	output.writableNeedDrain = false;
	output.emit('drain');
	assert.equal(output.written.length, before + 2);
	assert.match(output.written.at(-1) ?? '', /6/);
});
