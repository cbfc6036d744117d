import type {RecordedMethod} from '../check-method.js';
import {compact} from '../compact.js';
import type {StateRecord} from '../past/node-state.js';
import type {Transition} from '../past/transition.js';
import {type NodeHistory, type Outage, type Uptime, uptimeWindows} from '../past/uptime.js';
import {isObject, type JsonObject} from '../schemas.js';
import {parseState, states} from '../state.js';
import {quoteValue} from '../text.js';
import {identityIn, isTime, listIn, methodIn, need, parseRemoteDocument, type RemoteReading} from './parse-status.js';
import {sanitizeJson} from './sanitize-json.js';

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
