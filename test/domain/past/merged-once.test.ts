import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {CheckResult} from '../../../source/domain/check-result.js';
import type {Observation} from '../../../source/domain/past/node-state.js';
import {applyTransitions, type NodeStates, recordObservations} from '../../../source/domain/past/transition.js';
import type {State} from '../../../source/domain/state.js';
import {apiResult, moment} from '../../helpers/store-fixture.js';

const states: readonly State[] = [
	'up',
	'down',
	'degraded',
	'busy',
	'unknown',
	'down',
	'up',
	'busy',
	'down',
	'degraded',
];

/** A result with everything that is recorded of one. */
function richResult(state: State, ms: number): CheckResult {
	const {status, details} = apiResult(state, moment(ms), 1 + (ms % 7));
	const seen = {version: 65_561 + Math.floor(ms / 4000), wallet_height: 100 + ms, wallet_lag: 50, daemon_height: 9000};
	const process = {pid: 5 + Math.floor(ms / 9000), started_at: moment(Math.floor(ms / 9000) * 9000 - 500)};
	return {status, details: {...details, ...(status ? seen : {}), ...process} as CheckResult['details']};
}

const observations = states.map(
	(state, index): Observation => ({node: {id: 1, name: 'one'}, result: richResult(state, 1000 * index)}),
);
const whole = recordObservations(new Map(), observations);
const {transitions} = whole;

/** Facts that show whether a node's state is complete; the lists keep the order in which results came. */
function factsOf(nodeStates: NodeStates): object {
	const {latencies, recent_states: recentStates, ...facts} = nodeStates.get(1) ?? {};
	return {...facts, latencies: latencies?.toSorted(), recent_states: recentStates?.toSorted()};
}

test('merges all facts of a result whose transition is already known', () => {
	const inAll = [
		'silent_since',
		'last_answer',
		'watched',
		'process',
		'restarts',
		'version',
		'version_changed',
	] as const;
	for (const field of [...inAll, 'wallet_heights', 'daemon_heights', 'worked_data'] as const) {
		assert.ok(field === 'silent_since' || whole.nodeStates.get(1)?.[field] !== undefined, field);
	}

	const known = applyTransitions(new Map(), transitions);
	const after = recordObservations(known, observations);
	assert.deepEqual(after.transitions, []);
	assert.deepEqual(factsOf(after.nodeStates), factsOf(whole.nodeStates));
});

test('gives the same state however saves are split into transitions and batches', () => {
	for (let cut = 0; cut < 2 ** (observations.length - 1); cut += 1) {
		let nodeStates: NodeStates = new Map();
		let batch: Observation[] = [];
		let appended = 0;
		for (const [index, observation] of observations.entries()) {
			const {transitions: found} = recordObservations(nodeStates, [observation]);
			appended += found.length;
			nodeStates = applyTransitions(nodeStates, found);
			batch.push(observation);
			if (index === observations.length - 1 || (cut >> index) % 2 === 1) {
				const saved = recordObservations(nodeStates, batch);
				appended += saved.transitions.length;
				nodeStates = saved.nodeStates;
				batch = [];
			}
		}

		assert.deepEqual(factsOf(nodeStates), factsOf(whole.nodeStates), cut.toString(2));
		assert.equal(appended, transitions.length);
	}
});

test('a result between logged transitions keeps the later state, and merges the rest', () => {
	const known = applyTransitions(
		recordObservations(new Map(), observations.slice(0, 1)).nodeStates,
		transitions.slice(1),
	);
	const {nodeStates, transitions: more} = recordObservations(known, observations.slice(1, 3));
	assert.deepEqual(more, []);
	const {states: records, last_answer: answered, process} = nodeStates.get(1) ?? {};
	assert.deepEqual(records?.api, {
		state: 'degraded',
		since: moment(9000),
		last_check: moment(9000),
		merged_at: moment(2000),
	});
	assert.equal(answered, moment(9000));
	assert.equal(process?.pid, 5);
});

test('the time of the last answer and the start of the silence follow from transitions alone', () => {
	const rows: ReadonlyArray<readonly [count: number, answered: number | undefined, silentSince: number | undefined]> = [
		[1, 0, undefined],
		[2, 0, 1000],
		[3, 2000, undefined],
		[4, 2000, 3000],
		// A check that was not made is neither an answer nor silence.
		[5, 2000, 3000],
		[6, 2000, 3000],
		[7, 6000, undefined],
		[9, 6000, 7000],
	];
	const at = (ms: number | undefined) => (ms === undefined ? undefined : moment(ms));
	for (const [count, answered, silentSince] of rows) {
		const nodeState = applyTransitions(new Map(), transitions.slice(0, count)).get(1);
		assert.deepEqual([nodeState?.last_answer, nodeState?.silent_since], [at(answered), at(silentSince)], String(count));
	}
});

test('merging a result again, or another one of the same millisecond, adds nothing', () => {
	const {nodeStates} = recordObservations(new Map(), observations.slice(0, 3));
	assert.deepEqual(recordObservations(nodeStates, observations.slice(2, 3)).nodeStates, nodeStates);
	const twin: Observation = {node: {id: 1, name: 'one'}, result: richResult('down', 2000)};
	const after = recordObservations(nodeStates, [twin]);
	assert.deepEqual(after.transitions, []);
	const {states: records, last_answer: answered, silent_since: silentSince} = after.nodeStates.get(1) ?? {};
	assert.deepEqual([records?.api?.state, answered, silentSince], ['degraded', moment(2000), undefined]);
});
