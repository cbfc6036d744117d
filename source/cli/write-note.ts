import {cleanText} from '../domain/text.js';

/**
 * Writes one line for a person to standard error: `xmrtop: ...`. Nothing else in xmrtop writes such lines.
 * @param note one sentence; what a terminal could obey is removed from it. Nothing is written for `undefined`
 * @param maxLength characters kept before an ellipsis
 */
export function writeNote(
	stderr: Pick<NodeJS.WritableStream, 'write'>,
	note: string | undefined,
	maxLength = 4000,
): void {
	if (note !== undefined) {
		stderr.write(`xmrtop: ${cleanText(note, maxLength)}\n`);
	}
}
