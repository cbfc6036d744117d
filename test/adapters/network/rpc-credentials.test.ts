import assert from 'node:assert/strict';
import {chmod, writeFile} from 'node:fs/promises';
import {createServer} from 'node:http';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {createRpcClient} from '../../../source/adapters/network/wallet-rpc-client.js';
import type {Login} from '../../../source/domain/node/node.js';
import type {RpcOutcome} from '../../../source/domain/ports.js';
import {type DigestServerOptions, startDigestServer} from '../../helpers/digest-server.js';
import {listenOnLoopback} from '../../helpers/loopback.js';
import {temporaryFolder} from '../../helpers/temporary-folder.js';

const right = {username: 'monero', password: 'Xy3:zß "q\\uote" ¥ 密码'};

async function startServer(t: TestContext, options: DigestServerOptions = {}) {
	const server = await startDigestServer({login: right, ...options});
	t.after(server.close);
	return server;
}

function callerOf(t: TestContext, {port}: {readonly port: number}, login?: Login): () => Promise<RpcOutcome> {
	const client = createRpcClient();
	t.after(() => client.close());
	const endpoint = {host: '127.0.0.1', port, path: '/json_rpc', ...(login && {login})};
	return () => client.callRpc(endpoint, 'get_version', {timeoutMs: 5000});
}

const refusalOf = (outcome: RpcOutcome) => (outcome.kind === 'login_refused' ? outcome.refusal : outcome.kind);

function assertSilentAbout(secret: string, outcome: RpcOutcome): void {
	assert.ok(!JSON.stringify(outcome).includes(secret));
}

test('sends one request without login, then one request per call on one connection', async t => {
	const server = await startServer(t);
	const call = callerOf(t, server, right);
	for (let count = 0; count < 20; count += 1) {
		assert.equal((await call()).kind, 'result');
	}

	assert.deepEqual(server.seen, ['plain', ...Array<string>(20).fill('accepted')]);
	assert.equal(server.connectionCount(), 1);
});

test('sends no login where none is asked for', async t => {
	const server = await startServer(t);
	server.login = undefined;
	const call = callerOf(t, server, right);
	assert.equal((await call()).kind, 'result');
	assert.equal((await call()).kind, 'result');
	assert.deepEqual(server.authorizations, []);
});

test('answers simultaneous calls in order, with one login', async t => {
	const server = await startServer(t);
	const call = callerOf(t, server, right);
	const outcomes = await Promise.all(Array.from({length: 8}, call));
	assert.ok(outcomes.every(({kind}) => kind === 'result'));
	assert.deepEqual(server.seen, ['plain', ...Array<string>(8).fill('accepted')]);
});

test('a lost connection costs one more round trip', async t => {
	const server = await startServer(t);
	const call = callerOf(t, server, right);
	await call();
	await server.dropConnections();
	assert.equal((await call()).kind, 'result');
	assert.equal((await call()).kind, 'result');
	assert.deepEqual(server.seen, ['plain', 'accepted', 'plain', 'accepted', 'accepted']);
	assert.equal(server.connectionCount(), 2);
});

for (const algorithms of [['MD5'], ['MD5-sess'], ['SHA-256'], ['SHA-256-sess'], ['']]) {
	test(`logs in with algorithm ${algorithms[0] || 'not named'}`, async t => {
		const server = await startServer(t, {algorithms, opaque: 'keep this'});
		const call = callerOf(t, server, right);
		assert.equal((await call()).kind, 'result');
		assert.equal((await call()).kind, 'result');
		assert.deepEqual(server.seen, ['plain', 'accepted', 'accepted']);
	});
}

test('uses the strongest of several algorithms, also from one header line', async t => {
	for (const isOneHeader of [false, true]) {
		const server = await startServer(t, {algorithms: ['MD5', 'MD5-sess', 'SHA-256', 'SHA-256-sess'], isOneHeader});
		assert.equal((await callerOf(t, server, right)()).kind, 'result');
		assert.match(server.authorizations[0] ?? '', /algorithm=SHA-256,/);
	}
});

test('logs in without qop (RFC 2069)', async t => {
	const server = await startServer(t, {algorithms: ['MD5'], hasQop: false});
	const call = callerOf(t, server, right);
	assert.equal((await call()).kind, 'result');
	assert.equal((await call()).kind, 'result');
	assert.doesNotMatch(server.authorizations.join(), /nc=/);
});

