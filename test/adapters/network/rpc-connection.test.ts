import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {EventEmitter, once} from 'node:events';
import {createServer, type RequestListener, type ServerResponse} from 'node:http';
import net, {type Socket} from 'node:net';
import test, {type TestContext} from 'node:test';
import {fileURLToPath} from 'node:url';
import {createRpcClient} from '../../../source/adapters/network/wallet-rpc-client.js';
import type {RpcEndpoint, RpcOutcome} from '../../../source/domain/ports.js';
import {fakeTime} from '../../helpers/fake-time.js';
import {listenOnLoopback} from '../../helpers/loopback.js';

const options = {timeoutMs: 5000};
const versionBody = '{"id":"0","jsonrpc":"2.0","result":{"release":false,"version":65561}}';
const versionAnswer = `HTTP/1.1 200 Ok\r\nContent-Length: ${versionBody.length}\r\n\r\n${versionBody}`;
const at = (port: number): RpcEndpoint => ({host: '127.0.0.1', port, path: '/json_rpc'});
const causeOf = (outcome: RpcOutcome) => outcome.kind === 'no_answer' && outcome.cause;

function clientFor(t: TestContext) {
	const client = createRpcClient();
	t.after(() => client.close());
	return client;
}

async function startHttp(t: TestContext, listener: RequestListener) {
	// The server must not close the connections that the client keeps open.
	const server = await listenOnLoopback(createServer({keepAliveTimeout: 0}, listener));
	t.after(server.close);
	return server;
}

async function startTcp(t: TestContext, onSocket: (socket: Socket) => void) {
	const server = await listenOnLoopback(net.createServer(onSocket));
	t.after(server.close);
	return server;
}

test('calls to one endpoint share one connection, one at a time, in order', async t => {
	const events: string[] = [];
	const {port, connectionCount} = await startHttp(t, (request, response) => {
		let body = '';
		request.on('data', chunk => {
			body += chunk;
		});
		request.on('end', () => {
			const {height} = JSON.parse(body).params;
			events.push(`begin ${height}`);
			setImmediate(() => {
				events.push(`end ${height}`);
				response.end(versionBody);
			});
		});
	});
	const {callRpc} = clientFor(t);
	// Each call passes a new endpoint object; equal endpoints share a connection.
	await Promise.all([1, 2, 3, 4, 5].map(height => callRpc(at(port), 'get_block_header_by_height', options, {height})));
	assert.deepEqual(
		events,
		[1, 2, 3, 4, 5].flatMap(height => [`begin ${height}`, `end ${height}`]),
	);
	assert.equal(connectionCount(), 1);
});

test('different endpoints have their own connections', async t => {
	const {port, connectionCount} = await startHttp(t, (_request, response) => response.end(versionBody));
	const {callRpc} = clientFor(t);
	await callRpc(at(port), 'get_version', options);
	await callRpc({...at(port), path: '/other'}, 'get_version', options);
	await callRpc({...at(port), login: {username: 'u', password: 'p'}}, 'get_version', options);
	await callRpc({...at(port), login: {password: 'p', username: 'u'}}, 'get_version', options);
	assert.equal(connectionCount(), 3);
});

test('the timeout ends a call without an answer and destroys the connection', async t => {
	let ended: Promise<unknown> | undefined;
	const {port} = await startTcp(t, socket => {
		socket.resume();
		ended = once(socket, 'close');
	});
	const outcome = await clientFor(t).callRpc(at(port), 'get_version', {timeoutMs: 100});
	assert.equal(causeOf(outcome), 'timeout');
	assert.match(outcome.kind === 'no_answer' ? outcome.error : '', /100ms/);
	assert.ok(outcome.latencyMs >= 99 && outcome.latencyMs < 2000);
	await ended;
});

test('the timeout ends an answer that drips', async t => {
	const {port} = await startTcp(t, socket => {
		socket.once('data', () => {
			socket.write('HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n');
			const drip = setInterval(() => socket.write('x'), 10);
			socket.on('close', () => clearInterval(drip));
		});
	});
	const outcome = await clientFor(t).callRpc(at(port), 'get_version', {timeoutMs: 150});
	assert.equal(causeOf(outcome), 'timeout');
	assert.ok(outcome.latencyMs < 2000);
});

