import {applyTransitions, type Memories} from '../../domain/past/memories.js';
import type {RecordClock} from '../../domain/past/record-clock.js';
import {fileLimits, readWholeFileSync} from '../bounded-read.js';
import {systemCode, systemReason} from '../system-errors.js';
import {stampOfPath} from './file-stamp.js';
import {parseResultFile} from './result-file.js';
import {readTransitionsFrom} from './transition-log.js';

/** The two files of the results. */
export interface ResultPaths {
	readonly results: string;
	readonly transitions: string;
}

/** What both files say together. */
export interface LoadedResults {
	/** Changes whenever one of the files does. */
	readonly stamp: string;
	/** With the times as they were written. */
	readonly memories: Memories;
	/** What results.json remembers of the clock. */
	readonly clock?: RecordClock | undefined;
	/** Why results.json counts as empty; it is set aside when it is next written. */
	readonly corrupt?: string;
	/** Why results.json must not be written, in one line that says so. */
	readonly untouchable?: string;
}

const notSaved = 'results are not saved';

/** Reads both files again only when one of them has changed. */
export interface ResultCache {
	readonly load: () => LoadedResults;
	/** Keeps what was just written, which need not be read again. */
	readonly keep: (loaded: Omit<LoadedResults, 'stamp'>) => void;
	/** One line about what was wrong with a file, once. */
	readonly takeNote: () => string | undefined;
}

/** A cache of what the two files say. Never writes, never waits for a lock. */
export function createResultCache(paths: ResultPaths, nowMs: () => number): ResultCache {
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

/** The files are read one after the other: when another process saves in between, both are read again. */
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
	const tailFrom = (fromByte: number, memories: Memories) =>
		applyTransitions(memories, readTransitionsFrom(transitions, fromByte), nowMs);
	let text: string;
	try {
		({text} = readWholeFileSync(results, fileLimits.results));
	} catch (error) {
		const isMissing = systemCode(error) === 'ENOENT';
		const trouble = isMissing ? {} : {untouchable: `${results} cannot be read: ${systemReason(error)}; ${notSaved}`};
		return {memories: tailFrom(0, new Map()), ...trouble};
	}

	const reading = parseResultFile(text);
	if (reading.kind === 'newer') {
		return {memories: new Map(), untouchable: `${results} was written by a newer xmrtop; ${notSaved}`};
	}

	return reading.kind === 'corrupt'
		? {memories: tailFrom(0, new Map()), corrupt: `${results} is corrupt (${reading.reason})`}
		: {memories: tailFrom(reading.transitionsBytes, reading.memories), clock: reading.clock};
}

function stampOfBoth({results, transitions}: ResultPaths): string {
	return `${stampOfPath(results)} | ${stampOfPath(transitions)}`;
}
