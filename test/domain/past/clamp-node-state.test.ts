import assert from 'node:assert/strict';
import {test} from 'node:test';
import {detectCrashLoop} from '../../../source/domain/past/crash-loop.js';
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

test('no stored time of a clock that was ahead stays in the future', () => {
	const [before, ahead] = [iso(noonMs - 60_000), iso(noonMs + 7_200_000)];
	const records: readonly NodeState[] = [
		{answering_since: ahead},
		{last_sync: {at: ahead, wallet_lag: 40}},
		{wallet_fell: {at: ahead, from: 9, to: 5}},
		{lives: [{started_at: before, answered_from: before}], life_answered_to: ahead},
		{lives: [{started_at: before, answered_from: ahead}]},
		{lives: [{started_at: ahead}, {started_at: ahead, starting_since: ahead}]},
		{work: {pid: 7, started_at: before, cpu_ms: 1, at: ahead}},
	];
	for (const record of records) {
		const clamped = JSON.stringify(clampNodeState(record, noonMs, noonMs - 1));
		assert.ok(!clamped.includes(ahead), clamped);
	}
});

test('runs of a clock that was ahead are no crash loop once it is set back', () => {
	const ahead = [1, 2, 3, 4, 5].map(minutes => ({started_at: iso(noonMs + minutes * 3_600_000)}));
	const {lives = []} = clampNodeState({lives: ahead}, noonMs, noonMs - 1);
	const limits = {crash_loop: 3, crash_loop_within: 600_000};
	assert.equal(detectCrashLoop({lives, nowMs: noonMs}, limits), undefined);
	assert.deepEqual(lives, [{started_at: iso(noonMs - 1)}], 'the newest run is still known');
});
