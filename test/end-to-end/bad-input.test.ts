import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {type CliRun, folderPrint, runCli, runEach} from '../helpers/run-cli.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

/** The arguments, the message and the code in JSON. `in FILE` stands for the path of nodes.json. */
type Row = readonly [args: readonly string[], message: string, code?: string, stdin?: string];

const knownNodes = {
	schema_version: 1,
	next_id: 4,
	nodes: [
		{id: 1, name: 'main', host: '127.0.0.1', port: 1, path: '/json_rpc', available: true},
		{
			id: 3,
			name: 'spare',
			host: '127.0.0.1',
			port: 2,
			path: '/json_rpc',
			username: 'u',
			password: 'hunter2hunter2',
			available: false,
		},
	],
	settings: {interval: '7s'},
};

const add = (...flags: readonly string[]): string[] => ['nodes', 'add', 'new', '--port', '1', ...flags];
const edit = (...flags: readonly string[]): string[] => ['nodes', 'edit', 'main', ...flags];
const nameForm =
	"1 to 64 of A-Z a-z 0-9 . _ -, starting with a letter or digit, not all digits and not a command's name";
const textForm = '1 to 100 characters, no control characters';
const durations = 'a duration such as 500ms, 5s, 2m or 6h';
const daemonForm = 'host, host:port or a URL, without user and password; or none';
const hostile = '\u001B[31mred\u001B]0;title\u0007';
const hostileShown = '\\u001b[31mred\\u001b]0;title\\u0007';

/** A flag of a node, a refused value, and the message of both `add` and `edit`. */
const fieldRows: ReadonlyArray<readonly [flag: string, value: string, message: string]> = [
	['--host', 'a b', 'host "a b" is invalid: expected an IPv4 address, an IPv6 address or a DNS name'],
	['--host', '1.2.3', 'host "1.2.3" is invalid: expected an IPv4 address, an IPv6 address or a DNS name'],
	['--host', '::g', 'host "::g" is invalid: expected an IPv4 address, an IPv6 address or a DNS name'],
	['--path', 'json_rpc', 'path "json_rpc" is invalid: expected a URL path starting with "/", without spaces or "#"'],
	['--username', 'u', 'username is given without a password: use password_file, password_env, login_file or password'],
	['--password-env', 'P', 'password_env is given without username'],
	['--password-file', '/p', 'password_file is given without username'],
	['--username', 'u:hunter2hunter2', 'username is invalid: expected a user name without ":" or control characters'],
	[
		'--password-env',
		'hunter2 hunter2',
		'password_env is invalid: expected the name of an environment variable (letters, digits, _)',
	],
	[
		'--tls-fingerprint',
		'ab:cd',
		'tls.fingerprint "ab:cd" is invalid: expected the SHA-256 of a certificate: 64 hex digits, colons optional',
	],
	['--daemon', 'no de', `daemon "no de" is invalid: expected ${daemonForm}`],
	['--daemon', 'http://u:hunter2hunter2@h:1', `daemon is invalid: expected ${daemonForm}`],
	['--daemon', 'http://h:1?x', `daemon "http://h:1?x" is invalid: expected ${daemonForm}`],
	['--daemon-username', 'u', 'daemon_username needs daemon_password_file or daemon_password_env, and they need it'],
	['--daemon-password-env', 'P', 'daemon_username needs daemon_password_file or daemon_password_env, and they need it'],
	[
		'--daemon-password-file',
		'/p',
		'daemon_username needs daemon_password_file or daemon_password_env, and they need it',
	],
	['--pid', '0', 'pid 0 is invalid: expected a whole number from 1 to 2147483647'],
	['--pid', '-1', 'pid "-1" is invalid: expected a whole number from 1 to 2147483647'],
	['--pid', '1e3', 'pid "1e3" is invalid: expected a whole number from 1 to 2147483647'],
	['--group', 'two\nlines', `group "two\\nlines" is invalid: expected ${textForm}`],
	['--group', hostile, `group "${hostileShown}" is invalid: expected ${textForm}`],
	['--title', 'x'.repeat(101), `title "${'x'.repeat(78)}… is invalid: expected ${textForm}`],
	['--timeout', '5', `timeout "5" is invalid: expected ${durations}, at most 1h`],
	['--timeout', '0s', `timeout "0s" is invalid: expected ${durations}, at most 1h`],
	['--timeout', '2h', `timeout "2h" is invalid: expected ${durations}, at most 1h`],
	['--busy-max', 'long', `busy_max "long" is invalid: expected ${durations}`],
];

