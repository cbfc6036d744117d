/**
 * Access to real daemons, by situation.
 *
 * | row | where |
 * |---|---|
 * | a self-signed certificate, with every form of the address; pinned; added by discover | here |
 * | a refused login; required payment; a bootstrap daemon, running and dead | here |
 * | a node without a daemon: the one of its process, and of the next process; closed wallets | here |
 * | a monerod as a node: with a login, restricted, ended | here |
 * | scripted daemons | ../checks/daemon-access.test.ts, ../checks/inferred-daemon.test.ts |
 */
import assert from 'node:assert/strict';
import type {TestContext} from 'node:test';
import {connect} from 'node:tls';
import {findWallets} from '../../source/adapters/processes/find-wallets.js';
import {renderRemedy} from '../../source/cli/render-remedy.js';
import type {ApiDetails} from '../../source/domain/check-result.js';
import type {Node} from '../../source/domain/node/node.js';
import {recordResult} from '../../source/domain/past/record-result.js';
import {checkNode, nodeAt} from '../helpers/check-node.js';
import {
	type RealDaemon,
	type RealWallet,
	realTest,
	started,
	startMonerod,
	startWallet,
} from '../helpers/real-monero.js';
import {nodeOf, openWatch, type RealWatch} from '../helpers/real-watch.js';

/** Starts a daemon that speaks only TLS, with a self-signed certificate. */
async function startTlsMonerod(t: TestContext): Promise<RealDaemon> {
	return started(t, startMonerod({extraArgs: ['--rpc-ssl=enabled'], tls: {insecure: true}}));
}

/** The details of a node, with its daemon. */
async function seen(watch: RealWatch, node: Node): Promise<ApiDetails> {
	return (await watch.check(node, 'api')).details;
}

async function walletOn(t: TestContext, daemon: RealDaemon) {
	const wallet = await started(t, startWallet({daemon}));
	await wallet.createWallet();
	return wallet;
}

