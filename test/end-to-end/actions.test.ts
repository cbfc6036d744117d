import assert from 'node:assert/strict';
import {chmodSync, existsSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, test} from 'node:test';
import {eventually} from '../helpers/child-processes.js';
import {deadPort} from '../helpers/dead-port.js';
import {openPtyScreen} from '../helpers/pty-screen.js';
import {cliIn, runEach} from '../helpers/run-cli.js';
import {folderOf, startWallet} from '../helpers/switchable-wallet.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const force = '; --force runs it all the same\n';

describe('actions', {concurrency: 4}, () => {
	test('adds, lists and removes actions, in a separate file that only the owner can read', async context => {
		const configDir = temporaryFolder(context);
		const {run, json} = cliIn(configDir);
		const file = path.join(configDir, 'actions.json');
		assert.equal(
			(await run(['actions', 'list'])).stderr,
			'xmrtop: there are no actions; to see some: xmrtop actions suggest\n',
		);
		assert.equal(existsSync(file), false);
		const restart = ['--key', 'r', '--on', 'down,busy', '--restarts', '--', 'systemctl', 'restart', '{unit}'];
		assert.deepEqual(await run(['actions', 'add', 'restart', ...restart]), {
			code: 0,
			stdout: '',
			stderr: "xmrtop: added the action restart: systemctl restart '{unit}'\n",
		});
		assert.equal((await run(['actions', 'add', 'logs', '--follow', '--', 'tail', '-f', '--key', 'x'])).code, 0);
		assert.equal(statSync(file).mode & 0o777, 0o600);
		assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), {
			schema_version: 1,
			actions: [
				{name: 'restart', key: 'r', on: ['down', 'busy'], restarts: true, command: ['systemctl', 'restart', '{unit}']},
				{name: 'logs', follow: true, command: ['tail', '-f', '--key', 'x']},
			],
		});
		assert.equal(
			(await run(['actions', 'list'])).stdout,
			"NAME     KEY  ON         KIND      COMMAND\nrestart  r    down,busy  restarts  systemctl restart '{unit}'\nlogs          all        follow    tail -f --key x\n",
		);
		assert.equal(
			(await run(['actions', 'remove', 'logs', '--dry-run'])).stderr,
			'xmrtop: would remove the action logs\n',
		);
		assert.equal((await run(['actions', 'remove', 'logs'])).stderr, 'xmrtop: removed the action logs\n');
		assert.deepEqual(
			(await json(['actions', 'list', '--json'])).actions.map(({name}: {name: string}) => name),
			['restart'],
		);
		assert.equal((await json(['actions', 'remove', 'restart', '--json'])).actions[0].key, 'r');
	});

	test('refuses an invalid action with one line and writes nothing', async context => {
		const configDir = temporaryFolder(context);
		const {run} = cliIn(configDir);
		await run(['actions', 'add', 'one', '--key', 'r', '--', 'true']);
		const before = readFileSync(path.join(configDir, 'actions.json'), 'utf8');
		const rows: ReadonlyArray<readonly [args: readonly string[], stderr: RegExp]> = [
			[['add', 'two', '--key', 'r', '--', 'true'], /^xmrtop: action "two": key r is already used by the action one\n$/],
			[['add', 'two', '--key', 'q', '--', 'true'], /^xmrtop: action "two": key "q" is invalid: expected one printable/],
			[['add', 'one', '--', 'true'], /^xmrtop: action "one": name one is already used by the action one\n$/],
			[['add', 'two', '--', 'echo', '{unti}'], /\{unti\} is not a placeholder: .*; did you mean \{unit\}\?\n$/],
			[['add', 'two', '--', 'echo', 'a\nb'], /^xmrtop: action "two": argument "a\\nb" contains a line break.*\n$/],
			[['add', 'two', '--on', 'broken', '--', 'true'], /on "broken" is invalid: expected states separated by commas: /],
			[
				['add', 'two', '--', 'sh', '-c', 'kill {pid}'],
				/a placeholder in the script "kill \{pid\}" would be run as code/,
			],
			[['add', 'two'], /^xmrtop: COMMAND is missing: xmrtop actions add NAME -- COMMAND\.\.\.\n$/],
			[
				['remove', 'onne'],
				/^xmrtop: action "onne" is not in .*actions\.json; known actions: one; did you mean one\?\n$/,
			],
		];
		for (const [args, stderr] of rows) {
			const {code, stderr: said, stdout} = await run(['actions', ...args]);
			assert.deepEqual([code, stdout], [2, ''], args.join(' '));
			assert.match(said, stderr);
		}

		assert.equal(readFileSync(path.join(configDir, 'actions.json'), 'utf8'), before);
	});

	test('keeps all actions that are added at the same time', async context => {
		const configDir = temporaryFolder(context);
		const {run, json} = cliIn(configDir);
		const names = Array.from({length: 8}, (_, index) => `a${index}`);
		const codes = await runEach(names, async name => (await run(['actions', 'add', name, '--', 'true'])).code);
		assert.deepEqual(new Set(codes), new Set([0]));
		const {actions} = await json(['actions', 'list', '--json']);
		assert.deepEqual(actions.map(({name}: {name: string}) => name).toSorted(), names);
	});

	test('names an invalid file and does not change it', async context => {
		const rows: ReadonlyArray<readonly [text: string, stderr: RegExp]> = [
			['{', /actions\.json is not valid JSON: unexpected end at line 1, column 2\n$/],
			['[]', /actions\.json is invalid: expected a JSON object with schema_version 1 and actions\n$/],
			['{"schema_version":2,"actions":[]}', /was written by a newer xmrtop \(schema_version 2\)\n$/],
			[
				'{"schema_version":1,"actions":[{"name":"x","command":["echo","{foo}"]}]}',
				/actions\.json: action "x": \{foo\} is not a placeholder: /,
			],
			[
				'{"schema_version":1,"actions":[{"name":"x","command":["a"]},{"name":"x","command":["a"]}]}',
				/name x is already used/,
			],
		];
		for (const [text, stderr] of rows) {
			const configDir = folderOf(context, [{name: 'a', port: 18_088}]);
			const {run} = cliIn(configDir);
			const file = path.join(configDir, 'actions.json');
			writeFileSync(file, text);
			for (const args of [
				['actions', 'list'],
				['actions', 'add', 'y', '--', 'true'],
				['run', 'x', 'a'],
			]) {
				const {code, stderr: said} = await run(args);
				assert.equal(code, 2);
				assert.match(said, stderr);
			}

			assert.equal(readFileSync(file, 'utf8'), text);
		}

		const open = folderOf(context, []);
		writeFileSync(path.join(open, 'actions.json'), '{"schema_version":1,"actions":[]}');
		chmodSync(path.join(open, 'actions.json'), 0o666);
		const unsafe = await cliIn(open).run(['actions', 'list']);
		assert.equal(unsafe.code, 2);
		assert.match(
			unsafe.stderr,
			/^xmrtop: .*actions\.json can be changed by other users: chmod go-w .*actions\.json\n$/,
		);

		const configDir = temporaryFolder(context);
		symlinkSync('/dev/zero', path.join(configDir, 'actions.json'));
		const {code, stderr} = await cliIn(configDir).run(['actions', 'list']);
		assert.equal(code, 2);
		assert.match(stderr, /^xmrtop: .*actions\.json cannot be read: it is not a regular file\n$/);
	});

	test('run: the command gets each value as one argument, and its exit code becomes that of xmrtop', async context => {
		const configDir = folderOf(context, [{name: 'hot-1', port: await deadPort(context), daemon: '10.0.0.5:18081'}]);
		const {run, json} = cliIn(configDir);
		const add = async (name: string, ...command: readonly string[]) =>
			assert.equal((await run(['actions', 'add', name, '--', ...command])).code, 0);
		await add('say', 'printf', '[%s]', '{name}', 'a "b" $HOME', '{host}:{daemon}', '*', '');
		assert.deepEqual(await run(['run', 'say', 'hot-1']), {
			code: 0,
			stdout: '[hot-1][a "b" $HOME][127.0.0.1:10.0.0.5:18081][*][]',
			stderr: '',
		});
		const shown = `printf '[%s]' hot-1 'a "b" $HOME' 127.0.0.1:10.0.0.5:18081 '*' ''\n`;
		assert.deepEqual(await run(['run', 'say', '1', '--dry-run']), {code: 0, stdout: shown, stderr: ''});
		const {command} = await json(['run', 'say', 'hot-1', '--dry-run', '--json']);
		assert.deepEqual(command.slice(2, 4), ['hot-1', 'a "b" $HOME']);
		await add('fail', 'sh', '-c', 'exit 42');
		await add('killed', 'sh', '-c', 'kill -9 $$');
		await add('nowhere', '/no/such/program');
		assert.deepEqual(await run(['run', 'fail', 'hot-1']), {code: 42, stdout: '', stderr: ''});
		assert.equal((await run(['run', 'killed', 'hot-1'])).code, 137);
		assert.deepEqual(await run(['run', 'nowhere', 'hot-1']), {
			code: 127,
			stdout: '',
			stderr: 'xmrtop: "/no/such/program" failed: it cannot be started: no such file or directory\n',
		});
		await add('pid', 'kill', '{pid}');
		assert.deepEqual(await run(['run', 'pid', 'hot-1']), {
			code: 2,
			stdout: '',
			stderr: 'xmrtop: pid cannot be run for hot-1: {pid} is not known: its process is not seen\n',
		});
		await run(['actions', 'add', 'up-only', '--on', 'up', '--', 'echo', 'ran']);
		assert.deepEqual(await run(['run', 'up-only', 'hot-1']), {
			code: 2,
			stdout: '',
			stderr: `xmrtop: hot-1: up-only is for nodes that are up; this one is down${force}`,
		});
		assert.equal((await run(['run', 'up-only', 'hot-1', '--force'])).stdout, 'ran\n');
		assert.match(
			(await run(['run', 'sya', 'hot-1'])).stderr,
			/^xmrtop: action "sya" is not in .*did you mean say\?\n$/,
		);
		assert.match((await run(['run', 'say', 'nobody'])).stderr, /^xmrtop: node "nobody" is not in /);
	});

	test('run: a restart silences the node and waits until it is up', async context => {
		const wallet = await startWallet(context);
		const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
		const {run} = cliIn(configDir);
		const [began, done] = ['began', 'done'].map(name => path.join(configDir, name)) as [string, string];
		const script = `echo out; : > ${began}; while [ ! -e ${done} ]; do sleep 0.05; done`;
		await run(['actions', 'add', 'restart', '--restarts', '--', 'sh', '-c', script]);
		await wallet.switchOff();
		const running = run(['run', 'restart', 'a', '--within', '20s']);
		await eventually(async () => existsSync(began), Boolean);
		const {silences} = JSON.parse((await run(['silence', 'list', '--json'])).stdout);
		assert.deepEqual(silences[0].nodes, [{id: 1, name: 'a'}]);
		await wallet.switchOn();
		writeFileSync(done, '');
		const {code, stdout, stderr} = await running;
		assert.deepEqual([code, stdout], [0, 'out\n'], stderr);
		assert.match(stderr, /^xmrtop: a is up after [\d.]+ s\n$/);
		await wallet.switchOff();
		await run(['actions', 'add', 'no-use', '--restarts', '--', 'true']);
		const dead = await run(['run', 'no-use', 'a', '--within', '1s', '--interval', '1s']);
		assert.equal(dead.code, 1);
		assert.match(dead.stderr, /^xmrtop: a is not up after [\d.]+ s: connection refused\n$/);
		await run(['actions', 'add', 'broken', '--restarts', '--', 'sh', '-c', 'exit 3']);
		assert.equal((await run(['run', 'broken', 'a', '--within', '1s', '--interval', '1s'])).code, 3);
	});

	test('asks on a terminal before it removes an action', async context => {
		const configDir = temporaryFolder(context);
		const {run, json} = cliIn(configDir);
		await run(['actions', 'add', 'one', '--', 'true']);
		const screen = openPtyScreen(context, {
			arguments: ['actions', 'remove', 'one'],
			env: {XMRTOP_CONFIG_DIR: configDir},
		});
		await screen.until(text => text.includes('remove the action one? [y/N]'), 'the question');
		screen.press('n\r');
		assert.equal((await screen.exited).exitCode, 1);
		assert.equal((await json(['actions', 'list', '--json'])).actions.length, 1);
	});
});
