import {constants} from 'node:fs';
import {open, stat} from 'node:fs/promises';

/**
 * Reads the beginning of a regular file. Anything else is refused before it is opened: the path may come from another
 * user's command line, and opening a pipe or a device can block or do things.
 * @throws Error of the system, or with the code `EISDIR` or `ENOTFILE`
 */
export async function readFileStart(path: string, maxBytes: number): Promise<string> {
	const before = await stat(path);
	if (!before.isFile()) {
		throw Object.assign(new Error('not a file'), {code: before.isDirectory() ? 'EISDIR' : 'ENOTFILE'});
	}

	const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
	try {
		const {buffer, bytesRead} = await file.read(Buffer.alloc(maxBytes), 0, maxBytes, 0);
		return buffer.toString('utf8', 0, bytesRead);
	} finally {
		await file.close();
	}
}
