import assert from 'node:assert/strict';
import {type TestContext, test} from 'node:test';
import {connectTcp} from '../../../source/adapters/network/first-look.js';
import {createRpcClient} from '../../../source/adapters/network/wallet-rpc-client.js';
import {recordResult} from '../../../source/domain/past/record-result.js';
import type {RpcOutcome} from '../../../source/domain/ports.js';
import {checkNode, nodeAt} from '../../helpers/check-node.js';
import {startCountingWallet} from '../../helpers/counting-wallet.js';
import {type FakeTime, fakeTime} from '../../helpers/fake-time.js';
import {flushPromises} from '../../helpers/flush-promises.js';

/** How much of a standstill is counted at most: the clock looks so often. */
const tickMs = 5;

/** Calls a wallet, lets time pass while it keeps its answer back, and lets it answer. */
async function callWhile(t: TestContext, timeoutMs: number, pass: (time: FakeTime) => Promise<void>) {
	const time = fakeTime(t);
	const wallet = await startCountingWallet(t);
	const client = createRpcClient();
	t.after(client.close);
	const endpoint = {host: '127.0.0.1', port: wallet.port, path: '/json_rpc'};
	// So that the connection is there.
	await client.callRpc(endpoint, 'get_version', {timeoutMs, answeredBefore: true});
	wallet.hold();
	const calling = client.callRpc(endpoint, 'get_version', {timeoutMs, answeredBefore: true});
	await wallet.untilAsked(2);
	await pass(time);
	wallet.letGo();
	return {calling, time};
}

test('an answer that waited while this process stood still has the latency of the server', async t => {
	const {calling, time} = await callWhile(t, 5000, ({advance}) => advance(30));
	time.standStill(500);
	const outcome = await calling;
	assert.equal(outcome.kind, 'result');
	assert.ok(outcome.latencyMs >= 30 && outcome.latencyMs <= 30 + tickMs, String(outcome.latencyMs));
});

test('does not count a short pause, such as reading the list of connections, as latency', async t => {
	const {calling, time} = await callWhile(t, 5000, ({advance}) => advance(2));
	time.standStill(30);
	const outcome = await calling;
	assert.equal(outcome.kind, 'result');
	assert.ok(outcome.latencyMs >= 2 && outcome.latencyMs <= 2 + tickMs, String(outcome.latencyMs));
});

test('a server that is slow by itself stays slow where this process stands still a little', async t => {
	const {calling} = await callWhile(t, 5000, async ({advance, standStill}) => {
		await advance(100);
		standStill(100);
		await advance(100);
		standStill(100);
		await advance(200);
	});
	const outcome = await calling;
	assert.equal(outcome.kind, 'result');
	assert.ok(outcome.latencyMs >= 400 && outcome.latencyMs <= 400 + 2 * tickMs, String(outcome.latencyMs));
});

test('a server that is slow is as slow as it is where this process is free', async t => {
	const {calling} = await callWhile(t, 5000, ({advance}) => advance(300));
	assert.equal(Math.round((await calling).latencyMs), 300);
});

test('a timeout counts the time in which this process could read', async t => {
	const {calling} = await callWhile(t, 300, async ({advance, standStill}) => {
		standStill(280);
		await advance(170);
	});
	assert.equal((await calling).kind, 'result');
});

test('a timeout ends a call where this process is free', async t => {
	const {calling} = await callWhile(t, 300, ({advance}) => advance(305));
	const outcome = await calling;
	assert.equal(outcome.kind === 'no_answer' && outcome.cause, 'timeout');
});

test('a server that never answers ends in a timeout, however often this process stands still', async t => {
	const time = fakeTime(t);
	const wallet = await startCountingWallet(t);
	const client = createRpcClient();
	t.after(client.close);
	wallet.hold();
	let outcome: RpcOutcome | undefined;
	const endpoint = {host: '127.0.0.1', port: wallet.port, path: '/json_rpc'};
	void client.callRpc(endpoint, 'get_version', {timeoutMs: 200, answeredBefore: true}).then(found => {
		outcome = found;
	});
	await wallet.untilAsked(1);
	// It gets time back three times.
	for (let round = 0; outcome === undefined && round < 4; round += 1) {
		time.standStill(1000);
		await flushPromises();
	}

	assert.equal(outcome?.kind === 'no_answer' && outcome.cause, 'timeout');
});

test('a connect that waited for this process is not slow', async t => {
	const time = fakeTime(t);
	const {port} = await startCountingWallet(t);
	const connecting = connectTcp({host: '127.0.0.1', port}, {timeoutMs: 1000});
	await new Promise(process.nextTick);
	time.standStill(400);
	const outcome = await connecting;
	assert.ok(outcome.open && outcome.latencyMs <= tickMs, String(outcome.latencyMs));
});

test('a neighbour that keeps this process busy makes no healthy node slow', async t => {
	const wallet = await startCountingWallet(t);
	const settings = {slow: '200ms', timeout: '500ms'};
	// A server that has answered before is asked at once.
	const nodeState = recordResult({}, await checkNode(nodeAt(wallet.port), 'api', {settings}));
	const time = fakeTime(t);
	wallet.hold();
	const checking = Promise.all([1, 2, 3].map(id => checkNode(nodeAt(wallet.port, {id}), 'api', {settings, nodeState})));
	await wallet.untilAsked(2);
	wallet.letGo();
	for (let round = 0; round < 3; round += 1) {
		time.standStill(400);
		await new Promise(setImmediate);
	}

	assert.deepEqual(
		(await checking).map(({details}) => details.state),
		['up', 'up', 'up'],
	);
});
