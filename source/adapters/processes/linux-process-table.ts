import type {LiveProcess, ProcessTable} from '../../domain/ports.js';
import {isWalletProgram, walletProgram} from '../../domain/wallet-process.js';
import {inspectPid, readArgv, readBootTimeMs, readExecutable, readPids} from './proc-fs.js';
import {openListeners} from './proc-sockets.js';
import {listProcesses} from './process-list.js';
import {type ListingProcessTable, openWalletFinder} from './wallet-finder.js';

/** The kernel keeps 15 characters of a program's name. */
const shortName = walletProgram.slice(0, 15);

/** Linux: known pids from /proc, which costs 0.05 ms each; wallets are found with `ps-list` and confirmed in /proc. */
export function openLinuxProcessTable(): ListingProcessTable {
	let bootTimeMs: number | undefined;
	const look = (pid: number) => {
		bootTimeMs ??= readBootTimeMs();
		return inspectPid(pid, bootTimeMs);
	};

	const inspect: ProcessTable['inspect'] = async pid => look(pid);
	const listWallets = async (): Promise<readonly LiveProcess[]> =>
		(await listCandidates()).flatMap(pid => {
			const sighting = look(pid);
			return sighting.kind === 'alive' && isWalletProgram(sighting.process) ? [sighting.process] : [];
		});
	return {inspect, listWallets, ...openWalletFinder({inspect, listWallets, ownsListener: openListeners()})};
}

/** Pids that may be wallets. `ps` joins arguments by spaces, so its words are only a hint. */
async function listCandidates(): Promise<readonly number[]> {
	try {
		const list = await listProcesses();
		return list
			.filter(({name, path = '', cmd = ''}) => [name, path, cmd].some(text => text.includes(shortName)))
			.map(({pid}) => pid);
	} catch {
		// No ps here, or one that knows no formats (busybox).
		return readPids().filter(pid => {
			const executable = readExecutable(pid);
			return isWalletProgram({argv: readArgv(pid), ...(executable === undefined ? {} : {executable})});
		});
	}
}
