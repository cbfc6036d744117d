import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {homedir, hostname, networkInterfaces, uptime, userInfo} from 'node:os';
import path from 'node:path';
import {compact} from '../../domain/compact.js';
import type {OwnPlace} from '../../domain/ports.js';
import {readSystemFile} from '../bounded-read.js';

/**
 * The system calls of a start or a check that fail on a restricted system: a user id without a passwd entry, a seccomp
 * filter, a current folder that was removed, no /proc. A test makes each of them fail.
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

/** The result of a call, or `undefined` when it fails. */
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

/** The name of this machine; empty when it is unknown. */
export function hostName(calls: SystemCalls = systemCalls): string {
	return attempt(calls.hostname) ?? calls.readText('/proc/sys/kernel/hostname')?.trim() ?? '';
}

/** The addresses of this machine. If AF_NETLINK is not allowed (a sandboxed service) they are read from /proc. */
export function readOwnAddresses(calls: SystemCalls = systemCalls): readonly string[] {
	return (
		attempt(calls.addresses) ?? [
			...localIpv4(calls.readText('/proc/net/fib_trie') ?? ''),
			...localIpv6(calls.readText('/proc/net/if_inet6') ?? ''),
		]
	);
}

/** Seconds since this machine booted; `undefined` when unknown. */
export function machineUptimeS(calls: SystemCalls = systemCalls): number | undefined {
	const seconds = attempt(calls.uptime) ?? Number.parseFloat(calls.readText('/proc/uptime') ?? '');
	return Number.isFinite(seconds) ? seconds : undefined;
}

/** The current folder; `undefined` when it was removed or is not readable. */
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

/** The limit of open files of this process, and how many are open. Absent when unknown. */
export interface OpenFiles {
	readonly limit?: number;
	readonly inUse: number;
}

/** How the remaining descriptors are divided; each part is at least {@link minShare}. */
export interface FileShares {
	/** Connections of checks, kept-alive ones included. */
	readonly checks: number;
	/** Connections of clients of the HTTP server. */
	readonly clients: number;
}

/** Reserved for files, programs run for alerts, `ps` and name lookups: none of them may fail because a fleet is large. */
const reserved = 24;
const minShare = 4;
const clientsPart = 0.25;

/** Reads the limit of open files and the number that is open. Linux only. */
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

/** Divides the remaining descriptors; without a known limit there is no limit on connections. */
export function shareOpenFiles({limit, inUse}: OpenFiles): FileShares {
	if (limit === undefined) {
		return {checks: Number.POSITIVE_INFINITY, clients: Number.POSITIVE_INFINITY};
	}

	const left = Math.max(0, limit - inUse - reserved);
	const clients = Math.max(minShare, Math.floor(left * clientsPart));
	return {checks: Math.max(minShare, left - clients), clients};
}

/** Describes where this program runs. Determined once. */
export function createOwnProcessPlace(): () => OwnPlace {
	let known: OwnPlace | undefined;
	return () => {
		if (!known) {
			const uid = process.geteuid?.();
			known = compact({
				uid,
				// As sd_booted(3) checks it.
				hasSystemd: existsSync('/run/systemd/system'),
			});
		}

		return known;
	};
}

/**
 * Node 20 optimizes functions so early that a single check ends before that pays off: for 1,000 nodes it took a seventh of
 * all CPU time. Later versions compile in smaller steps, and reject this flag. Code cached for other flags, such as Node's
 * own modules that are still to be loaded, is compiled again.
 */
export function optimizeLater(): void {
	if (process.versions.node.startsWith('20.')) {
		process.getBuiltinModule('node:v8').setFlagsFromString('--interrupt-budget=600000');
	}
}
