import {access, constants, lstat} from 'node:fs/promises';
import path from 'node:path';
import {loginFileName} from '../../domain/discovery/discovered-login.js';
import type {LoginFileSight} from '../../domain/discovery/discovery.js';
import {systemCode} from '../system-errors.js';
import {readProcLink} from './proc-fs.js';

/**
 * Looks for the file a wallet wrote its login to, in its working folder. Only a plain file of the wallet's own user is
 * taken for it: a link there could make a more powerful reader hand another file's content to whoever listens on the port.
 */
export async function lookForLoginFile(pid: number, port: number, uid: number | undefined): Promise<LoginFileSight> {
	const folder = readProcLink(pid, 'cwd');
	if (folder === undefined) {
		return {kind: 'folder_hidden'};
	}

	const name = loginFileName(port);
	const file = path.join(folder, name);
	try {
		const seen = await lstat(`/proc/${pid}/cwd/${name}`);
		if (!seen.isFile() || seen.uid !== uid) {
			return {kind: 'foreign', path: file};
		}

		const here = await lstat(file).catch(() => undefined);
		return here?.ino === seen.ino && here.dev === seen.dev
			? {kind: (await isReadable(file)) ? 'readable' : 'unreadable', path: file}
			: {kind: 'elsewhere', path: file};
	} catch (error) {
		return systemCode(error) === 'ENOENT' ? {kind: 'missing'} : {kind: 'unreadable', path: file};
	}
}

async function isReadable(file: string): Promise<boolean> {
	try {
		await access(file, constants.R_OK);
		return true;
	} catch {
		return false;
	}
}
