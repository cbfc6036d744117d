import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {CheckResult, WalletFacts} from '../../../source/domain/check-result.js';
import {keptResults, type NodeState} from '../../../source/domain/past/node-state.js';
import {neverMerged, recordResult} from '../../../source/domain/past/record-result.js';
import {applyTransitions, findTransition, recordObservations} from '../../../source/domain/past/transition.js';
import type {State} from '../../../source/domain/state.js';
import {apiResult, moment, pidResult, seen} from '../../helpers/store-fixture.js';

const stateOf = (nodeState: NodeState | undefined) => nodeState?.states?.api;

test('the first result is a transition from unknown, unless it is unknown itself', () => {
	assert.deepEqual(findTransition({}, seen(7, 'down', moment(0))), {
		at: moment(0),
		node_id: 7,
		node: 'node-7',
		method: 'api',
		from: 'unknown',
		to: 'down',
		message: 'API check failed',
		reason: 'connection refused',
	});
	assert.equal(findTransition({}, seen(7, 'unknown', moment(0))), undefined);
});

test('a transition to up has no reason', () => {
	const transition = findTransition({}, seen(1, 'up', moment(0)));
	assert.equal(transition?.message, 'API is responding');
	assert.equal(transition && 'reason' in transition, false);
});

test('only a newer result in another state is a transition', () => {
	const nodeState = recordResult({}, apiResult('up', moment(1000)));
	const cases: ReadonlyArray<readonly [State, number, string | undefined]> = [
		['up', 2000, undefined],
		['down', 2000, 'up>down'],
		['degraded', 1001, 'up>degraded'],
		['down', 1000, undefined],
		['down', 999, undefined],
	];
	for (const [state, ms, expected] of cases) {
		const transition = findTransition(nodeState, seen(1, state, moment(ms)));
		assert.equal(transition && `${transition.from}>${transition.to}`, expected, `${state} at ${ms}`);
	}
});

test('a state lasts from the time it was first seen without interruption', () => {
	let nodeState = recordResult({}, apiResult('down', moment(0)));
	nodeState = recordResult(nodeState, apiResult('down', moment(1000)));
	assert.deepEqual(stateOf(nodeState), {state: 'down', since: moment(0), last_check: moment(1000)});
	nodeState = recordResult(nodeState, apiResult('up', moment(2000)));
	assert.deepEqual(stateOf(nodeState), {state: 'up', since: moment(2000), last_check: moment(2000)});
	nodeState = recordResult(nodeState, apiResult('down', moment(3000)));
	assert.deepEqual(stateOf(nodeState), {state: 'down', since: moment(3000), last_check: moment(3000)});
});

test('worked and worked_data are the last result of any method', () => {
	const api = apiResult('down', moment(0));
	const pid = pidResult(moment(1000), {pid: 5});
	const nodeState = recordResult(recordResult({}, api), pid);
	assert.deepEqual({worked: nodeState.worked, data: nodeState.worked_data}, {worked: true, data: pid.details});
	assert.deepEqual(recordResult(nodeState, api).worked_data, pid.details);
	assert.deepEqual(Object.keys(nodeState.states ?? {}).sort(), ['api', 'pid']);
});

test('an older result, or another one of the same time, changes only the lists', () => {
	const nodeState = recordResult({}, apiResult('up', moment(1000), 5));
	for (const ms of [1000, 500]) {
		const after = recordResult(nodeState, apiResult('down', moment(ms), 7));
		assert.deepEqual(after.states, nodeState.states);
		assert.deepEqual(after.latencies, [5]);
		assert.deepEqual(after.recent_states, ['up', 'down']);
	}
});

