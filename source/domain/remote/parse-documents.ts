import * as v from 'valibot';
import {type CheckMethod, checkMethods, parseCheckMethod, type RecordedMethod, schemaVersion} from '../check-method.js';
import {withoutShownSecrets} from '../command-line.js';
import {compact} from '../compact.js';
import {type FactName, factNames, fitsFact, requiredFacts} from '../facts.js';
import type {StateRecord} from '../past/node-state.js';
import type {Transition} from '../past/transition.js';
import {type NodeHistory, type Outage, type Uptime, uptimeWindows} from '../past/uptime.js';
import {isObject, isoTime, type JsonObject} from '../schemas.js';
import {parseState, states, stateWords} from '../state.js';
import type {NodeReport, StatusDocument} from '../status-document.js';
import {cleanText, quoteValue} from '../text.js';
import {sanitizeJson} from './sanitize-json.js';

/** More nodes of one host are not taken. */
const mostNodes = 10_000;
/** Ids above are nobody's: they count up from 1. */
export const mostNodeId = 999_999;
const nameLength = 64;
const textLength = 100;

/** What a host's status document says, as far as it is understood. */
export interface HostStatus extends Pick<StatusDocument, 'method' | 'checked_at'> {
	readonly nodes: readonly NodeReport[];
}

/** A document, or in one sentence why it is none that can be relied on. */
export type RemoteReading<T> = {readonly document: T} | {readonly problem: string};

class Unreadable extends Error {}

/** Reads a status document of another xmrtop. Nothing in it is trusted, nothing is guessed at. Never throws. */
export function parseRemoteStatus(value: unknown): RemoteReading<HostStatus> {
	return parseRemoteDocument(value, document => {
		const {method, checked_at: checkedAt, nodes} = document;
		need(isTime(checkedAt), 'checked_at');
		const reports = listIn(nodes).map(nodeIn);
		need(new Set(reports.map(({id}) => id)).size === reports.length, 'a node id given twice');
		return {method: methodIn(method), checked_at: checkedAt as string, nodes: reports};
	});
}

/** Reads a document of this version: an error it tells of and one of another version are problems. */
export function parseRemoteDocument<T>(value: unknown, read: (document: JsonObject) => T): RemoteReading<T> {
	if (!isObject(value) || value.schema_version === undefined) {
		return {problem: 'the program there is not xmrtop'};
	}

	if (value.schema_version !== schemaVersion) {
		const isNewer = typeof value.schema_version === 'number' && value.schema_version > schemaVersion;
		const [age, place] = isNewer ? ['a newer', 'here'] : ['an older', 'there'];
		const version = `its document version is ${quoteValue(value.schema_version)}, supported here: ${schemaVersion}`;
		return {problem: `${age} xmrtop runs there (${version}): update xmrtop ${place}`};
	}

	if (isObject(value.error)) {
		const {message} = value.error;
		return {problem: `xmrtop there reports: ${cleanText(typeof message === 'string' ? message : 'an error')}`};
	}

	try {
		return {document: read(value)};
	} catch (error) {
		if (!(error instanceof Unreadable)) {
			throw error;
		}

		const what = `${error.message} is not supported here`;
		return {problem: `an older or newer xmrtop runs there (${what}): use the same version on both`};
	}
}

/** @throws Unreadable naming what is not as it should be; becomes the problem of the {@link parseRemoteDocument} */
export function need(isFine: boolean, what: string): void {
	if (!isFine) {
		throw new Unreadable(what);
	}
}

/** The entries of a document. */
export function listIn(nodes: unknown): readonly JsonObject[] {
	need(Array.isArray(nodes) && nodes.length <= mostNodes && nodes.every(isObject), 'its list of nodes');
	return nodes as readonly JsonObject[];
}

