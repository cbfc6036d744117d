import assert from 'node:assert/strict';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {createServer as createTcpServer} from 'node:net';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {Ajv2020} from 'ajv/dist/2020.js';
import type {NodeReport} from '../../source/domain/status-document.js';
import {eventually, isRunning} from '../helpers/child-processes.js';
import {deadPort} from '../helpers/dead-port.js';
import {listenOnLoopback} from '../helpers/loopback.js';
import {type CliRun, cliIn, runCli} from '../helpers/run-cli.js';
import {runningCli} from '../helpers/running-cli.js';
import {statusDocumentFixture} from '../helpers/status-document-fixture.js';
import {folderOf, startWallet} from '../helpers/switchable-wallet.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

/** A folder with a shell script of the test as `ssh`. */
function fakeSsh(context: TestContext, script: string): {readonly bin: string; readonly argvFile: string} {
	const bin = temporaryFolder(context);
	const argvFile = path.join(bin, 'argv');
	writeFileSync(path.join(bin, 'ssh'), `#!/bin/sh\nprintf '%s\\n' "$@" > ${argvFile}\n${script}\n`, {mode: 0o755});
	return {bin, argvFile};
}

const node = (name: string, state = 'up', more: object = {}): object => {
	const works = state === 'up';
	const message = works ? 'API is responding' : 'API check failed';
	const time = '2026-11-23T20:00:00.000Z';
	const reason = works ? {} : {reason: 'connection refused'};
	const base = {state, message, ...reason, latency_ms: 1};
	const details = {method: 'api', url: 'http://127.0.0.1:18082/json_rpc', ...base, last_check: time};
	return {id: 1, name, status: works, ...base, since: time, details, ...more};
};

const documentOf = (...nodes: readonly object[]): string =>
	JSON.stringify(statusDocumentFixture(...(nodes as readonly NodeReport[])));

async function status(context: TestContext, bin: string, args: readonly string[]): Promise<CliRun> {
	const env = {PATH: `${bin}:${process.env.PATH}`};
	return runCli(['status', ...args], {configDir: temporaryFolder(context), env});
}

test('runs ssh with exactly these arguments, and shows the remote nodes with the host name', async t => {
	const {bin, argvFile} = fakeSsh(
		t,
		`echo 'Welcome to db1'; echo '${documentOf(node('hot-1', 'up', {group: 'hot'}))}'; sleep 60`,
	);
	const {code, stdout} = await status(t, bin, ['--json', '--connect', 'ssh://op@db1:2222']);
	assert.equal(readFileSync(argvFile, 'utf8'), '-T\n-p\n2222\nop@db1\nxmrtop\nwatch\n--ndjson\n');
	const document = JSON.parse(stdout);
	assert.equal(code, 0);
	assert.deepEqual([document.total, document.working, document.failed], [1, 1, 0]);
	const {name, host, state, group} = document.nodes[0];
	assert.deepEqual({name, host, state, group}, {name: 'db1/hot-1', host: 'db1', state: 'up', group: 'hot'});
	const schema = await cliIn(temporaryFolder(t)).json(['status', '--json-schema']);
	const validate = new Ajv2020({strict: false, formats: {'date-time': true}}).compile(schema);
	assert.ok(validate(document), JSON.stringify(validate.errors));
});

