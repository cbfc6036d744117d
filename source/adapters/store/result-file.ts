import * as v from 'valibot';
import {type RecordedMethod, schemaVersion} from '../../domain/check-method.js';
import type {Details, ProcessIdentity} from '../../domain/check-result.js';
import {withoutShownSecrets} from '../../domain/command-line.js';
import {parseDaemonAddress} from '../../domain/daemon-address.js';
import {factNames, facts, fitsFact} from '../../domain/facts.js';
import type {WatchedSpan} from '../../domain/past/coverage.js';
import type {NodeState, StateRecord} from '../../domain/past/node-state.js';
import type {RecordClock} from '../../domain/past/record-clock.js';
import {
	anyObject,
	boolean,
	checkMethod,
	count,
	isObject,
	number,
	partialObject,
	state,
	text,
	time,
} from '../../domain/schemas.js';
import {parseState, type State} from '../../domain/state.js';
import {parseStateDocument, type UnreadableDocument} from './state-document.js';

/** What results.json holds. */
export interface ResultFile {
	readonly nodeStates: ReadonlyMap<number, NodeState>;
	/** How many bytes of transitions.ndjson the states already include. */
	readonly transitionsBytes: number;
	/** Absent in files written before 0.2.0. */
	readonly clock?: RecordClock | undefined;
}

/** The result of reading the text of results.json. */
export type ResultFileReading = ({readonly kind: 'read'} & ResultFile) | UnreadableDocument;

/** Reads the text of results.json. A node whose state is invalid is skipped. */
export function parseResultFile(text: string): ResultFileReading {
	const reading = parseStateDocument(text, resultsFile);
	if (reading.kind !== 'read') {
		return reading;
	}

	const {nodes, clock, transitions_bytes: transitionsBytes} = reading.document;
	const nodeStates = new Map<number, NodeState>();
	for (const [id, nodeState] of Object.entries(nodes)) {
		if (/^[1-9]\d{0,14}$/.test(id) && v.is(nodeStateSchema, nodeState)) {
			nodeStates.set(Number(id), shownNodeState(nodeState));
		}
	}

	return {kind: 'read', nodeStates, transitionsBytes, ...(v.is(recordClock, clock) ? {clock} : {})};
}

/** Other versions keep more of a command line, or other types of facts: what does not fit is left out. */
function shownNodeState(nodeState: NodeState): NodeState {
	return nodeState.worked_data
		? {...nodeState, worked_data: withoutShownSecrets(withoutMisfits(nodeState.worked_data))}
		: nodeState;
}

function withoutMisfits<D extends object>(details: D): D {
	const entries = Object.entries(details);
	const fitting = entries.filter(([name, value]) => name === 'last_check' || fitsFact(name, value));
	return fitting.length === entries.length ? details : (Object.fromEntries(fitting) as D);
}

/** The document that results.json holds. */
export function resultDocument({nodeStates, transitionsBytes, clock}: ResultFile): object {
	return {
		schema_version: schemaVersion,
		transitions_bytes: transitionsBytes,
		clock,
		nodes: Object.fromEntries(nodeStates),
	};
}

/**
 * Lists and records of results.json are checked by one function each: the file is read at every start, and with 1,000 nodes
 * a schema for each of their 300,000 items takes 16 ms on top of 46 ms.
 */
const listOf = <T>(fits: (value: unknown) => value is T) =>
	v.custom<readonly T[]>(value => Array.isArray(value) && value.every(fits));
const recordOf = <K extends string, T>(fits: (value: unknown) => value is T) =>
	v.custom<Readonly<Partial<Record<K, T>>>>(value => isObject(value) && Object.values(value).every(fits));