/** The id and name of an entry. */
export function identityIn({id, name}: JsonObject): Pick<NodeReport, 'id' | 'name'> {
	need(Number.isInteger(id) && (id as number) >= 1 && (id as number) <= mostNodeId, `node id ${quoteValue(id)}`);
	const clean = typeof name === 'string' ? cleanText(name, nameLength) : '';
	need(clean !== '', `node name ${quoteValue(name)}`);
	return {id: id as number, name: clean};
}

export function methodIn(value: unknown): CheckMethod {
	const method = typeof value === 'string' ? parseCheckMethod(value) : undefined;
	need(method !== undefined, `method ${quoteValue(value)}`);
	return method as CheckMethod;
}

function nodeIn(entry: JsonObject): NodeReport {
	const identity = identityIn(entry);
	const {status, state, message, since, title, group} = entry;
	need(typeof status === 'boolean', `status ${quoteValue(status)}`);
	need(typeof state === 'string' && parseState(state) !== undefined, `state ${quoteValue(state)}`);
	need(typeof message === 'string', `message ${quoteValue(message)}`);
	need(since === undefined || isTime(since), 'since');
	const details = sanitizeJson(entry.details);
	const wrong = isObject(details) ? wrongDetail(details) : 'details';
	need(wrong === undefined, `${wrong} in the details of ${identity.name}`);
	const known = withoutShownSecrets(details as unknown as NodeReport['details']);
	need(known.state === state, 'a state that is not that of its details');
	need(status === stateWords[known.state].works, 'a status that is not that of its state');
	return {
		...identity,
		...(typeof title === 'string' ? {title: cleanText(title, textLength)} : {}),
		...(typeof group === 'string' ? {group: cleanText(group, textLength)} : {}),
		status: status as boolean,
		state: known.state,
		message: known.message,
		...(since === undefined ? {} : {since: since as string}),
		details: known,
	};
}

/** Whether a value is a time as xmrtop writes it. */
export const isTime = (value: unknown): value is string => v.is(isoTime, value);

const required = Object.fromEntries(checkMethods.map(method => [method, requiredFacts(method)])) as Readonly<
	Record<CheckMethod, readonly FactName[]>
>;
const partRequired: readonly FactName[] = ['message', 'state'];
const addressNames: readonly FactName[] = factNames('address');

/**
 * What is not as it should be in the details of a result.
 * @param details cleaned
 * @returns the first field that is wrong; `undefined` when all may be relied on
 */
export function wrongDetail(details: JsonObject): string | undefined {
	const method = typeof details.method === 'string' ? parseCheckMethod(details.method) : undefined;
	if (!method) {
		return 'method';
	}

	const missing = required[method].find(name => details[name] === undefined);
	return (method === 'full' ? wrongCheck(details.checks) : undefined) ?? missing ?? wrongFact(details);
}

function wrongFact(details: JsonObject): string | undefined {
	return Object.entries(details).find(([name, value]) => value !== undefined && !fitsFact(name, value))?.[0];
}

/** The parts of a `full` check. */
function wrongCheck(checks: unknown): string | undefined {
	if (!isObject(checks)) {
		return 'checks';
	}

	const names = ['pid', 'port', 'api', 'wallet', ...(checks.daemon === undefined ? [] : ['daemon'])];
	const wrong = names.find(name => {
		const part = checks[name];
		return !(
			isObject(part) &&
			typeof part.status === 'boolean' &&
			isObject(part.details) &&
			isPart(name, part.details)
		);
	});
	return wrong && `checks.${wrong}`;
}

function isPart(name: string, details: JsonObject): boolean {
	const needed = name === 'port' ? [...partRequired, ...addressNames] : partRequired;
	return needed.every(field => details[field] !== undefined) && wrongFact(details) === undefined;
}

/** A node's past as its host tells it. */
export interface HostPast {
	readonly id: number;
	readonly name: string;
	readonly record?: StateRecord;
	readonly history: NodeHistory;
	/** Oldest first. */
	readonly transitions: readonly Transition[];
}

