import assert from 'node:assert/strict';
import {test} from 'node:test';
import {setTimeout as delay} from 'node:timers/promises';
import {paced} from '../../source/interfaces/paced.js';

test('one making for one input, however many ask and whenever', async () => {
	const made: number[] = [];
	const ask = paced(async (input: number) => {
		made.push(input);
		await delay(5);
		return `made ${input}`;
	});
	assert.deepEqual(new Set(await Promise.all(Array.from({length: 100}, () => ask(1)))), new Set(['made 1']));
	assert.equal(await ask(1), 'made 1');
	assert.deepEqual(made, [1]);
});

test('those who ask while something is made share the next making, of the newest', async () => {
	const made: number[] = [];
	const ask = paced(async (input: number) => {
		made.push(input);
		await delay(5);
		return input;
	});
	const first = ask(0);
	await Promise.resolve();
	await Promise.resolve();
	assert.deepEqual(await Promise.all([first, ask(1), ask(2), ask(3)]), [0, 3, 3, 3]);
	assert.deepEqual(made, [0, 3]);
});

test('what failed is tried anew, and fails nobody else', async () => {
	let isBroken = true;
	const ask = paced(async (input: number) => {
		if (isBroken) {
			throw new Error('broken');
		}

		return input;
	});
	await assert.rejects(ask(1), {message: 'broken'});
	isBroken = false;
	assert.equal(await ask(1), 1);
});

test('however many ask, the making takes a fifth of the time', async () => {
	let makings = 0;
	const ask = paced(async (input: number) => {
		makings += 1;
		const untilMs = performance.now() + 10;
		while (performance.now() < untilMs) {
			// Busy, as writing is.
		}

		return input;
	});
	const untilMs = performance.now() + 500;
	for (let input = 0; performance.now() < untilMs; input += 1) {
		await ask(input);
	}

	assert.ok(makings <= 12, `${makings} makings of 10 ms in half a second`);
});
