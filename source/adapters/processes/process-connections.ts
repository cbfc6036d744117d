import {endianness} from 'node:os';
import type {HeldSocket, OutgoingConnection, ProcessConnections, SocketTraffic} from '../../domain/daemon-link.js';
import {readSocketDescriptors, readTcpTables, socketInode} from './network-view.js';
import {parseProcAddress, readProcLink} from './proc-fs.js';

/**
 * The TCP connections that a process opened to others, in its own network namespace.
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
	// Only a connection that is seen may be taken from a table that was read a moment ago.
	const lines = found?.length === 0 ? readSharedLines(pid, network, burstMs) : known;
	return lines === undefined
		? undefined
		: {
				outgoing: lines === known && found ? found : outgoingOf(lines, descriptors),
				isOwnNetwork: network !== undefined && network === readProcLink('self', 'ns/net'),
				descriptors,
			};
}

/** The lines of a namespace's tables by the inode of the socket. */
type SocketLines = ReadonlyMap<string, string>;

/** How long the tables of a namespace serve for all the processes in it, in milliseconds. */
const sharedMs = 1500;
/** The same where a process is not found in them: many that lost their connections at once are looked at in one burst. */
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

/** What a line's timer is for: sending again what was not acknowledged. */
const retransmitTimer = '01:';

const stateNames: Readonly<Record<string, OutgoingConnection['state'] | undefined>> = {
	'01': 'established',
	'02': 'connecting',
	'08': 'closed_by_peer',
};

/**
 * The connections of these sockets in the text of /proc/PID/net/tcp or tcp6. Those on a port where one of them listens came in.
 * @param inodes of the process's sockets
 * @param isLittleEndian the machine's order of bytes
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
	return own.flatMap(([, local, remote = '', code = '', , timer = '', resent = '', , , inode = '']) => {
		const state = stateNames[code];
		const resends = timer.startsWith(retransmitTimer) ? Number.parseInt(resent, 16) : 0;
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

/** Whether a process still holds a socket under the same file descriptor. One call of the system. */
export function holdsSocket(pid: number, {fd, inode}: HeldSocket): boolean {
	try {
		return socketInode(`/proc/${pid}/fd/${fd}`) === inode;
	} catch {
		return false;
	}
}

/** `ss` takes some milliseconds; where a machine has very many sockets, some more. */
const timeoutMs = 2000;
const maxBytes = 16_777_216;

/** So many of them run at once; what is asked for beyond the waiting ones is not told. */
const atOnce = 4;
const mostWaiting = 32;

let running = 0;
const waiting: Array<() => void> = [];

/**
 * What has passed over a connection of a process, by `ss` of iproute2 in the process's network namespace.
 * @returns `undefined` where that program is missing, may not look there, or does not list the socket
 */
export async function readSocketTraffic(pid: number, inode: string): Promise<SocketTraffic | undefined> {
	const network = readProcLink(pid, 'ns/net');
	if (network === undefined) {
		return undefined;
	}

	return parseSocketTraffic((await readSharedTraffic(pid, network)).get(inode) ?? '', inode);
}

/** One run serves all the processes of a network for so long, in milliseconds. */
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

/** Takes one socket from the output of `ss -tinHOe`. */
export function parseSocketTraffic(text: string, inode: string): SocketTraffic | undefined {
	const line = text.split('\n').find(found => / ino:(\d+)\s/.exec(found)?.[1] === inode);
	const value = (name: string): number | undefined => {
		const digits = line === undefined ? undefined : new RegExp(`\\s${name}:(\\d+)(?:\\s|$)`).exec(line)?.[1];
		return digits === undefined ? undefined : Number(digits);
	};
	const [receivedMsAgo, sentMsAgo] = [value('lastrcv'), value('lastsnd')];
	// A count that is 0 is left out.
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
	if (waiting.length >= mostWaiting) {
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
			// No secret of this program is any business of the child.
			const env = {PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`, LC_ALL: 'C'};
			execFile(program, args, {timeout: timeoutMs, maxBuffer: maxBytes, env}, (error, stdout) =>
				resolve(error ? '' : stdout),
			);
		});
	} catch {
		// No process can be started now.
		return '';
	} finally {
		running -= 1;
		waiting.shift()?.();
	}
}
