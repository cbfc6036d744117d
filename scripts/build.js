// Builds what users run: bundles, because Ink alone is 531 files and opening them costs more than running them,
// with Ink, React and everything heavy behind dynamic imports in files of their own.
import {spawnSync} from 'node:child_process';
import {chmod, rm} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {build, context} from 'esbuild';
import {trimmedDependencies} from './trimmed-dependencies.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const options = {
	absWorkingDir: root,
	entryPoints: {cli: 'cli.tsx', index: 'source/index.ts', demo: 'source/demo/main.ts'},
	outdir: 'dist',
	bundle: true,
	splitting: true,
	chunkNames: 'chunks/[name]-[hash]',
	platform: 'node',
	format: 'esm',
	target: 'node20.19',
	jsx: 'automatic',
	minify: true,
	legalComments: 'linked',
	define: {'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"'},
	plugins: [trimmedDependencies],
	// Some dependencies are CommonJS and call require() for Node's own modules.
	banner: {
		js: "import {createRequire as xmrtopRequire} from 'node:module';const require=xmrtopRequire(import.meta.url);",
	},
	logLevel: 'warning',
};

if (process.argv.includes('--watch')) {
	const watching = await context(options);
	await watching.watch();
} else {
	await rm(new URL('../dist', import.meta.url), {recursive: true, force: true});
	await build(options);
	await chmod(new URL('../dist/cli.js', import.meta.url), 0o755);
	const types = spawnSync('npx', ['--no-install', 'tsc', '--project', 'tsconfig.build.json'], {
		cwd: root,
		stdio: 'inherit',
	});
	process.exitCode = types.status ?? 1;
}
