import {endianness} from 'node:os';
import type {HeldSocket, OutgoingConnection, ProcessConnections, SocketTraffic} from '../../domain/daemon-link.js';
import {readSocketDescriptors, readTcpTables, socketInode} from './network-view.js';
import {parseProcAddress, readProcLink} from './proc-fs.js';

/**
 * The TCP connections that a process opened, in its own network namespace.
 * @returns `undefined` when they cannot be read (another user's process, no /proc)
 */
export function readProcessConnections(pid: number): ProcessConnections | undefined {
	const descriptors = readSocketDescriptors(pid);
	const network = readProcLink(pid, 'ns/net');
	if (descriptors === undefined) {
		return undefined;
	}

	const known = readSharedLines(pid, network, sharedMs);
	const found = known && outgoingOf(known, descriptors);
	// A cached table proves that a connection exists, not that it is missing: before saying that there is none, read a newer
	// one.
	const lines = found?.length === 0 ? readSharedLines(pid, network, burstMs) : known;
	return lines === undefined
		? undefined
		: {
				outgoing: lines === known && found ? found : outgoingOf(lines, descriptors),
				isOwnNetwork: network !== undefined && network === readProcLink('self', 'ns/net'),
				descriptors,
			};
}

/** The lines of a namespace's TCP tables, by inode of the socket. */
type SocketLines = ReadonlyMap<string, string>;

/** How long the tables of a namespace are cached for all its processes, in milliseconds. */
const sharedMs = 1500;
/**
 * How long they are cached for a process without a connection, in milliseconds: when many processes lose their connections
 * at once, they are all checked in one burst.
 */
const burstMs = 50;

const sharedLines = new Map<string, {readonly atMs: number; readonly lines: SocketLines}>();

function readSharedLines(pid: number, network: string | undefined, maxAgeMs: number): SocketLines | undefined {
	const nowMs = performance.now();
	const before = network === undefined ? undefined : sharedLines.get(network);
	if (before && nowMs - before.atMs <= maxAgeMs) {
		return before.lines;
	}

	const tables = readTcpTables(pid);
	if (tables.length === 0) {
		return undefined;
	}

	const lines = new Map(tables.flatMap(table => table.split('\n').map(line => [inodeIn(line), line] as const)));
	if (network !== undefined) {
		forgetOldLines(nowMs);
		sharedLines.set(network, {atMs: nowMs, lines});
	}

	return lines;
}

function forgetOldLines(nowMs: number): void {
	for (const [network, {atMs}] of sharedLines) {
		if (nowMs - atMs > sharedMs) {
			sharedLines.delete(network);
		}
	}
}

/** The tenth field of a line. */
const inodeIn = (line: string): string => /^\s*(?:\S+\s+){9}(\d+)/.exec(line)?.[1] ?? '';

function outgoingOf(lines: SocketLines, descriptors: ReadonlyMap<string, number>): readonly OutgoingConnection[] {
	const own = [...descriptors.keys()].flatMap(inode => lines.get(inode) ?? []);
	return parseOutgoingConnections(own.join('\n'), new Set(descriptors.keys()), endianness() === 'LE');
}

const listening = '0A';

/** The timer codes of a line for a retransmission, and for probing a peer that has not acknowledged anything sent lately. */
const retransmitTimer = '01:';
const probeTimer = '04:';

/**
 * How many times in a row data was sent without an acknowledgement. Data dropped by a firewall of its own host counts as not
 * sent: the system then probes the peer. A peer whose receive window is full answers the probes, which resets their count.
 * @param resent hexadecimal
 * @param probes decimal
 */
function countResends(timer: string, resent: string, probes: string): number {
	return timer.startsWith(retransmitTimer)
		? Number.parseInt(resent, 16)
		: timer.startsWith(probeTimer)
			? Number.parseInt(probes, 10)
			: 0;
}

const stateNames: Readonly<Record<string, OutgoingConnection['state'] | undefined>> = {
	'01': 'established',
	'02': 'connecting',
	'08': 'closed_by_peer',
};

/**
 * The connections of these sockets in the text of /proc/PID/net/tcp or tcp6. A connection on a port where one of them
 * listens is incoming, and left out.
 * @param inodes of the process's sockets
 * @param isLittleEndian the machine's byte order
 */
