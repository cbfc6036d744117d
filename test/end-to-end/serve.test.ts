import assert from 'node:assert/strict';
import {once} from 'node:events';
import {chmodSync, existsSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {type IncomingMessage, request} from 'node:http';
import {connect, createServer} from 'node:net';
import path from 'node:path';
import {text} from 'node:stream/consumers';
import {type TestContext, test} from 'node:test';
import {gunzipSync} from 'node:zlib';
import {Ajv2020} from 'ajv/dist/2020.js';
import {startCountingWallet} from '../helpers/counting-wallet.js';
import {deadPort} from '../helpers/dead-port.js';
import {cliIn} from '../helpers/run-cli.js';
import {runningCli} from '../helpers/running-cli.js';
import {type Answered, type RunningServer, startServe} from '../helpers/running-server.js';
import {folderOf, startWallet, writeNodes} from '../helpers/switchable-wallet.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const once1h = ['-i', '1h'];

function assertError({status, headers, json}: Answered, expected: number, code: string, message: RegExp): void {
	const {schema_version: version, error} = json();
	assert.deepEqual([status, version, error.code], [expected, 1, code]);
	assert.match(error.message, message);
	assertCommonHeaders(headers);
}

function assertCommonHeaders(headers: Answered['headers']): void {
	assert.equal(headers['cache-control'], 'no-store');
	assert.equal(headers['x-content-type-options'], 'nosniff');
	assert.equal(headers['x-powered-by'], undefined);
	assert.match(String(headers['content-type']), /^application\/json/);
}

async function healthyAndDead(context: TestContext): Promise<string> {
	const wallet = await startWallet(context);
	return folderOf(context, [
		{name: 'a', port: wallet.port},
		{name: 'gone', port: await deadPort(context)},
	]);
}

/** Sends raw bytes and returns everything received until the end. */
async function rawExchange(port: number, text: string): Promise<string> {
	const socket = connect(port, '127.0.0.1');
	let answer = '';
	socket.setEncoding('utf8').on('data', chunk => {
		answer += chunk;
	});
	socket.on('error', () => {});
	socket.write(text);
	await once(socket, 'close');
	return answer;
}

test('each route has the status and body of the contract; prints and saves like watch', async context => {
	const configDir = await healthyAndDead(context);
	const {serve, get, url, port} = await startServe(context, once1h, {configDir});
	const fleet = await get('/nodes/status');
	assert.equal(fleet.status, 200);
	assertCommonHeaders(fleet.headers);
	const schema = await cliIn(configDir).json(['status', '--json-schema']);
	const validate = new Ajv2020({strict: false, formats: {'date-time': true}}).compile(schema);
	assert.ok(validate(fleet.json()), JSON.stringify(validate.errors));
	const {total, working, failed, nodes} = fleet.json();
	assert.deepEqual([total, working, failed], [2, 1, 1]);
	const one = await cliIn(configDir).json(['status', '--json', '--no-save']);
	assert.deepEqual(Object.keys(fleet.json()), Object.keys(one));
	assert.deepEqual(
		nodes.map((node: object) => Object.keys(node)),
		one.nodes.map((node: object) => Object.keys(node)),
	);

	for (const name of ['a', '1']) {
		const node = await get(`/nodes/${name}/status`);
		assert.deepEqual([node.status, Object.keys(node.json())], [200, ['status', 'details']]);
		assert.deepEqual(node.json(), {status: true, details: nodes[0].details});
		assertCommonHeaders(node.headers);
	}

	const gone = await get('/nodes/gone/status');
	assert.deepEqual([gone.status, gone.json().status, gone.json().details.state], [200, false, 'down']);

	const health = await get('/health');
	assert.deepEqual(
		[health.status, health.json()],
		[503, {status: 'degraded', working: 1, total: 2, reason: '1 of 2 nodes: gone is down'}],
	);
	assertCommonHeaders(health.headers);
	assert.equal((await get('/health?fail_on=down')).status, 503);
	const livez = await get('/livez');
	assert.deepEqual([livez.status, livez.json()], [200, {status: 'alive'}]);
	assertCommonHeaders(livez.headers);

	const metrics = await get('/metrics');
	assert.deepEqual([metrics.status, metrics.headers['cache-control']], [200, 'no-store']);
	assert.match(String(metrics.headers['content-type']), /^text\/plain; version=0\.0\.4/);
	assert.match(metrics.text, /^monero_wallet_rpc_up\{[^}]*node="a"[^}]*\} 1$/m);
	assert.match(metrics.text, /^process_resident_memory_bytes \d+$/m);
	assert.match(metrics.text, /^monero_wallet_rpc_up\{[^}]*node="gone"[^}]*\} 0$/m);
	assert.match(metrics.text, /^monero_wallet_rpc_state_changes_total\{[^}]*node="a"[^}]*\} 1$/m);

	const openMetrics = 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
	const prometheus = await getBytes(port, '/metrics', {accept: openMetrics, 'accept-encoding': 'gzip'});
	assert.equal(prometheus.headers['content-type'], 'application/openmetrics-text; version=1.0.0; charset=utf-8');
	assert.equal(prometheus.headers['content-encoding'], 'gzip');
	assert.match(gunzipSync(prometheus.bytes).toString(), /\n# EOF\n$/);
	for (const [accept, type] of [
		['text/plain', 'text/plain'],
		['application/openmetrics-text;q=0.3, text/plain;q=0.5', 'text/plain'],
		['application/openmetrics-text;q=0, text/plain;q=0', 'text/plain'],
		['*/*', 'text/plain'],
		['application/openmetrics-text', 'application/openmetrics-text'],
	]) {
		const {headers} = await get('/metrics', {headers: {accept: accept ?? '', 'accept-encoding': 'gzip;q=0, br'}});
		assert.match(String(headers['content-type']), new RegExp(`^${type};`), accept);
		assert.equal(headers['content-encoding'], undefined);
	}

	const history = await get('/nodes/history');
	const printed = await cliIn(configDir).json(['history', '--json']);
	assert.equal(history.status, 200);
	assert.deepEqual(Object.keys(history.json()), Object.keys(printed));
	assert.deepEqual(
		history.json().nodes.map((node: {transitions: unknown}) => node.transitions),
		printed.nodes.map((node: {transitions: unknown}) => node.transitions),
	);
	assert.deepEqual(
		(await get('/nodes/history?limit=0')).json().nodes.map((node: {transitions: unknown}) => node.transitions),
		[[], []],
	);

	const {code, afterMs} = await serve.end('SIGTERM');
	assert.deepEqual({code, isSoon: afterMs < 1000}, {code: 0, isSoon: true}, `${afterMs} ms`);
	assert.equal(serve.stderr(), `xmrtop: listening on ${url}\nxmrtop: watching 2 nodes by api every 1h\n`);
	assert.deepEqual(
		serve
			.lines()
			.map(line => line.replace(/^\S+Z /, ''))
			.sort(),
		['a unknown -> up: API is responding', 'gone unknown -> down: connection refused'],
	);
	assert.equal(JSON.parse(readFileSync(path.join(configDir, 'results.json'), 'utf8')).nodes[1].worked, true);
});

