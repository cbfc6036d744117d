import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {CallOptions, RpcOutcome} from '../../source/domain/ports.js';
import {checkerWith, nodeAt} from '../helpers/check-node.js';
import {flushPromises} from '../helpers/flush-promises.js';

/** A node whose check needs only one call. */
const alone = {daemon: 'none', expect_wallet: false};

/** Ports whose RPC calls wait until the test releases them. */
function heldCalls() {
	const waiting: Array<() => void> = [];
	const ports: string[] = [];
	let most = 0;
	const callRpc = ({port}: {port: number}, _: string, {timeoutMs}: CallOptions): Promise<RpcOutcome> =>
		new Promise(resolve => {
			ports.push(`${port} ${timeoutMs}`);
			most = Math.max(most, waiting.length + 1);
			waiting.push(() => resolve({kind: 'result', latencyMs: 1, result: {version: 65_561, release: true}}));
		});
	return {
		callRpc,
		ports,
		waiting,
		most: () => most,
		letGo: () => waiting.shift()?.(),
	};
}

test('concurrent callers of the same check share one request; another method is a separate check', async () => {
	const held = heldCalls();
	const checker = checkerWith({ports: {callRpc: held.callRpc, connectTcp: async () => ({open: true, latencyMs: 1})}});
	const node = nodeAt(18_082, alone);
	const [one, two] = [checker.openCycle([node]), checker.openCycle([node])];
	const checks = [checker.check(node, 'api', one), checker.check(node, 'api', one), checker.check(node, 'api', two)];
	const port = await checker.check(node, 'port', two);
	assert.equal(port.status, true);
	await flushPromises();
	assert.deepEqual(held.ports, ['18082 3000']);
	held.letGo();
	const results = await Promise.all(checks);
	assert.equal(results[0]?.status, true);
	assert.equal(results[0], results[1]);
	assert.equal(results[0], results[2]);
	const again = checker.check(node, 'api', two);
	await flushPromises();
	assert.equal(held.ports.length, 2, 'a finished check is not kept');
	held.letGo();
	await again;
});

test('a fresh check waits for the running one and joins only a later one', async () => {
	const held = heldCalls();
	const checker = checkerWith({ports: {callRpc: held.callRpc}});
	const node = nodeAt(18_082, alone);
	const cycle = checker.openCycle([node]);
	const before = checker.check(node, 'api', cycle);
	const fresh = [checker.check(node, 'api', cycle, true), checker.check(node, 'api', cycle, true)];
	await flushPromises();
	assert.equal(held.ports.length, 1);
	held.letGo();
	const old = await before;
	await flushPromises();
	assert.equal(held.ports.length, 2, 'simultaneous callers share one check');
	held.letGo();
	const results = await Promise.all(fresh);
	assert.notEqual(results[0], old);
	assert.equal(results[0], results[1]);
	const first = checker.check(node, 'api', cycle, true);
	await flushPromises();
	assert.equal(held.ports.length, 3, 'no check is running: a new one starts at once');
	held.letGo();
	await first;
});

test('runs at most as many checks at once as the setting allows, and runs all of them', async () => {
	const held = heldCalls();
	const checker = checkerWith({settings: {concurrency: '3'}, ports: {callRpc: held.callRpc}});
	const nodes = Array.from({length: 10}, (_, index) => nodeAt(20_000 + index, {...alone, id: index + 1}));
	const cycle = checker.openCycle(nodes);
	const checks = Promise.all(nodes.map(node => checker.check(node, 'api', cycle)));
	for (let answered = 0; answered < 10; answered += 1) {
		await flushPromises();
		assert.equal(held.waiting.length, Math.min(3, 10 - answered));
		held.letGo();
	}

	const results = await checks;
	assert.deepEqual(
		results.map(({status}) => status),
		Array.from({length: 10}, () => true),
	);
	assert.equal(held.most(), 3);
});

test('the timeout of a node overrides the setting', async () => {
	const held = heldCalls();
	const checker = checkerWith({settings: {timeout: '7s'}, ports: {callRpc: held.callRpc}});
	const nodes = [nodeAt(1, alone), nodeAt(2, {...alone, id: 2, timeout: '250ms'})];
	const cycle = checker.openCycle(nodes);
	const checks = nodes.map(node => checker.check(node, 'api', cycle));
	await flushPromises();
	assert.deepEqual(held.ports, ['1 7000', '2 250']);
	held.letGo();
	held.letGo();
	await Promise.all(checks);
});
