import assert from 'node:assert/strict';
import {test} from 'node:test';
import {addCheckToCoverage, coverageGapMs, keptSpans, type WatchedSpan} from '../../../source/domain/past/coverage.js';

const startMs = Date.parse('2026-11-20T00:00:00.000Z');
const at = (minutes: number): string => new Date(startMs + minutes * 60_000).toISOString();
const spans = (...pairs: ReadonlyArray<readonly [number, number]>): WatchedSpan[] =>
	pairs.map(([from, to]) => [at(from), at(to)]);

test('two checks cover the time between them up to three intervals apart, at least 90 s', () => {
	const rows: ReadonlyArray<readonly [intervalMs: number, isLoop: boolean, expected: number]> = [
		[1000, true, 90_000],
		[5000, true, 90_000],
		[30_000, true, 90_000],
		[60_000, true, 180_000],
		[3_600_000, true, 10_800_000],
		[5000, false, 360_000],
		[600_000, false, 1_800_000],
	];
	for (const [intervalMs, isLoop, expected] of rows) {
		assert.equal(coverageGapMs(intervalMs, isLoop), expected, `${intervalMs} ${isLoop}`);
	}
});

test('a check near the last one extends its span; a new span begins after a gap', () => {
	const rows: ReadonlyArray<readonly [before: WatchedSpan[] | undefined, minute: number, after: WatchedSpan[]]> = [
		[undefined, 0, spans([0, 0])],
		[[], 0, spans([0, 0])],
		[spans([0, 0]), 1, spans([0, 1])],
		[spans([0, 10]), 12, spans([0, 12])],
		[spans([0, 10]), 12.1, spans([0, 10], [12.1, 12.1])],
		// Late results of another process, and results of a clock that was set back, are inserted by their time.
		[spans([0, 10]), 5, spans([0, 10])],
		[spans([0, 10]), 10, spans([0, 10])],
		[spans([0, 10], [20, 30]), 15, spans([0, 10], [15, 15], [20, 30])],
		[spans([0, 10], [20, 30]), 12, spans([0, 12], [20, 30])],
		[spans([0, 10], [20, 30]), 18, spans([0, 10], [18, 30])],
		[spans([0, 10], [13, 30]), 11.5, spans([0, 30])],
		[spans([10, 20]), 9, spans([9, 20])],
		[spans([10, 10]), 0, spans([0, 0], [10, 10])],
		// A check without another near it covers nothing.
		[spans([0, 10], [20, 20]), 30, spans([0, 10], [30, 30])],
		// A check by a wrong clock in 2035 removes nothing.
		[spans([0, 10], [20, 30]), 5e6, spans([0, 10], [20, 30], [5e6, 5e6])],
		[spans([0, 10], [5e6, 5e6]), 12, spans([0, 12], [5e6, 5e6])],
	];
	for (const [before, minute, after] of rows) {
		assert.deepEqual(addCheckToCoverage(before, at(minute), 120_000), after);
	}
});

test('keeps a limited number of spans, the latest ones', () => {
	let list: readonly WatchedSpan[] = [];
	for (let hour = 0; hour < 60; hour += 1) {
		list = addCheckToCoverage(addCheckToCoverage(list, at(hour * 60), 120_000), at(hour * 60 + 1), 120_000);
	}

	assert.equal(list.length, keptSpans);
	assert.deepEqual(list.at(-1), [at(59 * 60), at(59 * 60 + 1)]);
	assert.deepEqual(list[0], [at((60 - keptSpans) * 60), at((60 - keptSpans) * 60 + 1)]);
});
