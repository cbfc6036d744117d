import assert from 'node:assert/strict';
import {readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {startNamed} from '../helpers/child-processes.js';
import {startDigestServer} from '../helpers/digest-server.js';
import {listenOnLoopback} from '../helpers/loopback.js';
import {type CliOptions, cliIn} from '../helpers/run-cli.js';
import {runningCli} from '../helpers/running-cli.js';
import {startServe} from '../helpers/running-server.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

/** A different password for every source, so that a leak shows where it comes from. */
const secrets = {
	right: 'Right"pass/wörd:7%41',
	wrongStdin: 'WrongStdin-4711',
	wrongFile: 'WrongFile pass-0815',
	wrongEnv: 'WrongEnv&pass=12',
	wrongLogin: 'WrongLogin:pass@34',
	daemonFile: 'DaemonFile-5566',
	rpcLogin: 'RpcLogin-7788',
	walletPassword: 'WalletPassword-9900',
	daemonLogin: 'DaemonLogin-1122',
	refused: 'Refused-3344',
	notification: 'Notification-5511',
	futureOption: 'FutureOption-6622',
	otherProgram: 'OtherProgram-7733',
	urlQuery: 'UrlQuery-8844',
	stored: 'Stored-9955',
} as const;

/** A secret as text, and as a URL, a JSON string and base64 encode it. */
const spellings = Object.entries(secrets).flatMap(([name, secret]) =>
	[secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), Buffer.from(secret).toString('base64')].map(
		text => [name, text] as const,
	),
);

function assertNoSecret(text: string, where: string): void {
	for (const [name, spelling] of spellings) {
		assert.equal(text.includes(spelling), false, `${name} is in ${where}: ${text}`);
	}
}

async function startFleet(context: TestContext) {
	const configDir = temporaryFolder(context);
	const secretDir = temporaryFolder(context);
	const wallet = await startDigestServer({login: {username: 'monero', password: secrets.right}});
	const silent = await listenOnLoopback(createServer(socket => socket.on('error', () => undefined)));
	context.after(() => Promise.all([wallet.close(), silent.close()]));
	const child = startNamed(context, 'monero-wallet-rpc', [
		'--rpc-bind-port',
		String(wallet.port),
		'--rpc-login',
		`u:${secrets.rpcLogin}`,
		`--password=${secrets.walletPassword}`,
		'--daemon-login',
		`d:${secrets.daemonLogin}`,
		...['--tx-notify', `curl -u u:${secrets.notification} https://h/${secrets.notification} -H 'X-Key: a'`],
		...['--future', secrets.futureOption, '-p', secrets.futureOption, `--pw=${secrets.futureOption}`],
	]);
	const other = startNamed(context, 'mysql', ['-p', secrets.otherProgram, `--url=https://h/?${secrets.otherProgram}`]);
	const secretFile = (name: string, content: string): string => {
		const file = path.join(secretDir, name);
		writeFileSync(file, content, {mode: 0o600});
		return file;
	};
	const env = {RIGHT_PW: secrets.right, WRONG_PW: secrets.wrongEnv};
	const cli = cliIn(configDir);
	const user = ['--username', 'monero'];
	const nodes: ReadonlyArray<readonly [name: string, flags: readonly string[], stdin?: string]> = [
		['stdin-right', [...user, '--password-stdin'], `${secrets.right}\n`],
		['stdin-wrong', [...user, '--password-stdin'], secrets.wrongStdin],
		['file-right', [...user, '--password-file', secretFile('right', `${secrets.right}\n`)]],
		['file-wrong', [...user, '--password-file', secretFile('wrong', secrets.wrongFile)]],
		['env-right', [...user, '--password-env', 'RIGHT_PW']],
		['env-wrong', [...user, '--password-env', 'WRONG_PW']],
		['login-right', ['--login-file', secretFile('login', `monero:${secrets.right}`)]],
		['login-wrong', ['--login-file', secretFile('bad-login', `monero:${secrets.wrongLogin}`)]],
		['login-odd', ['--login-file', secretFile('odd-login', secrets.wrongFile)]],
		['process', ['--pid', String(child.pid)]],
		['other', ['--pid', String(other.pid)]],
		[
			'daemon',
			[
				...['--daemon', `127.0.0.1:${wallet.port}`, '--daemon-username', 'd', ...user, '--password-env', 'RIGHT_PW'],
				...['--daemon-password-file', secretFile('daemon', secrets.daemonFile)],
			],
		],
	];
	for (const [name, flags, stdin = ''] of nodes) {
		const {code, stderr} = await cli.run(['nodes', 'add', name, '--port', String(wallet.port), ...flags], {stdin});
		assert.deepEqual([code, stderr.includes('added')], [0, true], `${name}: ${stderr}`);
		assertNoSecret(stderr, `nodes add ${name}`);
	}

	return {configDir, cli, env, wallet, child};
}

