import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, test} from 'node:test';
import {recordingHook, setSettings, startAlertingWatch} from '../helpers/alerting-watch.js';
import {eventually} from '../helpers/child-processes.js';
import {deadPort} from '../helpers/dead-port.js';
import {cliEnvironment, cliIn, cliPath, startCli} from '../helpers/run-cli.js';
import {folderOf, startWallet} from '../helpers/switchable-wallet.js';
import {startReceiver} from '../helpers/webhook-receiver.js';

const soon = {fail_after: '1', recover_after: '1'};

describe('silences', {concurrency: 4}, () => {
	test('shows a silence with author, end and reason, and ends it on request', async context => {
		const gone = await deadPort(context);
		const configDir = folderOf(context, [
			{name: 'a', port: gone},
			{name: 'b', port: gone, group: 'hot', daemon: '10.0.0.5:18081'},
		]);
		const {run} = cliIn(configDir);
		const made = await run(['silence', 'a', '--for', '2h', '--reason', 'a new disk']);
		assert.equal(made.code, 0);
		assert.match(made.stderr, /^xmrtop: silence 1: a until \d{4}-\d\d-\d\d \d\d:\d\d UTC by \S+@\S+: a new disk\n$/);
		const status = await run(['status', '--json', 'a', 'b', '--method', 'port']);
		const [a, b] = JSON.parse(status.stdout).nodes;
		assert.match(a.silence.by, /@/);
		assert.equal(a.silence.reason, 'a new disk');
		assert.ok(Math.abs(Date.parse(a.silence.until) - Date.now() - 7_200_000) < 60_000, a.silence.until);
		assert.equal(b.silence, undefined);
		assert.match(
			(await run(['status', '--method', 'port'])).stdout,
			/a .* silenced: connection refused \(until .*: a new disk\)/,
		);
		for (const args of [['--group', 'hot'], ['--daemon', 'http://10.0.0.5:18081/'], ['--all']]) {
			assert.equal((await run(['silence', ...args, '--for', '1m'])).code, 0);
		}

		const {silences} = JSON.parse((await run(['silence', 'list', '--json'])).stdout);
		assert.deepEqual(
			silences.map(({id, nodes, group, daemon}: Record<string, unknown>) => [id, nodes, group, daemon]),
			[
				[1, [{id: 1, name: 'a'}], undefined, undefined],
				[2, undefined, 'hot', undefined],
				[3, undefined, undefined, '10.0.0.5:18081'],
				[4, undefined, undefined, undefined],
			],
		);
		assert.match(
			(await run(['silence', 'list'])).stdout,
			/^ID .*\n1 .*\n2 +group hot .*\n3 +daemon 10.0.0.5:18081 .*\n4 +all nodes/,
		);
		assert.equal(
			(await run(['silence', 'end', 'a', '2'])).stderr,
			'xmrtop: ended silence 1: a\nxmrtop: ended silence 2: group hot\n',
		);
		assert.equal((await run(['silence', 'end', '--all'])).code, 0);
		assert.equal((await run(['silence', 'list'])).stderr, 'xmrtop: there are no silences\n');
	});

	test('refuses an invalid silence with one line', async context => {
		const configDir = folderOf(context, [{name: 'a', port: 18_088}]);
		const {run} = cliIn(configDir);
		const rows: ReadonlyArray<readonly [args: readonly string[], stderr: RegExp]> = [
			[['silence', 'a'], /^xmrtop: --for is missing: a duration such as .*, at most 8784h\n$/],
			[['silence', 'a', '--for', '0s'], /^xmrtop: --for "0s" is invalid: expected a duration/],
			[['silence', '--for', '1h'], /^xmrtop: expected one of NODE\.\.\., --group GROUP, --daemon D and --all\n$/],
			[['silence', 'a', '--all', '--for', '1h'], /^xmrtop: expected one of /],
			[['silence', 'x', '--for', '1h'], /^xmrtop: node "x" is not in /],
			[['silence', '--group', 'x', '--for', '1h'], /^xmrtop: no node in .* is in the group "x"\n$/],
			[['silence', '--daemon', 'a b', '--for', '1h'], /^xmrtop: --daemon "a b" is invalid: /],
			[['silence', '--daemon', 'none', '--for', '1h'], /^xmrtop: --daemon "none" is invalid: .* user and password\n$/],
			[['silence', 'end'], /^xmrtop: expected ids of silences, names of nodes, or --all\n$/],
			[['silence', 'end', '7'], /^xmrtop: "7" is not silenced: see xmrtop silence list\n$/],
			[['during', 'a'], /COMMAND\.\.\. is missing|COMMAND is missing/],
			[['during', 'x', '--', 'true'], /^xmrtop: node "x" is not in /],
			[['during', 'a', '--within', 'x', '--', 'true'], /^xmrtop: --within "x" is invalid/],
		];
		for (const [args, stderr] of rows) {
			const {code, stderr: said, stdout} = await run(args);
			assert.deepEqual([code, stdout], [2, ''], args.join(' '));
			assert.match(said, stderr);
		}
	});

	test('a silenced node alerts only after its silence ends, also across a kill', async context => {
		const wallet = await startWallet(context);
		const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
		setSettings(configDir, soon);
		const {run} = cliIn(configDir);
		await run(['silence', 'a', '--for', '1h']);
		const hook = recordingHook(context);
		await wallet.switchOff();
		const watch = await startAlertingWatch(context, ['--on-change', hook.program], {configDir});
		await watch.untilSeen('down', 2);
		await watch.end('SIGKILL');
		const next = await startAlertingWatch(context, ['--on-change', hook.program], {configDir});
		await next.untilSeen('down', 2);
		const {alerts} = JSON.parse((await run(['alerts', 'list', '--json'])).stdout);
		assert.deepEqual(
			alerts.map(({status, text, nodes}: Record<string, unknown>) => [status, text, nodes]),
			[['silenced', 'a is failing', [{id: 1, name: 'a'}]]],
		);
		assert.deepEqual(hook.alertTexts(), []);
		await run(['silence', 'end', 'a']);
		assert.deepEqual(await hook.untilAlerts(1), ['alert a is down: connection refused; its silence has ended']);
	});

	test('during: a restart sends no alert, a node that stays down sends one', async context => {
		const wallet = await startWallet(context);
		const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
		setSettings(configDir, {...soon, interval: '1s'});
		const {run} = cliIn(configDir);
		const hook = recordingHook(context);
		const watch = await startAlertingWatch(context, ['--on-change', hook.program], {configDir});
		const [began, done] = ['began', 'done'].map(name => path.join(configDir, name)) as [string, string];
		const script = `echo out; : > ${began}; while [ ! -e ${done} ]; do sleep 0.05; done`;
		const restart = run(['during', 'a', '--', 'sh', '-c', script]);
		await eventually(async () => existsSync(began), Boolean);
		await wallet.switchOff();
		await watch.untilSeen('down', 2);
		await wallet.switchOn();
		writeFileSync(done, '');
		const good = await restart;
		assert.deepEqual([good.code, good.stdout], [0, 'out\n'], good.stderr);
		assert.match(good.stderr, /^xmrtop: a is up after [\d.]+ s\n$/);
		await watch.untilSeen('up', 2);
		assert.deepEqual(hook.alertTexts(), []);
		await run(['silence', 'end', '--all']);
		await wallet.switchOff();
		const dead = await run(['during', 'a', '--within', '2s', '--', 'false']);
		assert.equal(dead.code, 1);
		assert.match(
			dead.stderr,
			/^xmrtop: "false" failed: exit code 1\nxmrtop: a is not up after [\d.]+ s: connection refused\n$/,
		);
		assert.match(
			(await hook.untilAlerts(1)).join(),
			/^alert a is down: connection refused(?:; its silence has ended)?$/,
		);
		await watch.untilSeen('down', 2);
		assert.equal(hook.alertTexts().length, 1);
	});

	test('reports a program that cannot be started, and ends its silence', async context => {
		const wallet = await startWallet(context);
		const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
		const {run} = cliIn(configDir);
		const {code, stderr} = await run(['during', 'a', '--', '/no/such', '1.0', '--json']);
		assert.equal(code, 1);
		assert.match(stderr, /^xmrtop: "\/no\/such" failed: it cannot be started: .*\nxmrtop: a is up after /);
		const {silences} = JSON.parse(readFileSync(path.join(configDir, 'silences.json'), 'utf8'));
		assert.equal(silences[0].reason, 'during /no/such 1.0 --json');
		assert.ok(Date.parse(silences[0].until) - Date.now() < 16_000);
	});
});

