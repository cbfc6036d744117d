/** Real wallets and daemons behind a real SOCKS5 server. */
import assert from 'node:assert/strict';
import type {TestContext} from 'node:test';
import {connectTcp} from '../../source/adapters/network/connect.js';
import {startCountingProxy} from '../helpers/counting-proxy.js';
import {started, startMonerod, startWallet} from '../helpers/real-monero.js';
import {findProgram, startOnFreePort, startProcess} from '../helpers/real-process.js';
import {nodeOf, openWatch} from '../helpers/real-watch.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {testWith} from '../helpers/test-with.js';

const programs = ['monerod', 'monero-wallet-rpc', 'microsocks'];

async function startSocks(t: TestContext) {
	const cwd = temporaryFolder(t);
	const {process, port} = await startOnFreePort(
		socksPort =>
			startProcess(findProgram('microsocks') ?? '', ['-i', '127.0.0.1', '-p', String(socksPort)], {cwd, home: cwd}),
		async socksPort => (await connectTcp({host: '127.0.0.1', port: socksPort}, {timeoutMs: 1000})).open,
	);
	t.after(process.stop);
	return {process, address: `socks5h://127.0.0.1:${port}`};
}

testWith(
	programs,
	'reaches a wallet and its daemon through a SOCKS server, with Digest on one kept-alive connection',
	async t => {
		const daemon = await started(t, startMonerod());
		const login = {username: 'ops', password: 'p: "w"'};
		const wallet = await started(t, startWallet({daemon, login}));
		await wallet.createWallet();
		const socks = await startSocks(t);
		const counted = await startCountingProxy(wallet.port);
		const countedDaemon = await startCountingProxy(daemon.port);
		t.after(async () => Promise.all([counted.close(), countedDaemon.close()]));
		const node = nodeOf(wallet, {
			port: counted.port,
			proxy: socks.address,
			daemon: `127.0.0.1:${countedDaemon.port}`,
			daemon_proxy: socks.address,
		});
		const watch = openWatch(t);
		for (let count = 0; count < 3; count += 1) {
			const {details} = await watch.check(node, 'api');
			assert.deepEqual([details.state, details.reason, details.daemon_height], ['up', undefined, 1]);
		}

		// One connection each; a `full` check also connects to the port.
		assert.deepEqual([counted.connectionCount(), countedDaemon.connectionCount()], [1, 1]);
		const {details: full} = await watch.check(node, 'full');
		assert.equal(full.state, 'up');
		assert.equal(full.checks.pid.details.message, 'PID cannot be checked on a remote host');

		// When the server behind the proxy ends, the node is down. When the proxy ends, it is unknown.
		await counted.close();
		const {details: refused} = await watch.check(node, 'full');
		assert.deepEqual([refused.state, refused.checks.port.details.message], ['down', 'Port is not in use']);
		await socks.process.stop();
		const {details: unknown} = await watch.check(node, 'full');
		assert.equal(unknown.state, 'unknown');
		assert.match(unknown.reason ?? '', /^not checkable from here: proxy 127\.0\.0\.1:\d+: connect ECONNREFUSED/);
	},
);
