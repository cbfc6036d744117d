/**
 * Reports about the real wallet and the real daemon, by situation: state, message, evidence and hint.
 *
 * | row | where |
 * |---|---|
 * | healthy; no wallet open; wallet behind, stalled, catching up; daemon behind another; restricted port; two wallets on one daemon; daemon killed; daemon restarted empty | here |
 * | SIGSTOP of the wallet; SIGSTOP of the daemon; busy on its only thread; kill -9; restart; SIGTERM | here |
 * | logins, TLS, other programs on the port, 25 connections, forwarders and proxies; 60 cycles on kept-alive connections | truth-connections.test.ts |
 * | pid reuse | ../checks/pid.test.ts (in its own namespace) |
 * | --config-file only | pid.test.ts, discover.test.ts |
 * | discover as an unprivileged user | discover.test.ts |
 * | idle after 20 checks over TLS; a killed wallet on the screen | fleet.test.ts |
 */
import assert from 'node:assert/strict';
import type {DaemonDetails} from '../../source/domain/check-result.js';
import {rootCauses, rootCauseText} from '../../source/domain/fleet.js';
import {eventually} from '../helpers/child-processes.js';
import {startCountingProxy} from '../helpers/counting-proxy.js';
import {
	copyBlocks,
	type RealDaemon,
	type RealWallet,
	realTest,
	started,
	startMonerod,
	startWallet,
} from '../helpers/real-monero.js';
import {freePort} from '../helpers/real-process.js';
import {assertVerdict, nodeOf, openWatch} from '../helpers/real-watch.js';

const works = 'Process is fully operational';
const silent = 'Port is occupied but API is not responding';

interface Hung {
	readonly daemon: RealDaemon;
	readonly wallet: RealWallet;
}

/** Started with the first test, because the wallet's own refresh, every 20 s, must begin while its daemon does not answer. */
let hanging: Promise<Hung> | undefined;

async function startHanging(): Promise<Hung> {
	const daemon = await startMonerod();
	const wallet = await startWallet({daemon}).catch(async error => {
		await daemon.stop();
		throw error;
	});
	await wallet.createWallet();
	daemon.freeze();
	return {daemon, wallet};
}

