import {checkMethodWords} from '../../domain/check-method.js';
import {parseDaemonAddress} from '../../domain/daemon-address.js';
import type {NodeMemory} from '../../domain/past/memory.js';
import type {RecordClock} from '../../domain/past/record-clock.js';
import {withoutSecrets} from '../../domain/shown-details.js';
import {parseState} from '../../domain/state.js';
import {schemaVersion} from '../../domain/words.js';
import {isRecord} from '../is-record.js';
import {jsonErrorText} from './json-position.js';

/** What results.json holds. */
export interface ResultFile {
	readonly memories: ReadonlyMap<number, NodeMemory>;
	/** How much of transitions.ndjson the states already take into account. */
	readonly transitionsBytes: number;
	/** Absent in files of before 0.2.0. */
	readonly clock?: RecordClock | undefined;
}

/** What came of reading the text of results.json. */
export type ResultFileReading =
	| ({readonly kind: 'read'} & ResultFile)
	| {readonly kind: 'corrupt'; readonly reason: string}
	| {readonly kind: 'newer'};

/** Reads the text of results.json. A node whose memory makes no sense is passed over. */
export function parseResultFile(text: string): ResultFileReading {
	let document: unknown;
	try {
		document = JSON.parse(text);
	} catch {
		return {kind: 'corrupt', reason: `not valid JSON: ${jsonErrorText(text)}`};
	}

	const {schema_version: version, transitions_bytes: bytes, nodes, clock} = isRecord(document) ? document : {};
	if (typeof version === 'number' && version > schemaVersion) {
		return {kind: 'newer'};
	}

	if (version !== schemaVersion || !isCount(bytes) || !isRecord(nodes)) {
		return {kind: 'corrupt', reason: 'unexpected structure'};
	}

	const memories = Object.entries(nodes).filter(([id, memory]) => /^[1-9]\d{0,14}$/.test(id) && isMemory(memory));
	return {
		kind: 'read',
		memories: new Map(memories.map(([id, memory]) => [Number(id), shownMemory(memory as NodeMemory)])),
		transitionsBytes: bytes,
		...(isClock(clock) ? {clock} : {}),
	};
}

/** Versions before this one kept more of a command line. */
function shownMemory(memory: NodeMemory): NodeMemory {
	return memory.worked_data ? {...memory, worked_data: withoutSecrets(memory.worked_data)} : memory;
}

/** The document that results.json holds. */
export function resultDocument({memories, transitionsBytes, clock}: ResultFile): object {
	return {
		schema_version: schemaVersion,
		transitions_bytes: transitionsBytes,
		clock,
		nodes: Object.fromEntries(memories),
	};
}

type Shape = Readonly<Record<string, (value: unknown) => boolean>>;

const isText = (value: unknown) => typeof value === 'string';
const isBoolean = (value: unknown) => typeof value === 'boolean';
const isKnownState = (value: unknown) => typeof value === 'string' && parseState(value) !== undefined;
const isListOf = (isItem: (value: unknown) => boolean) => (value: unknown) =>
	Array.isArray(value) && value.every(isItem);

const isTime = (value: unknown): boolean => typeof value === 'string' && Number.isFinite(Date.parse(value));
const isSpan = (value: unknown) => Array.isArray(value) && value.length === 2 && value.every(isTime);

const isClock = (value: unknown): value is RecordClock =>
	isRecord(value) && isTime(value.last) && (value.steps === undefined || isListOf(isSpan)(value.steps));

const detailsShape: Shape = {
	method: value => typeof value === 'string' && Object.hasOwn(checkMethodWords, value),
	message: isText,
	state: isKnownState,
	latency_ms: Number.isFinite,
	last_check: isText,
};
const stateRecordShape: Shape = {
	state: isKnownState,
	since: isText,
	last_check: isText,
	merged_at: value => value === undefined || isText(value),
};
const processShape: Shape = {pid: isCount, started_at: isText};
const isDaemon = (value: unknown) => typeof value === 'string' && parseDaemonAddress(value) !== undefined;
const isHeight = (value: unknown) => hasShape(value, {at: isText, height: isCount});
const memoryShape: {readonly [F in keyof Required<NodeMemory>]: (value: unknown) => boolean} = {
	worked: isBoolean,
	worked_data: value => hasShape(value, detailsShape),
	states: value => isRecord(value) && Object.values(value).every(item => hasShape(item, stateRecordShape)),
	watched: value => isRecord(value) && Object.values(value).every(isListOf(isSpan)),
	latencies: isListOf(Number.isFinite),
	recent_states: isListOf(isKnownState),
	process: value => hasShape(value, processShape),
	process_seen_at: isText,
	restarts: isListOf(isText),
	version: isCount,
	version_changed: value => hasShape(value, {at: isText, from: isCount}),
	wallet_heights: isListOf(isHeight),
	refresh_delays: isListOf(Number.isFinite),
	daemon_heights: isListOf(isHeight),
	last_answer: isText,
	silent_since: isText,
	wallet_seen: isBoolean,
	wallet_height: isCount,
	wallet_fell: value => hasShape(value, {at: isText, from: isCount, to: isCount}),
	inferred_daemon: value => hasShape(value, {...processShape, daemon: isDaemon}),
	answering_since: isText,
	work: value => hasShape(value, {...processShape, at: isText, cpu_ms: isCount}),
	lives: isListOf(value => hasShape(value, {started_at: isText})),
	life_answered_to: isText,
	last_sync: value => hasShape(value, {at: isText, wallet_height: isCount, wallet_lag: isCount}),
};

/** Every field of a memory is optional; those that are there must be what the rest of the program counts on. */
function isMemory(value: unknown): boolean {
	return (
		isRecord(value) &&
		Object.entries(memoryShape).every(([field, fits]) => value[field] === undefined || fits(value[field]))
	);
}

function hasShape(value: unknown, shape: Shape): boolean {
	return isRecord(value) && Object.entries(shape).every(([field, fits]) => fits(value[field]));
}

function isCount(value: unknown): value is number {
	return Number.isSafeInteger(value) && (value as number) >= 0;
}
