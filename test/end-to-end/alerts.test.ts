import assert from 'node:assert/strict';
import {mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, type TestContext, test} from 'node:test';
import {type AlertingWatch, recordingHook, setSettings, startAlertingWatch} from '../helpers/alerting-watch.js';
import {eventually, isRunning} from '../helpers/child-processes.js';
import {hookFixture} from '../helpers/hook-fixture.js';
import {freePort} from '../helpers/real-process.js';
import {cliIn, runEach} from '../helpers/run-cli.js';
import {runningCli} from '../helpers/running-cli.js';
import {startServe} from '../helpers/running-server.js';
import {daemonScript, startScripted} from '../helpers/scripted-server.js';
import {folderOf, type SwitchableWallet, startWallet} from '../helpers/switchable-wallet.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {startReceiver} from '../helpers/webhook-receiver.js';

const soon = {fail_after: '1', recover_after: '1'};
const span = '\\d+(?: (?:ms|s)|\\.\\d+ s)';

async function folderOfA(
	context: TestContext,
	settings: Readonly<Record<string, string>> = soon,
): Promise<{readonly configDir: string; readonly wallet: SwitchableWallet}> {
	const wallet = await startWallet(context);
	const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
	setSettings(configDir, settings);
	return {configDir, wallet};
}

const alertsIn = (configDir: string) => JSON.parse(readFileSync(path.join(configDir, 'alerts.json'), 'utf8'));

async function untilDelivered(configDir: string): Promise<void> {
	const left = await eventually(
		async () => alertsIn(configDir).outbox.length,
		count => count === 0,
	);
	assert.equal(left, 0);
}

/** The times when the first node was seen in a state; ISO-8601 UTC. */
const timesOf = ({seen}: AlertingWatch, state: string): readonly string[] =>
	seen()
		.filter(node => node.state === state)
		.map(({details}) => details.last_check);

async function assertEnded(watch: AlertingWatch): Promise<void> {
	const {code, afterMs} = await watch.end('SIGTERM');
	assert.deepEqual({code, isSoon: afterMs < 1000}, {code: 0, isSoon: true}, `${afterMs} ms`);
}

