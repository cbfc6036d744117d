import type {Settings} from '../domain/settings.js';
import type {NodeStore, ResultStore} from '../domain/store.js';
import type {NotedWatcher} from './poller.js';
import type {RecorderOptions} from './recorder.js';

/** The loop, as its parts see it. */
export interface Loop extends Omit<OpenWatcher, 'close'> {
	/** Says a line on stderr. */
	readonly say: (line: string) => void;
	/** Aborts when the loop is to end. */
	readonly ended: AbortSignal;
}

/** Something that goes with a loop: what it prints, its alerts, its HTTP server. It hears what the loop sees and checks nothing. */
export interface LoopPart extends Pick<RecorderOptions, 'onTransition' | 'onResult'> {
	/**
	 * Begins, before the first cycle.
	 * @returns what to do at the end, before the results are saved: within half a second
	 * @throws InputError for anything a person can correct; the loop then does not start
	 */
	readonly begin?: (loop: Loop) => Promise<() => Promise<void>>;
}

/** A watcher of the nodes that a command line names, not yet started. */
export interface OpenWatcher extends Stores {
	readonly watcher: NotedWatcher;
	readonly settings: Settings;
	/** Ends it, saves what is not yet saved, and ends the kept connections. */
	readonly close: () => Promise<void>;
}

export interface Stores {
	readonly nodeStore: NodeStore;
	readonly resultStore: ResultStore;
}
