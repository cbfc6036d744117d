import assert from 'node:assert/strict';
import test from 'node:test';
import type {CheckResult} from '../../source/domain/check-result.js';
import {countStates, currentVerdict, type FleetNode, type FleetSnapshot} from '../../source/domain/fleet.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import type {State} from '../../source/domain/state.js';
import {apiResult, moment, nodeFixture, portResult} from '../helpers/store-fixture.js';

function fleetNode(more: Partial<FleetNode> = {}): FleetNode {
	return {node: nodeFixture('shop', 1), nodeState: {}, checking: false, disabled: false, ...more};
}

function remembered(result: CheckResult, since: string): NodeState {
	const {state} = result.details;
	return {
		worked: result.status,
		worked_data: result.details,
		states: {api: {state, since, last_check: result.details.last_check}},
	};
}

test('the verdict of this run takes precedence over the remembered one', () => {
	const nodeState = remembered(apiResult('down', moment(0)), moment(0));
	const {state, text, since, result} = currentVerdict(
		fleetNode({nodeState, result: apiResult('up', moment(5))}),
		'api',
	);
	// `since` is undefined: the remembered state was down, so it is not known since when it is up.
	assert.deepEqual([state, text, since, result?.status], ['up', 'API is responding', undefined, true]);
});

test('the remembered verdict of api and full applies to both, and to no other method', () => {
	const nodeState = remembered(apiResult('down', moment(9)), moment(3));
	for (const method of ['api', 'full'] as const) {
		const {state, text, since} = currentVerdict(fleetNode({nodeState}), method);
		assert.deepEqual([state, text, since], ['down', 'connection refused', moment(3)], method);
	}

	for (const method of ['pid', 'port'] as const) {
		const {state, text, result} = currentVerdict(fleetNode({nodeState}), method);
		assert.deepEqual([state, text, result], ['unknown', 'not checked yet', undefined], method);
	}

	assert.equal(currentVerdict(fleetNode({result: portResult(moment(0))}), 'port').text, 'Port is in use');
});

test('a disabled node is unknown despite remembered results', () => {
	const nodeState = remembered(apiResult('up', moment(9)), moment(3));
	assert.deepEqual(currentVerdict(fleetNode({nodeState, disabled: true}), 'api'), {state: 'unknown', text: 'disabled'});
});

test('counts every state once; disabled nodes are not counted', () => {
	const states: readonly State[] = ['up', 'up', 'degraded', 'busy', 'down', 'unknown'];
	const nodes = states.map(state => fleetNode({result: apiResult(state, moment(1))}));
	const snapshot: FleetSnapshot = {
		method: 'api',
		intervalMs: 5000,
		paused: false,
		nodes: [...nodes, fleetNode(), fleetNode({disabled: true, result: apiResult('down', moment(1))})],
		notes: [],
	};
	assert.deepEqual(countStates(snapshot), {up: 2, degraded: 1, busy: 1, unknown: 2, down: 1});
});
