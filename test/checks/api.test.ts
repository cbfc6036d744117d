import assert from 'node:assert/strict';
import type {Socket} from 'node:net';
import test, {type TestContext} from 'node:test';
import type {ApiDetails, Result} from '../../source/domain/check-result.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import {recordResult} from '../../source/domain/past/record-result.js';
import type {Ports} from '../../source/domain/ports.js';
import {checkerPorts, checkerWith, checkNode, nodeAt} from '../helpers/check-node.js';
import {deadPort} from '../helpers/dead-port.js';
import {freePort} from '../helpers/real-process.js';
import {
	daemonScript,
	recorded,
	recordedBody,
	startRaw,
	startScripted,
	walletScript,
} from '../helpers/scripted-server.js';

const ok = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const versionAnswer = (version: string) => ok(`{"id":"0","jsonrpc":"2.0","result":{"version":${version}}}`);
const htmlPage = '<!DOCTYPE html><html><body>nginx</body></html>';

async function checkAnswer(t: TestContext, answer: Parameters<typeof startRaw>[1]): Promise<Result<ApiDetails>> {
	const {port} = await startRaw(t, answer);
	return checkNode(nodeAt(port), 'api', {settings: {timeout: '10s'}});
}

test('a wallet without a login is up', async t => {
	const {port, asked} = await startRaw(t, recorded('wallet_get_version.http'));
	const before = new Date().toISOString();
	const {status, details} = await checkNode(nodeAt(port, {expect_wallet: false}), 'api');
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

/** An answer, and the expected report. */
interface Row {
	readonly of: string;
	readonly answer: Parameters<typeof startRaw>[1];
	readonly message: string;
	readonly reason: string;
	readonly statusCode?: number;
}

const returnedError: readonly Row[] = (
	[
		['an HTML page', ok(htmlPage), 'another service answers on this port, with an HTML page'],
		['{}', ok('{}'), 'another service answers on this port, with other JSON'],
		['text', ok('hello'), 'another service answers on this port, with plain text'],
		['nothing', ok(''), 'another service answers on this port, with an empty response'],
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
			'the server on this port is not monero-wallet-rpc',
		]),
		['a result of text', ok('{"jsonrpc":"2.0","result":"1.25"}'), 'the server on this port is not monero-wallet-rpc'],
		['500', 'HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n', 'the server answered HTTP 500 Oops', 500],
		['404', recorded('wallet_404.http'), 'the server answered HTTP 404 Not found', 404],
		[
			'a redirect',
			'HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n',
			'redirected (HTTP 302 Found); redirects are not followed',
			302,
		],
		['401', recorded('wallet_401_noauth.http'), 'login required: no user and password are configured', 401],
		[
			'more than 64 KiB',
			ok(`{"jsonrpc":"2.0","result":"${'x'.repeat(65_537)}"}`),
			'another service answers on this port: the response is longer than 64 KiB',
		],
		['SSH', 'SSH-2.0-OpenSSH_9.2\r\n', 'this is an SSH server, not monero-wallet-rpc'],
		['nothing known', 'hello\r\n', 'the server on this port does not speak HTTP'],
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
		['closed', socket => socket.end(), 'connection closed without a response'],
		['reset', socket => socket.resetAndDestroy(), 'connection reset'],
		[
			'truncated',
			socket => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"json'),
			'the response was cut off',
		],
	] as ReadonlyArray<readonly [string, (socket: Socket) => void, string]>
).map(([of, answer, reason]): Row => ({of, answer, reason, message: 'API check failed'}));

test('reports each answer that does not count as working', async t => {
	for (const {of, answer, message, reason, statusCode} of [...returnedError, ...noAnswer]) {
		const {status, details} = await checkAnswer(t, answer);
		assert.deepEqual([status, details.state, details.message, details.reason], [false, 'down', message, reason], of);
		assert.equal(details.status_code, statusCode, of);
		assert.ok(details.error, of);
		assert.equal(details.caused_by, undefined, of);
	}
});

