import assert from 'node:assert/strict';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {deadPort} from '../helpers/dead-port.js';
import {cliIn} from '../helpers/run-cli.js';
import {folderOf, startWallet} from '../helpers/switchable-wallet.js';

test('each situation has its exit code and exactly one line on stdout', async context => {
	const wallet = await startWallet(context);
	const gone = await deadPort(context);
	const configDir = folderOf(context, [
		{name: 'good', port: wallet.port},
		{name: 'gone', port: gone},
		{name: 'slow-chain', port: wallet.port, daemon: `127.0.0.1:${gone}`},
		{name: 'far', port: wallet.port, host: '192.0.2.1'},
	]);
	const {run} = cliIn(configDir);
	const empty = cliIn(folderOf(context, []));
	const broken = folderOf(context, []);
	writeFileSync(path.join(broken, 'nodes.json'), '{');
	const rows: ReadonlyArray<readonly [cli: typeof run, args: readonly string[], code: number, line: RegExp]> = [
		[run, ['status', 'good', '--nagios'], 0, /^MONERO OK - good is up, [\d.]+s \| 'latency'=[\d.]+s;1;;0 /],
		[run, ['good', '--nagios'], 0, /^MONERO OK - good is up/],
		[run, ['status', 'slow-chain', '--nagios'], 1, /^MONERO WARNING - slow-chain is degraded: .*daemon/],
		[run, ['status', 'gone', '--nagios'], 2, /^MONERO CRITICAL - gone is down: connection refused \| 'latency'=U;/],
		[run, ['status', 'far', '--nagios', '-m', 'pid'], 3, /^MONERO UNKNOWN - far is unknown: /],
		[
			run,
			['status', 'good', 'gone', 'slow-chain', '--nagios'],
			2,
			/^MONERO CRITICAL - 1 down, 1 degraded, 1 up of 3: gone \| 'total'=3;;;0 'up'=1;/,
		],
		[run, ['status', 'gone', '--nagios', '--fail-on', 'down'], 2, /^MONERO CRITICAL /],
		[run, ['status', 'nope', '--nagios'], 3, /^MONERO UNKNOWN - node "nope" is not in /],
		[run, ['status', '--nagios', '--method', 'ping'], 3, /^MONERO UNKNOWN - --method "ping" is invalid: expected /],
		[run, ['status', '--nagios', '--bogus'], 3, /^MONERO UNKNOWN - --bogus is not a flag /],
		[run, ['status', '--nagios', '--json'], 3, /^MONERO UNKNOWN - --json and --nagios cannot be combined\n$/],
		[empty.run, ['status', '--nagios'], 3, /^MONERO UNKNOWN - there are no nodes in /],
		[cliIn(broken).run, ['status', '--nagios'], 3, /^MONERO UNKNOWN - .*nodes\.json /],
	];
	for (const [cli, args, code, line] of rows) {
		const ended = await cli(args);
		assert.match(ended.stdout, line, args.join(' '));
		assert.equal(ended.stdout.indexOf('\n'), ended.stdout.length - 1, args.join(' '));
		assert.deepEqual([ended.code, ended.stderr], [code, ''], args.join(' '));
	}
});
