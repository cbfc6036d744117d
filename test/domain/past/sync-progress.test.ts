import assert from 'node:assert/strict';
import test from 'node:test';
import {
	addHeight,
	addRefreshDelay,
	syncProgress as catchUp,
	type HeightSample,
	keptHeights,
	msSinceHeightRise,
	stallMs,
	stuckHeightAfterMs,
} from '../../../source/domain/past/sync-progress.js';
import {moment} from '../../helpers/store-fixture.js';

const at = (seconds: number): string => moment(seconds * 1000);
const msAt = (seconds: number): number => Date.parse(at(seconds));

const catchUpOf = (samples: readonly HeightSample[] | undefined, place: {height: number; lag: number}, nowMs: number) =>
	catchUp(samples, place, {nowMs, stallAfterMs: stallMs});

/** Answers as [second, height, daemon height], in order. */
function watch(answers: ReadonlyArray<readonly [number, number, number]>): readonly HeightSample[] | undefined {
	let samples: readonly HeightSample[] | undefined;
	for (const [second, height, daemon] of answers) {
		samples = addHeight(samples, {height, lag: daemon - height}, at(second));
	}

	return samples;
}

test('blocks per second and remaining time, from two answers on', () => {
	const one = watch([[0, 1000, 10_000]]);
	assert.deepEqual(catchUpOf(one, {height: 1000, lag: 9000}, msAt(0)), {});
	assert.deepEqual(catchUpOf(one, {height: 1300, lag: 8700}, msAt(5)), {blocksPerS: 60, etaS: 145});
	const slow = catchUpOf(watch([[0, 10, 100]]), {height: 11, lag: 89}, msAt(100));
	assert.deepEqual(slow, {blocksPerS: 0.01, etaS: 8900});
});

test('stalled: behind, and no new block for three refreshes', () => {
	const still = watch([
		[0, 1000, 2000],
		[20, 1000, 2000],
	]);
	assert.equal(catchUpOf(still, {height: 1000, lag: 1000}, msAt(59)).stalledMs, undefined);
	assert.deepEqual(catchUpOf(still, {height: 1000, lag: 1001}, msAt(60)), {stalledMs: 60_000});
	// From one run to the next, an hour later.
	assert.equal(catchUpOf(still, {height: 1000, lag: 1030}, msAt(3600)).stalledMs, 3_600_000);
	assert.deepEqual(catchUpOf(still, {height: 1100, lag: 930}, msAt(3600)).stalledMs, undefined);
});

test('a wallet that was synced until now is not stalled, however long its height is the same', () => {
	const level = watch([
		[0, 1000, 1000],
		[3000, 1000, 1000],
	]);
	assert.equal(level, undefined);
	const behind = addHeight(level, {height: 1000, lag: 6}, at(3600));
	assert.deepEqual(catchUpOf(behind, {height: 1000, lag: 6}, msAt(3605)), {});
});

test('a falling height starts a new series; equal and unknown heights add nothing', () => {
	assert.deepEqual(
		watch([
			[0, 1000, 2000],
			[5, 1200, 2000],
			[10, 3, 2000],
			[15, 3, 2000],
		]),
		[{at: at(10), height: 3}],
	);
	const samples = watch([[0, 1, 9]]);
	assert.equal(addHeight(samples, {}, at(5)), samples);
	assert.equal(addHeight(samples, {height: 2, lag: 7}, at(0)), samples);
});

test('keeps only as many heights as needed, and those of a wallet without a known daemon', () => {
	const many = watch(Array.from({length: 50}, (_, index) => [index, index, 1000] as const));
	assert.equal(many?.length, keptHeights);
	assert.equal(many?.at(-1)?.height, 49);
	assert.deepEqual(addHeight(undefined, {height: 5}, at(0)), [{at: at(0), height: 5}]);
	assert.equal(msSinceHeightRise(many, msAt(60)), 11_000);
	assert.equal(msSinceHeightRise([{at: at(0), height: 5}], msAt(60)), undefined);
});

test('clock jumps and absurd lags give no absurd numbers', () => {
	const samples = watch([[100, 1000, 2000]]);
	for (const second of [-1000, 99, 100]) {
		assert.deepEqual(catchUpOf(samples, {height: 1500, lag: 500}, msAt(second)), {});
	}

	const far = catchUpOf(samples, {height: 1001, lag: 999_999_999_998}, msAt(700));
	assert.ok(Number.isSafeInteger(far.etaS) && Number.isFinite(far.blocksPerS), JSON.stringify(far));
});

test('gives a wallet that has been slow before more time for a block, up to a limit', () => {
	assert.deepEqual([stuckHeightAfterMs(), stuckHeightAfterMs([19_000, 4000])], [90_000, 90_000]);
	assert.deepEqual([stuckHeightAfterMs([19_000, 90_000]), stuckHeightAfterMs([120_000])], [120_000, 150_000]);
});

test('learns the refresh delay from the time to catch up, with checks at most two minutes apart', () => {
	const delayOf = (answers: Parameters<typeof watch>[0], seconds: number, place: {height: number; lag: number}) =>
		addRefreshDelay(undefined, watch(answers), place, at(seconds));
	assert.deepEqual(delayOf([[0, 100, 101]], 110, {height: 101, lag: 0}), [110_000]);
	assert.equal(delayOf([[0, 100, 101]], 110, {height: 100, lag: 1}), undefined, 'still behind');
	assert.equal(delayOf([[0, 100, 101]], 600, {height: 101, lag: 0}), undefined, 'not checked in between');
	assert.equal(
		delayOf(
			[
				[0, 10, 101],
				[20, 50, 101],
			],
			40,
			{height: 101, lag: 0},
		),
		undefined,
		'it read a chain',
	);
	assert.equal(addRefreshDelay(undefined, undefined, {height: 101, lag: 0}, at(0)), undefined);
	let delays: readonly number[] | undefined;
	for (const seconds of [120, 10, 10, 10, 10, 10]) {
		delays = addRefreshDelay(delays, watch([[0, 100, 101]]), {height: 101, lag: 0}, at(seconds));
	}

	assert.deepEqual(delays, [10_000, 10_000, 10_000, 10_000, 10_000]);
});
