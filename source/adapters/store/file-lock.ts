import {lstatSync, mkdirSync, rmdirSync, statSync, utimesSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {InputError} from '../../domain/input-error.js';
import {saveFileError, systemErrorCode, systemErrorReason} from '../system-errors.js';

/** A lock is taken over this many milliseconds after its process died (proper-lockfile may add one second). */
const staleMs = 3000;
/** Waiting this long, in milliseconds, is enough to take over the lock of a process that is killed right now. */
export const outlivingMs = staleMs + 2000;
/** How long a change made by the user waits for a lock, in milliseconds. */
const defaultPatienceMs = 10_000;
/** Retries are spaced at random between these, in milliseconds, so that many waiting processes do not retry in step. */
const retryMs = {min: 5, max: 120};

/** A lock this process has taken. */
export interface HeldLock {
	/** False when the process was stopped for so long that another has taken over the lock. */
	readonly isHeld: () => boolean;
}

/** How to wait for a lock. */
export interface LockOptions {
	/** Milliseconds; default 10 s. */
	readonly patienceMs?: number;
	/**
	 * Creates the error for a lock that was not obtained in time.
	 * @param holder a text that says who holds it
	 */
	readonly lockedError?: (holder: string) => InputError;
}

/** Thrown by work under a lock when the lock was lost before anything was changed: the work runs again. */
export class LockLostError extends Error {
	override readonly name = 'LockLostError';
}

/**
 * Runs work while no other process runs work under the lock of the same file.
 * @param file the file to protect; its folder is created if missing. The lock is the folder `<file>.lock`
 * @param work synchronous, so that no signal handler or timer runs in between. It runs again when it throws
 * {@link LockLostError}, or anything after the lock was lost
 * @throws InputError (`save_failed`) when the lock is not obtained in time, and for any system error of the work
 */
export async function withFileLock<T>(
	file: string,
	work: (lock: HeldLock) => T,
	{patienceMs = defaultPatienceMs, lockedError}: LockOptions = {},
): Promise<T> {
	const {default: lockfile} = await import('proper-lockfile');
	const deadlineMs = performance.now() + patienceMs;
	for (;;) {
		const outcome = tryUnderLock(lockfile, file, work);
		if (outcome) {
			return outcome.value;
		}

		const leftMs = deadlineMs - performance.now();
		if (leftMs <= 0) {
			const holder = `another process (${lockFolder(file)})`;
			throw lockedError?.(holder) ?? saveFileError(file, `it is locked by ${holder}`);
		}

		await sleep(Math.min(leftMs, retryMs.min + Math.random() * (retryMs.max - retryMs.min)));
	}
}

function lockFolder(file: string): string {
	return `${file}.lock`;
}

/** @returns `undefined` when another process holds the lock, or took it over */
function tryUnderLock<T>(
	lockfile: typeof import('proper-lockfile'),
	file: string,
	work: (lock: HeldLock) => T,
): {readonly value: T} | undefined {
	const taken = takeLock(lockfile, file);
	if (!taken) {
		return undefined;
	}

	try {
		return {value: work(taken)};
	} catch (error) {
		// The process that took over the lock has removed the staged files, so any step of the work may fail.
		if (error instanceof LockLostError || !taken.isHeld()) {
			return undefined;
		}

		throw systemErrorCode(error) === undefined ? error : saveFileError(file, systemErrorReason(error));
	} finally {
		releaseQuietly(taken.release);
	}
}

/** A lock that cannot be released becomes stale; the work is done all the same. */
function releaseQuietly(release: () => void): void {
	try {
		release();
	} catch (error) {
		if (systemErrorCode(error) === undefined) {
			throw error;
		}
	}
}

function takeLock(
	lockfile: typeof import('proper-lockfile'),
	file: string,
): (HeldLock & {readonly release: () => void}) | undefined {
	const folder = lockFolder(file);
	const owned: {identity?: string | undefined} = {};
	const options = {realpath: false, stale: staleMs, fs: guardedFs(owned), onCompromised: () => undefined};
	try {
		makeFolder(path.dirname(file));
		refuseOddLock(file);
		const release = lockfile.lockSync(file, options);
		owned.identity = identityOf(folder);
		return {isHeld: () => identityOf(folder) === owned.identity, release};
	} catch (error) {
		if (systemErrorCode(error) === 'ELOCKED') {
			return undefined;
		}

		if (error instanceof InputError) {
			throw error;
		}

		throw saveFileError(file, systemErrorCode(error) === 'ENOTEMPTY' ? oddLockReason(file) : systemErrorReason(error));
	}
}

/** A lock is an empty folder: xmrtop did not create anything else there, and waiting does not remove it. */
function refuseOddLock(file: string): void {
	if (lstatSync(lockFolder(file), {throwIfNoEntry: false})?.isDirectory() === false) {
		throw saveFileError(file, oddLockReason(file));
	}
}

const oddLockReason = (file: string): string => `${lockFolder(file)} is not a lock of xmrtop: remove it`;

/** Node's own `recursive` never returns if a folder cannot be created although its parent exists, as in /proc. */
function makeFolder(folder: string): void {
	if (statSync(folder, {throwIfNoEntry: false})?.isDirectory()) {
		return;
	}

	const parent = path.dirname(folder);
	if (parent !== folder && !statSync(parent, {throwIfNoEntry: false})) {
		makeFolder(parent);
	}

	try {
		mkdirSync(folder, {mode: 0o700});
	} catch (error) {
		// Another process may have created it first.
		if (systemErrorCode(error) !== 'EEXIST' || !statSync(folder).isDirectory()) {
			throw error;
		}
	}
}

/**
 * The file system for proper-lockfile, with one guard. Between its check of a stale lock and its removal, another process
 * may have removed that lock and taken its own; and a process that was stopped may find another's lock in the place of its
 * own. Neither is removed.
 */
function guardedFs(owned: {readonly identity?: string | undefined}) {
	const mayRemove = (folder: string) =>
		owned.identity === undefined ? isStale(statSync(folder)) : identityOf(folder) === owned.identity;
	return {
		mkdirSync,
		statSync: (folder: string) => {
			const stats = statSync(folder);
			return isStale(stats) ? Object.assign(stats, {mtime: new Date(0)}) : stats;
		},
		utimesSync,
		rmdirSync: (folder: string) => {
			if (mayRemove(folder)) {
				rmdirSync(folder);
			}
		},
	};
}

/** No lock is held for that long; one dated in the future is left from before the clock was set back. */
function isStale({mtimeMs}: {readonly mtimeMs: number}): boolean {
	return Math.abs(Date.now() - mtimeMs) > staleMs;
}

/** What distinguishes a lock folder from the next one of the same name: inode numbers are reused at once, times are not. */
function identityOf(folder: string): string | undefined {
	const stats = lstatSync(folder, {bigint: true, throwIfNoEntry: false});
	return stats && `${stats.ino} ${stats.ctimeNs}`;
}
