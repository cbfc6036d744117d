import {isAbsolute} from 'node:path';
import type {FileSight} from '../../domain/discovery/discovery.js';
import {configFileOf} from '../../domain/wallet-process.js';
import {readFileStart} from '../bounded-read.js';
import {fileErrorWords} from '../file-error.js';
import {systemCode} from '../system-errors.js';

const maxBytes = 65_536;

/** A process whose files are meant. */
interface FileUser {
	readonly pid: number;
	readonly argv: readonly string[];
}

/** The file a process names with `--config-file`; `undefined` when it names none. */
export async function readWalletConfig({pid, argv}: FileUser): Promise<FileSight | undefined> {
	const file = configFileOf(argv);
	return file ? readFileOf(pid, file) : undefined;
}

/**
 * Reads the beginning of a small file that a process names.
 * @returns its text, or its path and the system's words for why it cannot be read
 */
export async function readFileOf(pid: number, file: string): Promise<FileSight> {
	let failure: unknown;
	for (const path of placesOf(pid, file)) {
		try {
			return {text: await readFileStart(path, maxBytes)};
		} catch (error) {
			// The next place; another user's folders cannot be entered through /proc.
			failure = error;
		}
	}

	return {unreadable: `${file} (${fileErrorWords(failure)})`, isGone: systemCode(failure) === 'ENOENT'};
}

/** A process may run in another folder, and in a container under another root. */
function placesOf(pid: number, file: string): string[] {
	return isAbsolute(file) ? [`/proc/${pid}/root${file}`, file] : [`/proc/${pid}/cwd/${file}`];
}
