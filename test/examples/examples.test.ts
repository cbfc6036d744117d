import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {chmodSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {eventually, startChild} from '../helpers/child-processes.js';
import {findProgram} from '../helpers/real-process.js';
import {cliEnvironment, cliPath} from '../helpers/run-cli.js';
import {deadPort, folderOf, startWallet} from '../helpers/switchable-wallet.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {testWith} from '../helpers/test-with.js';

const examples = fileURLToPath(new URL('../../examples/', import.meta.url));
const example = (name: string): string => path.join(examples, name);
const read = (name: string): string => readFileSync(example(name), 'utf8');

interface Ran {
	readonly code: number | string | null | undefined;
	/** stdout and stderr. */
	readonly said: string;
}

function run(program: string, args: readonly string[], cwd = examples): Promise<Ran> {
	return new Promise(resolve => {
		execFile(findProgram(program) ?? program, args, {cwd, env: cliEnvironment({})}, (error, stdout, stderr) => {
			resolve({code: error ? error.code : 0, said: stdout + stderr});
		});
	});
}

/** A folder with a program `xmrtop` that is the built one. */
function folderWithProgram(context: Parameters<typeof temporaryFolder>[0]): string {
	const folder = temporaryFolder(context);
	const program = path.join(folder, 'xmrtop');
	writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${cliPath}' "$@"\n`);
	chmodSync(program, 0o755);
	return folder;
}

test('the README of the examples names every file', () => {
	const files = readdirSync(examples, {recursive: true, encoding: 'utf8'}).filter(name => /\/[^/]+$/.test(name));
	const told = readFileSync(example('README.md'), 'utf8').replace('`, `.timer`', '`, `systemd/xmrtop-status.timer`');
	assert.deepEqual(
		files.filter(name => !told.includes(`\`${name}\``)),
		[],
	);
});

testWith(['promtool'], 'promtool takes the scrape config, the rules and their tests', async () => {
	for (const args of [
		['check', 'config', 'prometheus.yml'],
		['check', 'rules', 'xmrtop.rules.yml'],
		['test', 'rules', 'xmrtop.rules.test.yml'],
	]) {
		const {code, said} = await run('promtool', args, example('prometheus'));
		assert.equal(code, 0, said);
		assert.match(said, /SUCCESS/);
	}
});

test('every alert has a test in which it fires and one in which it does not', () => {
	const alerts = [...read('prometheus/xmrtop.rules.yml').matchAll(/alert: (\w+)/g)].map(([, name]) => name);
	assert.ok(alerts.length > 5);
	const tests = read('prometheus/xmrtop.rules.test.yml');
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

testWith(['amtool'], 'amtool takes the route', async () => {
	const {code, said} = await run('amtool', ['check-config', 'alertmanager/alertmanager.yml']);
	assert.equal(code, 0, said);
});

testWith(['systemd-analyze'], 'systemd finds nothing wrong with the units', async context => {
	const folder = folderWithProgram(context);
	const units = readdirSync(example('systemd'));
	for (const unit of units) {
		const text = read(`systemd/${unit}`).replaceAll('/usr/local/bin/xmrtop', path.join(folder, 'xmrtop'));
		writeFileSync(path.join(folder, unit), text);
	}

	const {code, said} = await run('systemd-analyze', ['verify', ...units.map(unit => path.join(folder, unit))]);
	assert.deepEqual(
		[code, said.split('\n').filter(line => line.includes('xmrtop'))],
		[0, []],
		'complaints about the machine’s own units aside',
	);
});

testWith(['supervisord', 'supervisorctl'], 'supervisord keeps it running, also after kill -9', async context => {
	const wallet = await startWallet(context);
	const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
	const folder = folderWithProgram(context);
	const program = read('supervisord/xmrtop.conf')
		.replace('/usr/local/bin/xmrtop', path.join(folder, 'xmrtop'))
		.replace('/etc/xmrtop', configDir)
		.replace('/var/lib/xmrtop', folder)
		.replaceAll('/var/log', folder)
		.replace(/^user=.*\n/m, '');
	const config = path.join(folder, 'supervisord.conf');
	const socket = path.join(folder, 's.sock');
	writeFileSync(
		config,
		`[supervisord]
nodaemon=true
logfile=/dev/null
logfile_maxbytes=0
pidfile=${path.join(folder, 'supervisord.pid')}
[unix_http_server]
file=${socket}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${socket}
${program}`,
	);
	const supervisord = startChild(context, findProgram('supervisord') ?? '', ['-c', config]);
	// Before it is killed with the test: it ends what it started.
	context.after(() => run('supervisorctl', ['-c', config, 'shutdown']));
	const pidOf = (said: string): number => Number(/RUNNING +pid (\d+)/.exec(said)?.[1] ?? 0);
	const running = async (not: number): Promise<number> => {
		const ask = async () => (await run('supervisorctl', ['-c', config, 'status'])).said;
		const said = await eventually(ask, text => pidOf(text) > 0 && pidOf(text) !== not, 20_000);
		assert.ok(pidOf(said) > 0 && pidOf(said) !== not, said);
		return pidOf(said);
	};

	const first = await running(supervisord.pid);
	process.kill(first, 'SIGKILL');
	const second = await running(first);
	assert.notEqual(second, first);
	const log = async (): Promise<string> => readFileSync(path.join(folder, 'xmrtop.log'), 'utf8');
	assert.match(await eventually(log, text => text !== ''), /^\S+Z a unknown -> up: API is responding\n/);
	const stopped = await run('supervisorctl', ['-c', config, 'stop', 'xmrtop']);
	assert.match(stopped.said, /xmrtop: stopped/);
	const exit = new Promise(resolve => supervisord.child.once('exit', resolve));
	await run('supervisorctl', ['-c', config, 'shutdown']);
	await exit;
});

test('the line for cron is silent while all is well, and says what is down', async context => {
	const wallet = await startWallet(context);
	const folder = folderWithProgram(context);
	const [, searchPath] = /^PATH=(.*)$/m.exec(read('cron/xmrtop')) ?? [];
	const [, line = ''] = /^\*\/5 \* \* \* \* \w+ (.*)$/m.exec(read('cron/xmrtop')) ?? [];
	const runIn = (configDir: string): Promise<Ran> => {
		// What cron hands to the shell: an escaped percent sign is one, any other would be a line break.
		assert.doesNotMatch(line, /(?<!\\)%/);
		const command = line
			.replaceAll('\\%', '%')
			.replace('/etc/xmrtop', configDir)
			.replace('/var/lib/xmrtop', temporaryFolder(context));
		return run('/bin/sh', ['-c', `PATH='${folder}:${searchPath}'; export PATH; ${command}`]);
	};

	const well = await runIn(folderOf(context, [{name: 'a', port: wallet.port}]));
	assert.deepEqual(well, {code: 0, said: ''});
	const broken = await runIn(folderOf(context, [{name: 'gone', port: await deadPort(context)}]));
	assert.match(broken.said, /down +gone .*connection refused/);
});
