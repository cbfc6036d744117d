import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, existsSync, fstatSync, openSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {constants} from 'node:os';
import path from 'node:path';
import {test} from 'node:test';
import {Ajv2020} from 'ajv/dist/2020.js';
import {eventually} from '../helpers/child-processes.js';
import {deadPort} from '../helpers/dead-port.js';
import {openPtyScreen} from '../helpers/pty-screen.js';
import {cliEnvironment, cliIn, cliPath, endWithTest, startCli} from '../helpers/run-cli.js';
import {runningCli} from '../helpers/running-cli.js';
import {folderOf, startWallet, writeNodes} from '../helpers/switchable-wallet.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const time = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z';

function transitionsIn(configDir: string): string[] {
	const text = readFileSync(path.join(configDir, 'transitions.ndjson'), 'utf8');
	return text
		.trimEnd()
		.split('\n')
		.map(line => JSON.parse(line))
		.map(({node, from, to}) => `${node} ${from} ${to}`);
}

test('prints a line per change with time and reason; SIGTERM saves and exits with 0 within a second', async context => {
	const wallet = await startWallet(context);
	const configDir = folderOf(context, [
		{name: 'a', port: wallet.port},
		{name: 'gone', port: await deadPort(context)},
	]);
	const watch = runningCli(context, ['watch', '-i', '1s'], {configDir, env: {FORCE_COLOR: '1'}});
	await watch.until(() => watch.lines().length === 2, 'the first states');
	assert.deepEqual(
		watch
			.lines()
			.map(line => line.replace(new RegExp(`^${time} `), 'AT '))
			.sort(),
		['AT a unknown -> up: API is responding', 'AT gone unknown -> down: connection refused'],
	);
	await wallet.switchOff();
	await watch.until(() => watch.lines().length === 3, 'the change');
	assert.match(watch.lines()[2] ?? '', new RegExp(`^${time} a up -> down: [a-z ]+$`));
	const {code, afterMs} = await watch.end('SIGTERM');
	assert.deepEqual({code, isSoon: afterMs < 1000}, {code: 0, isSoon: true}, `${afterMs} ms`);
	assert.equal(watch.stderr(), 'xmrtop: watching 2 nodes by api every 1s\n');
	assert.deepEqual(transitionsIn(configDir).sort(), ['a unknown up', 'a up down', 'gone unknown down']);
	const {nodes} = JSON.parse(readFileSync(path.join(configDir, 'results.json'), 'utf8'));
	assert.deepEqual([nodes[1].worked, nodes[1].states.api.state], [false, 'down']);
});

test('--ndjson prints the document of status --json on one line per cycle; SIGINT exits with 0', async context => {
	const wallet = await startWallet(context);
	const configDir = folderOf(context, [
		{name: 'a', port: wallet.port},
		{name: 'gone', port: await deadPort(context)},
	]);
	const schema = await cliIn(configDir).json(['status', '--json-schema']);
	const validate = new Ajv2020({strict: false, formats: {'date-time': new RegExp(`^${time}$`)}}).compile(schema);
	const watch = runningCli(context, ['watch', '--ndjson', '-i', '1s'], {configDir});
	await watch.until(() => watch.lines().length >= 3, 'three cycles');
	const {code} = await watch.end('SIGINT');
	assert.equal(code, 0);
	// biome-ignore lint/suspicious/noExplicitAny: a document may be of any shape.
	const documents: any[] = watch.lines().map(line => JSON.parse(line));
	for (const document of documents) {
		const isValid: boolean = validate(document);
		assert.ok(isValid, JSON.stringify(validate.errors));
		assert.deepEqual([document.total, document.working, document.failed], [2, 1, 1]);
	}

	const times = documents.map(({checked_at: at}) => Date.parse(at));
	assert.ok(
		times.slice(1).every((at, index) => at - (times[index] ?? 0) > 500),
		`each of its own cycle: ${times}`,
	);
	const [first, second] = documents;
	assert.equal(first.nodes[0].since, second.nodes[0].since);
});

