import {isAbsolute} from 'node:path';
import {configFileOf, rpcBindPortInConfig} from '../domain/wallet-process.js';
import {readFileStart} from './bounded-read.js';

const maxBytes = 65_536;

/** The `rpc-bind-port` of the file a process names with `--config-file`; `undefined` when there is none to be read. */
export async function readConfiguredPort({
	pid,
	argv,
}: {
	readonly pid: number;
	readonly argv: readonly string[];
}): Promise<number | undefined> {
	const file = configFileOf(argv);
	for (const path of file ? placesOf(pid, file) : []) {
		try {
			return rpcBindPortInConfig(await readFileStart(path, maxBytes));
		} catch {
			// The next place; another user's folders cannot be entered through /proc.
		}
	}

	return undefined;
}

/** A process may run in another folder, and in a container under another root. */
function placesOf(pid: number, file: string): string[] {
	return isAbsolute(file) ? [`/proc/${pid}/root${file}`, file] : [`/proc/${pid}/cwd/${file}`];
}
