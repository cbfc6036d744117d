import {
	type AlertState,
	type FormerMember,
	type Incident,
	type Member,
	noAlertState,
	type Streak,
} from '../../domain/alerts/alert.js';
import {type AlertStore, type AlertsFile, channelNames, type OutboxEntry} from '../../domain/alerts/outbox.js';
import {checkMethodWords, schemaVersion} from '../../domain/check-method.js';
import {InputError} from '../../domain/input-error.js';
import {parseState} from '../../domain/state.js';
import {fileLimits, readWholeFileSync} from '../bounded-read.js';
import {LockLostError} from '../store/file-lock.js';
import {jsonErrorText} from '../store/json-position.js';
import {commit, realPathOf, removeLeftovers, setAside, stageText} from '../store/staged-file.js';
import {isRecord, systemCode, systemReason} from '../system-errors.js';
import {inUse, type Lease, type LeaseOptions, takeLease} from './lease.js';

/**
 * Opens alerts.json for this process alone.
 * @param alertsPath its folder is made, for its owner alone
 * @throws InputError when another process owns it, when it cannot be read, and when a newer version wrote it
 */
export async function openAlertStore(alertsPath: string, options: LeaseOptions): Promise<AlertStore> {
	const target = realPathOf(alertsPath);
	const lease = await takeLeaseOrNote(target, options);
	try {
		return {
			initial: load(target, options.onNote),
			save: async file => {
				try {
					commit(lease, [stageText(target, `${JSON.stringify(alertsDocument(file))}\n`)]);
				} catch (error) {
					throw error instanceof LockLostError ? inUse(target) : error;
				}
			},
			close: lease.release,
		};
	} catch (error) {
		await lease.release();
		throw error;
	}
}

/** On a full disk alerts matter more than the certainty that nobody else sends them. */
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

function load(target: string, onNote: (note: string) => void): AlertsFile {
	tidy(target);
	const empty = {state: noAlertState, outbox: []};
	let text: string;
	try {
		({text} = readWholeFileSync(target, fileLimits.alerts));
	} catch (error) {
		if (systemCode(error) === 'ENOENT') {
			return empty;
		}

		throw new InputError('invalid_config', `${target} cannot be read: ${systemReason(error)}`);
	}

	const reading = parseAlertsFile(text);
	if (reading.kind === 'newer') {
		throw new InputError('newer_config', `${target} was written by a newer xmrtop`);
	}

	if (reading.kind === 'corrupt') {
		onNote(`${target} is corrupt (${reading.reason}); ${asideText(target)}`);
		return empty;
	}

	return reading.file;
}

/** @returns what became of it, in words */
function asideText(target: string): string {
	try {
		return `renamed to ${setAside(target)}`;
	} catch (error) {
		return `it cannot be renamed: ${systemReason(error)}`;
	}
}

/** What writers that were killed have left; where it cannot be removed, it does no harm. */
function tidy(target: string): void {
	try {
		removeLeftovers(target);
	} catch (error) {
		if (systemCode(error) === undefined) {
			throw error;
		}
	}
}

/** What came of reading the text of alerts.json. */
export type AlertFileReading =
	| {readonly kind: 'read'; readonly file: AlertsFile}
	| {readonly kind: 'corrupt'; readonly reason: string}
	| {readonly kind: 'newer'};

/** The document that alerts.json holds. */
export function alertsDocument({state, outbox}: AlertsFile): object {
	const {method, streaks, incidents} = state;
	return {
		schema_version: schemaVersion,
		...(method === undefined ? {} : {method}),
		streaks: Object.fromEntries(streaks),
		incidents: incidents.map(({members, former, ...incident}) => ({
			...incident,
			members: [...members.values()],
			former: [...former.values()],
		})),
		outbox,
	};
}

/** Reads the text of alerts.json. */
export function parseAlertsFile(text: string): AlertFileReading {
	let document: unknown;
	try {
		document = JSON.parse(text);
	} catch {
		return {kind: 'corrupt', reason: `not valid JSON: ${jsonErrorText(text)}`};
	}

	const {schema_version: version, method, streaks, incidents, outbox} = isRecord(document) ? document : {};
	if (typeof version === 'number' && version > schemaVersion) {
		return {kind: 'newer'};
	}

	const isWhole =
		version === schemaVersion &&
		(method === undefined || isMethod(method)) &&
		isRecord(streaks) &&
		Object.entries(streaks).every(([id, streak]) => isId(Number(id)) && isStreak(streak)) &&
		isListOf(incidents, isIncident) &&
		isListOf(outbox, isEntry);
	if (!isWhole) {
		return {kind: 'corrupt', reason: 'unexpected structure'};
	}

	const state: AlertState = {
		...(method === undefined ? {} : {method: method as NonNullable<AlertState['method']>}),
		streaks: new Map(Object.entries(streaks).map(([id, streak]) => [Number(id), streak as Streak])),
		incidents: (incidents as StoredIncident[]).map(({members, former, ...incident}) => ({
			...incident,
			members: byId(members),
			former: byId(former),
		})),
	};
	return {kind: 'read', file: {state, outbox: outbox as readonly OutboxEntry[]}};
}

interface StoredIncident extends Omit<Incident, 'members' | 'former'> {
	readonly members: readonly Member[];
	readonly former: readonly FormerMember[];
}

function byId<M extends Member | FormerMember>(members: readonly M[]): ReadonlyMap<number, M> {
	return new Map(members.map(member => [member.node_id, member]));
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isTime = (value: unknown): boolean => typeof value === 'string' && Number.isFinite(Date.parse(value));
const isId = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0;
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
const isMethod = (value: unknown): boolean => typeof value === 'string' && Object.hasOwn(checkMethodWords, value);
const isKnownState = (value: unknown): boolean => typeof value === 'string' && parseState(value) !== undefined;
const isListOf = (value: unknown, isItem: (item: unknown) => boolean): boolean =>
	Array.isArray(value) && value.every(isItem);

const isStreak = (value: unknown): boolean =>
	isRecord(value) && isCount(value.count) && isTime(value.since) && isTime(value.last_check);

const isMember = (value: unknown): boolean =>
	isRecord(value) &&
	isId(value.node_id) &&
	isText(value.node) &&
	isTime(value.since) &&
	isKnownState(value.state) &&
	isText(value.message) &&
	[value.good, value.unexplained].every(streak => streak === undefined || isStreak(streak));

const isIncident = (value: unknown): boolean =>
	isRecord(value) &&
	isText(value.id) &&
	isMethod(value.method) &&
	(value.daemon === undefined || isText(value.daemon)) &&
	isTime(value.since) &&
	isTime(value.told_at) &&
	isCount(value.reminders) &&
	isListOf(value.members, isMember) &&
	(value.members as unknown[]).length > 0 &&
	isListOf(
		value.former,
		member => isMember(member) && isRecord(member) && isTime(member.until) && isText(member.ended),
	);

const isAlert = (value: unknown): boolean =>
	isRecord(value) &&
	isText(value.id) &&
	isText(value.kind) &&
	isTime(value.at) &&
	isText(value.text) &&
	isKnownState(value.state) &&
	isListOf(
		value.nodes,
		node => isRecord(node) && isId(node.id) && isText(node.name) && isText(node.message) && isKnownState(node.state),
	);

const isEntry = (value: unknown): boolean =>
	isRecord(value) &&
	isAlert(value.alert) &&
	isListOf(value.waiting, name => (channelNames as readonly unknown[]).includes(name));
