import {createHash, timingSafeEqual} from 'node:crypto';
import {createServer, type IncomingMessage, METHODS, type Server, type ServerResponse, STATUS_CODES} from 'node:http';
import type {Socket} from 'node:net';
import type {FastifyRequest} from 'fastify';
import fastify, {type FastifyInstance, type FastifyReply} from 'fastify';
import type {RenderRemedy} from '../domain/hints/remedy.js';
import {
	type Answer,
	closingAnswer,
	commonHeaders,
	errorHttpAnswer,
	type Query,
	RequestError,
	type Route,
	routeTable,
	type Served,
} from './route-table.js';

/** A connection younger than this may not have had time to send its request, in milliseconds. */
const youngMs = 500;
/**
 * A connection that has been receiving or waiting for an answer for longer than this may be closed for a new one, in
 * milliseconds.
 */
const longMs = 1000;

interface Entry {
	/** Answers in progress; pipelined requests have more than one. */
	readonly answers: Set<ServerResponse>;
	/** When it entered its current list, in milliseconds of `performance.now()`. */
	sinceMs: number;
	hasBeenAnswered: boolean;
}

type Connections = Map<Socket, Entry>;

/**
 * Limits the open connections of a server by closing others when a new one comes, so that slow or silent clients do not lock
 * out everyone else. Connections that never sent a request are closed first, oldest first, then idle ones, then those that have
 * long been receiving or waiting for an answer.
 * @param most open at once
 */
export function limitHttpConnections(server: Server, maxConnections: number): void {
	// In the order in which they entered the list.
	const waiting: Connections = new Map();
	const answering: Connections = new Map();

	const move = (socket: Socket, from: Connections, to: Connections): void => {
		const entry = from.get(socket);
		if (entry) {
			from.delete(socket);
			entry.sinceMs = performance.now();
			to.set(socket, entry);
		}
	};

	server.on('connection', (socket: Socket) => {
		if (waiting.size + answering.size >= maxConnections) {
			const [victim = socket] = [connectionToClose(waiting, answering)];
			victim.destroy();
			waiting.delete(victim);
			answering.delete(victim);
		}

		if (!socket.destroyed) {
			waiting.set(socket, {answers: new Set(), sinceMs: performance.now(), hasBeenAnswered: false});
			socket.once('close', () => {
				waiting.delete(socket);
				answering.delete(socket);
			});
		}
	});
	server.on('request', ({socket}, response) => {
		move(socket, waiting, answering);
		const entry = answering.get(socket);
		entry?.answers.add(response);
		response.once('close', () => {
			entry?.answers.delete(response);
			if (entry?.answers.size === 0) {
				entry.hasBeenAnswered = true;
				move(socket, answering, waiting);
			}
		});
	});
}

/** The connection to close for a new one; `undefined` when all are too young. */
function connectionToClose(waiting: Connections, answering: Connections): Socket | undefined {
	const nowMs = performance.now();
	const oldest = (connections: Connections, minAgeMs: number, isIt: (entry: Entry) => boolean): Socket | undefined => {
		for (const [socket, entry] of connections) {
			if (isIt(entry) && nowMs - entry.sinceMs >= minAgeMs) {
				return socket;
			}
		}

		return undefined;
	};
	const isReceiving = ({answers}: Entry): boolean => [...answers].every(({writableEnded}) => writableEnded);
	return (
		oldest(waiting, youngMs, ({hasBeenAnswered}) => !hasBeenAnswered) ??
		oldest(waiting, 0, ({hasBeenAnswered}) => hasBeenAnswered) ??
		oldest(answering, longMs, isReceiving) ??
		oldest(answering, longMs, () => true) ??
		oldest(waiting, 0, () => true)
	);
}

export interface HttpServerOptions {
	readonly served: Served;
	readonly guard: AccessGuard;
	/** The path prefix of the movable routes; `''` for none. */
	readonly prefix: string;
	/** Called with one line about an error in an answer. */
	readonly onFault: (line: string) => void;
	readonly limits?: HttpLimits;
}

/** The HTTP server, not yet listening. */
export interface HttpServer {
	readonly server: Server;
	/** Answers every further request with 503, because the program exits. */
	readonly refuse: () => void;
}

type Send = (reply: FastifyReply, answer: Answer) => void;

/** What fastify stores with a route. */
interface RouteConfig {
	/** Whether anyone may request it: neither token nor Host is checked. */
	readonly isOpen?: boolean;
}

