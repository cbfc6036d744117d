import {readdirSync, readFileSync, readlinkSync, statSync} from 'node:fs';
import {endianness} from 'node:os';
import {setImmediate} from 'node:timers/promises';
import type {ListeningPorts} from '../../domain/ports.js';
import {readSystemFile} from '../bounded-read.js';
import {canonicalHost, isLocalHost, isPrivateAddress} from './local-host.js';
import {
	type ListeningSocket,
	parseListeners,
	parseListeningSockets,
	parseLocalAddresses,
	readArgv,
	readPids,
	readProc,
	readProcLink,
	readUid,
} from './proc-fs.js';

/** What /proc tells of network namespaces and the sockets that listen in them. Each thing is read once, when it is first asked for. */
export interface NetworkView {
	/** The namespace a host's address belongs to; `undefined` when none that can be seen has it, or several have. */
	readonly namespaceOfHost: (host: string) => string | undefined;
	/** The namespace a process is in; `undefined` when that cannot be read. */
	readonly namespaceOf: (pid: number) => string | undefined;
	/** The sockets that listen in a namespace, on one port or on any; `undefined` when they cannot be read. */
	readonly listening: (namespace: string, port?: number) => readonly ListeningSocket[] | undefined;
	/** The socket that listens at exactly this IPv4 address and port, where it is found without reading everything. */
	readonly listenerAt: (namespace: string, address: string, port: number) => ListeningSocket | undefined;
	/** The inodes of the sockets a process holds; `undefined` when this user may not see them. */
	readonly socketsOf: (pid: number) => ReadonlySet<string> | undefined;
	/**
	 * The processes that hold a socket, as far as this user may see.
	 * @param isEnough whether one that looks like a wallet by its command line is all that is wanted
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
	const namespaceOf = once((pid: number) => readNamespace(pid));
	const own = readNamespace('self') ?? 'own';
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
 * What tells one network namespace from another. Of another user's process the link may not be read, but its tables may: their
 * inodes are a namespace's own.
 */
function readNamespace(pid: number | 'self'): string | undefined {
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

/** A namespace that began after the others were listed. */
function pidIn(namespace: string, namespaceOf: (pid: number) => string | undefined): number | undefined {
	return readPids().find(pid => namespaceOf(pid) === namespace);
}

/** The addresses of a process's network namespace, loopback included. */
export function readNamespaceAddresses(pid: number): ReadonlySet<string> {
	return parseLocalAddresses(readText(`/proc/${pid}/net/fib_trie`) ?? '', readText(`/proc/${pid}/net/if_inet6`) ?? '');
}

/**
 * The listening sockets at the head of the IPv4 table, up to a wanted one. Reading on to the end, and IPv6, takes the kernel
 * milliseconds however few sockets there are: it walks through a table made for the memory of the machine.
 */
function readListeningUntil(
	pid: number | 'self' | undefined,
	isWanted: (socket: ListeningSocket) => boolean,
): readonly ListeningSocket[] {
	let sockets: readonly ListeningSocket[] = [];
	const isEnough = (text: string) => {
		const lines = text.split('\n').slice(0, -1);
		sockets = parseListeningSockets(lines.join('\n'), isLittleEndian);
		return sockets.some(isWanted) || sockets.length < lines.length - 1 || sockets.length > mostEarly;
	};
	readProc(`/proc/${pid}/net/tcp`, {stepBytes: 4 * lineBytes, isEnough});
	return sockets;
}

/** How long a line of the IPv4 table is. */
const lineBytes = 150;
/** Where so many sockets listen, all of them are read at once. */
const mostEarly = 32;

/**
 * The listening sockets at the head of the tables: Linux lists them before all others, of which a busy machine has tens of
 * thousands. A port that is not among them may still be listed later.
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

/** Some 7,000 listening sockets; where there are more, the whole table is read. */
const maxHeadBytes = 1_048_576;

/** Whether the last whole line of a table is a socket that does not listen, so that those that listen came before it. */
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

/** The TCP sockets in a process's network namespace, IPv4 and IPv6; none when they cannot be read. Without IPv6 there is no tcp6. */
export function readTcpTables(pid: number | 'self'): readonly string[] {
	return tcpTables.flatMap(name => readText(`/proc/${pid}/net/${name}`) ?? []);
}

const tcpTables = ['tcp', 'tcp6'];

/** These texts are longer than what is read of other files of /proc. */
function readText(path: string): string | undefined {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return undefined;
	}
}

/** Inodes of the sockets a process holds; `undefined` when this user may not see them. */
export function readProcessSockets(pid: number): ReadonlySet<string> | undefined {
	const descriptors = readSocketDescriptors(pid);
	return descriptors && new Set(descriptors.keys());
}

/** The file descriptor of each socket a process holds, by inode; `undefined` when this user may not see them. */
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

/** @throws Error of the system when the files of a process may be listed but not looked at */
export function socketInode(link: string): string | undefined {
	try {
		return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1];
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === 'EACCES') {
			throw error;
		}

		// Closed since the folder was listed.
		return undefined;
	}
}

/** Who held a socket when it was last looked for: while they still do, nothing else needs to be looked at. */
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

/** What stands in the command line of a wallet, whatever its name. */
export const walletHint = /monero-wallet|--wallet-|--rpc-bind-|--config-f/;

/** Looks at processes only until the holder is found, the latest first: listing the open files of all of them takes far longer. */
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

/** Between so many processes other work gets its turn: a busy machine has tens of thousands of open files. */
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
 * The TCP ports a process listens on, in its own network.
 * @returns `undefined` when that cannot be read (another user's process)
 */
export function readListeningPorts(pid: number): number[] | undefined {
	const view = openNetworkView();
	const sockets = view.socketsOf(pid);
	const namespace = view.namespaceOf(pid);
	const listening = namespace === undefined ? undefined : view.listening(namespace);
	return sockets && [...new Set((listening ?? []).flatMap(({inode, port}) => (sockets.has(inode) ? [port] : [])))];
}

/** Opens a view of the listening TCP ports that reads each network namespace once, when it is first asked for. Linux only. */
export function openListeningPorts(): ListeningPorts {
	const byNamespace = new Map<string, ReadonlySet<number> | undefined>();
	return (pid, port) => {
		// Where the namespace of another user's process cannot be read, its table often can.
		const namespace = readProcLink(pid, 'ns/net') ?? `of ${pid}`;
		if (!byNamespace.has(namespace)) {
			byNamespace.set(namespace, readNamespacePorts(pid));
		}

		return byNamespace.get(namespace)?.has(port);
	};
}

function readNamespacePorts(pid: number): ReadonlySet<number> | undefined {
	const tables = readTcpTables(pid);
	return tables.length === 0 ? undefined : new Set(tables.flatMap(table => [...parseListeners(table).keys()]));
}
