import type {Silence, SilenceStore} from '../domain/alerts/silences.js';
import {compact} from '../domain/compact.js';
import type {Ports} from '../domain/ports.js';
import type {Settings} from '../domain/settings.js';
import type {NodeStore, ResultStore} from '../domain/store.js';
import {type Checker, createChecker} from './checker.js';
import {createPoller, type NotedPoller, type PolledNodes} from './poller.js';
import {createRecorder, type Recorder, type RecorderOptions} from './recorder.js';

/** The real adapters; `close` ends every kept-alive connection. */
export interface ClosablePorts extends Ports {
	readonly close: () => void;
}

export interface SessionOptions extends Omit<RecorderOptions, 'store'> {
	readonly ports: ClosablePorts;
	readonly resultStore: ResultStore;
	readonly settings: Settings;
}

/** Checks nodes and remembers their results, for one run. */
export interface Session {
	readonly settings: Settings;
	readonly ports: ClosablePorts;
	readonly recorder: Recorder;
	readonly checker: Checker;
	/** Creates the poller of nodes; nothing is checked before it is started. */
	readonly poll: (readNodes: () => PolledNodes, silences?: () => readonly Silence[]) => NotedPoller;
}

/** Opens a session, through which every command and the library check. The caller closes its recorder and its ports. */
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

/** A poller, not yet started, of the nodes that a command line selects. */
export interface OpenPoller extends Stores {
	readonly poller: NotedPoller;
	readonly silenceStore: SilenceStore;
	readonly settings: Settings;
	/** Stops it, saves the remaining results, and closes kept-alive connections. */
	readonly close: () => Promise<void>;
}

/** A running loop, as passed to its parts. */
export interface Loop extends Omit<OpenPoller, 'close'> {
	/** Prints a line on stderr. */
	readonly say: (line: string) => void;
	/** Aborts when the loop must end. */
	readonly ended: AbortSignal;
}

/** A part of a loop: its output, its alerts, its HTTP server. It is told what the loop sees and checks nothing itself. */
export interface LoopPart extends Pick<RecorderOptions, 'onTransition' | 'onResult'> {
	/**
	 * Starts the part, before the first cycle.
	 * @returns what to do at the end, before the results are saved, within half a second
	 * @throws InputError for anything the user can correct; the loop then does not start
	 */
	readonly begin?: (loop: Loop) => Promise<() => Promise<void>>;
}
