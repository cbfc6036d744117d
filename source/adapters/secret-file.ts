import {statSync} from 'node:fs';
import type {Exposure} from '../domain/ports.js';
import type {SecretText} from '../domain/secret-files.js';
import {readFileStart} from './bounded-read.js';
import {systemErrorReason} from './system-errors.js';

/** No secret is this long; what is longer is another file. */
const maxFileBytes = 64 * 1024;

/**
 * The whole text of a small file that holds a secret, without its one trailing newline. Never rejects.
 * @param what it holds, in a word for errors
 */
export async function readSecretFile(path: string, what: string): Promise<SecretText> {
	try {
		const read = await readFileStart(path, maxFileBytes + 1);
		if (Buffer.byteLength(read) > maxFileBytes) {
			return {error: `too long for a ${what}`};
		}

		const text = read.replace(/\r?\n$/, '');
		return text === '' ? {error: 'empty'} : {text};
	} catch (error) {
		return {error: systemErrorReason(error)};
	}
}

/** Who besides its owner may read a file; `undefined` when nobody may, or it cannot be seen. */
export function readFileExposure(path: string): Exposure | undefined {
	// Windows keeps no such modes.
	if (process.platform === 'win32') {
		return undefined;
	}

	try {
		return fileExposure(statSync(path), process.getuid?.());
	} catch {
		return undefined;
	}
}

/**
 * The same of what is known of a file. What another user owns is lent to a reader by its group, or by an access list, which shows
 * as the group's mode (so are systemd's credentials): only the owner, or root, can and should change that.
 * @param ownUid of who reads
 */
export function fileExposure(
	file: {readonly mode: number; readonly uid: number},
	ownUid?: number,
): Exposure | undefined {
	const {mode, uid} = file;
	if ((mode & 0o004) !== 0) {
		return 'everyone';
	}

	return (mode & 0o040) !== 0 && (ownUid === uid || ownUid === 0) ? 'its group' : undefined;
}
