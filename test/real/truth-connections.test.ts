/**
 * Everything between a client and the real wallet: logins, TLS, other programs on its port, forwarders and proxies.
 * truth.test.ts lists the other situations and their tests.
 */
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {chmodSync, writeFileSync} from 'node:fs';
import net, {type Socket} from 'node:net';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {connect as connectTls} from 'node:tls';
import {makeSelfSignedCertificate} from '../../source/demo/self-signed-certificate.js';
import {rpcMethods} from '../../source/domain/ports.js';
import {startCountingProxy} from '../helpers/counting-proxy.js';
import {listenOnLoopback} from '../helpers/loopback.js';
import {type RealWallet, realTest, started, startMonerod, startWallet} from '../helpers/real-monero.js';
import {assertVerdict, nodeOf, openWatch} from '../helpers/real-watch.js';
import {startScripted} from '../helpers/scripted-server.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const works = 'Process is fully operational';
const occupied = 'Port is occupied but API is not responding';
const login = {username: 'ops', password: 'correct-horse'};

realTest('logins', async t => {
	const [given, byFile, daemon] = await Promise.all([
		started(t, startWallet({login})),
		started(t, startWallet({login: 'file'})),
		started(t, startMonerod()),
	]);
	const loginFile = path.join(byFile.cwd, `monero-wallet-rpc.${byFile.port}.login`);
	const watch = openWatch(t);
	const refused = {state: 'down', message: occupied, broken: 'login'} as const;

	await t.test('wrong password, wrong user: refused, with a hint where the right ones come from', async () => {
		for (const wrong of [{password: 'correct-horsE'}, {username: 'oops'}]) {
			const node = nodeOf(given, wrong);
			const details = assertVerdict(await watch.check(node, 'full'), {
				...refused,
				reason: /^login refused: wrong user or password$/,
				hint: new RegExp(
					`the wallet's --rpc-login\\. Try: xmrtop nodes edit ${node.name} --username U --password-stdin$`,
				),
			});
			assert.equal(details.checks.pid.details.pid, given.pid);
			assert.ok(!JSON.stringify(details).includes('correct-hors'));
		}
	});

	await t.test(
		'no login configured: names the login file that the wallet wrote, or that it was given a login',
		async () => {
			const [file, stdin] = [byFile, given].map(({endpoint}) => {
				const {login: _, ...without} = endpoint;
				return nodeOf({endpoint: without});
			}) as [ReturnType<typeof nodeOf>, ReturnType<typeof nodeOf>];
			const reason = /^login required: no user and password are configured$/;
			const hint = new RegExp(`xmrtop nodes edit ${file.name} --login-file ${loginFile}$`);
			assertVerdict(await watch.check(file, 'full'), {...refused, reason, hint});
			const advice = /was started with --rpc-login: xmrtop nodes edit \S+ --username U --password-stdin$/;
			assertVerdict(await watch.check(stdin, 'full'), {...refused, reason, hint: advice});
		},
	);

	await t.test('uses the login file; reports a missing one, and one that others can read', async t => {
		const details = assertVerdict(await watch.check(nodeOf(byFile), 'full'), {state: 'up', message: works});
		assert.equal(details.notes, undefined);
		const folder = temporaryFolder(t);
		const missing = path.join(folder, 'none.login');
		assertVerdict(await watch.check(nodeOf(byFile, {login_file: missing}), 'full'), {
			state: 'unknown',
			message: occupied,
			reason: new RegExp(`^not checkable from here: login_file ${missing}: .*`),
			hint: /^The wallet wrote its login to a file that this user can read\. Use it: xmrtop nodes edit/,
		});
		const open = path.join(folder, 'password');
		writeFileSync(open, login.password);
		chmodSync(open, 0o644);
		const {password: _, ...user} = login;
		const exposed = nodeOf({endpoint: {...given.endpoint, login: user}}, {password_file: open});
		assert.deepEqual(assertVerdict(await watch.check(exposed, 'full'), {state: 'up', message: works}).notes, [
			`password_file ${open} can be read by everyone; try: chmod 600 ${open}`,
		]);
	});

	await t.test('a proxy that splits connections: always stale', async t => {
		const splitting = await listenOnLoopback(
			net.createServer((near: Socket) => {
				const far = net.connect(given.port, '127.0.0.1');
				near.pipe(far);
				near.on('close', () => far.destroy());
				far.on('error', () => near.destroy());
				far.once('data', chunk =>
					near.end(chunk.toString('latin1').replace('\r\n', '\r\nConnection: close\r\n'), 'latin1'),
				);
			}),
		);
		t.after(splitting.close);
		assertVerdict(await watch.check(nodeOf(given, {port: splitting.port}), 'full'), {
			...refused,
			reason: /^login failed: every nonce is stale, so a proxy probably splits the connection$/,
			hint: /stream mode, or keep-alive for upstream connections$/,
		});
	});

	await t.test('sixty full cycles: one kept-alive connection each, and only allowed methods', async t => {
		const [wallet, chain] = await Promise.all([startCountingProxy(given.port), startCountingProxy(daemon.port)]);
		t.after(wallet.close);
		t.after(chain.close);
		const node = nodeOf(given, {port: wallet.port, daemon: `127.0.0.1:${chain.port}`});
		for (let cycle = 1; cycle <= 60; cycle += 1) {
			assert.equal((await watch.check(node, 'full')).details.state, 'up');
		}

		// Each cycle connects once more, for the port check.
		assert.deepEqual([wallet.connectionCount(), chain.connectionCount()], [61, 1]);
		assert.deepEqual([wallet.requestCount(), chain.requestCount()], [121, 60]);
		assert.ok(wallet.methods().every(method => (rpcMethods.wallet as readonly string[]).includes(method)));
		assert.ok(chain.methods().every(method => (rpcMethods.daemon as readonly string[]).includes(method)));
	});
});