/** Valid and invalid commands on the fleet. */
const commands: ReadonlyArray<readonly [args: readonly string[], code: number, options?: CliOptions]> = [
	[['status'], 1],
	[['status'], 1, {env: {FORCE_COLOR: '1'}}],
	[['--json'], 1],
	[['status', '--csv'], 1],
	[['status', '--json', '-m', 'full'], 1],
	[['status', '-m', 'full'], 1],
	[['status', '--json', '-m', 'pid', 'process'], 0],
	[['status', '--json', '-m', 'pid', 'other'], 1],
	[['status', '--json', '-m', 'full', 'other'], 1],
	[['status', '-m', 'full', 'other', 'process', '--json'], 1],
	[['discover'], 0],
	[['discover', '--json'], 0],
	[['status', '-m', 'port'], 0],
	[['nodes', 'list'], 0],
	[['nodes', 'list', '--json'], 0],
	[['nodes', 'show', 'stdin-wrong'], 0],
	[['nodes', 'show', 'process', '--json'], 0],
	[['nodes', 'export'], 0],
	[['nodes', 'edit', 'stdin-wrong', '--title', 'x', '--json'], 0],
	[['nodes', 'disable', 'stdin-wrong', '--json'], 0],
	[['nodes', 'enable', 'stdin-wrong'], 0],
	[['config', 'list'], 0],
	[['info'], 0],
	[['nodes', 'add', '--help'], 0],
	[['nodes', 'add', 'x', '--port', '1', '--password', secrets.refused], 2],
	[['nodes', 'add', 'x', '--port', '1', `--password=${secrets.refused}`, '--json'], 2],
	[['nodes', 'add', 'x', '--port', '1', '--daemon', `http://u:${secrets.refused}@h:18081`], 2],
	[['nodes', 'add', 'x', '--port', '1', '--username', `u:${secrets.refused}`, '--password-env', 'X'], 2],
	[['nodes', 'add', 'x', '--port', '1', '--username', 'u', '--password-stdin'], 2, {stdin: `${secrets.refused}\nx\n`}],
	[['nodes', 'import', '-'], 2, {stdin: `[{"name": "x", "port": 1, "password": "${secrets.refused}"`}],
	[
		['nodes', 'import', '-', '--json'],
		2,
		{stdin: `[{"name": "x", "port": 0, "username": "u", "password": "${secrets.refused}"}]`},
	],
	[
		['nodes', 'import', '-'],
		2,
		{stdin: `[{"name": "x", "port": 1, "username": "u", "password": "${secrets.refused}\\n"}]`},
	],
	[['nodes', 'import', '-'], 2, {stdin: `[{"name": "x", "port": 1, "passwort": "${secrets.refused}"}]`}],
	[
		['nodes', 'import', '-', '--dry-run', '--json'],
		0,
		{stdin: `[{"name": "x", "port": 1, "username": "u", "password": "${secrets.refused}"}]`},
	],
	[['nodes', 'remove', 'stdin-wrong', '--json'], 0],
];

