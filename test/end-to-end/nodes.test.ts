import assert from 'node:assert/strict';
import {readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {commandTable} from '../../source/cli/command-table.js';
import {flagUsage, guideAddress} from '../../source/cli/help.js';
import {cliIn, folderPrint, runEach} from '../helpers/run-cli.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

function setUp(context: TestContext) {
	const configDir = temporaryFolder(context);
	const cli = cliIn(configDir);
	const file = path.join(configDir, 'nodes.json');
	const stored = () => JSON.parse(readFileSync(file, 'utf8'));
	const ok = async (args: readonly string[], stdin?: string) => {
		const run = await cli.run(args, stdin === undefined ? {} : {stdin});
		assert.equal(run.code, 0, `${args.join(' ')}: ${run.stderr}`);
		return run;
	};
	return {configDir, cli, file, stored, ok};
}

test('add: defaults, output, private files', async context => {
	const {configDir, ok, stored, file, cli} = setUp(context);
	assert.deepEqual(await ok(['nodes', 'add', 'main', '--port', '18082']), {
		code: 0,
		stdout: '',
		stderr: 'xmrtop: added main (id 1)\n',
	});
	assert.deepEqual(stored(), {
		schema_version: 1,
		next_id: 2,
		nodes: [{id: 1, name: 'main', host: '127.0.0.1', path: '/json_rpc', available: true, port: 18_082}],
		settings: {},
	});
	assert.equal(statSync(file).mode & 0o777, 0o600);
	const inNew = cliIn(path.join(configDir, 'a', 'b'));
	assert.equal((await inNew.run(['nodes', 'add', 'x', '--port', '1'])).code, 0);
	assert.equal(statSync(path.join(configDir, 'a', 'b')).mode & 0o777, 0o700);
	const {nodes} = await cli.json(['nodes', 'add', 'second', '--port', '2', '--json']);
	assert.deepEqual([nodes[0].id, nodes[0].name], [2, 'second']);
});

test('add: every flag sets its field', async context => {
	const {cli, ok} = setUp(context);
	const pin = 'ab'.repeat(32);
	const flags = {
		host: '::1',
		path: '/w/json_rpc',
		username: 'u',
		'password-env': 'WALLET_PW',
		'tls-ca-file': '/ca.pem',
		'tls-fingerprint': pin,
		daemon: 'http://Node.example:18081/',
		'daemon-username': 'd',
		'daemon-password-file': '/dp',
		'daemon-tls-fingerprint': pin,
		'daemon-tls-ca-file': '/dca.pem',
		pid: '77',
		'pid-file': '/run/w.pid',
		group: 'prod',
		title: 'Main wallet ✓',
		timeout: '2s',
		'busy-max': '10m',
	};
	const typed = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, value]);
	await ok(['nodes', 'add', 'all', '--port', '1', '--no-expect-wallet', ...typed]);
	const {node} = await cli.json(['nodes', 'show', 'all', '--json']);
	assert.deepEqual(node, {
		id: 1,
		name: 'all',
		host: '::1',
		path: '/w/json_rpc',
		available: true,
		port: 1,
		username: 'u',
		password_env: 'WALLET_PW',
		daemon: 'node.example:18081',
		daemon_username: 'd',
		daemon_password_file: '/dp',
		daemon_tls: {ca_file: '/dca.pem', fingerprint: 'AB:'.repeat(32).slice(0, -1)},
		pid: 77,
		pid_file: '/run/w.pid',
		group: 'prod',
		title: 'Main wallet ✓',
		timeout: '2s',
		busy_max: '10m',
		expect_wallet: false,
		tls: {ca_file: '/ca.pem', fingerprint: 'AB:'.repeat(32).slice(0, -1)},
	});
	const {stdout} = await ok(['nodes', 'show', '1']);
	assert.match(stdout, /^tls +\{"ca_file":"\/ca\.pem","fingerprint":"AB:/m);
	assert.match(stdout, /^title +Main wallet ✓$/m);
});

test('edit: an empty value and --no-tls clear, one password source replaces another', async context => {
	const {cli, ok, stored} = setUp(context);
	await ok(
		[
			'nodes',
			'add',
			'a',
			'--port',
			'1',
			'--title',
			't',
			'--group',
			'g',
			'--tls-insecure',
			'--username',
			'u',
			'--password-stdin',
		],
		'hunter2hunter2\n',
	);
	assert.equal(stored().nodes[0].password, 'hunter2hunter2');
	await ok(['nodes', 'edit', 'a', '--title', '', '--group=', '--no-tls', '--port', '2']);
	const {title, group, tls, port} = stored().nodes[0];
	assert.deepEqual({title, group, tls, port}, {title: undefined, group: undefined, tls: undefined, port: 2});
	await ok(['nodes', 'edit', 'a', '--daemon', 'h', '--daemon-tls-insecure']);
	assert.deepEqual([stored().nodes[0].daemon, stored().nodes[0].daemon_tls], ['h:18081', {insecure: true}]);
	await ok(['nodes', 'edit', 'a', '--no-daemon-tls-insecure', '--daemon', 'none']);
	assert.deepEqual([stored().nodes[0].daemon, stored().nodes[0].daemon_tls], ['none', undefined]);
	await ok(['nodes', 'edit', 'a', '--tls']);
	assert.deepEqual(stored().nodes[0].tls, {});
	await ok(['nodes', 'edit', 'a', '--password-file', '/p']);
	assert.deepEqual([stored().nodes[0].password, stored().nodes[0].password_file], [undefined, '/p']);
	await ok(['nodes', 'edit', 'a', '--login-file', '/l']);
	const {username, password_file: passwordFile, login_file: loginFile} = stored().nodes[0];
	assert.deepEqual([username, passwordFile, loginFile], [undefined, undefined, '/l']);
	await ok(['nodes', 'edit', 'a', '--name', 'b']);
	assert.deepEqual((await cli.json(['nodes', 'show', 'b', '--json'])).node.id, 1);
});

test('remove: never reuses an id', async context => {
	const {ok, stored} = setUp(context);
	for (const name of ['a', 'b', 'c']) {
		await ok(['nodes', 'add', name, '--port', '1']);
	}

	assert.equal((await ok(['nodes', 'remove', 'c', '2'])).stderr, 'xmrtop: removed c (id 3), b (id 2)\n');
	await ok(['nodes', 'add', 'c', '--port', '1']);
	assert.deepEqual(
		stored().nodes.map(({id}: {id: number}) => id),
		[1, 4],
	);
	await ok(['nodes', 'remove', '1', '4']);
	await ok(['nodes', 'add', 'd', '--port', '1']);
	assert.deepEqual(
		stored().nodes.map(({id}: {id: number}) => id),
		[5],
	);
});

test('disable and enable; --for ends by itself', async context => {
	const {ok, stored, cli} = setUp(context);
	await ok(['nodes', 'add', 'a', '--port', '1']);
	await ok(['nodes', 'disable', 'a']);
	assert.equal(stored().nodes[0].available, false);
	assert.match((await ok(['nodes', 'list'])).stdout, /^1 +a +127\.0\.0\.1:1 .*disabled$/m);
	await ok(['nodes', 'enable', 'a']);
	assert.equal(stored().nodes[0].available, true);
	const beforeMs = Date.now();
	await ok(['nodes', 'disable', 'a', '--for', '30m']);
	const untilMs = Date.parse(stored().nodes[0].disabled_until);
	assert.ok(untilMs >= beforeMs + 1_800_000 && untilMs <= Date.now() + 1_800_000);
	assert.equal((await cli.json(['--json', '--no-save'])).total, 0);
	await ok(['nodes', 'disable', 'a', '--for', '1ms']);
	assert.equal((await cli.json(['--json', '--no-save', '-m', 'port'])).total, 1);
	const [listed] = (await cli.json(['nodes', 'list', '--json'])).nodes;
	assert.deepEqual(
		[listed.available, listed.disabled_until],
		[true, undefined],
		'a time that has passed disables nothing',
	);
	const shown = (await cli.json(['nodes', 'show', 'a', '--json'])).node;
	assert.deepEqual([shown.available, shown.disabled_until], [true, undefined]);
	await ok(['nodes', 'enable', 'a']);
	assert.equal('disabled_until' in stored().nodes[0], false);
});

test('enable and disable print the changed nodes as JSON, remove the removed ones', async context => {
	const {ok, cli} = setUp(context);
	await ok(['nodes', 'add', 'a', '--port', '1']);
	const nodesAfter = async (...args: string[]): Promise<unknown> =>
		(await cli.json(['nodes', ...args, '--json'])).nodes;
	const node = {id: 1, name: 'a', host: '127.0.0.1', port: 1, path: '/json_rpc'};
	assert.deepEqual(await nodesAfter('disable', 'a'), [{...node, available: false}]);
	assert.deepEqual(await nodesAfter('enable', 'a'), [{...node, available: true}]);
	assert.deepEqual(await nodesAfter('remove', 'a'), [{...node, available: true}]);
});

test('export and import: a round trip that ignores ids, keeps the password and reports has_password', async context => {
	const {cli, ok, stored} = setUp(context);
	await ok(
		['nodes', 'add', 'a', '--port', '1', '--title', 'first', '--username', 'u', '--password-stdin'],
		'hunter2hunter2',
	);
	await ok(['nodes', 'add', 'b', '--port', '2', '--daemon', 'h:18081', '--tls-insecure']);
	const exported = await ok(['nodes', 'export']);
	assert.equal(exported.stderr, 'xmrtop: passwords are not exported; nodes with a password: a\n');
	assert.doesNotMatch(exported.stdout, /hunter2/);
	const document = JSON.parse(exported.stdout);
	assert.deepEqual(
		document.nodes.map(({has_password: has}: {has_password?: true}) => has),
		[true, undefined],
	);
	const before = stored();
	assert.equal((await ok(['nodes', 'import', '-'], exported.stdout)).stderr, 'xmrtop: nothing to change\n');
	assert.deepEqual(stored(), before);

	await ok(['nodes', 'remove', 'b']);
	document.nodes[0].title = 'changed';
	document.nodes[0].id = 99;
	const input = JSON.stringify(document);
	const print = JSON.stringify(stored());
	const dry = await ok(['nodes', 'import', '-', '--dry-run'], input);
	assert.equal(dry.stderr, 'xmrtop: would import: 1 added (b); 1 updated (a)\n');
	assert.equal(JSON.stringify(stored()), print);
	assert.equal((await ok(['nodes', 'import', '-'], input)).stderr, 'xmrtop: 1 added (b); 1 updated (a)\n');
	const [a, b] = stored().nodes;
	assert.deepEqual([a.id, a.title, a.password], [1, 'changed', 'hunter2hunter2']);
	assert.deepEqual([b.id, b.daemon, b.tls], [3, 'h:18081', {insecure: true}]);
	const report = await cli.json(['nodes', 'import', '-', '--json', '--prune'], {stdin: '[{"name":"c","port":3}]'});
	assert.deepEqual([report.added, report.updated, report.removed, report.dry_run], [['c'], [], ['a', 'b'], false]);
	assert.deepEqual(
		stored().nodes.map(({id, name}: {id: number; name: string}) => [id, name]),
		[[4, 'c']],
	);
});

test('import: all or nothing', async context => {
	const {cli, configDir, ok} = setUp(context);
	await ok(['nodes', 'add', 'a', '--port', '1']);
	const before = folderPrint(configDir);
	const file = path.join(temporaryFolder(context), 'nodes.json');
	writeFileSync(file, JSON.stringify([{name: 'a', port: 2}, {name: 'b', port: 3}, {name: 'c'}]));
	const {code, stderr} = await cli.run(['nodes', 'import', file]);
	assert.deepEqual(
		{code, stderr},
		{code: 2, stderr: `xmrtop: ${file}: node 3: port is missing: a whole number from 1 to 65535\n`},
	);
	assert.equal(folderPrint(configDir), before);
});

test('list: a table, --group, --json; an empty one says what to do', async context => {
	const {cli, configDir, ok} = setUp(context);
	assert.deepEqual(await ok(['nodes', 'list']), {
		code: 0,
		stdout: '',
		stderr: `xmrtop: there are no nodes in ${configDir}/nodes.json; add one: xmrtop nodes add NAME --port N\n`,
	});
	assert.deepEqual(await cli.json(['nodes', 'list', '--json']), {schema_version: 1, nodes: []});
	assert.deepEqual(readdirSync(configDir), []);
	await ok(['nodes', 'add', 'a', '--port', '1', '--group', 'g', '--host', '::1']);
	await ok(['nodes', 'add', 'b', '--port', '2']);
	assert.deepEqual(
		(await ok(['nodes', 'list', '--group', 'g'])).stdout.split('\n').map(line => line.split(/ {2,}/)),
		[
			['ID', 'NAME', 'ADDRESS', 'DAEMON', 'GROUP', 'LAST STATE'],
			['1', 'a', '[::1]:1', '', 'g', 'never checked'].filter(cell => cell !== ''),
			[''],
		],
	);
	const {nodes} = await cli.json(['nodes', 'list', '--json']);
	assert.deepEqual(
		nodes.map(({name}: {name: string}) => name),
		['a', 'b'],
	);
});

test('config: list, get, set, unset; settings apply and flags override them', async context => {
	const {cli, ok, stored} = setUp(context);
	assert.equal((await ok(['config', 'get', 'interval'])).stdout, '5s\n');
	assert.equal((await ok(['config', 'set', 'interval', '9s'])).stderr, 'xmrtop: interval is now 9s\n');
	assert.deepEqual(stored().settings, {interval: '9s'});
	assert.deepEqual(await cli.json(['config', 'get', 'interval', '--json']), {
		schema_version: 1,
		settings: {interval: '9s'},
	});
	assert.match((await ok(['config', 'list'])).stdout, /^interval +9s .*\(default 5s\)$/m);
	const {settings} = await cli.json(['config', 'list', '--json']);
	assert.deepEqual(settings, {
		method: 'api',
		interval: '9s',
		timeout: '3s',
		port_timeout: '1s',
		concurrency: '256',
		slow: '1s',
		busy_max: '30m',
		busy_max_unseen: '5m',
		startup_max: '6h',
		crash_loop: '3',
		crash_loop_within: '10m',
		max_wallet_lag: '5',
		max_daemon_lag: '3',
		block_age: '30m',
		fail_after: '3',
		recover_after: '2',
		alert_on: 'down',
		remind: 'off',
		alert_daemons: 'on',
		flap_start: '20',
		flap_stop: '5',
		self_check: 'off',
		bell: 'down',
	});
	await ok(['config', 'set', 'interval', '']);
	assert.deepEqual(stored().settings, {});
	await ok(['config', 'set', 'method', 'port']);
	assert.equal((await cli.json(['--json'])).method, 'port');
	assert.equal((await cli.json(['--json', '-m', 'pid'])).method, 'pid');
});

test('info: file locations, versions, and the only RPC methods', async context => {
	const {cli, configDir, ok} = setUp(context);
	const {paths, versions, rpc_methods: methods} = await cli.json(['info', '--json']);
	assert.deepEqual(paths, {
		nodes: `${configDir}/nodes.json`,
		results: `${configDir}/results.json`,
		transitions: `${configDir}/transitions.ndjson`,
		alerts: `${configDir}/alerts.json`,
		view: `${configDir}/view.json`,
	});
	const {version} = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
	assert.deepEqual(versions, {xmrtop: version, node: process.versions.node});
	assert.deepEqual(methods, {
		wallet: ['get_version', 'get_height'],
		daemon: ['get_info', 'get_version', 'get_last_block_header', 'get_block_header_by_height'],
	});
	assert.match((await ok(['info'])).stdout, /^RPC to wallets +get_version, get_height$/m);
	assert.equal((await ok(['--version'])).stdout, `${version}\n`);
	assert.equal((await ok(['-V'])).stdout, `${version}\n`);
	assert.deepEqual(readdirSync(configDir), []);
});

const everywhere = ['--config-dir', '--state-dir', '--json', '--help'];
const drawing = ['--no-color', '--ascii', '--unicode'];
const checking = ['--method', '--timeout', '--concurrency', '--group', '--all', '--no-save', '--interval'];
const reporting = ['--state', '--csv', '--nagios', '--fail-on', '--json-schema'];
const joining = ['--connect', '--hosts', '--token-file', '--basic-auth-file', '--at'];
const definition = [
	...[
		'--port',
		'--host',
		'--path',
		'--username',
		'--password-env',
		'--password-file',
		'--login-file',
		'--login-config',
		'--password-stdin',
	],
	...[
		'--kind',
		'--tls',
		'--tls-ca-file',
		'--tls-fingerprint',
		'--tls-insecure',
		'--proxy',
		'--daemon',
		'--daemon-username',
	],
	...[
		'--daemon-password-env',
		'--daemon-password-file',
		'--daemon-tls-ca-file',
		'--daemon-tls-fingerprint',
		'--daemon-tls-insecure',
		'--daemon-proxy',
	],
	...['--pid', '--pid-file', '--group', '--title', '--timeout'],
	...['--busy-max', '--expect-wallet'],
];

/** The flags in each command's help, besides those of every command. */
const helpRows: Readonly<Record<string, readonly string[]>> = {
	status: [...drawing, ...checking, ...reporting, ...joining, '--daemons', '--quiet', '--debug'],
	history: ['--method', '--group', '--csv', '--limit', '--timeout', ...joining],
	wait: ['--for', '--timeout', '--method', '--interval', '--concurrency', '--no-save', '--quiet', '--debug'],
	'nodes list': ['--group'],
	'nodes show': [],
	'nodes add': [...definition, '--quiet'],
	'nodes edit': [...definition, '--name', '--quiet'],
	'nodes remove': ['--quiet', '--yes', '--dry-run'],
	'nodes enable': ['--quiet'],
	'nodes disable': ['--for', '--quiet'],
	'nodes import': ['--prune', '--dry-run', '--quiet'],
	'nodes export': ['--group'],
	demo: [...drawing, ...checking, ...reporting, '--nodes', '--hold', '--screen-reader'],
	'config list': [],
	'config get': [],
	'config set': ['--quiet'],
	info: [],
};

/** All flags of commands without the flags of every command. */
const otherHelpRows: Readonly<Record<string, readonly string[]>> = {
	watch: [
		'--config-dir',
		'--state-dir',
		'--help',
		...checking,
		'--on-change',
		'--webhook-file',
		'--webhook-format',
		'--heartbeat-file',
		'--heartbeat-fail',
		'--ndjson',
		'--debug',
	],
	completion: ['--help'],
};

test('--help of every command: exit code 0, its usage and exactly its flags', async context => {
	const {ok} = setUp(context);
	const rows = Object.entries(helpRows).map(([words, flags]) => [words, [...everywhere, ...flags]] as const);
	const allRows = [...rows, ...Object.entries(otherHelpRows)];
	await runEach(allRows, async ([words, flags]) => {
		const {stdout, stderr} = await ok([...words.split(' '), '--help']);
		assert.equal(stderr, '');
		assert.ok(stdout.startsWith(`xmrtop ${words}`), stdout);
		assert.match(stdout, /^Examples\n {2}(?:xmrtop|source) /m);
		assert.ok(stdout.endsWith(`\nGuide: ${guideAddress(words)}\n`), stdout);
		const listed = [...stdout.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag);
		assert.deepEqual(listed.toSorted(), flags.toSorted(), words);
	});
	const program = (await ok(['--help'])).stdout;
	const live = commandTable[''].flags.map(name => flagUsage(name).match(/--[\w-]+/)?.[0]);
	const listed = [...program.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag);
	// The last one is in the list of exit codes.
	assert.deepEqual(listed.toSorted(), [...live, '--nagios'].toSorted());
	for (const [words] of allRows) {
		assert.match(program, new RegExp(`^ {2}xmrtop ${words}\\b`, 'm'));
	}

	assert.equal((await ok(['help'])).stdout, program);
	assert.equal((await ok(['-h'])).stdout, program);
	assert.equal((await ok(['help', 'status'])).stdout, (await ok(['status', '-h'])).stdout);
	assert.match((await ok(['nodes', '--help'])).stdout, /^ {2}xmrtop nodes import FILE /m);
	assert.match((await ok(['config', '--help'])).stdout, /^ {2}xmrtop config set SETTING VALUE /m);
});

test('stores absolute paths: relative ones start from the current folder', async context => {
	const {ok, stored, cli} = setUp(context);
	const here = (name: string) => path.join(process.cwd(), name);
	const flags = ['--username', 'u', '--password-file', 'pw', '--pid-file', '../w.pid', '--tls-ca-file', 'ca.pem'];
	await ok(['nodes', 'add', 'main', '--port', '1', ...flags]);
	const [added] = stored().nodes;
	assert.deepEqual(
		[added.password_file, added.pid_file, added.tls],
		[here('pw'), here('../w.pid'), {ca_file: here('ca.pem')}],
	);
	await ok(['nodes', 'edit', 'main', '--pid-file', './new.pid']);
	assert.equal(stored().nodes[0].pid_file, here('new.pid'));

	const imported = JSON.stringify([{name: 'main', port: 1, login_file: 'w.login'}]);
	const plan = await cli.json(['nodes', 'import', '-', '--dry-run', '--json'], {stdin: imported});
	assert.equal(plan.nodes[0].login_file, here('w.login'));
	await ok(['nodes', 'import', '-'], imported);
	assert.equal(stored().nodes[0].login_file, here('w.login'));
	const again = await cli.json(['nodes', 'import', '-', '--json'], {stdin: imported});
	assert.deepEqual(again.updated, []);
});

test('a relative path in a nodes.json written by hand starts from its folder, and reading does not rewrite it', async context => {
	const {configDir, ok, stored, file, cli} = setUp(context);
	await ok(['nodes', 'add', 'main', '--port', '1']);
	const document = stored();
	document.nodes[0].login_file = 'secrets/w.login';
	writeFileSync(file, JSON.stringify(document));
	const {node} = await cli.json(['nodes', 'show', 'main', '--json']);
	assert.equal(node.login_file, path.join(configDir, 'secrets/w.login'));
	assert.equal(stored().nodes[0].login_file, 'secrets/w.login');
	await ok(['nodes', 'edit', 'main', '--group', 'g']);
	assert.equal(stored().nodes[0].login_file, path.join(configDir, 'secrets/w.login'));
});