const portRows = ['0', '65536', '99999'].map(
	(port): Row => [
		['nodes', 'add', 'new', '--port', port],
		`node "new": port ${port} is invalid: expected a whole number from 1 to 65535`,
		'invalid_node',
	],
);

const nameRows = ['', '12', 'status', 'help', 'a b', '-', '../a', 'x'.repeat(65)].map((name): Row => {
	const shown = name.length > 64 ? `"${'x'.repeat(65)}"` : JSON.stringify(name);
	return [
		['nodes', 'add', name, '--port', '1'],
		`node ${shown}: name ${shown} is invalid: expected ${nameForm}`,
		'invalid_node',
	];
});

const definitionRows: readonly Row[] = [
	...fieldRows.map(([flag, value, message]): Row => [add(flag, value), `node "new": ${message}`, 'invalid_node']),
	...fieldRows
		.filter((_, index) => index % 4 === 0)
		.map(([flag, value, message]): Row => [edit(flag, value), `node "main": ${message}`, 'invalid_node']),
	...portRows,
	...nameRows,
	[['nodes', 'add', 'new'], 'node "new": port is missing: a whole number from 1 to 65535', 'invalid_node'],
	[
		['nodes', 'add', 'new', '--port', ''],
		'node "new": port is missing: a whole number from 1 to 65535',
		'invalid_node',
	],
	[
		['nodes', 'add', 'new', '--port', hostile],
		`node "new": port "${hostileShown}" is invalid: expected a whole number from 1 to 65535`,
		'invalid_node',
	],
	[['nodes', 'add', 'main', '--port', '1'], 'node "main" already exists (id 1): names must be unique', 'invalid_node'],
	[edit('--name', 'spare'), 'node "spare" already exists (id 3): names must be unique', 'invalid_node'],
	[edit('--name', ''), `node "main": name is missing: ${nameForm}`, 'invalid_node'],
	[edit('--name', '7'), `node "main": name "7" is invalid: expected ${nameForm}`, 'invalid_node'],
	[edit('--port', ''), 'node "main": port is missing: a whole number from 1 to 65535', 'invalid_node'],
	[edit(), 'nothing to change: use a flag such as --port, see xmrtop nodes edit --help', 'bad_usage'],
	[
		add('--username', 'u', '--password-env', 'A', '--password-file', '/p'),
		'node "new": password_file and password_env are given: only one source of the password is allowed',
		'invalid_node',
	],
	[
		add('--username', 'u', '--login-file', '/l'),
		'node "new": username is given with login_file: the file already contains the user name',
		'invalid_node',
	],
	[
		add('--username', 'u', '--password-stdin'),
		'node "new": password is invalid: expected 1 to 1024 characters on one line',
		'invalid_node',
		'',
	],
	[
		add('--username', 'u', '--password-stdin'),
		'node "new": password is invalid: expected 1 to 1024 characters on one line',
		'invalid_node',
		'hunter2hunter2\nsecond line\n',
	],
	[add('--password-stdin'), 'node "new": password is given without username', 'invalid_node', 'hunter2hunter2\n'],
	[
		add('--tls-insecure', '--tls-fingerprint', 'ab'.repeat(32)),
		'node "new": tls has both fingerprint and insecure: use only one of them',
		'invalid_node',
	],
	[
		add('--daemon-username', 'u', '--daemon-password-env', 'P'),
		'node "new": daemon_username is given without daemon',
		'invalid_node',
	],
	[
		add('--daemon', 'h:1', '--daemon-username', 'u', '--daemon-password-env', 'P', '--daemon-password-file', '/p'),
		'node "new": daemon_password_file and daemon_password_env are given: only one is allowed',
		'invalid_node',
	],
];