realTest('the wallet and its chain', async t => {
	hanging ??= startHanging();
	hanging.catch(() => {});
	const restrictedPort = await freePort();
	const [daemon, other] = await Promise.all([
		started(t, startMonerod({extraArgs: [`--rpc-restricted-bind-port=${restrictedPort}`]})),
		started(t, startMonerod()),
	]);
	const [wallet, second] = await Promise.all([started(t, startWallet({daemon})), started(t, startWallet({daemon}))]);
	const node = nodeOf(wallet, {of: daemon});
	const watch = openWatch(t);
	const full = () => watch.check(node, 'full');

	await t.test('no wallet open: up, unless one is expected', async () => {
		const fine = assertVerdict(await full(), {state: 'up', message: works});
		assert.equal(fine.wallet_open, false);
		const expecting = nodeOf(wallet, {of: daemon, expect_wallet: true});
		assertVerdict(await watch.check(expecting, 'full'), {
			state: 'degraded',
			message: works,
			reason: /^no wallet is open$/,
			hint: /has to open a wallet.*--no-expect-wallet$/,
			broken: 'wallet',
		});
	});

	await wallet.createWallet();
	await wallet.call('auto_refresh', {enable: false});

	await t.test('healthy: every step passed, with the process and both heights', async () => {
		const details = assertVerdict(await full(), {state: 'up', message: works});
		const rungs = details.rungs.map(({rung, state}) => `${rung} ${state}`);
		assert.deepEqual(
			rungs,
			['name', 'tcp', 'http', 'json_rpc', 'version', 'wallet', 'daemon'].map(rung => `${rung} passed`),
		);
		assert.equal(details.checks.pid.details.pid, wallet.pid);
		assert.deepEqual([details.wallet_height, details.daemon_height, details.wallet_lag], [1, 1, 0]);
		assert.equal(details.version_text, '1.25');
	});

	await t.test('a wallet behind its daemon: by how much; stalled after a minute without progress', async () => {
		assert.equal(await daemon.mineBlocks(20), 21);
		const behind = assertVerdict(await full(), {
			state: 'degraded',
			message: works,
			reason: /^wallet is 20 blocks behind its daemon$/,
			hint: /leave it running while the lag shrinks/,
			broken: 'wallet',
		});
		assert.deepEqual([behind.wallet_height, behind.daemon_height, behind.wallet_lag], [1, 21, 20]);
		const minuteAgo = new Date(Date.now() - 61_000).toISOString();
		watch.setMemory(node, {...watch.memoryOf(node), wallet_heights: [{at: minuteAgo, height: 1}]});
		const stalled = assertVerdict(await full(), {
			state: 'degraded',
			message: works,
			reason: /^wallet is 20 blocks behind its daemon, stalled for 1 m/,
			hint: new RegExp(`does not scan blocks.*Try: tail -n 50 ${wallet.folder}/wallet\\.log$`),
			broken: 'wallet',
		});
		assert.equal(stalled.stalled, true);
	});

	await t.test('a wallet that catches up: its speed and the remaining time', async () => {
		const tenAgo = new Date(Date.now() - 10_000).toISOString();
		await wallet.call('refresh');
		// With a daemon that is further ahead, so that blocks remain to be read.
		watch.setMemory(node, {...watch.memoryOf(node), wallet_heights: [{at: tenAgo, height: 1}]});
		assert.equal(await daemon.mineBlocks(10), 31);
		const {details} = await watch.check(node, 'api');
		assert.equal(details.wallet_height, 21);
		assert.match(
			details.reason ?? '',
			/^wallet is 10 blocks behind its daemon, [12](\.\d+)? blocks\/s, about \d+ s left$/,
		);
		await wallet.call('refresh');
		assert.equal((await watch.check(node, 'api')).details.state, 'up');
		assert.equal(watch.memoryOf(node).wallet_heights, undefined);
	});

	await t.test('a daemon behind the other daemon of the fleet', async () => {
		await copyBlocks(daemon, other);
		await other.mineBlocks(10);
		const elsewhere = nodeOf(second, {of: other});
		const fleet = openWatch(t, [elsewhere]);
		const details = assertVerdict(await fleet.check(node, 'full'), {
			state: 'degraded',
			message: works,
			reason: new RegExp(`^daemon ${daemon.address} is 10 blocks behind$`),
			hint: new RegExp(`its daemon does not.*curl -m 5 http://${daemon.address}/get_info$`),
			broken: 'daemon',
		});
		assert.deepEqual([details.caused_by, details.daemon_lag, details.wallet_lag], [daemon.address, 10, 0]);
	});

	await t.test('a restricted daemon port: hidden values are not shown as zero', async () => {
		const restricted = nodeOf(wallet, {daemon: `127.0.0.1:${restrictedPort}`});
		const details = assertVerdict(await watch.check(restricted, 'full'), {state: 'up', message: works});
		const facts = details.checks.daemon?.details as DaemonDetails;
		assert.deepEqual([facts.restricted, facts.outgoing_peers, facts.incoming_peers], [true, undefined, undefined]);
		assert.match(facts.message, /height 31, synchronized, offline, restricted: peers are hidden$/);
	});

	await t.test('two wallets on one daemon: one request per cycle, on one connection', async t => {
		const proxy = await startCountingProxy(daemon.port);
		t.after(proxy.close);
		const address = `127.0.0.1:${proxy.port}`;
		const both = [nodeOf(wallet, {daemon: address}), nodeOf(second, {daemon: address})];
		const two = openWatch(t);
		for (let cycle = 1; cycle <= 5; cycle += 1) {
			for (const {details} of await two.cycle(both, 'full')) {
				assert.equal(details.state, 'up', details.reason);
			}

			assert.deepEqual([proxy.requestCount(), proxy.connectionCount()], [cycle, 1]);
		}

		assert.deepEqual([...new Set(proxy.methods())], ['get_info']);
	});

	await t.test('a killed daemon: the wallets behind it have one cause', async () => {
		await daemon.kill();
		const nodes = [node, nodeOf(second, {of: daemon})];
		const results = await watch.cycle(nodes, 'full');
		for (const result of results) {
			const details = assertVerdict(result, {
				state: 'degraded',
				message: works,
				reason: new RegExp(`^daemon ${daemon.address} does not answer: connection refused$`),
				hint: /curl -m 5/,
				broken: 'daemon',
			});
			assert.deepEqual([details.caused_by, details.daemon_reachable], [daemon.address, false]);
			assert.equal(details.checks.daemon?.details.error?.includes('ECONNREFUSED'), true);
		}

		const shown = results.map((result, index) => {
			const one = nodes[index] ?? node;
			return {node: one, nodeState: watch.memoryOf(one), result, checking: false, disabled: false};
		});
		assert.deepEqual(rootCauses(shown).map(rootCauseText), [`monerod ${daemon.address} down: 2 nodes`]);
	});

	await t.test('a daemon restarted empty: it lost blocks, the wallet is ahead', async t => {
		await started(t, startMonerod({port: daemon.port}));
		const details = assertVerdict(await full(), {
			state: 'degraded',
			message: works,
			reason: new RegExp(`^daemon ${daemon.address} lost blocks: it has 1, its wallet saw 31$`),
			hint: /empty or older chain/,
			broken: 'wallet',
		});
		assert.deepEqual([details.wallet_lag, details.caused_by], [-30, daemon.address]);
	});
});

