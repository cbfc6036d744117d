import {mkdirSync, rmSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {Exposure} from '../domain/ports.js';
import type {SavedSecret, SecretText} from '../domain/secret-files.js';
import {readFileStart} from './bounded-read.js';
import {saveFileError, systemErrorCode, systemErrorReason} from './system-errors.js';

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

/**
 * Saves a password in a new file of its own that only this user can read.
 * @param folder is made when missing, for this user alone
 * @param name what it is for; where a file of this name exists, a number follows
 * @throws InputError (`save_failed`)
 */
export function savePasswordFile(folder: string, name: string, text: string): SavedSecret {
	for (let number = 1; ; number += 1) {
		const file = path.join(folder, `${name}${number === 1 ? '' : `-${number}`}.password`);
		try {
			mkdirSync(folder, {recursive: true, mode: 0o700});
			writeFileSync(file, `${text}\n`, {mode: 0o600, flag: 'wx', flush: true});
			return {path: file, remove: () => rmSync(file, {force: true})};
		} catch (error) {
			if (systemErrorCode(error) !== 'EEXIST' || number === maxSameNames) {
				throw saveFileError(file, systemErrorReason(error));
			}
		}
	}
}

/** Files of one name that are tried. */
const maxSameNames = 100;

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
