import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer, type ServerResponse} from 'node:http';
import {type AddressInfo, connect, type Socket} from 'node:net';
import {type TestContext, test} from 'node:test';
import {limitHttpConnections} from '../../source/server/server.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const most = 8;

/**
 * A server for at most eight connections: `/now` answers at once, `/large` with much data, `/later` when the test says
 * so.
 */
async function startServer(t: TestContext, path?: string) {
	const later: ServerResponse[] = [];
	const server = createServer(({url}, response) => {
		if (url === '/later') {
			later.push(response);
			arrived();
		} else {
			response.end(url === '/large' ? Buffer.alloc(32 * 1024 * 1024) : 'now');
		}
	});
	let arrived = (): void => {};
	limitHttpConnections(server, most);
	server.listen(path === undefined ? {port: 0, host: '127.0.0.1'} : {path});
	await once(server, 'listening');
	t.after(() => {
		server.close();
		server.closeAllConnections();
	});
	const place = path === undefined ? {port: (server.address() as AddressInfo).port} : {path};
	/** Connects, and waits until the server has the connection. */
	const open = async (first = ''): Promise<Socket> => {
		const accepted = once(server, 'connection');
		const socket = connect(place as {port: number}).on('error', () => {});
		t.after(() => socket.destroy());
		await accepted;
		socket.write(first);
		return socket;
	};
	return {
		server,
		open,
		later,
		/** Waits until this many requests wait for their answer. */
		waiting: async (count: number) => {
			while (later.length < count) {
				await new Promise<void>(resolve => {
					arrived = resolve;
				});
			}
		},
		count: () => new Promise<number>(resolve => server.getConnections((_, count) => resolve(count))),
	};
}

const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** Sends a request and returns the first line of the answer; empty if the connection was closed. */
async function answerTo(socket: Socket, path: string): Promise<string> {
	socket.write(request(path));
	const [text = ''] = await Promise.race([once(socket, 'data'), once(socket, 'close').then(() => [])]);
	return String(text).split('\r\n')[0] ?? '';
}

/** Advances the time of `performance.now()`. */
function later(t: TestContext, ms: number): void {
	const real = performance.now.bind(performance);
	t.mock.method(performance, 'now', () => real() + ms);
}

const ok = 'HTTP/1.1 200 OK';

test('answers a new connection however many silent ones there are, and never opens more than the limit', async t => {
	const {open, count} = await startServer(t);
	for (let index = 0; index < 5 * most; index += 1) {
		await open();
	}

	for (let index = 0; index < 5; index += 1) {
		assert.equal(await answerTo(await open(), '/now'), ok);
	}

	assert.ok((await count()) <= most);
});

test('closes a connection whose request drips, not one that waits for its answer', async t => {
	const {open, later: waiters, waiting} = await startServer(t);
	const fresh = await open(request('/later'));
	await waiting(1);
	for (let index = 0; index < 2 * most; index += 1) {
		await open('GET /now HTTP/1.1\r\nX: ');
	}

	const answered = once(fresh, 'data');
	waiters[0]?.end('later');
	assert.match(String((await answered)[0]), /later/);
});

test('keeps a client that reuses its connection while others are silent', async t => {
	const {open} = await startServer(t);
	const scraper = await open();
	assert.equal(await answerTo(scraper, '/now'), ok);
	for (let index = 0; index < most - 1; index += 1) {
		await open();
	}

	later(t, 10_000);
	for (let index = 0; index < 3; index += 1) {
		await open();
	}

	assert.equal(await answerTo(scraper, '/now'), ok);
});

test('closes the idle connection that was unused for longest', async t => {
	const {open} = await startServer(t);
	const idle: Socket[] = [];
	for (let index = 0; index < most; index += 1) {
		const socket = await open();
		assert.equal(await answerTo(socket, '/now'), ok);
		idle.push(socket);
	}

	const [first, second] = idle as [Socket, Socket];
	assert.equal(await answerTo(first, '/now'), ok);
	const closed = once(second, 'close');
	await open();
	await closed;
	assert.equal(await answerTo(first, '/now'), ok);
});

test('closes clients that do not read their large answers', async t => {
	const {open} = await startServer(t);
	for (let index = 0; index < most; index += 1) {
		const socket = await open(request('/large'));
		await once(socket, 'readable');
	}

	later(t, 2000);
	assert.equal(await answerTo(await open(), '/now'), ok);
});

test('closes clients that wait long for a check, the oldest first', async t => {
	const {open, waiting} = await startServer(t);
	const waiters: Socket[] = [];
	for (let index = 0; index < most; index += 1) {
		waiters.push(await open(request('/later')));
	}

	await waiting(most);
	later(t, 2000);
	const closed = once(waiters[0] as Socket, 'close');
	assert.equal(await answerTo(await open(), '/now'), ok);
	await closed;
	assert.equal(waiters.filter(({destroyed}) => destroyed).length, 1);
});

test('closes a new connection while all others wait for a check only briefly', async t => {
	const {open, waiting} = await startServer(t);
	for (let index = 0; index < most; index += 1) {
		await open(request('/later'));
	}

	await waiting(most);
	const closed = once(await open(), 'close');
	await closed;
});

test('limits a Unix socket in the same way', async t => {
	const {open, count} = await startServer(t, `${temporaryFolder(t)}/http.sock`);
	for (let index = 0; index < 3 * most; index += 1) {
		await open();
	}

	assert.equal(await answerTo(await open(), '/now'), ok);
	assert.ok((await count()) <= most);
});
