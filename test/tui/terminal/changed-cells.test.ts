import assert from 'node:assert/strict';
import {EventEmitter} from 'node:events';
import {test} from 'node:test';
import headless from '@xterm/headless';
import {createChangedCells} from '../../../source/tui/terminal/changed-cells.js';

const columns = 40;
const rows = 12;

/** Draws frames for a terminal. @returns the bytes sent for each, and for a redraw */
function openCells() {
	let sent = '';
	const output = Object.assign(new EventEmitter(), {
		columns,
		rows,
		write: (bytes: string): boolean => {
			sent += bytes;
			return true;
		},
	});
	const cells = createChangedCells(output);
	const sentBy = (act: () => void): string => {
		sent = '';
		act();
		return sent;
	};

	return {
		paint: (frame: string): string => sentBy(() => cells.stdout.write(frame)),
		redraw: (): string => sentBy(cells.redraw),
	};
}

const clear = '\u001B[2J';

/** What a terminal shows: every cell with its character and style. */
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

/** What a terminal shows for a frame that is printed directly. */
async function seenUnpainted(frame: string): Promise<string[]> {
	const terminal = open();
	const seen = await seenAfter(terminal, frame.replaceAll('\n', '\r\n'));
	terminal.dispose();
	return seen;
}

let seed = 7;
/** Pseudo-random numbers that are the same in every run. */
const random = (below: number): number => {
	seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
	return Math.floor((seed / 2_147_483_648) * below);
};

const styles = ['', '1', '2', '1;31', '7', '33', '2;7', '4'];
const texts = ['up', '● down', '日本語', 'é', '✖', '     ', '1,234 ms', '–', 'a', '한국', '▁▂▃'];

function randomLine(): string {
	return Array.from({length: random(5)}, () => {
		const text = texts[random(texts.length)] ?? '';
		const style = styles[random(styles.length)] ?? '';
		return style === '' ? text : `\u001B[${style}m${text}\u001B[22;24;27;39m`;
	}).join('');
}

test('after any frames the terminal shows the last one as if it were printed alone', async () => {
	const terminal = open();
	const {paint} = openCells();
	let lines = Array.from({length: rows - 1}, randomLine);
	for (let step = 0; step < 300; step++) {
		lines = lines.map(line => (random(4) === 0 ? randomLine() : line));
		const frame = lines.join('\n');
		assert.deepEqual(await seenAfter(terminal, paint(frame)), await seenUnpainted(frame), `step ${step}`);
	}
});

test('writes nothing for an unchanged frame', () => {
	const {paint} = openCells();
	assert.notEqual(paint('one\ntwo'), '');
	assert.equal(paint('one\ntwo'), '');
});

test('writes only changed cells, without erasing', () => {
	const {paint} = openCells();
	paint(' 40 nodes    2s ago\n hot-1   2.1 ms');
	assert.equal(paint(' 40 nodes    3s ago\n hot-1   2.1 ms'), '\u001B[1;14H3');
});

test('only a redraw clears the screen', () => {
	const {paint, redraw} = openCells();
	assert.ok(!paint('one').includes(clear));
	const bytes = redraw();
	assert.ok(bytes.includes(clear) && bytes.includes('one'));
	assert.ok(!paint('two').includes('J'));
});

test('draws the first frame on the alternate screen completely', () => {
	const {paint} = openCells();
	paint('one');
	paint('\u001B[?1049l');
	assert.ok(paint('\u001B[?1049h').startsWith('\u001B[?1049h\u001B[?25l'));
	assert.ok(paint('one').includes('one'));
});

test('positions text after a character of ambiguous width', () => {
	assert.equal(openCells().paint('● up'), '\u001B[H●\u001B[2G up');
});

test('writes several changes as one synchronized update', () => {
	const {paint} = openCells();
	paint('a\nb');
	assert.equal(paint('c\nd'), '\u001B[?2026h\u001B[Hc\u001B[2Hd\u001B[?2026l');
});
