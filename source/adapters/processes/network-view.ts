import {readdirSync, readFileSync, readlinkSync, statSync} from 'node:fs';
import {endianness} from 'node:os';
import {setImmediate} from 'node:timers/promises';
import {canonicalHost, isPrivateAddress} from '../../domain/daemon-address.js';
import type {ListeningPorts} from '../../domain/ports.js';
import {readSystemFile} from '../bounded-read.js';
import {isLocalHost} from './local-host.js';
import {
	type ListeningSocket,
	parseListeningPorts,
	parseListeningSockets,
	parseLocalAddresses,
	readArgv,
	readPids,
	readProc,
	readProcLink,
	readUid,
} from './proc-fs.js';

/** The network namespaces and listening sockets in /proc. Each part is read once, on first use. */
export interface NetworkView {
	/** The namespace that has a host's address; `undefined` when no visible namespace has it, or several have. */
	readonly namespaceOfHost: (host: string) => string | undefined;
	/** The namespace a process is in; `undefined` when it cannot be read. */
	readonly namespaceOf: (pid: number) => string | undefined;
	/** The sockets that listen in a namespace, on one port or on any; `undefined` when they cannot be read. */
	readonly listening: (namespace: string, port?: number) => readonly ListeningSocket[] | undefined;
	/** The socket that listens at exactly this IPv4 address and port, if it can be found without reading the whole table. */
	readonly listenerAt: (namespace: string, address: string, port: number) => ListeningSocket | undefined;
	/** The inodes of a process's sockets; `undefined` when this user may not see them. */
	readonly socketsOf: (pid: number) => ReadonlySet<string> | undefined;
	/**
	 * The processes that hold a socket, as far as this user may see them.
	 * @param isEnough whether the search may end at a process, because its command line looks like a wallet's
	 */
	readonly holdersOf: (
		inode: string,
		namespace: string,
		isEnough: (pid: number) => Promise<boolean>,
	) => Promise<readonly number[]>;
	readonly uidOf: (pid: number) => number | undefined;
}

const isLittleEndian = endianness() === 'LE';

/** Opens a view. Linux only. */
export function openNetworkView(): NetworkView {
	const namespaceOf = once((pid: number) => readNetworkNamespace(pid));
	const own = readNetworkNamespace('self') ?? 'own';
	const others = memo(() => otherNamespaces(own, namespaceOf));
	const readerOf = once((namespace: string) =>
		namespace === own ? 'self' : (others().get(namespace)?.pid ?? pidIn(namespace, namespaceOf)),
	);
	const listening = once((namespace: string) => readListening(readerOf(namespace)));
	const early = new Map<string, readonly ListeningSocket[]>();
	const firstByPort = once((namespace: string) => groupByPort(readFirstListening(readerOf(namespace))));
	const byPort = once((namespace: string) => groupByPort(listening(namespace)));
	const socketsOf = once(readProcessSockets);
	const likelyHolderOf = searchLikelyHolders(socketsOf);
	const holders = once((namespace: string) => indexHolders(listening(namespace) ?? [], socketsOf));
	return {
		namespaceOf: pid => (own === 'own' ? own : namespaceOf(pid)),
		namespaceOfHost: once((host: string) => {
			if (isLocalHost(host)) {
				return own;
			}

			const address = canonicalHost(host);
			const having = isPrivateAddress(address)
				? [...others()].filter(([, {addresses}]) => addresses().has(address)).map(([namespace]) => namespace)
				: [];
			return having.length === 1 ? having[0] : undefined;
		}),
		listening: (namespace, port) => {
			if (port === undefined) {
				return listening(namespace);
			}

			return firstByPort(namespace).get(port) ?? (listening(namespace) && (byPort(namespace).get(port) ?? []));
		},
		listenerAt: (namespace, address, port) => {
			const isIt = (socket: ListeningSocket) => socket.address === address && socket.port === port;
			const known = early.get(namespace) ?? readListeningUntil(readerOf(namespace), isIt);
			early.set(namespace, known);
			return known.find(isIt);
		},
		socketsOf,
		holdersOf: async (inode, namespace, isEnough) => {
			const known = lastHolders.get(inode);
			if (known?.every(pid => socketsOf(pid)?.has(inode))) {
				return known;
			}

			const likely = likelyHolderOf(inode);
			const isLikelyEnough = likely !== undefined && (await isEnough(likely));
			const pids = isLikelyEnough ? [likely] : ((await holders(namespace)).get(inode) ?? []);
			keepHolders(inode, pids);
			return pids;
		},
		uidOf: once(readUid),
	};
}

/**
 * Identifies a network namespace. The link of another user's process may be unreadable while its tables are readable: their
 * inodes belong to one namespace.
 */
