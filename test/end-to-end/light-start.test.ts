import assert from 'node:assert/strict';
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {test} from 'node:test';
import {fileURLToPath} from 'node:url';
import {startDigestServer} from '../helpers/digest-server.js';
import {cliIn, cliPath} from '../helpers/run-cli.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

/** Text that only the code of a package has, minified or not. */
const markers = {
	react: /react\.transitional\.element|react\.element|__CLIENT_INTERNALS|react-reconciler/,
	ink: /ink-root|ink-box|yoga/i,
	fastify: /FST_ERR_/,
	'prom-client': /getMetricsAsJSON/,
	'node-fetch': /premature close/i,
	conf: /Use `clear\(\)` to delete|Please specify the `projectName` option/,
	'proper-lockfile': /ECOMPROMISED|Lock file is already being held/,
	// Its patterns of every emoji take 20 ms to build.
	'string-width': /RGI_Emoji/,
} as const;
type Package = keyof typeof markers;

/** The files of the program that a run loads, as reported by V8. */
async function loadedBy(context: Parameters<typeof temporaryFolder>[0], args: readonly string[], configDir: string) {
	const coverage = temporaryFolder(context);
	const run = await cliIn(configDir).run(args, {env: {NODE_V8_COVERAGE: coverage}});
	const dist = path.dirname(cliPath);
	const urls = readdirSync(coverage).flatMap(name =>
		JSON.parse(readFileSync(path.join(coverage, name), 'utf8')).result.map(({url}: {url: string}) => url),
	);
	const files = urls
		.map((url: string) => (url.startsWith('file:') ? fileURLToPath(url) : url))
		.filter((file: string) => file.startsWith(dist));
	// The core is compiled from a string, which coverage may not report; it is always loaded.
	const core = path.join(dist, 'core.cjs');
	return {
		run,
		files: [...new Set<string>([...files, ...(existsSync(core) ? [core] : [])])],
		modules: urls as readonly string[],
	};
}

function packagesIn(files: readonly string[]): Package[] {
	const text = files.map(file => readFileSync(file, 'utf8')).join('\n');
	return (Object.keys(markers) as Package[]).filter(name => markers[name].test(text));
}

const everyFile = readdirSync(path.dirname(cliPath), {recursive: true, encoding: 'utf8'})
	.filter(name => /\.c?js$/.test(name))
	.map(name => path.join(path.dirname(cliPath), name));

test('finds every marker in the whole program', () => {
	assert.deepEqual(packagesIn(everyFile).toSorted(), [
		'conf',
		'fastify',
		'ink',
		'node-fetch',
		'prom-client',
		'proper-lockfile',
		'react',
		'string-width',
	]);
});

test('--json and status load no Ink, React or server, and a store library only to save', async context => {
	const configDir = temporaryFolder(context);
	const wallet = await startDigestServer({login: {username: 'u', password: 'correct horse'}});
	context.after(() => wallet.close());
	const {code, stderr} = await cliIn(configDir).run(
		['nodes', 'add', 'a', '--port', `${wallet.port}`, '--username', 'u', '--password-stdin'],
		{stdin: 'correct horse'},
	);
	assert.deepEqual([code, stderr], [0, 'xmrtop: added a (id 1)\n']);
	const rows: ReadonlyArray<readonly [args: readonly string[], allowed: readonly Package[]]> = [
		[['--json', '--no-save'], []],
		[['status', '--json', '--no-save'], []],
		[['status', '--no-save'], ['string-width']],
		[['status', '--csv', '--no-save'], ['string-width']],
		[['status', '--json', '--no-save', '-m', 'full'], []],
		[['--json'], ['conf', 'proper-lockfile']],
		[['status'], ['conf', 'proper-lockfile', 'string-width']],
		[['nodes', 'list'], ['string-width']],
		[['--help'], []],
		[['--version'], []],
	];
	for (const [args, allowed] of rows) {
		const {run, files, modules} = await loadedBy(context, args, configDir);
		const what = args.join(' ');
		assert.equal(run.code, 0, `${what}: ${run.stderr}`);
		assert.ok(files.length > 0, `${what}: no file of the program among ${modules.join(' ')}`);
		assert.ok(files.length < everyFile.length, what);
		const packages = packagesIn(files);
		assert.deepEqual(
			packages,
			packages.filter(name => allowed.includes(name)),
			what,
		);
		assert.deepEqual(
			modules.filter(url => /node:http2|node:inspector|node_modules/.test(url)),
			[],
			what,
		);
	}
});
