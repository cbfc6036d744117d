import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import test from 'node:test';
import {cliEnvironment, cliPath} from '../helpers/run-cli.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

const shell = (script: string, configDir: string) =>
	spawnSync('bash', ['-o', 'pipefail', '-c', script, process.execPath, cliPath], {
		encoding: 'utf8',
		env: cliEnvironment({configDir}),
		timeout: 20_000,
	});

test('an answer that cannot be written: one line, exit code 70', {
	skip: existsSync('/dev/full') ? false : 'no /dev/full here',
}, context => {
	const configDir = temporaryFolder(context);
	for (const words of ['--json', 'nodes list --json', '--help', 'status --json-schema']) {
		const {status, stderr} = shell(`"$0" "$1" ${words} 2>&1 >/dev/full | grep -v 'there are no nodes' >&2`, configDir);
		assert.equal(stderr, 'xmrtop: cannot write to stdout: ENOSPC: no space left on device, write\n', words);
		assert.equal(status, 70, words);
	}
});

test('a reader that closes the pipe early ends the output without a message', context => {
	const configDir = temporaryFolder(context);
	const {stdout, stderr, status} = shell('"$0" "$1" status --json-schema | head -c 1', configDir);
	assert.deepEqual({stdout, stderr, status}, {stdout: '{', stderr: '', status: 0});
});
