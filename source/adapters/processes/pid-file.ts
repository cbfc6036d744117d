import type {PidFileOutcome} from '../../domain/ports.js';
import {parsePid} from '../../domain/wallet-process.js';
import {readFileStart} from '../bounded-read.js';

const causes: Readonly<Record<string, string>> = {
	ENOENT: 'no such file',
	ENOTDIR: 'no such file',
	EACCES: 'permission denied',
	EPERM: 'permission denied',
	EISDIR: 'it is a folder',
	ENOTFILE: 'it is not a regular file',
	ELOOP: 'too many symbolic links',
};

/** Reads the pid on the first line of a file. Never rejects. */
export async function readPidFile(path: string): Promise<PidFileOutcome> {
	try {
		const [firstLine = ''] = (await readFileStart(path, 64)).split('\n');
		const pid = parsePid(firstLine.trim());
		return pid === undefined ? {error: 'it does not contain a pid', missing: false} : {pid};
	} catch (error) {
		const {code = '', message} = error as NodeJS.ErrnoException;
		return {error: causes[code] ?? message, missing: causes[code] === causes.ENOENT};
	}
}
