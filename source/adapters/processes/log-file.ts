import {isAbsolute, join} from 'node:path';
import {readWalletOptions} from '../../domain/discovery/wallet-options.js';
import type {LiveProcess} from '../../domain/ports.js';
import {readProcLink} from './proc-fs.js';

/** Whether a process is in another network namespace than this one; `undefined` when that cannot be seen. */
export function hasOwnNetwork(pid: number): boolean | undefined {
	const [theirs, ours] = [readProcLink(pid, 'ns/net'), readProcLink('self', 'ns/net')];
	return theirs === undefined || ours === undefined ? undefined : theirs !== ours;
}

/**
 * The file of `--log-file`. A relative one starts from the folder of the process; in a container its paths are others than here.
 * @returns `undefined` when none was named, or where it is cannot be seen
 */
export function logFileOf({pid, argv}: Pick<LiveProcess, 'pid' | 'argv'>): string | undefined {
	const file = readWalletOptions(argv).value('log-file');
	if (!file || file === '/dev/null') {
		return undefined;
	}

	const [root, folder] = [readProcLink(pid, 'root'), readProcLink(pid, 'cwd')];
	if (root !== '/') {
		return undefined;
	}

	return isAbsolute(file) ? file : folder && join(folder, file);
}
