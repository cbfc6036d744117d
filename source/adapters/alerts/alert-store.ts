import {closeSync, constants, fdatasync, rmSync, writeSync} from 'node:fs';
import {promisify} from 'node:util';
import * as v from 'valibot';
import {
	type AlertKind,
	type AlertPattern,
	type AlertState,
	type ClosedReason,
	type FormerMember,
	type Member,
	noAlertState,
	type OpenAlert,
} from '../../domain/alerts/alert.js';
import {incidentText} from '../../domain/alerts/alert-message.js';
import {type AlertStore, type AlertsFile, channelNames, type DeliveryMark} from '../../domain/alerts/outbox.js';
import {recordedMethods, schemaVersion} from '../../domain/check-method.js';
import {compact} from '../../domain/compact.js';
import {InputError} from '../../domain/input-error.js';
import {checkMethod, count, id, number, state, text, time, word} from '../../domain/schemas.js';
import {fileLimits, openRegularFileSync, readWholeFileSync} from '../bounded-read.js';
import {LockLostError} from '../store/file-lock.js';
import {
	commitStagedFiles,
	privateMode,
	readFileStamp,
	realFilePath,
	removeStagedLeftovers,
	setFileAside,
	stageTextFile,
} from '../store/staged-file.js';
import {newerFileText, parseStateDocument, type UnreadableDocument} from '../store/state-document.js';
import {saveFileError, systemErrorCode, systemErrorReason} from '../system-errors.js';
import {inUse, type Lease, type LeaseOptions, takeLease} from './lease.js';

/**
 * Opens alerts.json for this process only.
 * @param alertsPath its folder is created, accessible only to its owner
 * @throws InputError when another process owns the file, when it cannot be read, and when a newer version wrote it
 */
export async function openAlertStore(alertsPath: string, options: LeaseOptions): Promise<AlertStore> {
	const target = realFilePath(alertsPath);
	const lease = await takeLeaseOrNote(target, options);
	let wholeLength = 0;
	let marksLength = 0;
	const save = (file: AlertsFile): void => {
		const text = `${JSON.stringify(alertsDocument(file))}\n`;
		commitStagedFiles(lease, [stageTextFile(target, text)]);
		// If xmrtop is killed here, the remaining marks refer to alerts that the file no longer holds.
		rmSync(marksFile(target), {force: true});
		wholeLength = text.length;
		marksLength = 0;
	};
	const guarded = async (write: () => void | Promise<void>): Promise<void> => {
		try {
			await write();
		} catch (error) {
			throw error instanceof LockLostError ? inUse(target) : error;
		}
	};
	try {
		removeLeftovers(target);
		return {
			initial: load(target, reason => options.onNote(`${target} is corrupt (${reason}); ${renamedText(target)}`)),
			save: file => guarded(() => save(file)),
			saveDeliveries: (file, deliveries) =>
				guarded(async () => {
					if (wholeLength < minAppendLength || file.outbox.length === 0 || marksLength > wholeLength / 2) {
						save(file);
					} else {
						marksLength += await appendMarks(target, lease, deliveries);
					}
				}),
			close: lease.release,
		};
	} catch (error) {
		await lease.release();
		throw error;
	}
}

/** A file with fewer characters is rewritten in full on every change. */
const minAppendLength = 65_536;

/** For a large file, deliveries are appended here, one line of JSON each, until the file is rewritten in full. */
const marksFile = (target: string): string => `${target}.delivered`;

/** @returns the number of characters written. @throws LockLostError, InputError (`save_failed`) */
async function appendMarks(target: string, lease: Lease, deliveries: readonly DeliveryMark[]): Promise<number> {
	if (!lease.isHeld()) {
		throw new LockLostError();
	}

	const text = deliveries.map(({id, channel}) => `${JSON.stringify({id, channel})}\n`).join('');
	try {
		const descriptor = openRegularFileSync(
			marksFile(target),
			constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND,
			privateMode,
		);
		try {
			// On a full disk the system writes only a part of it and reports success.
			if (writeSync(descriptor, text) < Buffer.byteLength(text)) {
				throw Object.assign(new Error(), {code: 'ENOSPC'});
			}

			// Asynchronous because a slow disk takes long: deliveries continue meanwhile.
			await promisify(fdatasync)(descriptor);
		} finally {
			closeSync(descriptor);
		}
	} catch (error) {
		throw saveFileError(target, systemErrorReason(error));
	}

	return text.length;
}

