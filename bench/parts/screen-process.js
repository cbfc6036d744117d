import {spawn} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {text} from 'node:stream/consumers';
import {build} from 'esbuild';
import {inkCaches} from '../../scripts/ink-caches.js';
import {trimmedDependencies} from '../../scripts/trimmed-dependencies.js';
import {fileOf, plainEnvironment} from './measure.js';

/**
 * Bundles a program as it is shipped and runs `work` with it.
 * @param work gets a function that runs the program once with arguments and resolves with the JSON it prints
 * @param hasPlainInk whether to use Ink as published, without the changes of our build
 */
export async function withProgram(file, work, {hasPlainInk = false} = {}) {
	const folder = await mkdtemp(path.join(tmpdir(), 'xmrtop-bench-'));
	const bundle = path.join(folder, 'program.mjs');
	try {
		await build({
			entryPoints: [fileOf(file)],
			outfile: bundle,
			bundle: true,
			minify: true,
			platform: 'node',
			format: 'esm',
			target: 'node20.19',
			jsx: 'automatic',
			define: {'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"'},
			alias: {'react-devtools-core': fileOf('scripts/empty-module.js')},
			banner: {
				js: "import {createRequire as benchRequire} from 'node:module';const require=benchRequire(import.meta.url);",
			},
			plugins: hasPlainInk ? [trimmedDependencies] : [trimmedDependencies, inkCaches],
			logLevel: 'warning',
		});
		return await work(async (...args) => JSON.parse(await run(bundle, args)));
	} finally {
		await rm(folder, {recursive: true, force: true});
	}
}

async function run(bundle, args) {
	const child = spawn(process.execPath, [bundle, ...args], {
		env: {...plainEnvironment(), FORCE_COLOR: '1'},
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	return text(child.stdout);
}
