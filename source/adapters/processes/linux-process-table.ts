import type {LiveProcess, ProcessTable} from '../../domain/ports.js';
import {walletArgv} from '../../domain/wallet-process.js';
import {openNetworkView} from './network-view.js';
import {inspectPid, readArgv, readBootTimeMs, readExecutable, readInnerPids, readPids} from './proc-fs.js';
import {listProcesses} from './process-list.js';
import {type ListingProcessTable, openWalletFinder} from './wallet-finder.js';

/** What stands in the command line of a wallet, whatever its name: the kernel keeps 15 characters of that. */
const hint = /monero-wallet|--wallet-|--rpc-bind-|--config-f/;

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
			return sighting.kind === 'alive' && walletArgv(sighting.process) ? [sighting.process] : [];
		});
	const network = openNetworkView();
	return {
		inspect,
		innerPids: async pid => readInnerPids(pid),
		listWallets,
		...openWalletFinder({inspect, listWallets, network}),
	};
}

/** Pids that may be wallets. `ps` joins arguments by spaces, so its words are only a hint. */
async function listCandidates(): Promise<readonly number[]> {
	try {
		const list = await listProcesses();
		return list
			.filter(({name, path = '', cmd = ''}) => [name, path, cmd].some(text => hint.test(text)))
			.map(({pid}) => pid);
	} catch {
		// No ps here, or one that knows no formats (busybox).
		return readPids().filter(pid => {
			const executable = readExecutable(pid);
			return walletArgv({argv: readArgv(pid), ...(executable === undefined ? {} : {executable})}) !== undefined;
		});
	}
}
