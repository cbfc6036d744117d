import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it, type TestContext} from 'node:test';
import {fileURLToPath} from 'node:url';
import {openProcessTable} from '../../source/adapters/processes/process-table.js';
import type {PidDetails, Result} from '../../source/domain/check-result.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import type {ProcessTable} from '../../source/domain/ports.js';
import {eventually, firstLine, startChild, startNamed} from '../helpers/child-processes.js';
import {runPidCheck} from '../helpers/pid-check.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const wallet = 'monero-wallet-rpc';
const nobody = 65_534;
const helper = (name: string) => fileURLToPath(new URL(`../helpers/${name}`, import.meta.url));
/**
 * These processes bind no port: the numbers only have to differ from real ones, from the ephemeral ports (32768 and up)
 * and from each other.
 */
let nextPort = 10_000 + (process.pid % 9000);
const freshPort = () => (nextPort += 1);

/** Checks a verdict, and that there is a reason exactly when one is due. */
function expectVerdict(
	{status, details}: Result<PidDetails>,
	message: string,
	state: PidDetails['state'],
	reason?: string | RegExp,
): PidDetails {
	assert.equal(details.message, message);
	assert.equal(details.state, state);
	assert.equal(status, state === 'up' || state === 'degraded');
	assert.equal(details.method, 'pid');
	assert.ok(details.latency_ms >= 0 && details.latency_ms < 60_000);
	assert.equal(new Date(details.last_check).toISOString(), details.last_check);
	if (reason instanceof RegExp) {
		assert.match(details.reason ?? '', reason);
	} else {
		assert.equal(details.reason, reason);
	}

	return details;
}

/** The remembered state of a process seen running. */
function memoryOf({pid, started_at, start_ticks}: PidDetails): NodeState {
	assert.ok(pid !== undefined && started_at !== undefined);
	return {process: {pid, started_at, ...(start_ticks === undefined ? {} : {start_ticks})}};
}

async function goneProcess(test: TestContext): Promise<NodeState & {readonly pid: number}> {
	const {pid, end} = startNamed(test, wallet);
	const {details} = await runPidCheck({pid});
	await end();
	return {pid, ...memoryOf(details)};
}

function temporaryFile(test: TestContext, content: string): string {
	const file = path.join(temporaryFolder(test), 'wallet.pid');
	writeFileSync(file, content);
	return file;
}

