/**
 * Wallets that do not answer, by cause: slow lines, CPU limits, freezers, debuggers, scans, crash loops, dead ones
 * behind proxies.
 */
import assert from 'node:assert/strict';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {readProcessWork} from '../../source/adapters/processes/proc-work.js';
import {eventually, firstLine, startChild} from '../helpers/child-processes.js';
import {makeControlGroup} from '../helpers/control-group.js';
import {startNginx} from '../helpers/nginx-pool.js';
import {type RealWallet, realTest, started, startMonerod, startWallet} from '../helpers/real-monero.js';
import {findProgram, freePort, startProcess} from '../helpers/real-process.js';
import {nodeOf, openWatch} from '../helpers/real-watch.js';
import {recordedResult, startScripted} from '../helpers/scripted-server.js';
import {startSlowRelay} from '../helpers/slow-relay.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {testWith} from '../helpers/test-with.js';
import {startYielding} from '../helpers/yielding-wallet.js';

const walletRpc = findProgram('monero-wallet-rpc') ?? 'monero-wallet-rpc';

/** Opens a wallet that reads the whole chain: a new one has nothing to read. */
async function restoreWallet(wallet: RealWallet): Promise<void> {
	await wallet.createWallet('new');
	const {key: seed} = (await wallet.call('query_key', {key_type: 'mnemonic'})) as {readonly key: string};
	await wallet.call('close_wallet');
	await wallet.call('restore_deterministic_wallet', {filename: 'restored', password: '', seed, restore_height: 0});
}

realTest('a wallet that reads blocks over a slow line is working', async t => {
	const daemon = await started(t, startMonerod());
	for (let mined = 0; mined < 150; mined += 50) {
		await daemon.mineBlocks(50);
	}

	const relay = await startSlowRelay(daemon.port, 5000);
	t.after(relay.close);
	const wallet = await startWallet({daemon: relay.address});
	t.after(wallet.removeFolder);
	t.after(wallet.kill);
	await restoreWallet(wallet);
	const node = nodeOf(wallet, {timeout: '1s'});
	const watch = openWatch(t);
	await watch.check(node, 'api');
	let hasRead = false;
	const reading = wallet.call('refresh').then(() => {
		hasRead = true;
	});
	const seen: string[] = [];
	while (!hasRead) {
		const {details} = await watch.check(node, seen.length % 2 === 0 ? 'api' : 'full');
		seen.push(`${details.state}: ${details.reason}`);
	}

	await reading;
	assert.deepEqual(
		seen.filter(line => line.startsWith('down')),
		[],
	);
	assert.ok(seen.filter(line => line.startsWith('busy: working (receiving data, ')).length >= 2, seen.join('\n'));
});

realTest(
	'a wallet behind a relay that stops: when the last byte came is said, not how often it was woken before',
	async t => {
		const daemon = await started(t, startMonerod());
		await daemon.mineBlocks(50);
		const relay = await startSlowRelay(daemon.port, 500);
		t.after(relay.close);
		const wallet = await startWallet();
		t.after(wallet.removeFolder);
		t.after(wallet.kill);
		await restoreWallet(wallet);
		await wallet.call('set_daemon', {address: relay.address, ssl_support: 'disabled'});
		const node = nodeOf(wallet, {timeout: '1s', daemon: daemon.address});
		const watch = openWatch(t);
		await watch.check(node, 'api');
		void wallet.call('refresh').catch(() => {});
		const check = async () => (await watch.check(node, 'api')).details;
		const isReceiving = ({reason = ''}: {readonly reason?: string}) => reason.includes('(receiving data, ');
		await eventually(check, isReceiving, 30_000);
		relay.stop();
		const {state, reason} = await eventually(check, details => !isReceiving(details), 15_000);
		assert.equal(state, 'busy');
		assert.match(reason ?? '', new RegExp(`\\(received data from ${relay.address} \\d+ s ago\\)`));
	},
);

realTest('a wallet throttled by a CPU limit is working', async t => {
	const wallet = await startWallet({extraArgs: ['--kdf-rounds=100']});
	t.after(wallet.removeFolder);
	t.after(wallet.kill);
	// Removed after the wallet in it has ended.
	const group = makeControlGroup(t, 'cpu');
	if (!group) {
		return;
	}

	const node = nodeOf(wallet, {timeout: '1s'});
	const watch = openWatch(t);
	group.write(group.version === 1 ? 'cpu.cfs_quota_us' : 'cpu.max', group.version === 1 ? '3000' : '3000 100000');
	group.add(wallet.pid);
	wallet.createWallet().catch(() => {});
	await delay(500);
	for (const method of ['api', 'full', 'api'] as const) {
		const {details} = await watch.check(node, method);
		assert.equal(details.state, 'busy', details.reason);
		assert.match(details.reason ?? '', /^working \([\d.]+ % CPU, throttled by its CPU limit\)/);
	}
});

