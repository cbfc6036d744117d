import assert from 'node:assert/strict';
import {test} from 'node:test';
import {answerHealth, type Served} from '../../source/server/route-table.js';
import {createHttpStatusViews} from '../../source/server/status-view.js';
import {fleetNowMs, fleetSnapshot, type NodeSpec} from '../helpers/fleet-fixture.js';

async function healthOf(
	fleet: readonly NodeSpec[],
	query: Readonly<Record<string, string>> = {},
	{nowMs = fleetNowMs, areFirst = true} = {},
) {
	const poller = {getSnapshot: () => fleetSnapshot(fleet), subscribe: () => () => {}};
	const served = {
		poller,
		views: createHttpStatusViews(poller, () => nowMs),
		firstResults: {isComplete: () => areFirst},
		fresh: {ask: async () => ({startedAtMs: nowMs, endedAtMs: nowMs})},
		nowMs: () => nowMs,
	} as unknown as Served;
	const {statusCode, body} = await answerHealth({query, node: '', headers: {}}, served);
	return [statusCode, JSON.parse(String(body))];
}

const states = ['up', 'degraded', 'busy', 'unknown', 'down'] as const;

test('the states that fail at each level', async () => {
	const failing = {
		failed: ['busy', 'unknown', 'down'],
		degraded: ['degraded', 'busy', 'unknown', 'down'],
		down: ['unknown', 'down'],
	};
	for (const [level, expected] of Object.entries(failing)) {
		const codes = await Promise.all(
			states.map(async state => (await healthOf([{name: 'a', state}], {fail_on: level}))[0]),
		);
		assert.deepEqual(
			states.filter((_, index) => codes[index] === 503),
			states.filter(state => expected.includes(state)),
			level,
		);
	}
});

test('an empty fleet and disabled nodes are healthy', async () => {
	assert.deepEqual(await healthOf([]), [200, {status: 'healthy', working: 0, total: 0}]);
	assert.deepEqual(await healthOf([{name: 'off', disabled: true}]), [200, {status: 'healthy', working: 0, total: 0}]);
});

test('the reason names the first five nodes', async () => {
	const fleet = Array.from({length: 7}, (_, index): NodeSpec => ({name: `n${index}`, state: 'down'}));
	const reason = '7 of 8 nodes: n0 is down, n1 is down, n2 is down, n3 is down, n4 is down, and 2 more';
	assert.deepEqual(await healthOf([...fleet, {name: 'up'}]), [503, {status: 'degraded', working: 1, total: 8, reason}]);
});

test('results older than three intervals or an unfinished first cycle fail; a fresh check does not', async () => {
	const up = [{name: 'a'}];
	// The last cycle of this fleet ended a second ago, and its interval is five seconds.
	assert.equal((await healthOf(up, {}, {nowMs: fleetNowMs + 14_000}))[0], 200);
	const old = await healthOf(up, {}, {nowMs: fleetNowMs + 14_001});
	const reason = 'the last check cycle ended 15s ago: more than 3 intervals of 5s';
	assert.deepEqual(old, [503, {status: 'degraded', working: 1, total: 1, reason}]);
	const [code, {reason: first}] = await healthOf(up, {}, {areFirst: false});
	assert.deepEqual([code, first], [503, 'the first check cycle has not finished yet']);
	assert.equal((await healthOf(up, {fresh: '1'}, {nowMs: fleetNowMs + 60_000, areFirst: false}))[0], 200);
});
