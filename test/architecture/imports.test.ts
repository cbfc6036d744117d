import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import {fileURLToPath} from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * What each folder of `source/` may import besides itself: other folders, and packages. Any other import is an error.
 */
const importRules: Readonly<
	Record<string, {readonly folders: readonly string[]; readonly packages: readonly (string | RegExp)[]}>
> = {
	domain: {folders: [], packages: ['valibot']},
	checks: {folders: ['domain'], packages: []},
	adapters: {
		folders: ['domain'],
		packages: [/^node:/, 'conf', 'node-fetch', 'proper-lockfile', 'ps-list', 'socks', 'valibot'],
	},
	application: {folders: ['domain', 'checks'], packages: []},
	server: {folders: ['domain', 'application'], packages: [/^node:/, 'fastify', 'prom-client']},
	cli: {folders: ['domain', 'application', 'server'], packages: ['meow', 'string-width']},
	tui: {
		folders: ['domain', 'application', 'cli'],
		packages: [/^node:/, 'chalk', 'ink', 'ink-table', 'react', 'string-width'],
	},
	demo: {folders: ['domain'], packages: [/^node:/]},
};

/** The composition roots, which pass adapters to the parts that need them, and what they may import. */
const roots: Readonly<Record<string, readonly string[]>> = {
	'cli.tsx': ['adapters', 'application', 'cli', 'tui', 'demo'],
	'source/index.ts': ['adapters', 'application', 'cli', 'domain'],
};

/** Imports that are allowed only for part of a folder, on either side. */
const partialRules: ReadonlyArray<{
	readonly from: string;
	readonly to: string;
	readonly isAllowed: (each: Import) => boolean;
}> = [
	{from: 'cli', to: 'server', isAllowed: ({file}) => file === 'source/cli/commands/serve.ts'},
	{
		from: 'tui',
		to: 'cli',
		isAllowed: ({to}) => /^source\/cli\/(?:command|command-table|output|reports\/[\w-]+)\.ts$/.test(to),
	},
	{from: 'index.ts', to: 'cli', isAllowed: ({to}) => to === 'source/cli/render-remedy.ts'},
	{
		from: 'cli.tsx',
		to: 'cli',
		isAllowed: ({to}) => /^source\/cli\/(?:command|render-remedy|run-program|output)\.ts$/.test(to),
	},
];

interface Import {
	/** Path of the importing file from the root of the repository. */
	readonly file: string;
	/** Path of the imported file from the root of the repository, or the name of a package. */
	readonly to: string;
	readonly isPackage: boolean;
	readonly isDynamic: boolean;
}

const files = readdirSync(path.join(root, 'source'), {recursive: true, encoding: 'utf8'})
	.filter(name => /\.tsx?$/.test(name))
	.map(name => path.join('source', name))
	.concat('cli.tsx');

