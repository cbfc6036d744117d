import {durationText} from '../../domain/format.js';
import type {CallOptions} from '../../domain/ports.js';
import type {NetworkFailure} from './network-error.js';

/** How often the clock looks, in milliseconds, while something is measured. */
const tickMs = 5;
/** Two looks further apart than this tell that this process stood still in between. */
const maxGapMs = 2 * tickMs;

let holders = 0;
let timer: NodeJS.Timeout | undefined;
let lastLookMs = 0;
/** All the time this process stood still while something was measured. */
let stoodStillMs = 0;

/**
 * Milliseconds of a clock that only runs while this process could have read its sockets, for measuring others: a neighbour's
 * answer being parsed, a collection of garbage or a machine without a free processor is not a server's latency. Every reading
 * looks at the time, so that what follows in the same turn of the event loop is not counted either.
 */
export function latencyClockMs(): number {
	const nowMs = performance.now();
	if (timer && nowMs - lastLookMs > maxGapMs) {
		stoodStillMs += nowMs - lastLookMs - tickMs;
	}

	lastLookMs = nowMs;
	return nowMs - stoodStillMs;
}

/** Keeps the clock looking while something is measured. Each call is followed by one of {@link stopLatencyClock}. */
export function startLatencyClock(): void {
	holders += 1;
	if (!timer) {
		lastLookMs = performance.now();
		timer = setInterval(look, tickMs).unref();
	}
}

/** Ends what {@link startLatencyClock} began. */
export function stopLatencyClock(): void {
	holders -= 1;
}

function look(): void {
	latencyClockMs();
	if (holders === 0) {
		clearInterval(timer);
		timer = undefined;
	}
}

/** A timer may fire so early, in milliseconds. */
const earlyMs = 1;
/** How often a call gets time back: where this process stands still again and again it ends all the same. */
const maxExtensions = 3;

/** What an aborted call ends with. */
export const abortedCall: NetworkFailure = {cause: 'aborted', error: 'the check was cancelled'};

/**
 * Bounds one call by time and by its signal. One listener at a time is told when to give up, and why.
 * Every instance must be released, or its timer keeps the process alive.
 */
export class CallDeadline {
	/** When the call began, by {@link latencyClockMs}. */
	readonly startedMs: number;
	/** Told once, when the call is to be given up. */
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

	/** Why the call was given up; `undefined` while it may go on. */
	get failure(): NetworkFailure | undefined {
		return this.#failure;
	}

	/** Ends the call. Only the first reason counts. */
	giveUp(failure: NetworkFailure): void {
		if (this.#failure === undefined) {
			this.#failure = failure;
			this.onGiveUp?.(failure);
		}
	}

	/** Waits for something that cannot be ended itself. @returns `undefined` when the call is given up first */
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
			// This process stood still: the server gets back the time in which it could not have been heard.
			this.#extensions += 1;
			this.#timer = setTimeout(this.#expire, leftMs);
		} else {
			// What has already arrived is read before an immediate runs.
			setImmediate(() => {
				this.giveUp({cause: 'timeout', error: `no response within ${durationText(this.#timeoutMs)}`});
			});
		}
	};
}

const callbacksBySignal = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back once when the signal aborts. However many wait, the signal has one listener: Node warns of a leak
 * above ten, and a fleet shares one signal.
 * @returns the way to stop waiting
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
