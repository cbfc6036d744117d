import type {ProcessDescriptor} from 'ps-list';
import type {LiveProcess, ProcessSighting, ProcessTable} from '../../domain/ports.js';
import {splitCommandLine} from '../../domain/text.js';
import {walletArgv} from '../../domain/wallet-process.js';
import {existenceOf} from './proc-fs.js';
import {listProcesses} from './process-list.js';
import {type ListingProcessTable, openWalletFinder} from './wallet-finder.js';

/** Where there is no /proc: everything from one `ps-list` per table. Sockets and relative paths are out of sight. */
export function openPsProcessTable(): ListingProcessTable {
	let listing: Promise<ReadonlyMap<number, ProcessDescriptor>> | undefined;
	const list = () => {
		listing ??= listProcesses().then(
			processes => new Map(processes.map(entry => [entry.pid, entry])),
			() => new Map(),
		);
		return listing;
	};

	const inspect: ProcessTable['inspect'] = async pid => {
		const entry = (await list()).get(pid);
		// The list may be older than the process's end.
		const existence = existenceOf(pid);
		return entry && existence.kind !== 'gone' ? sightingOf(entry) : existence;
	};

	const listWallets = async (): Promise<readonly LiveProcess[]> =>
		[...(await list()).values()]
			.map(sightingOf)
			.flatMap(sighting => (sighting.kind === 'alive' && walletArgv(sighting.process) ? [sighting.process] : []));
	return {inspect, innerPids: async () => [], listWallets, ...openWalletFinder({inspect, listWallets})};
}

function sightingOf({pid, name, path, cmd = '', startTime}: ProcessDescriptor): ProcessSighting {
	if (/<defunct>$/.test(cmd)) {
		return {kind: 'gone', zombie: true};
	}

	// Without a start time a process cannot be told from the next one with its number.
	if (!startTime) {
		return {kind: 'hidden'};
	}

	return {
		kind: 'alive',
		process: {
			pid,
			started_at: startTime.toISOString(),
			argv: cmd === '' ? [name] : splitCommandLine(cmd),
			...(path ? {executable: path} : {}),
			stopped: false,
		},
	};
}
