import {rmSync, utimesSync, writeFileSync} from 'node:fs';
import {InputError} from '../../domain/input-error.js';
import {cleanText} from '../../domain/text.js';
import {fileLimits, readWholeFileSync} from '../bounded-read.js';
import {hostName} from '../own-process/system-calls.js';
import {withFileLock} from '../store/file-lock.js';
import {commit, privateMode, removeLeftovers, stageText} from '../store/staged-file.js';
import {systemCode} from '../system-errors.js';
import {heartbeatMs, isAlive, type LeaseOptions, type Owner, ownIdentity, readOwner} from './lease-owner.js';

/** A lease is taken and given back in milliseconds: whoever holds the lock for longer is not doing that. */
const lockOptions = {patienceMs: 2000};

/** The right of one process to a file. */
export interface Lease {
	/** False when another process has taken it over, because this one was stopped for so long. */
	readonly isHeld: () => boolean;
	/** Gives it back. */
	readonly release: () => Promise<void>;
}

/**
 * Makes this process the only owner of a file. An owner that was killed is replaced at once; one on another machine, or that
 * cannot be looked at, when it has not shown itself for 15 s.
 * @param file its owner's name is kept beside it, in `<file>.owner`
 * @throws InputError (`store_in_use`) naming the owner, (`save_failed`)
 */
export async function takeLease(file: string, options: LeaseOptions): Promise<Lease> {
	const ownerFile = `${file}.owner`;
	const text = `${JSON.stringify(await ownIdentity())}\n`;
	for (;;) {
		const seen = readOwner(ownerFile);
		if (seen && (await isAlive(ownerFile, seen, options))) {
			throw inUse(file, seen.owner);
		}

		const isTaken = await withFileLock(
			file,
			lock => {
				if (readOwner(ownerFile)?.text !== seen?.text) {
					return false;
				}

				removeLeftovers(ownerFile);
				commit(lock, [stageText(ownerFile, text)]);
				return true;
			},
			lockOptions,
		);
		if (isTaken) {
			return keep(file, ownerFile, text);
		}
	}
}

/** Says who owns a file. */
export function inUse(file: string, owner: Partial<Owner> = {}): InputError {
	const where = owner.host === undefined || owner.host === hostName() ? '' : ` on ${cleanText(owner.host, 80)}`;
	const who = owner.pid === undefined ? 'another process' : `process ${owner.pid}${where}`;
	return new InputError(
		'store_in_use',
		`${who} already sends the alerts of ${file}: stop it, or use another --state-dir`,
	);
}

function keep(file: string, ownerFile: string, text: string): Lease {
	let isGivenBack = false;
	// Only a file that names another takes the right away: one removed by hand is put back, one that cannot be read says nothing.
	const isHeld = (): boolean => {
		try {
			return !isGivenBack && readWholeFileSync(ownerFile, fileLimits.owner).text === text;
		} catch (error) {
			return systemCode(error) !== 'ENOENT' || isPutBack(ownerFile, text);
		}
	};
	const heartbeat = setInterval(() => {
		if (isHeld()) {
			touch(ownerFile);
		}
	}, heartbeatMs);
	heartbeat.unref();
	return {
		isHeld,
		release: async () => {
			clearInterval(heartbeat);
			// Where it cannot be removed, the next one sees that this process is gone.
			await withFileLock(
				file,
				() => {
					if (isHeld()) {
						rmSync(ownerFile, {force: true});
					}
				},
				lockOptions,
			).catch(() => undefined);
			isGivenBack = true;
		},
	};
}

/** @returns false where another was quicker */
function isPutBack(ownerFile: string, text: string): boolean {
	try {
		writeFileSync(ownerFile, text, {flag: 'wx', mode: privateMode});
		return true;
	} catch (error) {
		return systemCode(error) !== 'EEXIST';
	}
}

function touch(file: string): void {
	try {
		const now = new Date();
		utimesSync(file, now, now);
	} catch {
		// On a file system that cannot be written, others cannot take it over either.
	}
}