/** Imports of types count as well: a type belongs to a folder as much as a value does. */
const statement = /(?:^|\n)\s*(?:import|export)\s+(?:[^'";]*?from\s+)?'([^']+)'|import\(\s*'([^']+)'\s*\)/g;

function importsOf(file: string): Import[] {
	const text = readFileSync(path.join(root, file), 'utf8');
	return [...text.matchAll(statement)].map(([, from, dynamicFrom]) => {
		const name = from ?? dynamicFrom ?? '';
		const isDynamic = dynamicFrom !== undefined;
		return name.startsWith('.')
			? {file, to: pathOfImport(file, name), isPackage: false, isDynamic}
			: {file, to: name, isPackage: true, isDynamic};
	});
}

function pathOfImport(file: string, name: string): string {
	const to = path.join(path.dirname(file), name);
	const source = [to.replace(/\.js$/, '.ts'), to.replace(/\.js$/, '.tsx')].find(each => files.includes(each));
	return source ?? to;
}

const all = files.flatMap(importsOf);
const folderOf = (file: string): string => (file.startsWith('source/') ? (file.split(path.sep)[1] ?? '') : file);
const sentence = ({file, to}: Import): string => `${file} imports ${to}`;
const inFolders = all.filter(({file}) => !Object.hasOwn(roots, file));

test('every folder of source has import rules', () => {
	const found = new Set(files.filter(file => !Object.hasOwn(roots, file)).map(folderOf));
	assert.deepEqual([...found].sort(), Object.keys(importRules).sort());
});

test('every imported file exists', () => {
	const wrong = all.filter(({to, isPackage}) => !isPackage && !files.includes(to) && to !== 'package.json');
	assert.deepEqual(wrong.map(sentence), []);
});

test('folders import only from the folders their rules allow', () => {
	const wrong = inFolders.filter(({file, to, isPackage}) => {
		const from = folderOf(file);
		return (
			!isPackage && to !== 'package.json' && folderOf(to) !== from && !importRules[from]?.folders.includes(folderOf(to))
		);
	});
	assert.deepEqual(wrong.map(sentence), []);
});

test('every allowed import between folders is used', () => {
	const used = new Set(inFolders.map(({file, to}) => `${folderOf(file)} -> ${folderOf(to)}`));
	const unused = Object.entries(importRules).flatMap(([folder, {folders}]) =>
		folders.map(other => `${folder} -> ${other}`).filter(arrow => !used.has(arrow)),
	);
	assert.deepEqual(unused, []);
});

test('the composition roots import only the parts they put together', () => {
	const wrong = all.filter(
		({file, to, isPackage}) =>
			Object.hasOwn(roots, file) && (isPackage ? !to.startsWith('node:') : !roots[file]?.includes(folderOf(to))),
	);
	assert.deepEqual(wrong.map(sentence), []);
});

test('nothing imports a composition root', () => {
	assert.deepEqual(all.filter(({to}) => Object.hasOwn(roots, to)).map(sentence), []);
});

test('imports that are allowed for part of a folder are used only there', () => {
	const wrong = all.filter(each =>
		partialRules.some(
			({from, to, isAllowed}) => folderOf(each.file) === from && folderOf(each.to) === to && !isAllowed(each),
		),
	);
	assert.deepEqual(wrong.map(sentence), []);
});

test('folders import only their packages', () => {
	const wrong = inFolders.filter(
		({file, to, isPackage}) =>
			isPackage &&
			!importRules[folderOf(file)]?.packages.some(allowed =>
				typeof allowed === 'string' ? allowed === to : allowed.test(to),
			),
	);
	assert.deepEqual(wrong.map(sentence), []);
});

test('only version.ts imports package.json', () => {
	const readers = all.filter(({to}) => to === 'package.json').map(({file}) => file);
	assert.deepEqual(readers, ['source/application/version.ts']);
});

test('no imports are circular', () => {
	const importedBy = new Map(files.map(file => [file, all.filter(each => each.file === file).map(({to}) => to)]));
	const done = new Set<string>();
	const cycles: string[] = [];
	const visit = (file: string, way: readonly string[]): void => {
		if (way.includes(file)) {
			cycles.push([...way.slice(way.indexOf(file)), file].join(' -> '));
		} else if (!done.has(file)) {
			for (const to of importedBy.get(file) ?? []) {
				visit(to, [...way, file]);
			}

			done.add(file);
		}
	};
	for (const file of files) {
		visit(file, []);
	}

	assert.deepEqual(cycles, []);
});

test('no file is longer than 450 lines', () => {
	const long = files.filter(file => readFileSync(path.join(root, file), 'utf8').split('\n').length > 451);
	assert.deepEqual(long, []);
});

test('cli.tsx loads the screen and the demo only by dynamic import', () => {
	const found = all.filter(({file, to}) => file === 'cli.tsx' && ['tui', 'demo'].includes(folderOf(to)));
	assert.ok(found.length > 0);
	assert.deepEqual(found.filter(({isDynamic}) => !isDynamic).map(sentence), []);
});

test('nothing calls process.exit', () => {
	const wrong = files.filter(file => /process\.exit\(/.test(readFileSync(path.join(root, file), 'utf8')));
	assert.deepEqual(wrong, []);
});

test('one function writes to standard error', () => {
	const writers = files.filter(file => /\bstderr\.write\(/.test(readFileSync(path.join(root, file), 'utf8')));
	// The simulated fleet is a separate program.
	assert.deepEqual(writers.sort(), ['source/cli/output.ts', 'source/demo/main.ts']);
});