const complaints: ReadonlyArray<readonly [what: string, script: string, expected: RegExp]> = [
	[
		'ssh that cannot connect',
		"echo 'Warning: noise' >&2; echo 'ssh: connect to host db1 port 22: Connection refused' >&2; exit 255",
		/^ssh: connect to host db1 port 22: Connection refused$/,
	],
	[
		'no xmrtop over there',
		"echo 'sh: xmrtop: not found' >&2; exit 127",
		/^sh: xmrtop: not found there: install it, or add its folder to the PATH of commands run by ssh$/,
	],
	['a complaint a terminal would obey', "printf 'no\\033[2J\\033]0;x\\007 way\\n' >&2; exit 255", /^no way$/],
	[
		'a loop over there that is ended',
		"echo 'xmrtop: watching 2 nodes by api every 5s' >&2; kill -9 $$",
		/^ssh was killed by a signal$/,
	],
	[
		'a host that shuts down',
		"echo 'xmrtop: there are no nodes' >&2; echo 'Connection to db1 closed by remote host.' >&2; exit 255",
		/^Connection to db1 closed by remote host\.$/,
	],
	['nothing at all', 'exit 3', /^ssh exited with code 3 and no message$/],
	['a motd and no documents', "echo 'hello there'; exit 0", /^hello there$/],
	[
		'a flood of garbage',
		'yes "not a document at all"',
		/^it does not send xmrtop documents; received: not a document at all$/,
	],
	['a line without an end', "tr '\\0' x < /dev/zero", /^it does not send xmrtop documents; received: x+…?$/],
	[
		'a document of nothing but nesting',
		`printf '{"a":'; tr '\\0' '[' < /dev/zero`,
		/^its response is nested deeper than 32 levels$/,
	],
	['a newer xmrtop', 'echo \'{"schema_version":7}\'; sleep 60', /^a newer xmrtop runs there .*: update xmrtop here$/],
	[
		'an older xmrtop',
		'echo \'{"schema_version":1,"error":{"code":"bad_usage","message":"--ndjson is no flag"}}\'; exit 2',
		/--ndjson is no flag/,
	],
	['a silent host', 'sleep 60', /^no response within 2 seconds$/],
];

for (const [what, script, expected] of complaints) {
	test(`${what}: the host is shown with this reason`, async t => {
		const {bin} = fakeSsh(t, script);
		const {code, stdout, stderr} = await status(t, bin, ['--json', '--timeout', '2s', '--connect', 'ssh://db1']);
		const {nodes, total, failed, silent_hosts: hosts} = JSON.parse(stdout);
		assert.deepEqual([code, total, failed, nodes.length, stderr], [1, 0, 0, 1, '']);
		assert.deepEqual(hosts, ['db1']);
		const {name, host, status: works, state, reason} = nodes[0];
		assert.deepEqual([name, host, works], ['db1', 'db1', false]);
		assert.equal(state, 'down');
		assert.match(what.includes('older') ? reason.replace(/^xmrtop there reports: /, '') : reason, expected);
	});
}

test('reports a missing ssh', async t => {
	const run = await runCli(['status', '--json', '--connect', 'ssh://db1'], {
		configDir: temporaryFolder(t),
		env: {PATH: temporaryFolder(t)},
	});
	assert.equal(JSON.parse(run.stdout).nodes[0].reason, 'ssh is not in PATH: install an ssh client');
});

test('a signal that ends xmrtop also ends ssh, which has its own session', async t => {
	const {bin, argvFile} = fakeSsh(t, 'echo $$ > "$0.pid"; exec sleep 60');
	const run = runningCli(t, ['status', '--connect', 'ssh://db1'], {
		configDir: temporaryFolder(t),
		env: {PATH: `${bin}:${process.env.PATH}`},
	});
	const pidFile = path.join(path.dirname(argvFile), 'ssh.pid');
	const pid = (): number => (existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0);
	const started = await eventually(
		async () => pid(),
		some => some > 0,
	);
	assert.ok(started > 0);
	const {signal} = await run.end('SIGTERM');
	assert.equal(signal, 'SIGTERM');
	assert.equal(
		await eventually(
			async () => isRunning(started),
			alive => !alive,
		),
		false,
	);
});

test('no variable set for xmrtop reaches ssh', async t => {
	const {bin} = fakeSsh(t, 'env > "$0.env"; exit 1');
	const env = {XMRTOP_TOKEN: 'correct-horse', XMRTOP_WEBHOOK: 'https://hook.example/correct-horse'};
	await runCli(['status', '--connect', 'ssh://db1'], {
		configDir: temporaryFolder(t),
		env: {...env, PATH: `${bin}:${process.env.PATH}`, SSH_AUTH_SOCK: '/agent'},
	});
	const seen = readFileSync(path.join(bin, 'ssh.env'), 'utf8');
	assert.match(seen, /^SSH_AUTH_SOCK=\/agent$/m);
	assert.doesNotMatch(seen, /XMRTOP_|correct-horse/);
});

