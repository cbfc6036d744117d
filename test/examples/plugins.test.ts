import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {eventually} from '../helpers/child-processes.js';
import {deadPort} from '../helpers/dead-port.js';
import {examplesFolder, folderWithProgram, type Ran, readExample, runProgram} from '../helpers/example-files.js';
import {findProgram, startProcess} from '../helpers/real-process.js';
import {cliIn} from '../helpers/run-cli.js';
import {folderOf, startWallet} from '../helpers/switchable-wallet.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {testWith} from '../helpers/test-with.js';
import {startReceiver} from '../helpers/webhook-receiver.js';

/** A working hot wallet and a dead cold one. @returns what puts their paths in the place of those of the examples */
async function pathsOfTwoGroups(t: TestContext): Promise<(text: string) => string> {
	const wallet = await startWallet(t);
	const folder = folderWithProgram(t);
	const configDir = folderOf(t, [
		{name: 'hot-1', port: wallet.port, group: 'hot'},
		{name: 'cold-1', port: await deadPort(t), group: 'cold'},
	]);
	const stateDir = temporaryFolder(t);
	return text =>
		text
			.replaceAll('/usr/local/bin/xmrtop', path.join(folder, 'xmrtop'))
			.replaceAll('/etc/xmrtop', configDir)
			.replaceAll(/\/var\/lib\/xmrtop-\w+/g, stateDir);
}

async function twoGroups(t: TestContext): Promise<(command: string) => Promise<Ran>> {
	const withPaths = await pathsOfTwoGroups(t);
	return command => runProgram('/bin/sh', ['-c', withPaths(command)]);
}

test('the commands for Nagios and check_multi report their wallets by output and exit code', async t => {
	const run = await twoGroups(t);
	const nagios = readExample('nagios/xmrtop.cfg');
	const line = /command_line +(.*)$/m.exec(nagios)?.[1] ?? '';
	const checks = [...nagios.matchAll(/check_command +check_xmrtop(?:!(.*))?$/gm)].map(([, given = '']) => given);
	assert.deepEqual(checks, ['', '--group hot']);
	const [all, hot] = [await run(line.replace('$ARG1$', '')), await run(line.replace('$ARG1$', checks[1] ?? ''))];
	assert.deepEqual([all.code, hot.code], [2, 0]);
	assert.match(all.said, /CRITICAL[^\n]*\|[^\n]*\n$/);
	assert.match(hot.said, /OK[^\n]*\|[^\n]*\n$/);

	const multi = [...readExample('nagios/check_multi.cmd').matchAll(/^command \[ (\w+) \] += (.*)$/gm)];
	const wallets = multi.filter(([, name]) => name?.startsWith('wallets_'));
	const codes = await Promise.all(wallets.map(async ([, name, command = '']) => [name, (await run(command)).code]));
	assert.deepEqual(codes, [
		['wallets_hot', 0],
		['wallets_cold', 2],
	]);
	for (const [, name] of readExample('nagios/check_multi.cmd').matchAll(/(\w+) == [A-Z]+/g)) {
		assert.ok(
			multi.some(([, known]) => known === name),
			name,
		);
	}
});

test('the command for Icinga reports one wallet, a group or all', async t => {
	const run = await twoGroups(t);
	const text = readExample('icinga/xmrtop.conf');
	const command = [...(/command = \[ (.*) \]/.exec(text)?.[1] ?? '').matchAll(/"([^"]+)"/g)].map(([, word]) => word);
	const folders = [...text.matchAll(/"(--\w+-dir)" = "([^"$]+)"/g)].map(([, flag, value]) => `${flag} ${value}`);
	const flags = [...text.matchAll(/"(--\w+)" = "\$xmrtop_\w+\$"/g)].map(([, flag]) => flag);
	assert.deepEqual(flags, ['--group', '--method', '--timeout']);
	const base = (node: string): string =>
		[...command.slice(0, 1), command[1], node, ...command.slice(2), ...folders].join(' ');
	for (const [added, code] of [
		[base(''), 2],
		[base('hot-1'), 0],
		[base('cold-1'), 2],
		[`${base('')} --group hot --method port --timeout 5s`, 0],
	] as const) {
		assert.equal((await run(added)).code, code, added);
	}
});

