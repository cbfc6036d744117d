import assert from 'node:assert/strict';
import type {Socket} from 'node:net';
import test, {type TestContext} from 'node:test';
import type {ApiDetails, Result} from '../../source/domain/check-result.js';
import {checkNode, nodeAt} from '../helpers/check-node.js';
import {freePort} from '../helpers/real-process.js';
import {recorded, recordedBody, startRaw, startScripted, walletScript} from '../helpers/scripted-server.js';

const ok = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const versionAnswer = (version: string) => ok(`{"id":"0","jsonrpc":"2.0","result":{"version":${version}}}`);
const htmlPage = '<!DOCTYPE html><html><body>nginx</body></html>';

async function checkAnswer(t: TestContext, answer: Parameters<typeof startRaw>[1]): Promise<Result<ApiDetails>> {
	const {port} = await startRaw(t, answer);
	return checkNode(nodeAt(port), 'api', {settings: {timeout: '10s'}});
}

test('a wallet without a login', async t => {
	const {port, asked} = await startRaw(t, recorded('wallet_get_version.http'));
	const before = new Date().toISOString();
	const {status, details} = await checkNode(nodeAt(port), 'api');
	const {latency_ms: latencyMs, last_check: lastCheck, ...rest} = details;
	assert.equal(status, true);
	assert.deepEqual(rest, {
		method: 'api',
		message: 'API is responding',
		state: 'up',
		url: `http://127.0.0.1:${port}/json_rpc`,
		version: 65_561,
		version_text: '1.25',
		release: false,
	});
	assert.ok(latencyMs > 0 && latencyMs < 3000);
	assert.ok(lastCheck >= before && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(lastCheck));
	assert.deepEqual(asked, ['get_version']);
});

/** What comes back, and what is said of it. */
interface Row {
	readonly of: string;
	readonly answer: Parameters<typeof startRaw>[1];
	readonly message: string;
	readonly reason: string;
	readonly statusCode?: number;
}

const returnedError: readonly Row[] = (
	[
		['an HTML page', ok(htmlPage), 'something else answers on this port, with an HTML page'],
		['{}', ok('{}'), 'something else answers on this port, with other JSON'],
		['text', ok('hello'), 'something else answers on this port, with plain text'],
		['nothing', ok(''), 'something else answers on this port, with an empty answer'],
		['an unknown method', recorded('wallet_method_not_found.http'), 'JSON-RPC error -32601: Method not found'],
		['no wallet', recorded('wallet_error_no_wallet.http'), 'JSON-RPC error -13: No wallet file'],
		['monerod', recorded('monerod_get_version.http'), 'this is monerod (RPC version 3.10), not monero-wallet-rpc'],
		['monerod 0.17', versionAnswer('196613'), 'this is monerod (RPC version 3.5), not monero-wallet-rpc'],
		['monerod 0.13', versionAnswer('131073'), 'this is monerod (RPC version 2.1), not monero-wallet-rpc'],
		['a later major', versionAnswer('262144'), 'RPC version 4.0 is not one of monero-wallet-rpc'],
		['version 0', versionAnswer('0'), 'RPC version 0.0 is not one of monero-wallet-rpc'],
		...['"65561"', '-1', '1.5', '1e300', 'null', '18446744073709551615', '{}'].map(version => [
			`version ${version}`,
			versionAnswer(version),
			'something else than monero-wallet-rpc answers on this port',
		]),
		[
			'a result of text',
			ok('{"jsonrpc":"2.0","result":"1.25"}'),
			'something else than monero-wallet-rpc answers on this port',
		],
		['500', 'HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n', 'the server answered HTTP 500 Oops', 500],
		['404', recorded('wallet_404.http'), 'the server answered HTTP 404 Not found', 404],
		[
			'a redirect',
			'HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n',
			'redirected (HTTP 302 Found), which is not followed',
			302,
		],
		[
			'401',
			recorded('wallet_401_noauth.http'),
			'login needed: the server asks for user and password, and none is configured',
			401,
		],
		[
			'more than 64 KiB',
			ok(`{"jsonrpc":"2.0","result":"${'x'.repeat(65_537)}"}`),
			'something else answers on this port: the answer is longer than 64 KiB',
		],
		['SSH', 'SSH-2.0-OpenSSH_9.2\r\n', 'something that does not speak HTTP answers on this port'],
	] as ReadonlyArray<readonly [string, string, string, number?]>
).map(([of, answer, reason, statusCode]) => ({
	of,
	answer,
	reason,
	message: 'API returned error',
	...(statusCode === undefined ? {} : {statusCode}),
}));