const refusals: ReadonlyArray<readonly [args: readonly string[], expected: RegExp]> = [
	[
		['--connect', 'ssh://-oProxyCommand=touch'],
		/^xmrtop: --connect "ssh:\/\/-oProxyCommand=touch" is invalid: expected ssh:\/\//,
	],
	[
		['--connect', 'ssh://u:secretword@h'],
		/^xmrtop: --connect "ssh:\/\/\*\*\*@h" is invalid: passwords are not allowed in the URL/,
	],
	[['--connect', 'ssh://h', '--connect', 'ssh://h'], /given twice/],
	[
		['--connect', 'ssh://h', '--method', 'full'],
		/--method is not allowed with --connect: remote hosts use their own method/,
	],
	[['--connect', 'ssh://h', '--no-save'], /--no-save is not allowed with --connect/],
	[['--connect', 'ssh://h', '--concurrency', '3'], /--concurrency is not allowed with --connect/],
	[['--connect', 'ssh://h', '--interval', '3s'], /--interval is not allowed with --connect/],
	[['--connect', 'ssh://h', '--token-file', '/dev/null'], /--token-file is not allowed: no --connect URL uses http/],
	[['--connect='], /^xmrtop: --connect needs a value/],
	[['--connect', ''], /^xmrtop: --connect needs a value/],
	[['--token-file', '/dev/null'], /--token-file is not allowed without --connect/],
];

test('refuses flags that do not fit with one line, without running ssh', async t => {
	const {bin, argvFile} = fakeSsh(t, 'exit 1');
	for (const [args, expected] of refusals) {
		const {code, stdout, stderr} = await status(t, bin, args);
		assert.deepEqual([code, stdout], [2, ''], args.join(' '));
		assert.match(stderr, expected);
		assert.doesNotMatch(stderr, /secretword|\n./);
	}

	assert.ok(!existsSync(argvFile));
});

test('accepts host/name or a unique name; --group, --state, --csv and --nagios work', async t => {
	const nodes = [node('a', 'up', {id: 1, group: 'hot'}), node('b', 'down', {id: 2})];
	const {bin} = fakeSsh(t, `echo '${documentOf(...nodes)}'; sleep 60`);
	const both = ['--connect', 'ssh://db1', '--connect', 'ssh://db2'];
	const names = async (args: readonly string[]): Promise<string[]> => {
		const {stdout} = await status(t, bin, ['--json', ...args]);
		return JSON.parse(stdout).nodes.map(({name}: {name: string}) => name);
	};
	assert.deepEqual(await names(both), ['db1/a', 'db1/b', 'db2/a', 'db2/b']);
	assert.deepEqual(await names(['db2/a', ...both]), ['db2/a']);
	assert.deepEqual(await names(['a', '--connect', 'ssh://db1']), ['db1/a']);
	assert.deepEqual(await names([...both, '--group', 'hot']), ['db1/a', 'db2/a']);
	assert.deepEqual(await names([...both, '--state', 'down']), ['db1/b', 'db2/b']);
	const twice = await status(t, bin, ['a', ...both]);
	assert.deepEqual([twice.code, twice.stderr], [2, 'xmrtop: node "a" is on several hosts: db1/a, db2/a\n']);
	const none = await status(t, bin, ['c', '--connect', 'ssh://db1']);
	assert.deepEqual(
		[none.code, none.stderr],
		[2, 'xmrtop: node "c" is not on any remote host: known nodes: db1/a, db1/b\n'],
	);
	const nagios = await status(t, bin, ['--nagios', ...both]);
	assert.equal(nagios.code, 2);
	assert.match(nagios.stdout, /^MONERO CRITICAL - 2 down, 2 up of 4: db1\/b, db2\/b \|/);
	const csv = await status(t, bin, ['--csv', '--connect', 'ssh://db1']);
	assert.match(csv.stdout, /^id,name,.*,host\r\n\d+,db1\/a,.*,db1\r\n/);
	const table = await status(t, bin, both);
	assert.match(table.stdout, /^STATE +HOST +NAME .*\n✖ down +db1 +b /);
	assert.equal((await status(t, bin, [...both, '--fail-on', 'down', 'db1/a'])).code, 0);
});

interface Answered {
	readonly status?: number;
	readonly body?: string;
	readonly headers?: Readonly<Record<string, string>>;
}

async function httpHost(context: TestContext, answer: Answered) {
	const seen: Array<{readonly url: string; readonly token: string | undefined}> = [];
	const server = await listenOnLoopback(
		createServer((request, response) => {
			seen.push({url: request.url ?? '', token: request.headers.authorization});
			response.writeHead(answer.status ?? 200, answer.headers).end(answer.body ?? '');
		}),
	);
	context.after(server.close);
	return {port: server.port, seen};
}