const flagRows: readonly Row[] = (
	[
		['method', 'foo', 'pid, port, api, full'],
		['method', '', 'pid, port, api, full'],
		['interval', '10ms', `${durations}, at least 1s, at most 24h`],
		['interval', 'often', `${durations}, at least 1s, at most 24h`],
		['timeout', '0', `${durations}, at most 1h`],
		['timeout', '2h', `${durations}, at most 1h`],
		['concurrency', '0', 'a whole number from 1 to 10000'],
		['concurrency', '1.5', 'a whole number from 1 to 10000'],
		['concurrency', '-1', 'a whole number from 1 to 10000'],
		['state', 'broken', 'up, degraded, busy, unknown, down'],
		['fail-on', 'never', 'degraded, failed, down'],
		['config-dir', '', 'the path of a folder'],
		['state-dir', '', 'the path of a folder'],
	] as const
).flatMap(([flag, value, allowed]): Row[] =>
	[[], ['status']].map(
		(command): Row => [
			[...command, `--${flag}`, value],
			`--${flag} "${value}" is invalid: expected ${allowed}`,
			'bad_usage',
		],
	),
);

const nodesCommands = 'list, show, add, edit, remove, enable, disable, import, export';
const settings =
	'method, interval, timeout, port_timeout, concurrency, slow, busy_max, busy_max_unseen, startup_max, crash_loop, crash_loop_within, max_wallet_lag, max_daemon_lag, block_age, fail_after, recover_after, alert_on, alert_daemons, flap_start, flap_stop, remind, bell, self_check';
const notThere = (name: string): string => `node ${JSON.stringify(name)} is not in FILE; known nodes: main, spare`;

