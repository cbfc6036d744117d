import assert from 'node:assert/strict';
import {type TestContext, test} from 'node:test';
import {createFreshChecks, type FreshChecksOptions} from '../../source/server/fresh-checks.js';
import {fakeTime} from '../helpers/fake-time.js';
import {flushPromises} from '../helpers/flush-promises.js';

/** A check begins after this time without requests. Polled every 25 ms. */
const quietMs = 50;

/** Checks that end when the test says so, the requests made, and a clock that only the test advances. */
function fakeChecks(context: TestContext, more: Partial<FreshChecksOptions> = {}) {
	const asked: string[] = [];
	const checked: unknown[] = [];
	const waiting: Array<() => void> = [];
	let nowMs = 1000;
	const {advance} = fakeTime(context);
	const fresh = createFreshChecks({
		check: ({all, ids}) => {
			asked.push([...(all ? ['all'] : []), ...ids].join(' '));
			return new Promise(resolve => waiting.push(resolve));
		},
		onChecked: times => checked.push(times),
		nowMs: () => nowMs,
		...more,
	});
	return {
		fresh,
		asked,
		checked,
		advance,
		letGo: () => waiting.shift()?.(),
		letGoLast: () => waiting.pop()?.(),
		setNowMs: (next: number) => {
			nowMs = next;
		},
	};
}

test('simultaneous requests for the same check share it; different ones start together', async context => {
	const {fresh, asked, checked, letGo, advance} = fakeChecks(context);
	const all = Promise.all([fresh.ask(2), fresh.ask(), fresh.ask(2), fresh.ask(7), fresh.ask()]);
	await advance(25);
	assert.deepEqual(asked, []);
	await advance(25);
	assert.deepEqual(asked, ['2', 'all', '7']);
	letGo();
	letGo();
	letGo();
	const times = {startedAtMs: 1000, endedAtMs: 1000};
	assert.deepEqual(await all, [times, times, times, times, times]);
	assert.deepEqual(checked, [undefined, times, undefined]);
});

test('a check of some nodes has no times for the whole fleet', async context => {
	const {fresh, checked, letGo, advance} = fakeChecks(context);
	const one = fresh.ask(3);
	await advance(quietMs);
	letGo();
	assert.deepEqual(await one, {startedAtMs: 1000, endedAtMs: 1000});
	assert.deepEqual(checked, [undefined]);
});

test('a request during a check waits for the next one', async context => {
	const {fresh, asked, letGo, setNowMs, advance} = fakeChecks(context);
	const first = fresh.ask();
	await advance(quietMs);
	setNowMs(2000);
	const later = [fresh.ask(), fresh.ask(2)];
	await advance(quietMs);
	await advance(500);
	assert.deepEqual(asked, ['all'], 'the first check is still running');
	later.push(fresh.ask());
	letGo();
	assert.equal((await first)?.startedAtMs, 1000);
	await flushPromises();
	assert.deepEqual(asked, ['all', 'all', '2']);
	letGo();
	letGo();
	const times = {startedAtMs: 2000, endedAtMs: 2000};
	assert.deepEqual(await Promise.all(later), [times, times, times]);
	assert.deepEqual(asked, ['all', 'all', '2']);
});

test('does not wait for a check that takes long', async context => {
	const {fresh, asked, letGo, letGoLast, setNowMs, advance} = fakeChecks(context, {maxQueueMs: 300});
	const first = fresh.ask();
	await advance(quietMs);
	setNowMs(2000);
	const second = fresh.ask();
	await advance(quietMs);
	await advance(299);
	assert.deepEqual(asked, ['all']);
	await advance(1);
	assert.deepEqual(asked, ['all', 'all']);
	letGoLast();
	assert.deepEqual(await second, {startedAtMs: 2000, endedAtMs: 2000});
	letGo();
	assert.deepEqual(await first, {startedAtMs: 1000, endedAtMs: 2000});
	assert.deepEqual(asked, ['all', 'all']);
});

test('a request for one node does not wait for a slow check of others', async context => {
	const {fresh, asked, letGoLast, advance} = fakeChecks(context);
	void fresh.ask();
	void fresh.ask(1);
	await advance(quietMs);
	assert.deepEqual(asked, ['all', '1']);
	const answered = fresh.ask(2);
	await advance(quietMs);
	assert.deepEqual(asked, ['all', '1', '2']);
	letGoLast();
	assert.deepEqual(await answered, {startedAtMs: 1000, endedAtMs: 1000});
	assert.deepEqual(asked, ['all', '1', '2']);
	fresh.close();
});

test('continued requests do not postpone the check for ever', async context => {
	const {fresh, asked, advance} = fakeChecks(context, {maxGatherMs: 200});
	const askOften = async (times: number): Promise<void> => {
		for (let time = 0; time < times; time += 1) {
			void fresh.ask(1);
			await advance(5);
		}
	};
	await askOften(39);
	assert.equal(asked.length, 0, '195 ms');
	await askOften(1);
	assert.equal(asked.length, 1);
	fresh.close();
});

test('closed: releases waiting requests, keeps no new ones and starts no check', async context => {
	const {fresh, asked, advance} = fakeChecks(context);
	const underWay = fresh.ask();
	await advance(quietMs);
	const waiting = fresh.ask();
	fresh.close();
	assert.deepEqual(await Promise.all([underWay, waiting, fresh.ask()]), [undefined, undefined, undefined]);
	await advance(quietMs);
	assert.equal(asked.length, 1);
});
