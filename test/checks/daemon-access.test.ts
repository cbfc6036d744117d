/** Daemons that answer without their height, speak only TLS, or forward the answers of another daemon. */
import assert from 'node:assert/strict';
import {createServer} from 'node:http';
import {createServer as createTlsServer} from 'node:https';
import test, {type TestContext} from 'node:test';
import {makeSelfSignedCertificate} from '../../source/demo/self-signed-certificate.js';
import {rootCauses} from '../../source/domain/fleet.js';
import type {Node, Tls} from '../../source/domain/node/node.js';
import {checkerPorts, checkerWith, checkNode, nodeAt} from '../helpers/check-node.js';
import {startDigestServer} from '../helpers/digest-server.js';
import {listenOnLoopback} from '../helpers/loopback.js';
import {
	daemonScript,
	recordedBody,
	type Script,
	startRaw,
	startScripted,
	walletScript,
} from '../helpers/scripted-server.js';

const infoBody = recordedBody('monerod_get_info.http');
const certificate = makeSelfSignedCertificate({commonName: 'daemon'});
const other = makeSelfSignedCertificate({commonName: 'daemon'});

async function walletFor(t: TestContext, daemon: string, fields: Partial<Node> = {}): Promise<Node> {
	const {port} = await startScripted(t, walletScript(26));
	return nodeAt(port, {daemon, ...fields});
}

/** A daemon that speaks only TLS, with a self-signed certificate; it closes plain HTTP connections. */
async function startTlsDaemon(t: TestContext, host?: string) {
	const server = await startDigestServer({tls: certificate, body: infoBody, ...(host ? {host} : {})});
	t.after(server.close);
	return server;
}

/** The verdict, and what the header, metrics and alerts report about the daemon. */
async function verdict(node: Node) {
	const result = await checkNode(node, 'full');
	const {state, reason, daemon_reachable: reachable, daemon_height: height, wallet_lag: lag} = result.details;
	const [cause] = rootCauses([{node, nodeState: {}, result, checking: false, disabled: false}]);
	return {state, reason, reachable, height, lag, cause: cause && [cause.state, cause.reason], result};
}

test('a daemon that answers without its height is not down', async t => {
	const unknown = 'so its height cannot be read';
	const error = (code: number, message: string): Script => ({get_info: {error: {code, message}}});
	const rows: ReadonlyArray<readonly [Script, string]> = [
		[error(-5, 'BUSY'), 'is busy and does not report its height'],
		[error(-5, 'Client signature does not verify for get_info'), `requires payment for RPC access, ${unknown}`],
		[error(-5, 'PAYMENT REQUIRED'), `requires payment for RPC access, ${unknown}`],
		[error(-5, 'Failed'), 'does not report its height: Failed'],
		[error(-5, ''), 'does not report its height: an error without text'],
		[error(-9, 'Core is busy'), `answers with an error, ${unknown}: JSON-RPC error -9: Core is busy`],
	];
	for (const [script, fault] of rows) {
		const daemon = `127.0.0.1:${(await startScripted(t, script)).port}`;
		const {result: _, ...seen} = await verdict(await walletFor(t, daemon));
		assert.deepEqual(seen, {
			state: 'degraded',
			reason: `daemon ${daemon} ${fault}`,
			reachable: true,
			height: undefined,
			lag: undefined,
			cause: ['degraded', fault],
		});
	}
});

test('distinguishes HTTP codes of a daemon from those of a server in front of it', async t => {
	const rows: ReadonlyArray<readonly [number, boolean, RegExp]> = [
		[401, true, /requires a login/],
		[402, true, /requires payment/],
		[403, true, /answers HTTP 403 Forbidden, so its height cannot be read$/],
		[429, true, /answers HTTP 429/],
		[500, true, /answers HTTP 500/],
		[404, false, /answers with an error: the server answered HTTP 404/],
		[502, false, /answers with an error: the server answered HTTP 502/],
	];
	for (const [code, reachable, reason] of rows) {
		const server = createServer((request, response) => {
			request.resume().on('end', () => response.writeHead(code).end());
		});
		const {port, close} = await listenOnLoopback(server);
		t.after(close);
		const seen = await verdict(await walletFor(t, `127.0.0.1:${port}`));
		assert.deepEqual([seen.state, seen.reachable], ['degraded', reachable], String(code));
		assert.match(seen.reason ?? '', reason);
		assert.equal(seen.cause?.[0], reachable ? 'degraded' : 'down');
	}
});