test('SIGHUP reads the nodes again and checks them at once', async context => {
	const wallet = await startWallet(context);
	const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
	const watch = runningCli(context, ['watch', '-i', '1h'], {configDir});
	await watch.until(() => watch.lines().length === 1, 'the first state');
	const added = await cliIn(configDir).run(['nodes', 'add', 'b', '--port', String(wallet.port)]);
	assert.equal(added.code, 0);
	watch.child.kill('SIGHUP');
	await watch.until(() => watch.lines().length === 2, 'the new node');
	assert.match(watch.lines()[1] ?? '', / b unknown -> up: API is responding$/);
	assert.equal((await watch.end('SIGTERM')).code, 0);
});

test('reports a nodes.json that becomes invalid once, and keeps checking the known nodes', async context => {
	const wallet = await startWallet(context);
	const nodes = [{name: 'a', port: wallet.port}];
	const configDir = folderOf(context, nodes);
	const watch = runningCli(context, ['watch', '--ndjson', '-i', '1s'], {configDir});
	await watch.until(() => watch.lines().length >= 1, 'a cycle');
	writeFileSync(path.join(configDir, 'nodes.json'), '{');
	await watch.until(() => watch.stderr().includes('still watching the previous list of nodes'), 'the note');
	const before = watch.lines().length;
	await watch.until(() => watch.lines().length >= before + 2, 'two more cycles');
	assert.equal(watch.stderr().split('still watching the previous list of nodes').length, 2, watch.stderr());
	assert.equal(JSON.parse(watch.lines().at(-1) ?? '').total, 1);
	writeNodes(configDir, nodes);
	await watch.until(() => watch.stderr().includes('xmrtop: resolved: '), 'the end of it');
	assert.equal((await watch.end('SIGTERM')).code, 0);
});

test('a reader that closes the pipe ends it quietly', async context => {
	const wallet = await startWallet(context);
	const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
	const watch = runningCli(context, ['watch', '--ndjson', '-i', '1s'], {configDir});
	await watch.until(() => watch.lines().length >= 1, 'a cycle');
	watch.child.stdout.destroy();
	assert.equal((await watch.ending()).code, 0);
	assert.equal(watch.stderr(), 'xmrtop: watching 1 node by api every 1s\n');
});

test('a blocked reader delays neither saving nor exit within a second', async context => {
	const port = await deadPort(context);
	const names = Array.from({length: 300}, (_, index) => ({name: `gone-${index}`, port}));
	const configDir = folderOf(context, names);
	const child = endWithTest(context, startCli(['watch', '--ndjson', '-i', '1s'], {configDir}));
	// Results are saved every five seconds; by then more was written than a pipe holds.
	const isSaved = async (): Promise<boolean> => existsSync(path.join(configDir, 'results.json'));
	assert.ok(await eventually(isSaved, saved => saved, 20_000));
	const exit = once(child, 'exit');
	const startedMs = performance.now();
	child.kill('SIGTERM');
	assert.deepEqual(await exit, [0, null]);
	const afterMs = performance.now() - startedMs;
	assert.ok(afterMs < 1000, `${afterMs} ms`);
});

test('two watchers both report a change, and it is stored once', async context => {
	const wallet = await startWallet(context);
	const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
	const watchers = [1, 2].map(() => runningCli(context, ['watch', '-i', '1s'], {configDir}));
	await Promise.all(watchers.map(watch => watch.until(() => watch.stderr().includes('watching 1 node'), 'the start')));
	await cliIn(configDir).run(['status']);
	await wallet.switchOff();
	await Promise.all(
		watchers.map(watch => watch.until(() => watch.lines().some(line => line.includes('up -> down')), 'down')),
	);
	await wallet.switchOn();
	await Promise.all(
		watchers.map(watch => watch.until(() => watch.lines().some(line => line.includes('down -> up')), 'up')),
	);
	const endings = await Promise.all(watchers.map(watch => watch.end('SIGTERM')));
	assert.deepEqual(
		endings.map(({code}) => code),
		[0, 0],
	);
	assert.deepEqual(transitionsIn(configDir), ['a unknown up', 'a up down', 'a down up']);
});

test('a terminal that closes ends it by SIGHUP like other programs, with results saved', async context => {
	const configDir = folderOf(context, [{name: 'gone', port: await deadPort(context)}]);
	const screen = openPtyScreen(context, {arguments: ['--config-dir', configDir, 'watch', '-i', '1s']});
	await screen.until(text => text.includes('gone unknown -> down'), 'the first state');
	screen.hangUp();
	const {signal} = await screen.exited;
	assert.equal(signal, constants.signals.SIGHUP, 'not by an abort of Node.js');
	assert.ok(existsSync(path.join(configDir, 'results.json')));
});