test('reports the version of a monerod, and the check still fails', async t => {
	const {details} = await checkAnswer(t, recorded('monerod_get_version.http'));
	assert.deepEqual([details.version, details.version_text], [196_618, '3.10']);
});

test('an unknown minor version still works', async t => {
	const {status, details} = await checkAnswer(t, versionAnswer(String((1 << 16) + 999)));
	assert.deepEqual([status, details.version_text, details.release], [true, '1.999', undefined]);
});

test('does not follow a redirect', async t => {
	const {port, asked} = await startRaw(t, 'HTTP/1.1 307 Moved\r\nLocation: /json_rpc\r\nContent-Length: 0\r\n\r\n');
	await checkNode(nodeAt(port), 'api');
	assert.deepEqual(asked, ['get_version']);
});

test('a refused connection is down', async t => {
	const {status, details} = await checkNode(nodeAt(await deadPort(t)), 'api');
	assert.deepEqual(
		[status, details.state, details.message, details.reason],
		[false, 'down', 'API check failed', 'connection refused'],
	);
	assert.match(details.error ?? '', /ECONNREFUSED/);
});

test('a silent or dripping server: the timeout applies to the whole answer, and busy lasts five minutes', async t => {
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
		const startedMs = performance.now();
		const {status, details} = await checkNode(node, 'api');
		const tookMs = performance.now() - startedMs;
		assert.deepEqual([status, details.message, details.state], [false, 'API check failed', 'busy']);
		assert.match(details.reason ?? '', /^no response within 300 ms; process not visible/);
		// Time in which this machine was busy with other work does not count as the node's latency.
		assert.ok(tookMs >= 299 && details.latency_ms <= tookMs && details.latency_ms < 2000, String(details.latency_ms));
		const since = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
		const later = await checkNode(node, 'api', {nodeState: {silent_since: since(6)}});
		assert.deepEqual([later.status, later.details.state], [false, 'down']);
		assert.match(later.details.reason ?? '', /^no response within 300 ms for more than 5 m/);
		const before = await checkNode(node, 'api', {nodeState: {silent_since: since(4)}});
		assert.equal(before.details.state, 'busy');
	}
});

test('a 504, or a 502 or 503 after half of the timeout, comes from a proxy that waited: the wallet may be working', async t => {
	const rows = [
		[504, 5, 'busy'],
		[502, 1400, 'down'],
		[503, 1400, 'down'],
		[502, 1600, 'busy'],
		[503, 1600, 'busy'],
	] as const;
	for (const [code, latencyMs, state] of rows) {
		const {port} = await startRaw(t, `HTTP/1.1 ${code} Bad\r\nContent-Length: 0\r\n\r\n`);
		const callRpc: Ports['callRpc'] = async (...call) => ({...(await checkerPorts().callRpc(...call)), latencyMs});
		const {status, details} = await checkNode(nodeAt(port, {timeout: '3s'}), 'api', {ports: {callRpc}});
		assert.deepEqual(
			[status, details.message, details.state, details.status_code],
			[false, 'API returned error', state, code],
		);
		assert.match(details.reason ?? '', new RegExp(`^the server answered HTTP ${code} Bad`));
	}
});

test('an immediate 502 or 503 is down, like a closed port', async t => {
	for (const code of [502, 503]) {
		const {status, details} = await checkAnswer(t, `HTTP/1.1 ${code} Bad\r\nContent-Length: 0\r\n\r\n`);
		assert.deepEqual(
			[status, details.message, details.state, details.status_code, details.reason],
			[false, 'API returned error', 'down', code, `the server answered HTTP ${code} Bad`],
		);
	}
});

test('reports https to a port without TLS, and a host name that does not resolve', async t => {
	const {port} = await startScripted(t, walletScript(1));
	const tls = await checkNode(nodeAt(port, {tls: {}}), 'api');
	assert.deepEqual([tls.details.message, tls.details.reason], ['API check failed', 'the port does not speak TLS']);
	assert.equal(tls.details.url, `https://127.0.0.1:${port}/json_rpc`);
	const name = await checkNode(nodeAt(port, {host: 'no-such-host.invalid'}), 'api');
	assert.deepEqual([name.details.message, name.details.reason], ['API check failed', 'the host name does not resolve']);
});

