import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {fileURLToPath} from 'node:url';
import {commandTable} from '../../source/cli/command-table.js';
import {flagTable} from '../../source/cli/flags.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Files that decide and check: they must not know how xmrtop is called. */
const files = ['source/domain', 'source/checks'].flatMap(folder =>
	readdirSync(path.join(root, folder), {recursive: true, encoding: 'utf8'})
		.filter(name => name.endsWith('.ts'))
		.map(name => path.join(folder, name)),
);

/** The only file with command lines of other programs, which have options of their own. */
const otherPrograms = 'source/domain/hints/commands.ts';

const textOf = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, '');

function linesWith(wrong: RegExp, textIn: (file: string) => string, among: readonly string[] = files): string[] {
	return among.flatMap(file =>
		textIn(file)
			.split('\n')
			.filter(line => wrong.test(line))
			.map(line => `${file}: ${line.trim()}`),
	);
}

const words = (names: readonly string[]): string => [...new Set(names)].join('|');
const ownFlag = new RegExp(`--(?:no-)?(?:${words(Object.keys(flagTable))})(?![\\w-])`);
const ownCommand = new RegExp(
	`\\bxmrtop (?:${words(Object.keys(commandTable).flatMap(typed => typed.split(' ')[0] || []))})\\b`,
);

test('domain and checks name no option, except the file with the commands of other programs', () => {
	// walletOption() names the options of monero-wallet-rpc.
	const judging = files.filter(file => file !== otherPrograms);
	assert.deepEqual(
		linesWith(/--[a-z]/, file => withoutComments(textOf(file)), judging),
		[],
	);
	assert.notDeepEqual(
		linesWith(/--[a-z]/, file => withoutComments(textOf(file)), [otherPrograms]),
		[],
	);
});

test('domain and checks name no flag or command of xmrtop, not even in a comment', () => {
	assert.deepEqual(linesWith(ownFlag, textOf), []);
	assert.deepEqual(linesWith(ownCommand, textOf), []);
});

test('domain and checks read or name no environment variable', () => {
	assert.deepEqual(linesWith(/XMRTOP_|\bprocess\.env\b/, textOf), []);
});

test('the server and the readers of other hosts name no flag or environment variable of xmrtop', () => {
	const others = [
		'source/server',
		'source/adapters/remote',
		'source/adapters/network',
		'source/adapters/processes',
	].flatMap(folder =>
		readdirSync(path.join(root, folder), {recursive: true, encoding: 'utf8'})
			.filter(name => name.endsWith('.ts'))
			.map(name => path.join(folder, name)),
	);
	// What runs on the other host is a command line there.
	const naming = others.filter(file => file !== 'source/adapters/remote/ssh-line.ts');
	const textIn = (file: string): string => withoutComments(textOf(file)).replace(/`(?:status|history) --json`/g, '');
	assert.deepEqual(linesWith(ownFlag, textIn, naming), []);
	assert.deepEqual(linesWith(/XMRTOP_/, textIn, naming), []);
});
