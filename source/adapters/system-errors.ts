import {errnoWords} from '../domain/errno-words.js';
import {InputError} from '../domain/input-error.js';
import {cleanText} from '../domain/text.js';
import {SpecialFileError} from './bounded-read.js';

/** The code of a system error, such as `ENOENT`, else `undefined`. */
export function systemErrorCode(error: unknown): string | undefined {
	const code = error instanceof Error && 'code' in error ? error.code : undefined;
	return typeof code === 'string' && /^E[A-Z\d]+$/.test(code) ? code : undefined;
}

/** A system error in plain words, without its code and without the path. */
export function systemErrorReason(error: unknown): string {
	if (error instanceof SpecialFileError) {
		return error.reason;
	}

	const message = error instanceof Error ? error.message : String(error);
	return errnoWords(systemErrorCode(error)) ?? cleanText(/^[A-Z\d]+: ([^,]+)/.exec(message)?.[1] ?? message);
}

/** The error for a file that cannot be saved. */
export function saveFileError(path: string, reason: string): InputError {
	return new InputError('save_failed', `${path} cannot be saved: ${reason}`);
}