export function readNetworkNamespace(pid: number | 'self'): string | undefined {
	const link = readProcLink(pid, 'ns/net');
	if (link !== undefined) {
		return link;
	}

	const table = readTableId(pid);
	return table === undefined ? undefined : table === readTableId('self') ? readProcLink('self', 'ns/net') : table;
}

function readTableId(pid: number | 'self'): string | undefined {
	try {
		return `table ${statSync(`/proc/${pid}/net/tcp`).ino}`;
	} catch {
		return undefined;
	}
}

interface OtherNamespace {
	/** A process in it. */
	readonly pid: number;
	readonly addresses: () => ReadonlySet<string>;
}

function otherNamespaces(
	own: string,
	namespaceOf: (pid: number) => string | undefined,
): ReadonlyMap<string, OtherNamespace> {
	const others = new Map<string, OtherNamespace>();
	for (const pid of readPids()) {
		const namespace = namespaceOf(pid);
		if (namespace !== undefined && namespace !== own && !others.has(namespace)) {
			others.set(namespace, {pid, addresses: memo(() => readNamespaceAddresses(pid))});
		}
	}

	return others;
}

/** For a namespace created after the others were listed. */
function pidIn(namespace: string, namespaceOf: (pid: number) => string | undefined): number | undefined {
	return readPids().find(pid => namespaceOf(pid) === namespace);
}

/** The addresses of a process's network namespace, loopback included. */
export function readNamespaceAddresses(pid: number): ReadonlySet<string> {
	return parseLocalAddresses(readText(`/proc/${pid}/net/fib_trie`) ?? '', readText(`/proc/${pid}/net/if_inet6`) ?? '');
}

/**
 * Reads the listening sockets at the start of the IPv4 table, up to a wanted one. Reading to the end, or IPv6, takes the
 * kernel milliseconds even with few sockets: it walks through a hash table whose size depends on the machine's memory.
 */
function readListeningUntil(
	pid: number | 'self' | undefined,
	isWanted: (socket: ListeningSocket) => boolean,
): readonly ListeningSocket[] {
	let sockets: readonly ListeningSocket[] = [];
	const isEnough = (text: string) => {
		const lines = text.split('\n').slice(0, -1);
		sockets = parseListeningSockets(lines.join('\n'), isLittleEndian);
		return sockets.some(isWanted) || sockets.length < lines.length - 1 || sockets.length > maxEarly;
	};
	readProc(`/proc/${pid}/net/tcp`, {stepBytes: 4 * lineBytes, isEnough});
	return sockets;
}

/** The length of a line of the IPv4 table, in bytes. */
const lineBytes = 150;
/** When this many sockets listen, all of them are read at once. */
const maxEarly = 32;

/**
 * Reads the listening sockets at the start of the tables: Linux lists them before all others, of which a busy machine has
 * tens of thousands. A port that is missing here may still be listed later.
 */
function readFirstListening(pid: number | 'self' | undefined): readonly ListeningSocket[] {
	return pid === undefined
		? []
		: tcpTables.flatMap(name => {
				const steps = {stepBytes: maxHeadBytes, isEnough: endsWithOther};
				const head = readSystemFile(`/proc/${pid}/net/${name}`, maxHeadBytes, steps) ?? '';
				return head.length < maxHeadBytes ? parseListeningSockets(head, isLittleEndian) : [];
			});
}

/** About 7,000 listening sockets; if there are more, the whole table is read. */
const maxHeadBytes = 1_048_576;

/** Whether the last complete line of a table is a socket that does not listen, so that all listening ones have been read. */
function endsWithOther(table: string): boolean {
	const end = table.lastIndexOf('\n');
	const start = table.lastIndexOf('\n', end - 1) + 1;
	return start > 0 && !table.slice(start, end).includes(' 0A ');
}

function readListening(pid: number | 'self' | undefined): readonly ListeningSocket[] | undefined {
	const tables = pid === undefined ? [] : readTcpTables(pid);
	return tables.length === 0 ? undefined : tables.flatMap(table => parseListeningSockets(table, isLittleEndian));
}

function groupByPort(sockets: readonly ListeningSocket[] = []): ReadonlyMap<number, readonly ListeningSocket[]> {
	const byPort = new Map<number, ListeningSocket[]>();
	for (const socket of sockets) {
		const others = byPort.get(socket.port);
		if (others) {
			others.push(socket);
		} else {
			byPort.set(socket.port, [socket]);
		}
	}

	return byPort;
}

/**
 * The TCP sockets in a process's network namespace, IPv4 and IPv6; none when they cannot be read. There is no tcp6 without
 * IPv6.
 */
export function readTcpTables(pid: number | 'self'): readonly string[] {
	return tcpTables.flatMap(name => readText(`/proc/${pid}/net/${name}`) ?? []);
}

const tcpTables = ['tcp', 'tcp6'];

/** These files are longer than the limit for other files of /proc. */
function readText(path: string): string | undefined {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return undefined;
	}
}