function fingerprintOf(port: number): Promise<string> {
	return new Promise((resolve, reject) => {
		const socket = connect({host: '127.0.0.1', port, rejectUnauthorized: false}, () => {
			resolve(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
			socket.destroy();
		}).on('error', reject);
	});
}

realTest('a daemon with a self-signed certificate is up, as for the wallet', async t => {
	const daemon = await startTlsMonerod(t);
	const watch = openWatch(t);
	// Opens no wallet: on a loaded machine that takes as long as its handshake with the daemon.
	const wallet = await started(t, startWallet({daemon, extraArgs: ['--daemon-ssl-allow-any-cert']}));
	const {port} = daemon;
	const fingerprint = await fingerprintOf(port);
	const rows: ReadonlyArray<Partial<Node>> = [
		{daemon: daemon.address},
		{daemon: `https://${daemon.address}`},
		{daemon: `localhost:${port}`},
		{daemon: `tcp://${daemon.address}/json_rpc`},
		{daemon: daemon.address, daemon_tls: {fingerprint}},
		{daemon: daemon.address, daemon_tls: {insecure: true}},
	];
	for (const fields of rows) {
		const {state, reason, daemon_height: height} = await seen(watch, nodeOf(wallet, fields));
		assert.deepEqual([state, reason, height], ['up', undefined, 1], JSON.stringify(fields));
	}

	const pinned = {daemon: daemon.address, daemon_tls: {fingerprint: '00'.repeat(32)}};
	const mistaken = await seen(watch, nodeOf(wallet, pinned));
	assert.match(mistaken.reason ?? '', /has a certificate other than the pinned one/);
	const found = (await findWallets(renderRemedy)).found.find(({pid}) => pid === wallet.pid);
	assert.deepEqual([found?.definition?.daemon, found?.definition?.daemon_tls], [daemon.address, {insecure: true}]);
});

realTest('a daemon that refuses a login or requires payment counts as answering', async t => {
	const login = {username: 'u', password: 'p'};
	const address = '44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A';
	const payment = ['--rpc-payment-difficulty=1000', '--rpc-payment-credits=100', `--rpc-payment-address=${address}`];
	const [locked, paid, wallet] = await Promise.all([
		started(t, startMonerod({login})),
		started(t, startMonerod({extraArgs: payment})),
		started(t, startWallet()),
	]);
	const watch = openWatch(t);
	const ask = async (daemon: RealDaemon, fields: Partial<Node> = {}) => {
		const {state, reason, daemon_reachable: reachable} = await seen(watch, nodeOf(wallet, {of: daemon, ...fields}));
		return [state, reason?.replace(`daemon ${daemon.address} `, ''), reachable];
	};
	const unknown = 'so its height cannot be read';
	assert.deepEqual(await ask(locked), ['degraded', `requires a login, but none is configured, ${unknown}`, true]);
	process.env.TEST_REAL_DAEMON_PASSWORD = 'wrong';
	t.after(() => {
		delete process.env.TEST_REAL_DAEMON_PASSWORD;
	});
	const given = {daemon_username: 'u', daemon_password_env: 'TEST_REAL_DAEMON_PASSWORD'};
	const refused = `refuses the login: wrong user or password, ${unknown}`;
	assert.deepEqual(await ask(locked, given), ['degraded', refused, true]);
	process.env.TEST_REAL_DAEMON_PASSWORD = 'p';
	assert.deepEqual(await ask(locked, given), ['up', undefined, true]);
	assert.deepEqual(await ask(paid), ['degraded', `requires payment for RPC access, ${unknown}`, true]);
});

realTest('names a bootstrap daemon, and what remains when it is gone', async t => {
	const behind = await started(t, startMonerod());
	await behind.mineBlocks(60);
	const daemon = await started(
		t,
		startMonerod({
			isOffline: false,
			extraArgs: [
				`--bootstrap-daemon-address=${behind.address}`,
				'--p2p-bind-ip=127.0.0.1',
				'--p2p-bind-port=0',
				'--add-exclusive-node=127.0.0.1:1',
				'--hide-my-port',
				'--no-igd',
			],
		}),
	);
	const wallet = await started(t, startWallet({daemon}));
	const watch = openWatch(t);
	const node = nodeOf(wallet, {of: daemon});
	const used = await seen(watch, node);
	assert.equal(
		used.reason,
		`daemon ${daemon.address} uses bootstrap daemon ${behind.address}; its own chain has 1 of 61 blocks`,
	);
	assert.deepEqual([used.state, used.daemon_own_height, used.daemon_lag], ['degraded', 1, 60]);
	await behind.stop();
	const alone = await seen(watch, node);
	assert.deepEqual([alone.state, alone.daemon_own_height], ['degraded', undefined]);
	assert.match(alone.reason ?? '', /is not synchronized|does not answer|does not report its height/);
});

/** Closes and opens the wallet, with a check after each step. */
async function closedAndOpen(watch: RealWatch, node: Node, wallet: RealWallet) {
	const states = [];
	for (const call of ['', 'close_wallet', 'open_wallet']) {
		if (call !== '') {
			await wallet.call(call, call === 'open_wallet' ? {filename: 'wallet', password: ''} : {});
		}

		const {state, reason, wallet_open: isOpen} = await seen(watch, node);
		states.push([state, reason, isOpen]);
	}

	return states;
}

realTest(
	'node without a daemon: uses the one of its process, reports closed wallets, follows the next process',
	async t => {
		const [daemon, next] = await Promise.all([started(t, startMonerod()), started(t, startMonerod())]);
		const wallet = await walletOn(t, daemon);
		const watch = openWatch(t);
		const {daemon: _, ...node} = nodeOf(wallet);
		const {state, daemon: used, daemon_inferred: isInferred, daemon_height: height} = await seen(watch, node);
		assert.deepEqual([state, used, isInferred, height], ['up', daemon.address, true, 1]);
		const expected = [
			['up', undefined, true],
			['degraded', 'no wallet is open', false],
			['up', undefined, true],
		];
		assert.deepEqual(await closedAndOpen(watch, node, wallet), expected);
		assert.deepEqual(await closedAndOpen(watch, nodeOf(wallet, {daemon: 'none'}), wallet), expected);
		assert.deepEqual(await closedAndOpen(watch, nodeOf(wallet, {of: daemon}), wallet), expected);
		await daemon.stop();
		const gone = await seen(watch, node);
		assert.deepEqual([gone.state, gone.caused_by], ['degraded', daemon.address]);
		const {port} = wallet;
		await wallet.stop();
		assert.equal((await watch.check(node, 'api')).status, false);
		await started(t, startWallet({daemon: next, port}));
		const after = await seen(watch, node);
		assert.deepEqual([after.daemon, after.daemon_inferred, after.daemon_reachable], [next.address, true, true]);
	},
);

realTest('a monerod as a node: its process, its login, a restricted port, and its end', async t => {
	const login = {username: 'u', password: 'p w'};
	const open = await started(t, startMonerod({login}));
	const hidden = await started(t, startMonerod({extraArgs: ['--restricted-rpc']}));
	const height = await open.mineBlocks(3);
	const node = nodeAt(open.port, {kind: 'daemon', ...login});
	const seen = await checkNode(node, 'full');
	assert.deepEqual([seen.status, seen.details.state, seen.details.daemon_height], [true, 'up', height]);
	assert.equal(seen.details.checks.pid.details.pid, open.pid);
	const facts = seen.details.checks.daemon?.details;
	assert.deepEqual(
		[facts?.login, facts?.tls, facts?.restricted, facts?.outgoing_peers],
		['accepted', false, undefined, 0],
	);
	const {password: _, username: __, ...anonymous} = node;
	assert.match((await checkNode(anonymous, 'api')).details.reason ?? '', /^login required/);

	const restricted = await checkNode(nodeAt(hidden.port, {kind: 'daemon'}), 'full');
	const daemonFacts = restricted.details.checks.daemon?.details;
	assert.deepEqual(
		[restricted.details.state, daemonFacts?.restricted, daemonFacts?.outgoing_peers],
		['up', true, undefined],
	);

	const nodeState = recordResult({}, seen);
	await open.kill();
	const {status, details} = await checkNode(node, 'full', {nodeState});
	assert.deepEqual([status, details.state, details.message], [false, 'down', 'Process is not running']);
	assert.equal(details.checks.pid.details.message, 'Process not found');
	assert.doesNotMatch(JSON.stringify(details), /p w/);
});
