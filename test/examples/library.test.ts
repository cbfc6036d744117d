import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {cpSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {fileURLToPath} from 'node:url';
import {cliEnvironment, cliIn, finished} from '../helpers/run-cli.js';
import {startScripted, walletScript} from '../helpers/scripted-server.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A project with the examples that depends on xmrtop, and a fleet of one working and one dead wallet. */
async function startProject(context: TestContext) {
	const folder = temporaryFolder(context);
	mkdirSync(path.join(folder, 'node_modules'));
	symlinkSync(root, path.join(folder, 'node_modules', 'xmrtop'));
	cpSync(path.join(root, 'examples/library'), folder, {recursive: true});
	writeFileSync(path.join(folder, 'package.json'), '{"type": "module"}');
	const configDir = temporaryFolder(context);
	const wallet = await startScripted(context, walletScript(26));
	const {run} = cliIn(configDir);
	await run(['nodes', 'add', 'shop', '--port', String(wallet.port), '--daemon', 'none']);
	await run(['nodes', 'add', 'dead', '--port', '1', '--daemon', 'none']);
	const start = (file: string) => {
		const env = cliEnvironment({configDir, env: {PORT: '0'}});
		const child = spawn(process.execPath, [path.join(folder, file)], {env, stdio: 'pipe'});
		context.after(() => child.kill('SIGKILL'));
		return child;
	};
	return {run, start};
}

test('the health route answers 503 with the reasons, and 200 when all nodes work', async context => {
	const {run, start} = await startProject(context);
	const server = start('health-route.js');
	const ended = finished(server);
	const url = await new Promise<string>((resolve, reject) => {
		ended.then(({stderr}) => reject(new Error(stderr)));
		server.stdout.once('data', (text: Buffer) => resolve(text.toString().trim()));
	});
	const broken = await fetch(url);
	assert.deepEqual(
		[broken.status, await broken.json()],
		[503, {working: 1, total: 2, broken: [{name: 'dead', state: 'down', reason: 'connection refused'}]}],
	);
	await run(['nodes', 'remove', 'dead']);
	const well = await fetch(url, {headers: {connection: 'close'}});
	assert.deepEqual([well.status, await well.json()], [200, {working: 1, total: 1, broken: []}]);
	server.kill('SIGTERM');
	assert.deepEqual([(await ended).code, (await ended).stderr], [0, '']);
});

test('reports each change once', async context => {
	const {run, start} = await startProject(context);
	const first = await finished(start('report-changes.js'));
	assert.deepEqual(
		[first.code, first.stdout],
		[0, 'shop: new -> up: API is responding\ndead: new -> down: connection refused\n'],
	);
	assert.equal((await finished(start('report-changes.js'))).stdout, '');
	await run(['nodes', 'remove', 'dead']);
	assert.equal((await finished(start('report-changes.js'))).stdout, '');
});
