import assert from 'node:assert/strict';
import test from 'node:test';
import type {CheckResult} from '../../source/domain/check-result.js';
import type {FinishedCheck, FleetNode} from '../../source/domain/fleet.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import {type HostSpec, silentHostRow} from '../../source/domain/remote/remote-nodes.js';
import {states, stateWords} from '../../source/domain/state.js';
import {
	type FailLevel,
	failingNodes,
	hasFailingNode,
	parseFailLevel,
	type StatusDocument,
	statusDocument,
} from '../../source/domain/status-document.js';
import {nodeFixture} from '../helpers/store-fixture.js';

const upResult: CheckResult = {
	status: true,
	details: {
		method: 'api',
		url: 'http://127.0.0.1:18082/json_rpc',
		version: 65_561,
		version_text: '1.25',
		release: true,
		message: 'API is responding',
		state: 'up',
		latency_ms: 3.2,
		last_check: '2026-11-23T20:00:00.000Z',
	},
};

const downResult: CheckResult = {
	status: false,
	details: {
		method: 'api',
		url: 'http://127.0.0.1:18083/json_rpc',
		message: 'API check failed',
		reason: 'connection refused',
		error: 'connect ECONNREFUSED',
		state: 'down',
		latency_ms: 0.4,
		last_check: '2026-11-23T20:00:00.000Z',
	},
};

function checked(
	name: string,
	id: number,
	result: CheckResult | undefined,
	more: {nodeState?: NodeState; title?: string} = {},
) {
	const {nodeState = {}, ...fields} = more;
	const node: FleetNode = {node: nodeFixture(name, id, fields), nodeState, checking: false, disabled: false};
	return result ? {...node, result} : node;
}

const finished = (...nodes: readonly FleetNode[]): FinishedCheck => ({
	method: 'api',
	checkedAtMs: Date.parse('2026-11-23T20:00:00.000Z'),
	durationMs: 12.444,
	nodes,
});

test('writes the example of the contract', () => {
	const nodeState: NodeState = {
		states: {api: {state: 'up', since: '2026-11-23T19:00:00.000Z', last_check: '2026-11-23T20:00:00.000Z'}},
	};
	const document = statusDocument(
		finished(checked('main-node', 1, upResult, {nodeState}), checked('spare', 2, downResult)),
	);
	assert.deepEqual(document, {
		schema_version: 1,
		method: 'api',
		checked_at: '2026-11-23T20:00:00.000Z',
		duration_ms: 12.4,
		total: 2,
		working: 1,
		failed: 1,
		nodes: [
			{
				id: 1,
				name: 'main-node',
				status: true,
				state: 'up',
				message: 'API is responding',
				version_text: '1.25',
				latency_ms: 3.2,
				since: '2026-11-23T19:00:00.000Z',
				details: upResult.details,
			},
			{
				id: 2,
				name: 'spare',
				status: false,
				state: 'down',
				message: 'API check failed',
				reason: 'connection refused',
				latency_ms: 0.4,
				details: downResult.details,
			},
		],
	});
});

test('an empty fleet has no nodes and no failures', () => {
	const {total, working, failed, nodes} = statusDocument(finished());
	assert.deepEqual([total, working, failed, nodes], [0, 0, 0, []]);
});

test('one node has the same shape as many; unknown facts are absent', () => {
	const {nodes, total} = statusDocument(finished(checked('spare', 2, downResult, {title: 'Spare'})));
	assert.equal(total, 1);
	const [node] = nodes;
	assert.equal(node?.title, 'Spare');
	for (const field of ['group', 'caused_by', 'version_text', 'since']) {
		assert.equal(field in (node ?? {}), false, field);
	}
});

test('names the daemon that explains a state', () => {
	const degraded: CheckResult = {
		status: true,
		details: {
			...upResult.details,
			state: 'degraded',
			reason: 'daemon d:1 is 41 blocks behind',
			caused_by: 'd:1',
		} as never,
	};
	const [node] = statusDocument(finished(checked('shop', 1, degraded))).nodes;
	assert.deepEqual([node?.status, node?.caused_by, node?.reason], [true, 'd:1', 'daemon d:1 is 41 blocks behind']);
});

test('the totals count all checked nodes, even when only some are listed', () => {
	const check = finished(checked('a', 1, upResult), checked('b', 2, downResult), checked('never', 3, undefined));
	const document = statusDocument(check, ({state}) => state === 'down');
	assert.deepEqual(
		[document.total, document.working, document.failed, document.nodes.map(({name}) => name)],
		[2, 1, 1, ['b']],
	);
});

test('documents contain no password', () => {
	const node = {...checked('shop', 1, upResult), node: nodeFixture('shop', 1, {username: 'u', password: 'hunter2'})};
	assert.doesNotMatch(JSON.stringify(statusDocument(finished(node))), /hunter2/);
});

test('the row of a host that does not answer is not counted as a node', () => {
	const origin = {host: 'eu', url: 'ssh://eu'};
	const silent = {complaint: 'connection refused', sinceMs: 0, seenMs: 0, state: 'down'} as const;
	const host: HostSpec = {kind: 'ssh', host: 'eu', label: 'eu', url: 'ssh://eu'};
	const document = statusDocument(
		finished(
			silentHostRow({host, index: 0}, silent, 'api'),
			{...checked('eu/one', 2, downResult), origin: {...origin, name: 'one'}},
			{...checked('us/two', 3, upResult), origin: {host: 'us', url: 'ssh://us', name: 'two'}},
		),
	);
	const {total, working, failed, silent_hosts: hosts, nodes} = document;
	assert.deepEqual([total, working, failed, hosts], [2, 1, 1, ['eu']]);
	assert.deepEqual(
		nodes.map(({name}) => name),
		['eu', 'eu/one', 'us/two'],
	);
	assert.equal(hasFailingNode({nodes: nodes.slice(0, 1)}, 'down'), true, 'a silent host is a failure all the same');
	assert.equal('silent_hosts' in statusDocument(finished(checked('one', 1, upResult))), false);
});

test('which nodes count as failed depends on the level', () => {
	const nodes = states.map(state => ({state, status: stateWords[state].works}));
	const failed = (level: FailLevel) =>
		failingNodes({nodes} as unknown as StatusDocument, level).map(({state}) => state);
	assert.deepEqual(failed('degraded'), ['degraded', 'busy', 'unknown', 'down']);
	assert.deepEqual(failed('failed'), ['busy', 'unknown', 'down']);
	assert.deepEqual(failed('down'), ['unknown', 'down']);
	const [up, degraded] = nodes;
	assert.ok(up && degraded);
	assert.equal(hasFailingNode({nodes: [up, degraded]}, 'degraded'), true);
	assert.equal(hasFailingNode({nodes: [up, degraded]}, 'failed'), false);
	assert.equal(hasFailingNode({nodes: []}, 'degraded'), false);
	assert.deepEqual(['degraded', 'failed', 'down', 'never'].map(parseFailLevel), [
		'degraded',
		'failed',
		'down',
		undefined,
	]);
});