test('puts an IPv6 address in brackets in the URL', async () => {
	const port = await freePort();
	const {details} = await checkNode(nodeAt(port, {host: '::1', path: '/w/json_rpc'}), 'api');
	assert.equal(details.url, `http://[::1]:${port}/w/json_rpc`);
});

test('a slow answer is degraded and counts as working', async t => {
	const {port} = await startRaw(t, socket => setTimeout(() => socket.write(recorded('wallet_get_version.http')), 30));
	const {status, details} = await checkNode(nodeAt(port), 'api', {settings: {slow: '10ms'}});
	assert.deepEqual([status, details.state, details.message], [true, 'degraded', 'API is responding']);
	assert.match(details.reason ?? '', /^slow: response took \d+ ms$/);
});

test('without an open wallet a node is degraded only when one is expected', async t => {
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
	for (const [fields, nodeState, state] of rows) {
		const {status, details} = await checkNode(nodeAt(wallet.port, fields), 'api', {nodeState});
		assert.deepEqual(
			[status, details.state, details.message],
			[true, state, 'API is responding'],
			JSON.stringify(fields),
		);
		assert.equal(details.reason, state === 'up' ? undefined : 'no wallet is open');
		assert.deepEqual([details.wallet_open, details.wallet_height, details.caused_by], [false, undefined, undefined]);
	}
});

test('asks a wallet that was seen open in every cycle whether it still is, with or without a daemon', async t => {
	const script = walletScript(26);
	const {port, asked} = await startScripted(t, script);
	const daemon = await startScripted(t, {get_info: recordedBody('monerod_get_info.http')});
	for (const fields of [{daemon: 'none'}, {daemon: `127.0.0.1:${daemon.port}`}]) {
		const node = nodeAt(port, fields);
		let nodeState: NodeState = {};
		const checker = checkerWith({recallById: () => nodeState});
		const check = async () => {
			const result = await checker.check(node, 'api', checker.openCycle([node]));
			nodeState = recordResult(nodeState, result);
			return [result.status, result.details.state, result.details.reason, result.details.wallet_open];
		};
		Object.assign(script, walletScript(26));
		assert.deepEqual(await check(), [true, 'up', undefined, true]);
		Object.assign(script, {get_height: recordedBody('wallet_error_no_wallet.http')});
		assert.deepEqual(await check(), [true, 'degraded', 'no wallet is open', false]);
		assert.deepEqual(await check(), [true, 'degraded', 'no wallet is open', false]);
		Object.assign(script, walletScript(26));
		assert.deepEqual(await check(), [true, 'up', undefined, true]);
	}

	assert.equal(asked.filter(method => method === 'get_height').length, 8);
});

test('asks a wallet that was never seen open at first and then every five minutes, and ignores failures', async t => {
	const script = walletScript(0, {get_height: recordedBody('wallet_error_no_wallet.http')});
	const {port, asked} = await startScripted(t, script);
	const node = nodeAt(port, {daemon: 'none'});
	let nowMs = 1e6;
	const checker = checkerWith({ports: {monotonicMs: () => nowMs}, settings: {timeout: '1s'}});
	const check = async () => {
		const {details} = await checker.check(node, 'api', checker.openCycle([node]));
		return [details.state, details.wallet_open];
	};
	assert.deepEqual(await check(), ['up', false]);
	assert.deepEqual(await check(), ['up', undefined]);
	nowMs += 299_000;
	assert.deepEqual(await check(), ['up', undefined]);
	nowMs += 1000;
	Object.assign(script, {get_height: {error: {code: -1, message: 'x'}}});
	assert.deepEqual(await check(), ['up', undefined]);
	nowMs += 300_000;
	Object.assign(script, walletScript(9));
	assert.deepEqual(await check(), ['up', true]);
	assert.deepEqual(asked.filter(method => method === 'get_height').length, 3);
});