/** The inodes of a process's sockets; `undefined` when this user may not see them. */
function readProcessSockets(pid: number): ReadonlySet<string> | undefined {
	const descriptors = readSocketDescriptors(pid);
	return descriptors && new Set(descriptors.keys());
}

/** The file descriptor of each socket of a process, by inode; `undefined` when this user may not see them. */
export function readSocketDescriptors(pid: number): ReadonlyMap<string, number> | undefined {
	const folder = `/proc/${pid}/fd`;
	try {
		const descriptors = new Map<string, number>();
		for (const fd of readdirSync(folder)) {
			const inode = socketInode(`${folder}/${fd}`);
			if (inode !== undefined) {
				descriptors.set(inode, Number(fd));
			}
		}

		return descriptors;
	} catch {
		return undefined;
	}
}

/** @throws Error of the system when the files of a process may be listed but not read */
export function socketInode(link: string): string | undefined {
	try {
		return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1];
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'EACCES') {
			throw error;
		}

		// Closed after the folder was listed.
		return undefined;
	}
}

/** The last known holders of each socket: while they still hold it, no other process is searched. */
const lastHolders = new Map<string, readonly number[]>();
const maxKeptHolders = 10_000;

function keepHolders(inode: string, pids: readonly number[]): void {
	if (lastHolders.size >= maxKeptHolders) {
		lastHolders.clear();
	}

	if (pids.length > 0) {
		lastHolders.set(inode, pids);
	}
}

/** Text found in the command line of a wallet, whatever its program is called. */
export const walletHint = /monero-wallet|--wallet-|--rpc-bind-|--config-f/;

/**
 * Searches processes, the newest first, only until the holder is found: listing the open files of all of them takes far
 * longer.
 */
function searchLikelyHolders(socketsOf: NetworkView['socketsOf']): (inode: string) => number | undefined {
	const holders = new Map<string, number>();
	let unseen: number[] | undefined;
	return inode => {
		unseen ??= readPids().sort((a, b) => a - b);
		while (!holders.has(inode)) {
			const pid = unseen.pop();
			if (pid === undefined) {
				return undefined;
			}

			for (const held of walletHint.test(readArgv(pid).join(' ')) ? (socketsOf(pid) ?? []) : []) {
				holders.set(held, pid);
			}
		}

		return holders.get(inode);
	};
}

/** Other work runs after every batch of this many processes: a busy machine has tens of thousands of open files. */
const batch = 200;

async function indexHolders(
	sockets: readonly ListeningSocket[],
	socketsOf: (pid: number) => ReadonlySet<string> | undefined,
): Promise<ReadonlyMap<string, readonly number[]>> {
	const wanted = new Set(sockets.map(({inode}) => inode));
	const holders = new Map<string, number[]>();
	for (const [index, pid] of readPids().entries()) {
		if (index % batch === batch - 1) {
			await setImmediate();
		}

		for (const inode of socketsOf(pid) ?? []) {
			if (wanted.has(inode)) {
				holders.set(inode, [...(holders.get(inode) ?? []), pid]);
			}
		}
	}

	return holders;
}

function once<K, V>(read: (key: K) => V): (key: K) => V {
	const known = new Map<K, V>();
	return key => {
		if (!known.has(key)) {
			known.set(key, read(key));
		}

		return known.get(key) as V;
	};
}

function memo<T>(read: () => T): () => T {
	const readOnce = once((_: undefined) => read());
	return () => readOnce(undefined);
}

/**
 * The TCP ports a process listens on, in its own network namespace.
 * @returns `undefined` when they cannot be read (another user's process)
 */
export function readListeningPorts(pid: number): number[] | undefined {
	const view = openNetworkView();
	const sockets = view.socketsOf(pid);
	const namespace = view.namespaceOf(pid);
	const listening = namespace === undefined ? undefined : view.listening(namespace);
	return sockets && [...new Set((listening ?? []).flatMap(({inode, port}) => (sockets.has(inode) ? [port] : [])))];
}

/** Opens a view of the listening TCP ports that reads each network namespace once, on first use. Linux only. */
export function openListeningPorts(): ListeningPorts {
	const byNamespace = new Map<string, ReadonlySet<number> | undefined>();
	return (pid, port) => {
		// If the namespace of another user's process cannot be read, its table often can.
		const namespace = readProcLink(pid, 'ns/net') ?? `of ${pid}`;
		if (!byNamespace.has(namespace)) {
			byNamespace.set(namespace, readNamespacePorts(pid));
		}

		return byNamespace.get(namespace)?.has(port);
	};
}

function readNamespacePorts(pid: number): ReadonlySet<number> | undefined {
	const tables = readTcpTables(pid);
	return tables.length === 0 ? undefined : new Set(tables.flatMap(table => [...parseListeningPorts(table)]));
}
