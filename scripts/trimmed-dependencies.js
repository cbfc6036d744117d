// What is left out of the dependencies that users run, and why that is safe. Everything here is about start-up: a check
// from cron or a status bar starts the program every few seconds, and loading code costs more than checking a node.
import {readFile} from 'node:fs/promises';
import path from 'node:path';

/**
 * Parts that are never reached because of how we call a dependency. Each stands in for a module, and throws when it is used
 * after all, so that a new use is noticed at once and not as a wrong result.
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
 * meow brings its dependencies as one file that runs all of them at once. These lines prepare what we never use: they are
 * for reading and normalizing package.json, and we hand meow the package ourselves. Without them the rest is shaken out,
 * which saves 3 to 4 ms of CPU per start (the medians of 200 runs of `xmrtop --json` were 146.1 and 150.2 ms) and 85 KB.
 */
const meowCuts = [
	['var normalizeExports = requireNormalize();', `const normalizeExports = ${throwing('normalize-package-data')};`],
	['var libExports = requireLib$1();', 'const libExports = {};'],
	['promisify(execFile);', ''],
	// For configuration files of yargs, by path.
	['const require$1 = createRequire ? createRequire(import.meta.url) : undefined;', 'const require$1 = undefined;'],
];

/** Ink 8 is for Node 22, and runs on Node 20 but for this, which only its concurrent mode calls. */
const inkCuts = [
	[
		'Promise.withResolvers()',
		'(() => {const waits = {}; waits.promise = new Promise((resolve, reject) => Object.assign(waits, {resolve, reject})); return waits;})()',
	],
];

/** Files of dependencies of which lines are replaced. */
const rewritten = [
	{filter: /[\\/]meow[\\/]build[\\/]dependencies\.js$/, name: 'meow', cuts: meowCuts},
	{filter: /[\\/]ink[\\/]build[\\/]ink\.js$/, name: 'Ink', cuts: inkCuts},
];

/** An esbuild plugin that leaves all of it out. The build fails when a dependency no longer looks as expected. */
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
 * An esbuild plugin that replaces lines of dependencies. The build fails when one of them is not there exactly once.
 * @param files which files, of which package, and which line becomes which
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
