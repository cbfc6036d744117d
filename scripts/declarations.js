// Writes the type declarations of the library, for `import` and for `require`.
import {spawnSync} from 'node:child_process';
import {cp, readdir, readFile, rm, rmdir, writeFile} from 'node:fs/promises';
import path from 'node:path';

/**
 * Writes dist/types, its copy for CommonJS in dist/types-cjs, and dist/index.cjs.
 * @param root the folder of the repository
 * @returns the exit code of the compiler
 * @throws when a published type needs the types of another package
 */
export async function writeDeclarations(root) {
	const {status} = spawnSync(
		process.execPath,
		[path.join(root, 'node_modules/typescript/bin/tsc'), '--project', 'tsconfig.build.json'],
		{cwd: root, stdio: 'inherit'},
	);
	if (status !== 0) {
		return status ?? 1;
	}

	const types = path.join(root, 'dist/types');
	await keepOnly(types, await reachableFrom(path.join(types, 'source/index.d.ts')));
	// The same declarations; the package.json beside them marks them as CommonJS.
	const forCommonJs = path.join(root, 'dist/types-cjs');
	await cp(types, forCommonJs, {recursive: true});
	await writeFile(path.join(forCommonJs, 'package.json'), '{"type": "commonjs"}\n');
	// Every supported Node.js can require an ES module; `import` and `require` load the same module.
	await writeFile(path.join(root, 'dist/index.cjs'), "module.exports = require('./index.js');\n");
	return 0;
}

async function reachableFrom(file, found = new Set()) {
	found.add(file);
	const text = await readFile(file, 'utf8');
	for (const [, specifier] of text.matchAll(/(?:\bfrom|\bimport\()\s*['"]([^'"]+)['"]/g)) {
		if (!specifier.startsWith('.')) {
			throw new Error(`${file} needs the types of ${specifier}`);
		}

		const next = path.join(path.dirname(file), specifier.replace(/\.js$/, '.d.ts'));
		if (!found.has(next)) {
			await reachableFrom(next, found);
		}
	}

	return found;
}

/** Removes all other files below a folder, and folders that become empty. */
async function keepOnly(folder, files) {
	for (const entry of await readdir(folder, {withFileTypes: true})) {
		const full = path.join(folder, entry.name);
		if (entry.isDirectory()) {
			await keepOnly(full, files);
		} else if (!files.has(full)) {
			await rm(full);
		}
	}

	if ((await readdir(folder)).length === 0) {
		await rmdir(folder);
	}
}
