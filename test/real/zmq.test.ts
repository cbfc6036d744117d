/**
 * A real monerod with ZMQ whose ZMQ port is configured as that of a wallet or daemon. The ZMQ server of 0.18.0 stops
 * for good at any HTTP request.
 */
import assert from 'node:assert/strict';
import {checkMethods} from '../../source/domain/check-method.js';
import {realTest, started, startMonerod} from '../helpers/real-monero.js';
import {freePort} from '../helpers/real-process.js';
import {assertVerdict, nodeOf, openWatch} from '../helpers/real-watch.js';
import {requestByZmq} from '../helpers/zmq-request.js';

realTest('names the ZMQ ports of a monerod, and its ZMQ server survives every check', async t => {
	const [rpcPort, pubPort] = [await freePort(), await freePort()];
	const daemon = await started(t, startMonerod({zmq: {rpcPort, pubPort}}));
	const askByZmq = async (): Promise<void> => {
		const answer = await requestByZmq(rpcPort, '{"jsonrpc":"2.0","id":1,"method":"get_info","params":{}}');
		assert.ok(JSON.parse(answer).result.info.height >= 1, answer);
	};
	await askByZmq();
	const watch = openWatch(t);
	const endpointAt = (port: number) => ({endpoint: {host: '127.0.0.1', port, path: '/json_rpc'}});
	const nodes = [
		nodeOf(endpointAt(rpcPort)),
		nodeOf(endpointAt(rpcPort), {tls: {insecure: true}}),
		nodeOf(endpointAt(pubPort)),
		nodeOf(endpointAt(daemon.port), {daemon: `127.0.0.1:${rpcPort}`}),
	];
	for (let cycle = 0; cycle < 25; cycle += 1) {
		for (const method of checkMethods) {
			await watch.cycle(nodes, method);
		}
	}

	const [byRpc, byTls, byPub, byDaemon] = await watch.cycle(nodes, 'full');
	for (const result of [byRpc, byTls, byPub]) {
		assert.ok(result);
		assertVerdict(result, {
			state: 'down',
			message: 'Port is occupied but API is not responding',
			reason: /^this is a ZMQ port of monerod, not monero-wallet-rpc$/,
			hint: /^Port \d+ is a ZMQ port of monerod\. Do not send HTTP to it/,
			broken: 'http',
		});
	}

	assert.match(JSON.stringify(byDaemon?.details.checks.daemon), /this is a ZMQ port of monerod, not monerod's RPC/);
	await askByZmq();
	assert.equal(daemon.hasExited(), false);
	await daemon.call('get_info');
});