realTest('the wallet and its process', async t => {
	const daemon = await started(t, startMonerod());
	const wallet = await startWallet({daemon, extraArgs: ['--kdf-rounds=60']});
	t.after(wallet.removeFolder);
	t.after(wallet.kill);
	const node = nodeOf(wallet, {of: daemon, timeout: '700ms'});
	const watch = openWatch(t);
	const full = () => watch.check(node, 'full');

	await t.test('SIGSTOP: stopped, not hung, with the command that continues it', async () => {
		assertVerdict(await full(), {state: 'up', message: works});
		wallet.freeze();
		const details = assertVerdict(await full(), {
			state: 'down',
			message: silent,
			reason: /^no response within 700 ms: the process is stopped by a signal$/,
			hint: new RegExp(`Try: kill -CONT ${wallet.pid}$`),
			broken: 'http',
		});
		assert.equal(details.checks.pid.details.stopped, true);
		assert.equal(details.checks.port.status, true);
		wallet.thaw();
		assertVerdict(await full(), {state: 'up', message: works});
	});

	await t.test('working on its only thread: busy, by its CPU usage, and up afterwards', async () => {
		let isDone = false;
		const creating = wallet.createWallet('slow').finally(() => {
			isDone = true;
		});
		const busy = await eventually(full, ({details}) => details.state === 'busy' || isDone);
		const details = assertVerdict(busy, {
			state: 'busy',
			message: silent,
			reason: /^working \([\d.]+ % CPU\)(, no response for \d+ s)?$/,
			hint: /busy on its only thread.*do not restart it/,
			broken: 'http',
		});
		assert.ok((details.cpu_cores ?? 0) >= 0.05, String(details.cpu_cores));
		assert.equal(details.checks.pid.details.pid, wallet.pid);
		await creating;
		assertVerdict(await full(), {state: 'up', message: works});
		const states = watch.transitions.map(({to}) => to);
		assert.deepEqual(states.slice(-2), ['busy', 'up']);
	});

	await t.test('kill -9: the process has ended, and nothing listens', async () => {
		await wallet.kill();
		const details = assertVerdict(await full(), {
			state: 'down',
			message: 'Process is not running',
			reason: /^connection refused$/,
			hint: /nothing listens on/i,
			broken: 'tcp',
		});
		assert.equal(details.checks.pid.details.reason, `pid ${wallet.pid} does not exist`);
		assert.equal(details.process_unseen, `pid ${wallet.pid} does not exist`);
		assert.deepEqual(
			details.rungs.filter(({state}) => state === 'not_reached').map(({rung}) => rung),
			['http', 'json_rpc', 'version', 'wallet'],
		);
		assert.equal(details.checks.api.details.message, 'not reached');
	});

	await t.test('restarted: counted with the new pid, by an api check too', async t => {
		const again = await startWallet({daemon, port: wallet.port});
		t.after(again.removeFolder);
		t.after(again.kill);
		const {details} = await watch.check(node, 'api');
		// Nobody has opened its wallet again.
		assert.deepEqual([details.state, details.reason], ['degraded', 'no wallet is open']);
		assert.deepEqual([details.pid, details.restarts], [again.pid, 1]);
		assert.equal(details.restarted_at, details.started_at);
		assert.equal(watch.transitions.at(-1)?.reason, `no wallet is open; restarted, pid ${again.pid}`);
		assert.equal((await watch.check(node, 'api')).details.restarts, 1);

		// SIGTERM: it saves and ends, with the verdict of any ended process.
		await again.stop();
		const gone = assertVerdict(await full(), {
			state: 'down',
			message: 'Process is not running',
			reason: /^connection refused$/,
			hint: /nothing listens on/i,
			broken: 'tcp',
		});
		assert.equal(gone.checks.pid.details.reason, `pid ${again.pid} does not exist`);
	});
});

realTest('SIGSTOP of the daemon: its wallet hangs too, and the hint is not to restart it', async t => {
	hanging ??= startHanging();
	const {daemon, wallet} = await hanging;
	t.after(daemon.stop);
	t.after(wallet.removeFolder);
	t.after(wallet.kill);
	const node = nodeOf(wallet, {of: daemon, timeout: '700ms'});
	const watch = openWatch(t, [], {timeout: '700ms'});
	const state = async () => (await watch.check(node, 'api')).details.state;
	assert.equal(await eventually(state, now => now === 'down', 60_000), 'down');
	const details = assertVerdict(await watch.check(node, 'full'), {
		state: 'down',
		message: silent,
		reason: new RegExp(`^waiting for daemon ${daemon.address}, which hangs; do not restart the wallet$`),
		hint: new RegExp(`restarting the wallet does not help.*curl -m 5 http://${daemon.address}/get_info$`),
		broken: 'http',
	});
	assert.equal(details.caused_by, daemon.address);
	assert.ok((details.cpu_cores ?? 1) < 0.05, String(details.cpu_cores));
	const seen = {
		node,
		nodeState: watch.memoryOf(node),
		result: {status: false, details},
		checking: false,
		disabled: false,
	};
	assert.deepEqual(rootCauses([seen]).map(rootCauseText), [`monerod ${daemon.address} down: 1 node`]);
	daemon.thaw();
	assert.equal(await eventually(state, now => now === 'up', 30_000), 'up');
});
