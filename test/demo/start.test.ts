import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readFileSync} from 'node:fs';
import {readdir, readFile, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {setTimeout as delay} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {scenarios} from '../../source/demo/scenarios.js';
import {type RunningDemo, type StartDemoOptions, startDemo} from '../../source/demo/start.js';
import type {Node} from '../../source/domain/node/node.js';
import {parseNodeDefinition} from '../../source/domain/node/parse-node.js';
import {eventually, isRunning} from '../helpers/child-processes.js';
import {processorWaitMs} from '../helpers/processor-wait.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {RawConnection} from './raw-connection.js';

const entry = fileURLToPath(new URL('../../source/demo/main.ts', import.meta.url));
const nodeArguments = ['--import', 'tsx'];
const getVersion = '{"jsonrpc":"2.0","id":"0","method":"get_version"}';
const onLinux = {skip: process.platform === 'linux' ? false : 'reads /proc'};

async function start(t: TestContext, options: Partial<StartDemoOptions> = {}): Promise<RunningDemo> {
	const demo = await startDemo({entry, nodeArguments, timeLimitMs: 30_000, ...options});
	t.after(demo.stop);
	return demo;
}

async function readNodes({configDir}: Pick<RunningDemo, 'configDir'>): Promise<Node[]> {
	const file = JSON.parse(await readFile(path.join(configDir, 'nodes.json'), 'utf8'));
	assert.equal(file.schema_version, 1);
	assert.equal(file.next_id, file.nodes.length + 1);
	assert.equal(typeof file.settings, 'object');
	return file.nodes;
}

/** Pids of the running children of a process. */
async function childrenOf(pid: number): Promise<number[]> {
	const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
	return text.trim().split(' ').filter(Boolean).map(Number);
}

/** Bytes that arrived on connections of a local port and were not read. */
function unreadBytes(port: number): number {
	const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
	return readFileSync('/proc/net/tcp', 'utf8')
		.split('\n')
		.map(line => line.trim().split(/\s+/))
		.filter(([, address, , state]) => address === local && state === '01')
		.reduce((sum, [, , , , queues = '']) => sum + Number.parseInt(queues.split(':')[1] ?? '0', 16), 0);
}

/** Waits for a condition, without assuming how long it takes. */
async function until(condition: () => boolean, what: string): Promise<void> {
	const limit = performance.now() + 20_000;
	while (!condition()) {
		assert.ok(performance.now() < limit, `waited too long until ${what}`);
		await delay(10);
	}
}

test('writes a valid, private configuration with several password sources', async t => {
	const demo = await start(t);
	const nodes = await readNodes(demo);
	assert.deepEqual(
		nodes.map(({name}) => name),
		scenarios.map(({name}) => name),
	);
	for (const [index, node] of nodes.entries()) {
		assert.equal(node.id, index + 1);
		assert.deepEqual({id: node.id, ...parseNodeDefinition(node, node.name)}, node);
	}

	assert.ok(nodes.some(node => node.password));
	assert.ok(nodes.some(node => node.tls?.fingerprint));
	assert.ok(nodes.some(node => !node.available));
	const byFile = nodes.find(node => node.login_file);
	assert.equal(path.basename(byFile?.login_file ?? ''), `monero-wallet-rpc.${byFile?.port}.login`);
	assert.match(await readFile(byFile?.login_file ?? '', 'utf8'), /^monero:[A-Za-z\d+/]{24}$/);
	const passwordFile = nodes.find(node => node.password_file)?.password_file ?? '';
	assert.match(await readFile(passwordFile, 'utf8'), /^[A-Za-z\d+/]{24}\n$/);
	assert.equal((await stat(demo.configDir)).mode & 0o777, 0o700);
	for (const name of await readdir(demo.configDir)) {
		const mode = (await stat(path.join(demo.configDir, name))).mode & 0o777;
		assert.equal(mode & 0o177, 0, `${name} is ${mode.toString(8)}`);
	}
});

test('stop() ends every process and removes the folder, also when called twice', onLinux, async t => {
	const demo = await start(t);
	const children = await childrenOf(demo.pid);
	assert.equal(children.length, 2);
	await Promise.all([demo.stop(), demo.stop()]);
	assert.deepEqual([demo.pid, ...children].filter(isRunning), []);
	assert.ok(!existsSync(demo.configDir));
});

test('the busy wallet is a separate process that looks like the real one and works', onLinux, async t => {
	const demo = await start(t);
	const port = (await readNodes(demo)).find(({name}) => name === 'cold-scan')?.port;
	const found = await Promise.all(
		(await childrenOf(demo.pid)).map(async pid => ({
			pid,
			argv: (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0'),
		})),
	);
	const busy = found.find(({argv}) => argv[argv.indexOf('--rpc-bind-port') + 1] === String(port));
	assert.equal(busy?.argv[0], 'monero-wallet-rpc');
	// A child sets its name once it runs; on a loaded machine that may be after the demo is ready.
	const comm = await eventually(
		async () => readFile(`/proc/${busy?.pid}/comm`, 'utf8'),
		name => name === 'monero-wallet-r\n',
	);
	assert.equal(comm, 'monero-wallet-r\n');
	const cpuTicks = async (): Promise<number> => {
		const fields = (await readFile(`/proc/${busy?.pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
		return Number(fields[11]) + Number(fields[12]);
	};
	// Without the time in which no processor was free for it.
	const ownMs = (): number => performance.now() - processorWaitMs(busy?.pid ?? 0) - processorWaitMs('self');
	const [before, startedAtMs] = [await cpuTicks(), ownMs()];
	// At 100 ticks a second, 5 % of a core for 2 s is 10 ticks.
	let after = before;
	while (after - before < 10) {
		assert.ok(ownMs() - startedAtMs < 2000, `${after - before} ticks in 2 s`);
		await delay(50);
		after = await cpuTicks();
	}
});

test('nodes that never answer accept connections; the others answer', async t => {
	const demo = await start(t, {nodes: 10, extraArguments: ['--calm', '--hung', '5', '--login', 'none']});
	const nodes = await readNodes(demo);
	const connections = nodes.map(({port}) => new RawConnection(port));
	t.after(() => {
		for (const connection of connections) {
			connection.destroy();
		}
	});
	const answered: number[] = [];
	const answers = connections.map(async (connection, index) => {
		const {statusLine} = await connection.post(getVersion);
		assert.equal(statusLine, 'HTTP/1.1 200 Ok');
		answered.push(index);
	});
	await until(() => answered.length === 5, 'five nodes have answered');
	// Every second node answered; the others are the hung ones.
	assert.deepEqual(
		answered.toSorted((a, b) => a - b),
		[0, 2, 4, 6, 8],
	);
	void Promise.allSettled(answers);
});

test('ends with its parent, even when that is killed', onLinux, async t => {
	const source = `
		import {startDemo} from ${JSON.stringify(new URL('../../source/demo/start.ts', import.meta.url).href)};
		const {configDir, pid} = await startDemo({entry: ${JSON.stringify(entry)}, nodeArguments: ['--import', 'tsx']});
		console.log(JSON.stringify({configDir, pid}));`;
	const parent = spawn(process.execPath, [...nodeArguments, '--input-type=module', '--eval', source], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	t.after(() => parent.kill('SIGKILL'));
	const [line] = await once(parent.stdout, 'data');
	const {configDir, pid} = JSON.parse(String(line)) as {configDir: string; pid: number};
	const children = await childrenOf(pid);
	assert.equal(children.length, 2);
	parent.kill('SIGKILL');
	await until(() => ![pid, ...children].some(isRunning), 'the demo and its children have ended');
	assert.ok(!existsSync(configDir));
});

test('a signal ends the demo with exit code 0', async t => {
	const child = spawn(process.execPath, [...nodeArguments, entry, '--nodes', '2'], {stdio: ['pipe', 'pipe', 'pipe']});
	t.after(() => child.kill('SIGKILL'));
	const [line] = await once(child.stdout, 'data');
	const {ready, config_dir: configDir} = JSON.parse(String(line));
	assert.equal(ready, true);
	child.kill('SIGINT');
	assert.deepEqual(await once(child, 'exit'), [0, null]);
	assert.ok(!existsSync(configDir));
});

test('refuses a folder with a nodes.json and does not touch it', async t => {
	const folder = temporaryFolder(t);
	await writeFile(path.join(folder, 'nodes.json'), 'mine');
	await assert.rejects(
		start(t, {extraArguments: ['--config-dir', folder]}),
		/ended before it was ready: demo: .* already contains a nodes\.json: use another folder$/,
	);
	assert.deepEqual(await readdir(folder), ['nodes.json']);
	assert.equal(await readFile(path.join(folder, 'nodes.json'), 'utf8'), 'mine');
});

test('keeps a folder that was named', async t => {
	const folder = temporaryFolder(t);
	const demo = await start(t, {nodes: 1, extraArguments: ['--config-dir', folder]});
	assert.equal(demo.configDir, folder);
	await demo.stop();
	assert.ok(existsSync(path.join(folder, 'nodes.json')));
});

test('says in one sentence why it did not start', async () => {
	await assert.rejects(
		startDemo({entry, nodeArguments, extraArguments: ['--noodles']}),
		/^Error: the simulated fleet ended before it was ready: demo: .*--noodles/,
	);
	await assert.rejects(
		startDemo({entry, nodeBinary: '/no/such/node'}),
		/^Error: the simulated fleet cannot be started: .*ENOENT/,
	);
	await assert.rejects(
		startDemo({entry, nodeArguments: ['--eval', 'setInterval(() => {}, 1000)', '--'], timeLimitMs: 300}),
		/^Error: the simulated fleet was not ready within 0\.3 s$/,
	);
});

test('a hung wallet leaves data unread, and ends with the demo', onLinux, async t => {
	const demo = await start(t);
	const port = (await readNodes(demo)).find(({name}) => name === 'payouts')?.port ?? 0;
	// A separate child takes its place as soon as it hangs.
	const hangingPid = async (): Promise<number> => {
		for (const child of await childrenOf(demo.pid)) {
			const commandLine = await readFile(`/proc/${child}/cmdline`, 'utf8');
			if (commandLine.includes('payouts') && (await childrenOf(child)).length > 0) {
				return child;
			}
		}

		return 0;
	};
	const pid = await eventually(hangingPid, found => found > 0);
	for (let asked = 0; asked < 3; asked += 1) {
		const connection = new RawConnection(port);
		t.after(() => connection.destroy());
		void connection.post(getVersion).catch(() => {});
	}

	await until(() => unreadBytes(port) >= 3 * getVersion.length, 'three requests lie unread');
	await demo.stop();
	assert.equal(isRunning(pid), false);
});