test('a daemon that refuses the login counts as answering', async t => {
	const daemon = await startDigestServer({login: {username: 'd', password: 'right'}, body: infoBody});
	t.after(daemon.close);
	process.env.TEST_WRONG_PASSWORD = 'wrong';
	t.after(() => {
		delete process.env.TEST_WRONG_PASSWORD;
	});
	const address = `127.0.0.1:${daemon.port}`;
	const login = {daemon_username: 'd', daemon_password_env: 'TEST_WRONG_PASSWORD'};
	const wrong = await verdict(await walletFor(t, address, login));
	assert.deepEqual(
		[wrong.reachable, wrong.reason],
		[true, `daemon ${address} refuses the login: wrong user or password, so its height cannot be read`],
	);
	assert.match(
		wrong.result.details.hint ?? '',
		/xmrtop nodes edit node-1 --daemon \S+ --daemon-username U --daemon-password-file F/,
	);
	const part = wrong.result.details.checks.daemon;
	assert.deepEqual([part?.status, part?.details.state], [true, 'degraded']);
	assert.equal(wrong.result.details.summary.daemon_reachable, true);
	const unset = {daemon_username: 'd', daemon_password_env: 'TEST_NO_SUCH_PASSWORD'};
	const unreadable = await verdict(await walletFor(t, address, unset));
	assert.deepEqual([unreadable.state, unreadable.reachable, unreadable.height], ['up', true, undefined]);
});

test('recognizes and remembers a TLS-only daemon on this machine without configuration', async t => {
	const daemon = await startTlsDaemon(t);
	const checker = checkerWith();
	const node = await walletFor(t, `127.0.0.1:${daemon.port}`);
	for (const cycle of [1, 2, 3]) {
		const {details} = await checker.check(node, 'api', checker.openCycle([node]));
		assert.deepEqual([details.state, details.daemon_height, details.wallet_lag], ['up', 26, 0]);
		assert.equal(daemon.seen.length, cycle);
	}

	// One plain connection that was closed, and the kept-alive one.
	assert.equal(daemon.connectionCount(), 2);
	const explicit = await verdict(await walletFor(t, `https://127.0.0.1:${daemon.port}`));
	assert.deepEqual([explicit.state, explicit.height], ['up', 26]);
});

test('a daemon may switch between http and https', async t => {
	const plainBefore = await startScripted(t, daemonScript());
	const {port} = plainBefore;
	const checker = checkerWith();
	const node = await walletFor(t, `127.0.0.1:${port}`);
	const height = async () => (await checker.check(node, 'api', checker.openCycle([node]))).details.daemon_height;
	assert.equal(await height(), 26);
	await plainBefore.close();
	assert.equal(await height(), undefined);
	const tls = createTlsServer(certificate, (request, response) => {
		request.resume().on('end', () => response.end(infoBody));
	});
	const {close} = await listenOnLoopback(tls, '127.0.0.1', port);
	assert.equal(await height(), 26);
	await close();
	assert.equal(await height(), undefined);
	await startScripted(t, daemonScript(), port);
	assert.equal(await height(), 26);
});

test('asks a server over TLS that answers 400 to plain HTTP on its TLS port, as nginx does', async t => {
	const tls = createTlsServer(certificate, (request, response) => {
		request.resume().on('end', () => response.end(infoBody));
	});
	tls.on('tlsClientError', (_error, socket) => {
		if (socket.writable) {
			socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
		}
	});
	const {port, close} = await listenOnLoopback(tls);
	t.after(close);
	const seen = await verdict(await walletFor(t, `127.0.0.1:${port}`));
	assert.deepEqual([seen.state, seen.height], ['up', 26]);
});

test('reports a server that closes both plain and TLS connections by its answer to plain HTTP', async t => {
	const {port} = await startRaw(t, socket => socket.end());
	const seen = await verdict(await walletFor(t, `127.0.0.1:${port}`));
	assert.deepEqual([seen.reachable, seen.cause], [false, ['down', 'down']]);
	assert.equal(seen.reason, `daemon 127.0.0.1:${port} does not answer: connection closed without a response`);
	assert.match(
		seen.result.details.hint ?? '',
		/its 25 connections per address are probably all in use.* ss -tnp dport = :\d+$/,
	);
});

test('daemon_tls: pinned, any, by a CA, and that of another node with the same daemon', async t => {
	const daemon = await startTlsDaemon(t);
	const address = `127.0.0.1:${daemon.port}`;
	const with_ = async (tls: Tls) => verdict(await walletFor(t, address, {daemon_tls: tls}));
	const pinned = {fingerprint: certificate.fingerprint256};
	assert.equal((await with_(pinned)).state, 'up');
	assert.equal((await with_({insecure: true})).state, 'up');
	assert.equal((await with_({})).state, 'up');
	const before = daemon.seen.length;
	const mistaken = await with_({fingerprint: other.fingerprint256});
	assert.match(mistaken.reason ?? '', /has a certificate other than the pinned one/);
	assert.deepEqual([mistaken.reachable, daemon.seen.length], [true, before]);
	const pin = `--daemon-tls-fingerprint F, with F from: openssl s_client -connect ${address} `;
	assert.ok(mistaken.result.details.hint?.includes(pin), mistaken.result.details.hint);
	const missing = await with_({ca_file: '/no/such/file.pem'});
	assert.deepEqual([missing.state, missing.reachable], ['up', undefined]);
	const plain = await walletFor(t, address);
	const pinning = {...(await walletFor(t, address, {daemon_tls: {fingerprint: other.fingerprint256}})), id: 2};
	const shared = await checkNode(plain, 'api', {others: [pinning]});
	assert.match(shared.details.reason ?? '', /a certificate other than the pinned one/);
});

