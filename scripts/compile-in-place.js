// Compiles TypeScript files to JavaScript files beside them, so that Node.js runs them without a loader.
// Usage: node scripts/compile-in-place.js folder ...
import {readdirSync} from 'node:fs';
import path from 'node:path';
import {build} from 'esbuild';

const filesIn = folder =>
	readdirSync(folder, {recursive: true})
		.filter(name => /\.tsx?$/.test(name))
		.map(name => path.join(folder, name));

await build({
	entryPoints: process.argv.slice(2).flatMap(filesIn),
	outdir: '.',
	outbase: '.',
	format: 'esm',
	platform: 'node',
	target: 'node20',
	jsx: 'automatic',
});
