import type {LiveProcess, PortHolder, ProcessTable, WalletSearch} from '../../domain/ports.js';
import {relayTargets} from '../../domain/relay-targets.js';
import {
	isStartedAsWallet,
	isWalletProgram,
	programName,
	rpcBindPortOf,
	walletProgram,
} from '../../domain/wallet-process.js';
import {addressesOf, isLocalHost} from './local-host.js';
import type {NetworkView} from './network-view.js';
import type {ListeningSocket} from './proc-text.js';
import {type Claim, claimOf, walletOptionsOf} from './wallet-claims.js';

/** A table that can also list the wallets it sees. */
export type ListingProcessTable = ProcessTable & Pick<WalletSources, 'listWallets'>;

/** The outside of a {@link openWalletFinder}. */
export interface WalletSources {
	readonly inspect: ProcessTable['inspect'];
	/** Every `monero-wallet-rpc` that can be seen. */
	readonly listWallets: () => Promise<readonly LiveProcess[]>;
	/** Absent where the system does not tell: then all processes are taken to be in one namespace, and only arguments count. */
	readonly network?: NetworkView;
}

/** An address in a network namespace. */
interface Place {
	readonly namespace: string;
	readonly host: string;
	readonly port: number;
}

interface Candidate {
	readonly process: LiveProcess;
	readonly claim: Claim;
}

/** A relay may lead to another one. */
const maxRelays = 2;

type Finder = Omit<ProcessTable, 'inspect' | 'innerPids'>;

/** Finds the wallet that serves an address. What a process holds open outweighs its files: those may have changed since it started. */
export function openWalletFinder({inspect, listWallets, network}: WalletSources): Finder {
	let candidates: Promise<readonly Candidate[]> | undefined;
	const listCandidates = () => {
		candidates ??= listWallets().then(wallets =>
			Promise.all(wallets.map(async process => ({process, claim: await claimOf(process)}))),
		);
		return candidates;
	};

	const placeOf = (host: string, port: number): Place | undefined => {
		const namespace = network ? network.namespaceOfHost(host) : isLocalHost(host) ? '' : undefined;
		return namespace === undefined ? undefined : {namespace, host, port};
	};

	const isIn = ({namespace}: Place, {pid}: LiveProcess) =>
		network === undefined || [namespace, undefined].includes(network.namespaceOf(pid));
	const listeningAt = ({namespace, host, port}: Place) =>
		socketsAt(network?.listening(namespace)?.filter(socket => socket.port === port) ?? [], host);

	/** Where a program that listens at a place passes connections on to. */
	const targetsOf = (process: LiveProcess, place: Place): readonly Place[] =>
		relayTargets(process).flatMap(({host, port}) => {
			const own = network?.namespaceOf(process.pid) ?? place.namespace;
			return addressesOf(host)?.some(isLocalLoopback) ? [{namespace: own, host, port}] : (placeOf(host, port) ?? []);
		});

	const holderOf = async (place: Place, sockets: readonly ListeningSocket[]): Promise<LiveProcess | undefined> => {
		const pids = new Set(
			(await Promise.all(sockets.map(async ({inode}) => network?.holdersOf(inode, place.namespace) ?? []))).flat(),
		);
		const sightings = await Promise.all([...pids].map(inspect));
		const holders = sightings.flatMap(sighting => (sighting.kind === 'alive' ? [sighting.process] : []));
		const wallets = await Promise.all(holders.map(isWallet));
		return (
			holders.find((_, index) => wallets[index]) ??
			holders.find(process => relayTargets(process).length > 0) ??
			oldest(holders.filter(({pid}) => pid !== 1)) ??
			holders[0]
		);
	};

	const search = async (place: Place, relays = 0): Promise<WalletSearch> => {
		const sockets = listeningAt(place);
		if (sockets.length === 0) {
			return searchByArguments(place);
		}

		const holder = await holderOf(place, sockets);
		if (!holder) {
			return searchHidden(place, sockets);
		}

		if (await isWallet(holder)) {
			return {pid: holder.pid, evidence: 'socket'};
		}

		const relay = holderFacts(holder, false);
		for (const target of relays < maxRelays ? targetsOf(holder, place) : []) {
			const behind = await search(target, relays + 1);
			if (behind.pid !== undefined) {
				return {...behind, relay};
			}
		}

		return {reason: `port ${place.port} is held by ${relay.program} (pid ${relay.pid})`, holder: relay};
	};

	/** While nobody listens: the one that was started to. */
	const searchByArguments = async (place: Place): Promise<WalletSearch> => {
		const all = (await listCandidates()).filter(({claim}) => claim.port === place.port);
		const here = all.filter(({process}) => isIn(place, process));
		const claiming = here.filter(({process, claim}) => claim.binds(place.host) && !listensElsewhere(process, place));
		return oneOf(claiming, place.port) ?? {reason: noneText(place, all, here)};
	};

	/** The listening socket belongs to a process that may not be looked into: its user must be that of the one candidate. */
	const searchHidden = async (place: Place, sockets: readonly ListeningSocket[]): Promise<WalletSearch> => {
		const claiming = (await listCandidates()).filter(
			({process, claim}) =>
				isIn(place, process) && claim.port === place.port && claim.binds(place.host) && mayOwn(process, sockets),
		);
		return (
			oneOf(claiming, place.port) ?? {
				reason: `port ${place.port} is held by a process that is not visible from here (of another user, or outside this container)`,
			}
		);
	};

	const mayOwn = ({pid}: LiveProcess, sockets: readonly ListeningSocket[]): boolean =>
		network?.socketsOf(pid) === undefined && sockets.some(({uid}) => uid === network?.uidOf(pid));

	/** Whether a process listens already, so that it was not started for a place where nobody does. */
	const listensElsewhere = ({pid}: LiveProcess, {namespace}: Place): boolean => {
		const sockets = network?.socketsOf(pid);
		return sockets !== undefined && network?.listening(namespace)?.some(({inode}) => sockets.has(inode)) === true;
	};

	const serves = async (process: LiveProcess, place: Place, relays = 0): Promise<boolean | undefined> => {
		const isInside = isIn(place, process);
		const sockets = listeningAt(place);
		const own = isInside ? network?.socketsOf(process.pid) : undefined;
		if (sockets.length === 0) {
			const claimed = isInside && !listensElsewhere(process, place) ? await claims(process, place) : false;
			return claimed ?? (network?.socketsOf(process.pid) === undefined ? undefined : false);
		}

		if (own && sockets.some(({inode}) => own.has(inode))) {
			return isWallet(process);
		}

		const holder = await holderOf(place, sockets);
		for (const target of holder && relays < maxRelays ? targetsOf(holder, place) : []) {
			const isBehind = await serves(process, target, relays + 1);
			if (isBehind !== false) {
				return isBehind;
			}
		}

		return !holder && isInside && mayOwn(process, sockets) ? claims(process, place) : false;
	};

	const claims = async (process: LiveProcess, {host, port}: Place): Promise<boolean | undefined> => {
		const claim = await claimOf(process);
		if (!(await isWallet(process)) || !claim.binds(host)) {
			return false;
		}

		return claim.port === undefined && claim.isHidden ? undefined : claim.port === port;
	};

	return {
		findByRpcPort: async (host, port) => {
			const place = placeOf(host, port);
			return place ? search(place) : {reason: `${host} is not this machine`};
		},
		servesRpcPort: async (pid, host, port) => {
			const sighting = await inspect(pid);
			const place = placeOf(host, port);
			if (sighting.kind === 'hidden') {
				return undefined;
			}

			return sighting.kind === 'alive' && place !== undefined && serves(sighting.process, place);
		},
		mayServe: async (process, host, port) => {
			const place = placeOf(host, port);
			if (place === undefined || !isIn(place, process)) {
				// It may stand behind a relay.
				return undefined;
			}

			const flag = rpcBindPortOf(process.argv);
			return flag === undefined || flag !== port ? undefined : true;
		},
		listenerOf: async (host, port) => {
			const place = placeOf(host, port);
			const sockets = place ? listeningAt(place) : [];
			const holder = place && sockets.length > 0 ? await holderOf(place, sockets) : undefined;
			return holder && holderFacts(holder, await isWallet(holder));
		},
		seesSockets: async pid => network === undefined || network.socketsOf(pid) !== undefined,
		isContainerHost: async host => !isLocalHost(host) && network?.namespaceOfHost(host) !== undefined,
	};
}

