import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createFreshChecks} from '../../../source/interfaces/http/fresh-checks.js';

/** A check that waits until it is let go, and what was asked of it. */
function heldChecks() {
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
	});
	return {
		fresh,
		asked,
		heard,
		letGo: () => waiting.shift()?.(),
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

test('those who ask at once share one check of all they asked for', async () => {
	const {fresh, asked, heard, letGo, untilAsked} = heldChecks();
	const all = Promise.all([fresh.ask(2), fresh.ask(), fresh.ask(2), fresh.ask(7)]);
	await untilAsked(1);
	letGo();
	const times = await all;
	assert.deepEqual(asked, ['all 2 7']);
	assert.deepEqual(new Set(times).size, 1);
	assert.deepEqual(times[0], {startedAtMs: 1000, endedAtMs: 1000});
	assert.deepEqual(heard, [times[0]]);
});

test('a check of some nodes has no times for the whole fleet', async () => {
	const {fresh, heard, letGo, untilAsked} = heldChecks();
	const one = fresh.ask(3);
	await untilAsked(1);
	letGo();
	assert.deepEqual(await one, {startedAtMs: 1000, endedAtMs: 1000});
	assert.deepEqual(heard, [undefined]);
});

test('who asks while a check is under way waits for the next; never are two under way', async () => {
	const {fresh, asked, letGo, setNowMs, untilAsked} = heldChecks();
	const first = fresh.ask();
	await untilAsked(1);
	setNowMs(2000);
	const later = [fresh.ask(1), fresh.ask(2)];
	await new Promise(resolve => setTimeout(resolve, 100));
	assert.deepEqual(asked, ['all'], 'the first is still under way');
	later.push(fresh.ask(3));
	letGo();
	assert.equal((await first)?.startedAtMs, 1000);
	await untilAsked(2);
	letGo();
	const times = await Promise.all(later);
	assert.deepEqual(asked, ['all', '1 2 3']);
	assert.ok(times.every(each => each?.startedAtMs === 2000));
});

test('who go on asking do not put the check off for ever', async () => {
	const {fresh, asked, untilAsked} = heldChecks();
	const asking = setInterval(() => void fresh.ask(1), 5);
	await untilAsked(1);
	clearInterval(asking);
	assert.equal(asked.length, 1);
	fresh.close();
});

test('closed: those who wait are let go, those who come are not kept, and nothing is checked', async () => {
	const {fresh, asked, untilAsked} = heldChecks();
	const underWay = fresh.ask();
	await untilAsked(1);
	const waiting = fresh.ask();
	fresh.close();
	assert.deepEqual(await Promise.all([underWay, waiting, fresh.ask()]), [undefined, undefined, undefined]);
	assert.equal(asked.length, 1);
});
