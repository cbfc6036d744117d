import assert from 'node:assert/strict';
import {EventEmitter} from 'node:events';
import {type TestContext, test} from 'node:test';
import {stripVTControlCharacters} from 'node:util';
import {render} from 'ink';
import {App} from '../../source/tui/app.js';
import {screenLines} from '../../source/tui/lines/screen-lines.js';
import {createFrameStream} from '../../source/tui/terminal/frame-stream.js';
import {createLineBox} from '../../source/tui/terminal/line-box.js';
import {createPainter} from '../../source/tui/terminal/painter.js';
import {fleetSnapshot, fortyNodes, type ScreenStoreFixture, screenStoreFixture} from '../helpers/screen-fixture.js';

/** A terminal that keeps what is written to it, and can be slow. */
class Output extends EventEmitter {
	readonly written: string[] = [];
	writableNeedDrain = false;

	write(bytes: string): boolean {
		this.written.push(bytes);
		return !this.writableNeedDrain;
	}
}

function openApp(t: TestContext, store: ScreenStoreFixture) {
	const output = new Output();
	const box = createLineBox();
	const frames = createFrameStream(output, createPainter(), box.unpack, () => store.size);
	const app = render(<App store={store} box={box} />, {
		stdout: frames.stdout,
		stdin: new EventEmitter() as NodeJS.ReadStream,
		debug: true,
		patchConsole: false,
	});
	t.after(() => app.unmount());
	const settled = async (): Promise<void> => {
		store.invalidate();
		store.notify();
		await new Promise(setImmediate);
	};

	return {output, frames, settled};
}

const shownBy = (store: ScreenStoreFixture): string => {
	const {header, body, status, footer} = screenLines(store.getScene());
	return [...header, ...body, status, footer]
		.map(line =>
			line
				.map(({text}) => text)
				.join('')
				.trimEnd(),
		)
		.join('\n');
};

const plain = (frame: string): string =>
	stripVTControlCharacters(frame)
		.split('\n')
		.map(line => line.trimEnd())
		.join('\n');

test('a frame is the lines of the screen, whatever characters are in them', async t => {
	const store = screenStoreFixture(
		fleetSnapshot([...fortyNodes, {name: 'odd', reason: '日本語 🙂 e\u0301', state: 'down'}]),
	);
	const {frames, settled} = openApp(t, store);
	await settled();
	assert.equal(plain(frames.lastFrame()), shownBy(store));
	store.size = {columns: 120, rows: 40};
	await settled();
	assert.equal(plain(frames.lastFrame()), shownBy(store));
	assert.equal(frames.lastFrame().split('\n').length, 39);
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
