import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {docsAddress} from '../../source/cli/help.js';
import {openPtyScreen} from '../helpers/pty-screen.js';
import {cliIn} from '../helpers/run-cli.js';
import {startScripted, walletScript} from '../helpers/scripted-server.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

/** A folder with a working wallet in the group hot, and a dead one. */
async function startFleet(t: TestContext) {
	const configDir = temporaryFolder(t);
	const cli = cliIn(configDir);
	const wallet = await startScripted(t, walletScript(26));
	for (const args of [
		['shop', '--port', String(wallet.port), '--group', 'hot'],
		['refunds', '--port', '1'],
	]) {
		assert.equal((await cli.run(['nodes', 'add', ...args, '--daemon', 'none'])).code, 0);
	}

	const names = (): string[] =>
		JSON.parse(readFileSync(path.join(configDir, 'nodes.json'), 'utf8')).nodes.map(({name}: {name: string}) => name);
	return {configDir, names, wallet, ...cli};
}

test('suggests the correct word for a typo in commands, flags, nodes, groups and settings', async t => {
	const {run, configDir} = await startFleet(t);
	const file = path.join(configDir, 'nodes.json');
	const rows: ReadonlyArray<readonly [args: string, end: string]> = [
		['stauts', 'see xmrtop --help; did you mean status?'],
		['help wacth', '"wacth" is not a command: see xmrtop --help; did you mean watch?'],
		['nodes remvoe x', '; did you mean remove?'],
		['status --metod api', '--metod is not a flag of xmrtop status: see xmrtop status --help; did you mean --method?'],
		['nodes remove shpo', 'known nodes: shop, refunds; did you mean shop?'],
		['status --group hott', `no node in ${file} is in the group "hott"; did you mean hot?`],
		['nodes export --group Hot', '; did you mean hot?'],
		['history --group hott', '; did you mean hot?'],
		['nodes list --group hott', '; did you mean hot?'],
		['config get intervall', '; did you mean interval?'],
		['config get zzz', 'self_check'],
	];
	for (const [args, end] of rows) {
		const {code, stdout, stderr} = await run(args.split(' '));
		assert.deepEqual([code, stdout], [2, ''], args);
		assert.ok(stderr.startsWith('xmrtop: ') && stderr.endsWith(`${end}\n`), stderr);
	}

	assert.equal((await run(['status', '--group', 'any'], {configDir: temporaryFolder(t)})).code, 0, 'an empty fleet');
});

test('accepts ls, rm and version, and a short flag joined with its value', async t => {
	const {run, names} = await startFleet(t);
	assert.equal((await run(['ls'])).stdout, (await run(['nodes', 'list'])).stdout);
	assert.equal((await run(['nodes', 'ls'])).stdout, (await run(['nodes', 'list'])).stdout);
	assert.equal((await run(['version'])).stdout, (await run(['--version'])).stdout);
	assert.equal((await run(['version', '--json'])).stdout, (await run(['--version', '--json'])).stdout);
	assert.equal(JSON.parse((await run(['status', '-mport', '--json', 'shop'])).stdout).method, 'port');
	assert.match((await run(['status', '-mping'])).stderr, /^xmrtop: --method "ping" is invalid: /);
	assert.match((await run(['status', '-xmport'])).stderr, /^xmrtop: -\w is not a flag of xmrtop status: /);
	assert.equal((await run(['rm', 'refunds'])).stderr, 'xmrtop: removed refunds (id 2)\n');
	assert.equal((await run(['nodes', 'rm', 'shop'])).code, 0);
	assert.deepEqual(names(), []);
});

test('nodes remove asks on a terminal', async t => {
	const {run, names, configDir} = await startFleet(t);
	const env = {XMRTOP_CONFIG_DIR: configDir};
	assert.equal((await run(['nodes', 'remove', 'shop', '--dry-run'])).stderr, 'xmrtop: would remove shop (id 1)\n');
	for (const answer of ['n\r', '\r', '\u0003', '\u0004']) {
		const screen = openPtyScreen(t, {arguments: ['nodes', 'remove', 'shop', 'refunds'], env});
		await screen.until(text => text.includes('remove shop (id 1), refunds (id 2)? [y/N]'), 'the question');
		screen.press(answer);
		assert.equal((await screen.exited).exitCode, 1);
		assert.ok(screen.written().includes('xmrtop: nothing was removed'));
	}

	assert.deepEqual(names(), ['shop', 'refunds']);
	const unasked = openPtyScreen(t, {arguments: ['nodes', 'remove', 'refunds', '--yes'], env});
	assert.equal((await unasked.exited).exitCode, 0);
	assert.deepEqual(names(), ['shop']);
	const asked = openPtyScreen(t, {arguments: ['nodes', 'remove', 'shop'], env});
	await asked.until(text => text.includes('remove shop (id 1)? [y/N]'), 'the question');
	await run(['nodes', 'edit', 'shop', '--name', 'renamed']);
	await run(['nodes', 'add', 'shop', '--port', '18099']);
	asked.press('y\r');
	assert.equal((await asked.exited).exitCode, 0);
	assert.deepEqual(names(), ['shop'], 'another node now has the name');
});

