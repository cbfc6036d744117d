import type {LiveProcess, ProcessTable} from '../../domain/ports.js';
import {isWalletProgram, rpcBindPortOf} from '../../domain/wallet-process.js';
import type {OwnsListener} from './proc-sockets.js';
import {readConfiguredPort} from './wallet-config.js';

/** A table that can also list the wallets it sees. */
export type ListingProcessTable = ProcessTable & Pick<WalletSources, 'listWallets'>;

/** The outside of a {@link openWalletFinder}. */
export interface WalletSources {
	readonly inspect: ProcessTable['inspect'];
	/** Every `monero-wallet-rpc` that can be seen. */
	readonly listWallets: () => Promise<readonly LiveProcess[]>;
	readonly ownsListener: OwnsListener;
}

/** Finds wallets by their RPC port. What a process holds open outweighs its files: those may have changed since it started. */
export function openWalletFinder({
	inspect,
	listWallets,
	ownsListener,
}: WalletSources): Pick<ProcessTable, 'findByRpcPort' | 'servesRpcPort'> {
	let index: Promise<WalletIndex> | undefined;
	return {
		findByRpcPort: async port => {
			index ??= listWallets().then(indexWallets);
			const {byFlag, byFile, unflagged} = await index;
			const flagged = byFlag.get(port) ?? [];
			const candidates = [...flagged, ...unflagged];
			if (candidates.length === 1 && flagged[0]) {
				return flagged[0].pid;
			}

			const owner = candidates.find(({pid}) => ownsListener(pid, port) === true);
			return (owner ?? newest(flagged) ?? newest(byFile.get(port) ?? []))?.pid;
		},
		servesRpcPort: async (pid, port) => {
			const sighting = await inspect(pid);
			if (sighting.kind !== 'alive') {
				return sighting.kind === 'gone' ? false : undefined;
			}

			return isWalletProgram(sighting.process) && (await serves(sighting.process, port, ownsListener));
		},
	};
}

async function serves(process: LiveProcess, port: number, ownsListener: OwnsListener): Promise<boolean | undefined> {
	const flag = rpcBindPortOf(process.argv);
	if (flag !== undefined) {
		return flag === port;
	}

	const owns = ownsListener(process.pid, port);
	const configured = owns ? port : await readConfiguredPort(process);
	return configured === undefined ? owns : configured === port;
}

interface WalletIndex {
	readonly byFlag: ReadonlyMap<number, readonly LiveProcess[]>;
	readonly byFile: ReadonlyMap<number, readonly LiveProcess[]>;
	/** Those whose command line names no port. */
	readonly unflagged: readonly LiveProcess[];
}

async function indexWallets(wallets: readonly LiveProcess[]): Promise<WalletIndex> {
	const unflagged = wallets.filter(({argv}) => rpcBindPortOf(argv) === undefined);
	const configured = await Promise.all(
		unflagged.map(async wallet => [await readConfiguredPort(wallet), wallet] as const),
	);
	return {
		byFlag: groupByPort(wallets.map(wallet => [rpcBindPortOf(wallet.argv), wallet] as const)),
		byFile: groupByPort(configured),
		unflagged,
	};
}

function groupByPort(
	pairs: ReadonlyArray<readonly [number | undefined, LiveProcess]>,
): ReadonlyMap<number, readonly LiveProcess[]> {
	const groups = new Map<number, LiveProcess[]>();
	for (const [port, wallet] of pairs) {
		if (port !== undefined) {
			groups.set(port, [...(groups.get(port) ?? []), wallet]);
		}
	}

	return groups;
}

/** While one process ends and its successor starts, the successor is meant. */
function newest(wallets: readonly LiveProcess[]): LiveProcess | undefined {
	return wallets.reduce<LiveProcess | undefined>(
		(best, wallet) => (best && startOf(best) >= startOf(wallet) ? best : wallet),
		undefined,
	);
}

function startOf({start_ticks: ticks, started_at: startedAt}: LiveProcess): number {
	return ticks ?? Date.parse(startedAt);
}