const noAnswer = (
	[
		['closed', socket => socket.end(), 'connection closed without an answer'],
		['reset', socket => socket.resetAndDestroy(), 'connection reset'],
		['truncated', socket => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"json'), 'the answer broke off'],
	] as ReadonlyArray<readonly [string, (socket: Socket) => void, string]>
).map(([of, answer, reason]): Row => ({of, answer, reason, message: 'API check failed'}));

test('what does not count as working, and which it was', async t => {
	for (const {of, answer, message, reason, statusCode} of [...returnedError, ...noAnswer]) {
		const {status, details} = await checkAnswer(t, answer);
		assert.deepEqual([status, details.state, details.message, details.reason], [false, 'down', message, reason], of);
		assert.equal(details.status_code, statusCode, of);
		assert.ok(details.error, of);
		assert.equal(details.caused_by, undefined, of);
	}
});

test("a version monerod answers is recognised but not shown as the wallet's success", async t => {
	const {details} = await checkAnswer(t, recorded('monerod_get_version.http'));
	assert.deepEqual([details.version, details.version_text], [196_618, '3.10']);
});

test('an unknown minor version still works', async t => {
	const {status, details} = await checkAnswer(t, versionAnswer(String((1 << 16) + 999)));
	assert.deepEqual([status, details.version_text, details.release], [true, '1.999', undefined]);
});

test('a redirect is not followed', async t => {
	const {port, asked} = await startRaw(t, 'HTTP/1.1 307 Moved\r\nLocation: /json_rpc\r\nContent-Length: 0\r\n\r\n');
	await checkNode(nodeAt(port), 'api');
	assert.deepEqual(asked, ['get_version']);
});

test('refused', async () => {
	const {status, details} = await checkNode(nodeAt(await freePort()), 'api');
	assert.deepEqual(
		[status, details.state, details.message, details.reason],
		[false, 'down', 'API check failed', 'connection refused'],
	);
	assert.match(details.error ?? '', /ECONNREFUSED/);
});

test('silent, or dripping: the timeout bounds the whole answer, and the excuse expires', async t => {
	const drip = 'HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n';
	const answers: ReadonlyArray<Parameters<typeof startRaw>[1]> = [
		() => {},
		socket => {
			let position = 0;
			const timer = setInterval(() => socket.write(drip[position++ % drip.length] ?? ''), 20);
			socket.on('close', () => clearInterval(timer));
		},
	];
	for (const answer of answers) {
		const {port} = await startRaw(t, answer);
		const node = nodeAt(port, {timeout: '300ms'});
		const {status, details} = await checkNode(node, 'api');
		assert.deepEqual([status, details.message, details.state], [false, 'API check failed', 'busy']);
		assert.match(details.reason ?? '', /^no answer within 300 ms; its process cannot be seen/);
		assert.ok(details.latency_ms >= 299 && details.latency_ms < 2000, String(details.latency_ms));
		const since = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
		const later = await checkNode(node, 'api', {memory: {silent_since: since(6)}});
		assert.deepEqual([later.status, later.details.state], [false, 'down']);
		assert.match(later.details.reason ?? '', /^no answer within 300 ms, for longer than 5 m/);
		const before = await checkNode(node, 'api', {memory: {silent_since: since(4)}});
		assert.equal(before.details.state, 'busy');
	}
});

test("a proxy's 502, 503 and 504 are an answer of the proxy alone: the wallet may be working", async t => {
	for (const code of [502, 503, 504]) {
		const {status, details} = await checkAnswer(t, `HTTP/1.1 ${code} Bad\r\nContent-Length: 0\r\n\r\n`);
		assert.deepEqual(
			[status, details.message, details.state, details.status_code],
			[false, 'API returned error', 'busy', code],
		);
		assert.match(details.reason ?? '', new RegExp(`^the server answered HTTP ${code} Bad`));
	}
});

test('https to a port that does not speak it; a name that does not resolve', async t => {
	const {port} = await startScripted(t, walletScript(1));
	const tls = await checkNode(nodeAt(port, {tls: {}}), 'api');
	assert.deepEqual([tls.details.message, tls.details.reason], ['API check failed', 'the port does not speak TLS']);
	assert.equal(tls.details.url, `https://127.0.0.1:${port}/json_rpc`);
	const name = await checkNode(nodeAt(port, {host: 'no-such-host.invalid'}), 'api');
	assert.deepEqual([name.details.message, name.details.reason], ['API check failed', 'the host name does not resolve']);
});

test('an IPv6 address is bracketed in the url', async () => {
	const port = await freePort();
	const {details} = await checkNode(nodeAt(port, {host: '::1', path: '/w/json_rpc'}), 'api');
	assert.equal(details.url, `http://[::1]:${port}/w/json_rpc`);
});

test('slow is degraded, and works', async t => {
	const {port} = await startRaw(t, socket => setTimeout(() => socket.write(recorded('wallet_get_version.http')), 30));
	const {status, details} = await checkNode(nodeAt(port), 'api', {settings: {slow: '10ms'}});
	assert.deepEqual([status, details.state, details.message], [true, 'degraded', 'API is responding']);
	assert.match(details.reason ?? '', /^slow: answered in \d+ ms$/);
});

test('no wallet open: degraded only where one is expected', async t => {
	const noWallet = recordedBody('wallet_error_no_wallet.http');
	const wallet = await startScripted(t, walletScript(0, {get_height: noWallet}));
	const daemon = await startScripted(t, {get_info: recordedBody('monerod_get_info.http')});
	const behind = {daemon: `127.0.0.1:${daemon.port}`};
	const rows = [
		[{...behind, expect_wallet: true}, {}, 'degraded'],
		[{...behind, expect_wallet: false}, {wallet_seen: true}, 'up'],
		[behind, {}, 'up'],
		[behind, {wallet_seen: true}, 'degraded'],
		[{expect_wallet: true}, {}, 'degraded'],
	] as const;
	for (const [fields, memory, state] of rows) {
		const {status, details} = await checkNode(nodeAt(wallet.port, fields), 'api', {memory});
		assert.deepEqual(
			[status, details.state, details.message],
			[true, state, 'API is responding'],
			JSON.stringify(fields),
		);
		assert.equal(details.reason, state === 'up' ? undefined : 'no wallet is open');
		assert.deepEqual([details.wallet_open, details.wallet_height, details.caused_by], [false, undefined, undefined]);
	}
});

test('without a daemon and an expected wallet, one question is all that is asked', async t => {
	const {port, asked} = await startScripted(t, walletScript(26));
	const {details} = await checkNode(nodeAt(port), 'api', {memory: {wallet_seen: true}});
	assert.equal(details.state, 'up');
	assert.deepEqual(asked, ['get_version']);
	assert.equal('wallet_open' in details, false);
});
