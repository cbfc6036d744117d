import {readFileStart} from '../bounded-read.js';

/** Larger lists of users are kept elsewhere than in this file. */
const maxBytes = 1024 * 1024;

/** The name of a user as /etc/passwd has it, else `uid 1000`. */
export async function readUserName(uid: number): Promise<string> {
	const text = await readFileStart('/etc/passwd', maxBytes).catch(() => '');
	const line = text.split('\n').find(entry => entry.split(':')[2] === String(uid));
	return line?.split(':')[0] || `uid ${uid}`;
}
