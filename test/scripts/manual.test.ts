import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {manPages} from '../../scripts/man-pages.js';
import {withManual} from '../../scripts/readme-blocks.js';
import {commandTable} from '../../source/cli/command-table.js';
import {cliIn} from '../helpers/run-cli.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {testWith} from '../helpers/test-with.js';

const packageJson = readFileSync('package.json', 'utf8');
const {version} = JSON.parse(packageJson);

test('every command has a page that npm installs (npm run readme writes the list)', () => {
	const pages = manPages(version);
	assert.equal(pages.length, Object.keys(commandTable).length);
	assert.deepEqual(readdirSync('dist/man').toSorted(), pages.map(([file]) => file).toSorted());
	assert.deepEqual(JSON.parse(packageJson).man, JSON.parse(withManual(packageJson)).man);
});

testWith(['man', 'groff'], 'man reports no warning for the pages', async context => {
	const folder = temporaryFolder(context);
	for (const [file] of manPages(version)) {
		const page = path.resolve('dist/man', file);
		const text = execFileSync('man', ['--warnings', '-l', page], {
			encoding: 'utf8',
			env: {...process.env, HOME: folder, MANWIDTH: '100', LC_ALL: 'C.UTF-8', MANPAGER: 'cat'},
			stdio: ['ignore', 'pipe', 'pipe'],
		});
		assert.match(text, /^SYNOPSIS$/m, file);
		assert.ok(text.includes('--help'), file);
	}
});

testWith(['man', 'groff'], 'xmrtop man shows the page of a command', async context => {
	const {run} = cliIn(temporaryFolder(context));
	const env = {MANPAGER: 'cat', MANWIDTH: '100'};
	const page = await run(['man', 'nodes', 'add'], {env});
	assert.equal(page.code, 0, page.stderr);
	assert.match(page.stdout, /xmrtop-nodes-add - add a node/);
	assert.match((await run(['man'], {env})).stdout, /monitor for fleets of monero-wallet-rpc/);
	const unknown = await run(['man', 'nope'], {env});
	assert.deepEqual([unknown.code, unknown.stdout], [2, '']);
	const without = await run(['man', 'status'], {env: {...env, PATH: '/nowhere'}});
	assert.deepEqual([without.code, without.stdout], [2, '']);
	assert.match(without.stderr, /there is no program man on this machine: see xmrtop status --help$/m);
});
