import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import type {Transition} from '../../source/domain/past/transition.js';
import {deadPort} from '../helpers/dead-port.js';
import {cliIn, folderPrint} from '../helpers/run-cli.js';
import {folderOf, startWallet} from '../helpers/switchable-wallet.js';

const hourMs = 3_600_000;
const nowMs = Date.now();
const ago = (hours: number): string => new Date(nowMs - hours * hourMs).toISOString();

/** A folder in which `a` was watched for two days, with two outages, and `b` never. */
async function pastFolder(context: TestContext): Promise<string> {
	const port = await deadPort(context);
	const configDir = folderOf(context, [
		{name: 'b', port},
		{name: 'a', port},
	]);
	const change = (hours: number, from: string, to: string, reason?: string, method = 'api') => ({
		at: ago(hours),
		node_id: 2,
		node: 'a',
		method,
		from,
		to,
		message: `it is ${to}`,
		...(reason === undefined ? {} : {reason}),
	});
	const changes = [
		change(48, 'unknown', 'up'),
		change(30, 'up', 'busy', 'it scans'),
		change(29, 'busy', 'down', '=it, "hangs"'),
		change(28, 'down', 'up'),
		change(10, 'unknown', 'up', undefined, 'port'),
		change(2, 'up', 'down', 'connection refused'),
	];
	const states = {api: {state: 'down', since: ago(2), last_check: ago(0)}};
	const watched = {api: [[ago(48), ago(0)]]};
	const results = {schema_version: 1, transitions_bytes: 0, nodes: {2: {worked: false, states, watched}}};
	writeFileSync(path.join(configDir, 'results.json'), JSON.stringify(results));
	writeFileSync(path.join(configDir, 'transitions.ndjson'), changes.map(line => `${JSON.stringify(line)}\n`).join(''));
	return configDir;
}

test('prints uptime, outages with durations, and changes with the latest last; writes nothing', async context => {
	const configDir = await pastFolder(context);
	const before = folderPrint(configDir);
	const {code, stdout, stderr} = await cliIn(configDir).run(['history']);
	assert.deepEqual([code, stderr], [0, '']);
	const second = (hours: number): string => ago(hours).slice(0, 19).replace('T', ' ');
	const squeezed = stdout.split('\n').map(line => line.replaceAll(/ {2,}/g, ' | '));
	assert.deepEqual(squeezed, [
		'UPTIME | STATE | FOR | 1H | 24H | 7D',
		'a | down | 2h | 0 % | 91.66 % | 91.66 % of 2 d',
		'b | unknown | - | - | - | -',
		'',
		'OUTAGE | BEGAN (UTC) | LASTED | STATE | REASON',
		`a | ${second(30)} | 2 h | down | =it, "hangs"`,
		`a | ${second(2)} | 2 h so far | down | connection refused`,
		'',
		'CHANGE | AT (UTC) | FROM | TO | REASON',
		`a | ${second(48)} | unknown | up | it is up`,
		`a | ${second(30)} | up | busy | it scans`,
		`a | ${second(29)} | busy | down | =it, "hangs"`,
		`a | ${second(28)} | down | up | it is up`,
		`a | ${second(2)} | up | down | connection refused`,
		'',
	]);
	assert.equal(folderPrint(configDir), before);
});

test('--json: the whole history of one node or all; --limit: only the last changes', async context => {
	const {json, run} = cliIn(await pastFolder(context));
	const document = await json(['history', '--json']);
	assert.deepEqual([document.schema_version, document.method], [1, 'api']);
	assert.deepEqual(
		document.nodes.map(({id, name}: {id: number; name: string}) => [id, name]),
		[
			[2, 'a'],
			[1, 'b'],
		],
	);
	const [a, b] = document.nodes;
	assert.deepEqual([a.state, a.since], ['down', ago(2)]);
	assert.equal(a.transitions.length, 5);
	assert.ok(Math.abs(a.uptime['24h'].ratio - 22 / 24) < 0.001);
	assert.equal(a.uptime['7d'].seconds.unknown, 5 * 24 * 3600);
	assert.deepEqual(
		a.outages.map(({state, from, to, reason}: Record<string, string>) => [state, from, to, reason]),
		[
			['down', ago(30), ago(28), '=it, "hangs"'],
			['down', ago(2), undefined, 'connection refused'],
		],
	);
	assert.deepEqual([b.outages, b.transitions, 'state' in b, 'ratio' in b.uptime['1h']], [[], [], false, false]);
	const limited = await json(['history', 'a', '--json', '--limit', '1']);
	assert.deepEqual(
		[limited.nodes.length, limited.nodes[0].outages.length, limited.nodes[0].transitions.map(({to}: Transition) => to)],
		[1, 1, ['down']],
	);
	const {stdout} = await run(['history', 'a', '--limit', '2']);
	assert.match(stdout, /\n\(3 earlier changes: --limit 5\)\n/);
});

test('--csv: RFC 4180, no formulas; --method: the history of another method', async context => {
	const {run} = cliIn(await pastFolder(context));
	const {code, stdout} = await run(['history', '--csv']);
	const lines = stdout.split('\r\n');
	assert.deepEqual([code, lines.length], [0, 7]);
	assert.equal(lines[0], 'at,node_id,node,method,from,to,message,reason');
	assert.equal(lines[3], `${ago(29)},2,a,api,busy,down,it is down,"'=it, ""hangs"""`);
	const byPort = await run(['history', '--csv', '-m', 'port']);
	assert.deepEqual(byPort.stdout.split('\r\n').slice(1), [`${ago(10)},2,a,port,unknown,up,it is up,`, '']);
	const byFull = await run(['history', '--csv', '-m', 'full']);
	assert.equal(byFull.stdout, stdout);
	const byPid = await run(['history', '-m', 'pid']);
	assert.equal(byPid.stderr, 'xmrtop: no history for method pid; for another method: --method api\n');
});

test('runs of status one after the other, as by cron, count as watched time', async context => {
	const wallet = await startWallet(context);
	const {run, json} = cliIn(folderOf(context, [{name: 'a', port: wallet.port}]));
	await run(['status']);
	await wallet.switchOff();
	await run(['status']);
	const {nodes} = await json(['history', '--json']);
	assert.deepEqual(
		nodes[0].transitions.map(({from, to}: Transition) => `${from} ${to}`),
		['unknown up', 'up down'],
	);
	assert.equal(nodes[0].outages.length, 1);
	assert.equal(nodes[0].uptime['1h'].ratio, 1, 'between two runs, the state of the first one lasts');
});

test('refuses bad input', async context => {
	const {run} = cliIn(await pastFolder(context));
	const rows: ReadonlyArray<readonly [args: readonly string[], stderr: RegExp]> = [
		[['nope'], /^xmrtop: node "nope" is not in .*; known nodes: b, a\n$/],
		[['--limit', 'all'], /^xmrtop: --limit "all" is invalid: expected a whole number from 0 to 9999999\n$/],
		[['--json', '--csv'], /^$/],
		[['-m', 'ping'], /^xmrtop: --method "ping" is invalid: expected pid, port, api, full\n$/],
	];
	for (const [args, stderr] of rows) {
		const ended = await run(['history', ...args]);
		assert.equal(ended.code, 2, args.join(' '));
		assert.match(ended.stderr, stderr);
	}
});
