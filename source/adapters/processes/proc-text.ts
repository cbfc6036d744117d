/** What the texts under Linux's /proc say. Formats: proc(5). */
import {canonicalHost} from './local-host.js';

/** Clock ticks per second in /proc: fixed at 100 for user space on every architecture Node runs on. */
export const ticksPerSecond = 100;

/** What /proc/PID/stat says. */
export interface ProcStat {
	/** The program's file name, cut to 15 bytes; a process may change it. */
	readonly comm: string;
	/** One letter: R, S, D, T, t, Z, X ... */
	readonly state: string;
	/** Whether its memory is being taken down: it has ended, and is not a zombie yet. */
	readonly exiting: boolean;
	/** User and system time used so far, in milliseconds. */
	readonly cpuMs: number;
	/** Field 22: ticks from boot to its start. */
	readonly startTicks: number;
}

const exitingFlag = 0x4;

/** Reads /proc/PID/stat. The name stands in parentheses and may itself hold spaces and parentheses. */
export function parseStat(text: string): ProcStat | undefined {
	const open = text.indexOf('(');
	const close = text.lastIndexOf(')');
	const fields = text.slice(close + 2).split(' ');
	// Field 3 of the manual is the first here.
	const number = (field: number) => Number(fields[field - 3] ?? Number.NaN);
	const state = fields[0] ?? '';
	const startTicks = number(22);
	return open === -1 || close < open || !/^[A-Za-z]$/.test(state) || !Number.isSafeInteger(startTicks)
		? undefined
		: {
				comm: text.slice(open + 1, close),
				state,
				exiting: (number(9) & exitingFlag) !== 0,
				cpuMs: (number(14) + number(15)) * (1000 / ticksPerSecond),
				startTicks,
			};
}

/** The arguments in /proc/PID/cmdline. A title written over them is padded with zero bytes. */
export function parseCmdline(text: string): string[] {
	const bare = text.replace(/\0+$/, '');
	return bare === '' ? [] : bare.split('\0');
}

/** The effective user of /proc/PID/status: the owner of the files the process makes. */
export function parseUid(text: string): number | undefined {
	const uid = /^Uid:\t\d+\t(\d+)/m.exec(text)?.[1];
	return uid === undefined ? undefined : Number(uid);
}

/** Boot time in milliseconds since the epoch, from /proc/stat. */
export function parseBootTimeMs(text: string): number | undefined {
	const seconds = /^btime (\d+)$/m.exec(text)?.[1];
	return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** The numbers of a process in the pid namespaces within that of the reader, the outermost first, from /proc/PID/status. */
export function parseInnerPids(status: string): readonly number[] {
	const numbers = /^NSpid:\t([\d\t]+)$/m.exec(status)?.[1]?.split('\t').map(Number) ?? [];
	return numbers.slice(1);
}

const listening = '0A';

/** A socket that listens, from /proc/net/tcp or tcp6. */
export interface ListeningSocket {
	/** Canonical: IPv4 of a mapped one, IPv6 in its shortest form. */
	readonly address: string;
	readonly port: number;
	/** The user who opened it. */
	readonly uid: number;
	readonly inode: string;
}

/** The listening sockets in /proc/net/tcp or tcp6. @param isLittleEndian the machine's order of bytes */
export function parseListeningSockets(text: string, isLittleEndian: boolean): ListeningSocket[] {
	return text
		.split('\n')
		.slice(1)
		.flatMap(line => {
			const [, local = '', , state, , , , uid, , inode = ''] = line.trim().split(/\s+/);
			const [address = '', port = ''] = local.split(':');
			return state === listening
				? [{address: addressIn(address, isLittleEndian), port: Number.parseInt(port, 16), uid: Number(uid), inode}]
				: [];
		});
}

/** An address of /proc/net/tcp or tcp6, canonical. The kernel prints each word of 32 bits in the machine's order of bytes. */
export function addressIn(hex: string, isLittleEndian: boolean): string {
	const words = hex.match(/.{8}/g) ?? [];
	const bytes = words.flatMap(word => {
		const ordered = (word.match(/../g) ?? []).map(byte => Number.parseInt(byte, 16));
		return isLittleEndian ? ordered.reverse() : ordered;
	});
	if (bytes.length === 4) {
		return bytes.join('.');
	}

	const groups = Array.from({length: 8}, (_, index) =>
		(((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
	);
	return canonicalHost(groups.join(':'));
}

/** The addresses of a network namespace: IPv4 from /proc/PID/net/fib_trie, IPv6 from /proc/PID/net/if_inet6. */
export function parseLocalAddresses(fibTrie: string, ifInet6: string): ReadonlySet<string> {
	const v4 = [...fibTrie.matchAll(/\|-- ([\d.]+)\n\s+\/32 host LOCAL/g)].map(([, address = '']) => address);
	const v6 = [...ifInet6.matchAll(/^([\da-f]{32}) /gm)].map(([, hex = '']) =>
		canonicalHost((hex.match(/.{4}/g) ?? []).join(':')),
	);
	return new Set([...v4, ...v6]);
}

/** Inodes of the listening sockets in /proc/net/tcp or tcp6, by port. */
export function parseListeners(text: string): ReadonlyMap<number, ReadonlySet<string>> {
	const byPort = new Map<number, Set<string>>();
	for (const line of text.split('\n').slice(1)) {
		const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/);
		if (state === listening) {
			const port = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16);
			byPort.set(port, (byPort.get(port) ?? new Set()).add(inode));
		}
	}

	return byPort;
}