test('keeps the last sixty latencies of answered checks and the last sixty states', () => {
	let nodeState: NodeState = {};
	for (let index = 0; index < keptResults + 10; index += 1) {
		nodeState = recordResult(nodeState, apiResult(index % 2 === 0 ? 'up' : 'down', moment(index * 1000), index));
	}

	assert.equal(nodeState.recent_states?.length, 60);
	assert.equal(nodeState.latencies?.length, 35);
	assert.equal(nodeState.latencies?.at(-1), 68);
	nodeState = recordResult(nodeState, pidResult(moment(200_000), {pid: 5}));
	assert.equal(nodeState.recent_states?.length, 60);
	for (let index = 0; index < 100; index += 1) {
		nodeState = recordResult(nodeState, apiResult('up', moment(300_000 + index * 1000), index));
	}

	assert.deepEqual(
		nodeState.latencies,
		Array.from({length: 60}, (_, index) => index + 40),
	);
});

test('remembers the last process that was seen running as a wallet', () => {
	const identity = {pid: 5, started_at: moment(0), start_ticks: 77, unit: 'wallet.service'};
	const right = {...identity, is_monero_process: true, cmdline: 'monero-wallet-rpc'};
	const nodeState = recordResult({}, pidResult(moment(1000), right));
	assert.deepEqual(nodeState.process, identity);
	for (const other of [
		pidResult(moment(2000), {state: 'down', pid: 6, started_at: moment(1), is_monero_process: false}),
		pidResult(moment(2000), {state: 'unknown', pid: 6}),
		pidResult(moment(500), {...right, pid: 4}),
		apiResult('down', moment(2000)),
	]) {
		assert.deepEqual(recordResult(nodeState, other).process, identity);
	}

	assert.equal(recordResult(nodeState, pidResult(moment(2000), {...right, pid: 9})).process?.pid, 9);
});

test('remembers that a wallet was once seen open', () => {
	const withWallet = (open: boolean, at: string): CheckResult => {
		const {status, details} = apiResult('up', at);
		const facts: WalletFacts = {wallet_open: open};
		return {status, details: {...details, ...facts} as CheckResult['details']};
	};
	assert.equal(recordResult({}, withWallet(false, moment(0))).wallet_seen, undefined);
	const nodeState = recordResult({}, withWallet(true, moment(0)));
	assert.equal(nodeState.wallet_seen, true);
	assert.equal(recordResult(nodeState, withWallet(false, moment(1000))).wallet_seen, true);
});

test('records many results in order, node by node, without changing its arguments', () => {
	const before = recordObservations(new Map(), [seen(1, 'up', moment(0))]).nodeStates;
	const {nodeStates, transitions} = recordObservations(before, [
		seen(1, 'down', moment(1000)),
		seen(2, 'up', moment(1000)),
		seen(1, 'down', moment(2000)),
		seen(1, 'up', moment(3000)),
	]);
	assert.deepEqual(
		transitions.map(({node_id: id, from, to}) => `${id} ${from}>${to}`),
		['1 up>down', '2 unknown>up', '1 down>up'],
	);
	assert.equal(stateOf(before.get(1))?.last_check, moment(0));
	assert.equal(stateOf(nodeStates.get(1))?.since, moment(3000));
});

test('transitions alone give the states, and applying them again changes nothing', () => {
	const observations = [seen(1, 'up', moment(0)), seen(1, 'down', moment(1000)), seen(2, 'down', moment(1000))];
	const {nodeStates, transitions} = recordObservations(new Map(), observations);
	const known = applyTransitions(new Map(), transitions);
	assert.deepEqual(known.get(1), {
		states: {api: {state: 'down', since: moment(1000), last_check: moment(1000), merged_at: neverMerged}},
		last_answer: moment(0),
		silent_since: moment(1000),
	});
	assert.deepEqual(applyTransitions(known, transitions), known);
	assert.deepEqual(applyTransitions(nodeStates, transitions), nodeStates);
	assert.deepEqual(recordObservations(known, observations).transitions, []);
});

test('a transition older than the last result of the same state changes nothing', () => {
	const nodeStates = recordObservations(new Map(), [seen(1, 'up', moment(0)), seen(1, 'up', moment(9000))]).nodeStates;
	const old = findTransition({}, seen(1, 'down', moment(5000)));
	assert.deepEqual(applyTransitions(nodeStates, old ? [old] : []), nodeStates);
});
