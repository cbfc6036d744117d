import {createServer, type Server} from 'node:http';
import fastify, {type FastifyReply, type FastifyRequest} from 'fastify';
import type {AccessGuard} from './access.js';
import {type Answer, closingAnswer, commonHeaders, errorAnswer} from './answer.js';
import {answerClientError} from './client-error.js';
import {type HttpLimits, httpLimits} from './limits.js';
import {placedRoutes} from './placed-routes.js';
import {type Query, RequestError} from './query.js';
import type {Served} from './served.js';

export interface HttpServerOptions {
	readonly served: Served;
	readonly guard: AccessGuard;
	/** What routes under the prefix are put under; `''` for none. */
	readonly prefix: string;
	/** Told of what went wrong in an answer, in one line. */
	readonly onFault: (line: string) => void;
	readonly limits?: HttpLimits;
}

/** The server of the routes, not yet listening. */
export interface HttpServer {
	readonly server: Server;
	/** From now on every request is told that the program ends. */
	readonly refuse: () => void;
}

/** Makes the server of {@link routeTable}. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
	const {served, guard, onFault, limits = httpLimits} = options;
	const {routes, find} = placedRoutes(options.prefix);
	let isClosing = false;
	const app = fastify({
		logger: false,
		return503OnClosing: false,
		// What is too long for a name is answered as every other name that no node has.
		routerOptions: {maxParamLength: limits.headerBytes},
		serverFactory: handler => limitedServer(limits).on('request', handler),
		clientErrorHandler: answerClientError,
		frameworkErrors: (_, __, reply) => send(reply as FastifyReply, errorAnswer(400, 'bad_request', 'that is no path')),
	});
	const send = (reply: FastifyReply, answer: Answer): void => sendWithin(reply, answer, limits.takingMs);

	/** What a request is refused with before anything is asked of it. */
	const refusal = ({raw, method, url}: FastifyRequest): Answer | undefined => {
		const route = find(url);
		if (isClosing) {
			return closingAnswer;
		}

		const refused = route?.isOpen ? undefined : guard(raw);
		if (refused) {
			return refused;
		}

		if (Number(raw.headers['content-length'] ?? 0) > limits.bodyBytes) {
			const message = 'no body is read here: the request has one that is too large';
			return errorAnswer(413, 'body_too_large', message, {connection: 'close'});
		}

		if (!route) {
			return errorAnswer(
				404,
				'not_found',
				`there is no such path: there are ${routes.map(({path}) => path).join(', ')}`,
			);
		}

		return method === 'GET' || method === 'HEAD'
			? undefined
			: errorAnswer(405, 'method_not_allowed', 'only GET and HEAD are answered', {allow: 'GET, HEAD'});
	};

	app.addHook('onRequest', (request, reply, next) => {
		if (hasBody(request)) {
			// What is not read would have to be read before the next request of the connection.
			reply.header('connection', 'close');
		}

		const refused = refusal(request);
		if (refused) {
			send(reply, refused);
		} else {
			next();
		}
	});
	app.setNotFoundHandler((_, reply) => send(reply, errorAnswer(404, 'not_found', 'there is no such path')));
	app.setErrorHandler((error, request, reply) => {
		if (error instanceof RequestError) {
			send(reply, errorAnswer(400, 'bad_request', error.message));
			return;
		}

		onFault(
			`${request.method} ${request.routeOptions.url ?? 'of no route'} failed: ${error instanceof Error ? error.message : String(error)}`,
		);
		send(reply, errorAnswer(500, 'internal_error', 'this cannot be answered because of an error in xmrtop'));
	});
	for (const {path, answer} of routes) {
		app.get(path, (request, reply) => {
			const {node = ''} = request.params as {readonly node?: string};
			const answered = answer({query: request.query as Query, node}, served);
			if (answered instanceof Promise) {
				answered.then(
					later => send(reply, later),
					error => reply.send(error),
				);
			} else {
				send(reply, answered);
			}
		});
	}

	await app.ready();
	return {
		server: app.server,
		refuse: () => {
			isClosing = true;
		},
	};
}

function limitedServer(limits: HttpLimits): Server {
	const server = createServer({
		headersTimeout: limits.headersMs,
		requestTimeout: limits.requestMs,
		keepAliveTimeout: limits.idleMs,
		connectionsCheckingInterval: limits.lookMs,
		maxHeaderSize: limits.headerBytes,
		// A request without a Host is answered as every other.
		requireHostHeader: false,
	});
	server.maxConnections = limits.connections;
	server.timeout = limits.takingMs;
	return server;
}

function hasBody({raw: {headers}}: FastifyRequest): boolean {
	return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Sends an answer, and ends the connection of a client that does not take it in time. */
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