const isText = (value: unknown): value is string => typeof value === 'string';
const isTime = (value: unknown) => isText(value) && Number.isFinite(Date.parse(value));
const isNumber = (value: unknown): value is number => Number.isFinite(value);
const isState = (value: unknown): value is State => typeof value === 'string' && parseState(value) !== undefined;
const isSpan = (value: unknown): value is readonly [string, string] =>
	Array.isArray(value) && value.length === 2 && value.every(isTime);
const isSpans = (value: unknown): value is ReadonlyArray<readonly [string, string]> =>
	Array.isArray(value) && value.every(isSpan);

const commonFacts = factNames('common').filter(name => facts[name].required);

/** A wrong clock may have written any time; times that are not plausible are clamped later. */
const details = v.custom<Details>(
	value =>
		isObject(value) &&
		v.is(checkMethod, value.method) &&
		commonFacts.every(name => (name === 'last_check' ? isText(value[name]) : fitsFact(name, value[name]))),
);

const stateRecord = v.looseObject({state, since: text, last_check: text, merged_at: v.exactOptional(text)});
const processFacts = factNames('process').filter(name => name !== 'started_at');
const isProcess = (value: unknown): value is ProcessIdentity =>
	isObject(value) &&
	v.is(count, value.pid) &&
	isText(value.started_at) &&
	processFacts.every(name => value[name] === undefined || fitsFact(name, value[name]));
const processIdentity = v.custom<ProcessIdentity>(isProcess);
const heights = v.array(v.looseObject({at: text, height: count}));
const optionalText = v.exactOptional(text);
const optionalCount = v.exactOptional(count);

/** Every field may be absent; a field that is present must have the type that the rest of the program expects. */
const nodeStateSchema: v.GenericSchema<NodeState> = partialObject({
	worked: boolean,
	worked_data: details,
	states: recordOf<RecordedMethod, StateRecord>(value => v.is(stateRecord, value)),
	watched: recordOf<RecordedMethod, readonly WatchedSpan[]>(isSpans),
	latencies: listOf(isNumber),
	recent_states: listOf(isState),
	process: processIdentity,
	process_seen_at: text,
	process_command: text,
	restarts: listOf(isText),
	version: count,
	version_changed: v.looseObject({at: text, from: count}),
	wallet_heights: heights,
	refresh_delays: listOf(isNumber),
	daemon_heights: heights,
	last_answer: text,
	silent_since: text,
	wallet_seen: boolean,
	wallet_height: count,
	wallet_fell: v.looseObject({at: text, from: count, to: count}),
	inferred_daemon: v.looseObject({
		pid: count,
		started_at: text,
		daemon: v.pipe(
			text,
			v.check(address => parseDaemonAddress(address) !== undefined),
		),
	}),
	daemon_state: v.looseObject({daemon: text, state, since: text}),
	answering_since: text,
	work: v.intersect([
		processIdentity,
		v.looseObject({
			at: text,
			cpu_ms: count,
			context_switches: optionalCount,
			disk_read_bytes: optionalCount,
			major_faults: optionalCount,
			throttled: optionalCount,
			worked_at: optionalText,
		}),
	]),
	lives: v.array(
		v.looseObject({
			started_at: text,
			answered_from: optionalText,
			answered_to: optionalText,
			starting_since: optionalText,
		}),
	),
	life_answered_to: text,
	last_sync: v.looseObject({
		at: text,
		daemon: optionalText,
		wallet_height: count,
		wallet_lag: count,
		catch_up_blocks_per_s: v.exactOptional(number),
		eta_s: v.exactOptional(number),
	}),
} satisfies {readonly [F in keyof Required<NodeState>]: v.GenericSchema<unknown, unknown>});

const recordClock: v.GenericSchema<RecordClock> = v.looseObject({
	last: time,
	steps: v.exactOptional(v.custom<NonNullable<RecordClock['steps']>>(isSpans)),
});

const resultsFile = v.looseObject({
	schema_version: v.literal(schemaVersion),
	transitions_bytes: count,
	nodes: anyObject,
	clock: v.optional(v.unknown()),
});