test('no password is in any output, or in any file but nodes.json', async context => {
	const {configDir, cli, env, wallet, child} = await startFleet(context);
	for (const [args, code, options = {}] of commands) {
		const what = args.join(' ').slice(0, 60);
		const run = await cli.run(args, {...options, env: {...env, ...options.env}});
		assert.equal(run.code, code, `${what}: ${run.stdout}${run.stderr}`);
		assertNoSecret(run.stdout, `stdout of ${what}`);
		assertNoSecret(run.stderr, `stderr of ${what}`);
	}

	assert.ok(wallet.seen.includes('accepted') && wallet.seen.includes('wrong'), 'logins really happened');
	const {nodes} = await cli.json(['--json', '--no-save', '-m', 'pid', 'process']);
	assert.equal(nodes[0].details.pid, child.pid);
	assert.match(
		nodes[0].details.cmdline,
		/^monero-wallet-rpc .*--rpc-login \*\*\* --password=\*\*\* --daemon-login \*\*\* --tx-notify \*\*\* --future \*\*\* -p \*\*\* --pw=\*\*\*$/,
	);
	const document = await cli.json(['--json', '--no-save'], {env});
	assert.deepEqual(
		document.nodes.map(({name, status}: {name: string; status: boolean}) => `${name} ${status}`),
		[
			'stdin-right true',
			'file-right true',
			'file-wrong false',
			'env-right true',
			'env-wrong false',
			'login-right true',
			'login-wrong false',
			'login-odd false',
			'process false',
			'other false',
			'daemon true',
		],
	);
	assertFilesClean(configDir);
});

test('no password is in what serve, watch --ndjson or --connect return', async context => {
	const {cli, env, configDir} = await startFleet(context);
	const options = {configDir, env};
	const {url, get} = await startServe(context, ['-m', 'full', '-i', '1s'], options);
	for (const path of ['/nodes/status?fresh=1', '/nodes/other/status', '/nodes/process/status', '/metrics', '/health']) {
		const {text} = await get(path);
		assert.ok(text.length > 10, path);
		assertNoSecret(text, path);
	}

	const connected = await cli.run(['status', '--json', '--connect', url], {env});
	assert.match(connected.stdout, /--tx-notify \*\*\*/);
	assertNoSecret(connected.stdout + connected.stderr, '--connect');
	const watch = runningCli(context, ['watch', '--ndjson', '-m', 'pid', '-i', '1s'], options);
	await watch.until(() => watch.lines().length > 0, 'a document');
	assert.match(watch.lines()[0] ?? '', /mysql|dash|\(\d+ arguments\)/);
	assertNoSecret(watch.lines().join('\n') + watch.stderr(), 'watch --ndjson');
	await watch.end('SIGINT');
});

test('does not print a command line that an older version stored', async context => {
	const configDir = temporaryFolder(context);
	const cli = cliIn(configDir);
	await cli.run(['nodes', 'add', 'a', '--port', '1']);
	await cli.run(['nodes', 'add', 'b', '--port', '1']);
	await cli.run(['status', '--json', '-m', 'full']);
	const file = path.join(configDir, 'results.json');
	const document = JSON.parse(readFileSync(file, 'utf8'));
	const url = `http://127.0.0.1:1/json_rpc?token=${secrets.stored}`;
	const cmdline = `monero-wallet-rpc --tx-notify curl -u u:${secrets.stored} --offline`;
	const time = '2026-11-01T00:00:00.000Z';
	const last = {state: 'down', latency_ms: 1, last_check: time, message: 'Process not found', reason: 'gone'};
	document.nodes[1].worked_data = {...last, method: 'pid', cmdline: `curl -u u:${secrets.stored}`};
	document.nodes[2].worked_data.checks.pid.details.cmdline = cmdline;
	document.nodes[2].worked_data.checks.api.details.url = url;
	writeFileSync(file, JSON.stringify(document));
	for (const args of [
		['nodes', 'list', '--json'],
		['nodes', 'show', 'a', '--json'],
		['nodes', 'show', 'b'],
		['history'],
	]) {
		const {stdout, stderr} = await cli.run(args);
		assertNoSecret(stdout + stderr, args.join(' '));
	}

	const {nodes} = await cli.json(['nodes', 'list', '--json']);
	assert.equal(nodes[0].worked_data.cmdline, 'curl (2 arguments)');
	assert.equal(nodes[1].worked_data.checks.pid.details.cmdline, 'monero-wallet-rpc --tx-notify *** -u *** --offline');
	await cli.run(['status', '-m', 'port', 'a']);
	assertFilesClean(configDir);
});

