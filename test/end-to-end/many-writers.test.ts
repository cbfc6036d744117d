import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {setTimeout as delay} from 'node:timers/promises';
import {cliIn, endWithTest, finished, runCli, runEach, startCli} from '../helpers/run-cli.js';
import {fillDisk, smallDisk} from '../helpers/small-disk.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

interface Stored {
	readonly id: number;
	readonly name: string;
}

/** The nodes in the file; fails when it does not parse. */
function storedNodes(configDir: string): readonly Stored[] {
	return JSON.parse(readFileSync(path.join(configDir, 'nodes.json'), 'utf8')).nodes;
}

const numbers = (count: number): number[] => Array.from({length: count}, (_, index) => index + 1);

test('50 simultaneous nodes add save 50 nodes, each with its own id', async context => {
	const configDir = temporaryFolder(context);
	const runs = await Promise.all(
		numbers(50).map(number => {
			const child = startCli(['nodes', 'add', `n${number}`, '--port', `${number}`], {configDir});
			return finished(endWithTest(context, child));
		}),
	);
	for (const {code, stderr} of runs) {
		assert.equal(code, 0, stderr);
	}

	const nodes = storedNodes(configDir);
	assert.deepEqual(
		nodes.map(({id}) => id).toSorted((a, b) => a - b),
		numbers(50),
	);
	assert.deepEqual(new Set(nodes.map(({name}) => name)), new Set(numbers(50).map(number => `n${number}`)));
	assert.deepEqual(readdirSync(configDir).sort(), ['nodes.json', 'nodes.json.bak']);
});

/**
 * XMRTOP_TEST_KILLS: number of writes that are killed; each one killed within its write delays the next by 3 to 5 s.
 */
const kills = Number(process.env.XMRTOP_TEST_KILLS ?? 8);
const writes = Math.max(40, kills);

test(`kill -9 during ${kills} of ${writes} successive writes: the file parses and holds every acknowledged node`, async context => {
	const configDir = temporaryFolder(context);
	assert.equal((await runCli(['nodes', 'add', 'first', '--port', '1'], {configDir})).code, 0);
	const startedMs = performance.now();
	assert.equal((await runCli(['nodes', 'add', 'second', '--port', '1'], {configDir})).code, 0);
	const wholeMs = performance.now() - startedMs;
	const acknowledged = ['first', 'second'];
	let killed = 0;
	for (const number of numbers(writes)) {
		const name = `n${number}`;
		const child = endWithTest(context, startCli(['nodes', 'add', name, '--port', '1'], {configDir}));
		const ended = finished(child);
		if (number % Math.floor(writes / kills) === 0) {
			// Spread over the run: most of it is before the write, so the later half gets more of the kills.
			await Promise.race([delay(wholeMs * (0.4 + 0.6 * Math.random())), ended]);
			child.kill('SIGKILL');
		}

		const {code, stderr} = await ended;
		assert.equal(stderr.includes('Error') || (code ?? 0) > 1, false, stderr);
		if (code === 0) {
			acknowledged.push(name);
		} else {
			killed += 1;
		}

		const names = new Set(storedNodes(configDir).map(node => node.name));
		assert.deepEqual(
			acknowledged.filter(one => !names.has(one)),
			[],
		);
	}

	context.diagnostic(`${killed} writers died, ${acknowledged.length} nodes acknowledged`);
	const ids = storedNodes(configDir).map(({id}) => id);
	assert.equal(new Set(ids).size, ids.length);
});

test('reports a full disk with exit code 2 and loses no definition', async context => {
	const folder = smallDisk(context);
	if (folder === undefined) {
		return;
	}

	const cli = cliIn(folder);
	await runEach(numbers(4), number => cli.run(['nodes', 'add', `n${number}`, '--port', `${number}`]));
	const before = readFileSync(path.join(folder, 'nodes.json'), 'utf8');
	const makeRoom = fillDisk(folder);
	const file = path.join(folder, 'nodes.json');
	const full = `xmrtop: ${file} cannot be saved: no space left on device\n`;
	for (const args of [
		['nodes', 'add', 'n5', '--port', '5'],
		['nodes', 'edit', 'n1', '--title', 'x'.repeat(100)],
		['nodes', 'remove', 'n1'],
		['config', 'set', 'interval', '9s'],
	]) {
		assert.deepEqual(await cli.run(args), {code: 2, stdout: '', stderr: full}, args.join(' '));
		assert.equal(readFileSync(file, 'utf8'), before);
	}

	const {error} = await cli.json(['nodes', 'add', 'n5', '--port', '5', '--json']);
	assert.equal(error.code, 'save_failed');
	const status = await cli.run(['status', '--json', '-m', 'port', 'n1']);
	assert.equal(JSON.parse(status.stdout).total, 1);
	assert.match(
		status.stderr,
		/^xmrtop: \S+\/(?:results\.json|transitions\.ndjson) cannot be saved: no space left on device\n$/,
	);
	makeRoom();
	assert.equal((await cli.run(['nodes', 'add', 'n5', '--port', '5'])).code, 0);
	assert.equal(storedNodes(folder).length, 5);
});
