import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createFreshChecks, type FreshChecksOptions} from '../../../source/interfaces/http/fresh-checks.js';

/** A check that waits until it is let go, and what was asked of it. */
function fakeChecks(more: Partial<FreshChecksOptions> = {}) {
	const asked: string[] = [];
	const heard: unknown[] = [];
	const waiting: Array<() => void> = [];
	let wake = (): void => {};
	let nowMs = 1000;
	const fresh = createFreshChecks({
		check: ({all, ids}) => {
			asked.push([...(all ? ['all'] : []), ...ids].join(' '));
			wake();
			return new Promise(resolve => waiting.push(resolve));
		},
		onChecked: times => heard.push(times),
		nowMs: () => nowMs,
		...more,
	});
	return {
		fresh,
		asked,
		heard,
		letGo: () => waiting.shift()?.(),
		letGoLast: () => waiting.pop()?.(),
		setNowMs: (next: number) => {
			nowMs = next;
		},
		untilAsked: async (count: number): Promise<void> => {
			while (asked.length < count) {
				await new Promise<void>(resolve => {
					wake = resolve;
				});
			}
		},
	};
}

test('those who ask for the same at once share a check; different ones begin together', async () => {
	const {fresh, asked, heard, letGo, untilAsked} = fakeChecks();
	const all = Promise.all([fresh.ask(2), fresh.ask(), fresh.ask(2), fresh.ask(7), fresh.ask()]);
	await untilAsked(3);
	assert.deepEqual(asked, ['2', 'all', '7']);
	letGo();
	letGo();
	letGo();
	const times = {startedAtMs: 1000, endedAtMs: 1000};
	assert.deepEqual(await all, [times, times, times, times, times]);
	assert.deepEqual(heard, [undefined, times, undefined]);
});

test('a check of some nodes has no times for the whole fleet', async () => {
	const {fresh, heard, letGo, untilAsked} = fakeChecks();
	const one = fresh.ask(3);
	await untilAsked(1);
	letGo();
	assert.deepEqual(await one, {startedAtMs: 1000, endedAtMs: 1000});
	assert.deepEqual(heard, [undefined]);
});

test('who asks while a check is under way waits for the next one', async () => {
	const {fresh, asked, letGo, setNowMs, untilAsked} = fakeChecks();
	const first = fresh.ask();
	await untilAsked(1);
	setNowMs(2000);
	const later = [fresh.ask(), fresh.ask(2)];
	await new Promise(resolve => setTimeout(resolve, 100));
	assert.deepEqual(asked, ['all'], 'the first is still under way');
	later.push(fresh.ask());
	letGo();
	assert.equal((await first)?.startedAtMs, 1000);
	await untilAsked(3);
	letGo();
	letGo();
	const times = {startedAtMs: 2000, endedAtMs: 2000};
	assert.deepEqual(await Promise.all(later), [times, times, times]);
	assert.deepEqual(asked, ['all', 'all', '2']);
});

test('a check that takes long is not waited for', async () => {
	const {fresh, asked, letGo, letGoLast, setNowMs, untilAsked} = fakeChecks({mostQueueMs: 1});
	const first = fresh.ask();
	await untilAsked(1);
	setNowMs(2000);
	const second = fresh.ask();
	await untilAsked(2);
	letGoLast();
	assert.deepEqual(await second, {startedAtMs: 2000, endedAtMs: 2000});
	letGo();
	assert.deepEqual(await first, {startedAtMs: 1000, endedAtMs: 2000});
	assert.deepEqual(asked, ['all', 'all']);
});

test('who asks for one node does not wait for a check of others that takes long', async () => {
	const {fresh, asked, letGoLast, untilAsked} = fakeChecks();
	void fresh.ask();
	void fresh.ask(1);
	await untilAsked(2);
	const answered = fresh.ask(2);
	await untilAsked(3);
	letGoLast();
	assert.deepEqual(await answered, {startedAtMs: 1000, endedAtMs: 1000});
	assert.deepEqual(asked, ['all', '1', '2']);
	fresh.close();
});

test('who go on asking do not put the check off for ever', async () => {
	const {fresh, asked, untilAsked} = fakeChecks();
	const asking = setInterval(() => void fresh.ask(1), 5);
	await untilAsked(1);
	clearInterval(asking);
	assert.equal(asked.length, 1);
	fresh.close();
});

test('closed: those who wait are let go, those who come are not kept, and nothing is checked', async () => {
	const {fresh, asked, untilAsked} = fakeChecks();
	const underWay = fresh.ask();
	await untilAsked(1);
	const waiting = fresh.ask();
	fresh.close();
	assert.deepEqual(await Promise.all([underWay, waiting, fresh.ask()]), [undefined, undefined, undefined]);
	assert.equal(asked.length, 1);
});
