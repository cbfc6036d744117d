import assert from 'node:assert/strict';
import {once} from 'node:events';
import net, {type Socket} from 'node:net';
import type {TestContext} from 'node:test';
import {connectTcp} from '../../source/adapters/network/connect.js';
import {createRpcClient} from '../../source/adapters/network/wallet-rpc-client.js';
import {makeSelfSignedCertificate} from '../../source/demo/self-signed-certificate.js';
import type {RpcEndpoint, RpcMethod, RpcOutcome} from '../../source/domain/ports.js';
import {startCountingProxy} from '../helpers/counting-proxy.js';
import {realTest, startMonerod, startWallet, type WalletOptions} from '../helpers/real-monero.js';

const login = {username: 'monero', password: 'a:b "c\\d" ü¥密'};
const timeoutMs = 10_000;

function callerOf(t: TestContext) {
	const client = createRpcClient();
	t.after(() => client.close());
	return (endpoint: RpcEndpoint, method: RpcMethod = 'get_version', limitMs = timeoutMs) =>
		client.callRpc(endpoint, method, {timeoutMs: limitMs});
}

async function wallet(t: TestContext, options: WalletOptions = {}) {
	const started = await startWallet(options);
	t.after(started.stop);
	return started;
}

async function proxied(t: TestContext, endpoint: RpcEndpoint) {
	const proxy = await startCountingProxy(endpoint.port);
	t.after(proxy.close);
	return {proxy, endpoint: {...endpoint, port: proxy.port}};
}

function assertWallet(outcome: RpcOutcome): void {
	assert.equal(outcome.kind, 'result', JSON.stringify(outcome));
	const {version} = (outcome.kind === 'result' ? outcome.result : {}) as {version: number};
	// Every wallet version is 1.x: the upper half is 1.
	assert.equal(version >> 16, 1);
}

realTest('without a login: one connection; "no wallet open" is an answer', async t => {
	const {endpoint} = await wallet(t);
	const call = callerOf(t);
	const through = await proxied(t, endpoint);
	for (let count = 0; count < 5; count += 1) {
		assertWallet(await call(through.endpoint));
	}

	const height = await call(through.endpoint, 'get_height');
	assert.equal(height.kind === 'rpc_error' && height.code, -13);
	assert.deepEqual([through.proxy.connectionCount(), through.proxy.requestCount()], [1, 6]);
	assert.equal((await call({...endpoint, path: '/elsewhere'})).kind, 'http_error');
	assert.equal((await connectTcp(endpoint, {timeoutMs})).open, true);
});

realTest('Digest: 50 calls take 51 requests on one connection, and one more after it is lost', async t => {
	const {endpoint} = await wallet(t, {login});
	const {proxy, endpoint: through} = await proxied(t, endpoint);
	const call = callerOf(t);
	for (let count = 0; count < 50; count += 1) {
		assertWallet(await call(through));
	}

	assert.deepEqual([proxy.connectionCount(), proxy.requestCount()], [1, 51]);
	await proxy.dropConnections();
	for (let count = 0; count < 10; count += 1) {
		assertWallet(await call(through));
	}

	assert.deepEqual([proxy.connectionCount(), proxy.requestCount()], [2, 62]);
	const together = await Promise.all(Array.from({length: 8}, () => call(through)));
	together.forEach(assertWallet);
	assert.deepEqual([proxy.connectionCount(), proxy.requestCount()], [2, 70]);
});

realTest('a wrong password is one attempt per call; reports that none is configured', async t => {
	const {endpoint} = await wallet(t, {login});
	const {proxy, endpoint: through} = await proxied(t, endpoint);
	const call = callerOf(t);
	const wrong = {...through, login: {...login, password: 'a:b'}};
	for (const requests of [2, 3, 4]) {
		const outcome = await call(wrong);
		assert.equal(outcome.kind === 'login_refused' && outcome.refusal, 'wrong');
		assert.equal(proxy.requestCount(), requests);
	}

	const {login: _, ...without} = through;
	const outcome = await call(without);
	assert.equal(outcome.kind === 'login_refused' && outcome.refusal, 'none_given');
});