describe('commands for silences', {concurrency: 3}, () => {
	test('a command that Node refuses to start fails like others', async context => {
		const wallet = await startWallet(context);
		const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
		const {run} = cliIn(configDir);
		for (const program of ['/etc/passwd/x', '']) {
			const {code, stderr} = await run(['during', 'a', '--', program]);
			assert.equal(code, 1, stderr);
			assert.match(stderr, /^xmrtop: ".*" failed: it cannot be started: [^\n]+\nxmrtop: a is up after [\d.]+ s\n$/);
		}
	});

	test('stores and shows no secret of a command', async context => {
		const wallet = await startWallet(context);
		const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
		const {run} = cliIn(configDir);
		for (const command of [
			['true', '--rpc-login', 'ann:s3same'],
			['true', '--password', 's3same'],
			['true', '--password=s3same'],
			['true', '-ps3same'],
			['sh', '-c', 'exit 0 # s3same'],
		]) {
			assert.equal((await run(['during', 'a', '--', ...command])).code, 0);
		}

		assert.equal((await run(['silence', 'list'])).stdout.match(/during (?:true|sh)/g)?.length, 5);
		assert.doesNotMatch(readFileSync(path.join(configDir, 'silences.json'), 'utf8'), /s3same/);
	});

	test('a silence ended while its command runs stays ended', async context => {
		const wallet = await startWallet(context);
		const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
		const {run} = cliIn(configDir);
		const [began, done] = ['began', 'done'].map(name => path.join(configDir, name)) as [string, string];
		const script = `: > ${began}; while [ ! -e ${done} ]; do sleep 0.05; done`;
		const restart = run(['during', 'a', '--', 'sh', '-c', script]);
		await eventually(async () => existsSync(began), Boolean);
		assert.equal((await run(['silence', 'end', 'a'])).code, 0);
		writeFileSync(done, '');
		assert.equal((await restart).code, 0);
		assert.equal((await run(['silence', 'list'])).stderr, 'xmrtop: there are no silences\n');
	});

	test('a signal ends the command and the silence, and is reported', async context => {
		const configDir = folderOf(context, [{name: 'a', port: await deadPort(context)}]);
		const began = path.join(configDir, 'began');
		const child = startCli(['during', 'a', '--', 'sh', '-c', `: > ${began}; exec sleep 1000`], {configDir});
		let stderr = '';
		child.stderr.setEncoding('utf8').on('data', text => {
			stderr += text;
		});
		const ended = once(child, 'close');
		await eventually(async () => existsSync(began), Boolean);
		child.kill('SIGTERM');
		assert.deepEqual(await ended, [1, null]);
		assert.equal(
			stderr,
			'xmrtop: "sh" failed: killed by SIGTERM\nxmrtop: a was not waited for to the end: a signal arrived\n',
		);
		assert.equal((await cliIn(configDir).run(['silence', 'list'])).stderr, 'xmrtop: there are no silences\n');
	});

	test('passes on an interrupt that only xmrtop received, and the command decides how it ends', async context => {
		const configDir = folderOf(context, [{name: 'a', port: await deadPort(context)}]);
		const began = path.join(configDir, 'began');
		const caught = `trap 'exit 7' INT; : > ${began}; while :; do sleep 0.05; done`;
		for (const [script, ending] of [
			[`: > ${began}; exec sleep 1000`, 'killed by SIGINT'],
			[caught, 'exit code 7'],
		] as const) {
			rmSync(began, {force: true});
			// In its own session, so no terminal can have sent the signal.
			const args = ['--wait', process.execPath, cliPath, 'during', 'a', '--', 'sh', '-c', script];
			const child = spawn('setsid', args, {env: cliEnvironment({configDir}), stdio: ['ignore', 'ignore', 'pipe']});
			let stderr = '';
			child.stderr.setEncoding('utf8').on('data', text => {
				stderr += text;
			});
			const ended = once(child, 'close');
			await eventually(async () => existsSync(began), Boolean);
			process.kill(child.pid ?? 0, 'SIGINT');
			assert.deepEqual(await ended, [1, null], stderr);
			assert.equal(
				stderr,
				`xmrtop: "sh" failed: ${ending}\nxmrtop: a was not waited for to the end: a signal arrived\n`,
			);
		}
	});

	test('silences a daemon that no node is known to use, with a note', async context => {
		const configDir = folderOf(context, [
			{name: 'a', port: 18_088, daemon: 'https://h:18081'},
			{name: 'b', port: 18_089, daemon: 'none'},
		]);
		const {run} = cliIn(configDir);
		for (const [daemon, note] of [
			['h:18081', ''],
			['http://H:18081/json_rpc', ''],
			['h:18082', 'xmrtop: no node is known to use the daemon h:18082; known daemons: https://h:18081\n'],
		] as const) {
			const {code, stderr} = await run(['silence', '--daemon', daemon, '--for', '1h']);
			assert.equal(code, 0);
			assert.match(
				stderr,
				new RegExp(`^${note.replaceAll('.', '\\.')}xmrtop: silence \\d: daemon h:1808\\d until [^\\n]*\\n$`),
			);
		}
	});

	test('a renamed node is found by its current name', async context => {
		const configDir = folderOf(context, [{name: 'a', port: 18_088}]);
		const {run} = cliIn(configDir);
		await run(['silence', 'a', '--for', '1h']);
		await run(['nodes', 'edit', 'a', '--name', 'b']);
		await run(['nodes', 'add', 'a', '--port', '18089']);
		assert.equal((await run(['silence', 'end', 'a'])).code, 2);
		assert.equal((await run(['silence', 'end', 'b'])).code, 0);
	});

	test('every command that reads a corrupt file reports it', async context => {
		const configDir = folderOf(context, [{name: 'a', port: await deadPort(context)}]);
		const {run} = cliIn(configDir);
		writeFileSync(path.join(configDir, 'silences.json'), '{');
		const said = /^xmrtop: \S+silences\.json is corrupt \([^\n]+\); it silences nobody$/m;
		for (const [args, code] of [
			[['silence', 'list'], 2],
			[['silence', 'end', '--all'], 2],
			[['alerts', 'list'], 0],
			[['status', '--method', 'port'], 1],
			[['silence', 'a', '--for', '1h'], 0],
		] as const) {
			const outcome = await run([...args]);
			assert.equal(outcome.code, code, outcome.stderr);
			assert.match(outcome.stderr, said);
		}

		assert.equal((await run(['silence', 'list'])).code, 0);
	});
});

