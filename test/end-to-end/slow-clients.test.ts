import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import {connect, type Socket} from 'node:net';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {startFakeWalletFleet} from '../helpers/fake-wallet-fleet.js';
import {ask, startServe} from '../helpers/running-server.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

type Place = {readonly host: string; readonly port: number} | {readonly socketPath: string};

/** Opens connections in groups and sends a text on each. */
async function openMany(t: TestContext, place: Place, count: number, first: string): Promise<void> {
	const target = 'port' in place ? place : {path: place.socketPath};
	for (let opened = 0; opened < count; opened += 100) {
		await Promise.all(
			Array.from(
				{length: 100},
				() =>
					new Promise<Socket>(resolve => {
						const socket: Socket = connect(target as {path: string}, () => resolve(socket));
						socket.on('error', () => resolve(socket));
						socket.pause();
						socket.write(first);
						t.after(() => socket.destroy());
					}),
			),
		);
	}
}

const kinds: ReadonlyArray<readonly [kind: string, first: string]> = [
	['say nothing', ''],
	['send their headers slowly', 'GET /livez HTTP/1.1\r\nX: '],
	['do not take their answers', 'GET /nodes/status HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(20)],
];

for (const how of ['tcp', 'unix'] as const) {
	for (const [kind, first] of kinds) {
		test(`800 clients over ${how} that ${kind} do not block other clients`, async t => {
			const {configDir} = await startFakeWalletFleet(t, [{name: 'hot-1'}]);
			const socketPath = path.join(temporaryFolder(t), 'serve.sock');
			const args = how === 'unix' ? ['--listen', `unix:${socketPath}`] : [];
			const {port, serve} = await startServe(t, args, {configDir});
			const place: Place = how === 'unix' ? {socketPath} : {host: '127.0.0.1', port};
			await openMany(t, place, 800, first);
			for (const path of ['/livez', '/health', '/nodes/status', '/metrics']) {
				const statuses = await Promise.all(Array.from({length: 10}, async () => (await ask(place, path)).status));
				assert.deepEqual(
					statuses,
					Array.from({length: 10}, () => 200),
					path,
				);
			}

			if (process.platform === 'linux') {
				assert.ok(readdirSync(`/proc/${serve.child.pid}/fd`).length < 600, 'connections are limited');
			}
		});
	}
}

test('with few open files, clients leave some for checks', {skip: process.platform !== 'linux'}, async t => {
	const {configDir} = await startFakeWalletFleet(
		t,
		Array.from({length: 60}, (_, index) => ({name: `hot-${index + 1}`})),
	);
	// At start the program opens all of its own files for serve at once, more than 60.
	const {port} = await startServe(t, ['-i', '1s'], {configDir, openFiles: 80});
	const place = {host: '127.0.0.1', port};
	await openMany(t, place, 300, '');
	const {status, json} = await ask(place, '/nodes/status?fresh=1');
	assert.equal(status, 200);
	assert.deepEqual(new Set(json().nodes.map(({state}: {state: string}) => state)), new Set(['up']));
});
