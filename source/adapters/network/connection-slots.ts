import {Semaphore} from './deadline.js';

/** So many connections may be under way while others are kept. */
const mostUnderWay = 128;
const underWayPart = 0.75;

/**
 * Bounds the connections that are open at once, under way and kept, so that descriptors are left for everything else. Who finds
 * none free waits in the order of asking.
 */
export class ConnectionSlots extends Semaphore {
	#kept = 0;
	readonly #mostKept: number;

	/** @param most connections at once; default: any number */
	constructor(most = Number.POSITIVE_INFINITY) {
		super(most);
		this.#mostKept = most - Math.min(mostUnderWay, Math.ceil(most * underWayPart));
	}

	/** @returns whether a taken one may stay open between calls; then {@link unkeep} follows, before it is used or given back */
	tryKeep(): boolean {
		const mayStay = this.#kept < this.#mostKept && !this.isWaitedFor;
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
