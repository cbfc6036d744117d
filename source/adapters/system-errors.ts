import {InputError} from '../domain/input-error.js';
import {OddFileError} from './bounded-read.js';

const reasons: Readonly<Record<string, string>> = {
	ENOSPC: 'no space left on device',
	EDQUOT: 'the disk quota is used up',
	EROFS: 'the file system is read-only',
	ENOENT: 'there is no such file or folder',
	EACCES: 'permission denied',
	EPERM: 'permission denied',
	EISDIR: 'it is a folder',
	ENOTDIR: 'a part of its path is not a folder',
	EEXIST: 'a file stands where a folder is needed',
	ENAMETOOLONG: 'its name is too long',
	ENOTEMPTY: 'a folder that is not empty is in the way',
	ELOOP: 'its symbolic links form a circle',
	EIO: 'the disk failed',
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
	return (code && reasons[code]) ?? code ?? 'the system does not say why';
}

/** Says that a file cannot be saved, and why. */
export function saveFailed(path: string, reason: string): InputError {
	return new InputError('save_failed', `${path} cannot be saved: ${reason}`);
}