/** The name of the group that tests run as. */
const ownGroup = (): string => spawnSync('id', ['-gn'], {encoding: 'utf8'}).stdout.trim();

/** The configuration of a Nagios that only runs the services of a file. Everything it writes is in one folder. */
function nagiosConfig(folder: string, services: string): string {
	const at = (name: string): string => path.join(folder, name);
	const {username} = os.userInfo();
	const days = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];
	const always = days.map(day => ` ${day} 00:00-24:00`).join('\n');
	writeFileSync(at('xmrtop.cfg'), services);
	writeFileSync(
		at('host.cfg'),
		[
			'define command {\n command_name check_none\n command_line /bin/true\n}',
			'define contact {\n contact_name nobody\n host_notification_commands check_none\n service_notification_commands check_none\n}',
			`define timeperiod {\n timeperiod_name 24x7\n alias always\n${always}\n}`,
			'define host {\n host_name localhost\n address 127.0.0.1\n max_check_attempts 1\n check_command check_none\n}',
			'define service {\n name generic-service\n check_period 24x7\n register 0\n}',
			'',
		].join('\n'),
	);
	const settings = {
		log_file: at('log'),
		object_cache_file: at('objects.cache'),
		precached_object_file: at('objects.precache'),
		status_file: at('status.dat'),
		status_update_interval: 1,
		state_retention_file: at('retention.dat'),
		temp_file: at('temp'),
		temp_path: folder,
		check_result_path: folder,
		lock_file: at('lock'),
		command_file: at('commands'),
		query_socket: at('queries'),
		nagios_user: username,
		nagios_group: ownGroup(),
		check_external_commands: 0,
		service_inter_check_delay_method: 'n',
		use_syslog: 0,
	};
	const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
	writeFileSync(
		at('nagios.cfg'),
		[`cfg_file=${at('host.cfg')}`, `cfg_file=${at('xmrtop.cfg')}`, ...lines, ''].join('\n'),
	);
	return at('nagios.cfg');
}

// Neither program is small: they are used where they are installed.
test('Nagios itself runs the example', {
	skip: findProgram('nagios4') === undefined && 'nagios4 is not installed',
}, async t => {
	const withPaths = await pathsOfTwoGroups(t);
	const folder = temporaryFolder(t);
	const config = nagiosConfig(folder, withPaths(readExample('nagios/xmrtop.cfg')));
	const nagios = findProgram('nagios4') ?? '';
	const verified = spawnSync(nagios, ['-v', config], {encoding: 'utf8'});
	assert.equal(verified.status, 0, verified.stdout);
	const running = await startProcess(nagios, [config], {cwd: folder, home: folder});
	t.after(running.stop);
	const status = path.join(folder, 'status.dat');
	const read = async (): Promise<string> => (existsSync(status) ? readFileSync(status, 'utf8') : '');
	const text = await eventually(read, seen => seen.split('plugin_output=MONERO').length === 3, 30_000);
	const services = [...text.matchAll(/^servicestatus \{$.*?^\t\}$/gms)].map(([block]) => {
		const field = (name: string): string => new RegExp(`^\\t${name}=(.*)$`, 'm').exec(block)?.[1] ?? '';
		return [field('service_description'), field('current_state'), field('plugin_output').slice(0, 15)];
	});
	assert.deepEqual(services.toSorted(), [
		['Monero hot wallets', '0', 'MONERO OK - hot'],
		['Monero wallets', '2', 'MONERO CRITICAL'],
	]);
	assert.match(text, /performance_data='total'=2;;;0 'up'=1;/);
});

