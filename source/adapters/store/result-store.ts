import path from 'node:path';
import {applyTransitions, type Memories, rememberAll} from '../../domain/past/memories.js';
import type {Observation} from '../../domain/past/memory.js';
import type {Transition} from '../../domain/past/transition.js';
import type {ResultStore, SaveOptions} from '../../domain/store.js';
import {saveFailed} from '../system-errors.js';
import {type HeldLock, LockLostError, withFileLock} from './file-lock.js';
import {createResultCache, type LoadedResults, type ResultCache, type ResultPaths} from './result-cache.js';
import {resultDocument} from './result-file.js';
import {setAside} from './set-aside.js';
import {commit, realPathOf, removeLeftovers, stageDocument, stageText} from './staged-file.js';
import {appendTransitions, prunedLog, readTransitionLog} from './transition-log.js';

/**
 * The store of results.json and transitions.ndjson.
 * @param stateDir their folder; made, for its owner alone, at the first save
 */
export function createResultStore(stateDir: string): ResultStore {
	const paths = {
		results: path.resolve(stateDir, 'results.json'),
		transitions: path.resolve(stateDir, 'transitions.ndjson'),
	};
	const cache = createResultCache(paths);
	/** What this process has merged: a save that is repeated, because it was reported as failed, doubles nothing. */
	const merged = new WeakSet<Observation>();
	return {
		path: paths.results,
		transitionsPath: paths.transitions,
		read: () => cache.load().memories,
		save: async (observations, options) => {
			const fresh = observations.filter(observation => !merged.has(observation));
			return save(paths, cache, fresh, options, () => fresh.forEach(observation => void merged.add(observation)));
		},
		saveTransitions: async observations =>
			// A look without the lock is enough to see that nothing has changed; what it misses, the next save sees.
			rememberAll(cache.load().memories, observations).transitions.length === 0
				? []
				: saveTransitions(paths, cache, observations),
		readTransitions: async filter => readTransitionLog(paths.transitions, Date.now(), filter?.nodeId),
		takeNote: cache.takeNote,
	};
}

async function saveTransitions(
	paths: ResultPaths,
	cache: ResultCache,
	observations: readonly Observation[],
): Promise<readonly Transition[]> {
	return withFileLock(realPathOf(paths.results), lock => {
		const before = writable(paths, cache);
		const {transitions} = rememberAll(before.memories, observations);
		append(paths, lock, transitions);
		cache.keep({...before, memories: applyTransitions(before.memories, transitions)});
		return transitions;
	});
}

async function save(
	paths: ResultPaths,
	cache: ResultCache,
	observations: readonly Observation[],
	options: SaveOptions = {},
	onMerged: () => void,
): Promise<readonly Transition[]> {
	const {Conf} = await import('./conf.js');
	const target = realPathOf(paths.results);
	return withFileLock(target, lock => {
		removeLeftovers(target);
		const before = writable(paths, cache);
		setAsideCorrupt(paths, lock, before);
		const {memories, transitions} = rememberAll(before.memories, observations);
		const write = (kept: Memories, transitionsBytes: number) => {
			commit(lock, [stageDocument(Conf, target, resultDocument({memories: kept, transitionsBytes}))]);
		};

		prune(paths, lock, () => write(before.memories, 0));
		const kept = withoutRemoved(memories, options);
		write(kept, append(paths, lock, transitions));
		onMerged();
		cache.keep({memories: kept});
		return transitions;
	});
}

/** What is known now, unless the file is one that must not be written. */
function writable({results}: ResultPaths, cache: ResultCache): LoadedResults {
	const loaded = cache.load();
	if (loaded.untouchable !== undefined) {
		throw saveFailed(results, loaded.untouchable);
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
function prune({transitions: log}: ResultPaths, lock: HeldLock, forgetPosition: () => void): void {
	const text = prunedLog(log, Date.now());
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
