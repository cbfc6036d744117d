// Builds the bundles that users run: Ink alone has 531 files, and opening them takes longer than running them. Ink, React and other
// large parts are separate files, loaded by dynamic imports. At run time only Node is needed.
import {chmod, mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath, pathToFileURL} from 'node:url';
import {build, context} from 'esbuild';
import {writeDeclarations} from './declarations.js';
import {gatherCore} from './gather-core.js';
import {inkCaches} from './ink-caches.js';
import {writeNotices} from './notices.js';
import {trimmedDependencies} from './trimmed-dependencies.js';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
// Some dependencies are CommonJS and call require() for Node's built-in modules.
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
	// All licences are in THIRD-PARTY-NOTICES.
	legalComments: 'none',
	// For `node --enable-source-maps`: maps to files and lines of our own code, without the source text.
	sourcemap: 'linked',
	sourcesContent: false,
	define: {'process.env.NODE_ENV': '"production"', 'process.env.DEV': '"false"'},
	plugins: [trimmedDependencies, inkCaches],
	banner: {js: banner},
	logLevel: 'warning',
	metafile: true,
};
// The library is the same code as the program, which has maps; all maps together are a third of the package.
const withoutMaps = {sourcemap: false};
/** The program, the library and the simulated fleet share no files, so that none loads code that only another needs. */
const entries = {
	cli: {...options, entryPoints: {cli: 'cli.tsx'}, chunkNames: 'chunks/[name]-[hash]'},
	library: {
		...options,
		...withoutMaps,
		entryPoints: {index: 'source/index.ts'},
		chunkNames: 'library/[name]-[hash]',
	},
	demo: {...options, ...withoutMaps, entryPoints: {demo: 'source/demo/main.ts'}, chunkNames: 'demo/[name]-[hash]'},
};

if (process.argv.includes('--watch')) {
	for (const entry of Object.values(entries)) {
		const watching = await context(entry);
		await watching.watch();
	}
} else {
	await rm(new URL('../dist', import.meta.url), {recursive: true, force: true});
	const built = await Promise.all([build(entries.cli), build(entries.library), build(entries.demo)]);
	for (const {metafile} of built) {
		await dropForeignMaps(metafile.outputs);
	}

	await gatherCore(root, built[0].metafile.outputs, banner);
	await chmod(new URL('../dist/cli.js', import.meta.url), 0o755);
	await writeNotices(
		root,
		built.map(({metafile}) => metafile),
	);
	await writeManual();
	process.exitCode = await writeDeclarations(root);
}

/** Removes the source maps of bundles that consist mostly of other packages' code: half the size of the package, and useless. */
async function dropForeignMaps(outputs) {
	for (const [file, {inputs, bytes}] of Object.entries(outputs)) {
		const foreign = Object.entries(inputs).filter(([input]) => input.includes('node_modules/'));
		const foreignBytes = foreign.reduce((sum, [, {bytesInOutput}]) => sum + bytesInOutput, 0);
		if (outputs[`${file}.map`] && foreignBytes > bytes / 2) {
			const text = await readFile(file, 'utf8');
			await writeFile(file, text.replace(/\/\/# sourceMappingURL=.*\n?$/, ''));
			await rm(`${file}.map`);
			delete outputs[`${file}.map`];
		}
	}
}

/**
 * Writes dist/man and dist/schemas. They are generated from tables of the program, which are TypeScript, so the generators are bundled
 * temporarily.
 */
async function writeManual() {
	const {version} = JSON.parse(await readFile('package.json', 'utf8'));
	const {manPages} = await loadScript('man-pages');
	await writeAll('dist/man', manPages(version));
	const {schemaFiles} = await loadScript('schemas');
	await writeAll('dist/schemas', schemaFiles());
}

async function loadScript(name) {
	const bundle = path.join(root, 'dist', `${name}.mjs`);
	const output = {outdir: undefined, outfile: bundle, splitting: false, sourcemap: false};
	await build({...options, ...output, entryPoints: [`scripts/${name}.ts`]});
	const loaded = await import(pathToFileURL(bundle).href);
	await rm(bundle);
	return loaded;
}

async function writeAll(folder, files) {
	await mkdir(folder);
	await Promise.all(files.map(([file, text]) => writeFile(path.join(folder, file), text)));
}