const usageRows: readonly Row[] = [
	[['status', 'nope'], notThere('nope'), 'node_not_found'],
	...[['watch'], ['alerts', 'test', '--on-change', 'true']].map(
		(command): Row => [
			[...command, '--webhook-format', 'slack'],
			'--webhook-format is given without a webhook: use --webhook-file or XMRTOP_WEBHOOK',
			'bad_usage',
		],
	),
	[['status', '2'], notThere('2'), 'node_not_found'],
	[['status', 'main', 'nope'], notThere('nope'), 'node_not_found'],
	[['status', '--all', 'nope'], notThere('nope'), 'node_not_found'],
	[['status', ''], notThere(''), 'node_not_found'],
	[['status', '--', '--json'], notThere('--json'), 'node_not_found'],
	[['status', hostile], `node "${hostileShown}" is not in FILE; known nodes: main, spare`, 'node_not_found'],
	[['nodes', 'show', '99'], notThere('99'), 'node_not_found'],
	[['nodes', 'edit', 'nope', '--port', '1'], notThere('nope'), 'node_not_found'],
	[['nodes', 'remove', 'main', 'nope'], notThere('nope'), 'node_not_found'],
	[['nodes', 'enable', 'nope'], notThere('nope'), 'node_not_found'],
	[['nodes', 'disable', 'main', 'nope'], notThere('nope'), 'node_not_found'],
	[
		['stauts'],
		`${notThere('stauts')}; it is not a command either, see xmrtop --help; did you mean status?`,
		'node_not_found',
	],
	[
		['helpp'],
		`${notThere('helpp')}; it is not a command either, see xmrtop --help; did you mean help?`,
		'node_not_found',
	],
	[
		['mian'],
		`${notThere('mian')}; did you mean main?; it is not a command either, see xmrtop --help`,
		'node_not_found',
	],
	[['help', 'foo'], '"foo" is not a command: see xmrtop --help', 'bad_usage'],
	[['foo', '--help'], '"foo" is not a command: see xmrtop --help', 'bad_usage'],
	[['nodes'], `nodes requires a subcommand: ${nodesCommands}`, 'bad_usage'],
	[['nodes', 'foo'], `"foo" is not a command of nodes: ${nodesCommands}`, 'bad_usage'],
	[['help', 'nodes', 'foo'], `"foo" is not a command of nodes: ${nodesCommands}`, 'bad_usage'],
	[['config'], 'config requires a subcommand: list, get, set', 'bad_usage'],
	[['config', 'foo'], '"foo" is not a command of config: list, get, set', 'bad_usage'],
	[['--nope'], '--nope is not a flag of xmrtop: see xmrtop --help', 'bad_usage'],
	[['status', '--nope=1'], '--nope is not a flag of xmrtop status: see xmrtop status --help', 'bad_usage'],
	[['status', '--no-method'], '--no-method is not a flag of xmrtop status: see xmrtop status --help', 'bad_usage'],
	[
		['status', '--Method', 'api'],
		'--Method is not a flag of xmrtop status: see xmrtop status --help; did you mean --method?',
		'bad_usage',
	],
	[
		['status', '--failOn', 'down'],
		'--failOn is not a flag of xmrtop status: see xmrtop status --help; did you mean --fail-on?',
		'bad_usage',
	],
	[['status', '--group', 'hott'], 'no node in FILE is in the group "hott"', 'node_not_found'],
	[['nodes', 'lst'], `"lst" is not a command of nodes: ${nodesCommands}; did you mean list?`, 'bad_usage'],
	[['status', '-x'], '-x is not a flag of xmrtop status: see xmrtop status --help', 'bad_usage'],
	[['status', `--${hostile}`], '--red is not a flag of xmrtop status: see xmrtop status --help', 'bad_usage'],
	[['status', '--port', '1'], '--port is not a flag of xmrtop status: see xmrtop status --help', 'bad_usage'],
	[['nodes', 'list', '--csv'], '--csv is not a flag of xmrtop nodes list: see xmrtop nodes list --help', 'bad_usage'],
	[
		add('--password', 'hunter2hunter2'),
		'--password is not a flag of xmrtop nodes add: see xmrtop nodes add --help',
		'bad_usage',
	],
	[
		add('--password=hunter2hunter2'),
		'--password is not a flag of xmrtop nodes add: see xmrtop nodes add --help',
		'bad_usage',
	],
	[['status', '-m', 'api', '--method', 'pid'], '--method is given twice: use it only once', 'bad_usage'],
	[add('--port', '2'), '--port is given twice: use it only once', 'bad_usage'],
	[['status', '--method'], '--method needs a value: check method: pid, port, api (default) or full', 'bad_usage'],
	[edit('--title', '--group', 'x'), '--title needs a value: a longer name for display', 'bad_usage'],
	[add('--tls=yes'), '--tls takes no value', 'bad_usage'],
	[['nodes', 'add'], 'NAME is missing: xmrtop nodes add NAME --port N', 'bad_usage'],
	[['nodes', 'add', '--port', '1'], 'NAME is missing: xmrtop nodes add NAME --port N', 'bad_usage'],
	[['nodes', 'edit', '--port', '1'], 'NODE is missing: xmrtop nodes edit NODE', 'bad_usage'],
	[['nodes', 'show'], 'NODE is missing: xmrtop nodes show NODE', 'bad_usage'],
	[['nodes', 'remove'], 'NODE is missing: xmrtop nodes remove NODE...', 'bad_usage'],
	[['nodes', 'enable'], 'NODE is missing: xmrtop nodes enable NODE...', 'bad_usage'],
	[['nodes', 'disable'], 'NODE is missing: xmrtop nodes disable NODE...', 'bad_usage'],
	[['nodes', 'import'], 'FILE is missing: xmrtop nodes import FILE', 'bad_usage'],
	[['config', 'get'], 'SETTING is missing: xmrtop config get SETTING', 'bad_usage'],
	[['config', 'set'], 'SETTING and VALUE are missing: xmrtop config set SETTING VALUE', 'bad_usage'],
	[['config', 'set', 'method'], 'VALUE is missing: xmrtop config set SETTING VALUE', 'bad_usage'],
	[
		['nodes', 'add', 'a', 'b', '--port', '1'],
		'"b" is an unexpected argument: xmrtop nodes add NAME --port N',
		'bad_usage',
	],
	[['nodes', 'show', 'main', 'spare'], '"spare" is an unexpected argument: xmrtop nodes show NODE', 'bad_usage'],
	[['nodes', 'list', 'main'], '"main" is an unexpected argument: xmrtop nodes list', 'bad_usage'],
	[['config', 'get', 'method', 'api'], '"api" is an unexpected argument: xmrtop config get SETTING', 'bad_usage'],
	[['info', 'x'], '"x" is an unexpected argument: xmrtop info', 'bad_usage'],
	[['demo', 'x'], '"x" is an unexpected argument: xmrtop demo', 'bad_usage'],
	[['status', '--timeout', '-5s'], `--timeout "-5s" is invalid: expected ${durations}, at most 1h`, 'bad_usage'],
	[
		['status', '-i', '-.5s'],
		`--interval "-.5s" is invalid: expected ${durations}, at least 1s, at most 24h`,
		'bad_usage',
	],
	[edit('--busy-max', '-1s'), `node "main": busy_max "-1s" is invalid: expected ${durations}`, 'invalid_node'],
	[['demo', '--nodes', '0'], '--nodes "0" is invalid: expected a whole number from 1 to 5000', 'bad_usage'],
	[['demo', '--nodes', '5001'], '--nodes "5001" is invalid: expected a whole number from 1 to 5000', 'bad_usage'],
	[
		['demo', '--config-dir', '/tmp'],
		'demo uses its own folders: --config-dir and --state-dir are not allowed',
		'bad_usage',
	],
	[['nodes', 'disable', 'main', '--for', '5'], `--for "5" is invalid: expected ${durations}`, 'bad_usage'],
	[['config', 'get', 'nope'], `"nope" is not a setting: ${settings}`, 'invalid_setting'],
	[['config', 'set', 'nope', '1'], `"nope" is not a setting: ${settings}`, 'invalid_setting'],
	[
		['config', 'set', 'method', 'x'],
		'config set: method "x" is invalid: expected pid, port, api, full',
		'invalid_setting',
	],
	[
		['config', 'set', 'interval', '10ms'],
		`config set: interval "10ms" is invalid: expected ${durations}, at least 1s, at most 24h`,
		'invalid_setting',
	],
	[
		['config', 'set', 'concurrency', '0'],
		'config set: concurrency "0" is invalid: expected a whole number from 1 to 10000',
		'invalid_setting',
	],
];

