import type {Silence, SilenceStore} from '../domain/alerts/silences.js';
import {compact} from '../domain/compact.js';
import type {Ports} from '../domain/ports.js';
import type {Settings} from '../domain/settings.js';
import type {NodeStore, ResultStore} from '../domain/store.js';
import {type Checker, createChecker} from './checker.js';
import {createPoller, type NotedPoller, type PolledNodes} from './poller.js';
import {createRecorder, type Recorder, type RecorderOptions} from './recorder.js';

/** The way to the outside; `close` ends every kept connection. */
export interface ClosablePorts extends Ports {
	readonly close: () => void;
}

export interface SessionOptions extends Omit<RecorderOptions, 'store'> {
	readonly ports: ClosablePorts;
	readonly resultStore: ResultStore;
	readonly settings: Settings;
}

/** What checks nodes and remembers their results, for one run. */
export interface Session {
	readonly settings: Settings;
	readonly ports: ClosablePorts;
	readonly recorder: Recorder;
	readonly checker: Checker;
	/** Makes the poller of nodes; nothing is checked before it is started. */
	readonly poll: (readNodes: () => PolledNodes, silences?: () => readonly Silence[]) => NotedPoller;
}

/** Opens a session: every command and the library check through one. Its recorder and its ports are to be closed. */
export function openCheckSession({ports, resultStore, settings, ...recording}: SessionOptions): Session {
	const recorder = createRecorder({store: resultStore, ...recording});
	const checker = createChecker({ports, settings, recall: recorder.recall});
	const {method, interval: intervalMs} = settings;
	return {
		settings,
		ports,
		recorder,
		checker,
		poll: (readNodes, silences) =>
			createPoller(compact({checker, recorder, ports, method, intervalMs, readNodes, silences})),
	};
}

export interface Stores {
	readonly nodeStore: NodeStore;
	readonly resultStore: ResultStore;
}

/** A poller of the nodes that a command line names, not yet started. */
export interface OpenPoller extends Stores {
	readonly poller: NotedPoller;
	readonly silenceStore: SilenceStore;
	readonly settings: Settings;
	/** Ends it, saves what is not yet saved, and ends the kept connections. */
	readonly close: () => Promise<void>;
}

/** The loop, as its parts see it. */
export interface Loop extends Omit<OpenPoller, 'close'> {
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
