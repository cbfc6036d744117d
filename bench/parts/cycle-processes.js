import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {build} from 'esbuild';
import {trimmedDependencies} from '../../scripts/trimmed-dependencies.js';
import {fileOf, plainEnvironment} from './measure.js';

/**
 * Provides two long-lived processes that run a cycle over a fleet on request: `watched` as the live table does (bundled as users
 * run it), `bare` with only the calls.
 */
export async function withCycles(fleetFolder, work) {
	const folder = await mkdtemp(path.join(tmpdir(), 'xmrtop-bench-'));
	const running = [];
	const start = file => {
		running.push(startCycles(file, fleetFolder));
		return running.at(-1).cycle;
	};

	try {
		await build({
			entryPoints: [fileOf('bench/parts/live-cycles.ts')],
			outdir: folder,
			outExtension: {'.js': '.mjs'},
			bundle: true,
			splitting: true,
			minify: true,
			platform: 'node',
			format: 'esm',
			target: 'node20.19',
			plugins: [trimmedDependencies],
			logLevel: 'warning',
		});
		return await work({
			watched: start(path.join(folder, 'live-cycles.mjs')),
			bare: start(fileOf('bench/parts/bare-cycles.js')),
		});
	} finally {
		await Promise.all(running.map(({end}) => end()));
		await rm(folder, {recursive: true, force: true});
	}
}

function startCycles(file, fleetFolder) {
	const child = spawn(process.execPath, [file, fleetFolder], {
		env: plainEnvironment(),
		stdio: ['pipe', 'pipe', 'inherit'],
	});
	const lines = createInterface({input: child.stdout});
	const ended = once(child, 'exit');
	return {
		cycle: async () => {
			child.stdin.write('\n');
			const [line] = await Promise.race([once(lines, 'line'), ended]);
			if (typeof line !== 'string') {
				throw new Error(`${path.basename(file)} ended in a cycle`);
			}

			return JSON.parse(line);
		},
		end: async () => {
			child.stdin.end();
			await ended;
		},
	};
}