test('prints no time under the journal, which adds its own, and only there', async context => {
	const wallet = await startWallet(context);
	for (const [isJournal, expected] of [
		[true, /^a unknown -> up: API is responding\n$/],
		[false, new RegExp(`^${time} a unknown -> up: API is responding\n$`)],
	] as const) {
		const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
		const file = path.join(temporaryFolder(context), 'log');
		const log = openSync(file, 'w');
		const {dev, ino} = fstatSync(log);
		const child = spawn(process.execPath, [cliPath, 'watch', '-i', '1s'], {
			env: cliEnvironment({
				configDir,
				env: {JOURNAL_STREAM: isJournal ? `${dev}:${ino}` : '8:1', SUPERVISOR_ENABLED: '1'},
			}),
			stdio: ['ignore', log, 'inherit'],
		});
		context.after(() => child.kill('SIGKILL'));
		closeSync(log);
		await eventually(
			async () => statSync(file).size,
			size => size > 0,
		);

		const exit = once(child, 'exit');
		child.kill('SIGTERM');
		assert.deepEqual(await exit, [0, null]);
		assert.match(readFileSync(file, 'utf8'), expected);
	}
});

test('reports that there is nothing to check, checks a node added later, and refuses unknown names', async context => {
	const wallet = await startWallet(context);
	const configDir = folderOf(context, []);
	const watch = runningCli(context, ['watch', '-i', '1s'], {configDir});
	await watch.until(() => watch.stderr() !== '', 'the note');
	assert.match(watch.stderr(), /^xmrtop: there are no nodes in .*nodes\.json; add one: /);
	writeNodes(configDir, [{name: 'new', port: wallet.port}]);
	await watch.until(() => watch.lines().length === 1, 'the node');
	assert.match(watch.lines()[0] ?? '', / new unknown -> up: /);
	assert.equal((await watch.end('SIGTERM')).code, 0);
	const {run} = cliIn(configDir);
	const unknown = await run(['watch', 'nope']);
	assert.deepEqual([unknown.code, unknown.stdout], [2, '']);
	assert.match(unknown.stderr, /^xmrtop: node "nope" is not in /);
	const asJson = await run(['watch', '--ndjson', '-i', '1ms']);
	assert.deepEqual([asJson.code, asJson.stderr, JSON.parse(asJson.stdout).error.code], [2, '', 'bad_usage']);
});

test('--ndjson: the first document has every node, also when a check takes longer than an interval', async context => {
	const quick = await startWallet(context);
	const silent = await startWallet(context);
	silent.setSilent(true);
	const configDir = folderOf(context, [
		{name: 'quick', port: quick.port},
		{name: 'silent', port: silent.port},
	]);
	const watch = runningCli(context, ['watch', '--ndjson', '-i', '1s', '--timeout', '2500ms'], {configDir});
	await watch.until(() => watch.lines().length > 0, 'a document');
	const {nodes} = JSON.parse(watch.lines()[0] ?? '');
	assert.deepEqual(
		nodes.map(({name}: {name: string}) => name),
		['quick', 'silent'],
	);
	await watch.end('SIGTERM');
});

test('under --connect over ssh, ignores XMRTOP_WEBHOOK of the login; typed in a terminal, alerts', async context => {
	const configDir = folderOf(context, [{name: 'gone', port: await deadPort(context)}]);
	const webhook = {XMRTOP_WEBHOOK: 'http://127.0.0.1:1/', SSH_CONNECTION: '10.0.0.9 50000 10.0.0.5 22'};
	for (const [env, alerts] of [
		[webhook, false],
		[{...webhook, SSH_TTY: '/dev/pts/1'}, true],
	] as const) {
		const watch = runningCli(context, ['watch', '--ndjson', '-i', '1s'], {configDir, env});
		await watch.until(() => watch.lines().length >= 1, 'a document');
		await watch.end('SIGTERM');
		assert.equal(existsSync(path.join(configDir, 'alerts.json')), alerts);
	}
});
