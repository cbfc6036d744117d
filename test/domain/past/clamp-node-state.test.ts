import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {NodeState} from '../../../source/domain/past/node-state.js';
import {clampNodeState, clampNodeStateBefore} from '../../../source/domain/past/record-clock.js';
import {recordResult} from '../../../source/domain/past/record-result.js';
import {findTransition} from '../../../source/domain/past/transition.js';
import {apiResult, seen} from '../../helpers/store-fixture.js';

const noonMs = Date.parse('2026-11-26T12:00:00.000Z');
const iso = (ms: number): string => new Date(ms).toISOString();
const knownAt = (ms: number): NodeState => recordResult({}, apiResult('up', iso(ms)));

test('a state without a wrong time stays the same object', () => {
	const nodeState = knownAt(noonMs);
	assert.equal(clampNodeState(nodeState, noonMs, noonMs), nodeState);
	assert.equal(clampNodeStateBefore(nodeState, iso(noonMs)), nodeState);
	assert.equal(clampNodeStateBefore(nodeState, iso(noonMs + 5000)), nodeState);
});

test('a newer result counts as new after any clock step, an older one does not', () => {
	const rows: ReadonlyArray<readonly [aheadMs: number, isNews: boolean]> = [
		[-1000, true],
		[0, false],
		[1000, false],
		[1001, true],
		[7_200_000, true],
		[9 * 365 * 86_400_000, true],
	];
	for (const [aheadMs, isNews] of rows) {
		const nodeState = clampNodeStateBefore(knownAt(noonMs + aheadMs), iso(noonMs));
		const transition = findTransition(nodeState, seen(1, 'down', iso(noonMs)));
		assert.equal(transition !== undefined, isNews, String(aheadMs));
		assert.equal(nodeState.states?.api?.since === iso(noonMs - 1), isNews && aheadMs > 0, String(aheadMs));
	}
});

test('a state that began before the clock was set begins now; nothing changes until the clock is set', () => {
	const nodeState = knownAt(12_000);
	assert.equal(clampNodeStateBefore(nodeState, iso(13_000)), nodeState);
	const after = clampNodeStateBefore(nodeState, iso(noonMs));
	assert.deepEqual(after.states?.api, {state: 'up', since: iso(noonMs - 1), last_check: iso(noonMs - 1)});
	assert.equal(after.last_answer, iso(noonMs - 1));
});

test('keeps the coverage of a node after any clock step', () => {
	const nodeState = recordResult(knownAt(noonMs), apiResult('up', iso(noonMs + 5000)));
	assert.deepEqual(clampNodeState(nodeState, noonMs - 7_200_000, noonMs).watched, nodeState.watched);
	assert.deepEqual(clampNodeState(nodeState, 12_000, 12_000).watched, nodeState.watched);
});