realTest('TLS', async t => {
	const certificate = makeSelfSignedCertificate({commonName: 'wallet'});
	const [secure, plain] = await Promise.all([started(t, startWallet({tls: certificate})), started(t, startWallet())]);
	const watch = openWatch(t);

	await t.test('the right fingerprint, a wrong one, and none', async () => {
		assertVerdict(await watch.check(nodeOf(secure), 'full'), {state: 'up', message: works});
		const fingerprint = makeSelfSignedCertificate({commonName: 'wallet'}).fingerprint256;
		const refused = {state: 'down', message: occupied, broken: 'tls'} as const;
		assertVerdict(await watch.check(nodeOf(secure, {tls: {fingerprint}}), 'full'), {
			...refused,
			reason: /^the certificate is not the pinned one$/,
			hint: /probably restarted.*--tls-fingerprint F, with F from: openssl s_client -connect 127\.0\.0\.1:\d+ /,
		});
		assertVerdict(await watch.check(nodeOf(secure, {tls: {}}), 'full'), {
			...refused,
			reason: /^the certificate is not trusted: it is self-signed$/,
			hint: /uses a self-signed certificate\. Pin it: xmrtop nodes edit \S+ --tls-fingerprint F/,
		});
	});

	await t.test('plain HTTP to a TLS-only port, and https to a port without TLS', async () => {
		const {tls: _, ...endpoint} = secure.endpoint;
		const closed = /^connection (closed without a response|reset)$/;
		assertVerdict(await watch.check(nodeOf({endpoint}), 'full'), {
			state: 'down',
			message: occupied,
			reason: closed,
			hint: /may speak only https \(xmrtop nodes edit \S+ --tls\)/,
			broken: 'http',
		});
		assertVerdict(await watch.check(nodeOf(plain, {tls: {insecure: true}}), 'full'), {
			state: 'down',
			message: occupied,
			reason: closed,
			hint: /TLS may be disabled \(xmrtop nodes edit \S+ --no-tls\)/,
			broken: 'tls',
		});
	});
});

async function fingerprintOf(port: number): Promise<string> {
	const socket = connectTls({host: '127.0.0.1', port, rejectUnauthorized: false});
	await once(socket, 'secureConnect');
	const {fingerprint256} = socket.getPeerCertificate();
	socket.destroy();
	return fingerprint256;
}

realTest('a restarted wallet has a new certificate: the hint says that a restart was seen', async t => {
	const first = await startWallet({tls: 'autodetect'});
	t.after(first.removeFolder);
	t.after(first.kill);
	const node = nodeOf(first, {tls: {fingerprint: await fingerprintOf(first.port)}});
	const watch = openWatch(t);
	assertVerdict(await watch.check(node, 'full'), {state: 'up', message: works});
	await first.kill();
	const second = await started(t, startWallet({tls: 'autodetect', port: first.port}));
	const details = assertVerdict(await watch.check(node, 'full'), {
		state: 'down',
		message: occupied,
		reason: /^the certificate is not the pinned one$/,
		hint: new RegExp(
			`^The wallet restarted \\(pid ${second.pid}\\).* creates a new certificate at every start\\. Pin the new one: `,
		),
		broken: 'tls',
	});
	assert.deepEqual([details.restarts, details.checks.pid.details.pid], [1, second.pid]);
});

