/** Timers controlled by a simulation. Nothing waits in real time. */

interface Timer {
	dueMs: number;
	readonly order: number;
	readonly run: () => void;
	/** Period of an interval, in milliseconds; `undefined` for a single timer. */
	readonly everyMs: number | undefined;
	/** Number of the simulated process that owns it; when that is killed, its timers are removed. */
	readonly owner: number;
	/** How often an interval has run since any other timer ran. */
	idleRuns: number;
}

/** An interval that has run this often while no other timer ran is suspended until one does. */
const maxIdleRuns = 2;

const real = {
	setTimeout: globalThis.setTimeout,
	setInterval: globalThis.setInterval,
	setImmediate: globalThis.setImmediate,
	clearTimeout: globalThis.clearTimeout,
	clearInterval: globalThis.clearInterval,
};

/** The timers and the clock of a simulated machine. While installed, they replace the global timers. */
export class VirtualTime {
	/** Milliseconds since the start; monotonic. */
	elapsedMs = 0;
	/** Difference between the wall clock and the elapsed time, in milliseconds since the epoch. */
	offsetMs: number;
	/** The process that owns newly created timers. */
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

	/** Runs a function later. @returns the function that cancels it */
	readonly after = (ms: number, run: () => void): (() => void) => {
		const timer = this.add(run, ms);
		return () => void this.#timers.delete(timer);
	};

	/** Removes the timers of a process. */
	kill(owner: number): void {
		for (const timer of this.#timers) {
			if (timer.owner === owner) {
				this.#timers.delete(timer);
			}
		}
	}

	/** Advances the time and runs all timers that become due. */
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

	/** Resumes suspended intervals at the next time they would have run. */
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
			const isResting = timer.idleRuns >= maxIdleRuns && (timer.everyMs ?? 0) < longestMs;
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

	/** Resumes the other intervals when the longest one, the check cycle, runs. The cycle itself is never suspended. */
	#wakeOthers(cycle: Timer): void {
		for (const timer of this.#timers) {
			if (timer !== cycle && timer.everyMs !== undefined && timer.idleRuns >= maxIdleRuns) {
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
		// Code under test calls `unref()` on its timers.
		const handle = Object.assign(timer, {unref: () => timer, ref: () => timer, hasRef: () => false});
		this.#timers.add(handle);
		return handle;
	}
}

/** Runs all pending promise callbacks. */
function flush(): Promise<void> {
	return new Promise(resolve => real.setImmediate(resolve));
}