describe('Process is running', () => {
	it('a configured pid, with all facts and no secret', async t => {
		const parameters = [
			'--rpc-bind-port',
			'18083',
			'--rpc-login',
			'user:hunter2',
			'--rpc-lo=user:hunter2',
			'own-secret',
		];
		const {pid} = startNamed(t, wallet, parameters);
		const result = await runPidCheck({pid, username: 'user', password: 'own-secret'});
		const details = expectVerdict(result, 'Process is running', 'up');
		assert.equal(details.pid, pid);
		assert.equal(details.is_monero_process, true);
		assert.equal(
			details.cmdline,
			'monero-wallet-rpc -c *** *** --rpc-bind-port 18083 --rpc-login *** --rpc-lo=*** ***',
		);
		assert.ok(Math.abs(Date.parse(details.started_at ?? '') - Date.now()) < 10_000);
		assert.equal(details.stopped, undefined);
		assert.ok(!JSON.stringify(result).includes('hunter2'));
	});

	it('a pid file', async t => {
		const {pid} = startNamed(t, wallet);
		const result = await runPidCheck({pid_file: temporaryFile(t, `${pid}\n`)});
		assert.equal(expectVerdict(result, 'Process is running', 'up').pid, pid);
	});

	it('found by its port', async t => {
		const port = freshPort();
		const {pid} = startNamed(t, wallet, ['--rpc-bind-port', String(port)]);
		assert.equal(expectVerdict(await runPidCheck({port}), 'Process is running', 'up').pid, pid);
	});

	it('found by its port while the pid file is missing', async t => {
		const port = freshPort();
		const {pid} = startNamed(t, wallet, ['--rpc-bind-port', String(port)]);
		const result = await runPidCheck({port, pid_file: '/nonexistent/wallet.pid'});
		assert.equal(expectVerdict(result, 'Process is running', 'up').pid, pid);
	});

	it('remembered, when nothing else is known', async t => {
		const {pid} = startNamed(t, wallet, ['--rpc-bind-port=18083']);
		const {details} = await runPidCheck({pid});
		const table = openProcessTable();
		const withoutList: ProcessTable = {
			...table,
			findByRpcPort: async () => assert.fail('the remembered process lives: the list need not be read'),
		};
		const result = await runPidCheck({port: 18_083}, memoryOf(details), withoutList);
		assert.equal(expectVerdict(result, 'Process is running', 'up').pid, pid);
	});

	it('restarted: found by its port after the remembered one has ended', async t => {
		const port = freshPort();
		const nodeState = await goneProcess(t);
		const {pid} = startNamed(t, wallet, ['--rpc-bind-port', String(port)]);
		assert.equal(expectVerdict(await runPidCheck({port}, nodeState), 'Process is running', 'up').pid, pid);
	});

	it('restarted: the pid file names another pid than the remembered one', async t => {
		const nodeState = await goneProcess(t);
		const {pid} = startNamed(t, wallet);
		const result = await runPidCheck({pid_file: temporaryFile(t, String(pid))}, nodeState);
		assert.equal(expectVerdict(result, 'Process is running', 'up').pid, pid);
	});

	it('stopped by a signal: still running, with the stop in reason and details', async t => {
		const {pid, child} = startNamed(t, wallet);
		child.kill('SIGSTOP');
		const result = await eventually(
			() => runPidCheck({pid}),
			({details}) => details.stopped === true,
		);
		const reason = 'the process is stopped by a signal';
		assert.equal(expectVerdict(result, 'Process is running', 'degraded', reason).stopped, true);
	});

	it('a start time that differs by a second without known ticks is the same process', async t => {
		const {pid} = startNamed(t, wallet);
		const {details} = await runPidCheck({pid});
		const startedAt = new Date(Date.parse(details.started_at ?? '') + 1500).toISOString();
		expectVerdict(await runPidCheck({pid}, {process: {pid, started_at: startedAt}}), 'Process is running', 'up');
	});
});

describe('Process not found', () => {
	it('a configured pid', async t => {
		const {pid} = await goneProcess(t);
		const result = await runPidCheck({pid, port: freshPort()});
		assert.equal(expectVerdict(result, 'Process not found', 'down', `pid ${pid} does not exist`).pid, pid);
	});

	it('a remembered process', async t => {
		const {pid, ...nodeState} = await goneProcess(t);
		const result = await runPidCheck({port: freshPort()}, nodeState);
		expectVerdict(result, 'Process not found', 'down', `pid ${pid} does not exist`);
	});

	it('a remembered process whose pid file is missing too', async t => {
		const {pid, ...nodeState} = await goneProcess(t);
		const result = await runPidCheck({port: freshPort(), pid_file: '/nonexistent/wallet.pid'}, nodeState);
		const reason = `pid ${pid} does not exist; pid file /nonexistent/wallet.pid cannot be read: no such file or directory`;
		expectVerdict(result, 'Process not found', 'down', reason);
	});

	it('a zombie process', async t => {
		// cat never waits for the child that it inherits from the shell.
		const parent = startChild(t, '/bin/sh', ['-c', 'sleep 1000 & echo $!; exec cat']);
		const pid = Number(await firstLine(parent.child));
		await eventually(
			() => runPidCheck({pid: parent.pid, port: 1}),
			({details}) => details.cmdline === 'cat',
		);
		process.kill(pid, 'SIGKILL');
		const result = await eventually(
			() => runPidCheck({pid, port: 1}),
			({details}) => details.message === 'Process not found',
		);
		expectVerdict(
			result,
			'Process not found',
			'down',
			`pid ${pid} has exited but was not reaped by its parent (zombie)`,
		);
	});

	it('a configured pid with a successor on its port: names both', async t => {
		const port = freshPort();
		const {pid: gone} = await goneProcess(t);
		const {pid} = startNamed(t, wallet, ['--rpc-bind-port', String(port)]);
		for (const fields of [{pid: gone}, {pid_file: temporaryFile(t, String(gone))}]) {
			const result = await runPidCheck({...fields, port});
			const reason = `pid ${gone} is gone; pid ${pid} now serves port ${port}`;
			assert.equal(expectVerdict(result, 'Process not found', 'down', reason).pid, gone);
		}
	});
});