test('logs in with a realm that has quotes and non-ASCII bytes', async t => {
	const server = await startServer(t, {realm: 'my "wället" \\ 1'});
	assert.equal((await callerOf(t, server, right)()).kind, 'result');
});

test('a wrong password costs one attempt per call', async t => {
	const server = await startServer(t);
	for (const login of [
		{...right, password: 'Zuversicht'},
		{...right, username: 'nobody'},
	]) {
		server.seen.length = 0;
		const call = callerOf(t, server, login);
		for (let count = 0; count < 3; count += 1) {
			const outcome = await call();
			assert.equal(refusalOf(outcome), 'wrong');
			assertSilentAbout(login.password, outcome);
		}

		assert.deepEqual(server.seen, ['plain', 'wrong', 'wrong', 'wrong']);
	}
});

test('logs in once the server has the right password', async t => {
	const server = await startServer(t, {login: {...right, password: 'other'}});
	const call = callerOf(t, server, right);
	assert.equal(refusalOf(await call()), 'wrong');
	server.login = right;
	assert.equal((await call()).kind, 'result');
	assert.deepEqual(server.seen, ['plain', 'wrong', 'accepted']);
});

for (const count of [1, 2, 5, 6, 7, 20]) {
	test(`repeats the login after ${count} stale answers in a row`, async t => {
		const server = await startServer(t);
		const call = callerOf(t, server, right);
		await call();
		server.staleAnswers = count;
		assert.equal((await call()).kind, 'result');
		assert.equal((await call()).kind, 'result');
		const stale = Array<string>(count).fill('stale');
		assert.deepEqual(server.seen, ['plain', 'accepted', ...stale, 'accepted', 'accepted']);
	});
}

test('reports a server that calls every nonce stale at the timeout, after tens of attempts', async t => {
	const server = await startServer(t);
	server.staleAnswers = Number.POSITIVE_INFINITY;
	const client = createRpcClient();
	t.after(() => client.close());
	const endpoint = {host: '127.0.0.1', port: server.port, path: '/json_rpc', login: right};
	const call = (timeoutMs: number) => client.callRpc(endpoint, 'get_version', {timeoutMs});
	const counts: number[] = [];
	for (const timeoutMs of [1000, 1000]) {
		server.seen.length = 0;
		const startedMs = performance.now();
		const outcome = await call(timeoutMs);
		assert.equal(refusalOf(outcome), 'stale');
		// Measured by the clock: latency leaves out the pauses of a busy test machine.
		assert.ok(performance.now() - startedMs >= timeoutMs - 5, String(outcome.latencyMs));
		counts.push(server.seen.length);
	}

	const [first = 0, second = 0] = counts;
	assert.ok(first >= 12 && first <= 60, String(first));
	assert.ok(second >= 4 && second <= first / 2, `${second} after ${first}`);
	server.staleAnswers = 0;
	assert.equal((await call(5000)).kind, 'result');
});

test('reports a timeout when a server stops answering after stale answers', async t => {
	const server = await startServer(t);
	server.staleAnswers = 3;
	let count = 0;
	const silencing = createServer((request, response) => {
		count += 1;
		if (count <= 4) {
			const challenge = `Digest qop="auth",realm="r",nonce="${count}",stale=${count > 1}`;
			request.resume().on('end', () => response.writeHead(401, {'WWW-Authenticate': challenge}).end());
		}
	});
	const loopback = await listenOnLoopback(silencing);
	t.after(loopback.close);
	const client = createRpcClient();
	t.after(() => client.close());
	const endpoint = {host: '127.0.0.1', port: loopback.port, path: '/json_rpc', login: right};
	const outcome = await client.callRpc(endpoint, 'get_version', {timeoutMs: 2000});
	assert.equal(outcome.kind === 'no_answer' && outcome.cause, 'timeout');
	assert.equal(count, 5);
});

test('starts the login over whenever a proxy closes the connection between stale answers', async t => {
	let count = 0;
	const closing = createServer((request, response) => {
		count += 1;
		const isAnswer = request.headers.authorization !== undefined;
		const isStale = isAnswer && count < 16;
		request.resume().on('end', () => {
			if (isAnswer && !isStale) {
				response.end('{"jsonrpc":"2.0","result":1}');
				return;
			}

			const challenge = `Digest qop="auth",realm="r",nonce="${count}",stale=${isStale}`;
			// Closes every third connection after its answer without `Connection: close`, as a proxy at its request
			// limit does.
			response.writeHead(401, {'WWW-Authenticate': challenge}).end();
			if (count % 3 === 0) {
				response.once('finish', () => request.socket.end());
			}
		});
	});
	const loopback = await listenOnLoopback(closing);
	t.after(loopback.close);
	assert.equal((await callerOf(t, loopback, right)()).kind, 'result');
	assert.ok(count >= 16 && count <= 24, String(count));
});

