import {lstatSync, mkdirSync, rmdirSync, statSync, utimesSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {InputError} from '../../domain/input-error.js';
import {saveFileError, systemErrorCode, systemErrorReason} from '../system-errors.js';

/** A lock whose process died is taken over after this many milliseconds (proper-lockfile may add one second). */
const staleMs = 3000;
/** Whoever waits for so long, in milliseconds, also gets a lock whose process was killed at this very moment. */
export const outlivingMs = staleMs + 2000;
/** How long a change that a person asked for waits for a lock, in milliseconds. */
const defaultPatienceMs = 10_000;
/** Retries are spread at random between these, so that many waiting processes do not march in step. */
const retryMs = {least: 5, most: 120};

/** A lock this process has taken. */
export interface HeldLock {
	/** False when the process was stopped for so long that another has taken the lock over. */
	readonly isHeld: () => boolean;
}

/** How a lock is waited for. */
export interface LockOptions {
	/** Milliseconds; default 10 s. */
	readonly patienceMs?: number;
	/**
	 * Makes the error when the lock cannot be had in that time.
	 * @param holder who has it, in words
	 */
	readonly lockedError?: (holder: string) => InputError;
}

/** Thrown by work under a lock that finds the lock lost before anything was changed: the work is done again. */
export class LockLostError extends Error {
	override readonly name = 'LockLostError';
}

/**
 * Does work while no other process does work under the lock of the same file.
 * @param file the file that the lock protects; its folder is made when missing. The lock is the folder `<file>.lock`
 * @param work does everything at once, without a promise, so that neither a signal handler nor a timer comes between.
 * Runs again when it throws {@link LockLostError}, or anything after the lock was lost
 * @throws InputError (`save_failed`) when the lock cannot be had in time, and for any system error of the work
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

		await sleep(Math.min(leftMs, retryMs.least + Math.random() * (retryMs.most - retryMs.least)));
	}
}

function lockFolder(file: string): string {
	return `${file}.lock`;
}

/** @returns `undefined` when another process holds the lock, or took it away */
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
		// Whoever took the lock over has removed what was staged, which may fail any step of the work.
		if (error instanceof LockLostError || !taken.isHeld()) {
			return undefined;
		}

		throw systemErrorCode(error) === undefined ? error : saveFileError(file, systemErrorReason(error));
	} finally {
		letGo(taken.release);
	}
}

/** What could not be removed becomes stale; the work is done all the same. */
function letGo(release: () => void): void {
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

/** A lock is an empty folder: anything else in its place was not put there by xmrtop, and waiting does not take it away. */
function refuseOddLock(file: string): void {
	if (lstatSync(lockFolder(file), {throwIfNoEntry: false})?.isDirectory() === false) {
		throw saveFileError(file, oddLockReason(file));
	}
}

const oddLockReason = (file: string): string => `${lockFolder(file)} is not a lock of xmrtop: remove it`;

/** Node's own `recursive` never returns where a folder cannot be made although its parent exists, as in /proc. */
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
		// Another process may have been quicker.
		if (systemErrorCode(error) !== 'EEXIST' || !statSync(folder).isDirectory()) {
			throw error;
		}
	}
}

/**
 * The file system as proper-lockfile uses it, with one guard: between its look at a stale lock and the removal of it another
 * process may have removed that lock and taken its own, and a process that was stopped may find another's lock in place of
 * its own. Neither is removed.
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

/** No lock is held for so long; one dated ahead was left behind before the clock was set back. */
function isStale({mtimeMs}: {readonly mtimeMs: number}): boolean {
	return Math.abs(Date.now() - mtimeMs) > staleMs;
}

/** What tells one lock folder from the next of the same name: inodes are used again at once, times are not. */
function identityOf(folder: string): string | undefined {
	const stats = lstatSync(folder, {bigint: true, throwIfNoEntry: false});
	return stats && `${stats.ino} ${stats.ctimeNs}`;
}