describe('Process exists but not monero-wallet-rpc', () => {
	it('names the program that has the pid', async t => {
		const {pid} = startChild(t, 'sleep', ['1000']);
		const result = await runPidCheck({pid, port: freshPort()});
		const details = expectVerdict(
			result,
			'Process exists but not monero-wallet-rpc',
			'down',
			/^pid \d+ is (?:sleep|coreutils|busybox), not monero-wallet-rpc$/,
		);
		assert.equal(details.is_monero_process, false);
		assert.match(details.cmdline ?? '', /^(?:sleep|coreutils|busybox) \(1 argument\)$/);
		assert.equal(details.pid, pid);
	});

	it('ignores a wallet in the arguments, and removes terminal codes from a name', async t => {
		const {pid} = startNamed(t, '\u001B]0;evil\u0007sh\u202E', [wallet]);
		const result = await runPidCheck({pid, port: freshPort()});
		const details = expectVerdict(result, 'Process exists but not monero-wallet-rpc', 'down', /not monero-wallet-rpc$/);
		assert.match(details.cmdline ?? '', /^\w+ \(4 arguments\)$/);
	});
});

describe('PID was reused by another process', () => {
	const startedBefore = '2026-11-17T09:12:40.120Z';

	it('by another program', async t => {
		const {pid} = startChild(t, 'sleep', ['1000']);
		const result = await runPidCheck({pid, port: freshPort()}, {process: {pid, started_at: startedBefore}});
		const details = expectVerdict(
			result,
			'PID was reused by another process',
			'down',
			/^pid \d+ is now another process \(\w+\): it started \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, the wallet seen earlier started 2026-11-17 09:12:40 UTC$/,
		);
		assert.equal(details.pid, pid);
		assert.equal(details.is_monero_process, false);
	});

	it('by the wallet of another port', async t => {
		const {pid} = startNamed(t, wallet, ['--rpc-bind-port', String(freshPort())]);
		const result = await runPidCheck({pid, port: freshPort()}, {process: {pid, started_at: startedBefore}});
		const {is_monero_process: isMonero} = expectVerdict(
			result,
			'PID was reused by another process',
			'down',
			/^pid \d+ is now another process/,
		);
		assert.equal(isMonero, true);
	});

	it('known only from the last check', async t => {
		const {pid} = startChild(t, 'sleep', ['1000']);
		const result = await runPidCheck({port: freshPort()}, {process: {pid, started_at: startedBefore}});
		expectVerdict(result, 'PID was reused by another process', 'down', /now another process/);
	});

	it('distinguished by ticks alone when the start time is the same', async t => {
		const {pid} = startNamed(t, wallet);
		const {details} = await runPidCheck({pid});
		const {process} = memoryOf(details);
		assert.ok(process?.start_ticks !== undefined);
		const nodeState = {process: {...process, start_ticks: process.start_ticks - 1}};
		const result = await runPidCheck({pid, port: freshPort()}, nodeState);
		expectVerdict(result, 'PID was reused by another process', 'down', /\.\d{3} UTC, .*\.\d{3} UTC$/);
	});

	it('not when the process with this pid serves the port again, as in a container', async t => {
		const port = freshPort();
		const {pid} = startNamed(t, wallet, ['--rpc-bind-port', String(port)]);
		const nodeState: NodeState = {process: {pid, started_at: startedBefore}};
		expectVerdict(await runPidCheck({pid, port}, nodeState), 'Process is running', 'up');
		expectVerdict(await runPidCheck({port}, nodeState), 'Process is running', 'up');
	});

	it('really reused by the kernel', t => {
		const port = '18083';
		const results = runInNamespace<Array<Result<PidDetails>>>(t, [
			process.execPath,
			'--import',
			'tsx',
			helper('reuse-pid.ts'),
			JSON.stringify([
				{argv0: wallet, parameters: ['--rpc-bind-port', port]},
				{argv0: 'nginx', parameters: []},
				{argv0: wallet, parameters: ['--rpc-bind-port', '18999']},
				{argv0: wallet, parameters: ['--rpc-bind-port', port]},
			]),
		]);
		if (!results) {
			return;
		}

		const [first, another, otherWallet, restarted] = results;
		assert.ok(first && another && otherWallet && restarted);
		const {pid} = expectVerdict(first, 'Process is running', 'up');
		for (const reused of [another, otherWallet]) {
			const details = expectVerdict(reused, 'PID was reused by another process', 'down', /now another process/);
			assert.equal(details.pid, pid);
		}

		assert.equal(expectVerdict(restarted, 'Process is running', 'up').pid, pid);
	});
});

