import assert from 'node:assert/strict';
import test from 'node:test';
import {
	ageText,
	bytesText,
	countText,
	countWithNoun,
	cpuText,
	formatLatency,
	isoTimeText,
	roundedMs,
	spanText,
	sparkline,
} from '../../source/domain/format.js';

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000];

test('latencies: useful precision, and the right unit after rounding', () => {
	const rows = [
		[undefined, '–'],
		[0, '0 ms'],
		[0.44, '0.4 ms'],
		[3, '3 ms'],
		[3.44, '3.4 ms'],
		[9.94, '9.9 ms'],
		[9.95, '10 ms'],
		[9.96, '10 ms'],
		[42.4, '42 ms'],
		[999.4, '999 ms'],
		[999.5, '1 s'],
		[999.6, '1 s'],
		[1200, '1.2 s'],
		[3000, '3 s'],
		[10_040, '10 s'],
	] as const;
	for (const [ms, text] of rows) {
		assert.equal(formatLatency(ms), text, String(ms));
	}
});

test('ages: one unit, rounded down; no number if unknown', () => {
	const rows = [
		[undefined, '–'],
		[Number.NaN, '–'],
		[-5, '0s'],
		[999, '0s'],
		[second, '1s'],
		[minute - 1, '59s'],
		[minute, '1m'],
		[hour, '1h'],
		[day - 1, '23h'],
		[6.9 * day, '6d'],
	] as const;
	for (const [ms, text] of rows) {
		assert.equal(ageText(ms), text, String(ms));
	}
});

test('spans: two units, the second only when it is not zero', () => {
	const rows = [
		[0, '0 s'],
		[999, '0 s'],
		[12 * second, '12 s'],
		[4 * minute + 12 * second, '4 m 12 s'],
		[4 * minute, '4 m'],
		[6 * day + 3 * hour + 59 * minute, '6 d 3 h'],
		[hour + 5 * second, '1 h'],
	] as const;
	for (const [ms, text] of rows) {
		assert.equal(spanText(ms), text, String(ms));
	}
});

test('counts: thousands separators, and singular for one block', () => {
	assert.deepEqual([undefined, 0, 7, 999, 1000, 3_412_009, -41, -1234].map(countText), [
		'–',
		'0',
		'7',
		'999',
		'1,000',
		'3,412,009',
		'-41',
		'-1,234',
	]);
	assert.deepEqual(
		[countWithNoun(1, 'block'), countWithNoun(0, 'block'), countWithNoun(9214, 'block')],
		['1 block', '0 blocks', '9,214 blocks'],
	);
});

test('CPU usage: one decimal below 10 %', () => {
	const texts = [0, 0.0004, 0.0123, 0.0949, 0.095, 0.5, 2].map(cpuText);
	assert.deepEqual(texts, ['0 % CPU', '0 % CPU', '1.2 % CPU', '9.5 % CPU', '10 % CPU', '50 % CPU', '200 % CPU']);
});

test('bytes: units of 1,024, one decimal below 10', () => {
	const rows = [
		[0, '0B'],
		[999, '999B'],
		[1000, '1.0K'],
		[1023, '1.0K'],
		[10_189, '10K'],
		[34_603_008, '33M'],
		[1_288_490_189, '1.2G'],
		[5_000_000_000_000_000, '4547T'],
	] as const;
	for (const [bytes, text] of rows) {
		assert.equal(bytesText(bytes), text, String(bytes));
	}
});

test('milliseconds in documents have one decimal; times are ISO-8601', () => {
	assert.deepEqual([0.04, 0.05, 12.34, 99.99].map(roundedMs), [0, 0.1, 12.3, 100]);
	assert.deepEqual([0, 1000, 1000, 0].map(isoTimeText), [
		'1970-01-01T00:00:00.000Z',
		'1970-01-01T00:00:01.000Z',
		'1970-01-01T00:00:01.000Z',
		'1970-01-01T00:00:00.000Z',
	]);
});

test('a sparkline goes from the lowest to the highest value; nearly equal values are low', () => {
	assert.equal(sparkline([]), '');
	assert.equal(sparkline([0, 1, 2, 3, 4, 5, 6, 7, 8]), '▁▂▃▄▅▆▇██');
	assert.equal(sparkline([8, 4, 6]), '█▁▅');
	assert.equal(sparkline([100, 101]), '▁▁');
	assert.equal(sparkline([0, 0]), '▁▁');
});
