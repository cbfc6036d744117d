import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {Transition} from '../../source/domain/past/transition.js';
import {transitionLines} from '../../source/tui/node-past.js';
import {fleetNowMs} from '../helpers/fleet-fixture.js';

/** The lines of transitions of these ages. */
function linesOf(...agesMs: readonly number[]): readonly string[] {
	const transitions = agesMs.map(
		(ageMs): Transition => ({
			at: new Date(fleetNowMs - ageMs).toISOString(),
			node_id: 1,
			node: 'a',
			from: 'up',
			to: 'down',
			method: 'api',
			message: 'API check failed',
		}),
	);
	return transitionLines(transitions, {width: 80, nowMs: fleetNowMs}).map(line => line.map(({text}) => text).join(''));
}

const hourMs = 3_600_000;
const timeOnly = /^ {3}\d\d:\d\d:\d\d {2}/;
const withDate = /^ {3}\d\d-\d\d \d\d:\d\d:\d\d {2}/;

test('transitions of the last 20 hours have no date', () => {
	assert.match(linesOf(20 * hourMs - 1)[0] ?? '', timeOnly);
});

test('one older transition adds dates to all of them', () => {
	const lines = linesOf(1000, 20 * hourMs);
	assert.equal(lines.length, 2);
	for (const line of lines) {
		assert.match(line, withDate);
	}
});
