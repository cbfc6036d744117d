import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {fileOf, plainEnvironment} from './measure.js';

/**
 * Runs some work beside a simulated fleet: its own process, real sockets, real Digest; healthy, and nothing changes,
 * unless its wallets are to come and go.
 * @param options further options of the demo program
 * @param program the name of the process that holds the nodes' ports, as others see it
 * @param work is given the folder of the fleet's nodes.json, and the nodes
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
