import assert from 'node:assert/strict';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import {createServer, type RequestListener} from 'node:http';
import net, {type Socket} from 'node:net';
import test, {type TestContext} from 'node:test';
import {gzipSync} from 'node:zlib';
import {createRpcClient} from '../../../source/adapters/network/wallet-rpc-client.js';
import type {RpcEndpoint, RpcMethod} from '../../../source/domain/ports.js';
import {deadPort} from '../../helpers/dead-port.js';
import {type LoopbackServer, listenOnLoopback} from '../../helpers/loopback.js';

const options = {timeoutMs: 5000};
const versionBody = '{"id":"0","jsonrpc":"2.0","result":{"release":false,"version":65561}}';

function clientFor(t: TestContext) {
	const client = createRpcClient();
	t.after(() => client.close());
	return client;
}

async function startHttp(t: TestContext, listener: RequestListener, host?: string): Promise<LoopbackServer> {
	const server = await listenOnLoopback(createServer(listener), host);
	t.after(server.close);
	return server;
}

/** A server that answers each request with the given raw bytes (requests are told apart by their end). */
async function startRaw(t: TestContext, answer: (socket: Socket, count: number) => void): Promise<LoopbackServer> {
	let count = 0;
	const server = net.createServer(socket => {
		socket.on('data', () => {
			count += 1;
			answer(socket, count);
		});
	});
	const loopback = await listenOnLoopback(server);
	t.after(loopback.close);
	return loopback;
}

const at = (port: number, more: Partial<RpcEndpoint> = {}): RpcEndpoint => ({
	host: '127.0.0.1',
	port,
	path: '/json_rpc',
	...more,
});

