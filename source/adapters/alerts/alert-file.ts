import type {AlertsFile} from '../../domain/alerts/alert-ports.js';
import type {AlertState, FormerMember, Incident, Member, Streak} from '../../domain/alerts/alert-state.js';
import {channelNames, type OutboxEntry} from '../../domain/alerts/outbox.js';
import {checkMethodWords} from '../../domain/check-method.js';
import {parseState} from '../../domain/state.js';
import {schemaVersion} from '../../domain/words.js';
import {isRecord} from '../is-record.js';
import {jsonErrorText} from '../store/json-position.js';

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
