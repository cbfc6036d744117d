import type {ProcessDescriptor} from 'ps-list';
import {compact} from '../../domain/compact.js';
import {rpcBindPortInArgv, walletArgv, walletProgram} from '../../domain/discovery/wallet-process.js';
import type {LiveProcess, ProcessObservation, ProcessTable, WalletSearch} from '../../domain/ports.js';
import {splitCommandLine} from '../../domain/text.js';
import {isLocalHost} from './local-host.js';
import {openNetworkView, walletHint} from './network-view.js';
import {
	type Claim,
	findNamespacePlace,
	findSocketHolder,
	type HolderSources,
	isInNamespace,
	isListeningInNamespace,
	listeningSocketsAt,
	mayHoldSockets,
	type Place,
	processStartMs,
	readRelayTargets,
	readWalletClaim,
	readWhetherWallet,
	socketHolderFacts,
} from './port-holders.js';
import {
	checkPidExists,
	inspectPid,
	type ListeningSocket,
	readArgv,
	readBootTimeMs,
	readExecutable,
	readInnerPids,
	readPids,
} from './proc-fs.js';

/** Opens a new view of this machine's processes. Nothing is read, and no program is run, before it is asked. */
export function openProcessTable(): ListingProcessTable {
	return process.platform === 'linux' ? openLinuxProcessTable() : openPsProcessTable();
}

/**
 * Linux: known pids are read from /proc, which costs 0.05 ms each; wallets are found with `ps-list` and confirmed in /proc.
 */
export function openLinuxProcessTable(): ListingProcessTable {
	let bootTimeMs: number | undefined;
	const inspectOnce = oncePerTurn((pid: number) => {
		bootTimeMs ??= readBootTimeMs();
		return inspectPid(pid, bootTimeMs);
	});

	const inspect: ProcessTable['inspect'] = async pid => inspectOnce(pid);
	const listWallets = async (): Promise<readonly LiveProcess[]> =>
		(await listCandidates()).flatMap(pid => {
			const observation = inspectOnce(pid);
			return observation.kind === 'alive' && walletArgv(observation.process) ? [observation.process] : [];
		});
	const network = openNetworkView();
	return {
		inspect,
		innerPids: async pid => readInnerPids(pid),
		listWallets,
		...openWalletFinder({inspect, listWallets, network}),
	};
}

/** Caches reads until the next turn of the event loop, so that several reads in a row give the same result. */
function oncePerTurn<K, V>(read: (key: K) => V): (key: K) => V {
	const known = new Map<K, V>();
	const forget = () => known.clear();
	return key => {
		const before = known.get(key);
		if (before !== undefined) {
			return before;
		}

		if (known.size === 0) {
			setImmediate(forget);
		}

		const value = read(key);
		known.set(key, value);
		return value;
	};
}

/** Pids that may be wallets. `ps` joins arguments with spaces, so its text is only a hint. */
async function listCandidates(): Promise<readonly number[]> {
	try {
		const list = await listProcesses();
		return list
			.filter(({name, path = '', cmd = ''}) => [name, path, cmd].some(text => walletHint.test(text)))
			.map(({pid}) => pid);
	} catch {
		// There is no ps, or one without output formats (busybox).
		return readPids().filter(pid => {
			const executable = readExecutable(pid);
			return walletArgv(compact({argv: readArgv(pid), executable})) !== undefined;
		});
	}
}

/** Without /proc: everything comes from one `ps-list` per table. Sockets and relative paths are not visible. */
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
		// The list may be older than the end of the process.
		const existence = checkPidExists(pid);
		return entry && existence.kind !== 'gone' ? observationOf(entry) : existence;
	};

	const listWallets = async (): Promise<readonly LiveProcess[]> =>
		[...(await list()).values()]
			.map(observationOf)
			.flatMap(observation =>
				observation.kind === 'alive' && walletArgv(observation.process) ? [observation.process] : [],
			);
	return {inspect, innerPids: async () => [], listWallets, ...openWalletFinder({inspect, listWallets})};
}

