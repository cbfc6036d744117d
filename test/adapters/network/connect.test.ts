import assert from 'node:assert/strict';
import {createServer} from 'node:http';
import net, {type Socket} from 'node:net';
import test, {type TestContext} from 'node:test';
import {setTimeout as delay} from 'node:timers/promises';
import {PeerKnowledge} from '../../../source/adapters/network/connect.js';
import {createRpcClient} from '../../../source/adapters/network/wallet-rpc-client.js';
import type {CallOptions, RpcEndpoint, RpcOutcome} from '../../../source/domain/ports.js';
import {type LoopbackServer, listenOnLoopback} from '../../helpers/loopback.js';

const zmqGreeting = Buffer.from('ff00000000000000017f', 'hex');
const versionAnswer = '{"jsonrpc":"2.0","result":{"version":65561}}';

interface Listener extends LoopbackServer {
	/** Number of bytes received. */
	readonly received: () => number;
}

async function startListener(t: TestContext, onConnect: (socket: Socket) => void, port = 0): Promise<Listener> {
	let received = 0;
	const server = net.createServer(socket => {
		socket
			.on('error', () => {})
			.on('data', chunk => {
				received += chunk.length;
			});
		onConnect(socket);
	});
	const loopback = await listenOnLoopback(server, '127.0.0.1', port);
	t.after(() => (server.listening ? loopback.close() : undefined));
	return {...loopback, received: () => received};
}

async function startHttp(t: TestContext, port = 0): Promise<LoopbackServer> {
	const loopback = await listenOnLoopback(
		createServer((_request, response) => response.end(versionAnswer)),
		'127.0.0.1',
		port,
	);
	t.after(loopback.close);
	return loopback;
}

function callerOf(t: TestContext) {
	const client = createRpcClient();
	t.after(client.close);
	return (port: number, more: Partial<RpcEndpoint> = {}, options: Partial<CallOptions> = {}): Promise<RpcOutcome> => {
		const endpoint = {host: '127.0.0.1', port, path: '/json_rpc', ...more};
		return client.callRpc(endpoint, 'get_version', {timeoutMs: 5000, ...options});
	};
}

const serviceOf = (outcome: RpcOutcome) => (outcome.kind === 'no_answer' ? outcome.service : outcome.kind);
const causeOf = (outcome: RpcOutcome) => (outcome.kind === 'no_answer' ? outcome.cause : outcome.kind);

for (const tls of [undefined, {insecure: true}]) {
	test(`sends nothing to a ZMQ server${tls ? ', no TLS either' : ''}`, async t => {
		const zmq = await startListener(t, socket => socket.write(zmqGreeting));
		const call = callerOf(t);
		for (let count = 0; count < 10; count += 1) {
			const outcome = await call(zmq.port, tls ? {tls} : {});
			assert.deepEqual([serviceOf(outcome), causeOf(outcome)], ['zmq', 'not_http']);
		}

		assert.equal(zmq.received(), 0);
		assert.equal(zmq.connectionCount(), 10);
	});
}

test('waits for a stopped ZMQ server and sends it nothing, from no endpoint at its address', async t => {
	let isStopped = false;
	const zmq = await startListener(t, socket => {
		if (!isStopped) {
			socket.write(zmqGreeting);
		}
	});
	const call = callerOf(t);
	assert.equal(serviceOf(await call(zmq.port)), 'zmq');
	isStopped = true;
	for (const more of [{}, {path: '/other'}, {login: {username: 'a', password: 'b'}}, {program: 'daemon'} as const]) {
		assert.equal(causeOf(await call(zmq.port, more, {timeoutMs: 100, answeredBefore: true})), 'timeout');
	}

	isStopped = false;
	assert.equal(serviceOf(await call(zmq.port)), 'zmq');
	assert.equal(zmq.received(), 0);
});

test('a wallet that replaces a ZMQ server answers once the port was found closed', async t => {
	const zmq = await startListener(t, socket => socket.write(zmqGreeting));
	const call = callerOf(t);
	assert.equal(serviceOf(await call(zmq.port)), 'zmq');
	await zmq.close();
	assert.equal(causeOf(await call(zmq.port)), 'refused');
	await startHttp(t, zmq.port);
	assert.equal((await call(zmq.port)).kind, 'result');
});

test('sends nothing to a ZMQ server that replaced a wallet while the connection was idle', async t => {
	const wallet = await listenOnLoopback(createServer((_request, response) => response.end(versionAnswer)));
	const call = callerOf(t);
	assert.equal((await call(wallet.port)).kind, 'result');
	await wallet.close();
	const zmq = await startListener(t, socket => socket.write(zmqGreeting), wallet.port);
	for (let count = 0; count < 3; count += 1) {
		assert.equal(serviceOf(await call(wallet.port, {}, {answeredBefore: true})), 'zmq');
	}

	assert.equal(zmq.received(), 0);
});

