import {type CheckMethod, parseCheckMethod, schemaVersion} from '../check-method.js';
import {type Details, rungNames} from '../check-result.js';
import {withoutSecrets} from '../shown-details.js';
import {parseState, stateWords} from '../state.js';
import type {NodeReport, StatusDocument} from '../status-document.js';
import {cleanText, shown} from '../text.js';
import {cleanJson, isObject} from './sanitize-json.js';

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
export type Reading<T> = {readonly document: T} | {readonly problem: string};

class Unreadable extends Error {}

/** Reads a status document of another xmrtop. Nothing in it is trusted, nothing is guessed at. Never throws. */
export function readStatus(value: unknown): Reading<HostStatus> {
	return reading(value, document => {
		const {method, checked_at: checkedAt, nodes} = document;
		need(isTime(checkedAt), 'checked_at');
		const reports = listIn(nodes).map(nodeIn);
		need(new Set(reports.map(({id}) => id)).size === reports.length, 'a node id given twice');
		return {method: methodIn(method), checked_at: checkedAt as string, nodes: reports};
	});
}

/** Reads a document of this version: an error it tells of and one of another version are problems. */
export function reading<T>(value: unknown, read: (document: Readonly<Record<string, unknown>>) => T): Reading<T> {
	if (!isObject(value) || value.schema_version === undefined) {
		return {problem: 'the program there is not xmrtop'};
	}

	if (value.schema_version !== schemaVersion) {
		const isNewer = typeof value.schema_version === 'number' && value.schema_version > schemaVersion;
		const [age, place] = isNewer ? ['a newer', 'here'] : ['an older', 'there'];
		const version = `its document version is ${shown(value.schema_version)}, supported here: ${schemaVersion}`;
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

/** @throws Unreadable naming what is not as it should be; becomes the problem of the {@link reading} */
export function need(isFine: boolean, what: string): void {
	if (!isFine) {
		throw new Unreadable(what);
	}
}

/** The entries of a document. */
export function listIn(nodes: unknown): ReadonlyArray<Readonly<Record<string, unknown>>> {
	need(Array.isArray(nodes) && nodes.length <= mostNodes && nodes.every(isObject), 'its list of nodes');
	return nodes as ReadonlyArray<Readonly<Record<string, unknown>>>;
}

/** The id and name of an entry. */
export function identityIn({id, name}: Readonly<Record<string, unknown>>): Pick<NodeReport, 'id' | 'name'> {
	need(Number.isInteger(id) && (id as number) >= 1 && (id as number) <= mostNodeId, `node id ${shown(id)}`);
	const clean = typeof name === 'string' ? cleanText(name, nameLength) : '';
	need(clean !== '', `node name ${shown(name)}`);
	return {id: id as number, name: clean};
}

export function methodIn(value: unknown): CheckMethod {
	const method = typeof value === 'string' ? parseCheckMethod(value) : undefined;
	need(method !== undefined, `method ${shown(value)}`);
	return method as CheckMethod;
}

function nodeIn(entry: Readonly<Record<string, unknown>>): NodeReport {
	const identity = identityIn(entry);
	const {status, state, message, since, title, group} = entry;
	need(typeof status === 'boolean', `status ${shown(status)}`);
	need(typeof state === 'string' && parseState(state) !== undefined, `state ${shown(state)}`);
	need(typeof message === 'string', `message ${shown(message)}`);
	need(since === undefined || isTime(since), 'since');
	const details = cleanJson(entry.details);
	const wrong = isObject(details) ? wrongDetail(details) : 'details';
	need(wrong === undefined, `${wrong} in the details of ${identity.name}`);
	const known = withoutSecrets(details as unknown as NodeReport['details']);
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

type Is = (value: unknown) => boolean;

const isText: Is = value => typeof value === 'string';
const isBoolean: Is = value => typeof value === 'boolean';
const isNumber: Is = value => typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
const isAmount: Is = value => isNumber(value) && (value as number) >= 0;
const isCount: Is = value => Number.isSafeInteger(value) && (value as number) >= 0;
const isState: Is = value => typeof value === 'string' && parseState(value) !== undefined;
const isTexts: Is = value => Array.isArray(value) && value.every(isText);

/** The time between these counts as possible: it is shown, and compared with the clock here. */
const isoTime = /^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/;

/** Whether a value is a time as xmrtop writes it. */
export const isTime: Is = value => typeof value === 'string' && isoTime.test(value) && !Number.isNaN(Date.parse(value));

const isRung: Is = value =>
	isObject(value) &&
	rungNames.some(name => name === value.rung) &&
	['passed', 'broken', 'not_reached'].some(state => state === value.state);

/** What known fields of `details` must be where they are present. Others are taken as they are. */
const kinds: Readonly<Record<string, Is>> = {
	message: isText,
	reason: isText,
	state: isState,
	latency_ms: isAmount,
	last_check: isTime,
	timestamp: isTime,
	url: isText,
	error: isText,
	status_code: isCount,
	host: isText,
	port: isCount,
	pid: isCount,
	started_at: isTime,
	start_ticks: isCount,
	unit: isText,
	unit_uid: isCount,
	container: isText,
	container_engine: isText,
	cmdline: isText,
	is_monero_process: isBoolean,
	stopped: isBoolean,
	version: isCount,
	version_text: isText,
	release: isBoolean,
	daemon: isText,
	daemon_reachable: isBoolean,
	daemon_synchronized: isBoolean,
	daemon_height: isCount,
	daemon_inferred: isBoolean,
	daemon_note: isText,
	daemon_own_height: isCount,
	bootstrap_daemon: isText,
	daemon_lag: isCount,
	daemon_fault: isText,
	daemon_blocks_per_s: isAmount,
	daemon_eta_s: isAmount,
	daemon_stalled_ms: isAmount,
	nettype: isText,
	block_age_s: isAmount,
	wallet_open: isBoolean,
	wallet_height: isCount,
	wallet_lag: isNumber,
	wallet_fell_at: isTime,
	wallet_fell_from: isCount,
	wallet_fell_to: isCount,
	catch_up_blocks_per_s: isAmount,
	eta_s: isAmount,
	stalled: isBoolean,
	stalled_ms: isAmount,
	restarts: isCount,
	restarted_at: isTime,
	version_before: isText,
	process_unseen: isText,
	caused_by: isText,
	cpu_cores: isAmount,
	silent_ms: isAmount,
	work: isObject,
	last_answer_at: isTime,
	facts_at: isTime,
	scanning: isBoolean,
	crash_loop_starts: isCount,
	crash_loop_ms: isAmount,
	stopped_by: isText,
	tracer: isText,
	hint: isText,
	notes: isTexts,
	rungs: value => Array.isArray(value) && value.every(isRung),
	summary: isObject,
};

/** What each method's details must have besides what all have. */
const required: Readonly<Record<Details['method'], readonly string[]>> = {
	pid: [],
	port: ['host', 'port'],
	api: ['url'],
	full: ['checks', 'summary', 'rungs', 'timestamp'],
};
const requiredOfAll = ['message', 'state', 'latency_ms', 'last_check'] as const;

/**
 * What is not as it should be in the details of a result.
 * @param details cleaned
 * @returns the first field that is wrong; `undefined` when all may be relied on
 */
export function wrongDetail(details: Readonly<Record<string, unknown>>): string | undefined {
	const method = typeof details.method === 'string' ? parseCheckMethod(details.method) : undefined;
	if (!method) {
		return 'method';
	}

	const missing = [...requiredOfAll, ...required[method]].find(name => details[name] === undefined);
	return missing ?? wrongField(details) ?? (method === 'full' ? wrongCheck(details.checks) : undefined);
}

function wrongField(details: Readonly<Record<string, unknown>>): string | undefined {
	return Object.entries(details).find(([name, value]) => value !== undefined && kinds[name]?.(value) === false)?.[0];
}

/** The parts of a `full` check. */
function wrongCheck(checks: unknown): string | undefined {
	if (!isObject(checks)) {
		return 'checks';
	}

	const names = ['pid', 'port', 'api', 'wallet', ...(checks.daemon === undefined ? [] : ['daemon'])];
	const wrong = names.find(name => {
		const part = checks[name];
		return !(isObject(part) && isBoolean(part.status) && isObject(part.details) && isPart(name, part.details));
	});
	return wrong && `checks.${wrong}`;
}

function isPart(name: string, details: Readonly<Record<string, unknown>>): boolean {
	const needed = ['message', 'state', ...(name === 'port' ? required.port : [])];
	return needed.every(field => details[field] !== undefined) && wrongField(details) === undefined;
}
