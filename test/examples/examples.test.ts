import assert from 'node:assert/strict';
import {readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {eventually} from '../helpers/child-processes.js';
import {deadPort} from '../helpers/dead-port.js';
import {examplesFolder, folderWithProgram, type Ran, readExample, runProgram} from '../helpers/example-files.js';
import {startSupervised} from '../helpers/supervised.js';
import {folderOf, startWallet} from '../helpers/switchable-wallet.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {testWith} from '../helpers/test-with.js';

test('the README of the examples names every file', () => {
	const files = readdirSync(examplesFolder, {recursive: true, withFileTypes: true})
		.filter(entry => entry.isFile())
		.map(({parentPath, name}) => path.relative(examplesFolder, path.join(parentPath, name)))
		.filter(name => name.includes('/'));
	assert.ok(files.length > 10);
	const described = readFileSync(path.join(examplesFolder, 'README.md'), 'utf8').replace(
		'`, `.timer`',
		'`, `systemd/xmrtop-status.timer`',
	);
	assert.deepEqual(
		files.filter(name => !described.includes(`\`${name}\``)),
		[],
	);
});

testWith(['promtool'], 'promtool accepts the scrape config, the rules and their tests', async () => {
	for (const args of [
		['check', 'config', 'prometheus.yml'],
		['check', 'rules', 'xmrtop.rules.yml'],
		['test', 'rules', 'xmrtop.rules.test.yml'],
	]) {
		const {code, said} = await runProgram('promtool', args, path.join(examplesFolder, 'prometheus'));
		assert.equal(code, 0, said);
		assert.match(said, /SUCCESS/);
	}
});

test('every alert has a test in which it fires and one in which it does not', () => {
	const alerts = [...readExample('prometheus/xmrtop.rules.yml').matchAll(/alert: (\w+)/g)].map(([, name]) => name);
	assert.ok(alerts.length > 5);
	const tests = readExample('prometheus/xmrtop.rules.test.yml');
	for (const alert of alerts) {
		const cases = tests.split('- alertname: ').filter(text => text.startsWith(`${alert}\n`));
		assert.ok(
			cases.some(text => text.includes('exp_alerts: []')),
			`${alert} not firing`,
		);
		assert.ok(
			cases.some(text => text.includes('exp_labels')),
			`${alert} firing`,
		);
	}
});

testWith(['amtool'], 'amtool accepts the route', async () => {
	const {code, said} = await runProgram('amtool', ['check-config', 'alertmanager/alertmanager.yml']);
	assert.equal(code, 0, said);
});

/** Enables what a unit has only as comments: the webhook, and the flags on the line after ExecStart. */
function withCredentials(unit: string): string {
	return unit.replace(/^# (?=LoadCredential=)/gm, '').replace(/^(ExecStart=.*)\n# \.\.\. (.*)$/m, '$1 $2');
}

testWith(['systemd-analyze'], 'systemd reports no fault in the units', async context => {
	const folder = folderWithProgram(context);
	const texts = new Map(
		readdirSync(path.join(examplesFolder, 'systemd')).map(unit => [unit, readExample(`systemd/${unit}`)]),
	);
	const full = withCredentials(texts.get('xmrtop.service') ?? '');
	assert.match(
		full,
		/^LoadCredential=webhook:[\s\S]*^ExecStart=.* --webhook-file \$\{CREDENTIALS_DIRECTORY\}\/webhook$/m,
	);
	texts.set('xmrtop-full.service', full);
	for (const [unit, text] of texts) {
		writeFileSync(path.join(folder, unit), text.replaceAll('/usr/local/bin/xmrtop', path.join(folder, 'xmrtop')));
	}

	const units = [...texts.keys()].map(unit => path.join(folder, unit));
	const {code, said} = await runProgram('systemd-analyze', ['verify', ...units]);
	assert.deepEqual(
		[code, said.split('\n').filter(line => line.includes('xmrtop'))],
		[0, []],
		'except warnings about units of the machine',
	);
});

testWith(['supervisord', 'supervisorctl'], 'supervisord keeps xmrtop running, also after kill -9', async context => {
	const wallet = await startWallet(context);
	const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
	const {folder, control, kill, running, shutdown} = startSupervised(context, configDir);
	const statusOf = async (pid: number): Promise<string> =>
		eventually(
			async () => (await control('status')).said,
			said => said.includes(`RUNNING   pid ${pid}`),
			20_000,
		);

	const first = await running();
	assert.match(await statusOf(first), /RUNNING/);
	await kill();
	const second = await running(first);
	assert.match(await statusOf(second), /RUNNING/);
	const log = async (): Promise<string> => readFileSync(path.join(folder, 'xmrtop.log'), 'utf8');
	assert.match(await eventually(log, text => text !== ''), /^\S+Z a unknown -> up: API is responding\n/);
	assert.match((await control('stop', 'xmrtop')).said, /xmrtop: stopped/);
	await shutdown();
});

test('the cron line prints nothing while all is well, and reports what is down', async context => {
	const wallet = await startWallet(context);
	const folder = folderWithProgram(context);
	const [, searchPath] = /^PATH=(.*)$/m.exec(readExample('cron/xmrtop')) ?? [];
	const [, line = ''] = /^\*\/5 \* \* \* \* \w+ (.*)$/m.exec(readExample('cron/xmrtop')) ?? [];
	const runIn = (configDir: string): Promise<Ran> => {
		// The command that cron passes to the shell: an escaped percent sign stays one, any other would be a line
		// break.
		assert.doesNotMatch(line, /(?<!\\)%/);
		const command = line
			.replaceAll('\\%', '%')
			.replace('/etc/xmrtop', configDir)
			.replace('/var/lib/xmrtop', temporaryFolder(context));
		return runProgram('/bin/sh', ['-c', `PATH='${folder}:${searchPath}'; export PATH; ${command}`]);
	};

	const well = await runIn(folderOf(context, [{name: 'a', port: wallet.port}]));
	assert.deepEqual(well, {code: 0, said: ''});
	const broken = await runIn(folderOf(context, [{name: 'gone', port: await deadPort(context)}]));
	assert.match(broken.said, /down +gone .*connection refused/);
});
