import assert from 'node:assert/strict';
import type {TestContext} from 'node:test';
import {openPtyScreen} from '../helpers/pty-screen.js';
import {freePort} from '../helpers/real-process.js';
import {startSshd} from '../helpers/real-sshd.js';
import {type RunningCli, runningCli} from '../helpers/running-cli.js';
import {folderOf, startWallet} from '../helpers/switchable-wallet.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {testWith} from '../helpers/test-with.js';

const row = (state: string, host: string, name: string, message: string): RegExp =>
	new RegExp(`${state} +${host} +${name} .*${message}`);

async function serve(context: TestContext, configDir: string, port: number): Promise<RunningCli> {
	const server = runningCli(context, ['serve', '--listen', `127.0.0.1:${port}`, '--interval', '1s'], {configDir});
	await server.until(() => server.stderr().includes('listening'), 'the server');
	return server;
}

testWith(
	['sshd', 'ssh', 'ssh-keygen', 'ps'],
	'shows a host over ssh and one over http in one table, each of which stops, is reported and comes back',
	async t => {
		const walletA = await startWallet(t);
		const walletB = await startWallet(t);
		const sshd = await startSshd(t, folderOf(t, [{name: 'alpha', port: walletA.port}]));
		const served = folderOf(t, [{name: 'beta', port: walletB.port}]);
		const port = await freePort();
		const server = await serve(t, served, port);
		const hosts = ['--connect', 'ssh://db1', '--connect', `http://localhost:${port}`, '--interval', '1s'];
		const screen = openPtyScreen(t, {
			columns: 120,
			rows: 24,
			arguments: hosts,
			env: {PATH: `${sshd.bin}:${process.env.PATH}`, XMRTOP_CONFIG_DIR: temporaryFolder(t), CI: undefined},
		});
		const seen = (pattern: RegExp, what: string) => screen.until(text => pattern.test(text), what, 30_000);
		const upA = row('● up', 'db1', 'alpha', 'API is responding');
		const upB = row('● up', 'localhost', 'beta', 'API is responding');
		await seen(upA, 'the node over ssh');
		await seen(upB, 'the node over http');
		assert.match(screen.text(), /STATE ↓ +HOST +NAME/);

		await server.end('SIGKILL');
		await seen(row('✖ down', 'localhost', 'localhost', 'connection refused'), 'the row of the dead server');
		await seen(row('\\? unknown', 'localhost', 'beta', 'no response from localhost since'), 'its node');
		assert.match(screen.text(), /✖ host localhost does not answer: 1 node/);
		assert.match(screen.text(), upA);
		await serve(t, served, port);
		await seen(upB, 'the node over http again');

		await sshd.kill();
		await seen(row('✖ down', 'db1', 'db1', '(?:refused|closed|reset)'), 'the row of the dead host');
		await seen(row('\\? unknown', 'db1', 'alpha', 'no response from db1 since'), 'its node');
		assert.match(screen.text(), upB);
		await sshd.start();
		await seen(upA, 'the node over ssh again');
		// With the host's name: the legend of states below the table says "does not answer" too.
		await screen.until(text => !/host \S+ does not answer/.test(text), 'no silent host');

		screen.press('a');
		await seen(/read-only with --connect: change it on the remote host/, 'that nothing is edited here');
		screen.press('q');
		assert.deepEqual((await screen.exited).exitCode, 0);
		assert.deepEqual(sshd.clients(), [], 'no ssh is running');
	},
);
