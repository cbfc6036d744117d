import assert from 'node:assert/strict';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {checkNode, nodeAt} from '../helpers/check-node.js';
import {startNamed} from '../helpers/child-processes.js';
import {openPtyScreen} from '../helpers/pty-screen.js';
import {realTest, startWallet} from '../helpers/real-monero.js';
import {cliIn} from '../helpers/run-cli.js';
import {startServe} from '../helpers/running-server.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const planted = {
	address: '42ey1afDFnn4886T7196doS9GPMzexD9gXpsZJDwVjeRVdFCSoHnv7KPbBeGpzJBzHRCAs9UxqeoyFQMYbqSWYTfJJQAWDm',
	integrated: `4F${'k'.repeat(104)}`,
	txid: 'be7a1f3c'.repeat(8),
	balance: '4321.123456789012',
	loginPassword: 'PlantedLogin-1',
	walletPassword: 'PlantedWallet-2',
	daemonPassword: 'PlantedDaemon-3',
	configPassword: 'PlantedConfig-4',
	argument: 'PlantedArgument-5',
} as const;

function assertNothingPlanted(text: string, where: string): void {
	for (const [name, secret] of Object.entries(planted)) {
		// The beginning of an address tells it as well as the whole.
		assert.ok(!text.includes(secret.slice(0, 24)), `${name} is in ${where}: ${text}`);
	}
}

realTest(
	'an address, a txid, a balance and passwords of the command line, configuration and log: in no output',
	async t => {
		const {address, integrated, txid, balance} = planted;
		const folder = temporaryFolder(t);
		const walletDir = path.join(folder, `for-${address}`);
		mkdirSync(walletDir);
		const config = path.join(folder, 'wallet.conf');
		writeFileSync(
			config,
			[
				`password=${planted.configPassword}`,
				`daemon-login=d:${planted.daemonPassword}`,
				`tx-notify=/bin/true ${address} ${txid} ${balance}`,
				`extra-entropy=${folder}/${integrated}`,
			].join('\n'),
		);
		const login = {username: 'monitor', password: planted.loginPassword};
		const wallet = await startWallet({
			login,
			walletDir,
			extraArgs: [`--config-file=${config}`, `--password=${planted.walletPassword}`],
		});
		t.after(wallet.stop);
		const log = path.join(wallet.folder, 'wallet.log');
		writeFileSync(log, `balance ${balance} of ${address}, transfer ${txid}, ${planted.loginPassword}\n`, {flag: 'a'});
		// The real one refuses arguments that it does not know.
		const other = startNamed(t, 'monero-wallet-rpc', [
			...[
				'--wallet-file',
				`/w/${address}`,
				'--rpc-bind-port',
				'18999',
				`--log-file=/w/${txid}.log`,
				'--rpc-login',
				`u:${planted.loginPassword}`,
			],
			...['--to', integrated, txid, address, balance, planted.argument],
		]);
		const configDir = temporaryFolder(t);
		const passwordFile = path.join(configDir, 'password');
		writeFileSync(passwordFile, planted.loginPassword, {mode: 0o600});
		const {run} = cliIn(configDir);
		const add = (name: string, ...flags: string[]) =>
			run([
				'nodes',
				'add',
				name,
				'--daemon',
				'none',
				'--username',
				'monitor',
				'--password-file',
				passwordFile,
				...flags,
			]);
		await add('real', '--port', String(wallet.port));
		await add('other', '--port', '18999', '--pid', String(other.pid));
		const commands: ReadonlyArray<readonly string[]> = [
			['discover'],
			['discover', '--json'],
			...['pid', 'port', 'api', 'full'].map(method => ['status', '--json', '-m', method]),
			...['--csv', '--nagios', '--ndjson', '--debug'].map(flag => ['status', flag, '-m', 'full']),
			['status'],
			['status', 'other', '-m', 'full'],
			...['list', 'export', 'show'].flatMap(word => {
				const named = word === 'show' ? ['other'] : [];
				return [
					['nodes', word, ...named],
					['nodes', word, ...named, '--json'],
				];
			}),
			['history'],
			['history', 'real', '--json'],
			['alerts', 'list'],
			['info'],
		];
		for (const command of commands) {
			const {stdout, stderr} = await run(command);
			assert.doesNotMatch(stderr, /internal error/);
			assertNothingPlanted(stdout + stderr, command.join(' '));
		}

		const added = await cliIn(temporaryFolder(t)).run(['discover', '--add']);
		assert.equal(added.code, 0, added.stderr);
		assertNothingPlanted(added.stdout + added.stderr, 'discover --add');
		const found = JSON.parse((await run(['discover', '--json'])).stdout) as {
			found: ReadonlyArray<{pid: number; cmdline: string; wallet_dir?: string}>;
		};
		const {cmdline, wallet_dir} = found.found.find(({pid}) => pid === wallet.pid) ?? {cmdline: ''};
		assert.match(cmdline, /--wallet-dir=\S+\/for-\*\*\* /);
		assert.match(wallet_dir ?? '', /\/for-\*\*\*$/);
		assertNothingPlanted(readFileSync(path.join(configDir, 'results.json'), 'utf8'), 'results.json');

		const {get} = await startServe(t, ['-m', 'full', '-i', '1s'], {configDir});
		for (const route of ['/nodes/status?fresh=1', '/nodes/real/status', '/nodes/other/status', '/metrics', '/health']) {
			assertNothingPlanted((await get(route)).text, route);
		}

		const env = {XMRTOP_CONFIG_DIR: configDir};
		const screen = openPtyScreen(t, {columns: 200, rows: 60, env});
		await screen.until(text => /✖ down +other/.test(text) && /● up +real/.test(text), 'the table');
		screen.press('\r');
		await screen.until(text => text.includes('monero-wallet-rpc'), 'the diagnostics');
		screen.press(']');
		await screen.until(text => /\breal\b/.test(text), 'the other node');
		screen.press('y');
		await screen.until(text => text.includes('"details"'), 'the JSON');
		assertNothingPlanted(screen.written(), 'the screen');
		screen.kill('SIGTERM');
		await screen.exited;

		wallet.freeze();
		const {details} = await checkNode(nodeAt(wallet.port, {daemon: 'none'}), 'full', {settings: {timeout: '1s'}});
		assertNothingPlanted(JSON.stringify(details), 'the advice for a stopped wallet');
		wallet.thaw();
	},
);
