import {Agent, type AgentOptions, type ClientRequest, type IncomingMessage, request as sendRequest} from 'node:http';
import type {Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import type {OpenedSocket} from './connect.js';
import {type CallDeadline, latencyClockMs} from './deadline.js';
import {type NetworkFailure, networkFailure} from './network-error.js';

/** Node's own default; a user may raise that for the whole process. */
const maxHeaderBytes = 16 * 1024;
/** The most interim responses (1xx) before the answer: RPC servers send none. */
const maxInterimResponses = 8;

/** A POST to send over a kept-alive connection. */
export interface HttpRequest {
	readonly host: string;
	readonly port: number;
	readonly path: string;
	/** Names and values alternately. Each character stands for one byte (latin1). */
	readonly headers: readonly string[];
	/** ASCII. */
	readonly body: string;
	/** The longest response body to read. */
	readonly maxAnswerBytes: number;
	/** Whether to read the answer's `Last-Modified` header. */
	readonly wantsDate?: boolean;
}

/** How an exchange ended. Latency is from the request to the last byte, in milliseconds of {@link latencyClockMs}. */
export type ExchangeEnd =
	| {
			readonly kind: 'answer';
			readonly latencyMs: number;
			readonly statusCode: number;
			readonly statusText: string;
			/** The `Server` header. */
			readonly server: string | undefined;
			readonly body: Buffer;
			/** `Last-Modified`, if it was asked for and sent. */
			readonly date?: string;
			/** Every `WWW-Authenticate` header. */
			readonly challenges: readonly string[];
			readonly socket: Socket;
	  }
	/** The body is longer than allowed. */
	| {
			readonly kind: 'too_large';
			readonly latencyMs: number;
			readonly statusCode: number;
			readonly statusText: string;
			readonly server: string | undefined;
			readonly isHtml: boolean;
	  }
	| {
			readonly kind: 'failed';
			readonly failure: NetworkFailure;
			/**
			 * The server had closed the kept-alive connection before this request: it did not read the request, which may be
			 * sent again.
			 */
			readonly wasClosedBefore: boolean;
	  };

/** Sends one request and reads the whole answer. Unless it ends with an answer, the connection is closed. Never rejects. */
export function exchangeHttp(
	connection: KeptConnection,
	request: HttpRequest,
	bounds: CallDeadline,
): Promise<ExchangeEnd> {
	return new Promise(resolve => {
		new Exchange(connection, bounds, resolve).start(request);
	});
}

class Exchange {
	#startedMs = latencyClockMs();
	#request: ClientRequest | undefined;
	#socket: Socket | undefined;
	#isReused = false;
	#bytesReadBefore = 0;
	#response: IncomingMessage | undefined;
	#chunks: Buffer[] = [];
	#bodyBytes = 0;
	#maxBodyBytes = 0;
	#interimResponses = 0;
	#isOver = false;
	#wantsDate = false;

	constructor(
		private readonly connection: KeptConnection,
		private readonly bounds: CallDeadline,
		private readonly resolve: (end: ExchangeEnd) => void,
	) {}

	start({host, port, path, headers, body, maxAnswerBytes, wantsDate = false}: HttpRequest): void {
		this.#maxBodyBytes = maxAnswerBytes;
		this.#wantsDate = wantsDate;
		if (this.bounds.failure) {
			this.#fail(this.bounds.failure);
			return;
		}

		this.bounds.onGiveUp = this.#fail;
		try {
			const {agent} = this.connection;
			const maxHeaderSize = maxHeaderBytes;
			this.#request = sendRequest({agent, host, port, path, method: 'POST', headers, maxHeaderSize})
				.on('socket', this.#useSocket)
				.on('information', this.#countInterim)
				.on('response', this.#read)
				.on('error', this.#failWith);
			// With a latin1 body, Node writes the headers as latin1 too: byte for byte.
			this.#request.end(body, 'latin1');
		} catch (error) {
			this.#failWith(error);
		}
	}

	readonly #useSocket = (socket: Socket): void => {
		this.#isReused = socket === this.connection.socket;
		this.#socket = socket;
		this.#bytesReadBefore = socket.bytesRead;
		this.connection.socket = socket;
		if (!this.#isReused) {
			// The time spent listening for a greeting is not latency: nothing had been asked yet.
			this.#startedMs += this.connection.listenedMs;
		}
	};

	readonly #countInterim = (): void => {
		this.#interimResponses += 1;
		if (this.#interimResponses > maxInterimResponses) {
			this.#fail({cause: 'not_http', error: `more than ${maxInterimResponses} interim responses and no final one`});
		}
	};

	readonly #read = (response: IncomingMessage): void => {
		this.#response = response;
		if (Number(response.headers['content-length']) > this.#maxBodyBytes) {
			this.#endTooLarge();
			return;
		}

		response.on('data', this.#keepChunk).on('end', this.#answer).on('error', this.#failWith);
	};

	readonly #keepChunk = (chunk: Buffer): void => {
		this.#bodyBytes += chunk.length;
		this.#chunks.push(chunk);
		if (this.#bodyBytes > this.#maxBodyBytes) {
			this.#endTooLarge();
		}
	};

	#endTooLarge(): void {
		const {statusCode = 0, statusMessage: statusText = '', headers} = this.#response ?? {};
		const isHtml = headers?.['content-type']?.startsWith('text/html') === true;
		const latencyMs = latencyClockMs() - this.#startedMs;
		this.#end({kind: 'too_large', latencyMs, statusCode, statusText, server: serverOf(this.#response), isHtml});
	}

	readonly #answer = (): void => {
		const {statusCode = 0, statusMessage = ''} = this.#response ?? {};
		const socket = this.#socket as Socket;
		if (this.#request?.shouldKeepAlive === false) {
			this.connection.announceEnd(socket);
		}

		const [first] = this.#chunks;
		const body = first && this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
		this.#end({
			kind: 'answer',
			latencyMs: latencyClockMs() - this.#startedMs,
			statusCode,
			statusText: statusMessage,
			server: serverOf(this.#response),
			body,
			...this.#date(),
			challenges: statusCode === 401 ? (this.#response?.headersDistinct['www-authenticate'] ?? []) : [],
			socket,
		});
	};

	#date(): {readonly date?: string} {
		const date = this.#wantsDate ? this.#response?.headers['last-modified'] : undefined;
		return date === undefined ? {} : {date};
	}

	readonly #failWith = (error: unknown): void => {
		const failure = networkFailure(error);
		const brokeOff = failure.cause === 'closed' || failure.cause === 'reset';
		const hasBegun = this.#response !== undefined || (this.#socket?.bytesRead ?? 0) > this.#bytesReadBefore;
		this.#fail(brokeOff && hasBegun ? {cause: 'truncated', error: 'the response was cut off'} : failure, {
			wasClosedBefore: brokeOff && !hasBegun && this.#isReused,
		});
	};

	readonly #fail = (failure: NetworkFailure, {wasClosedBefore = false} = {}): void => {
		this.#end({kind: 'failed', failure, wasClosedBefore});
	};

	#end(end: ExchangeEnd): void {
		if (this.#isOver) {
			return;
		}

		this.#isOver = true;
		this.bounds.onGiveUp = undefined;
		if (end.kind !== 'answer') {
			this.#request?.destroy();
			this.connection.drop();
		}

		this.resolve(end);
	}
}

