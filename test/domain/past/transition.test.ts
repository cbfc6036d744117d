import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {CheckResult} from '../../../source/domain/check-result.js';
import type {NodeState, Observation} from '../../../source/domain/past/node-state.js';
import {
	addToNode,
	applyTransitions,
	clampNodeStates,
	correctedTransitions,
	findTransition,
	recordObservations,
	type Transition,
	transitionsByNode,
} from '../../../source/domain/past/transition.js';
import type {State} from '../../../source/domain/state.js';
import {apiResult, moment, seen} from '../../helpers/store-fixture.js';

const node = {id: 1, name: 'main'};
const record = (state: State, lastCheckMs: number): NodeState => ({
	states: {api: {state, since: moment(0), last_check: moment(lastCheckMs)}},
});
const observed = (state: State, ms: number, more: object = {}): Observation => {
	const {status, details} = apiResult(state, moment(ms));
	return {node, result: {status, details: {...details, ...more}} as CheckResult};
};

test('a transition has the node, the method, both states and why', () => {
	assert.deepEqual(findTransition(record('up', 1000), observed('down', 2000)), {
		at: moment(2000),
		node_id: 1,
		node: 'main',
		method: 'api',
		from: 'up',
		to: 'down',
		message: 'API check failed',
		reason: 'connection refused',
	});
	assert.deepEqual(findTransition({}, observed('up', 2000)), {
		at: moment(2000),
		node_id: 1,
		node: 'main',
		method: 'api',
		from: 'unknown',
		to: 'up',
		message: 'API is responding',
	});
});

test('there is none without a change, for a first result that is unknown, or for an older result', () => {
	assert.equal(findTransition(record('up', 1000), observed('up', 2000)), undefined);
	assert.equal(findTransition({}, observed('unknown', 2000)), undefined);
	assert.equal(findTransition(record('up', 2000), observed('down', 2000)), undefined);
	assert.equal(findTransition(record('up', 2001), observed('down', 2000)), undefined);
	assert.notEqual(findTransition(record('up', 1999), observed('down', 2000)), undefined);
});

test('a restart is a part of the reason, unless the reason counts the restarts', () => {
	const process = {pid: 5, started_at: moment(0), start_ticks: 1};
	const known: NodeState = {...record('down', 1000), process, process_seen_at: moment(1000)};
	const reasonOf = (state: State, more: object, before = known) =>
		findTransition(before, observed(state, 9000, more))?.reason;
	const next = {pid: 6, started_at: moment(5000), start_ticks: 2};
	assert.equal(reasonOf('up', next), 'restarted, pid 6');
	assert.equal(reasonOf('degraded', {...next, reason: 'slow'}), 'slow; restarted, pid 6');
	assert.equal(reasonOf('up', next, {...known, restarts: [moment(2000), moment(3000)]}), 'restarted 3x in 1 h, pid 6');
	assert.equal(
		reasonOf('degraded', {...next, reason: 'slow; restarted 2x in 1 h', restarts: 2}),
		'slow; restarted 2x in 1 h',
	);
	assert.equal(reasonOf('degraded', {...next, reason: 'slow', restarts: 1}), 'slow; restarted, pid 6');
	assert.equal(reasonOf('degraded', {...process, reason: 'slow'}), 'slow', 'the same process');
	assert.equal(reasonOf('up', {}), undefined);
});

test('results are merged in order, and each change is a transition', () => {
	const before = new Map([[1, record('up', 1000)]]);
	const {nodeStates, transitions} = recordObservations(before, [
		observed('down', 2000),
		observed('down', 3000),
		seen(2, 'up', moment(3000)),
		observed('up', 4000),
	]);
	assert.deepEqual(
		transitions.map(({node_id: id, from, to, at}) => [id, from, to, at]),
		[
			[1, 'up', 'down', moment(2000)],
			[2, 'unknown', 'up', moment(3000)],
			[1, 'down', 'up', moment(4000)],
		],
	);
	assert.deepEqual(nodeStates.get(1)?.states?.api, {state: 'up', since: moment(4000), last_check: moment(4000)});
	assert.deepEqual([...nodeStates.keys()], [1, 2]);
	assert.deepEqual(before.get(1), record('up', 1000), 'the states before stay as they are');
});

test('a whole log may be applied again', () => {
	const {transitions, nodeStates} = recordObservations(new Map(), [observed('up', 1000), observed('down', 2000)]);
	const once = applyTransitions(new Map(), transitions);
	assert.equal(once.get(1)?.states?.api?.state, 'down');
	assert.deepEqual(applyTransitions(once, transitions), once);
	assert.equal(applyTransitions(nodeStates, transitions).get(1)?.states?.api?.since, moment(2000));
});

test('times of a clock that was ahead are clamped to now', () => {
	const nowMs = Date.parse(moment(60_000));
	const ahead = record('up', 3_600_000);
	const {nodeStates, transitions} = recordObservations(new Map([[1, ahead]]), [observed('down', 59_000)], nowMs);
	assert.deepEqual(
		transitions.map(({at, to}) => [at, to]),
		[[moment(59_000), 'down']],
	);
	assert.equal(nodeStates.get(1)?.states?.api?.last_check, moment(59_000));
	assert.deepEqual(recordObservations(new Map([[1, ahead]]), [observed('down', 59_000)]).transitions, []);
	const states = new Map([
		[1, ahead],
		[2, record('up', 1000)],
	]);
	const clamped = clampNodeStates(states, nowMs);
	assert.ok((clamped.get(1)?.states?.api?.last_check ?? '') < moment(60_000), 'clamped');
	assert.equal(clamped.get(2), states.get(2));
	const right = new Map([[2, record('up', 1000)]]);
	assert.equal(clampNodeStates(right, nowMs), right);
	assert.deepEqual(states.get(1), ahead);
});

test('only the times of transitions that are wrong are corrected', () => {
	const nowMs = Date.parse(moment(60_000));
	const {transitions} = recordObservations(new Map(), [observed('up', 1000), observed('down', 2000)]);
	assert.equal(correctedTransitions(transitions), transitions);
	assert.equal(correctedTransitions(transitions, nowMs), transitions);
	const [first, second] = transitions;
	const late = {...second, at: moment(3_600_000)} as Transition;
	const [same, corrected] = correctedTransitions([first as Transition, late], nowMs);
	assert.equal(same, first);
	assert.ok(corrected && corrected.at <= moment(60_000), corrected?.at);
	assert.deepEqual({...corrected, at: ''}, {...late, at: ''});
	const applied = applyTransitions(new Map(), [first as Transition, late], nowMs);
	assert.ok((applied.get(1)?.states?.api?.since ?? '') <= moment(60_000), 'corrected');
});

test('transitions by node, in the same order', () => {
	const {transitions} = recordObservations(new Map(), [
		observed('up', 1000),
		seen(2, 'up', moment(1500)),
		observed('down', 2000),
	]);
	const byNode = transitionsByNode(transitions);
	assert.deepEqual(
		[...byNode].map(([id, list]) => [id, list.map(({to}) => to)]),
		[
			[1, ['up', 'down']],
			[2, ['up']],
		],
	);
	const [first] = transitions;
	addToNode(byNode, {...(first as Transition), node_id: 3});
	assert.deepEqual([...byNode.keys()], [1, 2, 3]);
});
