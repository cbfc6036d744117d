import {fileURLToPath, pathToFileURL} from 'node:url';
import type * as Library from '../../source/index.js';

/** The entry point of the built library, which programs import. */
export const libraryPath = fileURLToPath(new URL('../../dist/index.js', import.meta.url));

/** Loads the built library. */
export async function builtLibrary(): Promise<typeof Library> {
	return (await import(pathToFileURL(libraryPath).href)) as typeof Library;
}
