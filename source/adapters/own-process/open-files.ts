import {readdirSync, readFileSync} from 'node:fs';

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
		const limit = parseLimit(readFileSync('/proc/self/limits', 'utf8'));
		return {...(limit === undefined ? {} : {limit}), inUse: readdirSync('/proc/self/fd').length};
	} catch {
		return {inUse: 0};
	}
}

/** The soft limit in the text of /proc/PID/limits; `undefined` for none. */
export function parseLimit(text: string): number | undefined {
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
