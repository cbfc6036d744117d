import * as v from 'valibot';
import {
	type CheckMethod,
	checkMethods,
	parseCheckMethod,
	type RecordedMethod,
	recordedMethods,
	schemaVersion,
} from '../check-method.js';
import {withoutShownSecrets} from '../command-line.js';
import {compact} from '../compact.js';
import {type FactName, factNames, fitsFact, requiredFacts} from '../facts.js';
import type {StateRecord} from '../past/node-state.js';
import type {Transition} from '../past/transition.js';
import {type NodeHistory, type Outage, type Uptime, uptimeWindows} from '../past/uptime.js';
import {
	amount,
	anyObject,
	boolean,
	checkMethod,
	isObject,
	isoTime,
	type JsonObject,
	state as stateSchema,
	text,
} from '../schemas.js';
import {type State, states, stateWords} from '../state.js';
import type {NodeReport, StatusDocument} from '../status-document.js';
import {cleanText, quoteValue} from '../text.js';
import {sanitizeJson} from './sanitize-json.js';

/** The maximum number of nodes of one host. */
const maxNodes = 10_000;
/** The greatest id of a node; ids count up from 1. */
export const maxNodeId = 999_999;
const nameLength = 64;
const textLength = 100;

/** The parsed status document of a host. */
export interface HostStatus extends Pick<StatusDocument, 'method' | 'checked_at'> {
	readonly nodes: readonly NodeReport[];
}

/** A parsed document, or one sentence that says why it is invalid. */
export type RemoteReading<T> = {readonly document: T} | {readonly problem: string};

class Unreadable extends Error {}

const nodeList = v.pipe(v.array(anyObject), v.maxLength(maxNodes));
const nodeId = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(maxNodeId));
const recordedMethod = v.picklist(recordedMethods);
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/** Parses a status document of another xmrtop. Every field is validated, and missing ones are not guessed. Never throws. */
export function parseRemoteStatus(value: unknown): RemoteReading<HostStatus> {
	return parseRemoteDocument(value, document => {
		const checkedAt = take(isoTime, document.checked_at, 'checked_at');
		const reports = nodesIn(document).map(nodeIn);
		need(new Set(reports.map(({id}) => id)).size === reports.length, 'a node id given twice');
		return {method: methodIn(document), checked_at: checkedAt, nodes: reports};
	});
}

