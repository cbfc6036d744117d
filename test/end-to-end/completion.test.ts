import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {chmodSync, mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {type TestContext, test} from 'node:test';
import {commandTable} from '../../source/cli/command-table.js';
import {cliEnvironment, cliIn, cliPath} from '../helpers/run-cli.js';
import {folderOf} from '../helpers/switchable-wallet.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

/** Why a shell cannot be tested; `false` if it can. */
function missing(shell: string): string | false {
	return spawnSync(shell, ['-c', 'exit 0']).status === 0 ? false : `${shell} is not installed`;
}

const nodes = [
	{name: 'alpha', port: 1},
	{name: 'hot-eu-1', port: 2},
];

/** A folder with nodes, and an environment in which `xmrtop` is the built program. */
function setUp(context: TestContext) {
	const configDir = folderOf(context, nodes);
	const bin = temporaryFolder(context);
	const file = path.join(bin, 'xmrtop');
	writeFileSync(file, `#!/bin/sh\nexec '${process.execPath}' '${cliPath}' "$@"\n`);
	chmodSync(file, 0o755);
	const env = {PATH: `${bin}:${process.env.PATH}`, HOME: bin};
	return {configDir, env: cliEnvironment({configDir, env})};
}

const groups = new Set(Object.keys(commandTable).map(words => words.split(' ')[0] ?? ''));
const commands = [...groups].filter(word => word !== '');
const subcommands = (group: string): string[] =>
	Object.keys(commandTable)
		.filter(words => words.startsWith(`${group} `))
		.map(words => words.slice(group.length + 1));

/** The typed words (the last one is completed) and the offered ones, in any order. */
const rows: ReadonlyArray<readonly [words: readonly string[], offered: readonly string[]]> = [
	[[''], [...commands, 'help', 'alpha', 'hot-eu-1']],
	[['st'], ['status']],
	[['wa'], ['watch', 'wait']],
	[['al'], ['alerts', 'alpha']],
	[['silence', 'e'], ['end']],
	[['nodes', ''], subcommands('nodes')],
	[['config', 's'], ['set']],
	[
		['nodes', 'show', ''],
		['alpha', 'hot-eu-1'],
	],
	[['wait', 'alpha', 'h'], ['hot-eu-1']],
	[
		['wait', 'alpha', '--for', ''],
		['up', 'ok', 'down'],
	],
	[['nodes', 'disable', 'alpha', '--for', ''], []],
	[['status', '--me'], ['--method']],
	[
		['status', '-m', ''],
		['pid', 'port', 'api', 'full'],
	],
	[
		['status', '--method', 'p'],
		['pid', 'port'],
	],
	[
		['status', '--fail-on', ''],
		['degraded', 'failed', 'down'],
	],
	[['status', '--method', 'api', 'h'], ['hot-eu-1']],
	[['status', '--timeout', ''], []],
	[['watch', '--nd'], ['--ndjson']],
	[['watch', '--ndjson', 'a'], ['alpha']],
	[
		['config', 'get', 'busy'],
		['busy_max', 'busy_max_unseen'],
	],
	[
		['completion', ''],
		['bash', 'zsh', 'fish'],
	],
	[['help', 'nodes', 're'], ['remove']],
	[['info', ''], []],
	[['--config-dir', '/nonexistent', 'status', ''], []],
];

test('bash completes commands, flags, values and nodes', {skip: missing('bash')}, async context => {
	const {env} = setUp(context);
	const files = temporaryFolder(context);
	mkdirSync(path.join(files, 'folder'));
	writeFileSync(path.join(files, 'fleet.json'), '[]');
	// bash splits a word at "=".
	const more: typeof rows = [
		[['status', '--method', '=', 'f'], ['full']],
		[
			['status', '--method', '='],
			['pid', 'port', 'api', 'full'],
		],
		[['status', '--config-dir', path.join(files, 'f')], [path.join(files, 'folder')]],
		[
			['nodes', 'import', path.join(files, 'f')],
			[path.join(files, 'fleet.json'), path.join(files, 'folder')],
		],
	];
	const script = [
		'set -u; source <(xmrtop completion bash)',
		'complete -p xmrtop',
		// biome-ignore lint/suspicious/noTemplateCurlyInString: the shell expands it.
		'ask() { COMP_WORDS=(xmrtop "$@"); COMP_CWORD=$#; _xmrtop; echo ":${COMPREPLY[*]-}"; }',
		...[...rows, ...more].map(([words]) => `ask ${words.map(word => `'${word}'`).join(' ')}`),
	].join('\n');
	const {stdout, stderr} = spawnSync('bash', ['--norc', '-c', script], {env, encoding: 'utf8'});
	assert.equal(stderr, '');
	const [registered, ...answers] = stdout.trimEnd().split('\n');
	assert.equal(registered, 'complete -F _xmrtop xmrtop');
	for (const [index, [words, offered]] of [...rows, ...more].entries()) {
		const found = (answers[index] ?? '').slice(1).split(' ').filter(Boolean);
		assert.deepEqual(found.toSorted(), [...offered].toSorted(), words.join(' '));
	}
});

test('fish completes the same words', {skip: missing('fish')}, async context => {
	const {env} = setUp(context);
	const lines = rows.map(
		([words]) => `echo :(complete -C '${['xmrtop', ...words].join(' ')}' | string replace -r '\\t.*' '')`,
	);
	const script = ['xmrtop completion fish | source', ...lines].join('\n');
	const {stdout, stderr} = spawnSync('fish', ['--no-config', '-c', script], {env, encoding: 'utf8'});
	assert.equal(stderr, '');
	const answers = stdout.trimEnd().split('\n');
	for (const [index, [words, offered]] of rows.entries()) {
		const found = (answers[index] ?? '').replaceAll(':', '').split(' ').filter(Boolean);
		assert.deepEqual(found.toSorted(), [...offered].toSorted(), words.join(' '));
	}
});

test('zsh accepts the script for zsh', {skip: missing('zsh')}, async context => {
	const {env} = setUp(context);
	const script = 'compdef() { print -r -- "$@" }; source <(xmrtop completion zsh)';
	const {stdout, stderr} = spawnSync('zsh', ['-f', '-c', script], {env, encoding: 'utf8'});
	assert.deepEqual([stdout, stderr], ['_xmrtop xmrtop\n', '']);
});

test('refuses another shell', async context => {
	const {run} = cliIn(folderOf(context, []));
	const {code, stderr} = await run(['completion', 'tcsh']);
	assert.deepEqual([code, stderr], [2, 'xmrtop: shell "tcsh" is invalid: expected bash, zsh, fish\n']);
});
