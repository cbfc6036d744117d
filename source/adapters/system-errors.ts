import {errnoWords} from '../domain/errno-words.js';
import {InputError} from '../domain/input-error.js';
import {cleanText} from '../domain/text.js';
import {OddFileError} from './bounded-read.js';

/** The code of a system error, such as `ENOENT`, else `undefined`. */
export function systemCode(error: unknown): string | undefined {
	const code = error instanceof Error && 'code' in error ? error.code : undefined;
	return typeof code === 'string' && /^E[A-Z\d]+$/.test(code) ? code : undefined;
}

/** A system error in plain words, without its code and without the path. */
export function systemReason(error: unknown): string {
	if (error instanceof OddFileError) {
		return error.reason;
	}

	const message = error instanceof Error ? error.message : String(error);
	return errnoWords(systemCode(error)) ?? cleanText(/^[A-Z\d]+: ([^,]+)/.exec(message)?.[1] ?? message);
}

/** Says that a file cannot be saved, and why. */
export function saveFailed(path: string, reason: string): InputError {
	return new InputError('save_failed', `${path} cannot be saved: ${reason}`);
}
