// Runs the tests with Node's test runner. Node 20 does not support patterns, so the files are found here. Every file must exit by itself.
// Usage: node scripts/test.js [folder or file ...]; without arguments runs all tests.
import {spawn} from 'node:child_process';
import {readdir, stat} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const testEnd = new URL('test-end.js', import.meta.url).href;
const testAssertions = new URL('test-assertions.js', import.meta.url).href;
const inkTable = new URL('ink-table-loader.js', import.meta.url).href;
const isTest = name => /\.test\.tsx?$/.test(name);

async function testsIn(place) {
	const full = path.resolve(root, place);
	if ((await stat(full)).isFile()) {
		return [full];
	}

	const names = await readdir(full, {recursive: true});
	return names
		.filter(isTest)
		.sort()
		.map(name => path.join(full, name));
}

const places = process.argv.slice(2).filter(argument => !argument.startsWith('--'));
const flags = process.argv.slice(2).filter(argument => argument.startsWith('--'));
const files = await Promise.all((places.length > 0 ? places : ['test']).map(testsIn));
const runner = spawn(
	process.execPath,
	[
		'--import',
		'tsx',
		'--import',
		inkTable,
		'--import',
		testEnd,
		'--import',
		testAssertions,
		'--test',
		'--test-concurrency=2',
		...flags,
		...files.flat(),
	],
	{
		cwd: root,
		stdio: 'inherit',
		// Uses React's production build, as users do: the checks of its development build take three times as long.
		env: {...process.env, NODE_ENV: 'production'},
	},
);
runner.on('exit', (code, signal) => {
	process.exitCode = signal ? 1 : (code ?? 1);
});
