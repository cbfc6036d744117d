import assert from 'node:assert/strict';
import {chmodSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {cliIn} from '../helpers/run-cli.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

test('warns about a password file that others can read: one line on stderr, a note in full, no secret', async t => {
	const folder = temporaryFolder(t);
	const file = path.join(folder, 'password');
	writeFileSync(file, 'hunter2-and-more');
	chmodSync(file, 0o640);
	const {run, json} = cliIn(path.join(folder, 'config'));
	const added = await run(['nodes', 'add', 'shop', '--port', '1', '--username', 'ops', '--password-file', file]);
	assert.equal(added.code, 0, added.stderr);
	const warning = `password_file ${file} can be read by its group; try: chmod 600 ${file}`;
	const status = await run(['status', '--json']);
	assert.equal(status.stderr, `xmrtop: ${warning}\n`);
	const {nodes} = await json(['status', '--json', '-m', 'full']);
	assert.deepEqual(nodes[0].details.notes, [warning]);
	assert.ok(!`${status.stdout}${JSON.stringify(nodes)}`.includes('hunter2'));
	chmodSync(file, 0o600);
	assert.equal((await run(['status', '--json'])).stderr, '');
});
