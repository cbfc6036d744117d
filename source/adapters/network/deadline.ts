import {durationText} from '../../domain/format.js';
import type {CallOptions} from '../../domain/ports.js';
import type {NetworkFailure} from './network-error.js';

/** How often the clock samples the time during a measurement, in milliseconds. */
const tickMs = 5;
/** Two samples further apart than this mean that this process was stalled in between. */
const maxGapMs = 2 * tickMs;

let holders = 0;
let timer: NodeJS.Timeout | undefined;
let lastSampleMs = 0;
/** How long this process was stalled in total during measurements, in milliseconds. */
let stalledMs = 0;

/**
 * A clock for measuring servers, in milliseconds, that runs only while this process could have read its sockets: parsing
 * another answer, a garbage collection or a machine without a free processor does not count as a server's latency. Every
 * call samples the time, so that the rest of the same turn of the event loop is not counted either.
 */
export function latencyClockMs(): number {
	const nowMs = performance.now();
	if (timer && nowMs - lastSampleMs > maxGapMs) {
		stalledMs += nowMs - lastSampleMs - tickMs;
	}

	lastSampleMs = nowMs;
	return nowMs - stalledMs;
}

/** Keeps the clock sampling during a measurement. Each call must be followed by one of {@link stopLatencyClock}. */
function startLatencyClock(): void {
	holders += 1;
	if (!timer) {
		lastSampleMs = performance.now();
		timer = setInterval(sample, tickMs).unref();
	}
}

/** Ends a measurement begun by {@link startLatencyClock}. */
function stopLatencyClock(): void {
	holders -= 1;
}

function sample(): void {
	latencyClockMs();
	if (holders === 0) {
		clearInterval(timer);
		timer = undefined;
	}
}

/** A timer may fire this much too early, in milliseconds. */
const earlyMs = 1;
/** How often a call's deadline is extended: a process that is stalled again and again ends its calls all the same. */
const maxExtensions = 3;

/** The failure of an aborted call. */
export const abortedCall: NetworkFailure = {cause: 'aborted', error: 'the check was cancelled'};

/**
 * Ends one call at its deadline or when its signal aborts. There is one listener at a time; it is told to give up, and why.
 * Every instance must be released, or its timer keeps the process alive.
 */
export class CallDeadline {
	/** When the call began, by {@link latencyClockMs}. */
	readonly startedMs: number;
	/** Called once, when the call must be given up. */
	onGiveUp: ((failure: NetworkFailure) => void) | undefined;
	#failure: NetworkFailure | undefined;
	#extensions = 0;
	#isReleased = false;
	#timer: NodeJS.Timeout;
	readonly #timeoutMs: number;
	readonly #stopListening: (() => void) | undefined;

	constructor({timeoutMs, signal}: CallOptions) {
		this.#timeoutMs = timeoutMs;
		startLatencyClock();
		this.startedMs = latencyClockMs();
		this.#timer = setTimeout(this.#expire, timeoutMs);
		if (signal?.aborted) {
			this.#failure = abortedCall;
		} else {
			this.#stopListening = signal && onAbort(signal, () => this.giveUp(abortedCall));
		}
	}

	/** Why the call was given up; `undefined` while it may continue. */
	get failure(): NetworkFailure | undefined {
		return this.#failure;
	}

	/** Gives the call up. Only the first reason counts. */
	giveUp(failure: NetworkFailure): void {
		if (this.#failure === undefined) {
			this.#failure = failure;
			this.onGiveUp?.(failure);
		}
	}

	/** Waits for a promise that cannot be cancelled. @returns `undefined` when the call is given up first */
	within<T>(something: Promise<T>): Promise<T | undefined> {
		return new Promise((resolve, reject) => {
			this.onGiveUp = () => resolve(undefined);
			if (this.#failure) {
				resolve(undefined);
			}

			something.then(resolve, reject);
		});
	}

	/** Waits. @returns false when the call is given up first */
	pause(ms: number): Promise<boolean> {
		return new Promise(resolve => {
			const timer = setTimeout(() => {
				this.onGiveUp = undefined;
				resolve(true);
			}, ms);
			this.onGiveUp = () => {
				clearTimeout(timer);
				resolve(false);
			};
			if (this.#failure) {
				this.onGiveUp(this.#failure);
			}
		});
	}

	release(): void {
		if (!this.#isReleased) {
			this.#isReleased = true;
			stopLatencyClock();
		}

		clearTimeout(this.#timer);
		this.onGiveUp = undefined;
		this.#stopListening?.();
	}

	readonly #expire = (): void => {
		const leftMs = this.#timeoutMs - (latencyClockMs() - this.startedMs);
		if (leftMs > earlyMs && this.#extensions < maxExtensions) {
			// This process was stalled: the deadline is extended by the time in which it could not have read an answer.
			this.#extensions += 1;
			this.#timer = setTimeout(this.#expire, leftMs);
		} else {
			// Data that has already arrived is read before a setImmediate callback runs.
			setImmediate(() => {
				this.giveUp({cause: 'timeout', error: `no response within ${durationText(this.#timeoutMs)}`});
			});
		}
	};
}

const callbacksBySignal = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back once when the signal aborts. The signal has one listener for all callbacks: Node warns of a leak above ten, and
 * a fleet shares one signal.
 * @returns a function that removes the callback
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
	const callbacks = callbacksBySignal.get(signal) ?? listenTo(signal);
	callbacks.add(callback);
	return () => callbacks.delete(callback);
}

function listenTo(signal: AbortSignal): Set<() => void> {
	const callbacks = new Set<() => void>();
	const callAll = (): void => {
		for (const callback of callbacks) {
			callback();
		}

		callbacks.clear();
	};
	signal.addEventListener('abort', callAll, {once: true});
	callbacksBySignal.set(signal, callbacks);
	return callbacks;
}
