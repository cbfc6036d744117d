// Makes a cold start fast. The bundler splits the code of `xmrtop --json` into a dozen files, because lazily loaded parts share
// some of them; finding, reading and linking each file takes a millisecond. This script combines them into dist/core.cjs, which
// dist/cli.js runs. After the first check V8's compiled code of it is saved in the user's cache folder (scripts/loader.js).
import {cp, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {build} from 'esbuild';

/**
 * Combines dist/cli.js and every file it imports statically into one script. Those files then only re-export parts of the script,
 * for the parts that are loaded later: every module exists once.
 * @param outputs the metafile's outputs of a build of cli.tsx into `dist` with code splitting, by paths relative to `root`
 * @param banner the banner that the build put at the start of every file; it is removed
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
		outfile: path.join(dist, 'core.cjs'),
		write: false,
		sourcemap: 'linked',
		sourcesContent: false,
		bundle: true,
		platform: 'node',
		format: 'cjs',
		target: 'node20.19',
		minify: true,
		legalComments: 'none',
		define: {'import.meta': 'importMeta'},
		banner: {js: '(function (module, require, importMeta, lazily) {'},
		footer: {js: '})'},
		plugins: [withoutBanner(banner), laterParts(dist)],
		logLevel: 'warning',
	});
	const text = end => outputFiles.find(({path: file}) => file.endsWith(end)).text;
	await writeFile(path.join(dist, 'core.cjs'), importingThroughLoader(text('core.cjs')));
	await writeFile(path.join(dist, 'core.cjs.map'), text('.map'));
	// Files that only re-export need no source map.
	await Promise.all([...files, 'dist/cli.js'].map(file => rm(path.join(root, `${file}.map`), {force: true})));
	await cp(new URL('loader.js', import.meta.url), path.join(dist, 'cli.js'));
	await Promise.all(
		files.map((file, part) => {
			const names = outputs[file].exports.map(name => `part${part}_${name} as ${name}`);
			const kept = outputs[file].exports.map(name => `part${part}_${name}`).join(', ');
			const from = path.posix.relative(path.posix.dirname(file), 'dist/cli.js');
			const text = `import {core} from '${from}';\nconst {${kept}} = core;\nexport {${names.join(', ')}};\n`;
			return writeFile(path.join(root, file), text);
		}),
	);
}

/** An output file and all files that it imports statically, directly or indirectly. */
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

/** Keeps parts that are loaded later in separate files. */
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

/**
 * A script from V8's cache cannot use `import()`, so it calls the `import()` of the loader, which is a module. The replacement name has
 * the same length, so that the source map stays correct.
 */
function importingThroughLoader(core) {
	const script = core.replaceAll(/\bimport\((?="(?:\.\/chunks\/|node:))/g, 'lazily(');
	if (/\bimport\(/.test(script)) {
		throw new Error('core.cjs holds a dynamic import of something that is neither a part nor of Node');
	}

	// biome-ignore lint/suspicious/noControlCharactersInRegex: every ASCII character is meant.
	if (/[^\x00-\x7f]/.test(script)) {
		throw new Error('core.cjs holds more than ASCII, as which the loader reads it');
	}

	return script;
}