/** Opens connections to a wallet and keeps them. */
async function takeConnections(t: TestContext, {port}: RealWallet, count: number): Promise<void> {
	for (let taken = 0; taken < count; taken += 1) {
		const socket = net.connect(port, '127.0.0.1');
		t.after(() => socket.destroy());
		await once(socket, 'connect');
		// An answer shows that the wallet itself accepted it, not only the kernel.
		socket.write('POST /json_rpc HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}');
		await once(socket, 'data');
	}
}

realTest('other programs on the port', async t => {
	const [wallet, daemon] = await Promise.all([started(t, startWallet()), started(t, startMonerod())]);
	const watch = openWatch(t);

	await t.test('the ports of wallet and monerod swapped', async () => {
		const swapped = nodeOf(daemon, {name: 'swapped'});
		const details = assertVerdict(await watch.check(swapped, 'full'), {
			state: 'down',
			message: occupied,
			reason: /^this is monerod \(RPC version 3\.\d+\), not monero-wallet-rpc$/,
			hint: new RegExp(`xmrtop nodes edit swapped --port N --daemon ${daemon.address}$`),
			broken: 'version',
		});
		assert.equal(details.version_text?.startsWith('3.'), true);
		assertVerdict(await watch.check(nodeOf(wallet, {daemon: `127.0.0.1:${wallet.port}`}), 'full'), {
			state: 'degraded',
			message: works,
			reason: /^daemon 127\.0\.0\.1:\d+ answers with an error: .*is not monerod, perhaps a wallet$/,
			hint: /its daemon does not/,
			broken: 'daemon',
		});
	});

	await t.test('another program', async t => {
		const {port} = await startScripted(t, {get_version: '<html><body>It works!</body></html>'});
		assertVerdict(await watch.check(nodeOf(wallet, {port}), 'full'), {
			state: 'down',
			message: occupied,
			reason: /^another service answers on this port, with an HTML page$/,
			hint: new RegExp(`Look at the response: curl -i http://127\\.0\\.0\\.1:${port}/json_rpc$`),
			broken: 'json_rpc',
		});
	});

	await t.test('a port forwarder in front of the wallet: no visible process, and nothing wrong', async t => {
		const forwarder = await startCountingProxy(wallet.port);
		t.after(forwarder.close);
		const node = nodeOf(wallet, {port: forwarder.port, timeout: '500ms'});
		const details = assertVerdict(await watch.check(node, 'full'), {state: 'up', message: works});
		const {pid} = details.checks;
		assert.deepEqual([pid.details.message, pid.details.state], ['PID not set', 'unknown']);

		// Silent behind the forwarder: no visible process, so the shorter limit applies.
		wallet.freeze();
		t.after(wallet.thaw);
		const silent = assertVerdict(await watch.check(node, 'full'), {
			state: 'busy',
			message: occupied,
			reason: /^no response within 500 ms; process not visible, it may be working$/,
			hint: /Its process is not visible from here, so it may be working/,
			broken: 'http',
		});
		assert.equal(
			silent.process_unseen,
			`no pid is configured, and port ${forwarder.port} is used by node (pid ${process.pid})`,
		);
		const minutesAgo = new Date(Date.now() - 6 * 60_000).toISOString();
		watch.setMemory(node, {...watch.memoryOf(node), silent_since: minutesAgo});
		const late = await watch.check(node, 'full');
		wallet.thaw();
		assert.equal(late.details.state, 'down');
		assert.match(late.details.reason ?? '', /^no response within 500 ms for more than 5 m; process not visible/);
	});

	await t.test('25 connections open: the 26th is closed, and the hint names their owner', async t => {
		const node = nodeOf(wallet);
		const before = openWatch(t);
		assertVerdict(await before.check(node, 'full'), {state: 'up', message: works});
		const nodeState = before.memoryOf(node);
		before.close();
		watch.close();
		await takeConnections(t, wallet, 25);
		const after = openWatch(t);
		after.setMemory(node, nodeState);
		assertVerdict(await after.check(node, 'full'), {
			state: 'down',
			message: occupied,
			reason: /^connection (closed without a response|reset)$/,
			hint: new RegExp(
				`its 25 connections per address are probably all in use\\. To see the clients: ss -tn sport = :${wallet.port}$`,
			),
			broken: 'http',
		});
	});
});
