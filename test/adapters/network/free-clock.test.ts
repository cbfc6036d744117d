import assert from 'node:assert/strict';
import {type TestContext, test} from 'node:test';
import {setTimeout as delay} from 'node:timers/promises';
import {connectTcp} from '../../../source/adapters/network/tcp.js';
import {createRpcClient} from '../../../source/adapters/network/wallet-rpc-client.js';
import type {RpcOutcome} from '../../../source/domain/ports.js';
import {checkNode, nodeAt} from '../../helpers/check-node.js';
import {standStill, startWalletThread} from '../../helpers/wallet-thread.js';

/** Calls a wallet in another thread while this one does something. */
async function callWhile(
	t: TestContext,
	{delayMs, timeoutMs}: {readonly delayMs: number | null; readonly timeoutMs: number},
	work: () => Promise<void>,
): Promise<RpcOutcome> {
	const {port} = await startWalletThread(t, delayMs);
	const client = createRpcClient();
	t.after(client.close);
	const endpoint = {host: '127.0.0.1', port, path: '/json_rpc'};
	// So that the connection is there.
	await client.callRpc(endpoint, 'get_version', {timeoutMs: (delayMs ?? 0) + 5000});
	const [outcome] = await Promise.all([client.callRpc(endpoint, 'get_version', {timeoutMs}), work()]);
	return outcome;
}

test('an answer that waited while this process stood still has the latency of the server', async t => {
	const outcome = await callWhile(t, {delayMs: 1, timeoutMs: 5000}, async () => {
		await new Promise(setImmediate);
		standStill(500);
	});
	assert.equal(outcome.kind, 'result');
	assert.ok(outcome.latencyMs < 100, String(outcome.latencyMs));
});

test('a server that is slow by itself stays slow where this process stands still a little', async t => {
	const outcome = await callWhile(t, {delayMs: 600, timeoutMs: 5000}, async () => {
		await delay(100);
		standStill(100);
		await delay(100);
		standStill(100);
	});
	assert.equal(outcome.kind, 'result');
	// A machine without a free processor makes this process stand still longer than the test does.
	assert.ok(outcome.latencyMs > 100 && outcome.latencyMs < 600, String(outcome.latencyMs));
});

test('a server that is slow is as slow as it is where this process is free', async t => {
	const outcome = await callWhile(t, {delayMs: 300, timeoutMs: 5000}, async () => {});
	assert.ok(outcome.latencyMs >= 100, String(outcome.latencyMs));
});

test('a timeout counts the time in which this process could read', async t => {
	const outcome = await callWhile(t, {delayMs: 450, timeoutMs: 300}, async () => {
		await new Promise(setImmediate);
		standStill(280);
	});
	assert.equal(outcome.kind, 'result');
});

test('a server that never answers ends in a timeout, however often this process stands still', async t => {
	const {port} = await startWalletThread(t, null);
	const client = createRpcClient();
	t.after(client.close);
	let outcome: RpcOutcome | undefined;
	void client.callRpc({host: '127.0.0.1', port, path: '/json_rpc'}, 'get_version', {timeoutMs: 200}).then(found => {
		outcome = found;
	});
	let rounds = 0;
	for (; outcome === undefined && rounds < 50; rounds += 1) {
		standStill(80);
		await new Promise(setImmediate);
	}

	assert.equal(outcome?.kind === 'no_answer' && outcome.cause, 'timeout');
});

test('a connect that waited for this process is not slow', async t => {
	const {port} = await startWalletThread(t, 1);
	const connecting = connectTcp({host: '127.0.0.1', port}, {timeoutMs: 1000});
	await new Promise(process.nextTick);
	standStill(400);
	const outcome = await connecting;
	assert.ok(outcome.open && outcome.latencyMs < 150, String(outcome.latencyMs));
});

test('a neighbour that keeps this process busy makes no healthy node slow', async t => {
	const {port} = await startWalletThread(t, 1);
	const settings = {slow: '200ms', timeout: '500ms'};
	const checking = Promise.all([1, 2, 3].map(id => checkNode(nodeAt(port, {id}), 'api', {settings})));
	const busy = (async () => {
		for (let round = 0; round < 3; round += 1) {
			await new Promise(setImmediate);
			standStill(400);
		}
	})();
	const results = await checking;
	await busy;
	assert.deepEqual(
		results.map(({details}) => details.state),
		['up', 'up', 'up'],
	);
});