const importForm = 'a JSON array of nodes, or what xmrtop nodes export wrote';
const importing = (document: unknown, message: string, code = 'invalid_node'): Row => [
	['nodes', 'import', '-'],
	message,
	code,
	typeof document === 'string' ? document : JSON.stringify(document),
];

const importRows: readonly Row[] = [
	[
		['nodes', 'import', '/nope.json'],
		'/nope.json cannot be read (no such file or directory): use a JSON file, or - for stdin',
		'bad_usage',
	],
	importing('[{"password": "hunter2hunter2",', `stdin is not valid JSON: expected ${importForm}`),
	importing('', `stdin is not valid JSON: expected ${importForm}`),
	importing('null', `stdin contains no nodes: expected ${importForm}`),
	importing({nodes: {}}, `stdin contains no nodes: expected ${importForm}`),
	importing(
		{schema_version: 2, nodes: []},
		'stdin was written by a newer xmrtop: this version reads up to schema version 1',
		'newer_config',
	),
	importing([{name: 'good', port: 1}, 7], 'stdin: node 2: a node is a JSON object with name and port'),
	importing(
		[
			{name: 'good', port: 1},
			{name: 'bad', port: '1'},
		],
		'stdin: node 2: port "1" is invalid: expected a whole number from 1 to 65535',
	),
	importing(
		[
			{name: 'a', port: 1},
			{name: 'a', port: 2},
		],
		'stdin: node 2: name "a" is given twice: names must be unique',
	),
	importing(
		[{name: 'a', port: 1, username: 'u', has_password: true}],
		'stdin: node 1: the password of "a" was not exported: replace has_password with password_file, password_env or login_file',
	),
];

function assertRefused(run: CliRun, message: string, what: string): void {
	assert.deepEqual(run, {code: 2, stdout: '', stderr: `xmrtop: ${message}\n`}, what);
	assert.doesNotMatch(run.stderr.slice(0, -1), /[\p{Cc}\u202E]|hunter2/u, what);
}