test('-q prints only errors and sets the exit code', async t => {
	const {run} = await startFleet(t);
	const quiet = {stdout: '', stderr: ''};
	assert.deepEqual(await run(['status', '-q']), {code: 1, ...quiet});
	assert.deepEqual(await run(['status', '-q', 'shop']), {code: 0, ...quiet});
	assert.deepEqual(await run(['-q', 'shop']), {code: 0, ...quiet});
	assert.deepEqual(await run(['wait', 'shop', '--for', 'up', '-q']), {code: 0, ...quiet});
	assert.deepEqual(await run(['nodes', 'add', 'x', '--port', '9', '-q']), {code: 0, ...quiet});
	const {code, stderr} = await run(['status', '-q', 'nobody']);
	assert.equal(code, 2);
	assert.match(stderr, /^xmrtop: node "nobody" is not in /);
});

test('--debug prints requests and answers, and no secret', async t => {
	const {run, wallet} = await startFleet(t);
	const plain = await run(['status', '--json', 'shop', '--no-save']);
	const {code, stdout, stderr} = await run(['status', '--json', 'shop', '--no-save', '--debug']);
	assert.equal(code, 0);
	assert.deepEqual(Object.keys(JSON.parse(stdout)), Object.keys(JSON.parse(plain.stdout)));
	assert.match(
		stderr,
		new RegExp(
			`^xmrtop: debug: http://127\\.0\\.0\\.1:${wallet.port}/json_rpc get_version: .*"version":65561.* in [\\d.]+ ms$`,
			'm',
		),
	);
	const password = 'correct horse battery';
	await run(['nodes', 'add', 'login', '--port', String(wallet.port), '--username', 'rpc', '--password-stdin'], {
		stdin: password,
	});
	const secret = await run(['status', 'login', '--debug', '-mfull']);
	assert.match(secret.stderr, /get_version with a login: /);
	assert.ok(!`${secret.stdout}${secret.stderr}`.includes(password));
});

test('accepts a fingerprint as openssl prints it', async t => {
	const {run, configDir} = await startFleet(t);
	const pairs = Array.from({length: 32}, (_, index) => index.toString(16).padStart(2, '0').toUpperCase());
	const stored = () => JSON.parse(readFileSync(path.join(configDir, 'nodes.json'), 'utf8')).nodes[0].tls.fingerprint;
	for (const spelling of [
		`sha256 Fingerprint=${pairs.join(':')}`,
		`SHA256 Fingerprint=${pairs.join(':')}`,
		`SHA256:${pairs.join('')}`,
		pairs.join(' '),
	]) {
		await run(['nodes', 'edit', 'shop', '--no-tls']);
		const {code, stderr} = await run(['nodes', 'edit', 'shop', '--tls-fingerprint', spelling]);
		assert.equal(code, 0, stderr);
		assert.equal(stored(), pairs.join(':'));
	}

	const sha1 = `SHA1 Fingerprint=${pairs.slice(0, 20).join(':')}`;
	assert.equal((await run(['nodes', 'edit', 'shop', '--tls-fingerprint', sha1])).code, 2);
});

test('indents nodes export, also into a file', async t => {
	const {run} = await startFleet(t);
	const {stdout} = await run(['nodes', 'export']);
	assert.equal(stdout, `${JSON.stringify(JSON.parse(stdout), undefined, 2)}\n`);
	assert.ok(stdout.split('\n').length > 10);
});

test('help has examples and the address of the guides, and fits the terminal', async t => {
	const {run, configDir} = await startFleet(t);
	const {homepage} = JSON.parse(readFileSync('package.json', 'utf8'));
	assert.equal(homepage, `${docsAddress}#readme`);
	assert.ok((await run(['--help'])).stdout.includes(`Guides: ${docsAddress}\n`));
	assert.match((await run(['nodes', 'add', '--help'])).stdout, /^Examples\n {2}xmrtop nodes add hot-eu-1 /m);
	for (const columns of [60, 100]) {
		for (const args of [['--help'], ['watch', '--help'], ['nodes', 'add', '--help'], ['nodes', '--help']]) {
			const screen = openPtyScreen(t, {arguments: args, columns, rows: 60, env: {XMRTOP_CONFIG_DIR: configDir}});
			await screen.exited;
			const isExample = (line: string): boolean => /^ {2}xmrtop .*(?:[-'/]|NODE)/.test(line) || /^Guides?: /.test(line);
			const wide = screen
				.written()
				.split('\r\n')
				.filter(line => line.length > columns && !isExample(line));
			assert.deepEqual(wide, [], `${args.join(' ')} in ${columns} columns`);
		}
	}
});