test('limits the attempts on a server that closes every connection after its challenge', async t => {
	let count = 0;
	const closing = createServer((request, response) => {
		count += 1;
		request.resume().on('end', () => {
			response.writeHead(401, {'WWW-Authenticate': 'Digest qop="auth",realm="r",nonce="n",stale=true'}).end();
			response.once('finish', () => request.socket.destroy());
		});
	});
	const loopback = await listenOnLoopback(closing);
	t.after(loopback.close);
	const client = createRpcClient();
	t.after(() => client.close());
	const endpoint = {host: '127.0.0.1', port: loopback.port, path: '/json_rpc', login: right};
	await client.callRpc(endpoint, 'get_version', {timeoutMs: 500});
	assert.ok(count <= 30, String(count));
});

test('starts the login over, a limited number of times, when the connection closes between challenge and answer', async t => {
	const server = await startServer(t);
	const cutting = createServer((request, response) => {
		response.writeHead(401, {
			'WWW-Authenticate': 'Digest qop="auth",algorithm=MD5,realm="r",nonce="n",stale=false',
			Connection: 'close',
		});
		request.resume().on('end', () => response.end());
	});
	const loopback = await listenOnLoopback(cutting);
	t.after(loopback.close);
	assert.equal(refusalOf(await callerOf(t, loopback, right)()), 'wrong');
	assert.equal(loopback.connectionCount(), 2);
	assert.equal((await callerOf(t, server, right)()).kind, 'result');
});

test('reports a missing login, and a challenge that cannot be answered', async t => {
	const server = await startServer(t);
	assert.equal(refusalOf(await callerOf(t, server)()), 'none_given');
	assert.equal(refusalOf(await callerOf(t, server, {})()), 'none_given');
	let challenge = 'Basic realm="r"';
	const seen: Array<string | undefined> = [];
	const loopback = await listenOnLoopback(
		createServer((request, response) => {
			seen.push(request.headers.authorization);
			response.writeHead(401, {'WWW-Authenticate': challenge}).end();
		}),
	);
	t.after(loopback.close);
	const call = callerOf(t, loopback, right);
	for (challenge of ['Basic realm="r"', 'Digest algorithm=SHA-512-256,qop="auth",realm="r",nonce="n"', '']) {
		assert.equal(refusalOf(await call()), 'unsupported');
	}

	assert.deepEqual(seen, [undefined, undefined, undefined]);
});

test('reads the body of a 401 to its end, up to the size limit', async t => {
	let size = 50_000;
	let count = 0;
	const loopback = await listenOnLoopback(
		createServer((_request, response) => {
			count += 1;
			response.writeHead(401, {'WWW-Authenticate': 'Digest qop="auth",realm="r",nonce="n"'}).end('x'.repeat(size));
		}),
	);
	t.after(loopback.close);
	const call = callerOf(t, loopback, right);
	assert.equal(refusalOf(await call()), 'wrong');
	assert.deepEqual([count, loopback.connectionCount()], [2, 1]);
	size = 65_537;
	assert.equal(refusalOf(await call()), 'too_large');
});

test('password_file: removes one trailing newline', async t => {
	const file = path.join(temporaryFolder(t), 'password');
	for (const [text, password] of [
		['geheim:ß\n', 'geheim:ß'],
		['geheim\r\n', 'geheim'],
		['geheim\n\n', 'geheim\n'],
		['geheim', 'geheim'],
	] as const) {
		await writeFile(file, text);
		const server = await startServer(t, {login: {username: 'monero', password}});
		const outcome = await callerOf(t, server, {username: 'monero', password_file: file})();
		assert.equal(outcome.kind, 'result', JSON.stringify(text));
	}
});

test('login_file: splits at the first colon', async t => {
	const file = path.join(temporaryFolder(t), 'monero-wallet-rpc.18082.login');
	await writeFile(file, `${right.username}:${right.password}`);
	const server = await startServer(t);
	assert.equal((await callerOf(t, server, {login_file: file})()).kind, 'result');
});

