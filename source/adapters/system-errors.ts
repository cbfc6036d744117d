import {InputError} from '../domain/input-error.js';
import {cleanText} from '../domain/text.js';
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

/** The system's words for a failed file operation, without code and path: `permission denied`. */
export function fileErrorWords(error: unknown): string {
	const message = error instanceof Error ? error.message : String(error);
	return cleanText(/^[A-Z\d]+: ([^,]+)/.exec(message)?.[1] ?? message);
}

/** Whether a value of JSON is an object, and no list. */
export function isRecord(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
