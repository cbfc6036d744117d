import assert from 'node:assert/strict';
import {test} from 'node:test';
import {type FolderInputs, resolveFolders} from '../../../source/adapters/store/paths.js';

const home = '/home/alice';
const cases: ReadonlyArray<readonly [string, Omit<FolderInputs, 'home'>, string, string]> = [
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
	['the flag beats the variable', {configDir: '/f', env: {XMRTOP_CONFIG_DIR: '/v'}}, '/f', '/f'],
	['a named state folder', {configDir: '/f', env: {XMRTOP_STATE_DIR: '/vs'}}, '/f', '/vs'],
	[
		'the state flag beats its variable',
		{configDir: '/f', stateDir: '/fs', env: {XMRTOP_STATE_DIR: '/vs'}},
		'/f',
		'/fs',
	],
	['only the state flag', {stateDir: '/fs', env: {}}, '/home/alice/.config/xmrtop', '/fs'],
];

for (const [what, inputs, configDir, stateDir] of cases) {
	test(`folders: ${what}`, () => {
		assert.deepEqual(resolveFolders({...inputs, home}), {configDir, stateDir});
	});
}
