import assert from 'node:assert/strict';
import {test} from 'node:test';
import {
	correctedRecordTimes,
	isCredibleMs,
	nextRecordClock,
	type RecordClock,
	recordAgeMs,
} from '../../../source/domain/past/record-clock.js';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const noonMs = Date.parse('2026-11-26T12:00:00.000Z');
const at = (minutes: number): number => noonMs + minutes * minuteMs;
const far = Date.parse('2035-01-01T00:00:00.000Z');
const longAgo = 12_000;

test('keeps times that fit each other and the clock', () => {
	for (const times of [[], [at(0)], [at(0), at(1), at(1), at(60)], [at(1), at(0.5), at(2), at(1.9)]]) {
		assert.equal(correctedRecordTimes(times, at(60)), times);
	}
});

test('clamps times that do not fit between those written before and after them', () => {
	const rows: ReadonlyArray<readonly [what: string, times: number[], now: number, expected: number[]]> = [
		['one run in 2035', [at(0), at(1), far, at(3), at(4)], at(5), [at(0), at(1), at(3), at(3), at(4)]],
		['the last one of all', [at(0), far], at(5), [at(0), at(5)]],
		['a clock that is still wrong', [at(0), at(1)], longAgo, [longAgo, longAgo]],
		['one run in 1970', [at(0), longAgo, at(3)], at(5), [at(0), at(0), at(3)]],
		['set back by two hours', [at(-9), at(120), at(121), at(2), at(3)], at(4), [at(-9), at(2), at(2), at(2), at(3)]],
		[
			'set back by two hours, three hours later',
			[at(-9), at(120), at(121), at(2), at(3), at(90), at(130), at(180)],
			at(184),
			[at(-9), at(2), at(2), at(2), at(3), at(90), at(130), at(180)],
		],
		['ahead for long, then right', [far, far + hourMs, at(0), at(1)], at(2), [at(0), at(0), at(0), at(1)]],
		[
			'disorder of seconds beside it',
			[at(0), at(1), at(0.9), far, at(2)],
			at(3),
			[at(0), at(1), at(0.9), at(2), at(2)],
		],
		['all ahead', [far, far + 1], at(0), [at(0), at(0)]],
	];
	for (const [what, times, now, expected] of rows) {
		assert.deepEqual(correctedRecordTimes(times, now), expected, what);
	}
});

test('clamps a long log with a wrong clock in its middle quickly', () => {
	const times = Array.from({length: 300_000}, (_, index) => (index % 1000 === 7 ? far : at(index / 10)));
	const startedMs = performance.now();
	const corrected = correctedRecordTimes(times, at(30_001));
	assert.ok(performance.now() - startedMs < 5000);
	assert.ok(corrected.every((ms, index) => index % 1000 === 7 || ms === times[index]));
	assert.equal(corrected[7], at(0.8));
});

test('a clock step ages nothing, and is forgotten when the clock is set right', () => {
	const iso = (ms: number): string => new Date(ms).toISOString();
	let clock: RecordClock | undefined;
	for (const ms of [noonMs, noonMs + hourMs, noonMs + 20 * hourMs]) {
		clock = nextRecordClock(clock, ms);
		assert.deepEqual(clock, {last: iso(ms)});
	}

	const lastMs = noonMs + 20 * hourMs;
	const ahead = nextRecordClock(clock, far);
	assert.deepEqual(ahead, {last: iso(far), steps: [[iso(lastMs), iso(far)]]});
	assert.equal(recordAgeMs(noonMs, ahead, far), 20 * hourMs);
	assert.equal(recordAgeMs(far - dayMs, ahead, far), 0);
	// It stays there for a week, which counts.
	let stayed: RecordClock = ahead;
	for (let day = 1; day <= 7; day += 1) {
		stayed = nextRecordClock(stayed, far + day * dayMs - hourMs);
	}

	assert.equal(recordAgeMs(noonMs, stayed, far + 7 * dayMs), 20 * hourMs + 7 * dayMs);
	// Then it is set right again.
	const right = nextRecordClock(stayed, lastMs + hourMs);
	assert.deepEqual(right, {last: iso(lastMs + hourMs)});
	assert.equal(recordAgeMs(noonMs, right, lastMs + hourMs), 21 * hourMs);
});

test('does not trust a clock outside the years of xmrtop', () => {
	for (const [text, expected] of [
		['1970-01-01T00:00:12.000Z', false],
		['2000-01-01T00:00:00.000Z', false],
		['2024-12-31T23:59:59.999Z', false],
		['2026-11-26T12:00:00.000Z', true],
		['2035-01-01T00:00:00.000Z', true],
	] as const) {
		assert.equal(isCredibleMs(Date.parse(text)), expected, text);
	}
});
