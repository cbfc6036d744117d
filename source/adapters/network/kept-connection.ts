import {Agent, type AgentOptions} from 'node:http';
import type {Socket} from 'node:net';
import type {Duplex} from 'node:stream';

/** Opens a connection that may carry a request; what it may not carry one over is rejected, and told to nobody else. */
export type OpenSocket = (stop: AbortSignal) => Promise<Socket>;

/** One at a time, kept open between calls; idle ones do not keep the process alive. */
const agentOptions: AgentOptions = {keepAlive: true, maxSockets: 1, keepAliveMsecs: 60_000, noDelay: true};

/** The one kept connection of an endpoint: opened when needed, replaced after a failure. */
export class KeptConnection {
	/** The socket of the last request. */
	socket: Socket | undefined;
	#agent: Agent | undefined;
	#opening: AbortController | undefined;

	/** @param open how a connection is opened; Node's plain TCP when absent */
	constructor(private readonly open?: OpenSocket) {}

	/** Gives requests their connection. */
	get agent(): Agent {
		this.#agent ??= this.open ? this.#agentThatOpens(this.open) : new Agent(agentOptions);
		return this.#agent;
	}

	/** Closes at once; the next request opens a fresh connection. */
	drop(): void {
		this.#opening?.abort();
		this.#agent?.destroy();
		this.#opening = undefined;
		this.#agent = undefined;
		this.socket = undefined;
	}

	#agentThatOpens(open: OpenSocket): Agent {
		const agent = new Agent(agentOptions);
		agent.createConnection = (_options, callback) => {
			const opening = new AbortController();
			this.#opening = opening;
			open(opening.signal).then(
				socket => callback?.(null, socket),
				(error: Error) => callback?.(error, undefined as unknown as Duplex),
			);
			return undefined;
		};
		return agent;
	}
}
