import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {chmod, mkdir} from 'node:fs/promises';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import {cliEnvironment, cliPath} from '../helpers/run-cli.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

/** A user id without a passwd entry. */
const strangerId = 54_321;

interface Restricted {
	readonly env?: Readonly<Record<string, string | undefined>>;
	readonly uid?: number;
	/** A shell command run before xmrtop, in the same shell. */
	readonly before?: string;
	/** A command that starts xmrtop. */
	readonly through?: string;
}

interface Ended {
	readonly code: number | string | null | undefined;
	readonly stdout: string;
	readonly stderr: string;
}

function run(args: string, {env = {}, uid, before = ':', through = ''}: Restricted): Promise<Ended> {
	const script = `${before}; exec ${through} "${process.execPath}" "${cliPath}" ${args}`;
	const identity = uid === undefined ? {} : {uid, gid: uid};
	return new Promise(resolve => {
		execFile('/bin/sh', ['-c', script], {env: cliEnvironment({env}), ...identity}, (error, stdout, stderr) =>
			resolve({code: error ? error.code : 0, stdout, stderr}),
		);
	});
}

const isRoot = process.getuid?.() === 0;
const asStranger = {skip: isRoot ? false : 'only root may run as another user'};
const homeless = {env: {HOME: undefined}, uid: strangerId};

async function ownFolder(t: TestContext): Promise<string> {
	const folder = temporaryFolder(t);
	// The other user must be able to enter it.
	await chmod(folder, 0o777);
	return folder;
}

test('without HOME and a passwd entry, named folders are enough', asStranger, async t => {
	const folder = await ownFolder(t);
	const env = {HOME: undefined, XMRTOP_CONFIG_DIR: `${folder}/conf`, XMRTOP_STATE_DIR: `${folder}/state`};
	const added = await run('nodes add main --port 1', {env, uid: strangerId});
	assert.equal(added.code, 0, added.stderr);
	const status = await run('status --json', {env, uid: strangerId});
	assert.equal(status.code, 1, status.stderr);
	assert.equal(JSON.parse(status.stdout).nodes[0].reason, 'connection refused');
});

const noFolder = /^no folder for the config files: HOME is not set.*XMRTOP_CONFIG_DIR$/;

test('without any folder: one line, and the exit code of bad usage', asStranger, async () => {
	const {code, stdout, stderr} = await run('status', homeless);
	assert.deepEqual([code, stdout], [2, '']);
	assert.match(stderr.replace(/^xmrtop: /, '').trimEnd(), noFolder);
});

test('without any folder: an error in the requested format', asStranger, async () => {
	const json = await run('status --json', homeless);
	assert.equal(json.code, 2);
	const {error} = JSON.parse(json.stdout);
	assert.equal(error.code, 'no_folder');
	assert.match(error.message, noFolder);

	const nagios = await run('status --nagios', homeless);
	assert.equal(nagios.code, 3);
	assert.match(nagios.stdout, /^[^\n]*no folder for the config files[^\n]*\n$/);
});

test('commands that need no folder work without one', asStranger, async () => {
	for (const args of ['--version', '--help', 'completion bash', 'status --json-schema']) {
		const {code, stderr} = await run(args, homeless);
		assert.deepEqual([code, stderr], [0, ''], args);
	}
});

test('works in a current folder that was removed, with an absolute configuration folder', async t => {
	const folder = temporaryFolder(t);
	const gone = path.join(folder, 'gone');
	await mkdir(gone);
	const before = `mkdir -p "${gone}"; cd "${gone}"; rmdir "${gone}"`;
	const named = await run('status --json', {before, env: {XMRTOP_CONFIG_DIR: folder}});
	assert.equal(named.code, 0, named.stderr);
	const relative = await run('status', {before, env: {XMRTOP_CONFIG_DIR: 'conf'}});
	assert.equal(relative.code, 2);
	assert.equal(
		relative.stderr,
		'xmrtop: the folder "conf" is relative, and the current folder cannot be found: use an absolute path for --config-dir\n',
	);
});

test('a relative path of a definition needs a current folder', async t => {
	const folder = temporaryFolder(t);
	const before = `mkdir "${folder}/gone"; cd "${folder}/gone"; rmdir "${folder}/gone"`;
	const args = 'nodes add main --port 1 --pid-file wallet.pid';
	const {code, stderr} = await run(args, {before, env: {XMRTOP_CONFIG_DIR: folder}});
	const message =
		'xmrtop: the path "wallet.pid" is relative, and the current folder cannot be found: use an absolute path\n';
	assert.deepEqual([code, stderr], [2, message]);
});

test('without a network, remote nodes are unknown', asStranger, async t => {
	const env = {XMRTOP_CONFIG_DIR: temporaryFolder(t)};
	for (const [name, host] of [
		['address', '10.0.0.5'],
		['ipv6', '2001:db8::5'],
		['name', 'wallet.example'],
	]) {
		await run(`nodes add ${name} --host ${host} --port 1`, {env});
	}

	for (const method of ['port', 'api', 'full']) {
		const {stdout, stderr} = await run(`status -m ${method} --json`, {env, through: 'unshare --net'});
		const nodes: ReadonlyArray<{state: string; reason: string}> = JSON.parse(stdout || '{}').nodes ?? [];
		assert.deepEqual(
			nodes.map(({state}) => state),
			['unknown', 'unknown', 'unknown'],
			stderr,
		);
		for (const {reason} of nodes) {
			assert.match(reason, /^not checkable from here: (?:this machine has no |name resolution does not work)/);
		}
	}
});