describe('PID not set', () => {
	it('no pid given, seen or found', async () => {
		const port = freshPort();
		const reason = `no pid is configured, and no monero-wallet-rpc for port ${port} was found on this machine`;
		const details = expectVerdict(await runPidCheck({port}), 'PID not set', 'unknown', reason);
		assert.equal(details.pid, undefined);
	});

	it('a pid file that cannot be used', async t => {
		const port = freshPort();
		const missing = 'pid file /nonexistent/wallet.pid cannot be read: no such file or directory';
		expectVerdict(await runPidCheck({port, pid_file: '/nonexistent/wallet.pid'}), 'PID not set', 'unknown', missing);
		const file = temporaryFile(t, 'not a number\n');
		const invalid = `pid file ${file} cannot be read: it does not contain a pid`;
		expectVerdict(await runPidCheck({port, pid_file: file}), 'PID not set', 'unknown', invalid);
	});

	it('a remembered process on another port than the node has now', async t => {
		const {pid} = startNamed(t, wallet, ['--rpc-bind-port', String(freshPort())]);
		const {details} = await runPidCheck({pid});
		const result = await runPidCheck({port: freshPort()}, memoryOf(details));
		expectVerdict(result, 'PID not set', 'unknown', /was found on this machine$/);
	});
});

describe('PID cannot be checked on a remote host', () => {
	it('even with a pid given', async () => {
		for (const fields of [{}, {pid: process.pid}, {pid_file: '/nonexistent/wallet.pid'}]) {
			const result = await runPidCheck({host: 'wallet.example', ...fields});
			const reason = 'wallet.example is not this machine';
			const details = expectVerdict(result, 'PID cannot be checked on a remote host', 'unknown', reason);
			assert.equal(details.pid, undefined);
		}
	});
});

