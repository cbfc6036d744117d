import assert from 'node:assert/strict';
import {type TestContext, test} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import {Text} from 'ink';
import {render} from 'ink-testing-library';
import {useKeys} from '../../source/tui/hooks.js';
import {type Key, pastedText} from '../../source/tui/terminal/keys.js';

function Reader({onKeys}: {readonly onKeys: (keys: readonly Key[]) => void}) {
	useKeys(onKeys);
	return <Text>reads</Text>;
}

/** Types into a component that reads keys. @returns its calls, each with its keys */
async function openReader(t: TestContext) {
	const calls: (readonly Key[])[] = [];
	const {stdin, unmount} = render(<Reader onKeys={keys => calls.push(keys)} />);
	t.after(unmount);
	await new Promise(setImmediate);
	return {
		calls,
		/** @returns the keys of these pieces */
		type: async (...pieces: readonly string[]): Promise<readonly Key[]> => {
			calls.length = 0;
			// At once: an incomplete sequence that waits too long counts as Esc.
			for (const piece of pieces) {
				stdin.write(piece);
			}

			await new Promise(setImmediate);
			return calls.flat();
		},
	};
}

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
	['\n', ['enter']],
	['\u007F\b', ['backspace', 'backspace']],
	['\t', ['tab']],
	['\t\u001B[Z', ['tab', 'backtab']],
	['\u0003\u000C\u001A', ['ctrl-c', 'ctrl-l', 'ctrl-z']],
	['\u0015', ['ctrl-u']],
	['ab\u0015', ['a', 'b', 'ctrl-u']],
	['\u001BOP', ['f1']],
	['\u001B[11~', ['f1']],
	['é日🙂', ['é', '日', '🙂']],
	// Esc and another key typed quickly after it.
	['\u001Bq', ['escape', 'q']],
	// Replies of the terminal are not keys.
	['\u001B[I\u001B[?62;c', []],
];

test('distinguishes every key from every other', async t => {
	const {type} = await openReader(t);
	for (const [input, keys] of whole) {
		assert.deepEqual(await type(input), keys, JSON.stringify(input));
	}
});

test('a sequence may be split anywhere', async t => {
	const {type} = await openReader(t);
	for (const [input, keys] of whole.filter(([sequence]) => !sequence.startsWith('\u001Bq'))) {
		const characters = [...input];
		for (const at of characters.keys()) {
			const pieces = [characters.slice(0, at).join(''), characters.slice(at).join('')].filter(Boolean);
			assert.deepEqual(await type(...pieces), keys, JSON.stringify(pieces));
		}
	}
});

test('pasted text is one key, in any number of pieces', async t => {
	const {type} = await openReader(t);
	assert.deepEqual(await type('j\u001B[200~xy\u001B[A\n\u001B[201~k'), ['j', 'paste xy\u001B[A\n', 'k']);
	const [key = ''] = await type('\u001B[200~hot', '-1\u001B[201~');
	assert.equal(pastedText(key), 'hot-1');
	assert.equal(pastedText('p'), undefined);
});

test('a lone Esc waits, and counts as Esc when nothing follows', async t => {
	const {calls, type} = await openReader(t);
	assert.deepEqual(await type('j\u001B'), ['j']);
	while (calls.length < 2) {
		await sleep(1);
	}

	assert.deepEqual(calls.at(-1), ['escape']);
});

test('a hundred quick keys in one write are a hundred keys in one call', async t => {
	const {calls, type} = await openReader(t);
	assert.equal((await type('j'.repeat(100))).length, 100);
	assert.equal(calls.length, 1);
	await type('j\u001B[Ak\u001B[200~x\u001B[201~');
	assert.equal(calls.length, 1);
});