/** The outbox without the deliveries marked since the file was last written in full; an incomplete line is ignored. */
function withoutMarked(target: string, file: AlertsFile): AlertsFile {
	let text: string;
	try {
		({text} = readWholeFileSync(marksFile(target), fileLimits.alerts));
	} catch {
		return file;
	}

	const marked = new Set(text.split('\n'));
	const outbox = file.outbox.flatMap(({alert, waiting}) => {
		const left = waiting.filter(channel => !marked.has(JSON.stringify({id: alert.id, channel})));
		return left.length === 0 ? [] : [{alert, waiting: left}];
	});
	return {...file, outbox};
}

/** On a full disk, sending alerts matters more than ruling out a second sender. */
async function takeLeaseOrNote(target: string, options: LeaseOptions): Promise<Lease> {
	try {
		return await takeLease(target, options);
	} catch (error) {
		if (!(error instanceof InputError && error.code === 'save_failed')) {
			throw error;
		}

		options.onNote(`${error.message}; a second alerting process would not be detected`);
		return {isHeld: () => true, release: async () => undefined};
	}
}

/**
 * Reads alerts.json without taking its lease.
 * @throws InputError when it cannot be read, is corrupt, or was written by a newer version
 */
export function readAlertsFile(path: string): AlertsFile {
	return load(realFilePath(path), reason => {
		throw new InputError('invalid_config', `${path} is corrupt (${reason})`);
	});
}

/**
 * Reads the open alerts from an alerts.json that another process may write.
 * @returns a function that returns them: none if the file cannot be read. While the file is unchanged, a call costs one stat
 * and returns the same list
 */
export function createOpenAlertsReader(path: string): () => readonly OpenAlert[] {
	let known: {readonly stamp: string; readonly alerts: readonly OpenAlert[]} = {stamp: '', alerts: []};
	return () => {
		const stamp = readFileStamp(path);
		if (known.stamp !== stamp) {
			known = {stamp, alerts: openAlertsIn(path)};
		}

		return known.alerts;
	};
}

function openAlertsIn(path: string): readonly OpenAlert[] {
	try {
		return readAlertsFile(path).state.incidents.map(incident => {
			const {daemon, since, members} = incident;
			return compact({nodeIds: [...members.keys()], daemon, since, text: incidentText(incident)});
		});
	} catch {
		return [];
	}
}

/** @param onCorrupt called with the reason when the content cannot be used */
function load(target: string, onCorrupt: (reason: string) => void): AlertsFile {
	const empty = {state: noAlertState, outbox: []};
	let text: string;
	try {
		({text} = readWholeFileSync(target, fileLimits.alerts));
	} catch (error) {
		if (systemErrorCode(error) === 'ENOENT') {
			return empty;
		}

		throw new InputError('invalid_config', `${target} cannot be read: ${systemErrorReason(error)}`);
	}

	const reading = parseAlertsFile(text);
	if (reading.kind === 'newer') {
		throw new InputError('newer_config', newerFileText(target));
	}

	if (reading.kind === 'corrupt') {
		onCorrupt(reading.reason);
		return empty;
	}

	return withoutMarked(target, reading.file);
}

/** @returns what was done with the file, as text */
function renamedText(target: string): string {
	try {
		return `renamed to ${setFileAside(target)}`;
	} catch (error) {
		return `it cannot be renamed: ${systemErrorReason(error)}`;
	}
}

/** Removes temporary files of writers that were killed; one that cannot be removed does no harm. */
function removeLeftovers(target: string): void {
	try {
		removeStagedLeftovers(target);
	} catch (error) {
		if (systemErrorCode(error) === undefined) {
			throw error;
		}
	}
}

/** The result of reading the text of alerts.json. */
export type AlertFileReading = {readonly kind: 'read'; readonly file: AlertsFile} | UnreadableDocument;

