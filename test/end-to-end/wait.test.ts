import assert from 'node:assert/strict';
import {test} from 'node:test';
import {deadPort} from '../helpers/dead-port.js';
import {cliIn} from '../helpers/run-cli.js';
import {runningCli} from '../helpers/running-cli.js';
import {folderOf, startWallet} from '../helpers/switchable-wallet.js';

test('each situation has its exit code', async context => {
	const wallet = await startWallet(context);
	const silent = await startWallet(context);
	silent.setSilent(true);
	const gone = await deadPort(context);
	const configDir = folderOf(context, [
		{name: 'good', port: wallet.port},
		{name: 'gone', port: gone},
		{name: 'slow-chain', port: wallet.port, daemon: `127.0.0.1:${gone}`},
		{name: 'silent', port: silent.port},
	]);
	const {run} = cliIn(configDir);
	const short = ['-i', '1s', '--timeout', '1500ms'];
	const goneIs = 'gone is down (connection refused)';
	const rows: ReadonlyArray<readonly [args: readonly string[], code: number, stderr: string | RegExp]> = [
		[['good', '--for', 'up'], 0, 'xmrtop: waiting until good is up\n'],
		[['1', '--for', 'ok'], 0, 'xmrtop: waiting until good is ok\n'],
		[['slow-chain', 'good', '--for', 'ok'], 0, 'xmrtop: waiting until good, slow-chain are ok\n'],
		[['gone', '--for', 'down'], 0, 'xmrtop: waiting until gone is down\n'],
		[
			['gone', 'good', '--for', 'up', ...short],
			1,
			`xmrtop: waiting until good, gone are up, at most 1500ms\nxmrtop: not up after 1500ms: ${goneIs}\n`,
		],
		[['good', '--for', 'down', ...short], 1, /\nxmrtop: not down after 1500ms: good is up\n$/],
		[
			['slow-chain', '--for', 'up', ...short],
			1,
			/\nxmrtop: not up after 1500ms: slow-chain is degraded \(.*daemon.*\)\n$/,
		],
		[['silent', '--for', 'up', '--timeout', '500ms'], 1, /\nxmrtop: not up after 500ms: no check finished\n$/],
		[['good'], 2, 'xmrtop: --for is missing: up, ok, down\n'],
		[['good', '--for', 'busy'], 2, 'xmrtop: --for "busy" is invalid: expected up, ok, down\n'],
		[['--for', 'up'], 2, /^xmrtop: NODE is missing: /],
		[['nope', '--for', 'up'], 2, /^xmrtop: node "nope" is not in /],
		[['good', '--for', 'up', '--timeout', '0'], 2, /^xmrtop: --timeout "0" is invalid: expected a duration /],
	];
	for (const [args, code, stderr] of rows) {
		const ended = await run(['wait', ...args]);
		assert.deepEqual([ended.code, ended.stdout], [code, ''], `${args.join(' ')}: ${ended.stderr}`);
		if (typeof stderr === 'string') {
			assert.equal(ended.stderr, stderr);
		} else {
			assert.match(ended.stderr, stderr);
		}
	}
});

test('waits until every named wallet is up, and saves its checks', async context => {
	const [first, second] = [await startWallet(context), await startWallet(context)];
	await Promise.all([first.switchOff(), second.switchOff()]);
	const configDir = folderOf(context, [
		{name: 'first', port: first.port},
		{name: 'second', port: second.port},
	]);
	const waiting = runningCli(context, ['wait', 'first', 'second', '--for', 'up', '-i', '1s', '--json'], {configDir});
	await waiting.until(() => waiting.stderr().includes('waiting until first, second are up'), 'the start');
	await first.switchOn();
	const stored = async (name: string): Promise<string | undefined> => {
		const {nodes} = await cliIn(configDir).json(['history', name, '--json']);
		return nodes[0].state;
	};
	while ((await stored('first')) !== 'up') {
		// Each look runs the program, which is pause enough.
	}

	assert.equal(waiting.child.exitCode, null, 'second is not up yet');
	await second.switchOn();
	const {code} = await waiting.ending();
	assert.equal(code, 0);
	const document = JSON.parse(waiting.lines().join('\n'));
	assert.deepEqual([document.total, document.working], [2, 2]);
	assert.equal(await stored('second'), 'up');
});

test('a signal ends it soon with 1 and reports what is missing; --json still prints one document', async context => {
	const silent = await startWallet(context);
	silent.setSilent(true);
	const configDir = folderOf(context, [
		{name: 'gone', port: await deadPort(context)},
		{name: 'silent', port: silent.port},
	]);
	for (const signal of ['SIGINT', 'SIGTERM'] as const) {
		const waiting = runningCli(context, ['wait', 'silent', '--for', 'up', '--json'], {configDir});
		await waiting.until(() => waiting.stderr() !== '', 'the start');
		const {code, afterMs} = await waiting.end(signal);
		assert.equal(code, 1);
		assert.ok(afterMs < 1000, `${afterMs} ms`);
		assert.match(waiting.stderr(), /\nxmrtop: not up when a signal arrived: no check finished\n$/);
		assert.equal(JSON.parse(waiting.lines().join('\n')).error.code, 'not_reached');
	}

	const {json} = cliIn(configDir);
	const {nodes} = await json(['history', 'silent', '--json']);
	assert.deepEqual(nodes[0].transitions, [], 'an aborted check says nothing about the node');
});
