import assert from 'node:assert/strict';
import test from 'node:test';
import {durationText, parseDurationMs} from '../../source/domain/format.js';

test('parses durations as people write them', () => {
	const rows = [
		['500ms', 500],
		['5s', 5000],
		['2m', 120_000],
		['6h', 21_600_000],
		['1.5m', 90_000],
		['0.5s', 500],
	] as const;
	for (const [text, ms] of rows) {
		assert.equal(parseDurationMs(text), ms, text);
	}
});

test('rejects anything else', () => {
	const rows = [
		'',
		'5',
		's',
		'5 s',
		'-5s',
		'+5s',
		'5S',
		'5sec',
		'1d',
		'0s',
		'0.0001s',
		'1e3s',
		'5s ',
		'.5s',
		'5.s',
		'９s',
		'Infinitys',
	];
	for (const text of rows) {
		assert.equal(parseDurationMs(text), undefined, JSON.stringify(text));
	}
});

test('writes the shortest exact form, which parses back to the same value', () => {
	const rows = [
		[500, '500ms'],
		[1500, '1500ms'],
		[5000, '5s'],
		[90_000, '90s'],
		[120_000, '2m'],
		[3_600_000, '1h'],
		[5_400_000, '90m'],
	] as const;
	for (const [ms, text] of rows) {
		assert.equal(durationText(ms), text);
		assert.equal(parseDurationMs(text), ms);
	}
});
