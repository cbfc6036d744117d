import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {Ajv2020} from 'ajv/dist/2020.js';
import {listenOnLoopback} from '../helpers/loopback.js';
import {cliIn} from '../helpers/run-cli.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const fixture = new URL('../fixtures/prometheus_two_instances.json', import.meta.url);
const recorded: Readonly<Record<string, unknown>> = JSON.parse(readFileSync(fixture, 'utf8'));

/** Answers as a real Prometheus did. @returns the URL to connect to, and the requests */
async function startReplay(t: TestContext) {
	const asked: Array<{readonly time: string | null; readonly authorization: string | undefined}> = [];
	const server = await listenOnLoopback(
		createServer(({url = '', headers}, response) => {
			const parameters = new URL(url, 'http://x').searchParams;
			asked.push({time: parameters.get('time'), authorization: headers.authorization});
			response.end(JSON.stringify(recorded[parameters.get('query') ?? ''] ?? {status: 'success', data: {result: []}}));
		}),
	);
	t.after(server.close);
	return {url: `prometheus+http://127.0.0.1:${server.port}?match={job="xmrtop"}`, asked};
}

test('status in every format, now and at a given time', async t => {
	const {url, asked} = await startReplay(t);
	const cli = cliIn(temporaryFolder(t));
	const schema = await cli.json(['status', '--json-schema']);
	const validate = new Ajv2020({strict: false, formats: {'date-time': true}}).compile(schema);
	const hold = (document: unknown): void => assert.ok(validate(document), JSON.stringify(validate.errors));
	const now = await cli.json(['status', '--json', '--connect', url]);
	hold(now);
	assert.deepEqual([now.total, now.working, now.at], [8, 2, undefined]);
	assert.deepEqual([now.silent_hosts, now.nodes.length], [['two:8780'], 9]);
	assert.equal(new Set(asked.map(({time}) => time)).size, 2, 'all queries but the first have the same time');
	assert.ok(asked.length <= 12, `${asked.length} queries`);

	const at = '2026-11-20T14:02:00.000Z';
	asked.length = 0;
	const past = await cli.json(['status', '--json', '--connect', url, '--at', at]);
	hold(past);
	assert.deepEqual([past.at, past.checked_at], [at, at]);
	assert.deepEqual(new Set(asked.map(({time}) => time)), new Set([String(Date.parse(at) / 1000)]));

	const run = async (...args: readonly string[]) => cli.run(['status', '--connect', url, '--at', at, ...args]);
	const table = await run();
	assert.match(table.stdout, /^PAST: as of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \(.+ ago\)\nSTATE +HOST +NAME/);
	assert.equal(table.code, 1);
	assert.doesNotMatch(
		table.stdout,
		/node-\d +group-\d +(?:one|two):8780 /,
		'the address of a node is not that of its host',
	);
	const [head = '', ...lines] = (await run('--csv')).stdout.trim().split('\r\n');
	assert.match(head, /,host,at$/);
	assert.ok(lines.every(line => line.endsWith(`,${at}`)));
	assert.match(
		(await run('--nagios')).stdout,
		/^MONERO CRITICAL - as of 2026-11-20T14:02:00\.000Z: 1 host silent, 1 down, /,
	);
});

test('sends the login from a file and never shows it', async t => {
	const {url, asked} = await startReplay(t);
	const folder = temporaryFolder(t);
	const file = path.join(folder, 'login');
	writeFileSync(file, 'someone:hunter2hunter2\n', {mode: 0o600});
	const cli = cliIn(folder);
	const basic = await cli.run(['status', '--connect', url, '--basic-auth-file', file]);
	assert.ok(asked.every(({authorization}) => authorization === `Basic ${btoa('someone:hunter2hunter2')}`));
	asked.length = 0;
	const bearer = await cli.run(['status', '--connect', url], {env: {XMRTOP_TOKEN: 'hunter2hunter2'}});
	assert.ok(asked.every(({authorization}) => authorization === 'Bearer hunter2hunter2'));
	writeFileSync(file, 'hunter2hunter2\n');
	const bad = await cli.run(['status', '--connect', url, '--basic-auth-file', file]);
	assert.equal(bad.code, 2);
	assert.match(bad.stderr, /^xmrtop: --basic-auth-file ".+" contains no login: expected one line, USER:PASSWORD\n$/);
	for (const {stdout, stderr} of [basic, bearer, bad]) {
		assert.doesNotMatch(stdout + stderr, /hunter2/);
	}
});

const prometheus = ['--connect', 'prometheus+http://127.0.0.1:1'];
for (const [args, message] of [
	[['--at', '14:02'], /--at is not allowed without --connect prometheus/],
	[
		['--connect', 'http://127.0.0.1:1', '--at', '14:02'],
		/--at is not allowed with --connect http:\/\/127\.0\.0\.1:1: only/,
	],
	[['--connect', 'ssh://h', ...prometheus, '--at', '14:02'], /--at is not allowed with --connect ssh:\/\/h: only/],
	[[...prometheus, '--at', 'yesterday'], /--at "yesterday" is invalid: expected a time in the past such as 14:02/],
	[[...prometheus, '--at', '2126-01-01'], /--at "2126-01-01" is invalid/],
	[['--basic-auth-file', '/dev/null'], /--basic-auth-file is not allowed without --connect/],
	[
		['--connect', 'ssh://h', '--basic-auth-file', '/dev/null'],
		/--basic-auth-file is not allowed: no --connect URL is a Prom/,
	],
	[
		['--connect', 'prometheus+http://h?match={a'],
		/--connect ".+" is invalid: expected \?match=SELECTOR with label matchers/,
	],
] as ReadonlyArray<readonly [readonly string[], RegExp]>) {
	test(`refuses ${args.join(' ')} with one line`, async t => {
		for (const command of ['status', 'history']) {
			const {code, stdout, stderr} = await cliIn(temporaryFolder(t)).run([command, ...args]);
			assert.deepEqual([code, stdout], [2, ''], stderr);
			assert.match(stderr, message);
			assert.equal(stderr.trim().split('\n').length, 1);
		}
	});
}

test('a Prometheus that does not answer is shown as a host that is down', async t => {
	const {code, stdout} = await cliIn(temporaryFolder(t)).run(['status', '--json', ...prometheus, '--timeout', '2s']);
	const [row] = JSON.parse(stdout).nodes;
	assert.deepEqual([code, row.host, row.state, row.reason], [1, '127.0.0.1', 'down', 'connection refused']);
});