test('no check shows the query in the path of a node', async context => {
	const configDir = temporaryFolder(context);
	const wallet = await startDigestServer({login: {username: 'monero', password: secrets.right}});
	context.after(() => wallet.close());
	const cli = cliIn(configDir);
	await cli.run(['nodes', 'add', 'a', '--port', String(wallet.port), '--path', `/json_rpc?token=${secrets.urlQuery}`]);
	for (const args of [['status'], ['status', '--json'], ['status', '-m', 'full', '--json'], ['--csv'], ['--nagios']]) {
		const {stdout, stderr} = await cli.run(args);
		assertNoSecret(stdout + stderr, args.join(' '));
	}

	assertFilesClean(configDir);
});

test('no password is in the output for a broken configuration, or in a crash report', async context => {
	const configDir = temporaryFolder(context);
	const cli = cliIn(configDir);
	await cli.run(['nodes', 'add', 'a', '--port', '1', '--username', 'u', '--password-stdin'], {stdin: secrets.right});
	const broken =
		"const {stringify} = JSON; JSON.stringify = (value, ...rest) => { if (value?.nodes) throw new Error('boom'); return stringify(value, ...rest); };";
	const crash = await cli.run(['nodes', 'export'], {
		nodeFlags: ['--import', `data:text/javascript,${encodeURIComponent(broken)}`],
	});
	assert.equal(crash.code, 70);
	assert.equal(crash.stdout, '');
	const kept = /^xmrtop: internal error: boom; details: (\S+)\n$/.exec(crash.stderr)?.[1] ?? '';
	assert.match(readFileSync(kept, 'utf8'), /^xmrtop \d+\.\d+\.\d+, Node\.js .*\nError: boom\n {4}at /);
	assert.equal(statSync(kept).mode & 0o777, 0o600);
	assertFilesClean(configDir);

	const file = path.join(configDir, 'nodes.json');
	const text = readFileSync(file, 'utf8');
	for (const spoilt of [
		text.slice(0, text.indexOf(JSON.stringify(secrets.right).slice(1, -1)) + 9),
		text.replace('"password"', '"passwort"'),
		text.replace('"username": "u"', `"username": ${JSON.stringify(`u:${secrets.refused}`)}`),
		text.replace(/"password": ".*"/, `"password": ["${secrets.refused}"]`),
		text.replace('"host": "127.0.0.1"', `"daemon": "u:${secrets.refused}@h:1"`),
	]) {
		assert.notEqual(spoilt, text);
		writeFileSync(file, spoilt);
		for (const args of [['status'], ['--json']]) {
			const {code, stdout, stderr} = await cli.run(args);
			assert.equal(code, 2);
			assertNoSecret(stdout + stderr, `the error about ${spoilt}`);
			assert.doesNotMatch(stdout + stderr, /Right"|Right\\"/, spoilt);
		}
	}
});

function assertFilesClean(configDir: string): void {
	const files = readdirSync(configDir, {recursive: true, encoding: 'utf8'});
	for (const name of files.filter(one => !/^nodes\.json(?:\.bak)?$/.test(one))) {
		assertNoSecret(readFileSync(path.join(configDir, name), 'utf8'), name);
	}
}