for (const [greeting, service] of [
	['SSH-2.0-OpenSSH_9.2\r\n', 'ssh'],
	['220 mail.example ESMTP\r\n', 'mail'],
	['RFB 003.008\n', 'vnc'],
	['welcome\r\n', undefined],
] as const) {
	test(`sends nothing to a server that first says ${JSON.stringify(greeting)}`, async t => {
		const server = await startListener(t, socket => socket.write(greeting));
		const outcome = await callerOf(t)(server.port);
		assert.deepEqual([serviceOf(outcome), causeOf(outcome)], [service, 'not_http']);
		assert.equal(outcome.kind === 'no_answer' && outcome.error, `the server speaks first: ${greeting.trim()}`);
		assert.equal(server.received(), 0);
	});
}

test('names the service of a banner that comes after the request', async t => {
	const server = await startListener(t, socket => socket.on('data', () => socket.write('220 slow ESMTP\r\n')));
	assert.equal(serviceOf(await callerOf(t)(server.port)), 'mail');
	assert.ok(server.received() > 0);
});

test('takes an HTTP response that comes before the request as the answer', async t => {
	const server = await startListener(t, socket =>
		socket.end('HTTP/1.1 503 Too Many Connections\r\nContent-Length: 0\r\n\r\n'),
	);
	const outcome = await callerOf(t)(server.port);
	assert.equal(outcome.kind === 'http_error' && outcome.statusCode, 503);
});

test('reports a connection that the server closes at once, and sends nothing', async t => {
	const server = await startListener(t, socket => socket.end());
	const outcome = await callerOf(t)(server.port);
	assert.deepEqual(causeOf(outcome), 'closed');
	assert.equal(server.received(), 0);
});

test('listens first when nothing is known of the server, and does not count that as latency', async t => {
	let isClosing = false;
	const server = await listenOnLoopback(
		createServer((_request, response) => {
			response.setHeader('Connection', isClosing ? 'close' : 'keep-alive').end(versionAnswer);
		}),
	);
	t.after(server.close);
	/** Milliseconds of a call that do not count as its latency. */
	const otherMs = async (call: ReturnType<typeof callerOf>, options: Partial<CallOptions> = {}): Promise<number> => {
		const beganMs = performance.now();
		const {kind, latencyMs} = await call(server.port, {}, options);
		assert.equal(kind, 'result');
		return performance.now() - beganMs - latencyMs;
	};
	const call = callerOf(t);
	assert.ok((await otherMs(call)) >= 18, 'the first time');
	await server.dropConnections();
	assert.ok((await otherMs(call)) >= 18, 'after a connection was lost');
	isClosing = true;
	await call(server.port);
	const least = async (next: () => Promise<number>): Promise<number> => {
		const times: number[] = [];
		for (let count = 0; count < 20; count += 1) {
			times.push(await next());
		}

		return Math.min(...times);
	};
	assert.ok((await least(() => otherMs(call))) < 15, 'after Connection: close');
	assert.ok((await least(() => otherMs(callerOf(t), {answeredBefore: true}))) < 15, 'known from an earlier run');
});

test('an abort and the timeout both end a call that still listens', async t => {
	const silent = await startListener(t, () => {});
	const abort = new AbortController();
	const aborted = callerOf(t)(silent.port, {}, {signal: abort.signal});
	await delay(5);
	abort.abort();
	assert.equal(causeOf(await aborted), 'aborted');
	assert.equal(causeOf(await callerOf(t)(silent.port, {}, {timeoutMs: 10})), 'timeout');
	assert.equal(silent.received(), 0);
});

test('how long a connection listens before it sends', () => {
	const peer = new PeerKnowledge();
	assert.deepEqual(
		[0.1, 40, 5000].map(ms => peer.listenMs(ms)),
		[20, 80, 250],
	);
	peer.spokeHttp();
	assert.equal(peer.listenMs(1), 0);
	peer.lost();
	assert.equal(peer.listenMs(1), 20);
	peer.spokeHttp();
	peer.failed('timeout');
	peer.answeredBefore();
	assert.equal(peer.listenMs(1), 20, 'knowledge of this process overrides that of an earlier one');
	peer.spokeZmq();
	peer.answeredBefore();
	assert.equal(peer.listenMs(1), Number.POSITIVE_INFINITY);
	peer.failed('timeout');
	assert.equal(peer.listenMs(1), Number.POSITIVE_INFINITY);
	peer.failed('refused');
	assert.equal(peer.listenMs(1), 20);
	const fresh = new PeerKnowledge();
	fresh.answeredBefore();
	assert.equal(fresh.listenMs(1), 0);
});
