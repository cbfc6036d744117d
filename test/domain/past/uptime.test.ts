import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {NodeState} from '../../../source/domain/past/node-state.js';
import type {Transition} from '../../../source/domain/past/transition.js';
import {computeHistory} from '../../../source/domain/past/uptime.js';
import type {State} from '../../../source/domain/state.js';

const nowMs = Date.parse('2026-11-23T20:00:00.000Z');
/** This many minutes ago. */
const ago = (minutes: number): string => new Date(nowMs - minutes * 60_000).toISOString();

type Change = readonly [minutesAgo: number, from: State, to: State, reason?: string];

const transition = ([minutesAgo, from, to, reason]: Change): Transition => ({
	at: ago(minutesAgo),
	node_id: 1,
	node: 'a',
	method: 'api',
	from,
	to,
	message: `it is ${to}`,
	...(reason === undefined ? {} : {reason}),
});

interface Given {
	readonly changes?: readonly Change[];
	readonly watched?: ReadonlyArray<readonly [fromMinutesAgo: number, toMinutesAgo: number]>;
	readonly state?: State;
}

function historyFor({changes = [], watched = [], state}: Given) {
	const nodeState: NodeState = {
		watched: {api: watched.map(([from, to]) => [ago(from), ago(to)] as const)},
		...(state === undefined ? {} : {states: {api: {state, since: ago(9999), last_check: ago(0)}}}),
	};
	return computeHistory({transitions: changes.map(transition), nodeState, method: 'api', nowMs});
}

const always = [[20_000, 0]] as const;
const week = 7 * 24 * 60;

test('uptime: the share of watched time in which the node worked; unwatched time is unknown', () => {
	const rows: ReadonlyArray<
		readonly [what: string, given: Given, ratios: ReadonlyArray<number | undefined>, unknownMinutes: readonly number[]]
	> = [
		['never checked', {}, [undefined, undefined, undefined], [60, 1440, week]],
		['always up', {watched: always, state: 'up'}, [1, 1, 1], [0, 0, 0]],
		['degraded works', {watched: always, state: 'degraded'}, [1, 1, 1], [0, 0, 0]],
		['always down', {watched: always, state: 'down'}, [0, 0, 0], [0, 0, 0]],
		['busy does not answer', {watched: always, state: 'busy'}, [0, 0, 0], [0, 0, 0]],
		[
			'not checkable is unknown',
			{watched: always, state: 'unknown'},
			[undefined, undefined, undefined],
			[60, 1440, week],
		],
		[
			'a quarter of an hour down',
			{
				watched: always,
				changes: [
					[30, 'up', 'down'],
					[15, 'down', 'up'],
				],
			},
			[0.75, 1 - 15 / 1440, 1 - 15 / week],
			[0, 0, 0],
		],
		[
			'the first transition tells what was before it',
			{watched: always, changes: [[30, 'down', 'up']]},
			[0.5, 30 / 1440, 30 / week],
			[0, 0, 0],
		],
		[
			'nothing is known before the first check',
			{
				watched: [[30, 0]],
				changes: [
					[30, 'unknown', 'up'],
					[15, 'up', 'down'],
				],
			},
			[0.5, 0.5, 0.5],
			[30, 1410, week - 30],
		],
		[
			'a gap in the watching counts as nothing, though the state behind it is known',
			{
				watched: [
					[60, 45],
					[15, 0],
				],
				changes: [
					[60, 'unknown', 'up'],
					[15, 'up', 'down'],
				],
			},
			[0.5, 0.5, 0.5],
			[30, 1410, week - 30],
		],
		['watched only yesterday', {watched: [[1500, 1380]], state: 'up'}, [undefined, 1, 1], [60, 1380, week - 120]],
		['a clock that was ahead', {watched: [[60, -60]], state: 'up'}, [1, 1, 1], [0, 1380, week - 60]],
	];
	for (const [what, given, ratios, unknownMinutes] of rows) {
		const windows = Object.values(historyFor(given).uptime);
		assert.deepEqual(
			windows.map(({ratio}) => ratio),
			ratios,
			what,
		);
		assert.deepEqual(
			windows.map(({seconds}) => seconds.unknown / 60),
			unknownMinutes,
			what,
		);
		assert.deepEqual(
			windows.map(({seconds}) => Object.values(seconds).reduce((sum, some) => sum + some, 0)),
			[3600, 86_400, 604_800],
			what,
		);
	}
});

test('outages: from the first busy or down until neither, with the worst state and its reason', () => {
	const minuteMs = 60_000;
	const rows: ReadonlyArray<readonly [what: string, given: Given, outages: readonly object[]]> = [
		[
			'none',
			{
				watched: always,
				changes: [
					[30, 'unknown', 'up'],
					[20, 'up', 'degraded'],
				],
			},
			[],
		],
		[
			'one that is over',
			{
				watched: always,
				changes: [
					[30, 'up', 'down', 'connection refused'],
					[10, 'down', 'degraded'],
				],
			},
			[
				{
					from: ago(30),
					to: ago(10),
					duration_ms: 20 * minuteMs,
					state: 'down',
					message: 'it is down',
					reason: 'connection refused',
				},
			],
		],
		[
			'one that goes on',
			{watched: always, changes: [[30, 'up', 'down']]},
			[{from: ago(30), duration_ms: 30 * minuteMs, state: 'down', message: 'it is down'}],
		],
		[
			'busy, then down, then busy is one',
			{
				watched: always,
				changes: [
					[40, 'up', 'busy', 'scans'],
					[30, 'busy', 'down', 'hangs'],
					[20, 'down', 'busy', 'scans'],
					[10, 'busy', 'up'],
				],
			},
			[{from: ago(40), to: ago(10), duration_ms: 30 * minuteMs, state: 'down', message: 'it is down', reason: 'hangs'}],
		],
		[
			'two, one of them busy alone',
			{
				watched: always,
				changes: [
					[40, 'up', 'busy'],
					[30, 'busy', 'up'],
					[20, 'up', 'down'],
					[10, 'down', 'up'],
				],
			},
			[
				{from: ago(40), to: ago(30), duration_ms: 10 * minuteMs, state: 'busy', message: 'it is busy'},
				{from: ago(20), to: ago(10), duration_ms: 10 * minuteMs, state: 'down', message: 'it is down'},
			],
		],
		[
			'one that nobody watched in part',
			{
				watched: [
					[60, 25],
					[15, 0],
				],
				changes: [
					[30, 'up', 'down'],
					[15, 'down', 'up'],
				],
			},
			[
				{
					from: ago(30),
					to: ago(15),
					duration_ms: 15 * minuteMs,
					unwatched_ms: 10 * minuteMs,
					state: 'down',
					message: 'it is down',
				},
			],
		],
		[
			'what becomes unknown is no outage any more',
			{
				watched: always,
				changes: [
					[30, 'up', 'down'],
					[20, 'down', 'unknown'],
				],
			},
			[{from: ago(30), to: ago(20), duration_ms: 10 * minuteMs, state: 'down', message: 'it is down'}],
		],
	];
	for (const [what, given, outages] of rows) {
		assert.deepEqual(historyFor(given).outages, outages, what);
	}
});
