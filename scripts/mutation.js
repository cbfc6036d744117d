// Mutation testing: changes the sources one mutation at a time and prints, per file, how many mutations the tests detect.
// Usage: npm run mutation [-- folder or file ...]; without arguments all of source/domain and source/checks.
// Only the tests in the mirrored folders run, those of test/domain/alerts for source/domain/alerts, and those named like a file
// that is given; or the tests that are given, such as those of a simulated machine, which take milliseconds. They are compiled
// once, after the sources were changed: compiling them for each mutation takes three times as long.
import {existsSync, readdirSync} from 'node:fs';
import {availableParallelism} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {Stryker} from '@stryker-mutator/core';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const isSource = place => /^source\/(domain|checks)(\/|$)/.test(place) && existsSync(place);
const isTest = place => /^test\//.test(place) && existsSync(place);

/** The tests of a folder, or the one test file. */
function testsIn(folder) {
	if (folder.endsWith('.ts')) {
		return [folder];
	}

	return readdirSync(folder, {recursive: true})
		.filter(name => name.endsWith('.test.ts'))
		.map(name => path.join(folder, name));
}

/** The tests of a source file or folder: those in the mirrored folder or its nearest parent, and those with the file's name. */
function testsOf(place) {
	const folderOf = part => (existsSync(part) ? part : folderOf(path.dirname(part)));
	const mirrored = place.replace(/\.tsx?$/, '').replace(/^source/, 'test');
	const name = `${path.basename(mirrored)}.test.ts`;
	const named = ['test/domain', 'test/checks'].flatMap(testsIn).filter(file => path.basename(file) === name);
	return [...testsIn(folderOf(mirrored)), ...named];
}

const args = process.argv.slice(2).map(arg => path.normalize(arg).replace(/\/$/, ''));
const wrong = args.find(place => !isSource(place) && !isTest(place));
if (wrong !== undefined) {
	console.error(`${wrong} is neither in source/domain or source/checks nor a test`);
	process.exit(2);
}

const given = args.filter(isSource);
const places = given.length > 0 ? given : ['source/domain', 'source/checks'];
const givenTests = args.filter(isTest).flatMap(testsIn);
const tests = givenTests.length > 0 ? givenTests : places.flatMap(testsOf);

await new Stryker({
	mutate: places.map(place => (place.endsWith('.ts') ? place : `${place}/**/*.ts`)),
	plugins: ['@stryker-mutator/tap-runner'],
	testRunner: 'tap',
	tap: {
		testFiles: [...new Set(tests)].map(file => file.replace(/ts$/, 'js')),
		nodeArgs: [
			'-r',
			'{{hookFile}}',
			'--import',
			'./scripts/ink-table-loader.js',
			'--test-reporter=tap',
			'{{testFile}}',
		],
	},
	buildCommand: 'node scripts/compile-in-place.js source test',
	// Stryker cannot read the configuration of TypeScript 7, and ignores a file that does not exist.
	tsconfigFile: 'none.json',
	coverageAnalysis: 'perTest',
	ignoreStatic: true,
	ignorePatterns: ['/dist', '/media', '/bench'],
	cleanTempDir: 'always',
	concurrency: Math.max(1, availableParallelism() - 1),
	reporters: ['clear-text', 'progress-append-only'],
	clearTextReporter: {allowColor: false, logTests: false, reportTests: false},
	allowConsoleColors: false,
}).runMutationTest();
