import path from 'node:path';
import {InputError} from '../../domain/input-error.js';
import type {Observation} from '../../domain/past/node-state.js';
import {isCredibleMs, nextRecordClock, type RecordClock} from '../../domain/past/record-clock.js';
import {
	applyTransitions,
	clampNodeStates,
	type NodeStates,
	recordObservations,
	type Transition,
} from '../../domain/past/transition.js';
import type {ResultStore, SaveOptions} from '../../domain/store.js';
import {fileLimits, readWholeFileSync} from '../bounded-read.js';
import {systemErrorCode, systemErrorReason} from '../system-errors.js';
import {type HeldLock, LockLostError, withFileLock} from './file-lock.js';
import {parseResultFile, resultDocument} from './result-file.js';
import {
	commitStagedFiles,
	readFileStamp,
	realFilePath,
	removeStagedLeftovers,
	setFileAside,
	stageConfFile,
	stageTextFile,
} from './staged-file.js';
import {newerFileText} from './state-document.js';
import {
	appendTransitions,
	prunedTransitionLog,
	readLogClock,
	readTransitionLog,
	readTransitionsFrom,
} from './transition-log.js';

/**
 * How long a save waits for the lock, in milliseconds: results are not worth a longer wait; the user is told that they are
 * not saved.
 */
const patienceMs = 2000;

/** What the functions on the two files share. */
interface OpenStore {
	readonly paths: ResultPaths;
	readonly cache: ResultCache;
	readonly nowMs: () => number;
	readonly underLock: <T>(target: string, work: (lock: HeldLock) => T) => Promise<T>;
	/** What this process has already merged: repeating a save that was reported as failed counts nothing twice. */
	readonly merged: WeakSet<Observation>;
}

/**
 * The store of results.json and transitions.ndjson.
 * @param stateDir their folder; created at the first save, accessible only to its owner
 */
export function createResultStore(stateDir: string, nowMs: () => number = Date.now): ResultStore {
	const paths = {
		results: path.resolve(stateDir, 'results.json'),
		transitions: path.resolve(stateDir, 'transitions.ndjson'),
	};
	const cache = createResultCache(paths, nowMs);
	const store: OpenStore = {paths, cache, nowMs, underLock: createResultLock(paths), merged: new WeakSet()};
	const read = createReader(store);
	return {
		path: paths.results,
		transitionsPath: paths.transitions,
		read,
		save: async (observations, options) => save(store, observations, options),
		saveTransitions: async observations =>
			// Reading without the lock is enough to see that nothing has changed; the next save sees what this misses.
			recordObservations(cache.load().nodeStates, observations, nowMs()).transitions.length === 0
				? []
				: saveTransitions(store, observations),
		readTransitions: async filter => readTransitionLog(paths.transitions, nowMs(), filter?.nodeId),
		takeNote: cache.takeNote,
	};
}

/** Returns the same object until a file changes. */
function createReader({cache, nowMs}: OpenStore): () => NodeStates {
	let last: {readonly from: NodeStates; readonly nodeStates: NodeStates} | undefined;
	return () => {
		const from = cache.load().nodeStates;
		if (last?.from !== from) {
			last = {from, nodeStates: isCredibleMs(nowMs()) ? clampNodeStates(from, nowMs()) : from};
		}

		return last.nodeStates;
	};
}

function createResultLock({results}: ResultPaths): OpenStore['underLock'] {
	let lockedAtMs = Number.NEGATIVE_INFINITY;
	return (target, work) => {
		// Two saves in a row, as at the end of a loop, wait no longer than one.
		const hasJustWaited = performance.now() - lockedAtMs < patienceMs;
		return withFileLock(target, work, {
			patienceMs: hasJustWaited ? 0 : patienceMs,
			lockedError: holder => {
				lockedAtMs = performance.now();
				return new InputError('save_failed', `results were not saved: ${results} is locked by ${holder}`);
			},
		});
	};
}

