import {statSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import type {ProcessIdentity} from '../../domain/check-result.js';
import {identityOf, isSameProcess} from '../../domain/process-identity.js';
import {cleanText} from '../../domain/text.js';
import {fileLimits, readWholeFileSync} from '../bounded-read.js';
import {hostName} from '../own-process/system-calls.js';
import {readBootId, readProcLink} from '../processes/proc-fs.js';
import {openProcessTable} from '../processes/process-table.js';

/** How often an owner shows that it lives, in milliseconds. */
export const heartbeatMs = 5000;
/** An owner that cannot be looked at is gone when it has not shown itself for so long. */
const goneMs = 3 * heartbeatMs;
const lookMs = 100;

/** What the owner's file holds. */
export interface Owner extends ProcessIdentity {
	readonly host: string;
	/** Where its pid means something: the start of the machine and the pid namespace; absent where that cannot be known. */
	readonly place?: string;
}

/** How a lease is taken. */
export interface LeaseOptions {
	/** Told, in one line, why it takes a while. */
	readonly onNote: (note: string) => void;
	/** Ends the waiting for an owner that may be gone. */
	readonly signal: AbortSignal;
}

/** An owner's file as it was read. */
export interface SeenOwner {
	readonly text: string;
	/** Absent when the file is torn. */
	readonly owner?: Owner;
}

/** @returns `undefined` when there is none */
export function readOwner(ownerFile: string): SeenOwner | undefined {
	let text: string;
	try {
		({text} = readWholeFileSync(ownerFile, fileLimits.owner));
	} catch {
		return undefined;
	}

	try {
		const owner = JSON.parse(text) as Partial<Owner> | null;
		const isOwner = typeof owner?.pid === 'number' && typeof owner.started_at === 'string';
		return isOwner && typeof owner.host === 'string' ? {text, owner: owner as Owner} : {text};
	} catch {
		return {text};
	}
}

/** Whether the owner still is; one that cannot be looked at is watched for 15 s. */
export async function isAlive(ownerFile: string, {owner}: SeenOwner, options: LeaseOptions): Promise<boolean> {
	const isThisHost = owner?.host === hostName();
	if (owner && isThisHost && owner.place === ownPlace()) {
		const sighting = await openProcessTable().inspect(owner.pid);
		if (sighting.kind !== 'hidden') {
			return sighting.kind === 'alive' && isSameProcess(owner, sighting.process);
		}
	}

	const shownMs = lastShownMs(ownerFile);
	// The clock of another machine may differ: only watching tells whether its owner still shows itself.
	if (shownMs === undefined || (isThisHost && Math.abs(Date.now() - shownMs) > goneMs)) {
		return false;
	}

	const who = owner ? `process ${owner.pid} on ${cleanText(owner.host, 80)}` : 'another process';
	options.onNote(`${who} may still be sending alerts from this state folder: checking for ${goneMs / 1000} s`);
	return isRenewed(ownerFile, options.signal);
}

function lastShownMs(ownerFile: string): number | undefined {
	return statSync(ownerFile, {throwIfNoEntry: false})?.mtimeMs;
}

/** Watches whether the owner still shows itself. */
async function isRenewed(ownerFile: string, signal: AbortSignal): Promise<boolean> {
	const first = lastShownMs(ownerFile);
	const untilMs = performance.now() + goneMs;
	while (performance.now() < untilMs) {
		if (signal.aborted) {
			return true;
		}

		await sleep(lookMs);
		const now = lastShownMs(ownerFile);
		if (now !== first) {
			return now !== undefined;
		}
	}

	return false;
}

/** This process as an owner. */
export async function ownIdentity(): Promise<Owner> {
	const sighting = await openProcessTable().inspect(process.pid);
	const place = ownPlace();
	return {
		...(sighting.kind === 'alive'
			? identityOf(sighting.process)
			: {pid: process.pid, started_at: new Date(Date.now() - process.uptime() * 1000).toISOString()}),
		host: hostName(),
		...(place === undefined ? {} : {place}),
	};
}

function ownPlace(): string | undefined {
	const bootId = readBootId();
	return bootId === undefined ? undefined : `${bootId} ${readProcLink('self', 'ns/pid') ?? ''}`;
}
