import {onAbort} from './deadline.js';

/** Lets so many through at a time; the others wait in the order of asking. */
export class Semaphore {
	#taken = 0;
	readonly #waiting = new Set<() => void>();

	/** @param most at once; 1 makes it a mutex */
	constructor(private readonly most: number) {}

	/** Whether nobody could enter now without waiting. */
	get isFull(): boolean {
		return this.#taken >= this.most;
	}

	/** Whether anybody waits. */
	get isWaitedFor(): boolean {
		return this.#waiting.size > 0;
	}

	/** @returns whether there was room, and a place is now taken */
	tryTake(): boolean {
		const hasRoom = !this.isFull;
		this.#taken += hasRoom ? 1 : 0;
		return hasRoom;
	}

	/** Waits until a place is taken. @returns false when the signal aborts first */
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

	/** Gives a place back: to the next in line, if any. */
	give(): void {
		const [next] = this.#waiting;
		if (next) {
			this.#waiting.delete(next);
			next();
		} else {
			this.#taken -= 1;
		}
	}
}

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