export function parseOutgoingConnections(
	text: string,
	inodes: ReadonlySet<string>,
	isLittleEndian: boolean,
): readonly OutgoingConnection[] {
	const own = text
		.split('\n')
		.map(line => line.trim().split(/\s+/))
		.filter(fields => inodes.has(fields[9] ?? ''));
	const served = new Set(own.filter(fields => fields[3] === listening).map(fields => portIn(fields[1])));
	return own.flatMap(([, local, remote = '', code = '', , timer = '', resent = '', , probes = '', inode = '']) => {
		const state = stateNames[code];
		const resends = countResends(timer, resent, probes);
		return state === undefined || served.has(portIn(local))
			? []
			: [
					{
						address: parseProcAddress(remote.split(':')[0] ?? '', isLittleEndian),
						port: portIn(remote),
						state,
						inode,
						...(resends > 0 ? {resends} : {}),
					},
				];
	});
}

const portIn = (endpoint = ''): number => Number.parseInt(endpoint.slice(endpoint.lastIndexOf(':') + 1), 16);

/** Whether a process still holds a socket under the same file descriptor. Costs one system call. */
export function holdsSocket(pid: number, {fd, inode}: HeldSocket): boolean {
	try {
		return socketInode(`/proc/${pid}/fd/${fd}`) === inode;
	} catch {
		return false;
	}
}

/** `ss` takes some milliseconds, and longer on a machine with very many sockets. */
const timeoutMs = 2000;
const maxBytes = 16_777_216;

/** How many run at once; a request beyond the longest queue gets no answer. */
const atOnce = 4;
const maxWaiting = 32;

let running = 0;
const waiting: Array<() => void> = [];

/**
 * The traffic of a process's connection, read with `ss` of iproute2 in the process's network namespace.
 * @returns `undefined` when `ss` is missing, lacks permission, or does not list the socket
 */
export async function readSocketTraffic(pid: number, inode: string): Promise<SocketTraffic | undefined> {
	const network = readProcLink(pid, 'ns/net');
	if (network === undefined) {
		return undefined;
	}

	return parseSocketTraffic((await readSharedTraffic(pid, network)).get(inode) ?? '', inode);
}

/** How long one run's output is cached for all processes of a network namespace, in milliseconds. */
const trafficSharedMs = 1000;

const sharedTraffic = new Map<string, {readonly atMs: number; readonly lines: Promise<SocketLines>}>();

function readSharedTraffic(pid: number, network: string): Promise<SocketLines> {
	const nowMs = performance.now();
	for (const [name, {atMs}] of sharedTraffic) {
		if (nowMs - atMs > trafficSharedMs) {
			sharedTraffic.delete(name);
		}
	}

	const known = sharedTraffic.get(network);
	if (known) {
		return known.lines;
	}

	const list = ['ss', '-tinHOe', 'state', 'connected'];
	const isOwn = network === readProcLink('self', 'ns/net');
	const lines = runBounded(isOwn ? list : ['nsenter', '-t', String(pid), '-n', ...list]).then(
		text => new Map(text.split('\n').map(line => [/\sino:(\d+)\s/.exec(line)?.[1] ?? '', line])),
	);
	sharedTraffic.set(network, {atMs: nowMs, lines});
	return lines;
}

/** Finds one socket in the output of `ss -tinHOe`. */
export function parseSocketTraffic(text: string, inode: string): SocketTraffic | undefined {
	const line = text.split('\n').find(found => / ino:(\d+)\s/.exec(found)?.[1] === inode);
	const value = (name: string): number | undefined => {
		const digits = line === undefined ? undefined : new RegExp(`\\s${name}:(\\d+)(?:\\s|$)`).exec(line)?.[1];
		return digits === undefined ? undefined : Number(digits);
	};
	const [receivedMsAgo, sentMsAgo] = [value('lastrcv'), value('lastsnd')];
	// `ss` leaves out a count of 0.
	return receivedMsAgo === undefined || sentMsAgo === undefined
		? undefined
		: {
				receivedBytes: value('bytes_received') ?? 0,
				sentBytes: value('bytes_sent') ?? value('bytes_acked') ?? 0,
				receivedMsAgo,
				sentMsAgo,
			};
}

async function runBounded([program = '', ...args]: readonly string[]): Promise<string> {
	if (waiting.length >= maxWaiting) {
		return '';
	}

	if (running >= atOnce) {
		await new Promise<void>(resolve => {
			waiting.push(resolve);
		});
	}

	running += 1;
	try {
		const {execFile} = await import('node:child_process');
		return await new Promise(resolve => {
			// The child gets no secret of this program.
			const env = {PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`, LC_ALL: 'C'};
			execFile(program, args, {timeout: timeoutMs, maxBuffer: maxBytes, env}, (error, stdout) =>
				resolve(error ? '' : stdout),
			);
		});
	} catch {
		// No process can be started at this time.
		return '';
	} finally {
		running -= 1;
		waiting.shift()?.();
	}
}
