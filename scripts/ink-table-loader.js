// ink-table is CommonJS and calls require() for Ink, which uses top-level await. Node does not allow that; a bundler does. For tests,
// which run the sources unbundled, this loader turns ink-table into an ES module with the same exports.
import {readFile} from 'node:fs/promises';
import {createRequire, register} from 'node:module';
import {isMainThread} from 'node:worker_threads';

const file = createRequire(import.meta.url).resolve('ink-table');
const url = new URL('ink-table.mjs', import.meta.url).href;

/** Node's resolve hook: gives `ink-table` its own URL. */
export async function resolve(specifier, context, next) {
	return specifier === 'ink-table' ? {url, format: 'module', shortCircuit: true} : next(specifier, context);
}

/** Node's load hook: returns the source of that URL. */
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