test('the timeout of a queued call starts with its own request', async t => {
	let count = 0;
	const {port} = await startHttp(t, (_request, response) => {
		count += 1;
		if (count > 1) {
			response.end(versionBody);
		}
	});
	const {callRpc} = clientFor(t);
	const outcomes = await Promise.all([
		callRpc(at(port), 'get_version', {timeoutMs: 300}),
		callRpc(at(port), 'get_version', {timeoutMs: 200}),
	]);
	assert.deepEqual([causeOf(outcomes[0]), outcomes[1].kind], ['timeout', 'result']);
});

test('an answer that arrived while this process was blocked is not a timeout', async t => {
	const {port} = await startTcp(t, socket => {
		socket.once('data', () => socket.write(versionAnswer));
	});
	const call = clientFor(t).callRpc(at(port), 'get_version', {timeoutMs: 60});
	setImmediate(() => {
		const untilMs = performance.now() + 300;
		while (performance.now() < untilMs) {}
	});
	assert.equal((await call).kind, 'result');
});

test('an abort ends the running and the queued calls at once', async t => {
	const {port} = await startTcp(t, socket => {
		socket.resume();
	});
	const {callRpc} = clientFor(t);
	const controller = new AbortController();
	const long = {timeoutMs: 60_000, signal: controller.signal};
	const calls = [1, 2, 3].map(() => callRpc(at(port), 'get_version', long));
	await new Promise(setImmediate);
	controller.abort();
	assert.deepEqual((await Promise.all(calls)).map(causeOf), ['aborted', 'aborted', 'aborted']);
	assert.equal(causeOf(await callRpc(at(port), 'get_version', long)), 'aborted');
});

test('an abort of a queued call leaves the others in order', async t => {
	const answers: ServerResponse[] = [];
	const {port} = await startHttp(t, (_request, response) => {
		answers.push(response);
		arrived.resolve();
	});
	const arrived: {resolve: () => void} = {resolve: () => {}};
	const nextArrival = () =>
		new Promise<void>(resolve => {
			arrived.resolve = resolve;
		});
	const {callRpc} = clientFor(t);
	const controller = new AbortController();
	const firstArrival = nextArrival();
	const first = callRpc(at(port), 'get_version', options);
	const second = callRpc(at(port), 'get_version', {...options, signal: controller.signal});
	const third = callRpc(at(port), 'get_version', options);
	await firstArrival;
	controller.abort();
	assert.equal(causeOf(await second), 'aborted');
	const secondArrival = nextArrival();
	answers[0]?.end(versionBody);
	assert.equal((await first).kind, 'result');
	await secondArrival;
	answers[1]?.end(versionBody);
	assert.equal((await third).kind, 'result');
	assert.equal(answers.length, 2);
});

test('a thousand calls may share one signal without a warning', async t => {
	const warnings: unknown[] = [];
	const note = (warning: unknown) => warnings.push(warning);
	process.on('warning', note);
	t.after(() => process.off('warning', note));
	const {port} = await startHttp(t, (_request, response) => response.end(versionBody));
	const {callRpc} = clientFor(t);
	const {signal} = new AbortController();
	const calls = Array.from({length: 1000}, () => callRpc(at(port), 'get_version', {...options, signal}));
	assert.ok((await Promise.all(calls)).every(({kind}) => kind === 'result'));
	assert.deepEqual(warnings, []);
});

test('retries once on a new connection when the server closed the kept-alive one', async t => {
	const sockets: Socket[] = [];
	const {port, connectionCount} = await startTcp(t, socket => {
		sockets.push(socket);
		socket.on('data', () => {
			if (sockets.length === 1 && socket.bytesWritten > 0) {
				// The server has already closed the first connection when the second request arrives.
				socket.resetAndDestroy();
			} else {
				socket.write(versionAnswer);
			}
		});
	});
	const {callRpc} = clientFor(t);
	const answers = [];
	for (let call = 0; call < 3; call += 1) {
		const {kind, hasReconnected} = await callRpc(at(port), 'get_version', options);
		answers.push([kind, hasReconnected]);
	}

	// Only the new connection tells that the server may have restarted.
	assert.deepEqual(answers, [
		['result', undefined],
		['result', true],
		['result', undefined],
	]);
	assert.equal(connectionCount(), 2);
});

test('retries once only, and only before the first byte of an answer', async t => {
	let count = 0;
	const {port, connectionCount} = await startTcp(t, socket => {
		socket.on('data', () => {
			count += 1;
			if (count === 1) {
				socket.write(versionAnswer);
			} else {
				socket.end();
			}
		});
	});
	const {callRpc} = clientFor(t);
	await callRpc(at(port), 'get_version', options);
	assert.equal(causeOf(await callRpc(at(port), 'get_version', options)), 'closed');
	assert.equal(connectionCount(), 2);
	assert.equal(count, 3);
});