/** What a host's history document says. */
export interface HostHistory {
	readonly method: RecordedMethod;
	readonly nodes: readonly HostPast[];
}

/** Entries of one list that are kept, the last ones. */
const mostEntries = 100_000;

/** Reads the history document of another xmrtop. Nothing in it is trusted. Never throws. */
export function parseRemoteHistory(value: unknown): RemoteReading<HostHistory> {
	return parseRemoteDocument(value, document => {
		const method = methodIn(document.method);
		need(method !== 'full', 'method "full"');
		return {method: method as RecordedMethod, nodes: listIn(document.nodes).map(pastIn)};
	});
}

function pastIn(entry: JsonObject): HostPast {
	const identity = identityIn(entry);
	const {state, since, last_check: lastCheck, uptime} = entry;
	need(isObject(uptime), 'uptime');
	const windows = Object.keys(uptimeWindows).map(window => [window, uptimeIn((uptime as JsonObject)[window])]);
	const outages = entriesIn(entry.outages, 'outages').map(outageIn);
	const record =
		state === undefined ? undefined : {state: stateIn(state), since: timeIn(since), last_check: timeIn(lastCheck)};
	return compact({
		...identity,
		record,
		history: {uptime: Object.fromEntries(windows), outages},
		transitions: entriesIn(entry.transitions, 'transitions').map(transitionIn),
	});
}

function entriesIn(value: unknown, what: string): readonly JsonObject[] {
	need(Array.isArray(value) && value.every(isObject), what);
	return (value as readonly JsonObject[]).slice(-mostEntries).map(item => sanitizeJson(item) as JsonObject);
}

function uptimeIn(value: unknown): Uptime {
	need(isObject(value) && isObject(value.seconds), 'uptime');
	const {ratio, seconds} = value as {readonly ratio?: unknown; readonly seconds: JsonObject};
	need(ratio === undefined || (typeof ratio === 'number' && ratio >= 0 && ratio <= 1), 'uptime');
	const known = states.map(state => [state, amountIn(seconds[state])]);
	return {...(ratio === undefined ? {} : {ratio: ratio as number}), seconds: Object.fromEntries(known)};
}

function outageIn({from, to, duration_ms: ms, unwatched_ms: unwatchedMs, state, message, reason}: JsonObject): Outage {
	need(state === 'busy' || state === 'down', 'state of an outage');
	return {
		from: timeIn(from),
		...(to === undefined ? {} : {to: timeIn(to)}),
		duration_ms: amountIn(ms),
		...(unwatchedMs === undefined ? {} : {unwatched_ms: amountIn(unwatchedMs)}),
		state: state as Outage['state'],
		...wordsIn(message, reason),
	};
}

function transitionIn({at, node_id: id, node, method, from, to, message, reason}: JsonObject): Transition {
	const recorded = methodIn(method);
	need(recorded !== 'full', 'method "full"');
	return {
		at: timeIn(at),
		...(({id: node_id, name}) => ({node_id, node: name}))(identityIn({id, name: node})),
		method: recorded as RecordedMethod,
		from: stateIn(from),
		to: stateIn(to),
		...wordsIn(message, reason),
	};
}

function wordsIn(message: unknown, reason: unknown): {readonly message: string; readonly reason?: string} {
	need(typeof message === 'string' && (reason === undefined || typeof reason === 'string'), 'message');
	return {message: message as string, ...(reason === undefined ? {} : {reason: reason as string})};
}

function stateIn(value: unknown) {
	const state = typeof value === 'string' ? parseState(value) : undefined;
	need(state !== undefined, `state ${quoteValue(value)}`);
	return state as NonNullable<typeof state>;
}

function timeIn(value: unknown): string {
	need(isTime(value), 'a time');
	return value as string;
}

function amountIn(value: unknown): number {
	need(typeof value === 'number' && Number.isFinite(value) && value >= 0, 'a number');
	return value as number;
}