async function saveTransitions(store: OpenStore, observations: readonly Observation[]): Promise<readonly Transition[]> {
	const {paths, cache, nowMs, underLock} = store;
	const kept = keptObservations(store, observations);
	return underLock(realFilePath(paths.results), lock => {
		const before = writable(store);
		const {transitions} = recordObservations(before.nodeStates, kept, nowMs());
		append(paths, lock, transitions);
		cache.keep({...before, nodeStates: applyTransitions(before.nodeStates, transitions, nowMs())});
		return transitions;
	});
}

async function save(
	store: OpenStore,
	observations: readonly Observation[],
	options: SaveOptions = {},
): Promise<readonly Transition[]> {
	const {paths, cache, nowMs, underLock, merged} = store;
	const {Conf} = await import('./conf.js');
	const target = realFilePath(paths.results);
	const fresh = keptObservations(store, observations).filter(observation => !merged.has(observation));
	return underLock(target, lock => {
		const before = writable(store);
		removeStagedLeftovers(target);
		setAsideCorrupt(paths, lock, before);
		const {nodeStates, transitions} = recordObservations(before.nodeStates, fresh, nowMs());
		const clock = nextRecordClock(before.clock ?? readLogClock(paths.transitions, nowMs()), nowMs());
		const write = (kept: NodeStates, transitionsBytes: number) => {
			commitStagedFiles(lock, [
				stageConfFile(Conf, target, resultDocument({nodeStates: kept, transitionsBytes, clock})),
			]);
		};

		prune(store, lock, clock, () => write(before.nodeStates, 0));
		const kept = withoutRemoved(nodeStates, options);
		write(kept, append(paths, lock, transitions));
		for (const observation of fresh) {
			merged.add(observation);
		}

		cache.keep({nodeStates: kept, clock});
		return transitions;
	});
}

/**
 * The results to save: those made before this machine's clock was first set are left out.
 * @throws InputError (`save_failed`) while the clock is not set
 */
function keptObservations({paths, nowMs}: OpenStore, observations: readonly Observation[]): readonly Observation[] {
	const now = nowMs();
	if (!isCredibleMs(now)) {
		const text = new Date(now).toISOString();
		throw new InputError(
			'save_failed',
			`results were not saved: the clock of this machine says ${text} (${paths.results})`,
		);
	}

	return observations.filter(({result}) => isCredibleMs(Date.parse(result.details.last_check)));
}

/** The current content, unless the file must not be written. */
function writable({cache}: OpenStore): LoadedResults {
	const loaded = cache.load();
	if (loaded.untouchable !== undefined) {
		throw new InputError('save_failed', loaded.untouchable);
	}

	return loaded;
}

function append({transitions: log}: ResultPaths, lock: HeldLock, transitions: readonly Transition[]): number {
	if (!lock.isHeld()) {
		throw new LockLostError();
	}

	return appendTransitions(log, transitions);
}

/**
 * Removes old transitions from the log.
 * @param forgetPosition saves that the states include no part of the log: a position in the old log is wrong in the new one,
 * and the process may be killed between the two writes
 */
function prune(
	{paths: {transitions: log}, nowMs}: OpenStore,
	lock: HeldLock,
	clock: RecordClock,
	forgetPosition: () => void,
): void {
	const text = prunedTransitionLog(log, nowMs(), clock);
	if (text !== undefined) {
		forgetPosition();
		removeStagedLeftovers(realFilePath(log));
		commitStagedFiles(lock, [stageTextFile(realFilePath(log), text)]);
	}
}

function setAsideCorrupt({results}: ResultPaths, lock: HeldLock, {corrupt}: LoadedResults): void {
	if (corrupt !== undefined && lock.isHeld()) {
		setFileAside(results);
	}
}

