import {compact} from '../../domain/compact.js';
import {canonicalHost} from '../../domain/daemon-address.js';
import {parseWalletOptions, type WalletOptions} from '../../domain/discovery/wallet-options.js';
import {
	isStartedAsWallet,
	isWalletProgram,
	parseRelayTargets,
	programName,
	rpcPortInOptions,
} from '../../domain/discovery/wallet-process.js';
import type {LiveProcess, PortHolder, ProcessTable} from '../../domain/ports.js';
import {isLocalHost, localAddressesOf} from './local-host.js';
import type {NetworkView} from './network-view.js';
import {parseConmon} from './proc-cgroup.js';
import {type ListeningSocket, readChildren} from './proc-fs.js';
import {readWalletConfig} from './wallet-config.js';

/** The sources that show which process listens where. */
export interface HolderSources {
	readonly inspect: ProcessTable['inspect'];
	/**
	 * Absent where /proc does not exist: then all processes count as being in one namespace, and only their arguments are
	 * compared.
	 */
	readonly network?: NetworkView;
}

/** An address in a network namespace. */
export interface Place {
	readonly namespace: string;
	readonly host: string;
	readonly port: number;
}

/** The place of a node's address; `undefined` when its host is not this machine, or not in exactly one visible namespace. */
export function findNamespacePlace({network}: HolderSources, host: string, port: number): Place | undefined {
	const namespace = network ? network.namespaceOfHost(host) : isLocalHost(host) ? '' : undefined;
	return namespace === undefined ? undefined : {namespace, host, port};
}

/** Whether a process is in the namespace of a place; true when that cannot be read. */
export function isInNamespace({network}: HolderSources, {namespace}: Place, {pid}: LiveProcess): boolean {
	return network === undefined || [namespace, undefined].includes(network.namespaceOf(pid));
}

/**
 * The sockets that accept connections to a place: bound to its address, else to every address. Empty when they cannot be
 * read.
 */
export function listeningSocketsAt(
	{network}: HolderSources,
	{namespace, host, port}: Place,
): readonly ListeningSocket[] {
	const wanted = localAddressesOf(host);
	const only = wanted?.length === 1 ? network?.listenerAt(namespace, wanted[0] ?? '', port) : undefined;
	if (only) {
		return [only];
	}

	const sockets = network?.listening(namespace, port) ?? [];
	const exact = sockets.filter(({address}) => wanted === undefined || wanted.includes(address));
	const isV4 = wanted?.some(address => !address.includes(':')) === true;
	return exact.length > 0 ? exact : sockets.filter(({address}) => address === '::' || (address === '0.0.0.0' && isV4));
}

/** Whether a process listens anywhere, and so was not started for a place where nothing listens. */
export function isListeningInNamespace({network}: HolderSources, {namespace}: Place, {pid}: LiveProcess): boolean {
	const sockets = network?.socketsOf(pid);
	return sockets !== undefined && network?.listening(namespace)?.some(({inode}) => sockets.has(inode)) === true;
}

/** Whether sockets with an invisible holder may belong to a process: it cannot be inspected, and its user opened them. */
export function mayHoldSockets(
	{network}: HolderSources,
	sockets: readonly ListeningSocket[],
	{pid}: LiveProcess,
): boolean {
	return network?.socketsOf(pid) === undefined && sockets.some(({uid}) => uid === network?.uidOf(pid));
}

/**
 * The process that holds sockets listening at a place; if there are several, the wallet, else the one that forwards
 * connections, else the oldest.
 */
export async function findSocketHolder(
	{inspect, network}: HolderSources,
	{namespace}: Place,
	sockets: readonly ListeningSocket[],
): Promise<LiveProcess | undefined> {
	const isEnough = async (pid: number): Promise<boolean> => {
		const observation = await inspect(pid);
		return observation.kind === 'alive' && readWhetherWallet(observation.process);
	};

	const pids = await Promise.all(sockets.map(async ({inode}) => network?.holdersOf(inode, namespace, isEnough) ?? []));
	const observations = await Promise.all([...new Set(pids.flat())].map(inspect));
	const holders = observations.flatMap(observation => (observation.kind === 'alive' ? [observation.process] : []));
	const areWallets = await Promise.all(holders.map(readWhetherWallet));
	return (
		holders.find((_, index) => areWallets[index]) ??
		holders.find(process => parseConmon(process.argv) !== undefined || parseRelayTargets(process).length > 0) ??
		// The init process may hold the socket of a service that it starts on demand.
		oldest(holders.filter(({pid}) => pid !== 1)) ??
		holders[0]
	);
}

/** A holder in the form for results. */
export async function socketHolderFacts(process: LiveProcess): Promise<PortHolder> {
	return {
		pid: process.pid,
		program: programName(process) ?? 'another program',
		isWallet: await readWhetherWallet(process),
	};
}

