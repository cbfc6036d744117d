// Removes unused code from the bundled dependencies, and explains why that is safe. The purpose is a fast start: a check from cron or a
// status bar starts the program every few seconds, and loading code takes longer than checking a node.
import {readFile} from 'node:fs/promises';
import path from 'node:path';

/**
 * Modules that are never used because of how we call a dependency. Each is replaced with a stub that throws when it is used, so that a
 * new use fails visibly instead of giving a wrong result. The comments say when a dependency would use them.
 */
const unused = {
	// conf: only with a schema, which costs 40 ms of CPU; we validate definitions ourselves.
	'ajv/dist/2020.js': ['Ajv2020'],
	'ajv-formats': ['default'],
	// conf: only with migrations.
	semver: ['default'],
	// conf: only with `watch`.
	'debounce-fn': ['default'],
	// conf: only without `cwd`.
	'env-paths': ['default'],
	// Ink: its developer tools, only when DEV is set.
	'react-devtools-core': ['default'],
};

/**
 * meow bundles its dependencies in one file that initializes all of them when loaded. These lines initialize code for reading and
 * normalizing package.json, which we do not use: we pass the package to meow ourselves. Without them tree shaking removes that code,
 * which saves 3 to 4 ms of CPU per start (the medians of 200 runs of `xmrtop --json` were 146.1 and 150.2 ms) and 85 KB.
 */
const meowCuts = [
	['var normalizeExports = requireNormalize();', `const normalizeExports = ${throwing('normalize-package-data')};`],
	['var libExports = requireLib$1();', 'const libExports = {};'],
	['promisify(execFile);', ''],
	// For configuration files of yargs, by path.
	['const require$1 = createRequire ? createRequire(import.meta.url) : undefined;', 'const require$1 = undefined;'],
];

/** Ink 8 requires Node 22. It runs on Node 20 except for this call, which only its concurrent mode makes. */
const inkCuts = [
	[
		'Promise.withResolvers()',
		'(() => {const waits = {}; waits.promise = new Promise((resolve, reject) => Object.assign(waits, {resolve, reject})); return waits;})()',
	],
];

/** Files of dependencies in which lines are replaced. */
const rewritten = [
	{filter: /[\\/]meow[\\/]build[\\/]dependencies\.js$/, name: 'meow', cuts: meowCuts},
	{filter: /[\\/]ink[\\/]build[\\/]ink\.js$/, name: 'Ink', cuts: inkCuts},
];

/** An esbuild plugin that removes the unused code. The build fails if the code of a dependency is not as expected. */
export const trimmedDependencies = {
	name: 'trimmed-dependencies',
	setup(build) {
		const filter = new RegExp(`^(?:${Object.keys(unused).map(escaped).join('|')})$`);
		build.onResolve({filter}, ({path: name}) => ({path: name, namespace: 'unused', sideEffects: false}));
		build.onLoad({filter: /./, namespace: 'unused'}, ({path: name}) => ({
			contents: unused[name]
				.map(exported =>
					exported === 'default'
						? `export default ${throwing(name)};`
						: `export const ${exported} = ${throwing(name)};`,
				)
				.join('\n'),
		}));
		rewriting('rewritten', rewritten).setup(build);
	},
};

/**
 * An esbuild plugin that replaces lines of dependencies. The build fails if a line does not occur exactly once.
 * @param files the files, their package, and the lines to replace
 */
export function rewriting(pluginName, files) {
	return {
		name: pluginName,
		setup(build) {
			for (const {filter, name, cuts} of files) {
				build.onLoad({filter}, async ({path: file}) => {
					let contents = await readFile(file, 'utf8');
					for (const [line, replacement] of cuts) {
						if (contents.split(line).length !== 2) {
							throw new Error(`${path.basename(file)} of ${name} no longer holds once: ${line}`);
						}

						contents = contents.replace(line, () => replacement);
					}

					return {contents, loader: 'js'};
				});
			}
		},
	};
}

function throwing(name) {
	return `function () { throw new Error(${JSON.stringify(`${name} is left out of this build`)}); }`;
}

function escaped(text) {
	return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