realTest('a proxy that opens a connection per request: stale, not wrong', async t => {
	const {endpoint} = await wallet(t, {login});
	// Answers arrive with Connection: close, so the client has to open another one.
	const splitting = net.createServer((near: Socket) => {
		const far = net.connect(endpoint.port, '127.0.0.1');
		near.pipe(far);
		near.on('error', () => far.destroy()).on('close', () => far.destroy());
		far.on('error', () => near.destroy());
		far.once('data', chunk =>
			near.end(chunk.toString('latin1').replace('\r\n', '\r\nConnection: close\r\n'), 'latin1'),
		);
	});
	splitting.listen(0, '127.0.0.1');
	await once(splitting, 'listening');
	t.after(() => splitting.close());
	const {port} = splitting.address() as net.AddressInfo;
	const outcome = await callerOf(t)({...endpoint, port});
	assert.equal(outcome.kind === 'login_refused' && outcome.refusal, 'stale', JSON.stringify(outcome));
});

realTest('uses the login file of a wallet, also after a restart with another password', async t => {
	const first = await startWallet({login: 'file'});
	t.after(first.removeFolder);
	const call = callerOf(t);
	assertWallet(await call(first.endpoint));
	await first.kill();
	const refused = await call(first.endpoint);
	assert.equal(refused.kind === 'no_answer' && refused.cause, 'refused');
	const second = await wallet(t, {login: 'file', port: first.port, cwd: first.cwd});
	assert.deepEqual(second.endpoint, first.endpoint);
	assertWallet(await call(second.endpoint));
});

realTest('TLS with a pinned certificate and a login; plain HTTP; a wrong fingerprint', async t => {
	const certificate = makeSelfSignedCertificate({commonName: 'wallet'});
	const {endpoint} = await wallet(t, {login, tls: certificate});
	const {proxy, endpoint: through} = await proxied(t, endpoint);
	const call = callerOf(t);
	for (let count = 0; count < 5; count += 1) {
		assertWallet(await call(through));
	}

	assert.equal(proxy.connectionCount(), 1);
	const {tls: _, ...plain} = endpoint;
	const overHttp = await call(plain);
	assert.ok(overHttp.kind === 'no_answer' && ['closed', 'reset'].includes(overHttp.cause), JSON.stringify(overHttp));
	const other = makeSelfSignedCertificate({commonName: 'wallet'}).fingerprint256;
	const pinned = await call({...endpoint, tls: {fingerprint: other}});
	assert.equal(pinned.kind === 'no_answer' && pinned.cause, 'tls_fingerprint');
	const untrusted = await call({...endpoint, tls: {}});
	assert.equal(untrusted.kind === 'no_answer' && untrusted.cause, 'tls_self_signed');
});

realTest('https to a wallet without TLS', async t => {
	const {endpoint} = await wallet(t);
	const outcome = await callerOf(t)({...endpoint, tls: {insecure: true}});
	// The wallet closes the connection at a handshake, as it does above its connection limit; the client cannot tell
	// which.
	assert.equal(outcome.kind === 'no_answer' && outcome.cause, 'closed', JSON.stringify(outcome));
});

realTest('a frozen wallet: port open, API silent; answers after SIGCONT', async t => {
	const frozen = await wallet(t, {login});
	const call = callerOf(t);
	assertWallet(await call(frozen.endpoint));
	frozen.freeze();
	assert.equal((await connectTcp(frozen.endpoint, {timeoutMs})).open, true);
	const silent = await call(frozen.endpoint, 'get_version', 300);
	assert.equal(silent.kind === 'no_answer' && silent.cause, 'timeout');
	frozen.thaw();
	assertWallet(await call(frozen.endpoint));
});

realTest('a daemon with a login, and the heights of daemon and wallet', async t => {
	const daemon = await startMonerod({login: {username: 'daemon', password: 'x:y'}});
	t.after(daemon.stop);
	const call = callerOf(t);
	const height = async (): Promise<unknown> => {
		const outcome = await call(daemon.endpoint, 'get_info');
		return outcome.kind === 'result' ? (outcome.result as {height: unknown}).height : outcome;
	};
	assert.equal(await height(), 1);
	assert.equal(await daemon.mineBlocks(3), 4);
	assert.equal(await height(), 4);
});

realTest('an open wallet has a height', async t => {
	const daemon = await startMonerod();
	t.after(daemon.stop);
	const opened = await wallet(t, {daemon});
	await opened.createWallet();
	const height = await callerOf(t)(opened.endpoint, 'get_height');
	assert.deepEqual(height.kind === 'result' && height.result, {height: 1});
});