test('Icinga itself accepts the example', {
	skip: findProgram('icinga2') === undefined && 'icinga2 is not installed',
}, async t => {
	const folder = temporaryFolder(t);
	const {username} = os.userInfo();
	const host = ['check_command = "dummy"', 'vars.xmrtop = true', 'vars.xmrtop_nodes = [ "hot-1", "cold-1" ]'];
	writeFileSync(path.join(folder, 'xmrtop.conf'), readExample('icinga/xmrtop.conf'));
	writeFileSync(
		path.join(folder, 'icinga2.conf'),
		`include <itl>\nobject Host "localhost" {\n${host.join('\n')}\n}\ninclude "xmrtop.conf"\n`,
	);
	const defines = [
		`RunAsUser=${username}`,
		`RunAsGroup=${ownGroup()}`,
		...['DataDir', 'CacheDir', 'LogDir', 'InitRunDir'].map(name => `${name}=${folder}`),
	];
	const args = ['daemon', '-C', '-c', path.join(folder, 'icinga2.conf'), ...defines.map(each => `-D${each}`)];
	const {status, stdout} = spawnSync(findProgram('icinga2') ?? '', args, {encoding: 'utf8'});
	assert.equal(status, 0, stdout);
	assert.match(stdout, /Instantiated 3 Services/);
});

testWith(['logrotate'], 'logrotate rotates the logs of supervisord while they stay open', async t => {
	const folder = temporaryFolder(t);
	const log = path.join(folder, 'xmrtop.log');
	writeFileSync(log, 'a line\n');
	const config = path.join(folder, 'logrotate.conf');
	writeFileSync(config, readExample('logrotate/xmrtop').replaceAll('/var/log', folder), {mode: 0o600});
	const args = ['--state', path.join(folder, 'state'), '--force', config];
	const {code, said} = await runProgram('logrotate', args);
	assert.deepEqual([code, said], [0, '']);
	assert.equal(readFileSync(log, 'utf8'), '');
	assert.equal(readFileSync(`${log}.1`, 'utf8'), 'a line\n');
	assert.ok(!existsSync(path.join(folder, 'xmrtop.err.log.1')), 'a missing log is not a failure');
});

testWith(['curl'], 'the chat hook sends an alert in the format of each chat, and does not show the URL', async t => {
	const receiver = await startReceiver(t);
	const configDir = folderOf(t, [{name: 'refunds', port: 1}]);
	const file = path.join(configDir, 'url');
	writeFileSync(file, `http://127.0.0.1:${receiver.port}/secret\n`, {mode: 0o600});
	const hook = path.join(examplesFolder, 'hooks/chat-alert');
	const send = async (chat: string) => {
		const env = {CHAT: chat, CHAT_URL_FILE: file};
		const {code, stdout, stderr} = await cliIn(configDir).run(['alerts', 'test', '--on-change', hook], {env});
		assert.equal(code, 0, stdout + stderr);
		assert.doesNotMatch(stdout + stderr, /secret/);
		const post = receiver.posts.at(-1);
		assert.equal(post?.url, '/secret');
		return post;
	};

	const ntfy = await send('ntfy');
	assert.match(ntfy.body, /^\[ALERT\] .+ \(since \S+Z\)$/);
	assert.equal(ntfy.headers.priority, 'urgent');
	assert.ok(ntfy.headers['idempotency-key']);
	const slack = await send('slack');
	assert.equal(slack.headers['content-type'], 'application/json');
	assert.equal(
		JSON.parse(slack.body).text,
		ntfy.body.replace(/since \S+Z/, /since \S+Z/.exec(JSON.parse(slack.body).text)?.[0] ?? ''),
	);
	const discord = JSON.parse((await send('discord')).body);
	assert.match(discord.content, /^\[ALERT\] /);
	assert.deepEqual(discord.allowed_mentions, {parse: []});

	// Characters that JSON escapes are preserved.
	const env = {CHAT: 'slack', CHAT_URL_FILE: file, XMRTOP_KIND: 'recovery', XMRTOP_TEXT: 'a "quoted" back\\slash'};
	const whole = {...env, XMRTOP_SINCE: 'then', XMRTOP_ALERT_ID: 'x'};
	const assigned = Object.entries(whole).map(([name, value]) => `${name}=${value}`);
	assert.deepEqual(await runProgram('env', [...assigned, hook]), {code: 0, said: ''});
	assert.equal(JSON.parse(receiver.posts.at(-1)?.body ?? '').text, '[OK] a "quoted" back\\slash (since then)');
});