/** Creates the server of the route table. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
	const {prefix, onFault, limits = httpLimits} = options;
	const send: Send = (reply, answer) => sendWithin(reply, answer, limits.takingMs);
	const gate = createGate({...options, limits});
	const app = fastify({
		logger: false,
		return503OnClosing: false,
		// A name that is too long gets the same answer as any unknown node.
		routerOptions: {maxParamLength: limits.headerBytes},
		// `Expect` headers are ignored: Node itself would answer 417 without a body.
		serverFactory: handler => limitedServer(limits).on('request', handler).on('checkExpectation', handler),
		clientErrorHandler: answerClientError,
		frameworkErrors: (_, __, reply) =>
			send(reply as FastifyReply, errorHttpAnswer(400, 'bad_request', 'malformed path')),
	});
	// A known path is found for every method, and answers with the methods it allows.
	for (const method of METHODS.filter(name => !app.supportedMethods.includes(name))) {
		app.addHttpMethod(method);
	}

	app.addHook('onRequest', (request, reply, next) => {
		closeAfterBody(request, reply);
		const refused = gate.refusalOf(request);
		if (refused) {
			send(reply, refused);
		} else {
			next();
		}
	});
	answerErrors(app, send, onFault);
	await app.register(async scope => addRoutes(scope, {...options, isUnderPrefix: true}, send), {prefix});
	addRoutes(app, {...options, isUnderPrefix: false}, send);
	await app.ready();
	return {server: app.server, refuse: gate.close};
}

/** Decides first whether a request is answered at all. */
interface Gate {
	/** The answer to a rejected request; `undefined` if it is allowed. */
	readonly refusalOf: (request: FastifyRequest) => Answer | undefined;
	/** Answers every further request with 503, because the program exits. */
	readonly close: () => void;
}

function createGate({guard, prefix, limits}: Pick<Required<HttpServerOptions>, 'guard' | 'prefix' | 'limits'>): Gate {
	const paths = routeTable.map(({path, isUnderPrefix}) => (isUnderPrefix ? `${prefix}${path}` : path)).join(', ');
	let isClosed = false;
	return {
		refusalOf: request => {
			const {raw, method, is404, routeOptions} = request;
			const {isOpen} = routeOptions.config as RouteConfig;
			const refused = isClosed ? closingAnswer : isOpen ? undefined : guard(raw);
			if (refused) {
				return refused;
			}

			if (Number(raw.headers['content-length'] ?? 0) > limits.bodyBytes) {
				const message = 'the request body is too large; no body is expected';
				return errorHttpAnswer(413, 'body_too_large', message, {connection: 'close'});
			}

			if (is404 || nodeIn(request) === '') {
				return errorHttpAnswer(404, 'not_found', `path not found; known paths: ${paths}`);
			}

			return method === 'GET' || method === 'HEAD'
				? undefined
				: errorHttpAnswer(405, 'method_not_allowed', 'only GET and HEAD are supported', {allow: 'GET, HEAD'});
		},
		close: () => {
			isClosed = true;
		},
	};
}

/** The part of the path that the route calls `:node`. */
const nodeIn = ({params}: FastifyRequest): string | undefined => (params as {readonly node?: string}).node;

/** An unread body would have to be read before the next request on the connection. */
function closeAfterBody({raw: {headers}}: Pick<FastifyRequest, 'raw'>, reply: FastifyReply): void {
	if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0) {
		reply.header('connection', 'close');
	}
}

/** Adds the routes that `--prefix` applies to, or the others. */
function addRoutes(
	app: FastifyInstance,
	{served, isUnderPrefix}: Pick<HttpServerOptions, 'served'> & Pick<Route, 'isUnderPrefix'>,
	send: Send,
): void {
	for (const {path, answer, isOpen = false} of routeTable.filter(route => route.isUnderPrefix === isUnderPrefix)) {
		app.all(path, {config: {isOpen} satisfies RouteConfig}, (request, reply) => {
			const answered = answer(
				{query: request.query as Query, node: nodeIn(request) ?? '', headers: request.headers},
				served,
			);
			if (answered instanceof Promise) {
				answered.then(
					later => send(reply, later),
					error => reply.send(error),
				);
			} else {
				// A ready answer is sent in the same turn: that gives a quarter more answers per second.
				send(reply, answered);
			}
		});
	}
}

function answerErrors(app: FastifyInstance, send: Send, onFault: HttpServerOptions['onFault']): void {
	app.setNotFoundHandler((_, reply) => send(reply, errorHttpAnswer(404, 'not_found', 'path not found')));
	app.setErrorHandler((error, request, reply) => {
		if (error instanceof RequestError) {
			send(reply, errorHttpAnswer(400, 'bad_request', error.message));
			return;
		}

		const what = `${request.method} ${request.routeOptions.url ?? 'without a route'}`;
		onFault(`${what} failed: ${error instanceof Error ? error.message : String(error)}`);
		send(reply, errorHttpAnswer(500, 'internal_error', 'internal error in xmrtop'));
	});
}

function limitedServer(limits: HttpLimits): Server {
	const server = createServer({
		headersTimeout: limits.headersMs,
		requestTimeout: limits.requestMs,
		keepAliveTimeout: limits.idleMs,
		connectionsCheckingInterval: limits.checkEveryMs,
		maxHeaderSize: limits.headerBytes,
		// A request without a Host header gets the same checks as any other.
		requireHostHeader: false,
	});
	limitHttpConnections(server, limits.connections);
	return server;
}