describe('alerts', {concurrency: 5}, () => {
	test('sends one alert after fail_after bad results and one recovery with the downtime, by program and webhook', async context => {
		const {configDir, wallet} = await folderOfA(context, {fail_after: '2', recover_after: '2'});
		const hook = recordingHook(context);
		const receiver = await startReceiver(context);
		const env = {XMRTOP_WEBHOOK: `http://127.0.0.1:${receiver.port}/s3cr3t`};
		const watch = await startAlertingWatch(context, ['--on-change', hook.program], {configDir, env});
		await wallet.switchOff();
		await watch.untilSeen('down', 3);
		await hook.untilAlerts(1);
		await wallet.switchOn();
		await watch.untilSeen('up', 3);
		const alertTexts = await hook.untilAlerts(2);
		assert.match(alertTexts[0] ?? '', /^alert a is down: connection refused$/);
		assert.match(alertTexts[1] ?? '', new RegExp(`^recovery a is up again after ${span}$`));
		await untilDelivered(configDir);
		assert.deepEqual(
			receiver.posts.map(({body}) => JSON.parse(body)),
			hook.alerts(),
		);
		assert.deepEqual(
			receiver.posts.map(({headers}) => headers['idempotency-key']),
			hook.alerts().map(({id}) => id),
		);
		const [alert, recovery] = hook.alerts();
		const bad = timesOf(watch, 'down');
		const [up = ''] = timesOf(watch, 'up').filter(at => at > (bad[0] ?? ''));
		assert.deepEqual([alert?.since, alert?.from, alert?.state], [bad[0], 'up', 'down']);
		// Not before the second bad result; test/domain/alerts checks without a clock that it is not after a third.
		assert.ok((alert?.at ?? '') >= (bad[1] ?? ''), `${alert?.at} ${bad}`);
		assert.deepEqual([alert?.id, recovery?.id], [`a-${bad[0]}-alert`, `a-${bad[0]}-recovery`]);
		assert.deepEqual([recovery?.state, recovery?.nodes[0]?.until], ['up', up]);
		assert.equal(recovery?.downtime_ms, Date.parse(up) - Date.parse(bad[0] ?? ''));
		await assertEnded(watch);
		assert.equal(hook.alertTexts().length, 2);
		assert.equal(statSync(path.join(configDir, 'alerts.json')).mode & 0o777, 0o600);
		assert.doesNotMatch(watch.stderr(), /alert/);
	});

	test('remind repeats an alert while it lasts, each time with a new id', async context => {
		const {configDir, wallet} = await folderOfA(context, {...soon, remind: '1ms'});
		const hook = recordingHook(context);
		await wallet.switchOff();
		const watch = await startAlertingWatch(context, ['--on-change', hook.program], {configDir});
		await hook.untilAlerts(3);
		await assertEnded(watch);
		assert.match(
			hook.alertTexts()[1] ?? '',
			new RegExp(`^reminder a is still down after ${span}: connection refused$`),
		);
		assert.deepEqual(
			hook
				.alerts()
				.slice(0, 3)
				.map(({id}) => id.replace(/^a-.*Z-/, '')),
			['alert', 'reminder-1', 'reminder-2'],
		);
	});

	test('nodes behind a dead daemon make one alert that names all; with alert_daemons off they make none', async context => {
		const wallets = [await startWallet(context), await startWallet(context), await startWallet(context)];
		const daemonPort = await freePort();
		const daemon = `127.0.0.1:${daemonPort}`;
		const nodes = wallets.map(({port}, index) => ({name: `n${index + 1}`, port, daemon}));
		const configDir = folderOf(context, nodes);
		setSettings(configDir, soon);
		const quietDir = folderOf(context, nodes);
		setSettings(quietDir, {...soon, alert_daemons: 'off'});
		const [hook, quiet] = [recordingHook(context), recordingHook(context)];
		const watch = await startAlertingWatch(context, ['--on-change', hook.program], {configDir});
		const other = await startAlertingWatch(context, ['--on-change', quiet.program], {configDir: quietDir});
		assert.deepEqual(await hook.untilAlerts(1), [`alert monerod ${daemon} down: 3 nodes: n1, n2, n3`]);
		const [alert] = hook.alerts();
		assert.deepEqual(
			[alert?.daemon, alert?.caused_by, alert?.node, alert?.state, alert?.nodes.map(({name}) => name)],
			[daemon, daemon, undefined, 'degraded', ['n1', 'n2', 'n3']],
		);
		await wallets[1]?.switchOff();
		const alertTexts = await hook.untilAlerts(2);
		assert.deepEqual(
			alertTexts.slice(1),
			['alert n2 is down: connection refused'],
			'only nodes that the daemon does not explain',
		);
		assert.deepEqual(await quiet.untilAlerts(1), ['alert n2 is down: connection refused']);
		await startScripted(context, daemonScript({height: 3_400_000, nettype: 'fakechain'}), daemonPort);
		const after = await hook.untilAlerts(3);
		assert.match(after[2] ?? '', new RegExp(`^recovery monerod ${daemon}: 2 nodes work again after ${span}: n1, n3$`));
		await Promise.all([assertEnded(watch), assertEnded(other)]);
	});

	test('alert_on failed alerts for busy too, down does not', async context => {
		const wallet = await startWallet(context);
		const hooks = ['failed', 'down'].map(alertOn => {
			const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
			setSettings(configDir, {...soon, alert_on: alertOn, timeout: '200ms', method: 'api'});
			return {configDir, hook: recordingHook(context)};
		});
		const watches = await Promise.all(
			hooks.map(({configDir, hook}) => startAlertingWatch(context, ['--on-change', hook.program], {configDir})),
		);
		wallet.setSilent(true);
		await Promise.all(watches.map(watch => watch.untilSeen('busy', 2)));
		const [failed, down] = hooks;
		assert.match((await failed?.hook.untilAlerts(1))?.[0] ?? '', /^alert a is busy: /);
		assert.deepEqual(down?.hook.alertTexts(), []);
		await Promise.all(watches.map(assertEnded));
		assert.deepEqual(down?.hook.alertTexts(), []);
	});

	test('a restart of xmrtop repeats no alert, and the recovery has the whole downtime', async context => {
		const {configDir, wallet} = await folderOfA(context);
		const hook = recordingHook(context);
		const args = ['--on-change', hook.program];
		const first = await startAlertingWatch(context, args, {configDir});
		await wallet.switchOff();
		await hook.untilAlerts(1);
		await untilDelivered(configDir);
		first.child.kill('SIGKILL');
		await first.ending();
		const second = await startAlertingWatch(context, args, {configDir});
		await second.untilSeen('down');
		await assertEnded(second);
		const third = await startAlertingWatch(context, args, {configDir});
		await wallet.switchOn();
		await hook.untilAlerts(2);
		await third.untilSeen('up');
		const [alert, recovery, ...more] = hook.alerts();
		assert.deepEqual([alert?.kind, recovery?.kind, more], ['alert', 'recovery', []]);
		assert.equal(recovery?.since, alert?.since);
		const [until = ''] = timesOf(third, 'up');
		assert.equal(recovery?.downtime_ms, Date.parse(until) - Date.parse(alert?.since ?? ''));
		await assertEnded(third);
	});

	test('SIGTERM ends a hung hook within a second; the same alert is delivered after the restart', async context => {
		const {configDir, wallet} = await folderOfA(context);
		const hanging = hookFixture(context, 'trap "" TERM INT; cat > one; echo $$ > pid; while :; do sleep 0.05; done');
		await wallet.switchOff();
		const first = await startAlertingWatch(context, ['--on-change', hanging.program], {configDir});
		await eventually(
			async () => hanging.text('pid'),
			text => text.endsWith('\n'),
		);
		await assertEnded(first);
		assert.equal(isRunning(Number(hanging.text('pid'))), false);
		const hook = recordingHook(context);
		const second = await startAlertingWatch(context, ['--on-change', hook.program], {configDir});
		await hook.untilAlerts(1);
		assert.deepEqual(hook.alerts(), [JSON.parse(hanging.text('one'))]);
		await assertEnded(second);
	});

	test('reports a failing hook once, retries it and reports the end of the failure', async context => {
		const {configDir, wallet} = await folderOfA(context);
		const hook = recordingHook(context, '[ "$(wc -l < alerts)" -gt 1 ] || { echo "no mail" >&2; exit 1; }');
		await wallet.switchOff();
		const watch = await startAlertingWatch(context, ['--on-change', hook.program], {configDir});
		const alertTexts = await hook.untilAlerts(2);
		assert.deepEqual(alertTexts, Array(2).fill('alert a is down: connection refused'));
		await watch.until(() => watch.stderr().includes('resolved: '), 'the end of the failure');
		const note = 'alert delivery by --on-change failed: exit code 1: no mail; retrying';
		assert.deepEqual(
			watch
				.stderr()
				.split('\n')
				.filter(line => line.includes('alert')),
			[`xmrtop: ${note}`, `xmrtop: resolved: ${note}`],
		);
		await assertEnded(watch);
	});

	test('refuses a second alerting process and names the pid of the first; allows one that only watches', async context => {
		const {configDir} = await folderOfA(context);
		const hook = recordingHook(context);
		const args = ['--on-change', hook.program];
		const first = await startAlertingWatch(context, args, {configDir});
		const second = await cliIn(configDir).run(['watch', ...args]);
		const file = path.join(configDir, 'alerts.json');
		assert.deepEqual(second, {
			code: 2,
			stdout: '',
			stderr: `xmrtop: process ${first.child.pid} already sends the alerts of ${file}: stop it, or use another --state-dir\n`,
		});
		await assertEnded(await startAlertingWatch(context, [], {configDir}));
		await assertEnded(first);
		await assertEnded(await startAlertingWatch(context, args, {configDir}));
	});

	test('refuses bad input with one line and exit code 2, and writes nothing', async context => {
		const {configDir} = await folderOfA(context);
		const folder = temporaryFolder(context);
		const file = (name: string, text: string, mode = 0o600): string => {
			writeFileSync(path.join(folder, name), text, {mode});
			return path.join(folder, name);
		};
		mkdirSync(path.join(folder, 'dir'));
		const plain = file('plain', '#!/bin/sh\n');
		const program = '--on-change "PATH" is invalid: expected an executable program;';
		const table: ReadonlyArray<readonly [args: readonly string[], message: string, env?: Record<string, string>]> = [
			[['--on-change', `${folder}/gone`], `${program.replace('PATH', `${folder}/gone`)} no such file or directory`],
			[['--on-change', plain], `${program.replace('PATH', plain)} it cannot be run: permission denied`],
			[
				['--on-change', `${folder}/dir`],
				`${program.replace('PATH', `${folder}/dir`)} it cannot be run: it is a folder`,
			],
			[['--on-change', ''], '--on-change "" is invalid: expected an executable program; not found in PATH'],
			[['--webhook-file', `${folder}/gone`], `--webhook-file ${folder}/gone cannot be used: no such file or directory`],
			[['--webhook-file', file('empty', '')], `--webhook-file ${folder}/empty cannot be used: empty`],
			[
				['--webhook-file', file('bad', 's3cr3t')],
				`--webhook-file ${folder}/bad does not contain a valid http or https URL`,
			],
			[[], 'XMRTOP_WEBHOOK does not contain a valid http or https URL', {XMRTOP_WEBHOOK: 's3cr3t'}],
			[['--on-change', '/bin/true', '--no-save'], '--no-save is not allowed with alerts: sent alerts must be recorded'],
			[
				['--no-save'],
				'--no-save is not allowed with alerts: sent alerts must be recorded',
				{XMRTOP_WEBHOOK: 'http://s3cr3t/'},
			],
		];
		const runs = table.flatMap(([args, message, env]) =>
			['watch', 'serve'].map(command => ({args: [command, ...args], message, env: env ?? {}})),
		);
		await runEach(runs, async ({args, message, env}) => {
			const run = await cliIn(configDir).run(args, {env});
			assert.deepEqual(run, {code: 2, stdout: '', stderr: `xmrtop: ${message}\n`}, args.join(' '));
		});
		const both = await cliIn(configDir).run(['watch', '--on-change', '/bin/true'], {env: {XMRTOP_WEBHOOK: ' '}});
		assert.equal(both.code, 2);
		assert.throws(() => statSync(path.join(configDir, 'alerts.json.owner')), {code: 'ENOENT'});
	});

	test('no output, file or hook environment contains a secret', async context => {
		const {configDir, wallet} = await folderOfA(context);
		const folder = temporaryFolder(context);
		const nodes = path.join(configDir, 'nodes.json');
		const before = JSON.parse(readFileSync(nodes, 'utf8'));
		const login = {username: 'monero', password_env: 'WALLET_PASSWORD'};
		writeFileSync(nodes, JSON.stringify({...before, nodes: [{...before.nodes[0], ...login}]}));
		const hook = recordingHook(context, 'env >> env');
		const receiver = await startReceiver(context, response => response.writeHead(500).end('s3cr3t-path'));
		const url = path.join(folder, 'url');
		writeFileSync(url, `http://s3cr3t-user:s3cr3t-login@127.0.0.1:${receiver.port}/s3cr3t-path\n`, {mode: 0o600});
		const env = {
			WALLET_PASSWORD: 's3cr3t-password',
			XMRTOP_TOKEN: 's3cr3t-token',
			XMRTOP_WEBHOOK: 'http://s3cr3t-webhook/',
			KEPT: 'yes',
		};
		await wallet.switchOff();
		const args = ['--on-change', hook.program, '--webhook-file', url];
		const watch = await startAlertingWatch(context, args, {configDir, env});
		await hook.untilAlerts(1);
		await watch.until(() => watch.stderr().includes('retrying'), 'the failure');
		assert.match(
			watch.stderr(),
			/^xmrtop: alert delivery to the webhook failed: the server answered HTTP 500; retrying$/m,
		);
		await eventually(
			async () => hook.text('env'),
			text => text.includes('KEPT=yes\n'),
		);
		await assertEnded(watch);
		const stored = readFileSync(path.join(configDir, 'alerts.json'), 'utf8');
		assert.ok(stored.includes('"waiting":["webhook"]'), 'the alert waits for the webhook');
		for (const text of [watch.lines().join(), watch.stderr(), stored, hook.text('env'), hook.text('alerts')]) {
			assert.ok(text.length > 0);
			assert.doesNotMatch(text, /s3cr3t/);
		}
	});

	test('serve alerts like watch', async context => {
		const {configDir, wallet} = await folderOfA(context);
		const hook = recordingHook(context);
		const {serve} = await startServe(context, ['-i', '1s', '--on-change', hook.program], {configDir});
		await serve.until(() => serve.lines().length > 0, 'the first state');
		await wallet.switchOff();
		await hook.untilAlerts(1);
		await wallet.switchOn();
		const alertTexts = await hook.untilAlerts(2);
		assert.match(
			alertTexts.join('\n'),
			new RegExp(`^alert a is down: connection refused\nrecovery a is up again after ${span}$`),
		);
		const {code, afterMs} = await serve.end('SIGTERM');
		assert.deepEqual([code, afterMs < 1000], [0, true]);
	});

	for (const [what, args, words] of [
		['disabled', ['nodes', 'disable', 'a'], 'disabled'],
		['removed', ['nodes', 'remove', 'a'], 'removed'],
	] as const) {
		test(`a node that is ${what} during an incident ends it with a recovery that says so`, async context => {
			const [wallet, other] = [await startWallet(context), await startWallet(context)];
			const configDir = folderOf(context, [
				{name: 'a', port: wallet.port},
				{name: 'b', port: other.port},
			]);
			setSettings(configDir, soon);
			const hook = recordingHook(context);
			await wallet.switchOff();
			const watch = await startAlertingWatch(context, ['--on-change', hook.program], {configDir});
			await hook.untilAlerts(1);
			assert.equal((await cliIn(configDir).run(args)).code, 0);
			assert.deepEqual((await hook.untilAlerts(2)).slice(1), [`recovery a is no longer monitored: it is ${words}`]);
			const {closed, state, downtime_ms: downtimeMs} = hook.alerts()[1] ?? {};
			assert.deepEqual([closed, state, downtimeMs], [what, 'unknown', undefined]);
			await assertEnded(watch);
		});
	}

	test('SIGTERM while waiting for another owner ends xmrtop with 0', async context => {
		const {configDir} = await folderOfA(context);
		writeFileSync(path.join(configDir, 'alerts.json.owner'), '{');
		const watch = runningCli(context, ['watch', '--on-change', '/bin/true'], {configDir});
		await watch.until(() => watch.stderr().includes('may still be sending alerts'), 'the waiting');
		const {code, afterMs} = await watch.end('SIGTERM');
		assert.deepEqual({code, isSoon: afterMs < 1000}, {code: 0, isSoon: true}, `${afterMs} ms ${watch.stderr()}`);
	});
});