test('does not retry a truncated answer on a kept-alive connection', async t => {
	let count = 0;
	const {port} = await startTcp(t, socket => {
		socket.on('data', () => {
			count += 1;
			if (count === 1) {
				socket.write(versionAnswer);
			} else {
				socket.end('HTTP/1.1 200 OK\r\nConte');
			}
		});
	});
	const {callRpc} = clientFor(t);
	await callRpc(at(port), 'get_version', options);
	assert.equal(causeOf(await callRpc(at(port), 'get_version', options)), 'truncated');
	assert.equal(count, 2);
});

test('after a failure, the next call opens a new connection', async t => {
	let isSilent = true;
	const {port, connectionCount} = await startHttp(t, (_request, response) => {
		if (!isSilent) {
			response.end(versionBody);
		}
	});
	const {callRpc} = clientFor(t);
	assert.equal(causeOf(await callRpc(at(port), 'get_version', {timeoutMs: 50})), 'timeout');
	isSilent = false;
	assert.equal((await callRpc(at(port), 'get_version', options)).kind, 'result');
	assert.equal(connectionCount(), 2);
});

test('close ends running calls and every connection', {timeout: 20_000}, async t => {
	const sockets: Array<Promise<unknown>> = [];
	let isSilent = false;
	const {port} = await startHttp(t, (request, response) => {
		sockets.push(once(request.socket, 'close'));
		if (!isSilent) {
			response.end(versionBody);
		}
	});
	const client = createRpcClient();
	await client.callRpc(at(port), 'get_version', options);
	await client.callRpc({...at(port), path: '/other'}, 'get_version', options);
	isSilent = true;
	const calls = [client.callRpc(at(port), 'get_version', options), client.callRpc(at(port), 'get_version', options)];
	await new Promise(setImmediate);
	client.close();
	assert.deepEqual((await Promise.all(calls)).map(causeOf), ['aborted', 'aborted']);
	assert.equal(causeOf(await client.callRpc(at(port), 'get_version', options)), 'aborted');
	await Promise.all(sockets);
});

test('latency is the time of the exchange, or the time until the timeout', async t => {
	const {advance} = fakeTime(t);
	const requests = new EventEmitter();
	const {port} = await startHttp(t, (_request, response) => void requests.emit('request', response));
	const {callRpc} = clientFor(t);
	const calling = Promise.all([
		callRpc(at(port), 'get_version', {timeoutMs: 5000, answeredBefore: true}),
		callRpc(at(port), 'get_version', {timeoutMs: 5000, answeredBefore: true}),
		callRpc(at(port), 'get_version', {timeoutMs: 200, answeredBefore: true}),
	]);
	for (const body of [versionBody, versionBody, undefined]) {
		const [response] = (await once(requests, 'request')) as [ServerResponse];
		await advance(80);
		if (body === undefined) {
			await advance(125);
		} else {
			response.end(body);
		}
	}

	const latencies = (await calling).map(({latencyMs}) => Math.round(latencyMs));
	assert.deepEqual(latencies, [80, 80, 200]);
});

test('a process with its answer exits although the kept-alive connection is never closed', async t => {
	const {port} = await startHttp(t, (_request, response) => response.end(versionBody));
	const script = `
		await import('node:http');
		const before = new Set(process.moduleLoadList);
		const {createRpcClient} = await import('./source/adapters/network/wallet-rpc-client.ts');
		const outcome = await createRpcClient().callRpc(
			{host: '127.0.0.1', port: ${port}, path: '/json_rpc'}, 'get_version', {timeoutMs: 60000});
		const heavy = process.moduleLoadList.filter(name => !before.has(name) && /(https|tls|_tls_wrap|crypto)$/.test(name));
		console.log(outcome.kind, heavy.join());
	`;
	const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
		cwd: fileURLToPath(new URL('../../..', import.meta.url)),
		stdio: ['ignore', 'pipe', 'inherit'],
		timeout: 30_000,
	});
	let output = '';
	child.stdout.on('data', chunk => {
		output += chunk;
	});
	const [code] = await once(child, 'close');
	assert.deepEqual([code, output.trim()], [0, 'result']);
});
