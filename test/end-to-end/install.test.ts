import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {after, type TestContext} from 'node:test';
import {fileURLToPath} from 'node:url';
import {type CliRun, cliEnvironment, finished} from '../helpers/run-cli.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {testWith} from '../helpers/test-with.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const {version, bin} = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

/** Tools that `npm run test:tools` fetches: other package managers and versions of Node.js. */
const toolsFolder = path.join(root, 'node_modules/.cache/tools/node_modules');
const pnpm = path.join(toolsFolder, 'pnpm/bin/pnpm.cjs');
const yarn = path.join(toolsFolder, 'yarn/bin/yarn.js');

/**
 * Runs a program with a folder as its home, without npm's variables in the environment.
 * @param node the Node.js program that runs npm and the programs it installs
 */
function run(
	home: string,
	[program = '', ...args]: readonly string[],
	cwd = home,
	node = process.execPath,
): Promise<CliRun> {
	const places = [path.join(home, 'pnpm'), path.dirname(node), process.env.PATH];
	const env = {HOME: home, PATH: places.join(path.delimiter), PNPM_HOME: path.join(home, 'pnpm')};
	const child = spawn(program, args, {cwd, env: cliEnvironment({env}), stdio: 'pipe'});
	child.stdin.end();
	return finished(child);
}

async function succeeds(...parameters: Parameters<typeof run>): Promise<string> {
	const {code, stdout, stderr} = await run(...parameters);
	assert.equal(code, 0, `${parameters[1].join(' ')}: ${stdout}${stderr}`);
	return stdout + stderr;
}

/** Runs `npm pack` on the built tree. */
async function packInto(folder: string): Promise<string> {
	await succeeds(folder, ['npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', folder, root]);
	return path.join(folder, `xmrtop-${version}.tgz`);
}

testWith(['npm'], 'the package has all it needs, and is the same each time', async context => {
	const [first, second] = [await packedOnce(), await packInto(temporaryFolder(context))];
	assert.ok(readFileSync(first).equals(readFileSync(second)), 'two packs of one tree are the same');
	const folder = temporaryFolder(context);
	await succeeds(folder, ['tar', 'xzf', first]);
	const unpacked = path.join(folder, 'package');
	const manifest = JSON.parse(readFileSync(path.join(unpacked, 'package.json'), 'utf8'));
	for (const kind of ['dependencies', 'optionalDependencies', 'peerDependencies', 'bundleDependencies']) {
		assert.equal(manifest[kind], undefined, kind);
	}

	for (const field of ['repository', 'homepage', 'bugs', 'author', 'license']) {
		assert.ok(manifest[field], field);
	}

	const files = readdirSync(unpacked, {recursive: true, encoding: 'utf8'});
	assert.deepEqual(
		files.filter(name => /\.cache$|node_modules|\.LEGAL\.txt$/.test(name)),
		[],
	);
	const bytes = files.reduce((sum, name) => sum + statSync(path.join(unpacked, name)).size, 0);
	assert.ok(bytes < 4_500_000, `${bytes} bytes`);
	const notices = readFileSync(path.join(unpacked, 'THIRD-PARTY-NOTICES'), 'utf8');
	for (const name of ['ink', 'react', 'ink-table', 'conf', 'ps-list', 'node-fetch', 'meow', 'fastify', 'yoga-layout']) {
		assert.match(notices, new RegExp(`^${name} \\d`, 'm'));
	}
});

const folderOfPack = mkdtempSync(path.join(tmpdir(), 'xmrtop-pack-'));
after(() => rmSync(folderOfPack, {recursive: true}));
let packed: Promise<string> | undefined;

/** The package, for tests that only install it. */
function packedOnce(): Promise<string> {
	packed ??= packInto(folderOfPack);
	return packed;
}

/** The tested versions of Node.js and their programs. */
const nodes = new Map([
	[`Node.js ${process.versions.node}`, process.execPath],
	...['22', '24']
		.filter(major => !process.versions.node.startsWith(`${major}.`))
		.map(major => [`Node.js ${major}`, path.join(toolsFolder, `node${major}/bin/node`)] as const),
]);

