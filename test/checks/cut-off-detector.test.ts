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

const untilAborted: CutOffDetectorOptions['ports']['wait'] = (_, signal) =>
	new Promise(resolve => signal?.addEventListener('abort', () => resolve()));
const neverConnects: CutOffDetectorOptions['ports']['connectTcp'] = async () => ({
	open: false,
	latencyMs: 1,
	cause: 'timeout',
	error: 'x',
});

/** One node on each host, in order, each with an earlier state. */
function begin(hosts: readonly string[], more: Partial<CutOffDetectorOptions> = {}, before: readonly State[] = []) {
	const nodes = hosts.map((host, index) => nodeFixture(`n${index}`, index + 1, {host}));
	const detector = createCutOffDetector({
		nodes,
		recall: id => ({worked_data: resultOf(before[id - 1] ?? 'up').details}),
		ports: {
			wait: untilAborted,
			connectTcp: neverConnects,
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
			wait: untilAborted,
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
			connectTcp: neverConnects,
		},
	});
	const node = nodeFixture('n', 1, {host: '10.0.0.1'});
	assert.equal((await detector?.settle(node, resultOf('down', silence)))?.details.state, 'down');
	assert.deepEqual(waits, [2100]);
});

test('only hosts that worked when they were last checked can disappear', async () => {
	const unknown = (reason?: string) => resultOf('unknown', reason).details;
	const begun = (last: ReturnType<typeof unknown> | undefined) =>
		begin(hosts, {recall: () => (last === undefined ? {} : {worked_data: last})}).detector !== undefined;
	assert.deepEqual([begun(undefined), begun(unknown('no route')), begun(unknown())], [false, false, false]);
	assert.equal(begun(unknown(cutOffReason)), true, 'it worked before the monitor was cut off');
	assert.equal(begun(resultOf('busy').details), true);
	assert.deepEqual(await begin(hosts, {}, ['down', 'up', 'up', 'up']).settle([silence, silence, silence, '']), [
		'unknown cut off',
		'unknown cut off',
		'unknown cut off',
		'up',
		'up',
	]);
});

test('the reasons for which a host counts as out of reach', async () => {
	const isDoubted = async (reason: string) =>
		(await begin(hosts).settle([reason, reason, reason, '']))[0] === 'unknown cut off';
	for (const reason of [
		'no response within 300 ms',
		'no response within 2.5 s',
		'host unreachable',
		'the host name does not resolve',
		"not checkable from here: this machine's network is down",
		'not checkable from here: the routing table of this machine has no entry',
		'not checkable from here: name resolution does not work (EAI_AGAIN)',
	]) {
		assert.equal(await isDoubted(reason), true, reason);
	}

	for (const reason of [
		'no response within 3 s; process idle',
		'not checkable from here: too many open files',
		'host unreachable!',
	]) {
		assert.equal(await isDoubted(reason), false, reason);
	}
});

test('a result of a host that still waits for others decides nothing', async () => {
	const two = ['10.0.0.1', '10.0.0.1', '10.0.0.2', '10.0.0.3'];
	const {detector} = begin(two);
	const settled: string[] = [];
	const settle = (id: number, host: string, reason?: string): void => {
		const result = resultOf(reason === undefined ? 'up' : 'down', reason);
		void detector
			?.settle(nodeFixture('n', id, {host}), result)
			.then(({details}) => settled.push(`${id} ${details.state}`));
	};

	settle(1, '10.0.0.1', silence);
	settle(3, '10.0.0.2', silence);
	await new Promise(setImmediate);
	assert.deepEqual(settled, []);
	settle(2, '10.0.0.1', silence);
	await new Promise(setImmediate);
	assert.deepEqual(settled.toSorted(), ['1 unknown', '2 unknown', '3 unknown']);
	settle(4, '10.0.0.3');
	await new Promise(setImmediate);
	assert.equal(settled.at(-1), '4 up');
});

test('a cycle that is stopped does not wait for other hosts', async () => {
	const stopped = new AbortController();
	const signals: Array<AbortSignal | undefined> = [];
	const {detector} = begin(hosts, {
		signal: stopped.signal,
		ports: {
			wait: (_, signal) => {
				signals.push(signal);
				return new Promise(resolve => signal?.addEventListener('abort', () => resolve()));
			},
			connectTcp: neverConnects,
		},
	});
	const settling = detector?.settle(nodeFixture('n', 1, {host: '10.0.0.1'}), resultOf('down', silence));
	await new Promise(setImmediate);
	stopped.abort();
	assert.equal((await settling)?.details.state, 'down');
	assert.equal(signals.length, 1);
});

test('the longest check decides how long a result waits', async () => {
	const waits: number[] = [];
	const {detector} = begin(hosts, {
		longestMs: () => 9000,
		ports: {
			wait: async ms => void waits.push(ms),
			connectTcp: neverConnects,
		},
	});
	await detector?.settle(nodeFixture('n', 1, {host: '10.0.0.1'}), resultOf('down', silence));
	assert.deepEqual(waits, [11_000]);
});

test('the verdict of the last cycle ends with the first host that answers, and without three hosts', async () => {
	const fleet = hosts.map((host, index) => nodeFixture(`n${index}`, index + 1, {host}));
	const settleOne = async (host: string, result: CheckResult, verdict = {isCutOff: true}, all = fleet) => {
		const node = nodeFixture('x', 1, {host});
		const detector = createCutOffDetector({
			nodes: [node],
			fleet: all,
			recall: () => ({}),
			ports: {wait: async () => undefined, connectTcp: async () => assert.fail('not asked')},
			selfCheck: '',
			timeoutMs: 100,
			verdict,
		});
		const settled = (await detector?.settle(node, result)) ?? result;
		return [isCutOff(settled), verdict.isCutOff];
	};

	const down = resultOf('down', silence);
	assert.deepEqual(await settleOne('10.0.0.1', down), [true, true]);
	assert.deepEqual(await settleOne('10.0.0.1', resultOf('unknown', 'too many open files')), [false, true]);
	assert.deepEqual(await settleOne('10.0.0.1', resultOf('up')), [false, false]);
	assert.deepEqual(await settleOne('10.0.0.1', down, {isCutOff: false}), [false, false]);
	assert.deepEqual(await settleOne('10.0.0.1', down, {isCutOff: true}, fleet.slice(0, 2)), [false, false], 'two hosts');
	assert.deepEqual(await settleOne('10.0.0.1', down, {isCutOff: true}, fleet.slice(1)), [true, true], 'three hosts');
	assert.deepEqual(await settleOne('127.0.0.1', down), [false, true], 'this machine');
	const asked: unknown[] = [];
	const {settle} = begin(hosts, {
		selfCheck: 'no address',
		ports: {
			wait: untilAborted,
			connectTcp: async target => {
				asked.push(target);
				return {open: true, latencyMs: 1};
			},
		},
	});
	assert.match((await settle([silence, silence, silence, silence])).join(), /cut off/);
	assert.deepEqual(asked, []);
});
