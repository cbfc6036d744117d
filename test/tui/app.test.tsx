import assert from 'node:assert/strict';
import {EventEmitter} from 'node:events';
import {type TestContext, test} from 'node:test';
import {stripVTControlCharacters} from 'node:util';
import {render} from 'ink';
import {App} from '../../source/tui/app.js';
import {createChangedCells} from '../../source/tui/terminal/changed-cells.js';
import {fleetSnapshot, fortyNodes, type ScreenStoreFixture, screenStoreFixture} from '../helpers/screen-fixture.js';
import {screenText} from '../helpers/screen-text.js';

/** A terminal that keeps what is written to it, and can be slow. */
class Output extends EventEmitter {
	readonly written: string[] = [];
	writableNeedDrain = false;
	columns: number;
	rows: number;

	constructor({columns, rows}: {readonly columns: number; readonly rows: number}) {
		super();
		this.columns = columns;
		this.rows = rows;
	}

	write(bytes: string): boolean {
		this.written.push(bytes);
		return !this.writableNeedDrain;
	}
}

/** A keyboard that nobody uses. */
const keyboard = () =>
	Object.assign(new EventEmitter(), {
		isTTY: true,
		read: () => null,
		setRawMode: () => {},
		setEncoding: () => {},
		ref: () => {},
		unref: () => {},
	}) as unknown as NodeJS.ReadStream;

function openApp(t: TestContext, store: ScreenStoreFixture) {
	const output = new Output(store.size);
	const cells = createChangedCells(output);
	const nothing = (): void => {};
	const app = render(<App store={store} onKeys={nothing} onResize={nothing} onMount={nothing} />, {
		stdout: cells.stdout,
		stdin: keyboard(),
		interactive: true,
		debug: true,
		patchConsole: false,
	});
	t.after(() => app.unmount());
	const settled = async (): Promise<void> => {
		Object.assign(output, store.size);
		store.invalidate();
		store.notify();
		await new Promise(setImmediate);
	};

	return {output, cells, settled};
}

const plain = (frame: string): string =>
	stripVTControlCharacters(frame)
		.split('\n')
		.map(line => line.trimEnd())
		.join('\n');

test('a frame is the lines of the screen, whatever characters are in them', async t => {
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

test('nothing is written when nothing that is seen has changed', async t => {
	const store = screenStoreFixture(fleetSnapshot(fortyNodes));
	const {output, settled} = openApp(t, store);
	await settled();
	const before = output.written.length;
	store.snapshot = {...store.snapshot};
	await settled();
	// A node far below the window.
	store.snapshot = {...store.snapshot, nodes: store.snapshot.nodes.map(node => ({...node, checking: true}))};
	await settled();
	assert.equal(output.written.length, before);
});

test('while the terminal is slower than the news, frames in between are left out', async t => {
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
