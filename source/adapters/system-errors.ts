import {InputError} from '../domain/input-error.js';
import {OddFileError} from './bounded-read.js';

const reasons: Readonly<Record<string, string>> = {
	ENOSPC: 'no space left on device',
	EDQUOT: 'disk quota exceeded',
	EROFS: 'the file system is read-only',
	ENOENT: 'no such file or folder',
	EACCES: 'permission denied',
	EPERM: 'permission denied',
	EISDIR: 'it is a folder',
	ENOTDIR: 'part of the path is not a folder',
	EEXIST: 'a file exists where a folder is needed',
	ENAMETOOLONG: 'file name too long',
	ENOTEMPTY: 'a non-empty folder exists at that path',
	ELOOP: 'too many levels of symbolic links',
	EIO: 'input/output error',
	EMFILE: 'too many open files',
	ENFILE: 'too many open files',
};

/** The code of a system error, such as `ENOENT`, else `undefined`. */
export function systemCode(error: unknown): string | undefined {
	const code = error instanceof Error && 'code' in error ? error.code : undefined;
	return typeof code === 'string' && /^E[A-Z\d]+$/.test(code) ? code : undefined;
}

/** A system error in plain words. */
export function systemReason(error: unknown): string {
	if (error instanceof OddFileError) {
		return error.reason;
	}

	const code = systemCode(error);
	return (code && reasons[code]) ?? code ?? 'unknown error';
}

/** Says that a file cannot be saved, and why. */
export function saveFailed(path: string, reason: string): InputError {
	return new InputError('save_failed', `${path} cannot be saved: ${reason}`);
}
