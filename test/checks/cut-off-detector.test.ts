import assert from 'node:assert/strict';
import {test} from 'node:test';
import {type CutOffDetectorOptions, createCutOffDetector} from '../../source/checks/cut-off-detector.js';
import type {CheckResult} from '../../source/domain/check-result.js';
import {cutOffReason, isCutOff} from '../../source/domain/fleet.js';
import type {Node} from '../../source/domain/node/node.js';
import type {State} from '../../source/domain/state.js';
import {apiResult, nodeFixture} from '../helpers/store-fixture.js';

const at = '2026-11-23T20:00:00.000Z';
const silence = 'no response within 3 s';

function resultOf(state: State, reason?: string): CheckResult {
	const {status, details} = apiResult(state, at);
	return {status, details: {...details, ...(reason === undefined ? {} : {reason})} as typeof details};
}

/** One node on each host, in order, each with an earlier state. */
function begin(hosts: readonly string[], more: Partial<CutOffDetectorOptions> = {}, before: readonly State[] = []) {
	const nodes = hosts.map((host, index) => nodeFixture(`n${index}`, index + 1, {host}));
	const detector = createCutOffDetector({
		nodes,
		recall: id => ({worked_data: resultOf(before[id - 1] ?? 'up').details}),
		ports: {
			wait: (_, signal) => new Promise(resolve => signal?.addEventListener('abort', () => resolve())),
			connectTcp: async () => ({open: false, latencyMs: 1, cause: 'timeout', error: 'x'}),
		},
		selfCheck: '',
		timeoutMs: 100,
		...more,
	});
	const settle = (reasons: readonly string[]): Promise<readonly string[]> =>
		Promise.all(
			nodes.map(async (node: Node, index) => {
				const reason = reasons[index] ?? '';
				const result = reason === '' ? resultOf('up') : resultOf(reason.startsWith('not') ? 'unknown' : 'down', reason);
				const settled = (await detector?.settle(node, result)) ?? result;
				return `${settled.details.state}${isCutOff(settled) ? ' cut off' : ''}`;
			}),
		);
	return {detector, settle};
}

const hosts = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4', '127.0.0.1'];

test('when most of several hosts fall silent in one cycle, the monitor counts as cut off', async () => {
	const {settle} = begin(hosts);
	assert.deepEqual(await settle([silence, 'host unreachable', silence, '', silence]), [
		'unknown cut off',
		'unknown cut off',
		'unknown cut off',
		'up',
		'down',
	]);
	const {detector} = begin(hosts);
	const [one, two, three] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((host, index) =>
		detector?.settle(nodeFixture('n', index + 1, {host}), resultOf('down', silence)),
	);
	const results = await Promise.all([one, two, three]);
	assert.deepEqual(new Set(results.map(result => result?.details.reason)), new Set([cutOffReason]));
});

test('a node checked between two cycles is not down while this monitor is cut off', async () => {
	const verdict = {isCutOff: false};
	const fleet = hosts.map((host, index) => nodeFixture(`n${index}`, index + 1, {host}));
	const alone = async (reason: string) => (await begin(hosts.slice(0, 1), {verdict, fleet}).settle([reason])).join();
	assert.equal(await alone(silence), 'down');
	await begin(hosts, {verdict}).settle([silence, silence, silence, silence]);
	assert.equal(await alone(silence), 'unknown cut off');
	assert.equal(await alone('connection refused'), 'down', 'it answers: there is a network');
	assert.equal(await alone(silence), 'down');
});

test('the first results of a large fleet wait as long as others arrive', async () => {
	const many = Array.from({length: 10}, (_, index) => `10.0.0.${index + 1}`);
	let waiting: Array<() => void> = [];
	const wait: CutOffDetectorOptions['ports']['wait'] = (_, signal) =>
		new Promise(resolve => {
			waiting.push(resolve);
			signal?.addEventListener('abort', () => resolve());
		});
	const connectTcp: CutOffDetectorOptions['ports']['connectTcp'] = async () => assert.fail('no address to ask');
	const {detector} = begin(many, {ports: {wait, connectTcp}});
	const settled: Array<Promise<State | undefined>> = [];
	for (const [index, host] of many.slice(0, 6).entries()) {
		const over = waiting;
		waiting = [];
		const result = detector?.settle(nodeFixture('n', index + 1, {host}), resultOf('down', silence));
		settled.push(Promise.resolve(result).then(each => each?.details.state));
		// Earlier results have waited for the maximum time.
		over.forEach(end => void end());
		await new Promise(setImmediate);
	}

	assert.deepEqual(new Set(await Promise.all(settled)), new Set(['unknown']));
	// When no more results arrive, there is no wait.
	const alone = begin(many, {ports: {wait: async () => undefined, connectTcp}}).detector;
	const last = await alone?.settle(nodeFixture('n', 1, {host: '10.0.0.1'}), resultOf('down', silence));
	assert.equal(last?.details.state, 'down');
});

test('half of the hosts, refusals and earlier outages are the fault of the hosts', async () => {
	assert.deepEqual(await begin(hosts).settle([silence, silence, '', '']), ['down', 'down', 'up', 'up', 'up']);
	const refused = 'connection refused';
	assert.deepEqual(await begin(hosts).settle([silence, refused, refused, refused]), [
		'down',
		'down',
		'down',
		'down',
		'up',
	]);
	const before: readonly State[] = ['down', 'down', 'up', 'up'];
	assert.equal(begin(hosts, {}, before).detector, undefined);
});

test('without a route every host is unknown', async () => {
	const noRoute = 'not checkable from here: this machine has no route to 10.0.0.1';
	assert.deepEqual(await begin(hosts).settle([noRoute, noRoute, noRoute, noRoute]), [
		'unknown cut off',
		'unknown cut off',
		'unknown cut off',
		'unknown cut off',
		'up',
	]);
});

test('a local fleet, or one with fewer than three other hosts, is never unknown for this reason', () => {
	assert.equal(begin(['127.0.0.1', '127.0.0.2', 'localhost', '::1']).detector, undefined);
	assert.equal(begin(['10.0.0.1', '10.0.0.2', '10.0.0.1', '127.0.0.1']).detector, undefined);
});

test('an address that answers proves that the monitor is connected', async () => {
	const asked: unknown[] = [];
	const {settle} = begin(hosts, {
		selfCheck: '[2620:fe::fe]:53',
		ports: {
			wait: (_, signal) => new Promise(resolve => signal?.addEventListener('abort', () => resolve())),
			connectTcp: async target => {
				asked.push(target);
				return {open: true, latencyMs: 1};
			},
		},
	});
	assert.deepEqual(await settle([silence, silence, silence, silence]), ['down', 'down', 'down', 'down', 'up']);
	assert.deepEqual(asked, [{host: '2620:fe::fe', port: 53}]);
});

test('a host with an answering node is reachable, and a result waits only briefly for a slow host', async () => {
	const shared = ['10.0.0.1', '10.0.0.1', '10.0.0.2', '10.0.0.3'];
	assert.deepEqual(await begin(shared).settle([silence, '', silence, '']), ['down', 'up', 'down', 'up']);
	const waits: number[] = [];
	const {detector} = begin(hosts, {
		ports: {
			wait: async ms => void waits.push(ms),
			connectTcp: async () => ({open: false, latencyMs: 1, cause: 'timeout', error: 'x'}),
		},
	});
	const node = nodeFixture('n', 1, {host: '10.0.0.1'});
	assert.equal((await detector?.settle(node, resultOf('down', silence)))?.details.state, 'down');
	assert.deepEqual(waits, [2100]);
});
