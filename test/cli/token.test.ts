import assert from 'node:assert/strict';
import {chmodSync, mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {readFileExposure, readSecretFile} from '../../source/adapters/secret-file.js';
import type {Invocation} from '../../source/cli/command.js';
import {parseCliArguments} from '../../source/cli/flags.js';
import {readTokenFlag} from '../../source/cli/run-settings.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

function runOf(argv: readonly string[], env: Invocation['surroundings']['env'] = {}) {
	const said: string[] = [];
	const surroundings = {
		env,
		stderr: {write: (text: string) => said.push(text)},
		readSecretFile: async (file: string, what: string) => {
			const exposure = readFileExposure(file);
			return {...(await readSecretFile(file, what)), ...(exposure ? {exposure} : {})};
		},
	} as unknown as Invocation['surroundings'];
	return {said, token: () => readTokenFlag({input: [], flags: parseCliArguments(argv).flags, surroundings})};
}

function fileOf(context: TestContext, text: string, mode = 0o600): string {
	const file = path.join(temporaryFolder(context), 'token');
	writeFileSync(file, text);
	chmodSync(file, mode);
	return file;
}

test('the token is the first line of the file, else the environment variable, else none', async context => {
	const file = fileOf(context, ' s3cret-of-file \r\nanything else\n');
	const rows = [
		[['--token-file', file], {XMRTOP_TOKEN: 'other'}, 's3cret-of-file'],
		[[], {XMRTOP_TOKEN: ' s3cret-of-env\n'}, 's3cret-of-env'],
		[[], {XMRTOP_TOKEN: ''}, undefined],
		[[], {}, undefined],
	] as const;
	for (const [argv, env, expected] of rows) {
		const {said, token} = runOf(argv, env);
		assert.deepEqual([await token(), said], [expected, []]);
	}
});

test('refuses an invalid token on one line without showing it', async context => {
	const folder = temporaryFolder(context);
	mkdirSync(path.join(folder, 'folder'));
	const long = fileOf(context, 'a'.repeat(70_000));
	const rows = [
		[path.join(folder, 'none'), 'cannot be used: no such file or directory'],
		[path.join(folder, 'folder'), 'cannot be used: it is a folder'],
		[fileOf(context, ''), 'cannot be used: empty'],
		[long, 'cannot be used: too long for a token'],
		[fileOf(context, ' \nabc\n'), 'contains no token: expected one word of at most 4096 printable ASCII characters'],
		[fileOf(context, 'pass phrase'), 'contains no token: expected one word of at most 4096 printable ASCII characters'],
		[fileOf(context, 'gehe\u00EFm'), 'contains no token: expected one word of at most 4096 printable ASCII characters'],
	] as const;
	for (const [file, why] of rows) {
		await assert.rejects(runOf(['--token-file', file]).token(), {
			name: 'InputError',
			message: `--token-file ${JSON.stringify(file)} ${why}`,
		});
	}

	await assert.rejects(runOf(['--token-file', '']).token(), /^InputError: --token-file "" is invalid/);
	await assert.rejects(
		runOf([], {XMRTOP_TOKEN: 'a b'}).token(),
		/^InputError: environment variable XMRTOP_TOKEN contains no token/,
	);
});

test('warns about a file that others can read, with the command that changes it', async context => {
	const file = fileOf(context, 's3cret\n', 0o644);
	const {said, token} = runOf(['--token-file', file]);
	assert.equal(await token(), 's3cret');
	assert.deepEqual(said, [`xmrtop: --token-file ${file} can be read by everyone; try: chmod 600 ${file}\n`]);
});
