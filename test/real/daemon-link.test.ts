/** A real wallet that a firewall separates from its daemon, while the daemon answers this machine. */
import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {eventually} from '../helpers/child-processes.js';
import {makeNetworkNamespace, startContainedWallet} from '../helpers/network-namespace.js';
import {realTest, started, startMonerod} from '../helpers/real-monero.js';
import {findProgram} from '../helpers/real-process.js';
import {nodeOf, openWatch} from '../helpers/real-watch.js';

realTest(
	'a firewall between a wallet and its daemon is reported while the daemon answers here, and its end too',
	async t => {
		const namespace = makeNetworkNamespace(t);
		if (!namespace) {
			return;
		}

		const nft = findProgram('nft');
		if (!nft) {
			assert.equal(process.env.CI, undefined, 'nft is missing');
			t.skip('needs nft');
			return;
		}

		const {hostAddress, name} = namespace;
		const daemon = await started(t, startMonerod({extraArgs: ['--rpc-bind-ip=0.0.0.0', '--confirm-external-bind']}));
		const address = `${hostAddress}:${daemon.port}`;
		const wallet = await startContainedWallet(t, namespace, {daemon: address});
		await wallet.createWallet();
		await wallet.call('auto_refresh', {enable: true, period: 3});
		const node = nodeOf(wallet, {host: namespace.address, daemon: address});
		const watch = openWatch(t);
		const check = async () => (await watch.check(node, 'api')).details;
		const linked = await eventually(check, details => details.link_state === 'connected', 60_000);
		assert.deepEqual([linked.state, linked.link_peer], ['up', address]);
		await eventually(
			check,
			({link_since: since, last_check: at}) => Date.parse(at) - Date.parse(since ?? at) > 3500,
			30_000,
		);

		const firewall = (...rule: readonly string[]): void => {
			const {status, stderr} = spawnSync('ip', ['netns', 'exec', name, nft, ...rule], {encoding: 'utf8'});
			assert.equal(status, 0, stderr);
		};
		firewall('add', 'table', 'inet', 'wall');
		firewall('add', 'chain', 'inet', 'wall', 'out', '{ type filter hook output priority 0; }');
		firewall(
			'add',
			'rule',
			'inet',
			'wall',
			'out',
			'tcp',
			'dport',
			String(daemon.port),
			'reject',
			'with',
			'tcp',
			'reset',
		);
		const blocked = await eventually(check, details => details.state === 'degraded', 45_000);
		assert.equal(blocked.reason, `wallet has no connection to ${address}`);
		assert.deepEqual([blocked.daemon_reachable, blocked.link_trouble], [true, 'lost']);
		const full = await watch.check(node, 'full');
		assert.match(full.details.hint ?? '', new RegExp(`nc -vz -w 5 ${hostAddress} ${daemon.port}$`));
		assert.match(full.details.checks.pid.details.network_namespace ?? '', /^net:\[\d+\]$/);

		firewall('delete', 'table', 'inet', 'wall');
		const again = await eventually(check, details => details.state === 'up', 25_000);
		assert.equal(again.link_state, 'connected');
	},
);
