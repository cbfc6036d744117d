import assert from 'node:assert/strict';
import {chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {eventually} from '../helpers/child-processes.js';
import {discoverJson, discoverText, nobody} from '../helpers/discover-cli.js';
import {realTest, startWallet} from '../helpers/real-monero.js';
import {findProgram, freePort, startProcess} from '../helpers/real-process.js';
import {cliIn} from '../helpers/run-cli.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const secret = 'hunter2-and-more';

/** Starts a wallet with only these options, and does not wait for its port. */
async function startBare(t: TestContext, folder: string, options: readonly string[]) {
	mkdirSync(path.join(folder, 'wallets'), {recursive: true});
	const program = findProgram('monero-wallet-rpc') ?? 'monero-wallet-rpc';
	const wallet = await startProcess(program, options, {cwd: folder, home: folder});
	t.after(wallet.kill);
	return wallet;
}

realTest('discovers a wallet by its flags, and an added one works at once', async t => {
	const configDir = temporaryFolder(t);
	const wallet = await startWallet();
	t.after(wallet.stop);
	const {of} = await discoverJson(configDir, ['--add']);
	const {name, status, definition} = of(wallet.pid);
	assert.equal(status, 'added');
	assert.deepEqual([definition?.port, definition?.daemon], [wallet.port, '127.0.0.1:1']);
	const report = await cliIn(configDir).json(['status', name, '--json']);
	assert.equal(report.nodes[0].message, 'API is responding');
});

realTest('finds and uses the default login file, and shows its password nowhere', async t => {
	const configDir = temporaryFolder(t);
	const wallet = await startWallet({login: 'file'});
	t.after(wallet.stop);
	const loginFile = path.join(wallet.cwd, `monero-wallet-rpc.${wallet.port}.login`);
	const added = await discoverJson(configDir, ['--add']);
	const {name, definition, login} = added.of(wallet.pid);
	assert.deepEqual([login, definition?.login_file], ['login_file', loginFile]);
	const report = await cliIn(configDir).json(['status', name, '--json']);
	assert.equal(report.nodes[0].message, 'API is responding');
	const [, password = ''] = /^monero:(.+)$/.exec(readFileSync(loginFile, 'utf8')) ?? [];
	assert.ok(password.length > 10);
	const text = await discoverText(configDir);
	const stored = readFileSync(path.join(configDir, 'nodes.json'), 'utf8');
	for (const output of [added.stdout, added.stderr, text.stdout, text.stderr, stored]) {
		assert.ok(!output.includes(password));
	}
});

realTest('discovers a wallet with only --config-file, which can be added as advised', async t => {
	const folder = temporaryFolder(t);
	const configDir = path.join(folder, 'config');
	const port = await freePort();
	const lines = [
		`rpc-bind-port = ${port} # the port`,
		`rpc-login=ops:${secret}`,
		...['wallet-dir=wallets', 'offline=1', 'stagenet=1', 'rpc-ssl=disabled', 'log-file=wallet.log'],
	];
	writeFileSync(path.join(folder, 'w.conf'), `${lines.join('\n')}\n`);
	const {pid} = await startBare(t, folder, ['--config-file', 'w.conf']);
	const found = (await discoverJson(configDir)).of(pid);
	assert.deepEqual([found.definition?.port, found.network, found.login_user], [port, 'stagenet', 'ops']);

	const passwordFile = path.join(folder, 'password');
	writeFileSync(passwordFile, secret, {mode: 0o600});
	const words = (found.add_command ?? '').replace('FILE', passwordFile).split(' ').slice(1);
	const cli = cliIn(configDir);
	assert.equal((await cli.run(words)).code, 0);
	const known = await discoverJson(configDir);
	assert.deepEqual([known.of(pid).status, known.of(pid).drift], ['known', []]);
	const message = await eventually(
		async () => (await cli.json(['status', found.name, '--json'])).nodes[0].message,
		text => text === 'API is responding',
		60_000,
	);
	assert.equal(message, 'API is responding');
	assert.ok(!known.stdout.includes(secret));
});

realTest('uses the login from a configuration file, and reads it at every login', async t => {
	const folder = temporaryFolder(t);
	const configDir = path.join(folder, 'config');
	const port = await freePort();
	const file = path.join(folder, 'w.conf');
	const lines = [`rpc-bind-port=${port}`, 'wallet-dir=wallets', 'offline=1', 'rpc-ssl=disabled', 'log-file=wallet.log'];
	const writeLogin = (login: string): void => writeFileSync(file, [...lines, login].join('\n'), {mode: 0o600});
	writeLogin(`rpc-login=ops:${secret} # ours`);
	const {pid} = await startBare(t, folder, ['--config-file', file]);
	const added = await discoverJson(configDir, ['--add']);
	const {name, definition, status} = added.of(pid);
	assert.deepEqual([status, definition?.login_config], ['added', file]);
	const cli = cliIn(configDir);
	const statusOf = async (method: string) => (await cli.json(['status', name, '--json', '-m', method])).nodes[0];
	const {message} = await eventually(
		() => statusOf('api'),
		node => node.message === 'API is responding',
		60_000,
	);
	assert.equal(message, 'API is responding');

	writeLogin('rpc-login=ops:another');
	const wrong = await statusOf('full');
	assert.match(wrong.reason, /^login refused/);
	assert.match(wrong.details.hint, /^The rpc-login in .*w\.conf is not the one the wallet was started with/);
	writeLogin('');
	const unreadable = await statusOf('api');
	assert.equal(unreadable.state, 'unknown');
	assert.match(unreadable.reason, /login_config .*w\.conf: has no rpc-login = user:password/);
	for (const text of [added.stdout, added.stderr, JSON.stringify([wrong, unreadable])]) {
		assert.ok(!text.includes(secret));
	}
});

realTest('a user who owns no wallet discovers those whose command line is sufficient', async t => {
	if (process.getuid?.() !== 0) {
		t.skip('needs root');
		return;
	}

	const configDir = temporaryFolder(t);
	chmodSync(configDir, 0o777);
	const folder = temporaryFolder(t);
	const open = await startWallet();
	t.after(open.stop);
	const byFile = await startWallet({login: 'file'});
	t.after(byFile.stop);
	const given = await startWallet({login: {username: 'ops', password: secret}});
	t.after(given.stop);
	const port = await freePort();
	const lines = [
		`rpc-bind-port=${port}`,
		'disable-rpc-login=1',
		'wallet-dir=wallets',
		'offline=1',
		'log-file=wallet.log',
	];
	writeFileSync(path.join(folder, 'w.conf'), lines.join('\n'), {mode: 0o600});
	const configured = await startBare(t, folder, ['--config-file', 'w.conf']);

	const {of, hiddenOf, stdout, stderr} = await discoverJson(configDir, ['--add'], nobody);
	assert.equal(of(open.pid).status, 'added');
	assert.equal(of(given.pid).status, 'not_added');
	assert.equal(of(given.pid).login_user, 'ops');
	assert.equal(of(byFile.pid).status, 'not_added');
	assert.deepEqual(hiddenOf(byFile.pid), [
		{what: `its working folder, where it writes monero-wallet-rpc.${byFile.port}.login`, needs: 'run as root'},
	]);
	assert.equal(of(configured.pid).definition, undefined);
	assert.deepEqual(
		hiddenOf(configured.pid).map(({what}) => what),
		['its configuration file w.conf (permission denied)', 'the port it listens on'],
	);
	assert.ok(existsSync(path.join(configDir, 'nodes.json')));
	assert.ok(!`${stdout}${stderr}`.includes(secret));
});
