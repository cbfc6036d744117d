import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {setTimeout as sleep} from 'node:timers/promises';
import {setSettings} from '../helpers/alerting-watch.js';
import {eventually} from '../helpers/child-processes.js';
import {deadPort} from '../helpers/dead-port.js';
import {cliIn} from '../helpers/run-cli.js';
import {runningCli} from '../helpers/running-cli.js';
import {folderOf, startWallet} from '../helpers/switchable-wallet.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {testWith} from '../helpers/test-with.js';
import {startReceiver} from '../helpers/webhook-receiver.js';

/** A service manager that prints every datagram as one line of JSON. */
const listener = `
import json, socket, sys
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.bind(sys.argv[1])
print('ready', flush=True)
while True:
    print(json.dumps(manager.recv(4096).decode().splitlines()), flush=True)
`;

async function startServiceManager(
	context: TestContext,
): Promise<{readonly socket: string; readonly received: () => readonly string[]}> {
	const socket = path.join(temporaryFolder(context), 'notify');
	const child = spawn('python3', ['-c', listener, socket], {stdio: ['ignore', 'pipe', 'inherit']});
	context.after(() => child.kill('SIGKILL'));
	let text = '';
	child.stdout.setEncoding('utf8').on('data', more => {
		text += more;
	});
	await once(child.stdout, 'data');
	const messages = (): readonly string[] => text.split('\n').slice(1, -1);
	return {
		socket,
		// systemd-notify sends a message of its own to wait until its message was read.
		received: () =>
			messages().flatMap(line => (JSON.parse(line) as string[]).filter(each => !each.startsWith('BARRIER'))),
	};
}

testWith(
	['systemd-notify', 'python3'],
	'the service manager receives READY, WATCHDOG at every cycle, none while stopped, and STOPPING',
	async context => {
		const {socket, received} = await startServiceManager(context);
		const {port} = await startWallet(context);
		const configDir = folderOf(context, [
			{name: 'a', port},
			{name: 'b', port: await deadPort(context)},
		]);
		const watch = runningCli(context, ['watch', '-i', '1s'], {configDir, env: {NOTIFY_SOCKET: socket}});
		const dogs = (): number => received().filter(each => each === 'WATCHDOG=1').length;
		await eventually(
			async () => dogs(),
			count => count >= 3,
			20_000,
		);
		assert.deepEqual(received().slice(0, 2), ['READY=1', 'STATUS=waiting for the first check cycle']);
		assert.equal(received()[3], 'STATUS=2 nodes: 1 up, 1 down');
		watch.child.kill('SIGSTOP');
		await sleep(500);
		const before = dogs();
		await sleep(2500);
		assert.equal(dogs(), before, 'nothing comes from a process that hangs');
		watch.child.kill('SIGCONT');
		await eventually(
			async () => dogs(),
			count => count > before,
			20_000,
		);
		assert.equal((await watch.end('SIGTERM')).code, 0);
		assert.equal(received().at(-1), 'STOPPING=1');
	},
);

test('a systemd-notify that hangs does not block watching', async context => {
	const folder = temporaryFolder(context);
	writeFileSync(path.join(folder, 'systemd-notify'), '#!/bin/sh\nexec /bin/sleep 1000\n', {mode: 0o755});
	const configDir = folderOf(context, [{name: 'a', port: await deadPort(context)}]);
	const env = {NOTIFY_SOCKET: path.join(folder, 'notify'), PATH: folder};
	const watch = runningCli(context, ['watch', '-i', '1s'], {configDir, env});
	await watch.until(() => watch.lines().length > 0, 'a transition', 20_000);
	const note = 'xmrtop: systemd cannot be notified: systemd-notify did not end within 2 s\n';
	assert.equal(watch.stderr().split(note).length, 2, watch.stderr());
	assert.equal((await watch.end('SIGTERM')).code, 0);
});

test('sends a heartbeat after the first cycle, and /fail as soon as a node is down', async context => {
	const receiver = await startReceiver(context);
	const wallet = await startWallet(context);
	const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
	const file = path.join(configDir, 'heartbeat');
	writeFileSync(file, `http://127.0.0.1:${receiver.port}/ping/s3cr3t?x=1\n`, {mode: 0o600});
	const args = ['watch', '-i', '1s', '--heartbeat-file', file, '--heartbeat-fail'];
	const watch = runningCli(context, args, {configDir});
	const asked = (): readonly unknown[] => receiver.posts.map(({method, url}) => [method, url]);
	const good = ['GET', '/ping/s3cr3t?x=1'];
	await eventually(
		async () => asked(),
		all => all.length > 0,
		20_000,
	);
	await wallet.switchOff();
	await eventually(
		async () => asked(),
		all => all.length > 1,
		20_000,
	);
	await wallet.switchOn();
	await eventually(
		async () => asked(),
		all => all.length > 2,
		20_000,
	);
	assert.deepEqual(asked(), [good, ['GET', '/ping/s3cr3t/fail?x=1'], good]);
	assert.equal((await watch.end('SIGTERM')).code, 0);
	assert.doesNotMatch(watch.stderr(), /s3cr3t/);
});

test('reports a failed heartbeat without its URL', async context => {
	const receiver = await startReceiver(context, response => response.writeHead(404).end());
	const configDir = folderOf(context, [{name: 'a', port: await deadPort(context)}]);
	setSettings(configDir, {});
	const env = {XMRTOP_HEARTBEAT: `http://127.0.0.1:${receiver.port}/s3cr3t`};
	const watch = runningCli(context, ['watch', '-i', '1s'], {configDir, env});
	await watch.until(() => watch.stderr().includes('the heartbeat failed: the server answered HTTP 404'), 'the note');
	assert.doesNotMatch(watch.stderr(), /s3cr3t/);
	await watch.end('SIGTERM');
	assert.equal(receiver.posts.length, 1, 'once a minute at most');
});

test('refuses an invalid heartbeat', async context => {
	const configDir = folderOf(context, [{name: 'a', port: 18_088}]);
	const {run} = cliIn(configDir);
	for (const [args, env, stderr] of [
		[
			['--heartbeat-fail'],
			{},
			'xmrtop: --heartbeat-fail is not allowed without --heartbeat-file or XMRTOP_HEARTBEAT\n',
		],
		[[], {XMRTOP_HEARTBEAT: 'ftp://s3cr3t'}, 'xmrtop: XMRTOP_HEARTBEAT does not contain a valid http or https URL\n'],
		[['--heartbeat-file', '/no/such'], {}, /^xmrtop: --heartbeat-file \/no\/such cannot be used: /],
	] as const) {
		const {code, stderr: said} = await run(['watch', ...args], {env});
		assert.equal(code, 2);
		if (typeof stderr === 'string') {
			assert.equal(said, stderr);
		} else {
			assert.match(said, stderr);
		}
	}
});
