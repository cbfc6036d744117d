import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {chmodSync, existsSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it, type TestContext} from 'node:test';
import {startListener, startNamed} from '../helpers/child-processes.js';
import {discoverJson, discoverText, nobody} from '../helpers/discover-cli.js';
import {freePort} from '../helpers/real-process.js';
import {cliEnvironment, cliPath, runCli} from '../helpers/run-cli.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const wallet = 'monero-wallet-rpc';
const secret = 'hunter2-and-more';

/** A process with the name of a wallet that listens on nothing. */
function startWallet(t: TestContext, flags: readonly string[], cwd?: string) {
	return startNamed(t, wallet, flags, cwd === undefined ? {} : {cwd});
}

describe('discover', {skip: process.platform !== 'linux' && 'the process table of Linux is needed'}, () => {
	it('finds a wallet by its flags in both forms, and writes nothing', async t => {
		const folder = temporaryFolder(t);
		const [one, other] = [await freePort(), await freePort()];
		const first = startWallet(t, ['--rpc-bind-port', String(one), '--disable-rpc-login', '--offline']);
		const second = startWallet(t, [
			`--rpc-bind-p=${other}`,
			'--disable-rpc-login',
			'--daemon-addr=10.0.0.5:28089',
			'--testnet',
		]);
		const configDir = path.join(folder, 'config');
		const {of, code} = await discoverJson(configDir);
		assert.equal(code, 0);
		const {definition} = of(first.pid);
		assert.equal(definition?.port, one);
		assert.equal(definition?.daemon, undefined);
		assert.equal(of(first.pid).status, 'new');
		assert.equal(of(second.pid).definition?.port, other);
		assert.equal(of(second.pid).definition?.daemon, '10.0.0.5:28089');
		assert.equal(of(second.pid).network, 'testnet');
		assert.equal(existsSync(configDir), false);
	});

	it('finds the port of a wallet without options by its listening socket', async t => {
		const {pid, port} = await startListener(t, ['--offline', '--disable-rpc-login']);
		const {of} = await discoverJson(temporaryFolder(t));
		assert.equal(of(pid).definition?.port, port);
	});

	it('reads the configuration file, and never shows or stores its password', async t => {
		const folder = temporaryFolder(t);
		const port = await freePort();
		writeFileSync(path.join(folder, 'w.conf'), `rpc-bind-port=${port}\nrpc-login=ops:${secret}\nstagenet=1\n`);
		const {pid} = startWallet(t, ['--config-file', 'w.conf', `--daemon-login=u:${secret}`], folder);
		const configDir = path.join(folder, 'config');
		const added = await discoverJson(configDir, ['--add']);
		const found = added.of(pid);
		assert.equal(found.status, 'not_added');
		assert.deepEqual([found.network, found.login, found.login_user], ['stagenet', 'given', 'ops']);
		assert.equal(
			found.add_command,
			`xmrtop nodes add ${found.name} --port ${port} --username ops --password-file FILE`,
		);
		const text = await discoverText(configDir);
		const stored = existsSync(configDir) ? readFileSync(path.join(configDir, 'nodes.json'), 'utf8') : '';
		for (const output of [added.stdout, added.stderr, text.stdout, text.stderr, stored]) {
			assert.ok(!output.includes(secret), output);
		}

		assert.ok(!stored.includes(`"port": ${port}`));
	});

	it('--add adds a wallet once, with its login file as a reference; later reports drift', async t => {
		const folder = temporaryFolder(t);
		const configDir = path.join(folder, 'config');
		const [port, next] = [await freePort(), await freePort()];
		const loginFile = path.join(folder, `${wallet}.${port}.login`);
		writeFileSync(loginFile, `monero:${secret}`, {mode: 0o400});
		const first = startWallet(t, ['--rpc-bind-port', String(port), '--wallet-file', 'refunds', '--offline'], folder);
		const added = (await discoverJson(configDir, ['--add'])).of(first.pid);
		assert.equal(added.status, 'added');
		assert.equal(added.definition?.login_file, loginFile);
		const again = (await discoverJson(configDir, ['--add'])).of(first.pid);
		assert.deepEqual([again.status, again.id, again.name], ['known', added.id, added.name]);

		await first.end();
		writeFileSync(path.join(folder, `${wallet}.${next}.login`), `monero:${secret}`, {mode: 0o400});
		const second = startWallet(t, ['--rpc-bind-port', String(next), '--wallet-file', 'refunds', '--offline'], folder);
		const moved = await discoverJson(configDir, ['--add']);
		const {status, id, drift, edit_command: command = ''} = moved.of(second.pid);
		assert.deepEqual([status, id], ['drift', added.id]);
		assert.deepEqual(drift[0], {field: 'port', was: String(port), is: String(next)});
		const {stdout, stderr} = await discoverText(configDir);
		assert.ok(stdout.includes(`${added.name}: port was ${port}, the process uses ${next}; `), stdout);
		assert.ok(stdout.includes(`xmrtop nodes edit ${added.name} --port ${next} --login-file `), stdout);

		const edit = await runCli(command.split(' ').slice(1), {configDir});
		assert.equal(edit.code, 0, edit.stderr);
		assert.equal((await discoverJson(configDir)).of(second.pid).status, 'known');
		const stored = readFileSync(path.join(configDir, 'nodes.json'), 'utf8');
		assert.equal(stored.split('"name": "refunds').length - 1, added.name.startsWith('refunds') ? 1 : 0);
		for (const output of [stdout, stderr, moved.stdout, stored]) {
			assert.ok(!output.includes(secret), output);
		}
	});

	it('two runs at once add a wallet once', async t => {
		const folder = temporaryFolder(t);
		const port = await freePort();
		startWallet(t, ['--rpc-bind-port', String(port), '--disable-rpc-login', '--offline']);
		await Promise.all([discoverJson(folder, ['--add']), discoverJson(folder, ['--add'])]);
		const {nodes} = JSON.parse(readFileSync(path.join(folder, 'nodes.json'), 'utf8')) as {nodes: Array<{port: number}>};
		assert.equal(nodes.filter(node => node.port === port).length, 1);
	});

	it("does not use a symbolic link as login file: it may lead to another user's secret", async t => {
		const folder = temporaryFolder(t);
		const port = await freePort();
		writeFileSync(path.join(folder, 'other'), `root:${secret}`);
		symlinkSync('other', path.join(folder, `${wallet}.${port}.login`));
		const {pid} = startWallet(t, ['--rpc-bind-port', String(port)], folder);
		const {of} = await discoverJson(temporaryFolder(t));
		assert.equal(of(pid).definition?.login_file, undefined);
		assert.match(of(pid).obstacles.join(), /does not belong to the wallet's user/);
	});

	const isRoot = process.getuid?.() === 0;
	it('works for a user who owns no wallet, and says which right is missing', {
		skip: !isRoot && 'needs root',
	}, async t => {
		const folder = temporaryFolder(t);
		const configDir = temporaryFolder(t);
		chmodSync(configDir, 0o777);
		const [one, other] = [await freePort(), await freePort()];
		writeFileSync(path.join(folder, 'w.conf'), `rpc-bind-port=${other}\nrpc-login=ops:${secret}\n`, {mode: 0o600});
		const open = startWallet(t, ['--rpc-bind-port', String(one), '--disable-rpc-login']);
		const byFile = startWallet(t, ['--config-file', path.join(folder, 'w.conf')], folder);
		const byLogin = startWallet(t, [`--rpc-bind-port=${other}`, '--offline'], folder);
		const {of, hiddenOf, stdout, code} = await discoverJson(configDir, ['--add'], nobody);
		assert.equal(code, 0);
		assert.equal(of(open.pid).status, 'added');
		assert.deepEqual(hiddenOf(open.pid), []);
		assert.equal(of(byFile.pid).status, 'not_added');
		assert.deepEqual(hiddenOf(byFile.pid), [
			{what: `its configuration file ${path.join(folder, 'w.conf')} (permission denied)`, needs: 'run as root'},
			{what: 'the port it listens on', needs: 'run as root'},
		]);
		assert.equal(of(byLogin.pid).status, 'not_added');
		assert.equal(of(byLogin.pid).definition?.port, other);
		assert.deepEqual(hiddenOf(byLogin.pid), [
			{what: `its working folder, where it writes ${wallet}.${other}.login`, needs: 'run as root'},
		]);
		assert.ok(!stdout.includes(secret));
		const {stderr} = await discoverText(configDir, [], nobody);
		assert.ok(
			stderr.includes(`xmrtop: pid ${byFile.pid}: the port it listens on could not be read: run as root\n`),
			stderr,
		);
	});

	it('says that processes of other users are hidden', t => {
		const unshare = ['--pid', '--fork', '--mount-proc'];
		const hide = 'mount -t proc -o hidepid=2 proc /proc || exit 77; "$@"; exit $?';
		const asNobody = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'];
		const discover = [process.execPath, cliPath, 'discover', '--json'];
		const configDir = temporaryFolder(t);
		chmodSync(configDir, 0o777);
		const env = cliEnvironment({configDir});
		if (spawnSync('unshare', [...unshare, 'true']).status !== 0) {
			t.skip('namespaces are not permitted here');
			return;
		}

		const command = [...unshare, '/bin/sh', '-c', hide, 'sh', ...asNobody, ...discover];
		const {stdout} = spawnSync('unshare', command, {encoding: 'utf8', env, cwd: '/'});
		assert.deepEqual(JSON.parse(stdout), {
			schema_version: 1,
			found: [],
			unreadable: [{what: 'processes of other users (hidden by this system: hidepid)', needs: 'run as root'}],
		});
	});

	it('reports a broken nodes.json and does nothing else', async t => {
		const folder = temporaryFolder(t);
		writeFileSync(path.join(folder, 'nodes.json'), '{');
		const {code, stdout} = await discoverText(folder, ['--add', '--json']);
		assert.equal(code, 2);
		assert.equal(JSON.parse(stdout).error.code, 'invalid_config');
		assert.equal(readFileSync(path.join(folder, 'nodes.json'), 'utf8'), '{');
	});
});
