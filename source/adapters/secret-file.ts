import type {SecretText} from '../domain/secret-files.js';
import {readFileStart} from './bounded-read.js';
import {fileErrorWords} from './file-error.js';

/** No secret is this long; what is longer is another file. */
const maxFileBytes = 64 * 1024;

/**
 * The whole text of a small file that holds a secret, without its one trailing newline. Never rejects.
 * @param what it holds, in a word for errors
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
		return {error: fileErrorWords(error)};
	}
}