test('healthy: 200; answers HEAD like GET without the body', async context => {
	const wallet = await startWallet(context);
	const {get} = await startServe(context, once1h, {configDir: folderOf(context, [{name: 'a', port: wallet.port}])});
	const whole = await get('/nodes/status');
	for (const level of ['degraded', 'failed', 'down']) {
		const {status, json} = await get(`/health?fail_on=${level}`);
		assert.deepEqual([status, json()], [200, {status: 'healthy', working: 1, total: 1}]);
	}

	for (const route of ['/nodes/status', '/nodes/a/status', '/health', '/livez', '/nodes/history']) {
		const {status, text, headers} = await get(route, {method: 'HEAD'});
		assert.deepEqual([status, text], [200, ''], route);
		assertCommonHeaders(headers);
	}

	assert.equal((await get('/nodes/status', {method: 'HEAD'})).headers['content-length'], `${whole.text.length}`);
});

test('answers unknown requests with a JSON error', async context => {
	const {get, port} = await startServe(context, once1h, {configDir: await healthyAndDead(context)});
	assertError(await get('/nodes/nope/status'), 404, 'node_not_found', /^node "nope" not found$/);
	assertError(await get('/nodes/99/status?fresh=1'), 404, 'node_not_found', /"99"/);
	assertError(await get('/'), 404, 'not_found', /\/nodes\/status, .*\/metrics/);
	assertError(await get('/nodes/a%2/status'), 400, 'bad_request', /malformed path/);
	assertError(await get(`/nodes/${'a'.repeat(500)}/status`), 404, 'node_not_found', /a…/);
	assertError(await get('/nodes/status?fresh=yes'), 400, 'bad_request', /^fresh="yes" is invalid: expected 1 or 0$/);
	assertError(await get('/nodes/a/status?fresh='), 400, 'bad_request', /^fresh="" is invalid/);
	assertError(await get('/health?fresh=1&fresh=1'), 400, 'bad_request', /^fresh is given more than once/);
	assertError(
		await get('/health?fail_on=up'),
		400,
		'bad_request',
		/^fail_on="up" is invalid: expected degraded, failed, down$/,
	);
	assertError(
		await get('/nodes/history?limit=-1'),
		400,
		'bad_request',
		/^limit="-1" is invalid: expected a whole number/,
	);
	for (const [route, method] of [
		['/nodes/status', 'POST'],
		['/nodes/a/status', 'DELETE'],
		['/livez', 'OPTIONS'],
		['/health', 'PROPFIND'],
	] as const) {
		const refused = await get(route, {method});
		assertError(refused, 405, 'method_not_allowed', /GET and HEAD/);
		assert.equal(refused.headers.allow, 'GET, HEAD');
	}

	assertError(await get('/nope', {method: 'POST'}), 404, 'not_found', /./);
	const rows: ReadonlyArray<readonly [request: string, status: RegExp, code: string]> = [
		['no http at all\r\n\r\n', /^HTTP\/1\.1 400 /, 'bad_request'],
		['GET / HTTP/1.1\r\nHost: localhost\r\nbad header\r\n\r\n', /^HTTP\/1\.1 400 /, 'bad_request'],
		[`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, /^HTTP\/1\.1 431 /, 'headers_too_large'],
		['GET /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n', /^HTTP\/1\.1 413 /, 'body_too_large'],
		[
			'POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n{',
			/^HTTP\/1\.1 405 /,
			'method_not_allowed',
		],
	];
	for (const [request, status, code] of rows) {
		const answer = await rawExchange(port, request);
		assert.match(answer, status);
		assert.match(answer, /\r\ncontent-type: application\/json/i);
		assert.match(answer, /\r\ncache-control: no-store/i);
		assert.equal(JSON.parse(answer.split('\r\n\r\n')[1] ?? '').error.code, code);
	}
});

test('ignores a body and closes its connection', async context => {
	const {port} = await startServe(context, once1h, {configDir: await healthyAndDead(context)});
	const head = 'GET /livez HTTP/1.1\r\nHost: localhost\r\n';
	assert.match(
		await rawExchange(port, `${head}Content-Length: 3\r\n\r\nabc`),
		/^HTTP\/1\.1 200 [\s\S]*\{"status":"alive"\}\n$/,
	);
	assert.match(
		await rawExchange(port, `${head}Transfer-Encoding: chunked\r\n\r\n`),
		/^HTTP\/1\.1 200 [\s\S]*connection: close/,
	);
});

test('without a token, answers only loopback names; /livez stays open', async context => {
	const {get, port} = await startServe(context, once1h, {configDir: await healthyAndDead(context)});
	for (const host of ['localhost', 'LOCALHOST:80', '127.0.0.1', '127.1.2.3:8780', '[::1]', '[::1]:8780']) {
		assert.equal((await get('/nodes/a/status', {headers: {host}})).status, 200, host);
	}

	for (const host of [
		'evil.example',
		'localhost.evil.example',
		'127.0.0.1.evil.example',
		'[::2]',
		'localhost:x',
		'10.0.0.1',
	]) {
		assertError(await get('/nodes/a/status', {headers: {host}}), 403, 'forbidden_host', /--token-file/);
		assert.equal((await get('/livez', {headers: {host}})).status, 200);
	}

	for (const hosts of [
		'',
		'Host:\r\n',
		'Host: localhost\r\nHost: localhost\r\n',
		'Host: localhost\r\nHost: evil.example\r\n',
	]) {
		const answer = await rawExchange(port, `GET /health HTTP/1.1\r\n${hosts}Connection: close\r\n\r\n`);
		assert.match(answer, /^HTTP\/1\.1 403 /, hosts);
	}
});

test('requires a token for everything but /livez with any Host; never prints it', async context => {
	const configDir = await healthyAndDead(context);
	const token = 'correct-horse-battery';
	const file = path.join(configDir, 'token');
	writeFileSync(file, `${token}\n`);
	chmodSync(file, 0o644);
	const rows = [
		[['--token-file', file], {}],
		[[], {XMRTOP_TOKEN: token}],
	] as const;
	for (const [flags, env] of rows) {
		const {serve, get} = await startServe(context, [...once1h, ...flags], {configDir, env});
		const headers = {authorization: `Bearer ${token}`, host: 'monitor.example'};
		assert.equal((await get('/nodes/status', {headers})).status, 200);
		assert.equal((await get('/nodes/status', {headers: {...headers, authorization: `bearer ${token}`}})).status, 200);
		assert.equal((await get('/livez', {headers: {host: 'monitor.example'}})).status, 200);
		for (const authorization of [undefined, 'Bearer', 'Bearer wrong', `Bearer ${token}x`, `Basic ${token}`, token]) {
			for (const route of ['/nodes/status', '/nodes/a/status', '/nodes/history', '/health', '/metrics', '/nope']) {
				const refused = await get(route, authorization === undefined ? {} : {headers: {authorization}});
				assertError(refused, 401, 'unauthorized', /token/);
				assert.equal(refused.headers['www-authenticate'], 'Bearer');
				assert.ok(!refused.text.includes(token));
			}
		}

		await serve.end('SIGTERM');
		assert.ok(!`${serve.stderr()}${serve.lines()}`.includes(token));
		assert.equal(serve.stderr().includes('can be read by everyone; try: chmod 600'), flags.length > 0);
	}
});

test('--prefix moves the routes of the nodes and /health', async context => {
	const {get} = await startServe(context, [...once1h, '--prefix', '/admin/monero'], {
		configDir: await healthyAndDead(context),
	});
	for (const route of ['/nodes/status', '/nodes/a/status', '/nodes/history', '/health?fail_on=down']) {
		assert.notEqual((await get(`/admin/monero${route}`)).status, 404, route);
		assertError(await get(route), 404, 'not_found', /\/admin\/monero\/nodes\/status/);
	}

	assert.equal((await get('/livez')).status, 200);
	assert.equal((await get('/admin/monero/livez')).status, 404);
});

test('serves only the named nodes; checks a disabled one when it is named', async context => {
	const wallet = await startCountingWallet(context);
	const configDir = folderOf(context, [
		{name: 'a', port: wallet.port},
		{name: 'b', port: wallet.port},
	]);
	const only = await startServe(context, ['a', ...once1h], {configDir});
	assert.equal((await only.get('/nodes/a/status')).status, 200);
	assertError(await only.get('/nodes/b/status'), 404, 'node_not_found', /"b" is not served here/);
	await only.serve.end('SIGTERM');

	await cliIn(configDir).run(['nodes', 'disable', 'b']);
	const {get} = await startServe(context, once1h, {configDir});
	assert.equal((await get('/nodes/status')).json().total, 1);
	const before = wallet.asked();
	const disabled = await get('/nodes/b/status');
	assert.deepEqual([disabled.status, disabled.json().status, wallet.asked()], [200, true, before + 1]);
	assert.equal((await get('/nodes/b/status')).status, 200);
	assert.equal(wallet.asked(), before + 2, 'it is in no cycle: checked each time');
	assert.equal((await get('/nodes/status')).json().total, 1);

	writeNodes(configDir, [
		{name: 'a', port: wallet.port},
		{name: 'b', port: wallet.port},
		{name: 'new', port: wallet.port},
	]);
	assert.equal((await get('/nodes/new/status')).json().status, true, 'a node that no cycle has read yet');
});

test('200 simultaneous ?fresh=1 requests share one check per node; no answer is older than its request', async context => {
	const wallets = await Promise.all([1, 2, 3].map(() => startCountingWallet(context)));
	const configDir = folderOf(
		context,
		wallets.map(({port}, index) => ({name: `n${index + 1}`, port})),
	);
	const {get, port} = await startServe(context, once1h, {configDir});
	await get('/nodes/status');
	const counts = (): number[] => wallets.map(({asked}) => asked());
	assert.deepEqual(counts(), [1, 1, 1]);
	const routes = ['/nodes/status', '/nodes/n2/status', '/health'];
	// In one write, so that they arrive at one moment on a loaded machine too.
	const client = connect(port, '127.0.0.1');
	client.write(
		Array.from({length: 200}, (_, index) => {
			const end = index === 199 ? 'Connection: close\r\n' : '';
			return `GET ${routes[index % 3]}?fresh=1 HTTP/1.1\r\nHost: localhost\r\n${end}\r\n`;
		}).join(''),
	);
	const answers = (await text(client)).match(/^HTTP\/1\.1 \d+/gm) ?? [];
	assert.equal(answers.length, 200);
	assert.deepEqual(new Set(answers), new Set(['HTTP/1.1 200']));
	assert.deepEqual(counts(), [2, 2, 2]);
	await get('/nodes/n1/status?fresh=1');
	assert.deepEqual(counts(), [3, 2, 2], 'only the one that is named');
	const atMs = Date.now();
	const {checked_at: checkedAt} = (await get('/nodes/status?fresh=1')).json();
	assert.ok(Date.parse(checkedAt) >= atMs);
	await wallets[0]?.close();
	const after = await get('/nodes/status?fresh=1');
	assert.deepEqual([after.json().nodes[0].state, after.json().working], ['down', 2], 'checked, killed, checked again');
	assert.deepEqual((await get('/nodes/status')).text, after.text, 'the next request gets the same answer');
});

test('a fresh request during a check waits for the next one, even if clients disconnect', async context => {
	const wallet = await startCountingWallet(context);
	const {get, port, serve} = await startServe(context, once1h, {
		configDir: folderOf(context, [{name: 'a', port: wallet.port}]),
	});
	await get('/nodes/status');
	wallet.hold();
	const first = get('/nodes/status?fresh=1');
	await wallet.untilAsked(2);
	const leaver = connect(port, '127.0.0.1');
	leaver.write('GET /nodes/status?fresh=1 HTTP/1.1\r\nHost: localhost\r\n\r\n');
	await once(leaver, 'connect');
	leaver.destroy();
	const later = [get('/nodes/status?fresh=1'), get('/nodes/a/status?fresh=1')];
	// An answer to a later request shows that the server has read these.
	await get('/livez');
	wallet.letGo();
	const answers = await Promise.all([first, ...later]);
	assert.deepEqual(
		answers.map(({status}) => status),
		[200, 200, 200],
	);
	assert.equal(wallet.asked(), 3);
	const {code, afterMs} = await serve.end('SIGTERM');
	assert.deepEqual({code, isSoon: afterMs < 1000}, {code: 0, isSoon: true}, `${afterMs} ms`);
});

test('before the first cycle /health is 503, and /nodes/status and /metrics wait', async context => {
	const wallet = await startCountingWallet(context);
	wallet.hold();
	const {get} = await startServe(context, ['-i', '1s', '--timeout', '1m'], {
		configDir: folderOf(context, [{name: 'a', port: wallet.port}]),
	});
	const early = await get('/health?fail_on=down');
	assert.deepEqual(
		[early.status, early.json()],
		[503, {status: 'degraded', working: 0, total: 0, reason: 'the first check cycle has not finished yet'}],
	);
	const waiting = [get('/nodes/status'), get('/metrics')] as const;
	// An answer to a later request shows that the server has read these.
	await get('/livez');
	wallet.letGo();
	assert.equal((await waiting[0]).json().total, 1);
	assert.match((await waiting[1]).text, /^monero_wallet_rpc_up\{node="a",group=""\} 1$/m);
	assert.equal((await get('/health')).status, 200);
});

test('if it cannot listen: one line, exit code 2, nothing checked', async context => {
	const configDir = await healthyAndDead(context);
	const {run} = cliIn(configDir);
	const taken = createServer().listen(0, '127.0.0.1');
	context.after(() => taken.close());
	await once(taken, 'listening');
	const {port} = taken.address() as {port: number};
	const file = path.join(configDir, 'a-file');
	writeFileSync(file, 'mine');
	const rows: ReadonlyArray<readonly [args: readonly string[], message: RegExp]> = [
		[
			['--listen', `127.0.0.1:${port}`],
			/^xmrtop: --listen 127\.0\.0\.1:\d+ cannot be used: the address is already in use\n$/,
		],
		[['--listen', '203.0.113.7:1'], /needs|is not allowed: .*--token-file or XMRTOP_TOKEN/],
		[
			['--listen', '0.0.0.0:0'],
			/^xmrtop: --listen 0\.0\.0\.0:0 is not allowed: .*token is required .*: use --token-file or XMRTOP_TOKEN/,
		],
		[['--listen', '[::]:0'], /^xmrtop: --listen \[::\]:0 is not allowed: .*--token-file/],
		[['--listen', ':8780'], /^xmrtop: --listen ":8780" is invalid: expected HOST:PORT such as 127\.0\.0\.1:8780/],
		[['--listen', '8780'], /is invalid: expected HOST:PORT/],
		[['--listen', 'localhost:70000'], /is invalid: expected HOST:PORT/],
		[['--listen', '1.2.3:80'], /is invalid: expected HOST:PORT/],
		[['--listen', '::1:80'], /is invalid: expected HOST:PORT/],
		[['--listen', ''], /is invalid: expected HOST:PORT/],
		[['--listen', 'unix:'], /is invalid: expected HOST:PORT/],
		[['--listen', `unix:${configDir}/${'x'.repeat(120)}`], /is invalid: expected a path of at most \d+ bytes\n$/],
		[['--listen', `unix:${file}`], /cannot be used: a file that is not a socket exists there\n$/],
		[['--listen', `unix:${configDir}/none/socket`], /cannot be used: no such file or directory\n$/],
		[['--prefix', 'admin'], /^xmrtop: --prefix "admin" is invalid: expected a path such as \/admin\/monero/],
		[['--prefix', '/admin/'], /--prefix "\/admin\/" is invalid/],
		[['--prefix', '/a/../b'], /is invalid/],
		[['--prefix', '/a:b'], /is invalid/],
		[['--prefix', ''], /is invalid/],
		[['--token-file', path.join(configDir, 'none')], /^xmrtop: --token-file ".*none" cannot be used: no such file/],
		[['nope'], /^xmrtop: node "nope" is not in /],
		[['--csv'], /--csv is not a flag of xmrtop serve/],
	];
	for (const [args, message] of rows) {
		const listen = args[0] === '--listen' ? [] : ['--listen', '127.0.0.1:0'];
		const {code, stdout, stderr} = await run(['serve', ...listen, ...args]);
		assert.deepEqual([code, stdout, stderr.split('\n').length], [2, '', 2], stderr);
		assert.match(stderr, message);
	}

	assert.equal(readFileSync(file, 'utf8'), 'mine');
	assert.ok(!existsSync(path.join(configDir, 'results.json')));
});

test('listens beyond loopback when a token is set', async context => {
	const configDir = await healthyAndDead(context);
	const {get, url} = await startServe(context, [...once1h, '--listen', '0.0.0.0:0'], {
		configDir,
		env: {XMRTOP_TOKEN: 'abc'},
	});
	assert.match(url, /^http:\/\/0\.0\.0\.0:\d+$/);
	assert.equal((await get('/health')).status, 401);
});

test('a Unix socket is private, ignores Host, replaces a stale socket only, and is removed at the end', async context => {
	const configDir = await healthyAndDead(context);
	const socket = path.join(temporaryFolder(context), 's');
	const args = [...once1h, '--listen', `unix:${socket}`];
	const killed = await startServe(context, args, {configDir});
	assert.equal(statSync(socket).mode & 0o777, 0o600);
	assert.equal((await killed.get('/nodes/a/status', {headers: {host: 'anything.example'}})).status, 200);
	const second = await cliIn(configDir).run(['serve', ...args]);
	assert.deepEqual(
		[second.code, second.stderr],
		[2, `xmrtop: --listen unix:${socket} cannot be used: the address is already in use\n`],
	);
	await killed.serve.end('SIGKILL');
	assert.ok(existsSync(socket));
	const {get, serve, url} = await startServe(context, args, {configDir});
	assert.equal(url, `unix:${socket}`);
	assert.equal((await get('/livez')).status, 200);
	assert.equal((await serve.end('SIGTERM')).code, 0);
	assert.ok(!existsSync(socket));
});

test('SIGHUP reads the nodes again', async context => {
	const wallet = await startWallet(context);
	const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
	const {get, serve} = await startServe(context, once1h, {configDir});
	await get('/nodes/status');
	await cliIn(configDir).run(['nodes', 'add', 'b', '--port', String(wallet.port)]);
	serve.child.kill('SIGHUP');
	await serve.until(() => serve.lines().some(line => line.includes(' b unknown -> up')), 'the new node');
	const seen = async (): Promise<number> => (await get('/nodes/status')).json().total;
	while ((await seen()) < 2) {}
});

test('SIGTERM while clients are active, waiting and idle: exits with 0 within a second, each answered or closed', async context => {
	const wallet = await startCountingWallet(context);
	const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
	const server = await startServe(context, once1h, {configDir});
	await server.get('/nodes/status');
	const idle = connect(server.port, '127.0.0.1').on('error', () => {});
	idle.write('GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n');
	await once(idle, 'data');
	const mute = connect(server.port, '127.0.0.1').on('error', () => {});
	await once(mute, 'connect');
	wallet.hold();
	const waiting = server.get('/nodes/status?fresh=1');
	await wallet.untilAsked(2);
	const ends = [idle, mute].map(socket => once(socket, 'close'));
	const {code, afterMs} = await server.serve.end('SIGTERM');
	assert.deepEqual({code, isSoon: afterMs < 1000}, {code: 0, isSoon: true}, `${afterMs} ms`);
	assertError(await waiting, 503, 'shutting_down', /shutting down/);
	await Promise.all(ends);
	assert.ok(existsSync(path.join(configDir, 'results.json')));
});

async function scrape({get}: RunningServer): Promise<string> {
	return get('/nodes/status').then(
		({status}) => String(status),
		(error: NodeJS.ErrnoException) => error.code ?? error.message,
	);
}

test('SIGTERM during scrapes: whole answers, 503 or a refused connection', async context => {
	const server = await startServe(context, once1h, {configDir: await healthyAndDead(context)});
	await server.get('/nodes/status');
	const outcomes: string[] = [];
	let isOver = false;
	const scraping = Promise.all(
		Array.from({length: 8}, async () => {
			while (!isOver) {
				outcomes.push(await scrape(server));
			}
		}),
	);
	const {code} = await server.serve.end('SIGTERM');
	isOver = true;
	await scraping;
	assert.equal(code, 0);
	const others = outcomes.filter(outcome => !['200', '503', 'ECONNREFUSED', 'ECONNRESET', 'EPIPE'].includes(outcome));
	assert.deepEqual(others, []);
});

test('the port is free again after a normal end', async context => {
	const configDir = await healthyAndDead(context);
	const {serve, url} = await startServe(context, once1h, {configDir});
	await serve.end('SIGTERM');
	const again = runningCli(context, ['serve', '--listen', new URL(url).host, ...once1h], {configDir});
	await again.until(() => again.stderr().includes(`listening on ${url}\n`), 'the same port');
});

/** The raw bytes of a response. */
async function getBytes(port: number, path: string, headers: Readonly<Record<string, string>>) {
	const response = await new Promise<IncomingMessage>((resolve, reject) => {
		request({host: '127.0.0.1', port, path, headers, agent: false}, resolve).on('error', reject).end();
	});
	return {headers: response.headers, bytes: Buffer.concat(await response.toArray())};
}

test('/sd/targets lists every daemon once, as Prometheus reads them', async context => {
	const configDir = temporaryFolder(context);
	const add = async (name: string, daemon: string): Promise<void> => {
		const {code, stderr} = await cliIn(configDir).run(['nodes', 'add', name, '--port', '1', '--daemon', daemon]);
		assert.equal(code, 0, stderr);
	};

	await add('a', '127.0.0.1:18081');
	await add('b', 'http://127.0.0.1:18081/');
	await add('c', 'https://node.example:443');
	await add('d', 'none');
	const {get} = await startServe(context, [], {configDir});
	const targets = await get('/sd/targets');
	assert.equal(targets.headers['content-type'], 'application/json; charset=utf-8');
	assert.deepEqual(targets.json(), [
		{
			targets: ['127.0.0.1:18081'],
			labels: {daemon: '127.0.0.1:18081', __meta_xmrtop_scheme: 'http', __meta_xmrtop_nodes: '2'},
		},
		{
			targets: ['node.example:443'],
			labels: {daemon: 'https://node.example:443', __meta_xmrtop_scheme: 'https', __meta_xmrtop_nodes: '1'},
		},
	]);
});
