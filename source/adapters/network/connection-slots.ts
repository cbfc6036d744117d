import {onAbort} from './deadline.js';

/** So many connections may be under way while others are kept. */
const mostUnderWay = 128;
const underWayPart = 0.75;

/**
 * Bounds the connections that are open at once, under way and kept, so that descriptors are left for everything else. Who finds
 * none free waits in the order of asking.
 */
export class ConnectionSlots {
	#taken = 0;
	#kept = 0;
	readonly #mostKept: number;
	readonly #waiting = new Set<() => void>();

	/** @param most connections at once; default: any number */
	constructor(private readonly most = Number.POSITIVE_INFINITY) {
		this.#mostKept = most - Math.min(mostUnderWay, Math.ceil(most * underWayPart));
	}

	/** @returns whether one was free, and is now taken */
	tryTake(): boolean {
		const isFree = this.#taken < this.most;
		this.#taken += isFree ? 1 : 0;
		return isFree;
	}

	/** Waits until one is taken. @returns false when the signal aborts first */
	wait(signal: AbortSignal | undefined): Promise<boolean> {
		return new Promise(resolve => {
			const leave = (): void => {
				this.#waiting.delete(enter);
				resolve(false);
			};
			const stopListening = signal && onAbort(signal, leave);
			const enter = (): void => {
				stopListening?.();
				resolve(true);
			};
			this.#waiting.add(enter);
		});
	}

	/** Gives one back: to the next in line, if any. */
	give(): void {
		const [next] = this.#waiting;
		if (next) {
			this.#waiting.delete(next);
			next();
		} else {
			this.#taken -= 1;
		}
	}

	/** @returns whether a taken one may stay open between calls; then {@link unkeep} follows, before it is used or given back */
	tryKeep(): boolean {
		const mayStay = this.#kept < this.#mostKept && this.#waiting.size === 0;
		this.#kept += mayStay ? 1 : 0;
		return mayStay;
	}

	/** A kept one is used again, or given back. */
	unkeep(): void {
		this.#kept -= 1;
	}

	/** Does something that needs one. @returns `undefined` when the signal aborts first */
	async within<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T | undefined> {
		if (!this.tryTake() && !(await this.wait(signal))) {
			return undefined;
		}

		try {
			return await work();
		} finally {
			this.give();
		}
	}
}