/** The document that alerts.json holds. */
export function alertsDocument({state, outbox, givenUp = []}: AlertsFile): object {
	const {method, streaks, incidents} = state;
	return compact({
		schema_version: schemaVersion,
		method,
		streaks: Object.fromEntries(streaks),
		incidents: incidents.map(({members, former, ...incident}) => ({
			...incident,
			members: [...members.values()],
			former: [...former.values()],
		})),
		outbox,
		given_up: givenUp.length > 0 ? givenUp : undefined,
	});
}

/** Reads the text of alerts.json. */
export function parseAlertsFile(text: string): AlertFileReading {
	const reading = parseStateDocument(text, alertsFile);
	if (reading.kind !== 'read') {
		return reading;
	}

	const {method, streaks, incidents, outbox, given_up: givenUp} = reading.document;
	const state: AlertState = compact({
		method,
		streaks: new Map(Object.entries(streaks).map(([id, streak]) => [Number(id), streak])),
		incidents: incidents.map(({members, former, ...incident}) => ({
			...incident,
			members: byId(members),
			former: byId(former),
		})),
	});
	return {kind: 'read', file: compact({state, outbox, givenUp})};
}

function byId<M extends Member | FormerMember>(members: readonly M[]): ReadonlyMap<number, M> {
	return new Map(members.map(member => [member.node_id, member]));
}

const isTrue = v.exactOptional(v.literal(true));
const streak = v.looseObject({
	count,
	since: time,
	last_check: time,
	from: v.exactOptional(state),
	silenced: v.exactOptional(text),
});
const member = v.looseObject({
	node_id: id,
	node: text,
	group: v.exactOptional(text),
	since: time,
	from: v.exactOptional(state),
	state,
	message: text,
	reason: v.exactOptional(text),
	caused_by: v.exactOptional(text),
	good: v.exactOptional(streak),
	unexplained: v.exactOptional(streak),
	flapping: isTrue,
	silenced: v.exactOptional(v.picklist(['told', 'untold'])),
});
const openedAs = v.exactOptional(v.looseObject({node: text, group: v.exactOptional(text)}));
const formerMember = v.looseObject({...member.entries, until: time, ended: word<FormerMember['ended']>()});
const incident = v.looseObject({
	id: text,
	method: checkMethod,
	daemon: v.exactOptional(text),
	host: v.exactOptional(text),
	monitor: isTrue,
	opened_as: openedAs,
	pattern: v.exactOptional(word<AlertPattern>()),
	fault: v.exactOptional(text),
	note: v.exactOptional(text),
	since: time,
	told_at: time,
	reminders: count,
	members: v.pipe(v.array(member), v.minLength(1)),
	former: v.array(formerMember),
});
const alertedNode = v.looseObject({
	id,
	name: text,
	group: v.exactOptional(text),
	state,
	message: text,
	reason: v.exactOptional(text),
	since: time,
	until: v.exactOptional(time),
});
const alert = v.looseObject({
	schema_version: v.number(),
	id: text,
	kind: word<AlertKind>(),
	at: time,
	method: checkMethod,
	node: v.exactOptional(text),
	node_id: v.exactOptional(id),
	group: v.exactOptional(text),
	daemon: v.exactOptional(text),
	host: v.exactOptional(text),
	monitor: isTrue,
	opened_as: openedAs,
	pattern: v.exactOptional(word<AlertPattern>()),
	from: v.exactOptional(state),
	state,
	message: text,
	reason: v.exactOptional(text),
	caused_by: v.exactOptional(text),
	since: time,
	downtime_ms: v.exactOptional(number),
	closed: v.exactOptional(word<ClosedReason>()),
	nodes: v.array(alertedNode),
	text,
});
const outboxEntry = v.looseObject({alert, waiting: v.array(v.picklist(channelNames))});
const alertsFile = v.looseObject({
	schema_version: v.literal(schemaVersion),
	method: v.exactOptional(v.picklist(recordedMethods)),
	streaks: v.record(
		v.pipe(
			v.string(),
			v.check(key => v.is(id, Number(key))),
		),
		streak,
	),
	incidents: v.array(incident),
	outbox: v.array(outboxEntry),
	given_up: v.exactOptional(v.array(v.looseObject({...outboxEntry.entries, given_up_at: time}))),
});