/** Parses a document of this version. An error document, or a document of another version, is a problem. */
function parseRemoteDocument<T>(value: unknown, read: (document: JsonObject) => T): RemoteReading<T> {
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

/** @throws Unreadable naming what is invalid; {@link parseRemoteDocument} turns it into a problem */
function need(isFine: boolean, what: string): void {
	if (!isFine) {
		throw new Unreadable(what);
	}
}

/** @throws Unreadable if the value does not match the schema */
function take<S extends v.GenericSchema>(schema: S, value: unknown, what: string): v.InferOutput<S> {
	const parsed = v.safeParse(schema, value);
	if (!parsed.success) {
		throw new Unreadable(what);
	}

	return parsed.output;
}

const nodesIn = ({nodes}: JsonObject): readonly JsonObject[] => take(nodeList, nodes, 'its list of nodes');
const methodIn = ({method}: JsonObject): CheckMethod => take(checkMethod, method, `method ${quoteValue(method)}`);
const stateIn = (value: unknown): State => take(stateSchema, value, `state ${quoteValue(value)}`);
const timeIn = (value: unknown): string => take(isoTime, value, 'a time');
const amountIn = (value: unknown): number => take(amount, value, 'a number');

function recordedMethodIn(document: JsonObject): RecordedMethod {
	const method = methodIn(document);
	return take(recordedMethod, method, `method ${quoteValue(method)}`);
}

/** The id and name of an entry. */
function identityIn({id, name}: JsonObject): Pick<NodeReport, 'id' | 'name'> {
	const known = take(nodeId, id, `node id ${quoteValue(id)}`);
	const clean = typeof name === 'string' ? cleanText(name, nameLength) : '';
	need(clean !== '', `node name ${quoteValue(name)}`);
	return {id: known, name: clean};
}

function nodeIn(entry: JsonObject): NodeReport {
	const identity = identityIn(entry);
	const {title, group} = entry;
	const status = take(boolean, entry.status, `status ${quoteValue(entry.status)}`);
	const state = stateIn(entry.state);
	take(text, entry.message, `message ${quoteValue(entry.message)}`);
	const since = take(v.optional(isoTime), entry.since, 'since');
	const details = sanitizeJson(entry.details);
	const wrong = isObject(details) ? wrongDetail(details) : 'details';
	need(wrong === undefined, `${wrong} in the details of ${identity.name}`);
	const known = withoutShownSecrets(details as unknown as NodeReport['details']);
	need(known.state === state, 'a state that is not that of its details');
	need(status === stateWords[known.state].works, 'a status that is not that of its state');
	return compact({
		...identity,
		title: typeof title === 'string' ? cleanText(title, textLength) : undefined,
		group: typeof group === 'string' ? cleanText(group, textLength) : undefined,
		status,
		state,
		message: known.message,
		since,
		details: known,
	});
}

const required = Object.fromEntries(checkMethods.map(method => [method, requiredFacts(method)])) as Readonly<
	Record<CheckMethod, readonly FactName[]>
>;
const partRequired: readonly FactName[] = ['message', 'state'];
const addressNames: readonly FactName[] = factNames('address');

/**
 * Finds an invalid field in the details of a result.
 * @param details cleaned
 * @returns the first invalid field; `undefined` if all are valid
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

/** Finds an invalid part of a `full` check. */
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

/** The history of a node according to its host. */
export interface HostPast {
	readonly id: number;
	readonly name: string;
	readonly record?: StateRecord;
	readonly history: NodeHistory;
	/** Oldest first. */
	readonly transitions: readonly Transition[];
}

/** The parsed history document of a host. */
export interface HostHistory {
	readonly method: RecordedMethod;
	readonly nodes: readonly HostPast[];
}

/** The maximum number of entries that are kept of one list; the last ones are kept. */
const maxEntries = 100_000;

/** Parses the history document of another xmrtop. Every field is validated. Never throws. */
export function parseRemoteHistory(value: unknown): RemoteReading<HostHistory> {
	return parseRemoteDocument(value, document => ({
		method: recordedMethodIn(document),
		nodes: nodesIn(document).map(pastIn),
	}));
}

function pastIn(entry: JsonObject): HostPast {
	const identity = identityIn(entry);
	const {state, since, last_check: lastCheck} = entry;
	const uptime = take(anyObject, entry.uptime, 'uptime');
	const windows = Object.keys(uptimeWindows).map(window => [window, uptimeIn(uptime[window])]);
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
	const entries = take(v.array(anyObject), value, what);
	return entries.slice(-maxEntries).map(item => sanitizeJson(item) as JsonObject);
}

const uptimeSchema = v.looseObject({ratio: v.optional(share), seconds: anyObject});

function uptimeIn(value: unknown): Uptime {
	const {ratio, seconds} = take(uptimeSchema, value, 'uptime');
	const known = Object.fromEntries(states.map(state => [state, amountIn(seconds[state])])) as Uptime['seconds'];
	return compact({ratio, seconds: known});
}

const outageState = v.picklist(['busy', 'down']);

function outageIn({from, to, duration_ms: ms, unwatched_ms: unwatchedMs, state, message, reason}: JsonObject): Outage {
	return compact({
		from: timeIn(from),
		to: to === undefined ? undefined : timeIn(to),
		duration_ms: amountIn(ms),
		unwatched_ms: unwatchedMs === undefined ? undefined : amountIn(unwatchedMs),
		state: take(outageState, state, 'state of an outage'),
		...wordsIn(message, reason),
	});
}

function transitionIn(entry: JsonObject): Transition {
	const {at, node_id: id, node, from, to, message, reason} = entry;
	const method = recordedMethodIn(entry);
	const identity = identityIn({id, name: node});
	return {
		at: timeIn(at),
		node_id: identity.id,
		node: identity.name,
		method,
		from: stateIn(from),
		to: stateIn(to),
		...wordsIn(message, reason),
	};
}

const words = v.looseObject({message: text, reason: v.optional(text)});

function wordsIn(message: unknown, reason: unknown): {readonly message: string; readonly reason?: string} {
	const texts = take(words, {message, reason}, 'message');
	return compact({message: texts.message, reason: texts.reason});
}