describe('the address of a container that has ended', () => {
	// Of the networks for documentation: none of this machine's.
	const host = '198.51.100.7';
	const container = '0123456789abcdef'.repeat(4);
	const seenAt = (nodeState: NodeState, network_host = host): NodeState => ({
		process: {...nodeState.process, network_host, container, container_engine: 'podman'} as never,
	});

	it('Process not found, and where it ran', async t => {
		const gone = await goneProcess(t);
		const result = await runPidCheck({host}, seenAt(gone));
		const reason = `pid ${gone.pid} does not exist; it ran in podman 0123456789ab`;
		assert.equal(expectVerdict(result, 'Process not found', 'down', reason).pid, gone.pid);
		const named = {process: {...seenAt(gone).process, container_name: 'shop'} as never};
		assert.match((await runPidCheck({host}, named)).details.reason ?? '', /; it ran in podman shop$/);
	});

	it('another address than the remembered one is still a remote host', async t => {
		const gone = await goneProcess(t);
		for (const nodeState of [seenAt(gone, '198.51.100.8'), {process: gone.process} as NodeState]) {
			const result = await runPidCheck({host}, nodeState);
			expectVerdict(result, 'PID cannot be checked on a remote host', 'unknown', `${host} is not this machine`);
		}

		const proxied = await runPidCheck({host, proxy: 'socks5h://127.0.0.1:9050'}, seenAt(gone));
		expectVerdict(proxied, 'PID cannot be checked on a remote host', 'unknown', `${host} is behind a proxy`);
	});

	it('its number was given to another process', async t => {
		const {pid} = startNamed(t, wallet);
		const {details} = await runPidCheck({pid});
		const before = seenAt(memoryOf({...details, start_ticks: (details.start_ticks ?? 0) - 1000}));
		const result = await runPidCheck({host}, before);
		const reason = new RegExp(`^pid ${pid}, which ran in podman 0123456789ab, is now another process `);
		expectVerdict(result, 'PID was reused by another process', 'down', reason);
	});

	it('it still runs, and its network has the address no more', async t => {
		const {pid} = startNamed(t, wallet);
		const {details} = await runPidCheck({pid});
		const result = await runPidCheck({host}, seenAt(memoryOf(details)));
		expectVerdict(
			result,
			'PID cannot be checked on a remote host',
			'unknown',
			/still runs, but that address was not found in its network/,
		);
	});
});

const isRoot = process.getuid?.() === 0;

describe('processes of other users', {skip: isRoot ? false : 'only root can become another user'}, () => {
	const asNobody = (fields: object) => [
		process.execPath,
		'--import',
		'tsx',
		helper('run-pid-check.ts'),
		JSON.stringify({fields, uid: nobody}),
	];

	it('are alive', async t => {
		const port = freshPort();
		const {pid} = startNamed(t, wallet, ['--rpc-bind-port', String(port), '--rpc-login', 'user:hunter2']);
		for (const fields of [{pid}, {port}]) {
			const [command = '', ...parameters] = asNobody(fields);
			const {stdout, stderr} = spawnSync(command, parameters, {encoding: 'utf8', cwd: repository});
			const details = expectVerdict(JSON.parse(stdout || stderr), 'Process is running', 'up');
			assert.equal(details.pid, pid);
			assert.equal(details.is_monero_process, true);
			assert.match(details.cmdline ?? '', /--rpc-login \*\*\*$/);
		}
	});

	for (const hidepid of [1, 2]) {
		it(`may be hidden (hidepid=${hidepid})`, t => {
			// Pid 1 of the namespace is the shell of root that runs this, so it is hidden from nobody.
			const script = 'mount -t proc -o "hidepid=$1" proc /proc || exit 77; shift; "$@"; exit $?';
			const results = runInNamespace<Result<PidDetails>>(t, [
				'/bin/sh',
				'-c',
				script,
				'sh',
				String(hidepid),
				...asNobody({pid: 1}),
			]);
			if (!results) {
				return;
			}

			const reason = 'pid 1 exists, but this user is not permitted to inspect it';
			const details = expectVerdict(results, 'Process exists but is hidden from this user', 'unknown', reason);
			assert.equal(details.pid, 1);
			assert.equal(details.cmdline, undefined);
		});
	}
});

const repository = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs a command as the first process of a new pid namespace, and parses its output as JSON.
 * @returns `undefined`, and skips the test, if that is not permitted
 */
function runInNamespace<T>(test: TestContext, command: readonly string[]): T | undefined {
	const flags = ['--pid', '--fork', '--mount-proc'];
	if (spawnSync('unshare', [...flags, 'true']).status !== 0) {
		test.skip('namespaces are not permitted here');
		return undefined;
	}

	const {status, stdout, stderr} = spawnSync('unshare', [...flags, ...command], {encoding: 'utf8', cwd: repository});
	if (status === 77) {
		test.skip('/proc cannot be mounted here');
		return undefined;
	}

	assert.equal(status, 0, stderr);
	return JSON.parse(stdout) as T;
}
