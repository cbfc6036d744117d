import {
	type BigIntStats,
	chmodSync,
	chownSync,
	closeSync,
	fsyncSync,
	openSync,
	readdirSync,
	readFileSync,
	realpathSync,
	renameSync,
	rmSync,
	statfsSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import path from 'node:path';
import {refuseSpecialFile} from '../bounded-read.js';
import {saveFileError, systemErrorCode, systemErrorReason} from '../system-errors.js';
import {type HeldLock, LockLostError} from './file-lock.js';

/** The mode of a new file: it may hold a password. */
export const privateMode = 0o600;

/** A file written in full beside the one it is to replace. */
export interface StagedFile {
	readonly stagedPath: string;
	readonly path: string;
}

/** Where a file really is: writing through a symbolic link must not replace the link. */
export function realFilePath(file: string): string {
	try {
		const target = realpathSync(file);
		// Nothing is put beside a device.
		return statSync(target).isFile() ? target : path.resolve(file);
	} catch {
		return path.resolve(file);
	}
}

/**
 * Writes a file's next content beside it with conf, and reads it back: on a full disk conf reports success and leaves a
 * truncated file. The file itself is untouched until {@link commitStagedFiles}.
 * @param indent as of `JSON.stringify`; without it the document is one line
 * @throws InputError (`save_failed`)
 */
export function stageConfFile(Conf: typeof import('conf').default, file: string, document: object, indent?: string) {
	return stage(file, (stagedPath, configFileMode) => {
		let text = '';
		const conf = new Conf<Record<string, unknown>>({
			cwd: path.dirname(stagedPath),
			configName: path.basename(stagedPath),
			fileExtension: '',
			configFileMode,
			accessPropertiesByDotNotation: false,
			serialize: value => {
				text = `${JSON.stringify(value, undefined, indent)}\n`;
				return text;
			},
		});
		conf.store = {...document};
		return text;
	});
}

/**
 * The same without conf, for what is not a conf file.
 * @throws InputError (`save_failed`)
 */
export function stageTextFile(file: string, text: string): StagedFile {
	return stage(file, (stagedPath, mode) => {
		writeFileSync(stagedPath, text, {mode, flush: true});
		return text;
	});
}

/** @param write returns what it wrote */
function stage(file: string, write: (stagedPath: string, mode: number) => string): StagedFile {
	const stagedPath = `${file}.new-${process.pid}-${process.hrtime.bigint().toString(36)}`;
	let text: string;
	try {
		const replaced = statSync(file, {throwIfNoEntry: false});
		if (replaced) {
			refuseSpecialFile(replaced);
		}

		text = write(stagedPath, replaced ? replaced.mode & 0o777 : privateMode);
		if (replaced) {
			keepOwnerAndMode(stagedPath, replaced);
		}

		if (readFileSync(stagedPath, 'utf8') === text) {
			return {stagedPath, path: file};
		}
	} catch (error) {
		rmSync(stagedPath, {force: true});
		throw saveFileError(file, systemErrorReason(error));
	}

	rmSync(stagedPath, {force: true});
	throw saveFileError(file, mismatchReason(file, text));
}

/** A save by root must not take a user's file away from the user. */
function keepOwnerAndMode(stagedPath: string, {uid, gid, mode}: {uid: number; gid: number; mode: number}): void {
	const own = statSync(stagedPath);
	if (own.uid !== uid || own.gid !== gid) {
		try {
			chownSync(stagedPath, uid, gid);
		} catch (error) {
			// Only root may give files away; anyone else may still replace the file.
			if (systemErrorCode(error) !== 'EPERM') {
				throw error;
			}
		}
	}

	chmodSync(stagedPath, mode & 0o777);
}

/** Why a write that reported success left something else: conf does not say, the file system does. */
function mismatchReason(file: string, text: string): string {
	const {bavail, bsize} = statfsSync(path.dirname(file));
	return bavail * bsize < Buffer.byteLength(text)
		? 'no space left on device'
		: 'the file read back differs from what was written';
}

/**
 * Puts staged files in the place of the old ones. Whoever takes a lock over removes what was staged under it, so a process
 * that lost its lock cannot get past the renaming.
 * @throws LockLostError when the lock was lost; the last file is then as it was
 * @throws InputError (`save_failed`)
 */
export function commitStagedFiles(lock: HeldLock, staged: readonly StagedFile[]): void {
	if (!lock.isHeld()) {
		throw new LockLostError();
	}

	for (const {stagedPath, path: file} of staged) {
		try {
			renameSync(stagedPath, file);
		} catch (error) {
			if (systemErrorCode(error) === 'ENOENT') {
				throw new LockLostError();
			}

			throw saveFileError(file, systemErrorReason(error));
		}
	}

	for (const folder of new Set(staged.map(({path: file}) => path.dirname(file)))) {
		syncFolder(folder);
	}
}

/** Without it a file renamed just before a power cut may come back under its old name. */
function syncFolder(folder: string): void {
	try {
		const descriptor = openSync(folder, 'r');
		try {
			fsyncSync(descriptor);
		} finally {
			closeSync(descriptor);
		}
	} catch {
		// Some file systems cannot do this to a folder; the files are complete all the same.
	}
}

/** Removes what writers that were killed, or whose lock was taken over, have staged. Only to be called under the lock. */
export function removeStagedLeftovers(file: string): void {
	const prefix = `${path.basename(file)}.new-`;
	for (const entry of readdirSync(path.dirname(file), {withFileTypes: true})) {
		if (entry.name.startsWith(prefix) && !entry.isDirectory()) {
			rmSync(path.join(path.dirname(file), entry.name), {force: true});
		}
	}
}

/**
 * Gives a file that cannot be read a name of its own, so that nothing of it is lost.
 * @returns its new path
 * @throws Error of the system
 */
export function setFileAside(file: string): string {
	const first = `${file}.corrupt-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`;
	for (let number = 1; ; number += 1) {
		const aside = number === 1 ? first : `${first}-${number}`;
		try {
			// Taken first: a rename would replace what was set aside within the same second.
			closeSync(openSync(aside, 'wx', privateMode));
		} catch (error) {
			if (systemErrorCode(error) === 'EEXIST') {
				continue;
			}

			throw error;
		}

		try {
			renameSync(file, aside);
		} catch (error) {
			rmSync(aside, {force: true});
			throw error;
		}

		return aside;
	}
}

/** What changes whenever a file does: by a rename over it, a write into it, a change of its mode. */
export function fileStamp({ino, size, mtimeNs, ctimeNs}: BigIntStats): string {
	return [ino, size, mtimeNs, ctimeNs].join(' ');
}

/** The stamp of a path; of what is missing or not to be reached, a stamp that no file has. */
export function readFileStamp(path: string): string {
	try {
		return fileStamp(statSync(path, {bigint: true}));
	} catch {
		return 'none';
	}
}
