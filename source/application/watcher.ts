import type {CheckMethod} from '../domain/check-method.js';
import type {FleetSnapshot} from '../domain/fleet.js';

/** Nodes that somebody wants checked. */
export interface AskedNodes {
	/** Every node that cycles check. */
	readonly all: boolean;
	/** Nodes besides, by id; disabled ones too. */
	readonly ids: ReadonlySet<number>;
}

/**
 * Checks a fleet on a timer and shares what it sees. Everything that renders subscribes to it; nothing that renders checks.
 */
export interface Watcher {
	/** The present snapshot; the same object until something changes (as `useSyncExternalStore` wants). */
	readonly getSnapshot: () => FleetSnapshot;
	/** Calls back after every change, at most every 50 ms while results stream in. @returns the way to end it */
	readonly subscribe: (listener: () => void) => () => void;
	/** Begins: the first cycle at once. */
	readonly start: () => void;
	/**
	 * Checks one node now, by id, or all; joins a check of it already under way. Works while paused too.
	 * @returns settles when the snapshot holds what was found; never rejects
	 */
	readonly checkNow: (nodeId?: number) => Promise<void>;
	/**
	 * Checks nodes by checks that begin after this call: it joins none that is under way.
	 * @returns settles when the snapshot holds what was found; never rejects
	 */
	readonly checkAnew: (asked: AskedNodes) => Promise<void>;
	readonly setMethod: (method: CheckMethod) => void;
	/** Sets the time between cycles, in milliseconds; values below one second count as one second. */
	readonly setIntervalMs: (intervalMs: number) => void;
	readonly setPaused: (paused: boolean) => void;
	/** Runs a `full` check of one node each cycle beside the fleet's method, while its diagnostics are open; `undefined` ends it. */
	readonly setDiagnosed: (nodeId: number | undefined) => void;
	/** Ends: aborts what is under way and saves what is not yet saved. */
	readonly stop: () => Promise<void>;
}