test('sends one request if no wallet has to be open and no daemon is known', async t => {
	const {port, asked} = await startScripted(t, walletScript(26));
	const {details} = await checkNode(nodeAt(port, {daemon: 'none', expect_wallet: false}), 'api');
	assert.equal(details.state, 'up');
	assert.deepEqual(asked, ['get_version']);
	assert.equal('wallet_open' in details, false);
});

test("reports a falling height for an hour, not as an outage and without the old wallet's speed", async t => {
	const at = (secondsAgo: number) => new Date(Date.now() - secondsAgo * 1000).toISOString();
	const daemon = await startScripted(t, daemonScript({height: 3_000_000}));
	const show = async (height: number, nodeState: NodeState, method: 'api' | 'full' = 'full') => {
		const {port} = await startScripted(t, walletScript(height));
		return (await checkNode(nodeAt(port, {daemon: `127.0.0.1:${daemon.port}`}), method, {nodeState})).details;
	};
	const level = await show(2_999_990, {wallet_height: 3_000_000});
	assert.deepEqual([level.wallet_fell_from, level.wallet_fell_to], [3_000_000, 2_999_990]);
	const fell = await show(1000, {wallet_height: 3_000_000, wallet_heights: [{at: at(90), height: 2_900_000}]});
	assert.match(
		fell.reason ?? '',
		/^wallet is 2,999,000 blocks behind its daemon; height fell from 3,000,000 to 1,000: rescan or another wallet was opened$/,
	);
	assert.deepEqual([fell.stalled, fell.catch_up_blocks_per_s], [undefined, undefined]);
	const before = {wallet_height: 2_999_999, wallet_fell: {at: at(600), from: 3_000_000, to: 5}};
	const later = await show(3_000_000, before as NodeState);
	assert.equal(later.state, 'up');
	assert.deepEqual('notes' in later && later.notes, [
		'height fell from 3,000,000 to 5 10m ago: rescan or another wallet was opened',
	]);
	const old = await show(3_000_000, {...before, wallet_fell: {at: at(3700), from: 9, to: 5}});
	assert.equal(old.wallet_fell_at, undefined);
	// A chain reorganization removes a block or two now and then.
	assert.equal((await show(2_999_998, {wallet_height: 3_000_000})).wallet_fell_at, undefined);
	const jumped = await show(2_900_000, {wallet_heights: [{at: at(5), height: 1000}]}, 'api');
	assert.deepEqual([jumped.catch_up_blocks_per_s, jumped.eta_s], [undefined, undefined]);
	const reading = await show(11_000, {wallet_heights: [{at: at(5), height: 1000}]}, 'api');
	assert.ok((reading.catch_up_blocks_per_s ?? 0) > 1000, String(reading.catch_up_blocks_per_s));
});

test('remembers that a wallet was open, its height, and when the height last fell', () => {
	const result = (facts: object, second: number): Result<ApiDetails> => ({
		status: true,
		details: {
			method: 'api',
			message: 'API is responding',
			state: 'up',
			url: '',
			latency_ms: 1,
			last_check: `2026-11-26T12:00:${String(second).padStart(2, '0')}.000Z`,
			...facts,
		},
	});
	const open = recordResult({}, result({wallet_open: true, wallet_height: 100, wallet_lag: 50}, 1));
	assert.deepEqual([open.wallet_seen, open.wallet_height, open.wallet_heights?.length], [true, 100, 1]);
	const closed = recordResult(open, result({wallet_open: false}, 2));
	assert.deepEqual([closed.wallet_seen, closed.wallet_height, closed.wallet_heights], [true, 100, undefined]);
	const fall = {wallet_fell_at: '2026-11-26T12:00:03.000Z', wallet_fell_from: 100, wallet_fell_to: 5};
	const fell = recordResult(closed, result({wallet_open: true, wallet_height: 5, ...fall}, 3));
	assert.deepEqual(fell.wallet_fell, {at: fall.wallet_fell_at, from: 100, to: 5});
	assert.equal(fell.wallet_height, 5);
});
