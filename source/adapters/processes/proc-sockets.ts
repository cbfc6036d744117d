import {readdirSync, readFileSync, readlinkSync} from 'node:fs';
import {parseListeners} from './proc-text.js';

/**
 * Whether a process holds the socket that listens on a TCP port of this machine.
 * @returns `undefined` when that cannot be read (another user's process)
 */
export type OwnsListener = (pid: number, port: number) => boolean | undefined;

const protocols = ['tcp', 'tcp6'] as const;

/** A view of the listening sockets that reads each thing once, when it is first asked for. */
export function openListeners(): OwnsListener {
	let listeners: ReadonlyArray<ReturnType<typeof parseListeners>> | undefined;
	const socketsByPid = new Map<number, ReadonlySet<string> | undefined>();
	return (pid, port) => {
		listeners ??= protocols.map(protocol => readListeners(protocol));
		const inodes = listeners.flatMap(byPort => [...(byPort.get(port) ?? [])]);
		if (inodes.length === 0) {
			return false;
		}

		if (!socketsByPid.has(pid)) {
			socketsByPid.set(pid, readSockets(pid));
		}

		const sockets = socketsByPid.get(pid);
		return sockets && inodes.some(inode => sockets.has(inode));
	};
}

/**
 * The TCP ports a process listens on, in its own network.
 * @returns `undefined` when that cannot be read (another user's process)
 */
export function readListeningPorts(pid: number): number[] | undefined {
	const sockets = readSockets(pid);
	const listeners = protocols.flatMap(protocol => [...readListeners(protocol, pid)]);
	return (
		sockets && [
			...new Set(listeners.flatMap(([port, inodes]) => ([...inodes].some(inode => sockets.has(inode)) ? [port] : []))),
		]
	);
}

function readListeners(
	protocol: (typeof protocols)[number],
	pid: number | 'self' = 'self',
): ReturnType<typeof parseListeners> {
	try {
		return parseListeners(readFileSync(`/proc/${pid}/net/${protocol}`, 'utf8'));
	} catch {
		// Without IPv6 there is no tcp6.
		return new Map();
	}
}

/** Inodes of the sockets a process holds. */
function readSockets(pid: number): ReadonlySet<string> | undefined {
	const folder = `/proc/${pid}/fd`;
	try {
		return new Set(readdirSync(folder).flatMap(fd => socketInode(`${folder}/${fd}`) ?? []));
	} catch {
		return undefined;
	}
}

function socketInode(link: string): string | undefined {
	try {
		return /^socket:\[(\d+)\]$/.exec(readlinkSync(link))?.[1];
	} catch {
		// Closed since the folder was listed.
		return undefined;
	}
}
