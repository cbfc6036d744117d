import {onAbort} from './deadline.js';

/** A counting semaphore; callers that find it full wait in first-in, first-out order. */
export class Semaphore {
	#taken = 0;
	readonly #waiting = new Set<() => void>();

	/** @param most places in all; 1 makes it a mutex */
	constructor(private readonly max: number) {}

	/** Whether a caller would have to wait now. */
	get isFull(): boolean {
		return this.#taken >= this.max;
	}

	/** Whether a caller is waiting. */
	get isWaitedFor(): boolean {
		return this.#waiting.size > 0;
	}

	/** @returns whether a place was free; it is now taken */
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

	/** Returns a place, or hands it to the first waiting caller. */
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

/** The most connections that may be in use while others are kept alive. */
const maxUnderWay = 128;
const underWayPart = 0.75;

/**
 * Limits the connections that are open at once, in use and kept alive, so that file descriptors are left for everything
 * else. Callers that find no free slot wait in first-in, first-out order.
 */
export class ConnectionSlots extends Semaphore {
	#kept = 0;
	readonly #maxKept: number;

	/** @param most connections at once; default: no limit */
	constructor(max = Number.POSITIVE_INFINITY) {
		super(max);
		this.#maxKept = max - Math.min(maxUnderWay, Math.ceil(max * underWayPart));
	}

	/**
	 * @returns whether the connection of a taken slot may stay open between calls; call {@link unkeep} before it is reused or
	 * its slot is returned
	 */
	tryKeep(): boolean {
		const mayStay = this.#kept < this.#maxKept && !this.isWaitedFor;
		this.#kept += mayStay ? 1 : 0;
		return mayStay;
	}

	/** A kept-alive connection is reused, or its slot is returned. */
	unkeep(): void {
		this.#kept -= 1;
	}

	/** Runs work that needs a slot. @returns `undefined` when the signal aborts first */
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