describe('alerts', {concurrency: 3}, () => {
	test('test sends one alert through each channel and reports the results', async context => {
		const configDir = folderOf(context, [{name: 'a', port: 18_088}]);
		const {run} = cliIn(configDir);
		const hook = recordingHook(context);
		const receiver = await startReceiver(context, response => {
			response.statusCode = 403;
			response.end();
		});
		const env = {XMRTOP_WEBHOOK: `http://127.0.0.1:${receiver.port}/s3cr3t`};
		const both = await run(['alerts', 'test', '--on-change', hook.program], {env});
		assert.equal(both.code, 1);
		assert.equal(both.stdout, 'program: delivered (exit code 0)\nwebhook: failed (the server answered HTTP 403)\n');
		assert.deepEqual(hook.alertTexts(), ['alert test alert of xmrtop: nothing is wrong']);
		assert.equal(receiver.posts.length, 1);
		const one = await run(['alerts', 'test', '--json', '--channel', 'program', '--on-change', hook.program], {env});
		assert.deepEqual(
			[one.code, JSON.parse(one.stdout).deliveries],
			[0, [{channel: 'program', delivered: true, outcome: 'exit code 0'}]],
		);
		const none = await run(['alerts', 'test']);
		assert.deepEqual(
			[none.code, none.stderr],
			[2, 'xmrtop: no channel is configured: use --on-change, --webhook-file or XMRTOP_WEBHOOK\n'],
		);
	});

	test('list and show report open and waiting alerts while watch is running', async context => {
		const configDir = folderOf(context, [{name: 'a', port: await deadPort(context)}]);
		setSettings(configDir, soon);
		const {run} = cliIn(configDir);
		assert.equal((await run(['alerts', 'list'])).stderr, 'xmrtop: there are no alerts\n');
		const hook = recordingHook(context, 'exit 1');
		await startAlertingWatch(context, ['--on-change', hook.program], {configDir});
		await hook.untilAlerts(1);
		const {alerts} = JSON.parse((await run(['alerts', 'list', '--json'])).stdout);
		assert.deepEqual(
			alerts.map(({status, text, channels}: Record<string, unknown>) => [status, text, channels]),
			[
				['open', 'a is down: connection refused', undefined],
				['waiting', 'a is down: connection refused', ['program']],
			],
		);
		const [open, waiting] = alerts;
		assert.equal(waiting.id, `${open.id}-alert`);
		const shown = await run(['alerts', 'show', waiting.id]);
		assert.match(shown.stdout, /^id +a-.*-alert\nstatus +waiting for delivery\n/);
		assert.equal(JSON.parse((await run(['alerts', 'show', open.id, '--json'])).stdout).alert.id, open.id);
		assert.match((await run(['alerts', 'list'])).stdout, /^STATUS .*\nopen .*\nwaiting for delivery .*\(program\)\n$/);
		assert.equal((await run(['alerts', 'show', 'a'])).code, 2, 'not an alert id, but the beginning of some');
		const missing = await run(['alerts', 'show', 'x']);
		assert.deepEqual(
			[missing.code, missing.stderr],
			[2, 'xmrtop: "x" is not the id of an alert: see xmrtop alerts list\n'],
		);
	});
});
