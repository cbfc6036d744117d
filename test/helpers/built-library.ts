import {fileURLToPath, pathToFileURL} from 'node:url';
import type * as Library from '../../source/index.js';

/** The built library's entry, as a program that depends on it imports it. */
export const libraryPath = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

/** Loads the built library. */
export async function builtLibrary(): Promise<typeof Library> {
	return (await import(pathToFileURL(libraryPath).href)) as typeof Library;
}
