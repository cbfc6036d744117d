import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {NodeMemory} from '../../../source/domain/past/node-state.js';
import {clampBefore, clampMemory} from '../../../source/domain/past/record-clock.js';
import {remember} from '../../../source/domain/past/record-result.js';
import {transitionOf} from '../../../source/domain/past/transition.js';
import {apiResult, seen} from '../../helpers/store-fixture.js';

const noonMs = Date.parse('2026-11-26T12:00:00.000Z');
const iso = (ms: number): string => new Date(ms).toISOString();
const knownAt = (ms: number): NodeMemory => remember({}, apiResult('up', iso(ms)));

test('a memory without a wrong time stays the same object', () => {
	const memory = knownAt(noonMs);
	assert.equal(clampMemory(memory, noonMs, noonMs), memory);
	assert.equal(clampBefore(memory, iso(noonMs)), memory);
	assert.equal(clampBefore(memory, iso(noonMs + 5000)), memory);
});

test('for a running process a result is news whatever the clock said before; one that is a moment older is not', () => {
	const rows: ReadonlyArray<readonly [aheadMs: number, isNews: boolean]> = [
		[-1000, true],
		[0, false],
		[1000, false],
		[1001, true],
		[7_200_000, true],
		[9 * 365 * 86_400_000, true],
	];
	for (const [aheadMs, isNews] of rows) {
		const memory = clampBefore(knownAt(noonMs + aheadMs), iso(noonMs));
		const transition = transitionOf(memory, seen(1, 'down', iso(noonMs)));
		assert.equal(transition !== undefined, isNews, String(aheadMs));
		assert.equal(memory.states?.api?.since === iso(noonMs - 1), isNews && aheadMs > 0, String(aheadMs));
	}
});

test('a state that began by a clock that was not set yet began now; while it is not set, nothing is changed', () => {
	const memory = knownAt(12_000);
	assert.equal(clampBefore(memory, iso(13_000)), memory);
	const after = clampBefore(memory, iso(noonMs));
	assert.deepEqual(after.states?.api, {state: 'up', since: iso(noonMs - 1), last_check: iso(noonMs - 1)});
	assert.equal(after.last_answer, iso(noonMs - 1));
});

test('where a node was watched is kept, whatever the clock', () => {
	const memory = remember(knownAt(noonMs), apiResult('up', iso(noonMs + 5000)));
	assert.deepEqual(clampMemory(memory, noonMs - 7_200_000, noonMs).watched, memory.watched);
	assert.deepEqual(clampMemory(memory, 12_000, 12_000).watched, memory.watched);
});
