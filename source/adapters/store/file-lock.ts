import {lstatSync, mkdirSync, rmdirSync, statSync, utimesSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {saveFailed, systemCode, systemReason} from '../system-errors.js';

/** A lock whose process died is taken over after this many milliseconds (proper-lockfile may add one second). */
const staleMs = 3000;
const patienceMs = 30_000;
/** Retries are spread at random between these, so that many waiting processes do not march in step. */
const retryMs = {least: 5, most: 120};

/** A lock this process has taken. */
export interface HeldLock {
	/** False when the process was stopped for so long that another has taken the lock over. */
	readonly isHeld: () => boolean;
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
 * @throws InputError (`save_failed`) when the lock cannot be had within 30 s, and for any system error of the work
 */
export async function withFileLock<T>(file: string, work: (lock: HeldLock) => T): Promise<T> {
	const {default: lockfile} = await import('proper-lockfile');
	const deadlineMs = Date.now() + patienceMs;
	for (;;) {
		const outcome = tryUnderLock(lockfile, file, work);
		if (outcome) {
			return outcome.value;
		}

		if (Date.now() > deadlineMs) {
			throw saveFailed(file, `other processes have held ${lockFolder(file)} for ${patienceMs / 1000} s`);
		}

		await sleep(retryMs.least + Math.random() * (retryMs.most - retryMs.least));
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

		throw systemCode(error) === undefined ? error : saveFailed(file, systemReason(error));
	} finally {
		letGo(taken.release);
	}
}

/** What could not be removed becomes stale; the work is done all the same. */
function letGo(release: () => void): void {
	try {
		release();
	} catch (error) {
		if (systemCode(error) === undefined) {
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
		const release = lockfile.lockSync(file, options);
		owned.identity = identityOf(folder);
		return {isHeld: () => identityOf(folder) === owned.identity, release};
	} catch (error) {
		if (systemCode(error) === 'ELOCKED') {
			return undefined;
		}

		throw saveFailed(file, systemReason(error));
	}
}

/** Node's own `recursive` never returns where a folder cannot be made although its parent exists, as in /proc. */
function makeFolder(folder: string): void {
	if (statSync(folder, {throwIfNoEntry: false})?.isDirectory()) {
		return;
	}

	const parent = path.dirname(folder);
	if (parent !== folder) {
		makeFolder(parent);
	}

	try {
		mkdirSync(folder, {mode: 0o700});
	} catch (error) {
		// Another process may have been quicker.
		if (systemCode(error) !== 'EEXIST' || !statSync(folder).isDirectory()) {
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
		owned.identity === undefined
			? statSync(folder).mtimeMs < Date.now() - staleMs
			: identityOf(folder) === owned.identity;
	return {
		mkdirSync,
		statSync,
		utimesSync,
		rmdirSync: (folder: string) => {
			if (mayRemove(folder)) {
				rmdirSync(folder);
			}
		},
	};
}

/** What tells one lock folder from the next of the same name: inodes are used again at once, times are not. */
function identityOf(folder: string): string | undefined {
	const stats = lstatSync(folder, {bigint: true, throwIfNoEntry: false});
	return stats && `${stats.ino} ${stats.ctimeNs}`;
}
