import assert from 'node:assert/strict';
import net, {type Socket} from 'node:net';
import test, {type TestContext} from 'node:test';
import {connectTcp} from '../../../source/adapters/network/connect.js';
import {createRpcClient} from '../../../source/adapters/network/wallet-rpc-client.js';
import type {ProxyAddress} from '../../../source/domain/daemon-address.js';
import type {NoAnswerCause} from '../../../source/domain/ports.js';
import {deadPort} from '../../helpers/dead-port.js';
import {startDigestServer} from '../../helpers/digest-server.js';
import {listenOnLoopback} from '../../helpers/loopback.js';

const timeoutMs = 5000;
const wallet = 'wallet.example.onion';

interface Socks {
	readonly proxy: ProxyAddress;
	/** Names it was asked to connect to. */
	readonly asked: readonly string[];
	readonly connectionCount: () => number;
}

/**
 * A SOCKS5 server that knows one name.
 * @param reply of every connect request; 0: connects to the port on loopback
 */
async function startSocks(t: TestContext, port: number, reply = 0): Promise<Socks> {
	const asked: string[] = [];
	const server = net.createServer(socket => {
		socket.on('error', () => {});
		socket.once('data', () => {
			socket.write(Buffer.from([5, 0]));
			socket.once('data', (request: Buffer) => {
				// Address type 3: a name, preceded by its length.
				const name = request[3] === 3 ? request.toString('latin1', 5, 5 + (request[4] ?? 0)) : 'an address';
				asked.push(`${name}:${request.readUInt16BE(request.length - 2)}`);
				const answer = Buffer.from([5, reply, 0, 1, 0, 0, 0, 0, 0, 0]);
				if (reply !== 0) {
					socket.end(answer);
					return;
				}

				const onward = net.connect(port, '127.0.0.1', () => {
					socket.write(answer);
					socket.pipe(onward).pipe(socket);
				});
				onward.on('error', () => socket.destroy());
			});
		});
	});
	const loopback = await listenOnLoopback(server);
	t.after(loopback.close);
	return {proxy: {host: '127.0.0.1', port: loopback.port}, asked, connectionCount: loopback.connectionCount};
}

async function startPlain(t: TestContext, onConnect: (socket: Socket) => void): Promise<ProxyAddress> {
	const loopback = await listenOnLoopback(
		net.createServer(socket => {
			socket.on('error', () => {});
			onConnect(socket);
		}),
	);
	t.after(loopback.close);
	return {host: '127.0.0.1', port: loopback.port};
}

function callerOf(t: TestContext) {
	const client = createRpcClient();
	t.after(client.close);
	return client.callRpc;
}

test('the proxy resolves the name, and Digest works through it on one kept-alive connection', async t => {
	const login = {username: 'u', password: 'p'};
	const server = await startDigestServer({login});
	t.after(server.close);
	const socks = await startSocks(t, server.port);
	const callRpc = callerOf(t);
	const endpoint = {host: wallet, port: 18_083, path: '/json_rpc', login, proxy: socks.proxy};
	for (let count = 0; count < 4; count += 1) {
		assert.equal((await callRpc(endpoint, 'get_version', {timeoutMs})).kind, 'result');
	}

	assert.deepEqual(server.seen, ['plain', 'accepted', 'accepted', 'accepted', 'accepted']);
	assert.deepEqual(socks.asked, [`${wallet}:18083`]);
	assert.equal(socks.connectionCount(), 1);
	assert.deepEqual(
		await connectTcp({host: wallet, port: 1, proxy: socks.proxy}, {timeoutMs}).then(({open}) => open),
		true,
	);
});

const refusals: ReadonlyArray<readonly [reply: number, cause: NoAnswerCause, words: string]> = [
	[1, 'unreachable', 'could not connect'],
	[2, 'not_checkable', 'does not allow the connection'],
	[3, 'unreachable', 'has no route to the network'],
	[4, 'unreachable', 'cannot reach the host'],
	[5, 'refused', 'was refused the connection'],
	[6, 'timeout', 'got no answer in time'],
	[7, 'not_checkable', 'does not support connections'],
	[8, 'not_checkable', 'does not support this kind of address'],
	// Tor: the descriptor of an onion service was not found.
	[0xf0, 'unreachable', 'could not connect'],
];
for (const [reply, cause, words] of refusals) {
	test(`maps SOCKS5 reply ${reply} to a cause: the address cannot be reached, or the proxy failed`, async t => {
		const {proxy} = await startSocks(t, 0, reply);
		const error = `proxy 127.0.0.1:${proxy.port} ${words}`;
		const called = await callerOf(t)({host: wallet, port: 1, path: '/', proxy}, 'get_version', {timeoutMs});
		assert.deepEqual(called.kind === 'no_answer' && [called.cause, called.error], [cause, error]);
		const connected = await connectTcp({host: wallet, port: 1, proxy}, {timeoutMs});
		assert.deepEqual(!connected.open && [connected.cause, connected.error], [cause, error]);
	});
}

test('a missing proxy, or one that does not speak SOCKS5, makes the node not checkable', async t => {
	const none = await startPlain(t, socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
	const gone = {host: '127.0.0.1', port: (await startPlain(t, () => {})).port};
	const closing = await startPlain(t, socket => socket.destroy());
	const wantsLogin = await startPlain(t, socket => socket.end(Buffer.from([5, 0xff])));
	for (const [proxy, words] of [
		[none, /^proxy 127\.0\.0\.1:\d+ does not answer as a SOCKS5 proxy does$/],
		[wantsLogin, /^proxy 127\.0\.0\.1:\d+ requires a login, which xmrtop does not send$/],
		[closing, /^proxy 127\.0\.0\.1:\d+ does not answer as a SOCKS5 proxy does$/],
		[{...gone, port: await deadPort(t)}, /^proxy 127\.0\.0\.1:\d+: connect ECONNREFUSED/],
	] as const) {
		const outcome = await callerOf(t)({host: wallet, port: 1, path: '/', proxy}, 'get_version', {timeoutMs});
		assert.equal(outcome.kind === 'no_answer' && outcome.cause, 'not_checkable');
		assert.match(outcome.kind === 'no_answer' ? outcome.error : '', words);
	}
});

test('a proxy that never answers is not checkable; one that does not get through is a timeout', async t => {
	const silent = await startPlain(t, () => {});
	const waiting = await startPlain(t, socket => socket.once('data', () => socket.write(Buffer.from([5, 0]))));
	for (const [proxy, cause, words] of [
		[silent, 'not_checkable', /^proxy 127\.0\.0\.1:\d+: no response within 200\s?ms$/],
		[waiting, 'timeout', /^no response within 200\s?ms$/],
	] as const) {
		const outcome = await callerOf(t)({host: wallet, port: 1, path: '/', proxy}, 'get_version', {timeoutMs: 200});
		assert.equal(outcome.kind === 'no_answer' && outcome.cause, cause);
		assert.match(outcome.kind === 'no_answer' ? outcome.error : '', words);
		const connected = await connectTcp({host: wallet, port: 1, proxy}, {timeoutMs: 200});
		assert.equal(!connected.open && connected.cause, cause);
		assert.match(connected.open ? '' : connected.error, words);
	}
});
