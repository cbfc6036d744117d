import assert from 'node:assert/strict';
import {readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {deadPort} from '../helpers/dead-port.js';
import {openPtyScreen} from '../helpers/pty-screen.js';
import {cliIn} from '../helpers/run-cli.js';
import {startServe} from '../helpers/running-server.js';
import {folderOf, startWallet} from '../helpers/switchable-wallet.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const names = ({nodes}: {readonly nodes: ReadonlyArray<{readonly name: string; readonly state: string}>}): string[] =>
	nodes.map(({name, state}) => `${name} ${state}`).toSorted();

test('saves, lists and removes hosts, and shows their nodes beside those of this machine', async t => {
	const [one, two] = [await startWallet(t), await startWallet(t)];
	const far = await startServe(t, ['-i', '1s'], {configDir: folderOf(t, [{name: 'one', port: one.port}])});
	const configDir = folderOf(t, [{name: 'two', port: two.port}]);
	const {run, json} = cliIn(configDir);
	assert.equal(
		(await run(['hosts', 'list'])).stderr,
		'xmrtop: there are no hosts; add one: xmrtop hosts add NAME URL\n',
	);
	const none = await run(['status', '--hosts', 'all']);
	assert.deepEqual([none.code, /there are no hosts in \S+hosts\.json; add one/.test(none.stderr)], [2, true]);

	const url = `http://127.0.0.1:${far.port}`;
	assert.equal(
		(await run(['hosts', 'add', 'far', `${url}/`])).stderr,
		`xmrtop: added the host far: ${url}; to connect: xmrtop --hosts far\n`,
	);
	assert.equal((await run(['hosts', 'add', 'here', 'local', `http://127.0.0.1:${await deadPort(t)}`])).code, 0);
	const file = path.join(configDir, 'hosts.json');
	assert.equal(statSync(file).mode & 0o777, 0o600);
	assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')).hosts[0], {name: 'far', urls: [url]});
	assert.match((await run(['hosts', 'list'])).stdout, /^NAME +URLS\nfar +http:\S+\nhere +local http:\S+\n$/);

	assert.deepEqual(names(await json(['status', '--json', '--hosts', 'far'])), ['far/one up']);
	const both = await json(['status', '--json', '--hosts', 'far', '--connect', 'local']);
	assert.deepEqual(names(both), ['far/one up', 'local/two up']);
	assert.deepEqual([both.total, both.working], [2, 2]);
	const all = await run(['status', '--json', '--hosts', 'all']);
	assert.equal(all.code, 1, 'one host does not answer');
	assert.deepEqual(names(JSON.parse(all.stdout)).slice(1), ['far/one up', 'local/two up']);
	const history = await json(['history', '--json', '--hosts', 'far', '--connect', 'local']);
	assert.deepEqual(
		history.nodes.map(({name}: {name: string}) => name),
		['far/one', 'local/two'],
	);

	assert.equal((await run(['hosts', 'remove', 'here', '--dry-run'])).stderr, 'xmrtop: would remove the host here\n');
	assert.equal((await run(['hosts', 'remove', 'here'])).stderr, 'xmrtop: removed the host here\n');
	assert.deepEqual(
		(await json(['hosts', 'list', '--json'])).hosts.map(({name}: {name: string}) => name),
		['far'],
	);
});

test('refuses an invalid host with one line and changes nothing', async t => {
	const configDir = temporaryFolder(t);
	const {run} = cliIn(configDir);
	assert.equal((await run(['hosts', 'add', 'db', 'ssh://db'])).code, 0);
	const file = path.join(configDir, 'hosts.json');
	const before = readFileSync(file, 'utf8');
	for (const [args, message] of [
		[['hosts', 'add', 'all', 'ssh://x'], /name "all" is invalid: expected 1 to 64 of .*, but not all/],
		[['hosts', 'add', 'db', 'ssh://x'], /host "db": the name db is already used/],
		[
			['hosts', 'add', 'x', 'http://x:1/?token=hunter2'],
			/^xmrtop: host "x": URL "http:\/\/x:1\/\?token=\*\*\*" is invalid: expected/,
		],
		[['hosts', 'add', 'x', 'ftp://x'], /^xmrtop: host "x": URL "ftp:\/\/x" is invalid: expected ssh:/],
		[
			['hosts', 'add', 'x', 'ssh://y', 'ssh://y/'],
			/^xmrtop: host "x": URL "ssh:\/\/y" is given twice: use it only once/,
		],
		[['hosts', 'add', 'x', 'http://u:secret@x'], /user and password are not allowed in the URL/],
		[['hosts', 'add', 'x'], /hosts add/],
		[['hosts', 'remove', 'dc'], /host "dc" is not in \S+hosts\.json; known hosts: db/],
		[['status', '--hosts', 'dc'], /host "dc" is not in/],
		[['status', '--hosts', 'db', '--method', 'pid'], /^xmrtop: --method is not allowed with --hosts: /],
		[['status', '--hosts', 'db', '--basic-auth-file', file], /: no --hosts URL is a Prometheus/],
		[['status', '--hosts', 'db', '--at', '14:02'], /^xmrtop: --at is not allowed with --hosts ssh:/],
	] as const) {
		const {code, stdout, stderr} = await run(args);
		assert.deepEqual([code, stdout], [2, ''], args.join(' '));
		assert.match(stderr, message);
		assert.equal(stderr.trimEnd().split('\n').length, 1);
		assert.doesNotMatch(stderr, /secret/);
	}

	assert.equal(readFileSync(file, 'utf8'), before);
	writeFileSync(file, '{"schema_version":1,"hosts":[{"name":"x","urls":[]}]}');
	assert.match((await run(['hosts', 'list'])).stderr, /hosts\.json: host "x": expected 1 to 64 URLs\n$/);
	writeFileSync(file, '{"schema_version":2,"hosts":[]}');
	assert.match((await run(['status', '--hosts', 'all'])).stderr, /was written by a newer xmrtop/);
});

test('the live table remembers its hosts, and shows a hung host within two intervals', async t => {
	const wallet = await startWallet(t);
	const far = await startServe(t, ['-i', '1s'], {configDir: folderOf(t, [{name: 'one', port: wallet.port}])});
	const configDir = temporaryFolder(t);
	const open = (...args: string[]) =>
		openPtyScreen(t, {arguments: ['--config-dir', configDir, ...args], env: {CI: undefined}, columns: 120});
	const first = open('--connect', `http://127.0.0.1:${far.port}`);
	await first.until(screen => screen.includes('127.0.0.1/one'), 'the node', 20_000);
	first.press('q');
	await first.exited;
	const {hosts} = await cliIn(configDir).json(['hosts', 'list', '--json']);
	assert.deepEqual(hosts, [{name: '127.0.0.1', urls: [`http://127.0.0.1:${far.port}`]}]);

	const nextDay = open();
	await nextDay.until(screen => screen.includes('127.0.0.1/one'), 'the node without a flag', 20_000);
	nextDay.press('q');
	await nextDay.exited;

	const again = open('--hosts', 'all', '--interval', '2s');
	await again.until(screen => screen.includes('127.0.0.1/one'), 'the node', 20_000);
	process.kill(far.serve.child.pid ?? 0, 'SIGSTOP');
	const frozenMs = performance.now();
	await again.until(screen => screen.includes('no response within 2 seconds'), 'the silence', 20_000);
	assert.ok(performance.now() - frozenMs < 10_000, `${performance.now() - frozenMs} ms`);
	process.kill(far.serve.child.pid ?? 0, 'SIGCONT');
	await again.until(screen => !screen.includes('no response'), 'the answer', 20_000);
	again.press('q');
	await again.exited;
});

test('a saved URL that is invalid is named with its host', async t => {
	const configDir = temporaryFolder(t);
	const {run} = cliIn(configDir);
	assert.equal((await run(['hosts', 'add', 'db', 'ssh://db'])).code, 0);
	const file = path.join(configDir, 'hosts.json');
	writeFileSync(file, readFileSync(file, 'utf8').replace('ssh://db', 'ftp://db'));
	const {code, stderr} = await run(['status', '--hosts', 'db', '--connect', 'ssh://x']);
	assert.equal(code, 2);
	assert.match(stderr, /^xmrtop: --hosts db: URL "ftp:\/\/db" is invalid: expected ssh:/);
});
