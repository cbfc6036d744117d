import assert from 'node:assert/strict';
import {test} from 'node:test';
import {decodeKeys, flushKeys, isUnfinishedPaste, pastedText} from '../../../source/tui/terminal/keys.js';

const whole: ReadonlyArray<readonly [input: string, keys: readonly string[]]> = [
	['j', ['j']],
	['jjjkG', ['j', 'j', 'j', 'k', 'G']],
	['\u001B[A\u001B[B\u001B[C\u001B[D', ['up', 'down', 'right', 'left']],
	['\u001BOA\u001BOB', ['up', 'down']],
	['\u001B[1;5A', ['up']],
	['\u001B[5~\u001B[6~', ['pageup', 'pagedown']],
	['\u001B[H\u001B[F\u001B[1~\u001B[4~\u001BOH\u001BOF', ['home', 'end', 'home', 'end', 'home', 'end']],
	['\u001B[3~', ['delete']],
	['\r', ['enter']],
	['\u007F\b', ['backspace', 'backspace']],
	['\t\u001B[Z', ['tab', 'backtab']],
	['\u0003\u000C\u001A', ['ctrl-c', 'ctrl-l', 'ctrl-z']],
	['\u001BOP', ['f1']],
	['é日🙂', ['é', '日', '🙂']],
	// Esc and another key typed quickly after it.
	['\u001Bq', ['escape', 'q']],
	// Answers of the terminal and keys without a meaning here type nothing.
	['\u001B[I\u001B[15~\u001B[?62;c\u0002', []],
];

for (const [input, keys] of whole) {
	test(`reads ${JSON.stringify(input)}`, () => {
		assert.deepEqual(decodeKeys(input), {keys, rest: ''});
	});
}

test('a sequence may be split anywhere', () => {
	for (const [input, keys] of whole.filter(([sequence]) => !sequence.startsWith('\u001Bq'))) {
		for (const at of [...input].map((_, count) => [...input].slice(0, count + 1).join('').length)) {
			const first = decodeKeys(input.slice(0, at));
			const second = decodeKeys(first.rest + input.slice(at));
			assert.deepEqual([...first.keys, ...second.keys].join(' '), keys.join(' '), JSON.stringify([input, at]));
			assert.equal(second.rest, '');
		}
	}
});

test('pasted text is one key, in however many pieces it comes', () => {
	assert.deepEqual(decodeKeys('j\u001B[200~xy\u001B[A\n\u001B[201~k').keys, ['j', 'paste xy\u001B[A\n', 'k']);
	const first = decodeKeys('\u001B[200~hot');
	assert.deepEqual(first.keys, []);
	assert.ok(isUnfinishedPaste(first.rest));
	assert.equal(pastedText(decodeKeys(`${first.rest}-1\u001B[201~`).keys[0] ?? ''), 'hot-1');
	assert.equal(pastedText('p'), undefined);
});

test('a lone Esc waits, and is Esc when nothing follows', () => {
	assert.deepEqual(decodeKeys('j\u001B'), {keys: ['j'], rest: '\u001B'});
	assert.deepEqual(flushKeys('\u001B'), ['escape']);
	assert.deepEqual(flushKeys(''), []);
});

test('a hundred quick keys in one write are a hundred keys', () => {
	assert.equal(decodeKeys('j'.repeat(100)).keys.length, 100);
});