for (const [name, node] of nodes) {
	testWith(
		['npm', ...([node, pnpm, yarn].every(file => existsSync(file)) ? [] : ['what npm run test:tools fetches'])],
		`npm, npx, pnpm and yarn 1 install the package without a network and without scripts, by ${name}`,
		async context => {
			const tarball = await packedOnce();
			const home = temporaryFolder(context);
			const inHome = (...command: readonly string[]) => succeeds(home, command, home, node);
			const works = async (...program: readonly string[]): Promise<void> =>
				assert.equal(await inHome(...program, '--version'), `${version}\n`);

			const npmPlace = path.join(home, 'npm');
			const strict = ['--offline', '--ignore-scripts', '--engine-strict'];
			const said = await inHome('npm', 'install', '--global', ...strict, '--prefix', npmPlace, tarball);
			assert.match(said, /added 1 package/);
			await works(path.join(npmPlace, 'bin/xmrtop'));
			const demo = await run(home, [path.join(npmPlace, 'bin/xmrtop'), 'demo', '--json'], home, node);
			assert.equal(JSON.parse(demo.stdout).total, 11, demo.stderr);
			await works('npx', '--yes', '--offline', '--package', tarball, 'xmrtop');

			await inHome(node, pnpm, 'add', '--global', '--offline', '--ignore-scripts', tarball);
			await works(path.join(home, 'pnpm/xmrtop'));

			const yarnPlace = path.join(home, 'yarn');
			const quiet = ['--offline', '--ignore-scripts', '--silent'];
			// For root the default folders are outside the home folder.
			const own = ['prefix', 'cache-folder', 'global-folder'].flatMap(flag => [`--${flag}`, yarnPlace]);
			await inHome(node, yarn, 'global', 'add', ...quiet, ...own, `file:${tarball}`);
			await works(path.join(yarnPlace, 'bin/xmrtop'));
		},
	);
}

/** The repository without built and installed files. */
function cloneOfTree(context: TestContext): string {
	const clone = path.join(temporaryFolder(context), 'xmrtop');
	const left = new Set(
		['node_modules', 'dist', '.git', '.stryker-tmp', 'THIRD-PARTY-NOTICES'].map(name => path.join(root, name)),
	);
	cpSync(root, clone, {recursive: true, filter: file => !left.has(path.resolve(file))});
	return clone;
}

testWith(['npm'], 'npm install --global . builds the folder', async context => {
	const clone = cloneOfTree(context);
	symlinkSync(path.join(root, 'node_modules'), path.join(clone, 'node_modules'));
	const home = temporaryFolder(context);
	const prefix = path.join(home, 'prefix');
	await succeeds(home, ['npm', 'install', '--global', '--offline', '--prefix', prefix, '.'], clone);
	assert.equal(await succeeds(home, [path.join(prefix, 'bin/xmrtop'), '--version']), `${version}\n`);
	assert.ok(readFileSync(path.join(clone, bin.xmrtop)).equals(readFileSync(path.join(root, bin.xmrtop))));
});

testWith(['npm'], 'a failing build says why', async context => {
	const clone = cloneOfTree(context);
	const home = temporaryFolder(context);
	const alone = await run(home, [process.execPath, 'scripts/prepare.js'], clone);
	assert.deepEqual([alone.code, alone.stdout], [1, '']);
	assert.match(alone.stderr, /^the build tools are missing: run "npm ci" in .* first\n$/);
	symlinkSync(path.join(root, 'node_modules'), path.join(clone, 'node_modules'));
	rmSync(path.join(clone, 'source/index.ts'));
	const prefix = path.join(home, 'prefix');
	const broken = await run(home, ['npm', 'install', '--global', '--offline', '--prefix', prefix, '.'], clone);
	assert.notEqual(broken.code, 0);
	assert.match(broken.stderr, /xmrtop could not be built: "node scripts\/build\.js" failed in /);
	assert.match(broken.stderr, /Could not resolve "source\/index\.ts"/);
	assert.equal(existsSync(path.join(prefix, 'bin/xmrtop')), false);
});
