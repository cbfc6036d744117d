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

/** A file written in full beside the file it will replace. */
export interface StagedFile {
	readonly stagedPath: string;
	readonly path: string;
}

/** The path behind symbolic links: writing through a link must not replace the link. */
export function realFilePath(file: string): string {
	try {
		const target = realpathSync(file);
		// Nothing is created beside a device.
		return statSync(target).isFile() ? target : path.resolve(file);
	} catch {
		return path.resolve(file);
	}
}

/**
 * Writes a file's next content beside it with conf, and reads it back: on a full disk conf reports success and leaves a
 * truncated file. The file itself is untouched until {@link commitStagedFiles}.
 * @param indent as in `JSON.stringify`; without it the document is written in one line
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
 * Stages a file without conf, for files that are not written by conf.
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

/** A save by root must not take the file away from its user. */
function keepOwnerAndMode(stagedPath: string, {uid, gid, mode}: {uid: number; gid: number; mode: number}): void {
	const own = statSync(stagedPath);
	if (own.uid !== uid || own.gid !== gid) {
		try {
			chownSync(stagedPath, uid, gid);
		} catch (error) {
			// Only root may change a file's owner; anyone else may still replace the file.
			if (systemErrorCode(error) !== 'EPERM') {
				throw error;
			}
		}
	}

	chmodSync(stagedPath, mode & 0o777);
}

/** Why a write that reported success left other content: conf does not say, the file system does. */
function mismatchReason(file: string, text: string): string {
	const {bavail, bsize} = statfsSync(path.dirname(file));
	return bavail * bsize < Buffer.byteLength(text)
		? 'no space left on device'
		: 'the file read back differs from what was written';
}

/**
 * Renames staged files over the old ones. A process that takes over a lock removes what was staged under it, so a process
 * that lost its lock cannot complete the rename.
 * @throws LockLostError when the lock was lost; the last file is then unchanged
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

/** Syncs the folder: without it a file renamed just before a power failure may reappear under its old name. */
function syncFolder(folder: string): void {
	try {
		const descriptor = openSync(folder, 'r');
		try {
			fsyncSync(descriptor);
		} finally {
			closeSync(descriptor);
		}
	} catch {
		// Some file systems cannot sync a folder; the files are complete all the same.
	}
}

/** Removes staged files of writers that were killed or lost their lock. Call it only under the lock. */
export function removeStagedLeftovers(file: string): void {
	const prefix = `${path.basename(file)}.new-`;
	for (const entry of readdirSync(path.dirname(file), {withFileTypes: true})) {
		if (entry.name.startsWith(prefix) && !entry.isDirectory()) {
			rmSync(path.join(path.dirname(file), entry.name), {force: true});
		}
	}
}

/**
 * Renames a file that cannot be read, so that nothing of it is lost.
 * @returns its new path
 * @throws Error of the system
 */
export function setFileAside(file: string): string {
	const first = `${file}.corrupt-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`;
	for (let number = 1; ; number += 1) {
		const aside = number === 1 ? first : `${first}-${number}`;
		try {
			// The name is reserved first: a rename would replace a file renamed within the same second.
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

/** A text that changes whenever a file is replaced by a rename, written, or gets another mode. */
export function fileStamp({ino, size, mtimeNs, ctimeNs}: BigIntStats): string {
	return [ino, size, mtimeNs, ctimeNs].join(' ');
}

/** The stamp of a path; a missing or unreachable file has a stamp that no file has. */
export function readFileStamp(path: string): string {
	try {
		return fileStamp(statSync(path, {bigint: true}));
	} catch {
		return 'none';
	}
}
