import {statSync} from 'node:fs';
import type {Exposure} from '../../domain/ports.js';

/** Who besides its owner may read a file; `undefined` when nobody may, or it cannot be seen. */
export function exposureOf(path: string): Exposure | undefined {
	// Windows keeps no such modes.
	if (process.platform === 'win32') {
		return undefined;
	}

	try {
		return exposureIn(statSync(path), process.getuid?.());
	} catch {
		return undefined;
	}
}

/**
 * The same of what is known of a file. What another user owns is lent to a reader by its group, or by an access list, which shows
 * as the group's mode (so are systemd's credentials): only the owner, or root, can and should change that.
 * @param ownUid of who reads
 */
export function exposureIn(file: {readonly mode: number; readonly uid: number}, ownUid?: number): Exposure | undefined {
	const {mode, uid} = file;
	if ((mode & 0o004) !== 0) {
		return 'everyone';
	}

	return (mode & 0o040) !== 0 && (ownUid === uid || ownUid === 0) ? 'its group' : undefined;
}
