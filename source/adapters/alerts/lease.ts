import {rmSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import * as v from 'valibot';
import type {ProcessIdentity} from '../../domain/check-result.js';
import {compact} from '../../domain/compact.js';
import {InputError} from '../../domain/input-error.js';
import {identityToRemember, isSameProcess} from '../../domain/process-identity.js';
import {text} from '../../domain/schemas.js';
import {cleanText} from '../../domain/text.js';
import {fileLimits, readWholeFileSync} from '../bounded-read.js';
import {hostName} from '../own-process/system-calls.js';
import {readBootId, readProcLink} from '../processes/proc-fs.js';
import {openProcessTable} from '../processes/process-table.js';
import {outlivingMs, withFileLock} from '../store/file-lock.js';
import {commitStagedFiles, privateMode, removeStagedLeftovers, stageTextFile} from '../store/staged-file.js';
import {systemErrorCode} from '../system-errors.js';

/** Taking a lease needs milliseconds: a lock held for longer belongs to a process that was killed while taking one. */
const takingOptions = {patienceMs: outlivingMs};
/** Releasing must not delay the exit, and may fail. */
const releaseOptions = {patienceMs: 2000};

/** The exclusive right of one process to use a file. */
export interface Lease {
	/** False after another process has taken it over, because this one was stopped for too long. */
	readonly isHeld: () => boolean;
	/** Releases it. */
	readonly release: () => Promise<void>;
}

/**
 * Makes this process the only owner of a file. An owner that was killed is replaced at once; one on another machine, or one
 * that cannot be inspected, is replaced after 15 s without a heartbeat.
 * @param file its owner is recorded beside it, in `<file>.owner`
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

				removeStagedLeftovers(ownerFile);
				commitStagedFiles(lock, [stageTextFile(ownerFile, text)]);
				return true;
			},
			takingOptions,
		);
		if (isTaken) {
			return keep(file, ownerFile, text);
		}
	}
}

/** The error that says who owns a file. */
export function inUse(file: string, owner: Partial<Owner> = {}): InputError {
	const where = owner.host === undefined || owner.host === hostName() ? '' : ` on ${cleanText(owner.host, 80)}`;
	const who = owner.pid === undefined ? 'another process' : `process ${owner.pid}${where}`;
	return new InputError(
		'store_in_use',
		`${who} already sends the alerts of ${file}: stop it, or use another --state-dir`,
	);
}

function keep(file: string, ownerFile: string, text: string): Lease {
	let isReleased = false;
	// Only an owner file that names another process ends the lease: a file removed by hand is restored, and an unreadable one
	// proves nothing.
	const isHeld = (): boolean => {
		try {
			return !isReleased && readWholeFileSync(ownerFile, fileLimits.owner).text === text;
		} catch (error) {
			return systemErrorCode(error) !== 'ENOENT' || isRestored(ownerFile, text);
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
			// If it cannot be removed, the next process sees that this one is gone.
			await withFileLock(
				file,
				() => {
					if (isHeld()) {
						rmSync(ownerFile, {force: true});
					}
				},
				releaseOptions,
			).catch(() => undefined);
			isReleased = true;
		},
	};
}

/** @returns false when another process created the file first */
function isRestored(ownerFile: string, text: string): boolean {
	try {
		writeFileSync(ownerFile, text, {flag: 'wx', mode: privateMode});
		return true;
	} catch (error) {
		return systemErrorCode(error) !== 'EEXIST';
	}
}

function touch(file: string): void {
	try {
		const now = new Date();
		utimesSync(file, now, now);
	} catch {
		// On a file system that is not writable, other processes cannot take it over either.
	}
}

/** How often an owner renews its heartbeat, in milliseconds. */
const heartbeatMs = 5000;
/** An owner that cannot be inspected counts as gone after this long without a heartbeat, in milliseconds. */
const goneMs = 3 * heartbeatMs;
const pollMs = 100;

/** The content of the owner file. */
export interface Owner extends Pick<ProcessIdentity, 'pid' | 'started_at' | 'start_ticks'> {
	readonly host: string;
	/** Where its pid is valid: the machine's boot id and the pid namespace; absent where they are unknown. */
	readonly place?: string;
}

/** How a lease is taken. */
export interface LeaseOptions {
	/** Called with one line that says why it takes a while. */
	readonly onNote: (note: string) => void;
	/** Stops the wait for an owner that may be gone. */
	readonly signal: AbortSignal;
}

/** An owner file as read. */
export interface SeenOwner {
	readonly text: string;
	/** Absent when the file is incomplete. */
	readonly owner?: Owner;
}

const ownerSchema = v.looseObject({
	host: text,
	place: v.exactOptional(text),
	pid: v.number(),
	started_at: text,
	start_ticks: v.exactOptional(v.number()),
});

/** @returns `undefined` when there is no owner file */
function readOwner(ownerFile: string): SeenOwner | undefined {
	let written: string;
	try {
		written = readWholeFileSync(ownerFile, fileLimits.owner).text;
	} catch {
		return undefined;
	}

	try {
		const owner: unknown = JSON.parse(written);
		return v.is(ownerSchema, owner) ? {text: written, owner} : {text: written};
	} catch {
		return {text: written};
	}
}

/** Whether the owner is still running; one that cannot be inspected is watched for 15 s. */
export async function isAlive(ownerFile: string, {owner}: SeenOwner, options: LeaseOptions): Promise<boolean> {
	const isThisHost = owner?.host === hostName();
	if (owner && isThisHost && owner.place === ownPlace()) {
		const observation = await openProcessTable().inspect(owner.pid);
		if (observation.kind !== 'hidden') {
			return observation.kind === 'alive' && isSameProcess(owner, observation.process);
		}
	}

	const seenMs = lastHeartbeatMs(ownerFile);
	// The clock of another machine may differ: only watching shows whether its owner still sends heartbeats.
	if (seenMs === undefined || (isThisHost && Math.abs(Date.now() - seenMs) > goneMs)) {
		return false;
	}

	const who = owner ? `process ${owner.pid} on ${cleanText(owner.host, 80)}` : 'another process';
	options.onNote(`${who} may still be sending alerts from this state folder: checking for ${goneMs / 1000} s`);
	return isRenewed(ownerFile, options.signal);
}

function lastHeartbeatMs(ownerFile: string): number | undefined {
	return statSync(ownerFile, {throwIfNoEntry: false})?.mtimeMs;
}

/** Watches whether the owner renews its heartbeat. */
async function isRenewed(ownerFile: string, signal: AbortSignal): Promise<boolean> {
	const first = lastHeartbeatMs(ownerFile);
	const untilMs = performance.now() + goneMs;
	while (performance.now() < untilMs) {
		if (signal.aborted) {
			return true;
		}

		await sleep(pollMs);
		const now = lastHeartbeatMs(ownerFile);
		if (now !== first) {
			return now !== undefined;
		}
	}

	return false;
}

/** This process as an owner. */
async function ownIdentity(): Promise<Owner> {
	const observation = await openProcessTable().inspect(process.pid);
	const place = ownPlace();
	return compact({
		...(observation.kind === 'alive'
			? identityToRemember(observation.process)
			: {pid: process.pid, started_at: new Date(Date.now() - process.uptime() * 1000).toISOString()}),
		host: hostName(),
		place,
	});
}

function ownPlace(): string | undefined {
	const bootId = readBootId();
	return bootId === undefined ? undefined : `${bootId} ${readProcLink('self', 'ns/pid') ?? ''}`;
}