function observationOf({pid, name, path, cmd = '', startTime}: ProcessDescriptor): ProcessObservation {
	if (/<defunct>$/.test(cmd)) {
		return {kind: 'gone', zombie: true};
	}

	// Without a start time, a process cannot be told from a later one with the same pid.
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

/** `ps` usually takes 0.1 s for a thousand processes. When it waits on a hanging process it may never end. */
const timeoutMs = 5000;

let overdue: Promise<unknown> | undefined;

/**
 * Lists this machine's processes with `ps-list`.
 * @returns `[]` when `ps` does not end in time; no other is started until it has ended
 * @throws Error when `ps` is missing or fails
 */
async function listProcesses(): Promise<readonly ProcessDescriptor[]> {
	if (overdue) {
		return [];
	}

	const {default: psList} = await import('ps-list');
	const listing = psList();
	let timer: NodeJS.Timeout | undefined;
	const timeout = new Promise<undefined>(resolve => {
		timer = setTimeout(resolve, timeoutMs, undefined);
	});
	try {
		const list = await Promise.race([listing, timeout]);
		if (!list) {
			overdue = listing.finally(() => {
				overdue = undefined;
			});
			overdue.catch(() => undefined);
		}

		return list ?? [];
	} finally {
		clearTimeout(timer);
	}
}

/** A process table that can also list wallets. */
export type ListingProcessTable = ProcessTable & Pick<WalletSources, 'listWallets'>;

/** What a {@link openWalletFinder} reads from. */
export interface WalletSources extends HolderSources {
	/** Every visible `monero-wallet-rpc`. */
	readonly listWallets: () => Promise<readonly LiveProcess[]>;
}

interface Candidate {
	readonly process: LiveProcess;
	readonly claim: Claim;
}

interface Search extends HolderSources {
	/** Every wallet, and what it was started to serve; read once. */
	readonly listCandidates: () => Promise<readonly Candidate[]>;
}

/** The longest chain of relays to follow. */
const maxRelays = 2;

/**
 * Finds the wallet that serves an address. Its open sockets count more than its files, which may have changed since it
 * started.
 */
export function openWalletFinder({
	listWallets,
	...sources
}: WalletSources): Omit<ProcessTable, 'inspect' | 'innerPids'> {
	let candidates: Promise<readonly Candidate[]> | undefined;
	const listCandidates = () => {
		candidates ??= listWallets().then(wallets =>
			Promise.all(wallets.map(async process => ({process, claim: await readWalletClaim(process)}))),
		);
		return candidates;
	};

	const {inspect, network} = sources;
	return {
		findByRpcPort: async (host, port) => {
			const place = findNamespacePlace(sources, host, port);
			return place ? findAt({...sources, listCandidates}, place) : {reason: `${host} is not this machine`};
		},
		servesRpcPort: async (pid, host, port) => {
			const observation = await inspect(pid);
			const place = findNamespacePlace(sources, host, port);
			if (observation.kind === 'hidden') {
				return undefined;
			}

			return observation.kind === 'alive' && place !== undefined && serves(sources, observation.process, place);
		},
		mayServe: async (process, host, port) => {
			const place = findNamespacePlace(sources, host, port);
			// It may be behind a relay.
			const isInside = place !== undefined && isInNamespace(sources, place, process);
			return isInside && rpcBindPortInArgv(process.argv) === port ? true : undefined;
		},
		listenerOf: async (host, port) => {
			const place = findNamespacePlace(sources, host, port);
			const holder = place && (await findSocketHolder(sources, place, listeningSocketsAt(sources, place)));
			return holder && socketHolderFacts(holder);
		},
		seesSockets: async pid => network === undefined || network.socketsOf(pid) !== undefined,
		isContainerHost: async host => !isLocalHost(host) && network?.namespaceOfHost(host) !== undefined,
	};
}

async function findAt(search: Search, place: Place, relays = 0): Promise<WalletSearch> {
	const sockets = listeningSocketsAt(search, place);
	if (sockets.length === 0) {
		return findByArguments(search, place);
	}

	const process = await findSocketHolder(search, place, sockets);
	if (!process) {
		return findHidden(search, place, sockets);
	}

	const holder = await socketHolderFacts(process);
	if (holder.isWallet) {
		return {pid: process.pid, evidence: 'socket'};
	}

	for (const target of relays < maxRelays ? await readRelayTargets(search, process, place) : []) {
		const behind = await findAt(search, target, relays + 1);
		if (behind.pid !== undefined) {
			return {...behind, relay: holder};
		}
	}

	return {reason: `port ${place.port} is used by ${holder.program} (pid ${holder.pid})`, holder};
}

/** Nothing listens: finds the wallet that was started to. */
async function findByArguments(search: Search, place: Place): Promise<WalletSearch> {
	const all = (await search.listCandidates()).filter(({claim}) => claim.port === place.port);
	const here = all.filter(({process}) => isInNamespace(search, place, process));
	const claiming = here.filter(
		({process, claim}) => claim.binds(place.host) && !isListeningInNamespace(search, place, process),
	);
	return oneOf(claiming, place.port) ?? {reason: noneText(place, all, here)};
}

/** The process with the listening socket may not be inspected: its user must be that of the only candidate. */
async function findHidden(search: Search, place: Place, sockets: readonly ListeningSocket[]): Promise<WalletSearch> {
	const claiming = (await search.listCandidates()).filter(
		({process, claim}) =>
			isInNamespace(search, place, process) &&
			claim.port === place.port &&
			claim.binds(place.host) &&
			mayHoldSockets(search, sockets, process),
	);
	const where = "not visible from here (another user's, or outside this container)";
	return oneOf(claiming, place.port) ?? {reason: `port ${place.port} is used by a process that is ${where}`};
}

async function serves(
	sources: HolderSources,
	process: LiveProcess,
	place: Place,
	relays = 0,
): Promise<boolean | undefined> {
	const isInside = isInNamespace(sources, place, process);
	const own = sources.network?.socketsOf(process.pid);
	const sockets = listeningSocketsAt(sources, place);
	if (sockets.length === 0) {
		const isFree = isInside && !isListeningInNamespace(sources, place, process);
		return (isFree ? await claims(process, place) : false) ?? (own === undefined ? undefined : false);
	}

	if (isInside && own && sockets.some(({inode}) => own.has(inode))) {
		return readWhetherWallet(process);
	}

	const holder = await findSocketHolder(sources, place, sockets);
	for (const target of holder && relays < maxRelays ? await readRelayTargets(sources, holder, place) : []) {
		const isBehind = await serves(sources, process, target, relays + 1);
		if (isBehind !== false) {
			return isBehind;
		}
	}

	return !holder && isInside && mayHoldSockets(sources, sockets, process) ? claims(process, place) : false;
}

async function claims(process: LiveProcess, {host, port}: Place): Promise<boolean | undefined> {
	const claim = await readWalletClaim(process);
	if (!(await readWhetherWallet(process)) || !claim.binds(host)) {
		return false;
	}

	return claim.port === undefined && claim.isHidden ? undefined : claim.port === port;
}

/** The only candidate, or the newest of several started with the same arguments: one may start while another ends. */
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
		: {reason: `pids ${pids.join(', ')} were all started for port ${port}, but none is seen listening on it`};
}

/** Why no wallet is found, naming a process with the same port that is not the wallet. */
function noneText({port}: Place, all: readonly Candidate[], here: readonly Candidate[]): string {
	const other = (here[0] ?? all[0])?.process.pid;
	const where = here.length > 0 ? 'at another address' : 'in another network namespace';
	return other === undefined
		? `no ${walletProgram} for port ${port} was found on this machine`
		: `no ${walletProgram} for port ${port} was found: pid ${other} uses that port ${where}`;
}

function newest(processes: readonly LiveProcess[]): LiveProcess | undefined {
	return processes.reduce<LiveProcess | undefined>(
		(best, process) => (best && processStartMs(best) >= processStartMs(process) ? best : process),
		undefined,
	);
}
