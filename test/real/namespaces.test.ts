import assert from 'node:assert/strict';
import {chownSync, copyFileSync, existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {findWallets} from '../../source/adapters/processes/find-wallets.js';
import {openProcessTable} from '../../source/adapters/processes/process-table.js';
import {renderRemedy} from '../../source/cli/render-remedy.js';
import {recordResult} from '../../source/domain/past/record-result.js';
import {checkNode, nodeAt} from '../helpers/check-node.js';
import {eventually, startChild} from '../helpers/child-processes.js';
import {discoverJson, nobody} from '../helpers/discover-cli.js';
import {makeNetworkNamespace, startContainedWallet} from '../helpers/network-namespace.js';
import {runPidCheck} from '../helpers/pid-check.js';
import {realTest, startWallet} from '../helpers/real-monero.js';
import {findProgram, freePort, type RealProcess, startProcess} from '../helpers/real-process.js';
import {finished, startCli} from '../helpers/run-cli.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const settings = {timeout: '1s'};

/** The options of a wallet that uses nothing outside a folder. */
const offlineWallet = (folder: string): readonly string[] => [
	'--wallet-dir',
	folder,
	'--offline',
	'--rpc-ssl',
	'disabled',
	'--disable-rpc-login',
	'--log-file',
	'/dev/null',
];

async function startSocat(t: TestContext, port: number, target: string): Promise<RealProcess> {
	const folder = temporaryFolder(t);
	const listen = `TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr`;
	const relay = await startProcess(findProgram('socat') ?? 'socat', [listen, `TCP:${target}`], {
		cwd: folder,
		home: folder,
	});
	t.after(relay.kill);
	await eventually(
		async () => (await openProcessTable().listenerOf('127.0.0.1', port))?.pid,
		pid => pid === relay.pid,
	);
	return relay;
}

realTest('two containers with the same port inside: each node belongs to its own process', async t => {
	const [one, two] = [makeNetworkNamespace(t), makeNetworkNamespace(t)];
	if (!one || !two) {
		return;
	}

	const port = await freePort();
	const first = await startContainedWallet(t, one, {port});
	const second = await startContainedWallet(t, two, {port});
	const nodes = {
		first: nodeAt(port, {host: one.address}),
		second: nodeAt(port, {host: two.address}),
		here: nodeAt(port),
	};
	const seen = await checkNode(nodes.first, 'full', {settings});
	const nodeState = recordResult({}, seen);

	await t.test('both work, and each has its own pid', async () => {
		const {details} = await checkNode(nodes.second, 'full', {settings});
		assert.deepEqual([seen.details.state, details.state], ['up', 'up']);
		assert.deepEqual([seen.details.checks.pid.details.pid, details.checks.pid.details.pid], [first.pid, second.pid]);
	});

	await t.test('finds both with the address at which they are reached from here', async () => {
		const {found} = await findWallets(renderRemedy);
		const places = [first, second].map(({pid}) => found.find(wallet => wallet.pid === pid)?.definition);
		assert.deepEqual(
			places.map(definition => [definition?.host, definition?.port]),
			[
				[one.address, port],
				[two.address, port],
			],
		);
	});

	await t.test('a node of this machine with that port has neither process', async () => {
		const {details} = await checkNode(nodes.here, 'full', {settings});
		const {message, reason} = details.checks.pid.details;
		assert.deepEqual([details.state, message], ['down', 'PID not set']);
		assert.match(reason ?? '', /^no pid is configured, and .*: pid \d+ uses that port in another network namespace$/);
		const poisoned = await checkNode(nodes.here, 'pid', {nodeState});
		assert.equal(poisoned.details.message, 'PID not set', 'a process remembered from another namespace is not kept');
	});

	await t.test('finds the wallet behind a relay, and names the relay', async t => {
		const outer = await freePort();
		const relay = await startSocat(t, outer, `${one.address}:${port}`);
		const table = openProcessTable();
		const found = await table.findByRpcPort('127.0.0.1', outer);
		assert.equal(found.pid, first.pid);
		const holder = await table.listenerOf('127.0.0.1', outer);
		assert.deepEqual([holder?.pid, holder?.isWallet], [relay.pid, false]);
		assert.match(holder?.program ?? '', /^socat1?$/);
		const {details} = await checkNode(nodeAt(outer), 'full', {settings});
		assert.deepEqual([details.state, details.checks.pid.details.pid], ['up', first.pid]);
	});

	await t.test('one wallet is frozen, its neighbor works', async () => {
		first.freeze();
		const {details} = await checkNode(nodes.first, 'full', {settings});
		assert.deepEqual([details.state, details.checks.pid.details.pid], ['down', first.pid]);
		assert.match(details.reason ?? '', /stopped/);
		assert.match(details.hint ?? '', new RegExp(`kill -CONT ${first.pid}$`));
		assert.equal((await checkNode(nodes.second, 'api', {settings})).details.state, 'up');
		first.thaw();
	});

	await t.test('one wallet is dead, its neighbor works', async t => {
		const outer = await freePort();
		const relay = await startSocat(t, outer, `${one.address}:${port}`);
		await first.kill();
		const {details} = await checkNode(nodes.first, 'full', {settings, nodeState});
		assert.equal(details.state, 'down');
		const gone = details.checks.pid.details;
		assert.deepEqual([gone.message, gone.pid, gone.state], ['Process not found', first.pid, 'down']);
		assert.match(details.hint ?? '', /^The process is gone, and with it its own network, which had the address /);
		assert.doesNotMatch(JSON.stringify(details), new RegExp(`"pid":${second.pid}\\b|kill`));
		const behind = await checkNode(nodeAt(outer), 'pid', {nodeState});
		assert.equal(behind.details.message, 'Process not found');
		assert.match(behind.details.reason ?? '', new RegExp(`; port ${outer} is used by socat1? \\(pid ${relay.pid}\\)$`));
		const {details: alive} = await checkNode(nodes.second, 'full', {settings});
		assert.deepEqual([alive.state, alive.checks.pid.details.pid], ['up', second.pid]);
	});
});

realTest('containers of others: what may not be looked into is judged by its own process, or by none', async t => {
	if (process.getuid?.() !== 0) {
		t.skip('only root can become another user');
		return;
	}

	const [one, two] = [makeNetworkNamespace(t), makeNetworkNamespace(t)];
	if (!one || !two) {
		return;
	}

	const port = await freePort();
	const [first, second] = await Promise.all([
		startContainedWallet(t, one, {port}),
		startContainedWallet(t, two, {port}),
	]);
	const configDir = temporaryFolder(t);
	chownSync(configDir, nobody, nobody);
	const asNobody = async (args: readonly string[]) =>
		finished(startCli(args, {configDir, uid: nobody, env: {HOME: configDir}}));
	for (const [name, host] of [
		['first', one.address],
		['second', two.address],
		['here', '127.0.0.1'],
		['never', one.hostAddress.replace(/^10\.210/, '10.211')],
	] as const) {
		const {code, stderr} = await asNobody(['nodes', 'add', name, '--host', host, '--port', String(port)]);
		assert.equal(code, 0, stderr);
	}

	const looks = async () => {
		const {stdout} = await asNobody(['status', '--json', '--method', 'pid']);
		const {nodes} = JSON.parse(stdout) as {
			nodes: ReadonlyArray<{name: string; message: string; details: {pid?: number}}>;
		};
		return Object.fromEntries(nodes.map(({name, message, details}) => [name, [message, details.pid]]));
	};
	const others = {
		second: ['Process is running', second.pid],
		here: ['PID not set', undefined],
		never: ['PID cannot be checked on a remote host', undefined],
	};
	assert.deepEqual(await looks(), {first: ['Process is running', first.pid], ...others});
	const {of} = await discoverJson(configDir, [], nobody);
	assert.deepEqual(
		[first, second].map(({pid}) => [of(pid).definition?.host, of(pid).definition?.port, of(pid).definition?.daemon]),
		[
			[one.address, port, undefined],
			[two.address, port, undefined],
		],
		'the address from here, and no daemon on the loopback of another network',
	);

	first.freeze();
	const frozen = await asNobody(['status', '--json', '--method', 'full', '--timeout', '1s', 'first', 'second']);
	const states = (JSON.parse(frozen.stdout) as {nodes: ReadonlyArray<{state: string; reason?: string}>}).nodes;
	assert.deepEqual(
		states.map(({state}) => state),
		['down', 'up'],
	);
	assert.match(states[0]?.reason ?? '', /stopped by a signal/);
	first.thaw();
	await first.kill();
	assert.deepEqual(await looks(), {first: ['Process not found', first.pid], ...others});
});

realTest('a port that is held by the conmon of a container: the one wallet in there serves it', async t => {
	const space = makeNetworkNamespace(t);
	if (!space) {
		return;
	}

	const folder = temporaryFolder(t);
	const [outer, inner] = [await freePort(), await freePort()];
	// Holds the port, as conmon does while the packet filter forwards it, and starts what runs in the container.
	const script = `
		require('net').createServer().listen(${outer}, '127.0.0.1', () => {
			const [, , , , , file, ...args] = process.argv.slice(1);
			require('child_process').spawn(file, args, {stdio: 'inherit'});
		});`;
	const options = offlineWallet(folder);
	const wallet = ['monero-wallet-rpc', '--rpc-bind-ip=0.0.0.0', '--confirm-external-bind', ...options];
	const id = 'a'.repeat(64);
	const args = [
		'-e',
		script,
		'--',
		'-c',
		id,
		'-n',
		'shop',
		'--',
		...space.launcher,
		...wallet,
		'--rpc-bind-port',
		String(inner),
	];
	const conmon = startChild(t, process.execPath, args, {argv0: 'conmon', cwd: folder});
	const found = await eventually(
		() => openProcessTable().findByRpcPort('127.0.0.1', outer),
		search => search.pid !== undefined,
		60_000,
	);
	assert.ok(found.pid !== undefined, JSON.stringify(found));
	assert.equal(found.relay?.pid, conmon.pid);
	assert.equal((await openProcessTable().findByRpcPort(space.address, inner)).pid, found.pid);
	assert.equal((await runPidCheck({port: outer})).details.message, 'Process is running');
	process.kill(found.pid, 'SIGKILL');
});

realTest('two wallets on one port, at 127.0.0.1 and 127.0.0.2: matched by socket', async t => {
	const one = await startWallet();
	t.after(one.stop);
	const {port} = one;
	const two = await startWallet({
		port,
		host: '127.0.0.2',
		extraArgs: ['--rpc-bind-ip=127.0.0.2', '--confirm-external-bind'],
	});
	t.after(two.stop);
	const pidOf = async (host: string) => (await runPidCheck({host, port})).details;
	assert.deepEqual([(await pidOf('127.0.0.1')).pid, (await pidOf('127.0.0.2')).pid], [one.pid, two.pid]);
	await one.kill();
	const gone = await pidOf('127.0.0.1');
	assert.equal(gone.message, 'PID not set');
	assert.match(gone.reason ?? '', new RegExp(`pid ${two.pid} uses that port at another address$`));
	assert.equal((await pidOf('127.0.0.2')).pid, two.pid);
});

realTest('a pid file written in another pid namespace', async t => {
	if (!findProgram('unshare') || process.getuid?.() !== 0) {
		t.skip('needs root');
		return;
	}

	const folder = temporaryFolder(t);
	const port = await freePort();
	const file = path.join(folder, 'wallet.pid');
	const options = offlineWallet(folder);
	const command = `monero-wallet-rpc ${options.join(' ')} --rpc-bind-port ${port} --pidfile ${file} --detach; exec sleep 1000`;
	const container = await startProcess('unshare', ['-p', '-f', '--kill-child', '--mount-proc', 'sh', '-c', command], {
		cwd: folder,
		home: folder,
	});
	t.after(container.kill);
	const found = await eventually(
		() => openProcessTable().findByRpcPort('127.0.0.1', port),
		search => search.pid !== undefined && search.evidence === 'socket' && existsSync(file),
		60_000,
	);
	const written = Number(readFileSync(file, 'utf8'));
	assert.ok(found.pid !== undefined && written !== found.pid && written < 100, `${written} ${found.pid}`);
	const result = await runPidCheck({port, pid_file: file});
	assert.deepEqual([result.details.message, result.details.pid], ['Process is running', found.pid]);
	const other = await runPidCheck({port, pid: written + 1});
	assert.match(
		other.details.reason ?? '',
		new RegExp(`; pid ${found.pid} \\(number ${written} in its own pid namespace\\) now serves port ${port}$`),
	);

	await container.kill();
	// The kernel ends the processes of the namespace one after the other.
	const gone = await eventually(
		() => runPidCheck({port, pid_file: file}, recordResult({}, result)),
		({details}) => details.state !== 'up',
	);
	assert.equal(gone.details.state, 'down');
	assert.match(gone.details.reason ?? '', new RegExp(`^pid ${written} `));
});

realTest('wallets by other names: versioned, with any name, and started by the dynamic loader', async t => {
	const folder = temporaryFolder(t);
	const program = findProgram('monero-wallet-rpc') ?? '';
	const loader = ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1'].find(existsSync);
	const names = ['monero-wallet-rpc-v2', 'payments'].map(name => path.join(folder, name));
	for (const name of names) {
		copyFileSync(program, name);
	}

	const commands = [...names.map(name => [name]), ...(loader ? [[loader, program]] : [])];
	const started: RealProcess[] = [];
	for (const [file = '', ...before] of commands) {
		const port = await freePort();
		const options = ['--wallet-dir', folder, '--rpc-bind-port', String(port), '--disable-rpc-login', '--offline'];
		const args = [...before, ...options, '--rpc-ssl', 'disabled', '--log-file', '/dev/null'];
		const wallet = await startProcess(file, args, {cwd: folder, home: folder});
		t.after(wallet.kill);
		started.push(wallet);
		const node = nodeAt(port);
		await eventually(
			() => checkNode(node, 'api'),
			({status}) => status,
			60_000,
		);
		for (const fields of [{port}, {port, pid: wallet.pid}]) {
			const {details} = await runPidCheck(fields);
			assert.deepEqual([details.message, details.pid], ['Process is running', wallet.pid], file);
			assert.equal(details.is_monero_process, true);
			assert.match(details.cmdline ?? '', /--wallet-dir \S+ --rpc-bind-port \d+ --disable-rpc-login/);
		}

		wallet.freeze();
		const {details} = await checkNode(node, 'api', {settings});
		assert.equal(details.state, 'down', file);
		assert.match(details.reason ?? '', /stopped/);
	}

	const {stdout} = await discoverJson(path.join(folder, 'config'));
	for (const {pid} of started) {
		assert.match(stdout, new RegExp(`"pid":${pid},`));
	}
});
