// Mutation testing: changes the sources one mutation at a time and prints, per file, how many mutations the tests detect.
// Usage: npm run mutation [-- folder or file ...]; without arguments all of source/domain and source/checks.
// Only the tests in the mirrored folders run: those of test/domain/alerts for source/domain/alerts.
import {existsSync, readdirSync} from 'node:fs';
import {availableParallelism} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {Stryker} from '@stryker-mutator/core';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const isSource = place => /^source\/(domain|checks)(\/|$)/.test(place) && existsSync(place);

/** The test folder of a source file or folder: the mirrored one, or its nearest parent. */
function testFolderOf(place) {
	const mirrored = place.replace(/\.tsx?$/, '').replace(/^source/, 'test');
	return existsSync(mirrored) ? mirrored : testFolderOf(path.dirname(place));
}

function testsIn(folder) {
	return readdirSync(folder, {recursive: true})
		.filter(name => name.endsWith('.test.ts'))
		.map(name => path.join(folder, name));
}

const args = process.argv.slice(2).map(arg => path.normalize(arg).replace(/\/$/, ''));
const places = args.length > 0 ? args : ['source/domain', 'source/checks'];
const wrong = places.find(place => !isSource(place));
if (wrong !== undefined) {
	console.error(`${wrong} is not in source/domain or source/checks`);
	process.exit(2);
}

await new Stryker({
	mutate: places.map(place => (place.endsWith('.ts') ? place : `${place}/**/*.ts`)),
	plugins: ['@stryker-mutator/tap-runner'],
	testRunner: 'tap',
	tap: {
		testFiles: [...new Set(places.map(testFolderOf).flatMap(testsIn))],
		nodeArgs: ['-r', '{{hookFile}}', '--import', 'tsx', '--test-reporter=tap', '{{testFile}}'],
	},
	// Stryker cannot read the configuration of TypeScript 7, and ignores a file that does not exist.
	tsconfigFile: 'none.json',
	coverageAnalysis: 'perTest',
	ignoreStatic: true,
	ignorePatterns: ['/dist', '/media', '/bench'],
	cleanTempDir: 'always',
	concurrency: Math.max(1, availableParallelism() - 1),
	reporters: ['clear-text'],
	clearTextReporter: {allowColor: false, logTests: false, reportTests: false},
	allowConsoleColors: false,
}).runMutationTest();
