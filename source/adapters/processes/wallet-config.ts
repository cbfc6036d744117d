import {constants, promises} from 'node:fs';
import path, {isAbsolute, join} from 'node:path';
import {compact} from '../../domain/compact.js';
import {discoveredOptions} from '../../domain/discovery/describe-wallet.js';
import {discoveredLoginFileName, parseWalletOptions} from '../../domain/discovery/wallet-options.js';
import {configFileInArgv} from '../../domain/discovery/wallet-process.js';
import type {LiveProcess, LoginFileSearch, ProcessFile, WalletSetup} from '../../domain/ports.js';
import {redactChainData} from '../../domain/text.js';
import {readFileStart} from '../bounded-read.js';
import {systemErrorCode, systemErrorReason} from '../system-errors.js';
import {readNetworkNamespace} from './network-view.js';
import {readProcLink} from './proc-fs.js';

const maxBytes = 65_536;

/** A process that names files. */
interface FileUser {
	readonly pid: number;
	readonly argv: readonly string[];
}

/** The file a process names with `--config-file`; `undefined` when it names none. */
export async function readWalletConfig({pid, argv}: FileUser): Promise<ProcessFile | undefined> {
	const file = configFileInArgv(argv);
	return file ? readProcessFile(pid, file) : undefined;
}

/**
 * Reads the beginning of a small file that a process names.
 * @returns its text, or its path and the system's reason why it cannot be read
 */
async function readProcessFile(pid: number, file: string): Promise<ProcessFile> {
	let failure: unknown;
	for (const path of placesOf(pid, file)) {
		try {
			return {text: await readFileStart(path, maxBytes)};
		} catch (error) {
			// Tries the next path; another user's folders cannot be entered through /proc.
			failure = error;
		}
	}

	return {unreadable: `${file} (${systemErrorReason(failure)})`, isGone: systemErrorCode(failure) === 'ENOENT'};
}

/** The process may run in another folder, and in a container with another root. */
function placesOf(pid: number, file: string): string[] {
	return isAbsolute(file) ? [`/proc/${pid}/root${file}`, file] : [`/proc/${pid}/cwd/${file}`];
}

/**
 * Looks in a wallet's working folder for the file with the login that the wallet generated. Only a regular file of the
 * wallet's own user is accepted: through a link, a reader with more rights could be made to send another file's content to
 * any program that listens on the port.
 */
export async function findLoginFile(pid: number, port: number, uid: number | undefined): Promise<LoginFileSearch> {
	const folder = readProcLink(pid, 'cwd');
	if (folder === undefined) {
		return {kind: 'folder_hidden'};
	}

	const name = discoveredLoginFileName(port);
	const file = path.join(folder, name);
	try {
		const seen = await promises.lstat(`/proc/${pid}/cwd/${name}`);
		if (!seen.isFile() || seen.uid !== uid) {
			return {kind: 'foreign', path: file};
		}

		const here = await promises.lstat(file).catch(() => undefined);
		return here?.ino === seen.ino && here.dev === seen.dev
			? {kind: (await isReadable(file)) ? 'readable' : 'unreadable', path: file}
			: {kind: 'elsewhere', path: file};
	} catch (error) {
		return systemErrorCode(error) === 'ENOENT' ? {kind: 'missing'} : {kind: 'unreadable', path: file};
	}
}

async function isReadable(file: string): Promise<boolean> {
	try {
		await promises.access(file, constants.R_OK);
		return true;
	} catch {
		return false;
	}
}

/** Larger lists of users are not kept in this file. */
const maxPasswdBytes = 1024 * 1024;

/** A user's name in /etc/passwd, else `uid 1000`. */
export async function readUserName(uid: number): Promise<string> {
	const text = await readFileStart('/etc/passwd', maxPasswdBytes).catch(() => '');
	const line = text.split('\n').find(entry => entry.split(':')[2] === String(uid));
	return line?.split(':')[0] || `uid ${uid}`;
}

/** Whether a process is in another network namespace than this one; `undefined` when that is unknown. */
export function hasOwnNetworkNamespace(pid: number): boolean | undefined {
	const [theirs, ours] = [readNetworkNamespace(pid), readNetworkNamespace('self')];
	return theirs === undefined || ours === undefined ? undefined : theirs !== ours;
}

/**
 * The file of `--log-file`. A relative path is resolved against the folder of the process; in a container, paths differ from
 * those here.
 * @returns `undefined` when none is configured, or its place is unknown
 */
export function walletLogFile({pid, argv}: Pick<LiveProcess, 'pid' | 'argv'>): string | undefined {
	const file = parseWalletOptions(argv).value('log-file');
	// A name that may not be shown is in no command either.
	if (!file || file === '/dev/null' || redactChainData(file) !== file) {
		return undefined;
	}

	const [root, folder] = [readProcLink(pid, 'root'), readProcLink(pid, 'cwd')];
	if (root !== '/') {
		return undefined;
	}

	return isAbsolute(file) ? file : folder && join(folder, file);
}

/** Reads what a wallet's configuration file and surroundings say beyond its command line. Never rejects. */
export async function readWalletSetup(process: LiveProcess): Promise<WalletSetup> {
	const {pid} = process;
	const config = await readWalletConfig(process);
	const options = discoveredOptions({process, ...(config && {config})});
	const daemonFingerprint = await readPinnableFingerprint(pid, options.value('daemon-ssl-ca-certificates'));
	return compact({
		...(config && {config}),
		daemonFingerprint,
		ownNetwork: hasOwnNetworkNamespace(pid) === true,
	});
}

/** The fingerprint of a certificate that a process names, if it is self-signed. */
export async function readPinnableFingerprint(pid: number, file: string | undefined): Promise<string | undefined> {
	if (!file) {
		return undefined;
	}

	const {pinnableFingerprint} = await import('../network/tls-socket.js');
	return pinnableFingerprint(await readProcessFile(pid, file));
}
