import path from 'node:path';
import {InputError} from '../../domain/input-error.js';
import {applyTransitions, clampMemories, type Memories, rememberAll} from '../../domain/past/memories.js';
import type {Observation} from '../../domain/past/memory.js';
import {clockAfter, isCredibleMs, type RecordClock} from '../../domain/past/record-clock.js';
import type {Transition} from '../../domain/past/transition.js';
import type {ResultStore, SaveOptions} from '../../domain/store.js';
import {type HeldLock, LockLostError, withFileLock} from './file-lock.js';
import {createResultCache, type LoadedResults, type ResultCache, type ResultPaths} from './result-cache.js';
import {resultDocument} from './result-file.js';
import {setAside} from './set-aside.js';
import {commit, realPathOf, removeLeftovers, stageDocument, stageText} from './staged-file.js';
import {appendTransitions, clockOfLog, prunedLog, readTransitionLog} from './transition-log.js';

/** Results are worth waiting for a little while only: whoever has them is told that they are not saved. */
const patienceMs = 2000;

/** What the work on the two files needs. */
interface OpenStore {
	readonly paths: ResultPaths;
	readonly cache: ResultCache;
	readonly nowMs: () => number;
	readonly underLock: <T>(target: string, work: (lock: HeldLock) => T) => Promise<T>;
	/** What this process has merged: a save that is repeated, because it was reported as failed, doubles nothing. */
	readonly merged: WeakSet<Observation>;
}

/**
 * The store of results.json and transitions.ndjson.
 * @param stateDir their folder; made, for its owner alone, at the first save
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
			// A look without the lock is enough to see that nothing has changed; what it misses, the next save sees.
			rememberAll(cache.load().memories, observations, nowMs()).transitions.length === 0
				? []
				: saveTransitions(store, observations),
		readTransitions: async filter => readTransitionLog(paths.transitions, nowMs(), filter?.nodeId),
		takeNote: cache.takeNote,
	};
}

/** Gives the same object until a file changes. */
function createReader({cache, nowMs}: OpenStore): () => Memories {
	let last: {readonly from: Memories; readonly memories: Memories} | undefined;
	return () => {
		const from = cache.load().memories;
		if (last?.from !== from) {
			last = {from, memories: isCredibleMs(nowMs()) ? clampMemories(from, nowMs()) : from};
		}

		return last.memories;
	};
}

function createResultLock({results}: ResultPaths): OpenStore['underLock'] {
	let lockedAtMs = Number.NEGATIVE_INFINITY;
	return (target, work) => {
		// Two saves one after the other, as at the end of a loop, wait no longer than one.
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
	return underLock(realPathOf(paths.results), lock => {
		const before = writable(store);
		const {transitions} = rememberAll(before.memories, kept, nowMs());
		append(paths, lock, transitions);
		cache.keep({...before, memories: applyTransitions(before.memories, transitions, nowMs())});
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
	const target = realPathOf(paths.results);
	const fresh = keptObservations(store, observations).filter(observation => !merged.has(observation));
	return underLock(target, lock => {
		const before = writable(store);
		removeLeftovers(target);
		setAsideCorrupt(paths, lock, before);
		const {memories, transitions} = rememberAll(before.memories, fresh, nowMs());
		const clock = clockAfter(before.clock ?? clockOfLog(paths.transitions, nowMs()), nowMs());
		const write = (kept: Memories, transitionsBytes: number) => {
			commit(lock, [stageDocument(Conf, target, resultDocument({memories: kept, transitionsBytes, clock}))]);
		};

		prune(store, lock, clock, () => write(before.memories, 0));
		const kept = withoutRemoved(memories, options);
		write(kept, append(paths, lock, transitions));
		for (const observation of fresh) {
			merged.add(observation);
		}

		cache.keep({memories: kept, clock});
		return transitions;
	});
}

/**
 * What is to be saved of some results: none that was made before the clock of this machine was set for the first time.
 * @throws InputError (`save_failed`) while it is not set
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

/** What is known now, unless the file is one that must not be written. */
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
 * Takes old transitions out of the log.
 * @param forgetPosition saves that no part of the log is taken into account yet: a position in the old log means nothing in
 * the new one, and the process may be killed between writing the one and the other
 */
function prune(
	{paths: {transitions: log}, nowMs}: OpenStore,
	lock: HeldLock,
	clock: RecordClock,
	forgetPosition: () => void,
): void {
	const text = prunedLog(log, nowMs(), clock);
	if (text !== undefined) {
		forgetPosition();
		removeLeftovers(realPathOf(log));
		commit(lock, [stageText(realPathOf(log), text)]);
	}
}

function setAsideCorrupt({results}: ResultPaths, lock: HeldLock, {corrupt}: LoadedResults): void {
	if (corrupt !== undefined && lock.isHeld()) {
		setAside(results);
	}
}

function withoutRemoved(memories: Memories, {keepOnly}: SaveOptions): Memories {
	if (!keepOnly) {
		return memories;
	}

	const newest = Math.max(0, ...keepOnly);
	return new Map([...memories].filter(([id]) => keepOnly.has(id) || id > newest));
}
