// ink-table is CommonJS and calls require() for Ink, which waits for its layout engine while it is loaded: Node refuses that, a
// bundler does not. Where the sources run as they are, in tests, this makes it a module of the same exports.
import {readFile} from 'node:fs/promises';
import {createRequire, register} from 'node:module';
import {isMainThread} from 'node:worker_threads';

const file = createRequire(import.meta.url).resolve('ink-table');
const url = new URL('ink-table.mjs', import.meta.url).href;

/** A hook of Node's: where `ink-table` is. */
export async function resolve(specifier, context, next) {
	return specifier === 'ink-table' ? {url, format: 'module', shortCircuit: true} : next(specifier, context);
}

/** A hook of Node's: what is there. */
export async function load(asked, context, next) {
	if (asked !== url) {
		return next(asked, context);
	}

	const source = [
		"import * as ink from 'ink';",
		"import react from 'react';",
		"import hash from 'object-hash';",
		"const required = {ink, react, 'object-hash': hash};",
		'const exports = {};',
		'(function (require) {',
		await readFile(file, 'utf8'),
		'})(name => required[name]);',
		'export default exports;',
	].join('\n');
	return {format: 'module', source, shortCircuit: true};
}

if (isMainThread) {
	register(import.meta.url);
}
