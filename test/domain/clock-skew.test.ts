import assert from 'node:assert/strict';
import test from 'node:test';
import {blockAgeByClocks, type ClockSample, judgeClocks} from '../../source/domain/clock-skew.js';

const nowMs = 1_800_000_000_000;
const minute = 60_000;
const hour = 60 * minute;
const limits = {nowMs, maxBlockAgeMs: 30 * minute};

/** A daemon on its own host, whose clock is this far ahead of the local one. */
function sample(daemon: string, aheadMs: number | undefined, more: Partial<ClockSample> = {}): ClockSample {
	return {daemon, host: daemon, isLocal: false, ...(aheadMs === undefined ? {} : {aheadMs}), ...more};
}

/**
 * The time of a block mined this long before the true time; the true time is `trueAheadMs` ahead of the local clock.
 */
const blockAt = (agoMs: number, trueAheadMs = 0) => ({blockTimeS: Math.round((nowMs + trueAheadMs - agoMs) / 1000)});

const verdictsOf = (...samples: ClockSample[]) => Object.fromEntries(judgeClocks(samples, limits));

test('reports no clocks that agree within a minute', () => {
	assert.deepEqual(verdictsOf(sample('a', minute), sample('b', -minute), sample('c', undefined)), {});
});

test('several hosts that agree overrule this machine; a host that another contradicts is wrong itself', () => {
	assert.deepEqual(verdictsOf(sample('a', -3 * hour), sample('b', -3 * hour + 20_000)), {
		a: {whose: 'own', aheadMs: 3 * hour},
		b: {whose: 'own', aheadMs: 3 * hour},
	});
	assert.deepEqual(verdictsOf(sample('a', 0), sample('b', -3 * hour)), {b: {whose: 'daemon', aheadMs: -3 * hour}});
	const oneHost = {host: 'one', ...blockAt(minute)};
	assert.deepEqual(verdictsOf(sample('a', -5 * minute, oneHost), sample('b', -5 * minute, oneHost)), {
		a: {whose: 'unclear', aheadMs: -5 * minute},
		b: {whose: 'unclear', aheadMs: -5 * minute},
	});
});

test('a daemon on this machine shares its clock, so it is not independent evidence', () => {
	const here = sample('here', 0, {isLocal: true, ...blockAt(minute, -3 * hour)});
	assert.deepEqual(verdictsOf(here, sample('a', -3 * hour, blockAt(minute, -3 * hour))), {
		a: {whose: 'own', aheadMs: 3 * hour},
	});
	assert.deepEqual(verdictsOf(here, sample('a', -3 * hour), sample('b', -3 * hour), sample('c', 0)), {
		a: {whose: 'own', aheadMs: 3 * hour},
		b: {whose: 'own', aheadMs: 3 * hour},
		c: {whose: 'daemon', aheadMs: 3 * hour},
	});
});

test('the time of the last block decides between two clocks, if it can', () => {
	const rows: ReadonlyArray<readonly [string, number, {blockTimeS?: number}, object]> = [
		['ours is ahead', -3 * hour, blockAt(minute, -3 * hour), {whose: 'own', aheadMs: 3 * hour}],
		['ours is behind', 3 * hour, blockAt(minute, 3 * hour), {whose: 'own', aheadMs: -3 * hour}],
		['the daemon is ahead', 3 * hour, blockAt(minute), {whose: 'daemon', aheadMs: 3 * hour}],
		['the daemon is behind, and refuses blocks', -3 * hour, blockAt(hour), {whose: 'daemon', aheadMs: -3 * hour}],
		['both fit', 5 * minute, blockAt(minute), {whose: 'unclear', aheadMs: 5 * minute}],
		['neither fits', -5 * minute, blockAt(9 * hour), {whose: 'unclear', aheadMs: -5 * minute}],
		['no block is known', -hour, {}, {whose: 'unclear', aheadMs: -hour}],
	];
	for (const [name, aheadMs, block, expected] of rows) {
		assert.deepEqual(verdictsOf(sample('d', aheadMs, block)), {d: expected}, name);
	}
});

test("when the daemon's clock is unknown, an old block may be late, a future one is a wrong clock", () => {
	const skewOf = (blockAgoMs: number, chainAgoMs: number) =>
		verdictsOf(sample('d', undefined, {...blockAt(blockAgoMs), chainTimeS: (nowMs - chainAgoMs) / 1000})).d;
	assert.deepEqual(skewOf(3 * hour + minute, 3 * hour), {whose: 'own_or_late', aheadMs: 3 * hour});
	assert.deepEqual(skewOf(-3 * hour + minute, -3 * hour), {whose: 'own', aheadMs: -3 * hour});
	assert.equal(skewOf(20 * minute, 18 * minute), undefined);
	assert.equal(skewOf(-hour, -hour), undefined);
	assert.equal(skewOf(3 * hour, 100 * hour), undefined);
	assert.equal(verdictsOf(sample('d', undefined, blockAt(3 * hour))).d, undefined);
});

test('measures the age of a block by the clock that fits it', () => {
	const age = (agoMs: number, aheadMs: number | undefined) =>
		blockAgeByClocks(agoMs < -2 * hour ? undefined : Math.max(0, agoMs / 1000), (nowMs - agoMs) / 1000, {
			nowMs,
			aheadMs,
		});
	assert.equal(age(hour, undefined), 3600);
	assert.equal(age(hour, 30_000), 3600);
	assert.equal(age(3 * hour + minute, -3 * hour), 60, 'ours is ahead');
	assert.equal(age(minute, 3 * hour), 60, "the daemon's is ahead");
	assert.equal(age(hour, -3 * hour), 3600, "the daemon's is behind");
	assert.equal(age(-3 * hour + minute, 3 * hour), 60, 'ours is behind');
});

test('a daemon that agrees with another that is wrong is not alone, and its block decides', () => {
	const away = {...blockAt(minute, -3 * hour)};
	const verdicts = verdictsOf(
		sample('a', 0),
		sample('d', 0),
		sample('b', -3 * hour, away),
		sample('c', -3 * hour + 20_000),
	);
	assert.deepEqual(verdicts.b, {whose: 'own', aheadMs: 3 * hour});
	assert.deepEqual(verdicts.c, {whose: 'unclear', aheadMs: -3 * hour + 20_000});
	const opposite = verdictsOf(sample('a', 0), sample('b', -3 * hour, away), sample('c', 3 * hour));
	assert.deepEqual(opposite.b, {whose: 'daemon', aheadMs: -3 * hour}, 'a daemon as far ahead is no support');
});

test('a block time without a chain time, or the other way round, says nothing of the clock', () => {
	const {blockTimeS} = blockAt(-3 * hour);
	assert.deepEqual(verdictsOf(sample('d', undefined, {blockTimeS})), {});
	assert.deepEqual(verdictsOf(sample('d', undefined, {chainTimeS: blockTimeS})), {});
});
