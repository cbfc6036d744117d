import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {
	chmodSync,
	cpSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	statSync,
	symlinkSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {cliEnvironment, finished, runCli} from '../helpers/run-cli.js';
import {startScripted, walletScript} from '../helpers/scripted-server.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

/** The program with its own home folder and an empty cache. */
async function freshHome(t: TestContext) {
	const home = temporaryFolder(t);
	const configDir = path.join(home, 'config');
	const caches = path.join(home, '.cache', 'xmrtop');
	const wallet = await startScripted(t, walletScript(26));
	const run = (args: readonly string[], env = {}) => runCli(args, {configDir, env: {HOME: home, ...env}});
	assert.equal((await run(['nodes', 'add', 'shop', '--port', String(wallet.port)])).code, 0);
	/** The compiled file of the core; parts that are loaded later may have others. */
	const compiled = () => {
		const [name, ...more] = existsSync(caches) ? readdirSync(caches).filter(each => each.startsWith('core-')) : [];
		assert.deepEqual(more, []);
		return name === undefined ? undefined : path.join(caches, name);
	};
	const check = async (env = {}) => {
		const {code, stdout, stderr} = await run(['--json'], env);
		assert.deepEqual([code, stderr, JSON.parse(stdout).nodes[0].state], [0, '', 'up']);
	};
	return {home, caches, run, compiled, check};
}

test('keeps compiled code after the first check, for this user only, and replaces it only when it does not match', async t => {
	const {caches, run, compiled, check} = await freshHome(t);
	assert.equal((await run(['--version'])).code, 0);
	assert.equal((await run(['nodes', 'list'])).code, 0);
	assert.equal(compiled(), undefined);
	await check();
	const file = compiled() ?? '';
	assert.ok(file.endsWith(`-${process.version}-${process.arch}`), file);
	assert.deepEqual([statSync(file).mode & 0o777, statSync(caches).mode & 0o777], [0o600, 0o700]);
	const {ino} = statSync(file);
	await check();
	assert.equal(statSync(file).ino, ino);
});

test('never runs compiled code that was modified', async t => {
	const {compiled, check, home} = await freshHome(t);
	await check();
	const file = compiled() ?? '';
	const whole = readFileSync(file);
	const spoilt = Buffer.from(whole);
	spoilt[whole.length >> 1] = (spoilt[whole.length >> 1] ?? 0) ^ 0xff;
	const spoil: ReadonlyArray<readonly [what: string, change: () => void]> = [
		['a changed byte', () => writeFileSync(file, spoilt)],
		['half of it', () => writeFileSync(file, whole.subarray(0, whole.length >> 1))],
		['nothing', () => writeFileSync(file, '')],
		['one that others can write', () => chmodSync(file, 0o622)],
		[
			'a link',
			() => {
				renameSync(file, path.join(home, 'elsewhere'));
				symlinkSync(path.join(home, 'elsewhere'), file);
			},
		],
	];
	for (const [what, change] of spoil) {
		change();
		const before = statSync(file).ino;
		await check();
		assert.notEqual(statSync(file).ino, before, `${what} is replaced`);
		assert.equal(statSync(file).mode & 0o777, 0o600, what);
	}
});

test('recompiles a source changed with the same length and time', async t => {
	const {check, caches, home} = await freshHome(t);
	await check();
	const copy = path.join(home, 'dist');
	cpSync(path.resolve('dist'), copy, {recursive: true});
	writeFileSync(path.join(home, 'package.json'), '{"type": "module"}');
	const core = path.join(copy, 'core.cjs');
	const {atime, mtime} = statSync(core);
	const text = readFileSync(core, 'utf8');
	assert.ok(text.includes('API is responding'));
	writeFileSync(core, text.replaceAll('API is responding', 'API is rEsponding'));
	utimesSync(core, atime, mtime);
	const env = cliEnvironment({configDir: path.join(home, 'config'), env: {HOME: home}});
	const {stdout, stderr} = await finished(
		spawn(process.execPath, [path.join(copy, 'cli.js'), '--json'], {env, stdio: 'pipe'}),
	);
	assert.equal(JSON.parse(stdout).nodes[0].message, 'API is rEsponding', stderr);
	assert.equal(readdirSync(caches).filter(name => name.startsWith('core-')).length, 2);
});

test('works without a place for compiled code', async t => {
	const {check, home, caches} = await freshHome(t);
	await check({NODE_DISABLE_COMPILE_CACHE: '1'});
	await check({HOME: undefined});
	await check({HOME: 'relative'});
	assert.equal(existsSync(caches), false);
	writeFileSync(path.join(home, '.cache'), 'a file');
	await check();
	mkdirSync(path.join(home, 'open', 'xmrtop'), {recursive: true});
	chmodSync(path.join(home, 'open', 'xmrtop'), 0o777);
	await check({XDG_CACHE_HOME: path.join(home, 'open')});
	assert.deepEqual(readdirSync(path.join(home, 'open', 'xmrtop')), []);
});
