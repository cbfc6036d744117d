import {mkdirSync, rmSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {Exposure} from '../domain/ports.js';
import type {SavedSecret, SecretText} from '../domain/secret-files.js';
import {readFileStart} from './bounded-read.js';
import {saveFileError, systemErrorCode, systemErrorReason} from './system-errors.js';

/** No secret is this long; a longer file is some other file. */
const maxFileBytes = 64 * 1024;

/**
 * Reads a small file that holds a secret, without its one trailing newline. Never rejects.
 * @param what the word for the secret, for errors
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
 * Saves a password in a new file that only this user can read.
 * @param folder created if missing, accessible only to this user
 * @param name what the password is for; if a file of this name exists, a number is appended
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

/** How many numbered names are tried. */
const maxSameNames = 100;

/** Who may read a file besides its owner; `undefined` when nobody may, or when that is unknown. */
export function readFileExposure(path: string): Exposure | undefined {
	// Windows has no such modes.
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
 * The same, for the mode and owner of a file. Another user's file is readable for this user through its group or an access
 * list, which shows as the group's mode (as for systemd's credentials): only the owner, or root, can and should change that.
 * @param ownUid the user id of the reader
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
