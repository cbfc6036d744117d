import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {eventually} from '../helpers/child-processes.js';
import {cliIn} from '../helpers/run-cli.js';
import {runningCli} from '../helpers/running-cli.js';
import {folderOf, startWallet} from '../helpers/switchable-wallet.js';

test('a wallet that changes its state at every check is recorded completely by a loop, single runs and after a kill', async context => {
	const wallet = await startWallet(context);
	const configDir = folderOf(context, [{name: 'a', port: wallet.port}]);
	const cli = cliIn(configDir);
	const nodeState = () => JSON.parse(readFileSync(path.join(configDir, 'results.json'), 'utf8')).nodes[1];
	const watch = runningCli(context, ['watch', '-i', '1s'], {configDir});
	await watch.until(() => watch.lines().length === 1, 'the first state');
	const times: string[] = [];
	for (let change = 1; change <= 6; change += 1) {
		await (change % 2 === 1 ? wallet.switchOff() : wallet.switchOn());
		await watch.until(() => watch.lines().length === change + 1, `change ${change}`);
		times.push((watch.lines()[change] ?? '').split(' ')[0] ?? '');
		if (change === 3) {
			// A single run just after a transition whose result is not saved yet.
			assert.equal((await cli.json(['status', '--json'])).nodes[0].state, 'down');
			assert.equal(nodeState().silent_since, times[2]);
		}
	}

	const {code} = await watch.end('SIGTERM');
	assert.equal(code, 0);
	const {silent_since: silentSince, last_answer: lastAnswer, watched, version, states} = nodeState();
	assert.deepEqual([silentSince, version, states.api.state], [undefined, 65_561, 'up']);
	assert.ok(lastAnswer >= (times[5] ?? ''));
	assert.equal(watched.api.length, 1);
	const [from, to] = watched.api[0];
	assert.ok(from <= (times[0] ?? '') && to >= (times[5] ?? ''), `${from} ${to}`);
	const {nodes} = await cli.json(['history', '--json']);
	const {seconds} = nodes[0].uptime['1h'];
	const knownS = 3600 - seconds.unknown;
	assert.ok(Math.abs(knownS - (Date.parse(to) - Date.parse(from)) / 1000) <= 2, `${knownS} s known`);

	const killed = runningCli(context, ['watch', '-i', '1s'], {configDir});
	await killed.until(() => killed.stderr().includes('watching'), 'its start');
	await wallet.switchOff();
	await killed.until(() => killed.lines().length > 0, 'the change', 20_000);
	const log = path.join(configDir, 'transitions.ndjson');
	const loggedLines = async () => readFileSync(log, 'utf8').trimEnd().split('\n').length;
	assert.equal(await eventually(loggedLines, count => count === 8), 8);
	await killed.end('SIGKILL');
	const gone = (killed.lines()[0] ?? '').split(' ')[0];
	// The lock of the killed program lasts for a moment; until then nothing is saved, and a note says so.
	const isSaved = (note: string): boolean => !note.includes('not saved');
	await eventually(async () => (await cli.run(['status'])).stderr, isSaved);
	assert.equal(nodeState().silent_since, gone);
	assert.equal(nodeState().states.api.since, gone);
});
