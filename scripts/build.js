// Builds what users run: bundles, because Ink alone is 531 files and opening them costs more than running them,
// with Ink, React and everything heavy behind dynamic imports in files of their own.
import {spawnSync} from 'node:child_process';
import {chmod, rm} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {build, context} from 'esbuild';
import {gatherCore, keepCompiled} from './gather-core.js';
import {trimmedDependencies} from './trimmed-dependencies.js';

const root = fileURLToPath(new URL('..', import.meta.url));
// Some dependencies are CommonJS and call require() for Node's own modules.
const banner =
	"import {createRequire as xmrtopRequire} from 'node:module';const require=xmrtopRequire(import.meta.url);";
const options = {
	absWorkingDir: root,
	outdir: 'dist',
	bundle: true,
	splitting: true,
	platform: 'node',
	format: 'esm',
	target: 'node20.19',
	jsx: 'automatic',
	minify: true,
	legalComments: 'linked',
	define: {'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"'},
	plugins: [trimmedDependencies],
	banner: {js: banner},
	logLevel: 'warning',
	metafile: true,
};
/** The program, the library and the simulated fleet share no files: none loads what only another needs. */
const entries = {
	cli: {...options, entryPoints: {cli: 'cli.tsx'}, chunkNames: 'chunks/[name]-[hash]'},
	library: {...options, entryPoints: {index: 'source/index.ts'}, chunkNames: 'library/[name]-[hash]'},
	demo: {...options, entryPoints: {demo: 'source/demo/main.ts'}, chunkNames: 'demo/[name]-[hash]'},
};

if (process.argv.includes('--watch')) {
	for (const entry of Object.values(entries)) {
		const watching = await context(entry);
		await watching.watch();
	}
} else {
	await rm(new URL('../dist', import.meta.url), {recursive: true, force: true});
	const [{metafile}] = await Promise.all([build(entries.cli), build(entries.library), build(entries.demo)]);
	const cacheFile = await gatherCore(root, metafile.outputs, banner);
	await keepCompiled(root, cacheFile);
	await chmod(new URL('../dist/cli.js', import.meta.url), 0o755);
	const types = spawnSync('npx', ['--no-install', 'tsc', '--project', 'tsconfig.build.json'], {
		cwd: root,
		stdio: 'inherit',
	});
	process.exitCode = types.status ?? 1;
}