function withoutRemoved(nodeStates: NodeStates, {keepOnly}: SaveOptions): NodeStates {
	if (!keepOnly) {
		return nodeStates;
	}

	const newest = Math.max(0, ...keepOnly);
	return new Map([...nodeStates].filter(([id]) => keepOnly.has(id) || id > newest));
}

/** The paths of the two files. */
export interface ResultPaths {
	readonly results: string;
	readonly transitions: string;
}

/** The combined content of both files. */
export interface LoadedResults {
	/** Changes whenever one of the files changes. */
	readonly stamp: string;
	/** With the times as written in the file. */
	readonly nodeStates: NodeStates;
	/** What results.json records about the clock. */
	readonly clock?: RecordClock | undefined;
	/** Why results.json is treated as empty; it is renamed at the next write. */
	readonly corrupt?: string;
	/** Why results.json must not be written, in one line. */
	readonly untouchable?: string;
}

const notSaved = 'results are not saved';

/** Reads both files again only after one of them has changed. */
export interface ResultCache {
	readonly load: () => LoadedResults;
	/** Stores what was just written, so that it need not be read again. */
	readonly keep: (loaded: Omit<LoadedResults, 'stamp'>) => void;
	/** Returns one line about a problem with a file, once. */
	readonly takeNote: () => string | undefined;
}

/** A cache of the two files' content. Never writes and never waits for a lock. */
function createResultCache(paths: ResultPaths, nowMs: () => number): ResultCache {
	let last: LoadedResults | undefined;
	const notes: string[] = [];
	const noted = new Set<string>();
	const noteOnce = ({corrupt, untouchable}: LoadedResults) => {
		const note = untouchable === undefined ? corrupt && `${corrupt}; it will be renamed at the next save` : untouchable;
		if (note !== undefined && !noted.has(note)) {
			noted.add(note);
			notes.push(note);
		}
	};

	return {
		load: () => {
			if (last?.stamp !== stampOfBoth(paths)) {
				last = loadBoth(paths, nowMs());
				noteOnce(last);
			}

			return last;
		},
		keep: loaded => {
			last = {...loaded, stamp: stampOfBoth(paths)};
		},
		takeNote: () => notes.shift(),
	};
}

/** The files are read one after the other: if another process saves in between, both are read again. */
function loadBoth(paths: ResultPaths, nowMs: number): LoadedResults {
	for (let attempt = 1; ; attempt += 1) {
		const stamp = stampOfBoth(paths);
		const loaded = loadOnce(paths, nowMs);
		if (attempt === 5 || stampOfBoth(paths) === stamp) {
			return {stamp, ...loaded};
		}
	}
}

function loadOnce({results, transitions}: ResultPaths, nowMs: number): Omit<LoadedResults, 'stamp'> {
	const tailFrom = (fromByte: number, nodeStates: NodeStates) =>
		applyTransitions(nodeStates, readTransitionsFrom(transitions, fromByte), nowMs);
	let text: string;
	try {
		({text} = readWholeFileSync(results, fileLimits.results));
	} catch (error) {
		const isMissing = systemErrorCode(error) === 'ENOENT';
		const trouble = isMissing
			? {}
			: {untouchable: `${results} cannot be read: ${systemErrorReason(error)}; ${notSaved}`};
		return {nodeStates: tailFrom(0, new Map()), ...trouble};
	}

	const reading = parseResultFile(text);
	if (reading.kind === 'newer') {
		return {nodeStates: new Map(), untouchable: `${newerFileText(results)}; ${notSaved}`};
	}

	return reading.kind === 'corrupt'
		? {nodeStates: tailFrom(0, new Map()), corrupt: `${results} is corrupt (${reading.reason})`}
		: {nodeStates: tailFrom(reading.transitionsBytes, reading.nodeStates), clock: reading.clock};
}

function stampOfBoth({results, transitions}: ResultPaths): string {
	return `${readFileStamp(results)} | ${readFileStamp(transitions)}`;
}
