// Makes a cold start cheap. What `xmrtop --json` runs comes out of the bundler as a dozen files, because lazily loaded parts
// share some of them; each file costs a millisecond to find, read and link. Here they become one script, dist/core.cjs, which
// dist/cli.js runs, with V8's compiled code kept beside it: together 0.4 of the CPU that `node -e 0` takes.
import {spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {build} from 'esbuild';

const remoteHost = fileURLToPath(new URL('keep-compiled.cjs', import.meta.url));

/**
 * Gathers dist/cli.js and every file it imports statically into one script, and makes of those files views of it, for the
 * parts that are loaded later: every module stays one module.
 * @param outputs the outputs of the metafile of a splitting build of cli.tsx into `dist`, by paths relative to `root`
 * @param banner what the build has put at the head of every file; the script needs none
 */
export async function gatherCore(root, outputs, banner) {
	const dist = path.join(root, 'dist');
	const files = [...staticImports(outputs, 'dist/cli.js')].filter(file => file !== 'dist/cli.js');
	const specifier = file => `./${path.posix.relative('dist', file)}`;
	const views = files.flatMap((file, part) =>
		outputs[file].exports.map(name => `export {${name} as part${part}_${name}} from '${specifier(file)}';`),
	);
	const {outputFiles} = await build({
		stdin: {contents: ["import './cli.js';", ...views].join('\n'), resolveDir: dist, sourcefile: 'core-entry.js'},
		write: false,
		bundle: true,
		platform: 'node',
		format: 'cjs',
		target: 'node20.19',
		minify: true,
		legalComments: 'none',
		define: {'import.meta': 'importMeta'},
		banner: {js: '(function (module, require, importMeta, importPart) {'},
		footer: {js: '})'},
		plugins: [withoutBanner(banner), laterParts(dist)],
		logLevel: 'warning',
	});
	const core = importingThroughLoader(outputFiles[0].text);
	const compiled = `core-${createHash('sha256').update(core).digest('hex').slice(0, 12)}`;
	await writeFile(path.join(dist, 'core.cjs'), core);
	await writeFile(path.join(dist, 'cli.js'), loader(compiled));
	await Promise.all(
		files.map((file, part) => {
			const names = outputs[file].exports.map(name => `part${part}_${name} as ${name}`);
			const kept = outputs[file].exports.map(name => `part${part}_${name}`).join(', ');
			const from = path.posix.relative(path.posix.dirname(file), 'dist/cli.js');
			const text = `import {core} from '${from}';\nconst {${kept}} = core;\nexport {${names.join(', ')}};\n`;
			return writeFile(path.join(root, file), text);
		}),
	);
	return path.join(dist, `${compiled}-${process.version}-${process.platform}-${process.arch}.cache`);
}

/**
 * Runs the program once, beside a simulated wallet, and keeps the compiled code of what ran. Another version of Node, or
 * another machine, looks for a file of another name, and compiles for itself. Nothing depends on the file: a place where the
 * simulated wallet cannot run is left without.
 */
export async function keepCompiled(root, cacheFile) {
	const folder = await mkdtemp(path.join(tmpdir(), 'xmrtop-build-'));
	const entry = name => path.join(root, 'dist', name);
	const demo = spawn(process.execPath, [entry('demo.js'), '--nodes', '2', '--calm', '--config-dir', folder], {
		stdio: ['pipe', 'pipe', 'ignore'],
	});
	const demoEnded = once(demo, 'exit');
	try {
		await Promise.race([once(createInterface({input: demo.stdout}), 'line'), demoEnded]);
		const look = ['-r', remoteHost, entry('cli.js'), '--json', '--config-dir', folder, '--state-dir', folder];
		const env = {...process.env, NODE_OPTIONS: '', KEEP_COMPILED_IN: cacheFile};
		await once(spawn(process.execPath, look, {env, stdio: 'ignore'}), 'exit');
	} finally {
		demo.stdin.end();
		await demoEnded;
		await rm(folder, {recursive: true, force: true});
	}
}

/** The outputs that one of them needs to be linked. */
function staticImports(outputs, file, found = new Set()) {
	found.add(file);
	for (const {path: imported, kind, external} of outputs[file].imports) {
		if (kind === 'import-statement' && !external && !found.has(imported)) {
			staticImports(outputs, imported, found);
		}
	}

	return found;
}

function withoutBanner(banner) {
	return {
		name: 'without-banner',
		setup(building) {
			building.onLoad({filter: /\.js$/}, async ({path: file}) => ({
				contents: (await readFile(file, 'utf8')).replace(banner, ''),
			}));
		},
	};
}

/** Parts that are loaded later stay files of their own. */
function laterParts(dist) {
	return {
		name: 'later-parts',
		setup(building) {
			building.onResolve({filter: /^\./}, ({path: specifier, kind, resolveDir}) =>
				kind === 'dynamic-import'
					? {path: `./${path.relative(dist, path.join(resolveDir, specifier))}`, external: true}
					: undefined,
			);
		},
	};
}

/** A script that comes out of V8's cache has lost the way to import; the loader, a module, lends it its own. */
function importingThroughLoader(core) {
	const script = core.replaceAll(/\bimport\((?="(?:\.\/chunks\/|node:))/g, 'importPart(');
	if (/\bimport\(/.test(script)) {
		throw new Error('core.cjs holds a dynamic import of something that is neither a part nor of Node');
	}

	return script;
}

/** dist/cli.js. Node's own modules are asked for without `import`, which makes a second view of each. */
function loader(compiled) {
	return `#!/usr/bin/env node
const {readFileSync} = process.getBuiltinModule('node:fs');
const {Script} = process.getBuiltinModule('node:vm');
const folder = import.meta.dirname;
let cachedData;
try {
	cachedData = readFileSync(\`\${folder}/${compiled}-\${process.version}-\${process.platform}-\${process.arch}.cache\`);
} catch {
	// Compiled code is kept for the Node.js that built this.
}

const filename = \`\${folder}/core.cjs\`;
const script = new Script(readFileSync(filename, 'utf8'), {filename, cachedData});
const module = {exports: {}};
script.runInThisContext()(module, process.getBuiltinModule, import.meta, part => import(part));
/** What the parts that are loaded later share with the core. */
export const core = module.exports;
`;
}