/** Sends an answer, and closes the connection of a client that does not read it in time. */
function sendWithin(reply: FastifyReply, {statusCode, body, contentType, headers}: Answer, takingMs: number): void {
	const {raw} = reply;
	reply.code(statusCode).headers(commonHeaders).header('content-type', contentType);
	if (headers) {
		reply.headers(headers);
	}

	reply.send(body);
	if (!raw.writableFinished) {
		const timer = setTimeout(() => raw.destroy(), takingMs).unref();
		raw.once('close', () => clearTimeout(timer));
	}
}

/** What one client may use, in milliseconds and bytes. */
export interface HttpLimits {
	/** For the headers of a request to arrive. */
	readonly headersMs: number;
	/** For a whole request to arrive. */
	readonly requestMs: number;
	/** Between two requests on a connection. */
	readonly idleMs: number;
	/** For an answer to be read. The time to compute it is not limited here: a check lasts as long as its timeout. */
	readonly takingMs: number;
	/** How often the first two limits are checked. */
	readonly checkEveryMs: number;
	readonly headerBytes: number;
	/** No route reads a body. */
	readonly bodyBytes: number;
	/** Connections open at once: a new one replaces the oldest that has no request in progress. */
	readonly connections: number;
}

export const httpLimits: HttpLimits = {
	headersMs: 5000,
	requestMs: 10_000,
	idleMs: 15_000,
	takingMs: 60_000,
	checkEveryMs: 1000,
	headerBytes: 16_384,
	bodyBytes: 65_536,
	connections: 512,
};

/** Connections that the system queues until they are accepted, up to its own limit. */
export const listenBacklog = 4096;

const answers: Readonly<Record<string, Answer>> = {
	ERR_HTTP_REQUEST_TIMEOUT: errorHttpAnswer(408, 'timeout', 'the request did not arrive in time'),
	HPE_HEADER_OVERFLOW: errorHttpAnswer(431, 'headers_too_large', 'the headers are too large'),
	HPE_CHUNK_EXTENSIONS_OVERFLOW: errorHttpAnswer(413, 'body_too_large', 'the body is too large'),
};
const malformed = errorHttpAnswer(400, 'bad_request', 'malformed HTTP request');

/** Answers a connection that sent no valid request, or sent it too late, and closes it. */
function answerClientError(error: NodeJS.ErrnoException, socket: Socket & {_httpMessage?: unknown}): void {
	// If an answer is already being sent, a second one would be read as a part of it.
	if (error.code === 'ECONNRESET' || !socket.writable || socket._httpMessage) {
		socket.destroy(error);
		return;
	}

	const {statusCode, body, contentType} = answers[error.code ?? ''] ?? malformed;
	const headers = {
		...commonHeaders,
		'content-type': contentType,
		'content-length': String(Buffer.byteLength(body)),
		connection: 'close',
	};
	const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
	socket.end([`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode]}`, ...lines, '', body].join('\r\n'), () =>
		socket.destroy(),
	);
}

/** Says why a request is rejected; `undefined` if it is allowed. */
export type AccessGuard = (request: Pick<IncomingMessage, 'headers' | 'headersDistinct'>) => Answer | undefined;

export interface AccessOptions {
	/** The bearer token that requests must have; absent: none is needed. */
	readonly token?: string;
	/** Whether the server listens on a Unix socket, whose file mode controls the access. */
	readonly isUnixSocket: boolean;
	/** Writes what the user can do about a rejected request. */
	readonly renderRemedy: RenderRemedy;
}

const loopbackName = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?::\d{1,5})?$/i;

/**
 * Decides who has access. With a token: clients that send it. Without one, over TCP: clients that use a loopback name, because
 * a web page can make its own name resolve to this machine and read the answers a browser here gets.
 */
export function createAccessGuard({token, isUnixSocket, renderRemedy}: AccessOptions): AccessGuard {
	if (token !== undefined) {
		return tokenGuard(token);
	}

	return isUnixSocket ? () => undefined : hostGuard(renderRemedy);
}

function tokenGuard(token: string): AccessGuard {
	const expected = digestOf(token);
	return ({headers}) => {
		const given = /^bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
		if (given !== undefined && timingSafeEqual(digestOf(given), expected)) {
			return undefined;
		}

		const message = given === undefined ? 'a bearer token is required: Authorization: Bearer TOKEN' : 'wrong token';
		return errorHttpAnswer(401, 'unauthorized', message, {'www-authenticate': 'Bearer'});
	};
}

function hostGuard(renderRemedy: RenderRemedy): AccessGuard {
	const names = 'localhost, 127.x.x.x or [::1]';
	const allow = `start serve with ${renderRemedy({kind: 'set-option', option: 'token-file'})}`;
	const message = `without a token, the Host header must be ${names}; to allow others, ${allow}`;
	return ({headersDistinct: {host}}) =>
		host?.length === 1 && loopbackName.test(host[0] ?? '')
			? undefined
			: errorHttpAnswer(403, 'forbidden_host', message);
}

/** Hashes have equal length, so that the time of a comparison reveals nothing. */
function digestOf(token: string): Buffer {
	return createHash('sha256').update(token, 'latin1').digest();
}
