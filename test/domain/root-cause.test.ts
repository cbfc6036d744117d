import assert from 'node:assert/strict';
import test from 'node:test';
import type {ApiDetails} from '../../source/domain/check-result.js';
import {
	type FleetNode,
	mixedVersionsText,
	rootCauses,
	rootCauseText,
	versionCounts,
} from '../../source/domain/fleet.js';
import {apiResult, moment, nodeFixture} from '../helpers/store-fixture.js';

function fleetNode(id: number, details: Partial<ApiDetails>, more: Partial<FleetNode> = {}): FleetNode {
	const {status, details: base} = apiResult(details.state ?? 'degraded', moment(0));
	const result = {status, details: {...base, ...details} as ApiDetails};
	return {node: nodeFixture(`n${id}`, id), nodeState: {}, checking: false, disabled: false, result, ...more};
}

const [a, b] = ['10.0.0.5:18081', '10.0.0.6:18081'];

test('groups the nodes behind a daemon as one cause, silent ones too, the largest first', () => {
	const nodes = [
		fleetNode(1, {caused_by: b, daemon: b, daemon_reachable: true, daemon_synchronized: true, daemon_lag: 41}),
		fleetNode(2, {caused_by: a, daemon: a, daemon_reachable: false}),
		fleetNode(3, {caused_by: a, silent_ms: 3000, state: 'down'}),
		fleetNode(4, {caused_by: a, daemon_reachable: false}, {disabled: true}),
		fleetNode(5, {state: 'up', daemon: a}),
	];
	const causes = rootCauses(nodes);
	assert.deepEqual(causes.map(rootCauseText), [`monerod ${a} down: 2 nodes`, `monerod ${b} 41 blocks behind: 1 node`]);
	assert.deepEqual(
		causes.map(({state, nodes: dependents}) => [state, dependents.map(({node}) => node.id)]),
		[
			['down', [2, 3]],
			['degraded', [1]],
		],
	);
});

test('names the problem of a daemon in a word or two', () => {
	const rows: ReadonlyArray<readonly [Partial<ApiDetails>, string]> = [
		[{silent_ms: 9000, state: 'down'}, 'hangs'],
		[{daemon_reachable: true, daemon_synchronized: false, daemon_lag: 9}, 'not synchronized'],
		[{daemon_reachable: true, wallet_lag: -20}, 'lost blocks'],
		[{daemon_reachable: true, daemon_fault: 'has had no new block for 47 m'}, 'has had no new block for 47 m'],
		[{daemon_reachable: true}, 'has a problem'],
	];
	for (const [details, reason] of rows) {
		assert.equal(rootCauses([fleetNode(1, {...details, caused_by: a})])[0]?.reason, reason);
	}

	assert.deepEqual(rootCauses([]), []);
});

test('lists mixed versions, the oldest first, of nodes that answer as wallets', () => {
	const of = (id: number, version: number, version_text: string, state: 'up' | 'down' = 'up') =>
		fleetNode(id, {version, version_text, state});
	const nodes = [of(1, 65_565, '1.29'), of(2, 65_561, '1.25'), of(3, 65_565, '1.29'), of(4, 196_613, '3.5', 'down')];
	assert.equal(mixedVersionsText(nodes), 'versions 1.25 (1), 1.29 (2)');
	assert.equal(mixedVersionsText(nodes.slice(2)), undefined);
	assert.deepEqual(versionCounts(nodes.slice(2)), [{version_text: '1.29', nodes: 1}]);
});
