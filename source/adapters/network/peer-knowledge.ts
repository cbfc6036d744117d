import type {NoAnswerCause} from '../../domain/ports.js';

/** A server that was seen to speak ZMQ is given this long to greet before anything else is thought of it, in milliseconds. */
const zmqKeptMs = 60_000;
const minLookMs = 20;
const maxLookMs = 250;
/** How long a look takes where ZMQ was spoken once, in milliseconds. */
const longLookMs = 1000;

/** What this process knows of the server at one address, whoever asks it. */
export class PeerKnowledge {
	/** `undefined` until something is known in this process. */
	#speaksHttp: boolean | undefined;
	/** When ZMQ was last seen there, in milliseconds of `performance.now()`. */
	#zmqMs: number | undefined;

	/** Notes that an earlier run had an answer in HTTP. */
	answeredBefore(): void {
		this.#speaksHttp ??= true;
	}

	spokeHttp(): void {
		this.#speaksHttp = true;
		this.#zmqMs = undefined;
	}

	spokeZmq(): void {
		this.#speaksHttp = false;
		this.#zmqMs = performance.now();
	}

	/** Notes that a connection was lost: another program may listen there when the next one is opened. */
	lost(): void {
		this.#speaksHttp = false;
	}

	/** Notes why there was no connection, or no answer on it. */
	failed(cause: NoAnswerCause): void {
		this.lost();
		if (cause === 'refused') {
			this.#zmqMs = undefined;
		}
	}

	/**
	 * How long a fresh connection is to be listened to before anything is sent on it, in milliseconds; 0: not at all. A server of
	 * ZMQ speaks first. `Infinity`: until it does.
	 * @param connectMs how long connecting took: nearly a round trip, which a greeting needs too
	 */
	lookMs(connectMs: number): number {
		if (this.#speaksHttp) {
			return 0;
		}

		if (this.#zmqMs === undefined) {
			return Math.min(maxLookMs, Math.max(minLookMs, 2 * connectMs));
		}

		// A stopped daemon accepts connections and is silent; what is sent then it reads when it goes on.
		return performance.now() - this.#zmqMs < zmqKeptMs ? Number.POSITIVE_INFINITY : longLookMs;
	}
}