test('refuses an untrusted certificate on another host, and says how to pin it', async t => {
	const rows = ['10.0.0.9:18081', 'https://10.0.0.9:18081'];
	for (const daemon of rows) {
		const node = await walletFor(t, daemon);
		// Another machine is simulated: any address a test can reach would be loopback.
		const {callRpc} = checkerPorts();
		const seen = await checkNode(node, 'api', {
			ports: {
				callRpc: async (endpoint, method, options) =>
					endpoint.program !== 'daemon'
						? callRpc(endpoint, method, options)
						: endpoint.tls
							? {kind: 'no_answer', cause: 'tls_untrusted', error: 'self-signed certificate', latencyMs: 1}
							: {kind: 'no_answer', cause: 'closed', error: 'socket hang up', latencyMs: 1},
			},
		});
		assert.deepEqual([seen.details.state, seen.details.daemon_reachable], ['degraded', true]);
		assert.match(
			seen.details.reason ?? '',
			/pin it with --daemon-tls-fingerprint, or accept any with --daemon-tls-insecure$/,
		);
	}
});

test("names a bootstrap daemon and the daemon's own height; a restricted port reports neither", async t => {
	const address = '10.0.0.7:18081';
	const bootstrap = {
		height: 3_000_000,
		height_without_bootstrap: 1,
		was_bootstrap_ever_used: true,
		bootstrap_daemon_address: address,
		untrusted: true,
	};
	const show = async (changes: object, nodeState = {}) => {
		const {port} = await startScripted(t, daemonScript({...bootstrap, ...changes}));
		const wallet = await startScripted(t, walletScript(3_000_000));
		const {details} = await checkNode(nodeAt(wallet.port, {daemon: `127.0.0.1:${port}`}), 'full', {nodeState});
		return {...details, reason: details.reason?.replace(`daemon 127.0.0.1:${port} `, '')};
	};
	const seen = await show({});
	assert.deepEqual(
		[seen.state, seen.reason, seen.daemon_own_height, seen.daemon_height, seen.daemon_lag, seen.wallet_lag],
		[
			'degraded',
			`uses bootstrap daemon ${address}; its own chain has 1 of 3,000,000 blocks`,
			1,
			3_000_000,
			2_999_999,
			0,
		],
	);
	assert.equal(seen.bootstrap_daemon, address);
	const unnamed = await show({bootstrap_daemon_address: ''});
	assert.match(unnamed.reason ?? '', /^uses a bootstrap daemon; its own chain/);
	const at = new Date(Date.now() - 100_000).toISOString();
	const moving = await show({height_without_bootstrap: 2_000_000}, {daemon_heights: [{at, height: 1_000_000}]});
	assert.match(
		moving.reason ?? '',
		/its own chain has 2,000,000 of 3,000,000 blocks, (10,000|9,9\d\d) blocks\/s, about 1 m.* left$/,
	);
	const done = await show({height_without_bootstrap: 3_000_000, untrusted: false});
	assert.deepEqual([done.state, done.daemon_own_height, done.bootstrap_daemon], ['up', undefined, undefined]);
	const hidden = await show({restricted: true, height_without_bootstrap: 0, bootstrap_daemon_address: ''});
	assert.deepEqual([hidden.state, hidden.daemon_own_height], ['up', undefined]);
});

test('does not check a daemon behind Tor or I2P, and adds a note', async t => {
	for (const [address, network] of [
		['zdhkwneu7lfaum2p.onion:18089', 'Tor'],
		['https://abc.b32.i2p:443', 'I2P'],
	] as const) {
		const node = await walletFor(t, address);
		const note = `daemon ${address} can only be reached through ${network}; its height is not checked`;
		for (const method of ['api', 'full'] as const) {
			const {details} = await checkNode(node, method);
			assert.deepEqual([details.state, details.reason, details.daemon_note], ['up', undefined, note]);
			assert.deepEqual([details.daemon, details.daemon_reachable], [address, undefined]);
		}

		assert.deepEqual((await checkNode(node, 'full')).details.notes, [note]);
	}
});
