import assert from 'node:assert/strict';
import {once} from 'node:events';
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {connect} from 'node:net';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {openProcessTable} from '../../source/adapters/processes/process-table.js';
import type {PidDetails, Result} from '../../source/domain/check-result.js';
import {recordResult} from '../../source/domain/past/record-result.js';
import {eventually} from '../helpers/child-processes.js';
import {runPidCheck} from '../helpers/pid-check.js';
import {realTest} from '../helpers/real-monero.js';
import {findProgram, freePort, type RealProcess, startProcess} from '../helpers/real-process.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

/** Starts a wallet and does not wait for its port: its process is visible at once. */
async function startWallet(t: TestContext, flags: readonly string[], folder: string): Promise<RealProcess> {
	mkdirSync(path.join(folder, 'wallets'), {recursive: true});
	const common = ['--wallet-dir', 'wallets', '--offline', '--rpc-ssl', 'disabled', '--log-file', 'wallet.log'];
	const program = findProgram('monero-wallet-rpc') ?? 'monero-wallet-rpc';
	const wallet = await startProcess(program, [...common, ...flags], {cwd: folder, home: folder});
	t.after(wallet.kill);
	return wallet;
}

async function isListening(port: number): Promise<boolean> {
	const socket = connect(port, '127.0.0.1');
	try {
		await once(socket, 'connect');
		return true;
	} catch {
		return false;
	} finally {
		socket.destroy();
	}
}

function expectRunning({status, details}: Result<PidDetails>, pid: number): PidDetails {
	assert.deepEqual({status, state: details.state}, {status: true, state: 'up'}, details.reason);
	assert.equal(details.message, 'Process is running');
	assert.equal(details.pid, pid);
	assert.equal(details.is_monero_process, true);
	assert.equal(details.reason, undefined);
	return details;
}

realTest('finds a wallet by its flags, then reports it ended and restarted, and never shows its login', async t => {
	const folder = temporaryFolder(t);
	const port = await freePort();
	const first = await startWallet(t, ['--rpc-bind-port', String(port), '--rpc-login', 'user:hunter2'], folder);
	const result = await runPidCheck({port});
	const {cmdline = ''} = expectRunning(result, first.pid);
	assert.match(cmdline, /^\S*\/monero-wallet-rpc .* --rpc-login \*\*\*$/);
	assert.ok(!JSON.stringify(result).includes('hunter2'));

	await first.kill();
	const nodeState = recordResult({}, result);
	const {details: gone} = await runPidCheck({port}, nodeState);
	assert.equal(gone.message, 'Process not found');
	assert.equal(gone.reason, `pid ${first.pid} does not exist`);

	const second = await startWallet(t, [`--rpc-bind-p=${port}`, '--rpc-lo=user:hunter2'], folder);
	const again = await runPidCheck({port}, nodeState);
	expectRunning(again, second.pid);
	assert.ok(!JSON.stringify(again).includes('hunter2'));
	const {details: configured} = await runPidCheck({port, pid: first.pid}, nodeState);
	assert.equal(configured.message, 'Process not found');
	assert.equal(configured.reason, `pid ${first.pid} is gone; pid ${second.pid} now serves port ${port}`);
});

realTest('finds a wallet by its configuration file alone, and by its socket once the file changed', async t => {
	const folder = temporaryFolder(t);
	const port = await freePort();
	const file = path.join(folder, 'w.conf');
	writeFileSync(file, `# wallet\nrpc-bind-port = ${port}\nrpc-login=user:hunter2\n`);
	const {pid} = await startWallet(t, ['--config-file', 'w.conf'], folder);
	expectRunning(await runPidCheck({port}), pid);
	assert.equal(await eventually(() => isListening(port), Boolean, 60_000), true);
	writeFileSync(file, '# moved\n');
	expectRunning(await runPidCheck({port}), pid);
	assert.equal(await openProcessTable().servesRpcPort(pid, '127.0.0.1', port), true);
});

realTest('finds a detached wallet by the pid file it writes', async t => {
	const folder = temporaryFolder(t);
	const port = await freePort();
	const file = path.join(folder, 'wallet.pid');
	await startWallet(t, ['--rpc-bind-port', String(port), '--disable-rpc-login', '--detach', '--pidfile', file], folder);
	const text = await eventually(
		async () => (existsSync(file) ? readFileSync(file, 'utf8') : ''),
		content => content.endsWith('\n'),
		60_000,
	);
	const pid = Number(text);
	assert.ok(pid > 1, text);
	t.after(() => process.kill(pid, 'SIGKILL'));
	expectRunning(await runPidCheck({port, pid_file: file}), pid);
});