function assertJsonRefused({code, stdout, stderr}: CliRun, message: string, errorCode: string, what: string): void {
	assert.deepEqual({code, stderr}, {code: 2, stderr: ''}, what);
	assert.deepEqual(JSON.parse(stdout), {schema_version: 1, error: {code: errorCode, message}}, what);
	assert.match(stdout, /^[^\n\p{Cc}]*\n$/u, what);
}

const groups = {
	'fields of a node': definitionRows,
	'values of flags': flagRows,
	'commands, flags, arguments and names': usageRows,
	'files to import': importRows,
};

for (const [title, rows] of Object.entries(groups)) {
	test(`bad ${title}: one line, exit code 2, nothing written`, async context => {
		const configDir = temporaryFolder(context);
		const file = path.join(configDir, 'nodes.json');
		writeFileSync(file, JSON.stringify(knownNodes), {mode: 0o600});
		const before = folderPrint(configDir);
		await runEach(rows, async ([args, message, code = 'bad_usage', stdin = '']) => {
			const what = JSON.stringify(args);
			const text = message.replace(' in FILE', ` in ${file}`);
			assertRefused(await runCli(args, {configDir, stdin}), text, what);
			if (args.join(' ').length % 5 === 0) {
				// Arguments after `--` are not flags.
				const isOpen = !args.includes('--');
				const jsonArgs = isOpen ? [...args, '--json'] : ['--json', ...args];
				// A flag without its value takes --json as the value or stays without one: the same error either way.
				assertJsonRefused(await runCli(jsonArgs, {configDir, stdin}), text, code, what);
			}
		});
		assert.equal(folderPrint(configDir), before);
	});
}

const good = {id: 1, name: 'a', port: 1};
const document = (more: object): object => ({schema_version: 1, next_id: 9, nodes: [good], settings: {}, ...more});
const fileForm = 'schema_version, next_id, nodes, settings';
const nodeFields =
	'name, kind, title, group, host, port, path, tls, proxy, username, password, password_file, password_env, login_file, login_config, daemon, daemon_username, daemon_password_file, daemon_password_env, daemon_tls, daemon_proxy, pid, pid_file, expect_wallet, timeout, busy_max, available, disabled_until';

/** The text of nodes.json, and the message after its path. */
const brokenFiles: ReadonlyArray<readonly [text: string | object, message: string, code?: string]> = [
	['', ' is not valid JSON: unexpected end at line 1, column 1'],
	['{"nodes": [\n{"password": "hunter2hunter2"', ' is not valid JSON: unexpected end at line 2, column 30'],
	['{\n\t"nodes": hunter2hunter2\n}', ' is not valid JSON: unexpected character at line 2, column 11'],
	['\u0000\u001B[31m', ' is not valid JSON: unexpected character at line 1, column 1'],
	['[]', ` does not contain a JSON object with ${fileForm}`],
	['null', ` does not contain a JSON object with ${fileForm}`],
	['"x"', ` does not contain a JSON object with ${fileForm}`],
	['{}', ': schema_version undefined is invalid: expected 1'],
	[document({schema_version: 0}), ': schema_version 0 is invalid: expected 1'],
	[document({schema_version: '1'}), ': schema_version "1" is invalid: expected 1'],
	[document({schema_version: 2}), ' was written by a newer xmrtop (schema_version 2)', 'newer_config'],
	[
		document({schema_version: 99, nodes: 'anything'}),
		' was written by a newer xmrtop (schema_version 99)',
		'newer_config',
	],
	[document({nodes: {}}), ': nodes is not an array'],
	[document({nodes: undefined}), ': nodes is not an array'],
	[document({[hostile]: 1}), `: "${hostileShown}" is not a field of this file: ${fileForm}`],
	[document({nodes: [7]}), ': node at position 1: a node is a JSON object with name and port'],
	[document({nodes: [good, {id: 2, port: 1}]}), `: node 2: name is missing: ${nameForm}`],
	[
		document({nodes: [{...good, port: 70_000}]}),
		': node "a": port 70000 is invalid: expected a whole number from 1 to 65535',
	],
	[document({nodes: [{...good, hots: 'x'}]}), `: node "a": "hots" is not a field of a node: ${nodeFields}`],
	[
		document({nodes: [{...good, title: hostile}]}),
		`: node "a": title "${hostileShown}" is invalid: expected ${textForm}`,
	],
	[
		document({nodes: [{...good, username: 'u', password: 'hunter2hunter2\n'}]}),
		': node "a": password is invalid: expected 1 to 1024 characters on one line',
	],
	[document({nodes: [{...good, id: 0}]}), ': node "a": id 0 is invalid: expected a whole number from 1'],
	[document({nodes: [{name: 'a', port: 1}]}), ': node "a": id undefined is invalid: expected a whole number from 1'],
	[document({nodes: [good, {...good, name: 'b'}]}), ': id 1 is used by two nodes: it must be unique'],
	[document({nodes: [good, {...good, id: 2}]}), ': name "a" is used by two nodes: it must be unique'],
	[document({next_id: 1}), ': next_id 1 is invalid: expected a whole number from 2'],
	[document({next_id: undefined}), ': next_id undefined is invalid: expected a whole number from 2'],
	[document({settings: []}), ': settings is not an object'],
	[document({settings: {speed: '1'}}), `: "speed" is not a setting: ${settings}`],
	[
		document({settings: {interval: '1ms'}}),
		`: interval "1ms" is invalid: expected ${durations}, at least 1s, at most 24h`,
	],
	[document({settings: {concurrency: 5}}), ': concurrency 5 is invalid: expected a whole number from 1 to 10000'],
];

