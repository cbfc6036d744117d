import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import {test} from 'node:test';
import {startFakeWalletFleet} from '../helpers/fake-wallet-fleet.js';
import {hookFixture} from '../helpers/hook-fixture.js';
import {runCli} from '../helpers/run-cli.js';
import {runningCli} from '../helpers/running-cli.js';

const isLinux = process.platform === 'linux';
const fleetOf = (count: number, dead: readonly string[] = []) => [
	...Array.from({length: count}, (_, index) => ({name: `hot-${index + 1}`})),
	...dead.map(name => ({name})),
];

interface SeenDocument {
	readonly nodes: ReadonlyArray<{readonly name: string; readonly state: string; readonly reason?: string}>;
}

for (const openFiles of [64, 100]) {
	test(`200 nodes with ${openFiles} open files: checks all, in turns`, {skip: !isLinux}, async t => {
		const {configDir} = await startFakeWalletFleet(t, fleetOf(200, ['dead-1']));
		for (const method of ['api', 'port', 'full']) {
			const {stdout} = await runCli(['status', '--json', '-m', method, '--no-save'], {configDir, openFiles});
			const {nodes} = JSON.parse(stdout) as SeenDocument;
			const wrong = nodes.filter(({name, state}) => state !== (name === 'dead-1' ? 'down' : 'up'));
			assert.deepEqual([nodes.length, wrong], [201, []], method);
		}
	});
}

test('a watch of 200 nodes with 64 open files reports no false down, and its hook runs', {skip: !isLinux}, async t => {
	const {configDir, stop} = await startFakeWalletFleet(t, fleetOf(200));
	const hook = hookFixture(t, 'echo "$XMRTOP_NODE $XMRTOP_STATE" >> alerts');
	const watch = runningCli(t, ['watch', '--ndjson', '-i', '1s', '--on-change', hook.program], {
		configDir,
		openFiles: 64,
	});
	await watch.until(() => watch.lines().length >= 3, 'three cycles');
	await stop('hot-7');
	await watch.until(() => hook.lines('alerts').length > 0 || watch.lines().length > 30, 'the hook', 30_000);
	assert.ok(readdirSync(`/proc/${watch.child.pid}/fd`).length <= 56, 'some are left for other uses');
	const states = watch
		.lines()
		.flatMap(line => (JSON.parse(line) as SeenDocument).nodes)
		.filter(({name, state}) => state !== 'up' && name !== 'hot-7');
	assert.deepEqual(states, []);
	assert.deepEqual(hook.lines('alerts').slice(0, 1), ['hot-7 down']);
	assert.equal(watch.stderr().includes('EMFILE'), false, watch.stderr());
	await watch.end('SIGTERM');
});