test('password_env: reads the variable at each use', async t => {
	const name = 'XMRTOP_TEST_PASSWORD';
	t.after(() => delete process.env[name]);
	const server = await startServer(t);
	const call = callerOf(t, server, {username: 'monero', password_env: name});
	const outcome = await call();
	assert.equal(refusalOf(outcome), 'unreadable');
	assert.equal(
		outcome.kind === 'login_refused' && outcome.error,
		'environment variable XMRTOP_TEST_PASSWORD is not set',
	);
	process.env[name] = right.password;
	assert.equal((await call()).kind, 'result');
});

test('reports which source cannot be read and why, never its content', async t => {
	const made = temporaryFolder(t);
	const noColon = path.join(made, 'no-colon');
	await writeFile(noColon, 'onlyasecret');
	const empty = path.join(made, 'empty');
	await writeFile(empty, '\n');
	const long = path.join(made, 'long');
	await writeFile(long, 'onlyasecret'.repeat(10_000));
	const absent = path.join(made, 'absent');
	const server = await startServer(t);
	const cases: ReadonlyArray<readonly [Login, string]> = [
		[{username: 'u', password_file: absent}, `password_file ${absent}: no such file or directory`],
		[{username: 'u', password_file: made}, `password_file ${made}: it is a folder`],
		[{username: 'u', password_file: empty}, `password_file ${empty}: empty`],
		[{username: 'u', password_file: long}, `password_file ${long}: too long for a password`],
		[{login_file: noColon}, `login_file ${noColon}: does not contain user:password`],
	];
	for (const [login, error] of cases) {
		const outcome = await callerOf(t, server, login)();
		assert.equal(refusalOf(outcome), 'unreadable');
		assert.equal(outcome.kind === 'login_refused' && outcome.error, error);
		assertSilentAbout('onlyasecret', outcome);
	}

	assert.deepEqual(server.authorizations, []);
});

test('reports a file without read permission', {
	skip: process.getuid?.() === 0 && 'root may read everything',
}, async t => {
	const file = path.join(temporaryFolder(t), 'password');
	await writeFile(file, 'geheim');
	await chmod(file, 0o000);
	const outcome = await callerOf(t, await startServer(t), {username: 'u', password_file: file})();
	assert.equal(outcome.kind === 'login_refused' && outcome.error, `password_file ${file}: permission denied`);
});

test('reads a refused password file once more, and retries only when it changed', async t => {
	const file = path.join(temporaryFolder(t), 'login');
	await writeFile(file, 'monero:old');
	const server = await startServer(t, {login: {username: 'monero', password: 'old'}});
	const call = callerOf(t, server, {login_file: file});
	await call();
	// The wallet restarted: its file has a new password, and the old connection used the old one.
	server.login = {username: 'monero', password: 'new'};
	await writeFile(file, 'monero:new');
	assert.equal((await call()).kind, 'result');
	assert.deepEqual(server.seen, ['plain', 'accepted', 'wrong', 'accepted']);

	server.login = {username: 'monero', password: 'newest'};
	assert.equal(refusalOf(await call()), 'wrong');
	assert.equal(refusalOf(await call()), 'wrong');
	assert.deepEqual(server.seen.slice(4), ['wrong', 'wrong']);
	await writeFile(file, 'monero:newest');
	assert.equal((await call()).kind, 'result');
	assert.deepEqual(server.seen.slice(6), ['accepted']);
});

test('latency is that of the exchange that answered, without the login before it', async t => {
	let count = 0;
	const server = await startServer(t);
	const slow = createServer((request, response) => {
		count += 1;
		const delayMs = count === 1 ? 200 : 0;
		setTimeout(() => {
			const challenge = 'Digest qop="auth",realm="r",nonce="n"';
			response.writeHead(request.headers.authorization ? 200 : 401, {'WWW-Authenticate': challenge});
			response.end('{"jsonrpc":"2.0","result":1}');
		}, delayMs);
	});
	const loopback = await listenOnLoopback(slow);
	t.after(loopback.close);
	const outcome = await callerOf(t, loopback, right)();
	assert.equal(outcome.kind, 'result');
	assert.ok(outcome.latencyMs < 150, String(outcome.latencyMs));
	assert.equal((await callerOf(t, server, right)()).kind, 'result');
});
