import assert from 'node:assert/strict';
import {test} from 'node:test';
import {rateLimited} from '../../source/application/pacing.js';
import {fakeTime} from '../helpers/fake-time.js';
import {flushPromises} from '../helpers/flush-promises.js';

/** A computation whose runs end when the test says so. */
function fakeComputation() {
	const made: number[] = [];
	const ending: Array<() => void> = [];
	const ask = rateLimited(async (input: number) => {
		made.push(input);
		await new Promise<void>(resolve => ending.push(resolve));
		return `made ${input}`;
	});
	return {made, ask, endOne: () => ending.shift()?.()};
}

test('concurrent and later callers with the same input share one run', async () => {
	const {made, ask, endOne} = fakeComputation();
	const asking = Promise.all(Array.from({length: 100}, () => ask(1)));
	await flushPromises();
	const later = ask(1);
	endOne();
	assert.deepEqual(new Set([...(await asking), await later]), new Set(['made 1']));
	assert.equal(await ask(1), 'made 1');
	assert.deepEqual(made, [1]);
});

test('callers that ask during a run share the next run, with the newest input', async context => {
	const {advance} = fakeTime(context);
	const {made, ask, endOne} = fakeComputation();
	const first = ask(0);
	await flushPromises();
	const later = [ask(1), ask(2), ask(3)];
	await flushPromises();
	assert.deepEqual(made, [0]);
	await advance(5);
	endOne();
	assert.equal(await first, 'made 0');
	await advance(20);
	assert.deepEqual(made, [0, 3]);
	endOne();
	assert.deepEqual(await Promise.all(later), ['made 3', 'made 3', 'made 3']);
});

test('runs again after a failure, and fails no other caller', async () => {
	let isBroken = true;
	const ask = rateLimited(async (input: number) => {
		if (isBroken) {
			throw new Error('broken');
		}

		return input;
	});
	await assert.rejects(ask(1), {message: 'broken'});
	isBroken = false;
	assert.equal(await ask(1), 1);
});

test('however many callers there are, the runs take a fifth of the time', async context => {
	const {advance, standStill} = fakeTime(context);
	let runs = 0;
	const ask = rateLimited(async (input: number) => {
		runs += 1;
		standStill(10);
		return input;
	});
	const startMs = performance.now();
	for (let input = 0; performance.now() - startMs < 500; input += 1) {
		void ask(input);
		await advance(5);
	}

	assert.ok(runs >= 9 && runs <= 10, `${runs} runs of 10 ms in half a second`);
});
