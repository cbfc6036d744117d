import * as v from 'valibot';
import {type CheckMethod, checkMethods, parseCheckMethod, schemaVersion} from '../check-method.js';
import {type FactName, factNames, fitsFact, requiredFacts} from '../facts.js';
import {isObject, isoTime, type JsonObject} from '../schemas.js';
import {withoutShownSecrets} from '../shown-details.js';
import {parseState, stateWords} from '../state.js';
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
