import {cleanText} from '../domain/text.js';

/** The system's words for a failed file operation, without code and path: `permission denied`. */
export function fileErrorWords(error: unknown): string {
	const message = error instanceof Error ? error.message : String(error);
	return cleanText(/^[A-Z\d]+: ([^,]+)/.exec(message)?.[1] ?? message);
}