function serverOf(response: IncomingMessage | undefined): string | undefined {
	const name = response?.headers.server;
	return typeof name === 'string' ? name : undefined;
}

/** Opens a connection for requests; rejects with the reason when the connection cannot carry any. */
export type OpenSocket = (stop: AbortSignal) => Promise<OpenedSocket>;

/** Starts TLS on a connection. If it throws, the connection is closed. */
export type SecureSocket = (plain: Socket, stop: AbortSignal) => Promise<Socket>;

/** One connection at a time, kept alive between calls; an idle one does not keep the process alive. */
const agentOptions: AgentOptions = {keepAlive: true, maxSockets: 1, keepAliveMsecs: 60_000, noDelay: true};

/** The one kept-alive connection of an endpoint: opened when needed, replaced after a failure. */
export class KeptConnection {
	/** The socket of the last request. */
	socket: Socket | undefined;
	/** How long the connection was listened to before its first request, in milliseconds; read by that request. */
	listenedMs = 0;
	#agent: Agent | undefined;
	#opening: AbortController | undefined;

	/** The connection that the server announced it would close, or that was closed here. */
	#closing: Socket | undefined;

	/** @param onLost called when a connection ends that the server had not announced to close */
	constructor(
		private readonly open: OpenSocket,
		private readonly onLost: () => void,
	) {}

	/** Records that the server announced, in an answer, that it closes the connection. */
	announceEnd(socket: Socket): void {
		this.#closing = socket;
	}

	/** The HTTP agent that gives requests their connection. */
	get agent(): Agent {
		this.#agent ??= this.#agentThatOpens();
		return this.#agent;
	}

	/** Closes the connection at once; the next request opens a new one. */
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
				({socket, listenedMs}) => {
					this.#opening = this.#opening === opening ? undefined : this.#opening;
					this.listenedMs = listenedMs;
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
