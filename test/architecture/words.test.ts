import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {fileURLToPath} from 'node:url';
import {commandTable} from '../../source/cli/command-table.js';
import {flagTable} from '../../source/cli/flags.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What means and what checks: how xmrtop is called is nothing to them. */
const files = ['source/domain', 'source/checks'].flatMap(folder =>
	readdirSync(path.join(root, folder), {recursive: true, encoding: 'utf8'})
		.filter(name => name.endsWith('.ts'))
		.map(name => path.join(folder, name)),
);

/** The one file with commands of other programs, whose options are facts of the field. */
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

test('no option is named where things are judged, but for commands of other programs', () => {
	// Options of monero-wallet-rpc are named by walletOption(), which knows them all.
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

test('no flag and no command of xmrtop is named where things are judged, not even in a comment', () => {
	assert.deepEqual(linesWith(ownFlag, textOf), []);
	assert.deepEqual(linesWith(ownCommand, textOf), []);
});

test('no environment variable is read or named where things are judged', () => {
	assert.deepEqual(linesWith(/XMRTOP_|\bprocess\.env\b/, textOf), []);
});

test('no flag and no environment variable of xmrtop is named by what serves and what reads other hosts', () => {
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
	// What is run on the other host is a command line there.
	const naming = others.filter(file => file !== 'source/adapters/remote/ssh-line.ts');
	const textIn = (file: string): string => withoutComments(textOf(file)).replace(/`(?:status|history) --json`/g, '');
	assert.deepEqual(linesWith(ownFlag, textIn, naming), []);
	assert.deepEqual(linesWith(/XMRTOP_/, textIn, naming), []);
});