/** By its name, or by the options that no wallet starts without. Whoever asks knows that it holds a wallet's socket, or was listed as one. */
async function isWallet(process: LiveProcess): Promise<boolean> {
	return isWalletProgram(process) || isStartedAsWallet(process.argv, await walletOptionsOf(process));
}

const isLocalLoopback = (address: string): boolean => address === '::1' || address.startsWith('127.');

/** Those that take connections to a host: bound to its address, else to every one. */
function socketsAt(sockets: readonly ListeningSocket[], host: string): readonly ListeningSocket[] {
	const wanted = addressesOf(host);
	const exact = sockets.filter(({address}) => wanted === undefined || wanted.includes(address));
	const isWanted = (isV6: boolean) => wanted?.some(address => address.includes(':') === isV6);
	return exact.length > 0
		? exact
		: sockets.filter(({address}) => address === '::' || (address === '0.0.0.0' && isWanted(false)));
}

function holderFacts(process: LiveProcess, isWallet: boolean): PortHolder {
	return {pid: process.pid, program: programName(process) ?? 'another program', isWallet};
}

/** The one candidate, or the successor of those that were started alike: while one ends, the next one starts. */
function oneOf(candidates: readonly Candidate[], port: number): WalletSearch | undefined {
	const processes = candidates.map(({process}) => process);
	const successor = newest(processes);
	if (!successor) {
		return undefined;
	}

	const isAlike = new Set(processes.map(({argv}) => argv.slice(1).join('\0'))).size === 1;
	const pids = processes.map(({pid}) => pid);
	return isAlike
		? {pid: successor.pid, evidence: 'arguments'}
		: {reason: `pids ${pids.join(', ')} were all started for port ${port}, and none of them is seen to listen on it`};
}

/** Why nothing is found, naming what is not taken for the wallet although it has its port. */
function noneText({port}: Place, all: readonly Candidate[], here: readonly Candidate[]): string {
	const other = here[0] ?? all[0];
	return other === undefined
		? `no ${walletProgram} for port ${port} was found on this machine`
		: `no ${walletProgram} for port ${port} was found: pid ${other.process.pid} has that port ${here.length > 0 ? 'at another address' : 'in another network namespace'}`;
}

const startOf = ({start_ticks: ticks, started_at: startedAt}: LiveProcess): number => ticks ?? Date.parse(startedAt);

function newest(processes: readonly LiveProcess[]): LiveProcess | undefined {
	return processes.reduce<LiveProcess | undefined>(
		(best, process) => (best && startOf(best) >= startOf(process) ? best : process),
		undefined,
	);
}

function oldest(processes: readonly LiveProcess[]): LiveProcess | undefined {
	return processes.reduce<LiveProcess | undefined>(
		(best, process) => (best && startOf(best) <= startOf(process) ? best : process),
		undefined,
	);
}
