import {Agent, type AgentOptions} from 'node:http';
import type {Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import type {LookedAt} from './first-look.js';

/** Opens a connection that may carry a request; what it may not carry one over is rejected, and told to nobody else. */
export type OpenSocket = (stop: AbortSignal) => Promise<LookedAt>;

/** Speaks TLS on a connection. Whatever is thrown, the connection is closed. */
export type SecureSocket = (plain: Socket, stop: AbortSignal) => Promise<Socket>;

/** One at a time, kept open between calls; idle ones do not keep the process alive. */
const agentOptions: AgentOptions = {keepAlive: true, maxSockets: 1, keepAliveMsecs: 60_000, noDelay: true};

/** The one kept connection of an endpoint: opened when needed, replaced after a failure. */
export class KeptConnection {
	/** The socket of the last request. */
	socket: Socket | undefined;
	/** How long the connection was listened to before its first request, in milliseconds; taken by that request. */
	lookedMs = 0;
	#agent: Agent | undefined;
	#opening: AbortController | undefined;

	/** The connection that the server said it would close, or that was closed here. */
	#closing: Socket | undefined;

	/** @param onLost told when a connection ends that was not announced to */
	constructor(
		private readonly open: OpenSocket,
		private readonly onLost: () => void,
	) {}

	/** Notes that the server closes the connection after an answer, as it said in it. */
	announceEnd(socket: Socket): void {
		this.#closing = socket;
	}

	/** Gives requests their connection. */
	get agent(): Agent {
		this.#agent ??= this.#agentThatOpens();
		return this.#agent;
	}

	/** Closes at once; the next request opens a fresh connection. */
	drop(): void {
		this.#closing = this.socket;
		this.#opening?.abort();
		this.#agent?.destroy();
		this.#opening = undefined;
		this.#agent = undefined;
		this.socket = undefined;
	}

	#agentThatOpens(): Agent {
		const agent = new Agent(agentOptions);
		agent.createConnection = (_options, callback) => {
			const opening = new AbortController();
			this.#opening = opening;
			this.open(opening.signal).then(
				({socket, lookedMs}) => {
					this.lookedMs = lookedMs;
					socket.once('close', () => {
						if (this.#closing !== socket) {
							this.onLost();
						}
					});
					callback?.(null, socket);
				},
				(error: Error) => callback?.(error, undefined as unknown as Duplex),
			);
			return undefined;
		};
		return agent;
	}
}