const httpAnswer = (body: string, head = 'HTTP/1.1 200 OK') =>
	`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

const recorded = (name: string) => readFileSync(new URL(`../../fixtures/${name}`, import.meta.url), 'latin1');

test('the request is a plain JSON-RPC POST on a kept-alive connection', async t => {
	const requests: Array<{head: unknown; body: string}> = [];
	const {port} = await startHttp(t, (request, response) => {
		let body = '';
		request.on('data', chunk => {
			body += chunk;
		});
		request.on('end', () => {
			const {method, url, httpVersion, headers} = request;
			requests.push({head: {method, url, httpVersion, headers}, body});
			response.end(versionBody);
		});
	});
	const {callRpc} = clientFor(t);
	const outcome = await callRpc(at(port, {path: '/wallet/json_rpc?a=b'}), 'get_version', options);
	assert.equal(outcome.kind, 'result');
	await callRpc(at(port), 'get_block_header_by_height', options, {height: 7, note: 'ö'});
	const [first, second] = requests;
	assert.deepEqual(first?.head, {
		method: 'POST',
		url: '/wallet/json_rpc?a=b',
		httpVersion: '1.1',
		headers: {
			host: `127.0.0.1:${port}`,
			'user-agent': 'xmrtop',
			'content-type': 'application/json',
			'content-length': String(first?.body.length),
			connection: 'keep-alive',
		},
	});
	assert.deepEqual(JSON.parse(first?.body ?? ''), {jsonrpc: '2.0', id: '0', method: 'get_version'});
	assert.deepEqual(JSON.parse(second?.body ?? '').params, {height: 7, note: 'ö'});
});

test('parses recorded answers of the real programs', async t => {
	const answers: ReadonlyArray<readonly [string, object]> = [
		['wallet_get_version.http', {kind: 'result', result: {release: false, version: 65_561}}],
		['wallet_error_no_wallet.http', {kind: 'rpc_error', code: -13, message: 'No wallet file'}],
		['wallet_method_not_found.http', {kind: 'rpc_error', code: -32_601, message: 'Method not found'}],
		['wallet_parse_error.http', {kind: 'rpc_error', code: -32_700, message: 'Parse error'}],
		['wallet_404.http', {kind: 'http_error', statusCode: 404, statusText: 'Not found'}],
		['wallet_401_noauth.http', {kind: 'login_refused', refusal: 'none_given'}],
	];
	const {callRpc} = clientFor(t);
	for (const [name, expected] of answers) {
		const {port} = await startRaw(t, socket => socket.write(recorded(name), 'latin1'));
		const {latencyMs, ...outcome} = await callRpc(at(port), 'get_version', options);
		assert.deepEqual(outcome, expected, name);
		assert.ok(latencyMs > 0 && latencyMs < 5000);
	}
});

test('judges the body of a 200, not the status', async t => {
	const bodies: ReadonlyArray<readonly [string, object]> = [
		[versionBody, {kind: 'result', result: {release: false, version: 65_561}}],
		['{"jsonrpc":"2.0","id":"0","result":null}', {kind: 'result', result: null}],
		['{"jsonrpc":"2.0","error":null,"result":1}', {kind: 'result', result: 1}],
		['', {kind: 'not_rpc', content: 'empty'}],
		[' \n', {kind: 'not_rpc', content: 'empty'}],
		['<!DOCTYPE html><html></html>', {kind: 'not_rpc', content: 'html'}],
		['\n<html>', {kind: 'not_rpc', content: 'html'}],
		['hello', {kind: 'not_rpc', content: 'text'}],
		['{"jsonrpc":"2.0",', {kind: 'not_rpc', content: 'text'}],
		['{"result":{}}', {kind: 'not_rpc', content: 'json'}],
		['{"jsonrpc":"1.0","result":{}}', {kind: 'not_rpc', content: 'json'}],
		['{"jsonrpc":"2.0","id":"0"}', {kind: 'not_rpc', content: 'json'}],
		['{"jsonrpc":"2.0","error":"no"}', {kind: 'not_rpc', content: 'json'}],
		['[]', {kind: 'not_rpc', content: 'json'}],
		['null', {kind: 'not_rpc', content: 'json'}],
		['7', {kind: 'not_rpc', content: 'json'}],
		[
			'{"jsonrpc":"2.0","error":{"code":-4,"message":"\\u001b[31mred\\u0007\\n two"}}',
			{kind: 'rpc_error', code: -4, message: 'red two'},
		],
	];
	let body = '';
	const {port, connectionCount} = await startHttp(t, (_request, response) => response.end(body));
	const {callRpc} = clientFor(t);
	for (const [text, expected] of bodies) {
		body = text;
		const {latencyMs: _, ...outcome} = await callRpc(at(port), 'get_version', options);
		assert.deepEqual(outcome, expected, text);
	}

	assert.equal(connectionCount(), 1);
});

test('any HTTP status other than 200 and 401 is an HTTP error; redirects are not followed', async t => {
	let status = 0;
	const paths: unknown[] = [];
	const {port} = await startHttp(t, (request, response) => {
		paths.push(request.url);
		response.writeHead(status, {Location: '/elsewhere'}).end(versionBody);
	});
	const {callRpc} = clientFor(t);
	for (status of [201, 301, 302, 307, 400, 403, 404, 500, 502, 503, 504]) {
		const outcome = await callRpc(at(port), 'get_version', options);
		assert.equal(outcome.kind, 'http_error');
		assert.equal(outcome.kind === 'http_error' && outcome.statusCode, status);
	}

	assert.deepEqual([...new Set(paths)], ['/json_rpc']);
});

test('cleans the status text', async t => {
	const {port} = await startRaw(t, socket => socket.write(httpAnswer('', 'HTTP/1.1 503 \u009B2Joh\tno'), 'latin1'));
	const outcome = await clientFor(t).callRpc(at(port), 'get_version', options);
	assert.equal(outcome.kind === 'http_error' && outcome.statusText, 'oh no');
});

test('reads 64 KiB for a version; one more byte is too large and the connection is destroyed', async t => {
	const fitting = `{"jsonrpc":"2.0","result":"${'x'.repeat(64 * 1024 - 29)}"}`;
	assert.equal(fitting.length, 64 * 1024);
	const closed: Array<Promise<unknown>> = [];
	let body = fitting;
	const {port} = await startHttp(t, (request, response) => {
		closed.push(once(request.socket, 'close'));
		response.write(body.slice(0, 100));
		response.end(body.slice(100));
	});
	const {callRpc} = clientFor(t);
	assert.equal((await callRpc(at(port), 'get_version', options)).kind, 'result');
	body = `${fitting} `;
	assert.equal((await callRpc(at(port), 'get_version', options)).kind, 'too_large');
	await Promise.all(closed);
});

test('an endless body ends at the size limit, not at the timeout', async t => {
	const chunk = 'x'.repeat(65_536);
	const {port} = await startHttp(t, (_request, response) => {
		const pour = (): void => {
			while (!response.destroyed && response.write(chunk)) {}
			response.once('drain', pour);
		};
		pour();
	});
	const outcome = await clientFor(t).callRpc(at(port), 'get_version', {timeoutMs: 60_000});
	assert.equal(outcome.kind, 'too_large');
});

test('refuses a Content-Length above the limit before it reads the body', async t => {
	const {port} = await startRaw(t, socket => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n'));
	const outcome = await clientFor(t).callRpc(at(port), 'get_height', {timeoutMs: 60_000});
	assert.deepEqual(outcome.kind === 'too_large' && outcome.limitBytes, 65_536);
});

test('an HTML page above the limit is reported as a page, and an HTTP error as that error', async t => {
	let status = 200;
	const page = `<!DOCTYPE html><html>${'x'.repeat(100_000)}</html>`;
	const {port} = await startHttp(t, (_request, response) => {
		response.writeHead(status, {'Content-Type': 'text/html; charset=utf-8'}).end(page);
	});
	const {callRpc} = clientFor(t);
	const outcome = await callRpc(at(port), 'get_version', options);
	assert.equal(outcome.kind === 'not_rpc' && outcome.content, 'html');
	status = 503;
	const error = await callRpc(at(port), 'get_version', options);
	assert.equal(error.kind === 'http_error' && error.statusCode, 503);
});

test('does not parse documents nested or filled beyond any answer of monero', async t => {
	let body = '';
	const {port} = await startHttp(t, (_request, response) => response.end(body));
	const {callRpc} = clientFor(t);
	const nested = (levels: number) => `{"jsonrpc":"2.0","result":${'['.repeat(levels)}${']'.repeat(levels)}}`;
	for (const [text, kind] of [
		[nested(31), 'result'],
		[nested(32), 'not_rpc'],
		[nested(30_000), 'not_rpc'],
		[`{"jsonrpc":"2.0","result":[${'0,'.repeat(30_000)}0]}`, 'not_rpc'],
		[`{"jsonrpc":"2.0","result":"${'['.repeat(60_000)}"}`, 'result'],
	] as const) {
		body = text;
		assert.equal((await callRpc(at(port), 'get_version', options)).kind, kind, text.slice(0, 60));
	}
});

test('does not decompress a compressed answer', async t => {
	const bomb = gzipSync(Buffer.alloc(20_000_000, 32));
	assert.ok(bomb.length < 65_536);
	const {port} = await startHttp(t, (_request, response) => response.setHeader('Content-Encoding', 'gzip').end(bomb));
	const outcome = await clientFor(t).callRpc(at(port), 'get_version', options);
	assert.equal(outcome.kind === 'not_rpc' && outcome.content, 'text');
});

test('huge headers and endless interim responses end the call before the timeout', async t => {
	let bytes = '';
	const {port} = await startRaw(t, socket => socket.write(bytes));
	for (bytes of [
		`HTTP/1.1 200 OK\r\n${`X: ${'x'.repeat(1000)}\r\n`.repeat(20)}`,
		`HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(20_000)}`,
		'HTTP/1.1 102 Processing\r\n\r\n'.repeat(9),
	]) {
		const outcome = await clientFor(t).callRpc(at(port), 'get_version', {timeoutMs: 60_000});
		assert.equal(outcome.kind === 'no_answer' && outcome.cause, 'not_http', bytes.slice(0, 40));
	}
});

test('reports why there was no answer', async t => {
	const answers: ReadonlyArray<readonly [string, (socket: Socket) => void]> = [
		['closed', socket => socket.end()],
		['reset', socket => socket.resetAndDestroy()],
		['not_http', socket => socket.write('SSH-2.0-OpenSSH_9.2\r\n')],
		['not_http', socket => socket.write('220 mail.example ESMTP\r\n')],
		['truncated', socket => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"json')],
		['truncated', socket => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab')],
		['truncated', socket => socket.end('HTTP/1.1 200 O')],
		[
			'truncated',
			socket => {
				socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"json', () => socket.resetAndDestroy());
			},
		],
	];
	const {callRpc} = clientFor(t);
	for (const [cause, answer] of answers) {
		const {port} = await startRaw(t, answer);
		const outcome = await callRpc(at(port), 'get_version', options);
		assert.equal(outcome.kind, 'no_answer');
		if (outcome.kind === 'no_answer') {
			assert.equal(outcome.cause, cause, outcome.error);
			assert.notEqual(outcome.error, '');
		}
	}
});

test('refused, by an address and by a name with several addresses', async t => {
	const port = await deadPort(t);
	const {callRpc} = clientFor(t);
	for (const host of ['127.0.0.1', 'localhost', '::1']) {
		const outcome = await callRpc(at(port, {host}), 'get_version', options);
		assert.equal(outcome.kind === 'no_answer' && outcome.cause, 'refused', host);
		assert.match(outcome.kind === 'no_answer' ? outcome.error : '', /ECONNREFUSED/, host);
	}
});

test('unknown host name: unresolved', async t => {
	const outcome = await clientFor(t).callRpc(at(1, {host: 'no-such-host.invalid'}), 'get_version', options);
	assert.equal(outcome.kind === 'no_answer' && outcome.cause, 'unresolved');
});

test('IPv6: puts the address in brackets in the Host header', async t => {
	let host: string | undefined;
	const {port} = await startHttp(
		t,
		(request, response) => {
			host = request.headers.host;
			response.end(versionBody);
		},
		'::1',
	);
	const outcome = await clientFor(t).callRpc(at(port, {host: '::1'}), 'get_version', options);
	assert.equal(outcome.kind, 'result');
	assert.equal(host, `[::1]:${port}`);
});

test('throws for a method that is not on the list, and sends nothing', async t => {
	const {port, connectionCount} = await startHttp(t, (_request, response) => response.end(versionBody));
	const {callRpc} = clientFor(t);
	for (const method of ['stop_wallet', 'get_balance', 'GET_VERSION', '__proto__', '']) {
		await assert.rejects(callRpc(at(port), method as RpcMethod, options), TypeError);
	}

	// Nor a method of the other program.
	await assert.rejects(callRpc({...at(port), program: 'wallet'}, 'get_info', options), TypeError);
	await assert.rejects(callRpc({...at(port), program: 'daemon'}, 'get_height', options), TypeError);
	assert.equal(connectionCount(), 0);
});

test('reads the clock of a daemon from its answers, not that of a wallet', async t => {
	const {port} = await startRaw(t, socket => socket.write(recorded('monerod_get_info.http'), 'latin1'));
	const call = (program: 'daemon' | 'wallet') => {
		const client = createRpcClient();
		t.after(client.close);
		return client.callRpc(
			{host: '127.0.0.1', port, path: '/json_rpc', program},
			program === 'daemon' ? 'get_info' : 'get_version',
			{timeoutMs: 3000},
		);
	};
	assert.equal((await call('daemon')).serverTimeMs, Date.parse('2026-11-23T20:22:07Z'));
	assert.equal((await call('wallet')).serverTimeMs, undefined);
});
