import {statSync} from 'node:fs';
import type {Exposure} from '../../domain/ports.js';

/** Who besides its owner may read a file; `undefined` when nobody may, or it cannot be seen. */
export function exposureOf(path: string): Exposure | undefined {
	// Windows keeps no such modes.
	if (process.platform === 'win32') {
		return undefined;
	}

	try {
		const {mode} = statSync(path);
		return (mode & 0o004) !== 0 ? 'everyone' : (mode & 0o040) !== 0 ? 'its group' : undefined;
	} catch {
		return undefined;
	}
}
