import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {homedir, hostname, networkInterfaces, uptime, userInfo} from 'node:os';
import path from 'node:path';
import {setFlagsFromString} from 'node:v8';
import {compact} from '../../domain/compact.js';
import type {OwnPlace} from '../../domain/ports.js';
import {readSystemFile} from '../bounded-read.js';

/**
 * The system calls of a start or a check that fail in a restricted system: a user id without a passwd entry, a filter of
 * system calls, a current folder that was removed, no /proc. A test puts each of them out of order.
 */
export const systemCalls = {
	homedir,
	userHomedir: (): string => userInfo().homedir,
	hostname,
	addresses: (): string[] => Object.values(networkInterfaces()).flatMap(list => (list ?? []).map(own => own.address)),
	uptime,
	cwd: (): string => process.cwd(),
	/** The first 256 KiB of a file of the system. */
	readText: (file: string): string | undefined => readSystemFile(file, 256 * 1024),
};

/** See {@link systemCalls}. */
export type SystemCalls = typeof systemCalls;

/** What a call gives, or `undefined` when the system refuses it. */
function attempt<T>(call: () => T): T | undefined {
	try {
		return call();
	} catch {
		return undefined;
	}
}

/** The user's home folder: `$HOME`, else the one in the user database. `undefined` when neither names an absolute path. */
export function homeFolder(calls: SystemCalls = systemCalls): string | undefined {
	return [attempt(calls.homedir), attempt(calls.userHomedir)].find(
		folder => folder !== undefined && path.isAbsolute(folder),
	);
}

/** The name of this machine; empty when the system does not tell. */
export function hostName(calls: SystemCalls = systemCalls): string {
	return attempt(calls.hostname) ?? calls.readText('/proc/sys/kernel/hostname')?.trim() ?? '';
}

/** The addresses of this machine. Without AF_NETLINK (a sandboxed service) they are read from /proc. */
export function readOwnAddresses(calls: SystemCalls = systemCalls): readonly string[] {
	return (
		attempt(calls.addresses) ?? [
			...localIpv4(calls.readText('/proc/net/fib_trie') ?? ''),
			...localIpv6(calls.readText('/proc/net/if_inet6') ?? ''),
		]
	);
}

/** Seconds since this machine was started; `undefined` when the system does not tell. */
export function machineUptimeS(calls: SystemCalls = systemCalls): number | undefined {
	const seconds = attempt(calls.uptime) ?? Number.parseFloat(calls.readText('/proc/uptime') ?? '');
	return Number.isFinite(seconds) ? seconds : undefined;
}

/** The current folder; `undefined` when it was removed or may not be read. */
export function currentFolder(calls: SystemCalls = systemCalls): string | undefined {
	return attempt(calls.cwd);
}

/** `|-- 10.0.0.5` and, on the next line, `/32 host LOCAL`. */
function localIpv4(trie: string): string[] {
	return [...new Set([...trie.matchAll(/-- ([\d.]+)\n\s*\/32 host LOCAL/g)].map(([, address = '']) => address))];
}

/** `20010db8000000000000000000000001 02 40 00 80 eth0` */
function localIpv6(interfaces: string): string[] {
	return [...interfaces.matchAll(/^([\da-f]{32}) /gim)].map(([, digits = '']) =>
		(digits.match(/.{4}/g) ?? []).join(':'),
	);
}

/** How many files this process may have open, and has. Absent where the system does not tell. */
export interface OpenFiles {
	readonly limit?: number;
	readonly inUse: number;
}

/** What the descriptors that are left are used for; each is at least {@link minShare}. */
export interface FileShares {
	/** Connections of checks, kept ones included. */
	readonly checks: number;
	/** Connections of those who ask the HTTP server. */
	readonly clients: number;
}

/** Kept free for files, programs that alerts start, `ps` and name lookups: none of them may fail because of a large fleet. */
const reserved = 24;
const minShare = 4;
const clientsPart = 0.25;

/** Reads the limit of open files and how many there are. Linux only. */
export function readOpenFiles(): OpenFiles {
	try {
		const limit = parseOpenFilesLimit(readFileSync('/proc/self/limits', 'utf8'));
		return compact({limit, inUse: readdirSync('/proc/self/fd').length});
	} catch {
		return {inUse: 0};
	}
}

/** The soft limit in the text of /proc/PID/limits; `undefined` for none. */
export function parseOpenFilesLimit(text: string): number | undefined {
	const limit = /^Max open files +(\d+)/m.exec(text)?.[1];
	return limit === undefined ? undefined : Number(limit);
}

/** Shares out the descriptors that are left; without a known limit there is no bound. */
export function shareOpenFiles({limit, inUse}: OpenFiles): FileShares {
	if (limit === undefined) {
		return {checks: Number.POSITIVE_INFINITY, clients: Number.POSITIVE_INFINITY};
	}

	const left = Math.max(0, limit - inUse - reserved);
	const clients = Math.max(minShare, Math.floor(left * clientsPart));
	return {checks: Math.max(minShare, left - clients), clients};
}

/** Says where this program runs. Looked up once. */
export function createOwnProcessPlace(): () => OwnPlace {
	let known: OwnPlace | undefined;
	return () => {
		if (!known) {
			const uid = process.geteuid?.();
			known = compact({
				uid,
				// What sd_booted(3) looks at.
				hasSystemd: existsSync('/run/systemd/system'),
			});
		}

		return known;
	};
}

/**
 * Node 20 optimises functions so early that one look ends before that pays off: for 1,000 nodes it took a seventh of all CPU
 * time. Later versions compile in smaller steps, and refuse this flag. What was compiled beforehand for other flags, such as the
 * modules of Node that are yet to be loaded, is compiled again.
 */
export function optimiseLater(): void {
	if (process.versions.node.startsWith('20.')) {
		setFlagsFromString('--interrupt-budget=600000');
	}
}
