import assert from 'node:assert/strict';
import {type TestContext, test} from 'node:test';
import {connectTcp} from '../../../source/adapters/network/connect.js';
import {createRpcClient} from '../../../source/adapters/network/wallet-rpc-client.js';
import {recordResult} from '../../../source/domain/past/record-result.js';
import type {RpcOutcome} from '../../../source/domain/ports.js';
import {checkNode, nodeAt} from '../../helpers/check-node.js';
import {startCountingWallet} from '../../helpers/counting-wallet.js';
import {type FakeTime, fakeTime} from '../../helpers/fake-time.js';
import {flushPromises} from '../../helpers/flush-promises.js';

/** The most that is counted of a pause: the interval of the clock. */
const tickMs = 5;

/** Calls a wallet, lets time pass while it holds its answer back, then lets it answer. */
async function callWhile(t: TestContext, timeoutMs: number, pass: (time: FakeTime) => Promise<void>) {
	const time = fakeTime(t);
	const wallet = await startCountingWallet(t);
	const client = createRpcClient();
	t.after(client.close);
	const endpoint = {host: '127.0.0.1', port: wallet.port, path: '/json_rpc'};
	// Opens the connection.
	await client.callRpc(endpoint, 'get_version', {timeoutMs, answeredBefore: true});
	wallet.hold();
	const calling = client.callRpc(endpoint, 'get_version', {timeoutMs, answeredBefore: true});
	await wallet.untilAsked(2);
	await pass(time);
	wallet.letGo();
	return {calling, time};
}

test('does not count a pause of this process while an answer waits as latency', async t => {
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

test('keeps the latency of a slow server when this process pauses briefly', async t => {
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

test('measures the full latency of a slow server when this process does not pause', async t => {
	const {calling} = await callWhile(t, 5000, ({advance}) => advance(300));
	assert.equal(Math.round((await calling).latencyMs), 300);
});

test('the timeout counts only the time in which this process could read', async t => {
	const {calling} = await callWhile(t, 300, async ({advance, standStill}) => {
		standStill(280);
		await advance(170);
	});
	assert.equal((await calling).kind, 'result');
});

test('the timeout ends a call when this process does not pause', async t => {
	const {calling} = await callWhile(t, 300, ({advance}) => advance(305));
	const outcome = await calling;
	assert.equal(outcome.kind === 'no_answer' && outcome.cause, 'timeout');
});

test('a server that never answers ends in a timeout, however often this process pauses', async t => {
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
	// The timeout is extended three times.
	for (let round = 0; outcome === undefined && round < 4; round += 1) {
		time.standStill(1000);
		await flushPromises();
	}

	assert.equal(outcome?.kind === 'no_answer' && outcome.cause, 'timeout');
});

test('does not count a pause of this process as latency of a connect', async t => {
	const time = fakeTime(t);
	const {port} = await startCountingWallet(t);
	const connecting = connectTcp({host: '127.0.0.1', port}, {timeoutMs: 1000});
	await new Promise(process.nextTick);
	time.standStill(400);
	const outcome = await connecting;
	assert.ok(outcome.open && outcome.latencyMs <= tickMs, String(outcome.latencyMs));
});

test('a check that keeps this process busy does not make healthy nodes slow', async t => {
	const wallet = await startCountingWallet(t);
	const settings = {slow: '200ms', timeout: '500ms'};
	// A server that has answered before is sent the request at once.
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
