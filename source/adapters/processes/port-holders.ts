import type {LiveProcess, PortHolder, ProcessTable} from '../../domain/ports.js';
import {relayTargets} from '../../domain/relay-targets.js';
import {isStartedAsWallet, isWalletProgram, programName} from '../../domain/wallet-process.js';
import {addressesOf, isLocalHost} from './local-host.js';
import type {NetworkView} from './network-view.js';
import type {ListeningSocket} from './proc-text.js';
import {walletOptionsOf} from './wallet-claims.js';

/** What tells who listens where. */
export interface HolderSources {
	readonly inspect: ProcessTable['inspect'];
	/** Absent where the system does not tell: then all processes are taken to be in one namespace, and only arguments count. */
	readonly network?: NetworkView;
}

/** An address in a network namespace. */
export interface Place {
	readonly namespace: string;
	readonly host: string;
	readonly port: number;
}

/** The place of a node's address; `undefined` when its host is not this machine, nor one namespace that can be seen on it. */
export function placeOf({network}: HolderSources, host: string, port: number): Place | undefined {
	const namespace = network ? network.namespaceOfHost(host) : isLocalHost(host) ? '' : undefined;
	return namespace === undefined ? undefined : {namespace, host, port};
}

/** Whether a process is in the namespace of a place; true where that cannot be read. */
export function isIn({network}: HolderSources, {namespace}: Place, {pid}: LiveProcess): boolean {
	return network === undefined || [namespace, undefined].includes(network.namespaceOf(pid));
}

/** The sockets that take connections to a place: bound to its address, else to every one. Empty where they cannot be read. */
export function listeningAt({network}: HolderSources, {namespace, host, port}: Place): readonly ListeningSocket[] {
	const sockets = network?.listening(namespace)?.filter(socket => socket.port === port) ?? [];
	const wanted = addressesOf(host);
	const exact = sockets.filter(({address}) => wanted === undefined || wanted.includes(address));
	const isV4 = wanted?.some(address => !address.includes(':')) === true;
	return exact.length > 0 ? exact : sockets.filter(({address}) => address === '::' || (address === '0.0.0.0' && isV4));
}

/** Whether a process listens at all, so that it was not started for a place where nobody does. */
export function listensElsewhere({network}: HolderSources, {namespace}: Place, {pid}: LiveProcess): boolean {
	const sockets = network?.socketsOf(pid);
	return sockets !== undefined && network?.listening(namespace)?.some(({inode}) => sockets.has(inode)) === true;
}

/** Whether sockets whose holder cannot be seen may be those of a process: it cannot be looked into, and its user opened them. */
export function mayHold({network}: HolderSources, sockets: readonly ListeningSocket[], {pid}: LiveProcess): boolean {
	return network?.socketsOf(pid) === undefined && sockets.some(({uid}) => uid === network?.uidOf(pid));
}

/** Who holds sockets that listen at a place; of several the wallet, else the one that passes connections on, else the oldest. */
export async function holderOf(
	{inspect, network}: HolderSources,
	{namespace}: Place,
	sockets: readonly ListeningSocket[],
): Promise<LiveProcess | undefined> {
	const pids = await Promise.all(sockets.map(async ({inode}) => network?.holdersOf(inode, namespace) ?? []));
	const sightings = await Promise.all([...new Set(pids.flat())].map(inspect));
	const holders = sightings.flatMap(sighting => (sighting.kind === 'alive' ? [sighting.process] : []));
	const areWallets = await Promise.all(holders.map(isWallet));
	return (
		holders.find((_, index) => areWallets[index]) ??
		holders.find(process => relayTargets(process).length > 0) ??
		// The init process may hold the socket of a service that it starts when it is needed.
		oldest(holders.filter(({pid}) => pid !== 1)) ??
		holders[0]
	);
}

/** A holder as others see it. */
export async function holderFacts(process: LiveProcess): Promise<PortHolder> {
	return {
		pid: process.pid,
		program: programName(process) ?? 'another program',
		isWallet: await isWallet(process),
	};
}

/** Whether a process that holds a wallet's socket, or was listed as a wallet, is one: by its name, or its options. */
export async function isWallet(process: LiveProcess): Promise<boolean> {
	return isWalletProgram(process) || isStartedAsWallet(process.argv, await walletOptionsOf(process));
}

/** Where a program that listens at a place passes connections on to. */
export function targetsOf(sources: HolderSources, process: LiveProcess, {namespace}: Place): readonly Place[] {
	return relayTargets(process).flatMap(({host, port}) => {
		const isLoopback = addressesOf(host)?.some(address => address === '::1' || address.startsWith('127.'));
		return isLoopback
			? [{namespace: sources.network?.namespaceOf(process.pid) ?? namespace, host, port}]
			: (placeOf(sources, host, port) ?? []);
	});
}

/** When a process started, in a unit of its own. */
export const startOf = ({start_ticks: ticks, started_at: startedAt}: LiveProcess): number =>
	ticks ?? Date.parse(startedAt);

function oldest(processes: readonly LiveProcess[]): LiveProcess | undefined {
	return processes.reduce<LiveProcess | undefined>(
		(best, process) => (best && startOf(best) <= startOf(process) ? best : process),
		undefined,
	);
}
