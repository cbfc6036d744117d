import assert from 'node:assert/strict';
import {test} from 'node:test';
import {localTimeText, parseMoment} from '../../source/domain/format.js';

const now = new Date(2026, 10, 26, 13, 30, 0);
const nowMs = now.getTime();
const local = (...parts: [number, number, number, number?, number?, number?]): number => new Date(...parts).getTime();

test('parses times as people write them', () => {
	const rows: ReadonlyArray<readonly [string, number]> = [
		['13:02', local(2026, 10, 26, 13, 2)],
		['14:02', local(2026, 10, 25, 14, 2)],
		['9:05:30', local(2026, 10, 26, 9, 5, 30)],
		['2h ago', nowMs - 7_200_000],
		['90 min ago', nowMs - 5_400_000],
		['1.5 days ago', nowMs - 129_600_000],
		['1 week ago', nowMs - 604_800_000],
		['30s ago', nowMs - 30_000],
		['2026-11-20T14:02:00Z', Date.UTC(2026, 10, 20, 14, 2)],
		['2026-11-20T14:02:00.500+01:00', Date.UTC(2026, 10, 20, 13, 2, 0, 500)],
		['2026-11-20 14:02', local(2026, 10, 20, 14, 2)],
		['2026-11-20', local(2026, 10, 20)],
		['2024-02-29', local(2024, 1, 29)],
	];
	for (const [text, ms] of rows) {
		assert.equal(parseMoment(text, nowMs), ms, text);
	}
});

test('refuses text that is not a time, and times in the future', () => {
	const bad = ['', 'now', '24:00', '14:60', '2h', '-2h ago', 'ago', '5 parsecs ago', '2 constructor ago', '2026-02-30'];
	for (const text of [
		...bad,
		'2026-13-01',
		'2026-11-27',
		'2026-11-26T13:31:00',
		'1 hour from now',
		'9999999 weeks ago',
	]) {
		assert.equal(parseMoment(text, nowMs), undefined, text);
	}
});

test('writes a local time as text', () => {
	assert.equal(localTimeText(local(2026, 0, 2, 3, 4, 5)), '2026-01-02 03:04:05');
});
