import assert from 'node:assert/strict';
import {existsSync, mkdirSync, readFileSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {holdLock} from '../helpers/lock-fixture.js';
import {runEach} from '../helpers/run-cli.js';
import {type RunningCli, runningCli} from '../helpers/running-cli.js';
import {folderOf, startWallet} from '../helpers/switchable-wallet.js';

async function setUp(context: TestContext) {
	const wallet = await startWallet(context);
	const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
	const results = path.join(configDir, 'results.json');
	const log = path.join(configDir, 'transitions.ndjson');
	const start = (args: readonly string[]): RunningCli => runningCli(context, args, {configDir});
	return {wallet, configDir, results, log, start};
}

const note = (results: string): string =>
	`xmrtop: results were not saved: ${results} is locked by another process (${results}.lock)\n`;

test('held lock: prints the answer first, gives up saving after 2 s with one note, keeps the exit code', async context => {
	const {results, start} = await setUp(context);
	holdLock(context, results);
	const commands = [
		['status'],
		['status', '--json'],
		['status', '--csv'],
		['status', '--nagios'],
		['wait', 'a', '--for', 'ok', '--json'],
	];
	await runEach(commands, async args => {
		const cli = start(args);
		await cli.until(() => cli.lines().length > 0, `the answer of ${args.join(' ')}`);
		assert.equal(cli.child.exitCode, null, 'it is printed before the save');
		const {code, afterMs} = await cli.ending();
		assert.equal(code, 0, args.join(' '));
		assert.ok(afterMs < 15_000, `${args.join(' ')}: ${afterMs} ms`);
		assert.equal(cli.stderr().replace(/^xmrtop: waiting until .*\n/, ''), note(results));
	});
	for (const args of [['nodes', 'list'], ['history'], ['status', '--no-save'], ['info']]) {
		const {code, afterMs} = await start(args).ending();
		assert.deepEqual([code, afterMs < 15_000], [0, true], `${args.join(' ')} waits for nothing: ${afterMs} ms`);
	}

	assert.equal(existsSync(results), false);
});

test('a down node keeps its exit code when its result cannot be saved', async context => {
	const {wallet, results, start} = await setUp(context);
	await wallet.switchOff();
	holdLock(context, results);
	const runs = await runEach([['status'], ['status', '--nagios']], args => start(args).ending());
	assert.deepEqual(
		runs.map(({code}) => code),
		[1, 2],
	);
});

test('takes over an abandoned lock at once, whether dated in the future or long ago', async context => {
	const {results, start} = await setUp(context);
	for (const aheadMs of [7_200_000, 30_000, -5000, 9 * 365 * 86_400_000]) {
		mkdirSync(`${results}.lock`);
		const at = new Date(Date.now() + aheadMs);
		utimesSync(`${results}.lock`, at, at);
		const cli = start(['status', '--json']);
		const {code, afterMs} = await cli.ending();
		assert.deepEqual([code, cli.stderr(), existsSync(`${results}.lock`)], [0, '', false], `${aheadMs} ms ahead`);
		assert.ok(afterMs < 15_000, `${afterMs} ms`);
	}

	assert.equal(JSON.parse(readFileSync(results, 'utf8')).nodes[1].recent_states.length, 4);
});

test('reports at once that something else is in place of the lock', async context => {
	const {configDir, results, start} = await setUp(context);
	const nodes = path.join(configDir, 'nodes.json');
	mkdirSync(path.join(configDir, 'elsewhere'));
	const places: Readonly<Record<string, (lock: string) => void>> = {
		file: lock => writeFileSync(lock, ''),
		link: lock => symlinkSync(path.join(configDir, 'elsewhere'), lock),
		'full folder': lock => {
			mkdirSync(lock);
			writeFileSync(path.join(lock, 'x'), '');
			utimesSync(lock, new Date(0), new Date(0));
		},
	};
	for (const [what, put] of Object.entries(places)) {
		const stateDir = path.join(configDir, what.replace(' ', '-'));
		mkdirSync(stateDir);
		const file = path.join(stateDir, path.basename(results));
		put(`${file}.lock`);
		const cli = start(['status', '--json', '--state-dir', stateDir]);
		const {code, afterMs} = await cli.ending();
		const expected = `xmrtop: ${file} cannot be saved: ${file}.lock is not a lock of xmrtop: remove it\n`;
		assert.deepEqual([code, cli.lines().length, cli.stderr()], [0, 1, expected], what);
		assert.ok(afterMs < 15_000, `${what}: ${afterMs} ms`);
	}

	writeFileSync(`${nodes}.lock`, '');
	const adding = start(['nodes', 'add', 'b', '--port', '18083']);
	assert.equal((await adding.ending()).code, 2);
	assert.equal(adding.stderr(), `xmrtop: ${nodes} cannot be saved: ${nodes}.lock is not a lock of xmrtop: remove it\n`);
});

test('a loop under a held lock continues, reports it once, ends on SIGTERM, and saves all once the lock is free', async context => {
	const {wallet, results, log, start} = await setUp(context);
	const lock = holdLock(context, results);
	const ended = start(['watch', '-i', '1s']);
	await ended.until(() => ended.stderr().includes('results were not saved'), 'the note');
	const {code, afterMs} = await ended.end('SIGTERM');
	assert.ok(code === 0 && afterMs < 15_000, `${code} after ${afterMs} ms`);

	const watch = start(['watch', '-i', '1s']);
	await watch.until(() => watch.lines().length === 1, 'the first state');
	await wallet.switchOff();
	await watch.until(() => watch.lines().length === 2, 'the change');
	await watch.until(() => watch.stderr().includes('results were not saved'), 'the note');
	lock.release();
	await watch.until(() => watch.stderr().includes('resolved: results were not saved'), 'the end of it', 20_000);
	assert.equal((await watch.end('SIGTERM')).code, 0);
	assert.equal(watch.stderr().match(/^xmrtop: results were not saved/gm)?.length, 1);
	const changes = readFileSync(log, 'utf8').trimEnd().split('\n');
	assert.deepEqual(
		changes.map(line => `${JSON.parse(line).from}>${JSON.parse(line).to}`),
		['unknown>up', 'up>down'],
	);
});
