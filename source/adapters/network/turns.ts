import {onAbort} from './abort-listeners.js';

/** Lets one through at a time, in the order of asking. */
export class Turns {
	#isTaken = false;
	readonly #waiting = new Set<() => void>();

	get isTaken(): boolean {
		return this.#isTaken;
	}

	/** @returns whether the turn was free, and is now taken */
	tryTake(): boolean {
		const wasFree = !this.#isTaken;
		this.#isTaken = true;
		return wasFree;
	}

	/** Waits until the turn is taken. @returns false when the signal aborts first */
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

	/** Passes the turn to the next in line. */
	give(): void {
		const [next] = this.#waiting;
		if (next) {
			this.#waiting.delete(next);
			next();
		} else {
			this.#isTaken = false;
		}
	}
}
