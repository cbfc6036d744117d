import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Which rooms each room may import from, besides itself. Any other arrow is a mistake. */
const arrows: Readonly<Record<string, readonly string[]>> = {
	domain: [],
	checks: ['domain'],
	adapters: ['domain'],
	application: ['domain', 'checks'],
	cli: ['domain', 'application', 'server'],
	server: ['domain', 'application'],
	tui: ['domain', 'application', 'cli'],
	demo: ['domain'],
};

interface Import {
	readonly file: string;
	readonly room: string;
	readonly from: string;
}

function sourceFiles(): string[] {
	return readdirSync(path.join(root, 'source'), {recursive: true, encoding: 'utf8'})
		.filter(name => /\.tsx?$/.test(name))
		.map(name => path.join('source', name));
}

const statement = /(?:^|\n)\s*(?:import|export)\s+(?:[^'";]*?from\s+)?'([^']+)'|import\(\s*'([^']+)'\s*\)/g;

function importsOf(file: string): Import[] {
	const text = readFileSync(path.join(root, file), 'utf8');
	const room = file.split(path.sep)[1] ?? '';
	return [...text.matchAll(statement)].map(([, from, dynamicFrom]) => ({file, room, from: from ?? dynamicFrom ?? ''}));
}

const all = sourceFiles().flatMap(importsOf);
const roomOf = ({file, from}: Import): string | undefined =>
	from.startsWith('.') ? path.join(path.dirname(file), from).split(path.sep)[1] : undefined;

test('every folder of source is a room with its arrows', () => {
	const rooms = new Set(sourceFiles().map(file => file.split(path.sep)[1]));
	rooms.delete('index.ts');
	assert.deepEqual([...rooms].sort(), Object.keys(arrows).sort());
});

test('rooms import only along the arrows', () => {
	const wrong = all
		.filter(found => found.room !== 'index.ts')
		.filter(found => {
			const target = roomOf(found);
			const isFileOutsideSource = target === undefined || !Object.hasOwn(arrows, target);
			return !isFileOutsideSource && target !== found.room && !arrows[found.room]?.includes(target);
		});
	assert.deepEqual(
		wrong.map(({file, from}) => `${file} imports ${from}`),
		[],
	);
});

test('only tui imports ink or react', () => {
	const isInk = ({from}: Import): boolean => /^(?:ink|react)(?:$|[-/])/.test(from) || from.includes('ink-table');
	const wrong = all.filter(found => isInk(found) && found.room !== 'tui');
	assert.deepEqual(
		wrong.map(({file, from}) => `${file} imports ${from}`),
		[],
	);
});

test('the domain imports nothing of Node.js and no package', () => {
	const wrong = all.filter(({room, from}) => room === 'domain' && !from.startsWith('.'));
	assert.deepEqual(
		wrong.map(({file, from}) => `${file} imports ${from}`),
		[],
	);
});

test('cli.tsx loads the screen and the demo by dynamic import alone', () => {
	const text = readFileSync(path.join(root, 'cli.tsx'), 'utf8');
	assert.doesNotMatch(text, /^import .*source\/(?:tui|demo)\//m);
	assert.match(text, /await import\('\.\/source\/tui\//);
});

test('nothing calls process.exit', () => {
	const files = [...sourceFiles(), 'cli.tsx'];
	const wrong = files.filter(file => /process\.exit\(/.test(readFileSync(path.join(root, file), 'utf8')));
	assert.deepEqual(wrong, []);
});
