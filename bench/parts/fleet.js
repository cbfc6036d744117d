import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {fileOf, plainEnvironment} from './measure.js';

/**
 * Runs `work` while a simulated fleet runs in its own process, with real sockets and real Digest. The fleet is healthy and does not
 * change, unless `isCalm` is false: then wallets stop and start.
 * @param options additional options of the demo program
 * @param program the process name under which the fleet holds the nodes' ports
 * @param work gets the folder of the fleet's nodes.json, and the nodes
 */
export async function withFleet(options, work, {isCalm = true, program = 'node'} = {}) {
	const folder = await mkdtemp(path.join(tmpdir(), 'xmrtop-bench-'));
	const child = spawn(
		process.execPath,
		[fileOf('dist/demo.js'), ...(isCalm ? ['--calm'] : []), '--config-dir', folder, ...options],
		{
			argv0: program,
			env: plainEnvironment(),
			stdio: ['pipe', 'pipe', 'inherit'],
		},
	);
	const ended = once(child, 'exit');
	try {
		await Promise.race([once(createInterface({input: child.stdout}), 'line'), ended]);
		const {nodes} = JSON.parse(await readFile(path.join(folder, 'nodes.json'), 'utf8'));
		return await work(folder, nodes);
	} finally {
		child.stdin.end();
		await ended;
		await rm(folder, {recursive: true, force: true});
	}
}