/** Commands that read nodes.json, and some that write it. */
const readers: readonly string[][] = [
	['status'],
	[],
	['nodes', 'list'],
	['nodes', 'show', 'a'],
	['nodes', 'add', 'new', '--port', '1'],
	['nodes', 'remove', 'a'],
	['nodes', 'import', '-'],
	['nodes', 'export'],
	['config', 'list'],
	['config', 'set', 'interval', '9s'],
];

test('a bad nodes.json: one line, exit code 2, the file untouched', async context => {
	const cases = brokenFiles.map(([content, message, code = 'invalid_config'], index) => {
		const configDir = temporaryFolder(context);
		const file = path.join(configDir, 'nodes.json');
		writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content), {mode: 0o600});
		return {configDir, message: `${file}${message}`, code, args: readers[index % readers.length] ?? []};
	});
	await runEach(cases, async ({configDir, message, code, args}) => {
		const before = folderPrint(configDir);
		const stdin = '[{"name": "new", "port": 1}]';
		assertRefused(await runCli(args, {configDir, stdin}), message, args.join(' '));
		if (message.length % 3 === 0 || code === 'newer_config') {
			assertJsonRefused(await runCli([...args, '--json'], {configDir, stdin}), message, code, args.join(' '));
		}

		assert.equal(folderPrint(configDir), before);
	});
});

test('every command refuses a broken nodes.json each time, and names its backup', async context => {
	const configDir = temporaryFolder(context);
	const file = path.join(configDir, 'nodes.json');
	writeFileSync(file, '{', {mode: 0o600});
	writeFileSync(`${file}.bak`, JSON.stringify(knownNodes), {mode: 0o600});
	const before = folderPrint(configDir);
	const message = `${file} is not valid JSON: unexpected end at line 1, column 2; the last valid copy is ${file}.bak`;
	await runEach(readers, async args => {
		assertRefused(await runCli(args, {configDir, stdin: '[]'}), message, args.join(' '));
	});
	assert.equal(folderPrint(configDir), before);
});

test('an impossible folder: one line, exit code 2', async () => {
	assertRefused(
		await runCli(['status'], {configDir: '/dev/null'}),
		'/dev/null/nodes.json cannot be read: part of the path is not a folder',
		'read',
	);
	assertRefused(
		await runCli(add(), {configDir: '/dev/null'}),
		'/dev/null/nodes.json cannot be saved: a file exists where a folder is needed',
		'write',
	);
	assertRefused(
		await runCli(add(), {configDir: '/proc/nowhere/xmrtop'}),
		'/proc/nowhere/xmrtop/nodes.json cannot be saved: no such file or directory',
		'write where nothing can be made',
	);
});
