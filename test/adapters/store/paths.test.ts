import assert from 'node:assert/strict';
import {test} from 'node:test';
import {type FolderInputs, resolveStoreFolders} from '../../../source/adapters/store/paths.js';

const home = '/home/alice';
const cases: ReadonlyArray<readonly [string, Omit<FolderInputs, 'home' | 'cwd'>, string, string]> = [
	['nothing given', {env: {}}, '/home/alice/.config/xmrtop', '/home/alice/.local/state/xmrtop'],
	[
		'empty variables count as absent',
		{env: {XMRTOP_CONFIG_DIR: '', XMRTOP_STATE_DIR: '', XDG_CONFIG_HOME: '', XDG_STATE_HOME: ''}},
		'/home/alice/.config/xmrtop',
		'/home/alice/.local/state/xmrtop',
	],
	['XDG folders', {env: {XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s'}}, '/c/xmrtop', '/s/xmrtop'],
	[
		'relative XDG folders are ignored',
		{env: {XDG_CONFIG_HOME: 'c', XDG_STATE_HOME: './s'}},
		'/home/alice/.config/xmrtop',
		'/home/alice/.local/state/xmrtop',
	],
	[
		'the variable names the folder, and the state is beside it',
		{env: {XMRTOP_CONFIG_DIR: '/v', XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s'}},
		'/v',
		'/v',
	],
	['the flag overrides the variable', {configDir: '/f', env: {XMRTOP_CONFIG_DIR: '/v'}}, '/f', '/f'],
	['a named state folder', {configDir: '/f', env: {XMRTOP_STATE_DIR: '/vs'}}, '/f', '/vs'],
	[
		'the state flag overrides its variable',
		{configDir: '/f', stateDir: '/fs', env: {XMRTOP_STATE_DIR: '/vs'}},
		'/f',
		'/fs',
	],
	[
		'a relative folder is resolved against the current folder',
		{configDir: 'f', env: {XMRTOP_STATE_DIR: './vs'}},
		'/here/f',
		'/here/vs',
	],
	['only the state flag', {stateDir: '/fs', env: {}}, '/home/alice/.config/xmrtop', '/fs'],
];

for (const [what, inputs, configDir, stateDir] of cases) {
	test(`folders: ${what}`, () => {
		assert.deepEqual(resolveStoreFolders({...inputs, home, cwd: '/here'}), {configDir, stateDir});
	});
}

test('named folders need no home folder; without a home folder, the others have to be named', () => {
	const nowhere = {home: undefined, cwd: undefined};
	assert.deepEqual(resolveStoreFolders({env: {XMRTOP_CONFIG_DIR: '/c', XMRTOP_STATE_DIR: '/s'}, ...nowhere}), {
		configDir: '/c',
		stateDir: '/s',
	});
	assert.equal(resolveStoreFolders({env: {XMRTOP_CONFIG_DIR: '/c'}, ...nowhere}).stateDir, '/c');
	assert.equal(
		resolveStoreFolders({env: {XDG_CONFIG_HOME: '/c', XDG_STATE_HOME: '/s'}, ...nowhere}).configDir,
		'/c/xmrtop',
	);
	const refused: ReadonlyArray<readonly [Partial<FolderInputs>, RegExp]> = [
		[{env: {}}, /no folder for the config files: HOME is not set.*--config-dir DIR or set XMRTOP_CONFIG_DIR/],
		[{env: {XDG_CONFIG_HOME: '/c'}}, /no folder for the state files.*XMRTOP_STATE_DIR/],
		[{env: {}, stateDir: '/s'}, /no folder for the config files/],
		[
			{env: {}, configDir: 'here'},
			/"here" is relative, and the current folder cannot be found: use an absolute path for --config-dir/,
		],
	];
	for (const [inputs, message] of refused) {
		assert.throws(() => resolveStoreFolders({env: {}, ...nowhere, ...inputs}), {code: 'no_folder', message});
	}
});