realTest('a frozen control group and a debugger both stop a wallet', async t => {
	const wallet = await startWallet();
	t.after(wallet.removeFolder);
	t.after(wallet.kill);
	const node = nodeOf(wallet, {timeout: '500ms'});
	const watch = openWatch(t);
	const attach = `import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
for thread in map(int, os.listdir(f"/proc/{sys.argv[1]}/task")):
    assert libc.ptrace(16, thread, None, None) == 0
    os.waitpid(thread, 0x40000000)
print("attached", flush=True)
sys.stdin.read()`;
	const python = findProgram('python3');
	if (python !== undefined) {
		const tracer = startChild(t, python, ['-c', attach, String(wallet.pid)]);
		await firstLine(tracer.child);
		const {details} = await watch.check(node, 'full');
		// A traced process cannot be waited for: the tracer has to end first.
		await tracer.end();
		const {stopped, stopped_by: by, tracer: who} = details.checks.pid.details;
		assert.deepEqual([details.state, stopped, by], ['down', true, 'tracer']);
		assert.match(who ?? '', new RegExp(`^python\\S*, pid ${tracer.pid}$`));
		assert.match(details.reason ?? '', /: the process is stopped by a debugger: python\S*, pid \d+$/);
	}

	const group = makeControlGroup(t, 'freezer');
	if (!group) {
		return;
	}

	group.add(wallet.pid);
	const [file, frozen, thawed] =
		group.version === 1 ? ['freezer.state', 'FROZEN', 'THAWED'] : ['cgroup.freeze', '1', '0'];
	group.write(file, frozen);
	const {details} = await watch.check(node, 'full');
	group.write(file, thawed);
	assert.equal(details.checks.pid.details.stopped_by, 'freezer', JSON.stringify(details.checks.pid));
	assert.match(details.reason ?? '', /: the process is frozen by its cgroup$/);
});

realTest('a crash loop: a wallet that is restarted while it loads, and seconds after it has loaded', async t => {
	const folder = temporaryFolder(t);
	const maker = await startWallet({walletDir: folder});
	await maker.createWallet('loading');
	await maker.stop();
	const port = await freePort();
	const node = nodeOf({endpoint: {host: '127.0.0.1', port, path: '/json_rpc'}}, {timeout: '700ms'});
	const watch = openWatch(t, [], {crash_loop_within: '1m'});
	const shared = ['--daemon-address=127.0.0.1:1', '--no-dns', '--rpc-ssl=disabled', '--disable-rpc-login'];
	const start = (args: readonly string[]) =>
		startProcess(walletRpc, [...shared, `--log-file=${path.join(folder, 'log')}`, `--rpc-bind-port=${port}`, ...args], {
			cwd: folder,
			home: folder,
		});
	const states: string[] = [];
	for (let life = 1; life <= 4; life += 1) {
		const loading = await start([`--wallet-file=${path.join(folder, 'loading')}`, '--password=', '--kdf-rounds=9000']);
		t.after(loading.kill);
		await eventually(
			async () => readProcessWork(loading.pid)?.counters.cpu_ms ?? 0,
			cpuMs => cpuMs >= 100,
		);
		states.push((await watch.check(node, 'api')).details.state);
		await loading.kill();
		states.push((await watch.check(node, 'api')).details.state);
	}

	assert.deepEqual(states, ['busy', 'down', 'busy', 'down', 'down', 'down', 'down', 'down']);
	const {details} = await watch.check(node, 'full');
	assert.match(details.reason ?? '', /^crash loop: 4 starts in \d+ s; no response yet$/);
	assert.match(details.hint ?? '', /exits soon after every start/);

	const living = await start([`--wallet-dir=${folder}`]);
	t.after(living.kill);
	const answered = async () => {
		const result = await watch.check(node, 'api');
		return result.details.last_answer_at === result.details.last_check ? result : undefined;
	};
	let result = await answered();
	while (!result) {
		await delay(100);
		result = await answered();
	}

	assert.deepEqual([result.status, result.details.state], [false, 'down']);
	assert.match(result.details.reason ?? '', /^crash loop: 5 starts in \d+ s; (no response yet|last response)/);
});

testWith(
	['monero-wallet-rpc', 'nginx'],
	'a dead wallet behind nginx is down at once, with or without a visible process',
	async t => {
		const folder = temporaryFolder(t);
		const wallet = await startWallet();
		t.after(wallet.removeFolder);
		t.after(wallet.kill);
		const nginx = await startNginx(wallet.port, 0, folder);
		t.after(nginx.stop);
		const seen = nodeOf({endpoint: {...wallet.endpoint, port: nginx.port}}, {pid: wallet.pid});
		const unseen = nodeOf({endpoint: {...wallet.endpoint, port: nginx.port}});
		const watch = openWatch(t);
		const both = async () =>
			(await watch.cycle([seen, unseen], 'full')).map(({status, details}) => [status, details.state, details.reason]);
		assert.deepEqual(await both(), [
			[true, 'up', undefined],
			[true, 'up', undefined],
		]);
		await wallet.kill();
		const refused = [false, 'down', 'the server answered HTTP 502 Bad Gateway'];
		assert.deepEqual(await both(), [refused, refused]);
	},
);

testWith(['monero-wallet-rpc'], 'a scan with occasional answers is one state', async t => {
	const tip = 1_000_000;
	const daemon = await startScripted(t, {get_info: {result: recordedResult('monerod_get_info.http', {height: tip})}});
	const {port} = await startYielding(t, {stretchMs: 1500, momentMs: 150, blocksPerS: 100});
	const endpoint = {host: '127.0.0.1', port, path: '/json_rpc'};
	const node = nodeOf({endpoint}, {daemon: `127.0.0.1:${daemon.port}`, timeout: '500ms'});
	const watch = openWatch(t);
	let answers = 0;
	let hadLag = false;
	let hadEta = false;
	for (let round = 0; round < 24; round += 1) {
		const {details} = await watch.check(node, round % 4 === 3 ? 'full' : 'api');
		answers += details.last_answer_at === details.last_check ? 1 : 0;
		hadLag ||= details.wallet_lag !== undefined;
		hadEta ||= details.eta_s !== undefined;
		assert.deepEqual([details.wallet_lag !== undefined, details.eta_s !== undefined], [hadLag, hadEta], details.reason);

		await delay(90);
	}

	assert.ok(answers > 1 && hadLag && hadEta, `${answers} answers`);
	const states = watch.transitions.map(({to}) => to);
	assert.ok(['busy', 'degraded,busy'].includes(states.join()), states.join());
});
