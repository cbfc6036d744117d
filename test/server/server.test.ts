import assert from 'node:assert/strict';
import {EventEmitter, once} from 'node:events';
import {type AddressInfo, connect, type Socket} from 'node:net';
import {type TestContext, test} from 'node:test';
import type {Served} from '../../source/server/route-table.js';
import {createHttpServer, type HttpLimits, httpLimits} from '../../source/server/server.js';
import {ask} from '../helpers/running-server.js';

/** A server that answers with the result of a function, at once or when there are results. */
async function startServer(
	context: TestContext,
	body: () => Buffer,
	changes: Partial<HttpLimits> = {},
	untilResults?: () => Promise<boolean>,
) {
	const served = {
		firstResults: {isComplete: () => !untilResults, untilComplete: untilResults, close: () => {}},
		views: {now: () => ({body})},
	} as unknown as Served;
	const faults: string[] = [];
	const {server, refuse} = await createHttpServer({
		served,
		guard: () => undefined,
		prefix: '',
		onFault: line => faults.push(line),
		limits: {...httpLimits, ...changes},
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	context.after(() => {
		server.close();
		server.closeAllConnections();
	});
	return {server, refuse, faults, port: (server.address() as AddressInfo).port};
}

function connected(context: TestContext, port: number): Socket {
	const socket = connect(port, '127.0.0.1').on('error', () => {});
	context.after(() => socket.destroy());
	return socket;
}

async function untilClosed(socket: Socket): Promise<string> {
	let text = '';
	socket.setEncoding('utf8').on('data', chunk => {
		text += chunk;
	});
	await once(socket, 'close');
	return text;
}

const small = (): Buffer => Buffer.from('{}\n');

test('closes connections whose headers drip, and silent ones', async context => {
	const {port} = await startServer(context, small, {headersMs: 200, requestMs: 250, checkEveryMs: 50});
	const slow = connected(context, port);
	slow.write('GET /livez HTTP/1.1\r\n');
	const dripping = setInterval(() => slow.write('X: y\r\n'), 20);
	context.after(() => clearInterval(dripping));
	const mute = connected(context, port);
	const [answer] = await Promise.all([untilClosed(slow), untilClosed(mute)]);
	assert.match(answer, /^HTTP\/1\.1 408 [\s\S]*application\/json[\s\S]*"code":"timeout"/);
});

test('closes a connection without requests', async context => {
	const {port} = await startServer(context, small, {idleMs: 100});
	const socket = connected(context, port);
	socket.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
	assert.match(await untilClosed(socket), /^HTTP\/1\.1 200 /);
});

test('closes a client that does not read a large answer in time, or reads it in drips', async context => {
	const {port, server} = await startServer(context, () => Buffer.alloc(64 * 1024 * 1024, 32), {takingMs: 300});
	const closings = ['none', 'drops'].map(async how => {
		const accepted = once(server, 'connection');
		const socket = connected(context, port);
		const [there] = (await accepted) as [Socket];
		socket.write('GET /nodes/status HTTP/1.1\r\nHost: localhost\r\n\r\n');
		socket.pause();
		if (how === 'drops') {
			const drip = setInterval(() => socket.read(1000), 20);
			context.after(() => clearInterval(drip));
		}

		await once(there, 'close');
	});
	await Promise.all(closings);
});

test('answers a request that waits for a check, however long it takes', async context => {
	const limits = {headersMs: 50, requestMs: 50, idleMs: 50, takingMs: 50, checkEveryMs: 10};
	const waiting = new EventEmitter();
	const untilResults = (): Promise<boolean> =>
		new Promise(resolve => {
			waiting.emit('asked', () => resolve(true));
		});
	const {port} = await startServer(context, small, limits, untilResults);
	const asked = once(waiting, 'asked');
	const answer = ask({host: '127.0.0.1', port}, '/nodes/status');
	const [letGo] = (await asked) as [() => void];
	// Every limit has passed for connections that were opened later.
	const mute = connected(context, port);
	const idle = connected(context, port);
	idle.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
	await Promise.all([untilClosed(mute), untilClosed(idle)]);
	letGo();
	assert.equal((await answer).text, '{}\n');
});

test('limits the number of connections: closes the oldest silent one', async context => {
	const {port} = await startServer(context, small, {connections: 2});
	const kept = [connected(context, port), connected(context, port)];
	await Promise.all(kept.map(socket => once(socket, 'connect')));
	const closed = untilClosed(kept[0] as Socket);
	assert.equal((await ask({host: '127.0.0.1', port}, '/livez')).status, 200);
	assert.equal(await closed, '');
	kept[1]?.write('GET /livez HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
	assert.match(await untilClosed(kept[1] as Socket), /^HTTP\/1\.1 200 /);
});

test('answers pipelined requests in order', async context => {
	const {port} = await startServer(context, small);
	const socket = connected(context, port);
	const one = 'GET /nodes/status HTTP/1.1\r\nHost: localhost\r\n\r\n';
	socket.write(`${one.repeat(500)}GET /nope HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
	const answers = (await untilClosed(socket)).split('HTTP/1.1 ').slice(1);
	assert.equal(answers.length, 501);
	assert.match(answers.at(-1) ?? '', /^404 /);
});

test('answers an unknown Expect header with a body', async context => {
	const {port} = await startServer(context, small);
	const {status, text} = await ask({host: '127.0.0.1', port}, '/nope', {headers: {expect: 'something'}});
	assert.deepEqual([status, JSON.parse(text).error.code], [404, 'not_found']);
});

test('answers an internal error with 500, and reports its details on stderr only', async context => {
	const {port, faults} = await startServer(context, () => {
		throw new Error('a secret of ours');
	});
	const {status, json, text} = await ask({host: '127.0.0.1', port}, '/nodes/status?fresh=0');
	assert.deepEqual([status, json().error.code], [500, 'internal_error']);
	assert.ok(!text.includes('secret'));
	assert.deepEqual(faults, ['GET /nodes/status failed: a secret of ours']);
});

test('answers requests during shutdown with 503 and closes their connections', async context => {
	const {port, refuse} = await startServer(context, small);
	refuse();
	for (const route of ['/nodes/status', '/livez', '/nope']) {
		const {status, headers, json} = await ask({host: '127.0.0.1', port}, route);
		assert.deepEqual([status, headers.connection, json().error.code], [503, 'close', 'shutting_down']);
	}
});