const answers: ReadonlyArray<readonly [what: string, answer: Answered, expected: RegExp]> = [
	['a refused login', {status: 401}, /^login refused: a bearer token is required: use --token-file or XMRTOP_TOKEN$/],
	[
		'a redirect',
		{status: 302, headers: {location: 'http://127.0.0.1:1/'}},
		/^HTTP 302: redirected to another address; use that one$/,
	],
	['another program', {body: '<html>'}, /^the server there is not xmrtop serve$/],
	['a missing route', {status: 404}, /^HTTP 404: xmrtop serve is not running there/],
	[
		'an error in words',
		{status: 503, body: '{"error":{"code":"x","message":"shutting\\u001b[2J down"}}'},
		/^HTTP 503: shutting down$/,
	],
];

for (const [what, answer, expected] of answers) {
	test(`over http, ${what}: gives the reason in plain words`, async t => {
		const {port, seen} = await httpHost(t, answer);
		const {code, stdout} = await runCli(['status', '--json', '--connect', `http://127.0.0.1:${port}/admin`], {
			configDir: temporaryFolder(t),
		});
		assert.equal(code, 1);
		assert.match(JSON.parse(stdout).nodes[0].reason, expected);
		assert.deepEqual(seen, [{url: '/admin/nodes/status?fresh=1', token: undefined}]);
	});
}

test('over http, a program with another protocol: gives the reason in plain words', async t => {
	const server = await listenOnLoopback(createTcpServer(socket => socket.end('SSH-2.0-OpenSSH_9.2\r\n')));
	t.after(server.close);
	const {stdout} = await runCli(['status', '--json', '--connect', `http://127.0.0.1:${server.port}`], {
		configDir: temporaryFolder(t),
	});
	assert.equal(JSON.parse(stdout).nodes[0].reason, 'the server there does not speak HTTP');
});

test('sends the token to http hosts and shows it in no output', async t => {
	const {port, seen} = await httpHost(t, {status: 401});
	const run = await runCli(['status', '--connect', `http://127.0.0.1:${port}`], {
		configDir: temporaryFolder(t),
		env: {XMRTOP_TOKEN: 'correct-horse-battery'},
	});
	assert.equal(seen[0]?.token, 'Bearer correct-horse-battery');
	assert.match(run.stdout, /login refused: wrong token/);
	assert.doesNotMatch(run.stdout + run.stderr, /correct-horse/);
});

test('merges histories; reports a host that does not answer, and fails', async t => {
	const wallet = await startWallet(t);
	const configDir = folderOf(t, [{name: 'hot-1', port: wallet.port}]);
	await cliIn(configDir).run(['status']);
	const {stdout: printed} = await cliIn(configDir).run(['history', '--json']);
	const {bin, argvFile} = fakeSsh(t, `echo motd; echo '${printed.trim()}'`);
	const dead = await deadPort(t);
	const run = (args: readonly string[]) =>
		runCli(['history', '--connect', 'ssh://db1', ...args], {
			configDir: temporaryFolder(t),
			env: {PATH: `${bin}:${process.env.PATH}`},
		});
	const json = await run(['--json', '--limit', '5', '--connect', `http://127.0.0.1:${dead}`]);
	const document = JSON.parse(json.stdout);
	assert.equal(readFileSync(argvFile, 'utf8'), '-T\ndb1\nxmrtop\nhistory\n--json\n--limit\n5\n');
	assert.equal(json.code, 1);
	assert.deepEqual(document.silent_hosts, [{host: '127.0.0.1', reason: 'connection refused'}]);
	assert.deepEqual([document.nodes[0].name, document.nodes[0].host], ['db1/hot-1', 'db1']);
	assert.equal(document.nodes[0].transitions[0].node, 'db1/hot-1');
	const text = await run([]);
	assert.deepEqual([text.code, text.stderr], [0, '']);
	assert.match(text.stdout, /^db1\/hot-1 +up /m);
	const wrong = await run(['nobody']);
	assert.deepEqual(
		[wrong.code, wrong.stderr],
		[2, 'xmrtop: node "nobody" is not on any remote host: known nodes: db1/hot-1\n'],
	);
});