/** Whether a process that holds a wallet's socket, or was listed as a wallet, is one, by its name or its options. */
export async function readWhetherWallet(process: LiveProcess): Promise<boolean> {
	const known = wallets.get(process) ?? readIsWallet(process);
	wallets.set(process, known);
	return known;
}

/** Results by process observation: all nodes behind one program ask for it. */
const wallets = new WeakMap<LiveProcess, Promise<boolean>>();

async function readIsWallet(process: LiveProcess): Promise<boolean> {
	return isWalletProgram(process) || isStartedAsWallet(process.argv, await readProcessOptions(process));
}

/** The places that a listening program forwards connections to. */
export async function readRelayTargets(
	sources: HolderSources,
	process: LiveProcess,
	{namespace}: Place,
): Promise<readonly Place[]> {
	if (parseConmon(process.argv)) {
		return readContainerPlaces(sources, process);
	}

	return parseRelayTargets(process).flatMap(({host, port}) => {
		const isLoopback = localAddressesOf(host)?.some(address => address === '::1' || address.startsWith('127.'));
		return isLoopback
			? [{namespace: sources.network?.namespaceOf(process.pid) ?? namespace, host, port}]
			: (findNamespacePlace(sources, host, port) ?? []);
	});
}

/**
 * The place of the one wallet in the network of a container. A conmon holds the published ports of its container and forwards nothing:
 * the kernel does, to a port that only the packet filter knows. If there are two wallets behind it, neither is used.
 */
async function readContainerPlaces(sources: HolderSources, conmon: LiveProcess): Promise<readonly Place[]> {
	const own = sources.network?.namespaceOf(conmon.pid);
	const namespaces = new Set(readChildren(conmon.pid).flatMap(pid => sources.network?.namespaceOf(pid) ?? []));
	const places = [...namespaces]
		.filter(namespace => namespace !== own)
		.flatMap(namespace =>
			(sources.network?.listening(namespace) ?? [])
				.filter(({address}) => address !== '::1' && !address.startsWith('127.'))
				.map(socket => ({socket, place: {namespace, host: socket.address, port: socket.port}})),
		);
	const areOfWallets = await Promise.all(
		places.map(async ({place, socket}) => {
			const holder = await findSocketHolder(sources, place, [socket]);
			return holder !== undefined && readWhetherWallet(holder);
		}),
	);
	const found = places.flatMap(({place}, index) => (areOfWallets[index] ? [place] : []));
	return new Set(found.map(({port}) => port)).size === 1 ? found.slice(0, 1) : [];
}

/** When a process started, comparable only between processes: clock ticks since boot, or milliseconds since the epoch. */
export const processStartMs = ({start_ticks: ticks, started_at: startedAt}: LiveProcess): number =>
	ticks ?? Date.parse(startedAt);

function oldest(processes: readonly LiveProcess[]): LiveProcess | undefined {
	return processes.reduce<LiveProcess | undefined>(
		(best, process) => (best && processStartMs(best) <= processStartMs(process) ? best : process),
		undefined,
	);
}

/** What a wallet was started to serve, according to its command line and configuration file. */
export interface Claim {
	readonly port?: number;
	/** Whether it was started to listen at this host; true when a file that may say so cannot be read. */
	readonly binds: (host: string) => boolean;
	/** Whether a file that may name the port cannot be read. */
	readonly isHidden: boolean;
}

/** The options of a process, including those of its configuration file if that can be read. */
async function readProcessOptions(process: LiveProcess): Promise<WalletOptions> {
	return (await readOptions(process)).options;
}

async function readOptions(
	process: LiveProcess,
): Promise<{readonly options: WalletOptions; readonly isHidden: boolean}> {
	const config = await readWalletConfig(process);
	return {
		options: parseWalletOptions(process.argv, config && 'text' in config ? config.text : ''),
		isHidden: config !== undefined && 'unreadable' in config,
	};
}

export async function readWalletClaim(process: LiveProcess): Promise<Claim> {
	const {options, isHidden} = await readOptions(process);
	const port = rpcPortInOptions(options);
	const bound = [
		...(options.isOn('rpc-ignore-ipv4') ? [] : [options.value('rpc-bind-ip') ?? (isHidden ? undefined : '127.0.0.1')]),
		...(options.isOn('rpc-use-ipv6') ? [options.value('rpc-bind-ipv6-address') ?? '::1'] : []),
	].map(address => (address === undefined ? undefined : canonicalHost(address.trim())));
	return compact({
		port,
		isHidden,
		binds: (host: string) => {
			const wanted = localAddressesOf(host);
			return wanted === undefined || bound.some(address => address === undefined || isAt(address, wanted));
		},
	});
}

/** Whether a socket bound to an address is reached at one of the wanted addresses. */
function isAt(address: string, wanted: readonly string[]): boolean {
	return address === '0.0.0.0' || address === '::' || wanted.includes(address);
}
