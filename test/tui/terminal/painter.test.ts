import assert from 'node:assert/strict';
import {test} from 'node:test';
import headless from '@xterm/headless';
import {ansiOf, type Line, type Style} from '../../../source/tui/lines/spans.js';
import {createPainter} from '../../../source/tui/terminal/painter.js';

const columns = 40;
const rows = 12;
const size = {columns, rows};

/** What a terminal shows: every cell with its character and look. */
async function seenAfter(terminal: InstanceType<typeof headless.Terminal>, bytes: string): Promise<string[]> {
	await new Promise<void>(resolve => {
		terminal.write(bytes, resolve);
	});
	return Array.from({length: rows}, (_, y) => {
		const line = terminal.buffer.active.getLine(y);
		return Array.from({length: columns}, (_, x) => {
			const cell = line?.getCell(x);
			const chars = cell?.getWidth() === 0 ? '' : cell?.getChars() || ' ';
			const look = cell && [cell.isBold(), cell.isDim(), cell.isInverse(), cell.getFgColor()].map(Number).join(',');
			return `${chars}${look}`;
		}).join('|');
	});
}

const open = () => new headless.Terminal({cols: columns, rows, allowProposedApi: true});

/** What a terminal shows that was given a frame as it is, without the painter. */
async function seenUnpainted(frame: string): Promise<string[]> {
	const terminal = open();
	const seen = await seenAfter(terminal, frame.replaceAll('\n', '\r\n'));
	terminal.dispose();
	return seen;
}

let seed = 7;
/** Numbers that are the same in every run. */
const random = (below: number): number => {
	seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
	return Math.floor((seed / 2_147_483_648) * below);
};

const styles: readonly Style[] = [
	{},
	{bold: true},
	{dim: true},
	{color: 'red', bold: true},
	{inverse: true},
	{color: 'yellow'},
];
const texts = ['up', '● down', '日本語', 'é', '✖', '     ', '1,234 ms', '–', 'a', '한국', '▁▂▃'];

function randomLine(): Line {
	return Array.from({length: random(5)}, () => ({
		text: texts[random(texts.length)] ?? '',
		style: styles[random(styles.length)] ?? {},
	}));
}

test('after any sequence of frames the terminal shows the last one as if it alone had been printed', async () => {
	const terminal = open();
	const painter = createPainter();
	let lines = Array.from({length: rows - 1}, randomLine);
	for (let step = 0; step < 300; step++) {
		lines = lines.map(line => (random(4) === 0 ? randomLine() : line));
		const frame = lines.map(ansiOf).join('\n');
		assert.deepEqual(await seenAfter(terminal, painter.paint(frame, size)), await seenUnpainted(frame), `step ${step}`);
	}
});

test('the same frame again costs nothing', () => {
	const painter = createPainter();
	assert.notEqual(painter.paint('one\ntwo', size), '');
	assert.equal(painter.paint('one\ntwo', size), '');
});

test('only what changed is written, without erasing or clearing', () => {
	const painter = createPainter();
	painter.paint(' 40 nodes    2s ago\n hot-1   2.1 ms', size);
	assert.equal(painter.paint(' 40 nodes    3s ago\n hot-1   2.1 ms', size), '\u001B[1;14H3');
});

test('a redraw clears the screen, and nothing else does', () => {
	const painter = createPainter();
	assert.ok(!painter.paint('one', size).includes('\u001B[2J'));
	painter.forget();
	const bytes = painter.paint('one', size);
	assert.ok(bytes.includes('\u001B[2J') && bytes.includes('one'));
	assert.ok(!painter.paint('two', size).includes('J'));
});

test('what follows a character of disputed width is placed, not appended', () => {
	const bytes = createPainter().paint('● up', size);
	assert.equal(bytes, '\u001B[H●\u001B[2G up');
});

test('changes in several places come as one synchronized update', () => {
	const painter = createPainter();
	painter.paint('a\nb', size);
	assert.equal(painter.paint('c\nd', size), '\u001B[?2026h\u001B[Hc\r\nd\u001B[?2026l');
});
