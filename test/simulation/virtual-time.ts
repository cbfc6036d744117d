/** Timers that run when a simulation says so. Nothing waits in real time. */

interface Timer {
	dueMs: number;
	readonly order: number;
	readonly run: () => void;
	/** Of an interval, in milliseconds. */
	readonly everyMs: number | undefined;
	/** Whose it is; a process that is killed takes its timers along. */
	readonly owner: number;
	/** Of an interval: how often it ran since anything else did. */
	idleRuns: number;
}

/** An interval that ran so often while nothing else happened rests until something does. */
const mostIdleRuns = 2;

const real = {
	setTimeout: globalThis.setTimeout,
	setInterval: globalThis.setInterval,
	setImmediate: globalThis.setImmediate,
	clearTimeout: globalThis.clearTimeout,
	clearInterval: globalThis.clearInterval,
};

/** The timers and the clock of a simulated machine, in the place of the global timers while it is installed. */
export class VirtualTime {
	/** Since the beginning, in milliseconds; only goes forward. */
	elapsedMs = 0;
	/** What the wall clock is ahead of the elapsed time, in milliseconds since the epoch. */
	offsetMs: number;
	/** Whose timers are made now. */
	owner = 0;
	readonly #timers = new Set<Timer>();
	#order = 0;

	constructor(startMs: number) {
		this.offsetMs = startMs;
	}

	/** The wall clock, in milliseconds since the epoch. */
	readonly nowMs = (): number => this.offsetMs + this.elapsedMs;

	install(): void {
		const add = (run: () => void, ms: number, everyMs?: number): Timer => this.add(run, ms, everyMs);
		const remove = (timer: unknown): void => void this.#timers.delete(timer as Timer);
		Object.assign(globalThis, {
			setTimeout: (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => add(() => run(...args), ms),
			setInterval: (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => add(() => run(...args), ms, ms),
			setImmediate: (run: (...args: unknown[]) => void, ...args: unknown[]) => add(() => run(...args), 0),
			clearTimeout: remove,
			clearInterval: remove,
		});
	}

	uninstall(): void {
		Object.assign(globalThis, real);
	}

	/** Runs something later. @returns the way to cancel it */
	readonly after = (ms: number, run: () => void): (() => void) => {
		const timer = this.add(run, ms);
		return () => void this.#timers.delete(timer);
	};

	/** Forgets the timers of a process. */
	kill(owner: number): void {
		for (const timer of this.#timers) {
			if (timer.owner === owner) {
				this.#timers.delete(timer);
			}
		}
	}

	/** Lets time pass, with everything that is due in it. */
	async advance(ms: number): Promise<void> {
		const endMs = this.elapsedMs + ms;
		await flush();
		for (let timer = this.#next(endMs); timer; timer = this.#next(endMs)) {
			this.elapsedMs = Math.max(this.elapsedMs, timer.dueMs);
			if (timer.everyMs === undefined) {
				this.#timers.delete(timer);
				this.#wakeIntervals();
			} else {
				timer.dueMs = this.elapsedMs + Math.max(1, timer.everyMs);
				timer.idleRuns += 1;
			}

			timer.run();
			await flush();
		}

		this.elapsedMs = endMs;
	}

	/** An interval that rested runs again at the time it would have. */
	#wakeIntervals(): void {
		for (const timer of this.#timers) {
			if (timer.everyMs !== undefined && timer.idleRuns > 0) {
				const behindMs = this.elapsedMs - timer.dueMs;
				timer.dueMs += Math.max(0, Math.ceil(behindMs / timer.everyMs)) * timer.everyMs;
				timer.idleRuns = 0;
			}
		}
	}

	#next(endMs: number): Timer | undefined {
		let first: Timer | undefined;
		const longestMs = Math.max(0, ...[...this.#timers].map(({everyMs = 0}) => everyMs));
		for (const timer of this.#timers) {
			const isResting = timer.idleRuns >= mostIdleRuns && (timer.everyMs ?? 0) < longestMs;
			if (
				!isResting &&
				timer.dueMs <= endMs &&
				(!first || timer.dueMs < first.dueMs || (timer.dueMs === first.dueMs && timer.order < first.order))
			) {
				first = timer;
			}
		}

		if (first?.everyMs !== undefined && first.everyMs === longestMs) {
			this.#wakeOthers(first);
		}

		return first;
	}

	/** The longest interval is the cycle: it is never idle. */
	#wakeOthers(cycle: Timer): void {
		for (const timer of this.#timers) {
			if (timer !== cycle && timer.everyMs !== undefined && timer.idleRuns >= mostIdleRuns) {
				const behindMs = cycle.dueMs - timer.dueMs;
				timer.dueMs += (Math.max(0, Math.floor(behindMs / timer.everyMs)) + 1) * timer.everyMs;
				timer.idleRuns = 0;
			}
		}

		cycle.idleRuns = 0;
	}

	private add(run: () => void, ms: number, everyMs?: number): Timer {
		this.#order += 1;
		const dueMs = this.elapsedMs + Math.max(0, Number(ms) || 0);
		const timer: Timer = {dueMs, order: this.#order, run, everyMs, owner: this.owner, idleRuns: 0};
		// Code that keeps no process alive by its timers says so.
		const handle = Object.assign(timer, {unref: () => timer, ref: () => timer, hasRef: () => false});
		this.#timers.add(handle);
		return handle;
	}
}

/** Runs every promise callback that can run now. */
function flush(): Promise<void> {
	return new Promise(resolve => real.setImmediate(resolve));
}
