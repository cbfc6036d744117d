import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';

/**
 * Keeps the details of an internal error, readable for this user alone.
 * @returns the file's path; `undefined` when it cannot be written
 */
export async function saveCrash(folder: string, details: string): Promise<string | undefined> {
	const file = path.join(folder, `crash-${new Date().toISOString().replaceAll(':', '')}.txt`);
	try {
		await mkdir(folder, {recursive: true, mode: 0o700});
		await writeFile(file, details, {mode: 0o600});
		return file;
	} catch {
		return undefined;
	}
}
