import {createServer, type Server} from 'node:http';
import fastify, {type FastifyInstance, type FastifyReply, type FastifyRequest} from 'fastify';
import type {AccessGuard} from './access.js';
import {type Answer, commonHeaders, errorAnswer} from './answer.js';
import {answerClientError} from './client-error.js';
import {boundConnections} from './connection-book.js';
import {createGate} from './gate.js';
import {type HttpLimits, httpLimits} from './limits.js';
import {placedRoutes} from './placed-routes.js';
import {type Query, RequestError} from './query.js';
import type {Route} from './route.js';
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

type Send = (reply: FastifyReply, answer: Answer) => void;

/** Makes the server of the route table. */
export async function createHttpServer(options: HttpServerOptions): Promise<HttpServer> {
	const {served, guard, prefix, onFault, limits = httpLimits} = options;
	const routes = placedRoutes(prefix);
	const gate = createGate({routes, guard, mostBodyBytes: limits.bodyBytes});
	const send: Send = (reply, answer) => sendWithin(reply, answer, limits.takingMs);
	const badPath = errorAnswer(400, 'bad_request', 'malformed path');
	const app = fastify({
		logger: false,
		return503OnClosing: false,
		// What is too long for a name is answered as every other name that no node has.
		routerOptions: {maxParamLength: limits.headerBytes},
		// An expectation is ignored: Node would answer 417 by itself, without a body.
		serverFactory: handler => limitedServer(limits).on('request', handler).on('checkExpectation', handler),
		clientErrorHandler: answerClientError,
		frameworkErrors: (_, __, reply) => send(reply as FastifyReply, badPath),
	});
	app.addHook('onRequest', (request, reply, next) => {
		if (hasBody(request)) {
			// What is not read would have to be read before the next request of the connection.
			reply.header('connection', 'close');
		}

		const refused = gate.refusalOf(request);
		if (refused) {
			send(reply, refused);
		} else {
			next();
		}
	});
	answerErrors(app, send, onFault);
	for (const route of routes.all) {
		addRoute(app, route, served, send);
	}

	await app.ready();
	return {server: app.server, refuse: gate.close};
}

function addRoute(app: FastifyInstance, {path, answer}: Route, served: Served, send: Send): void {
	app.get(path, (request, reply) => {
		const {node = ''} = request.params as {readonly node?: string};
		const answered = answer({query: request.query as Query, node}, served);
		if (answered instanceof Promise) {
			answered.then(
				later => send(reply, later),
				error => reply.send(error),
			);
		} else {
			// What is there is sent without waiting a turn: it makes a quarter more answers in a second.
			send(reply, answered);
		}
	});
}

function answerErrors(app: FastifyInstance, send: Send, onFault: HttpServerOptions['onFault']): void {
	app.setNotFoundHandler((_, reply) => send(reply, errorAnswer(404, 'not_found', 'path not found')));
	app.setErrorHandler((error, request, reply) => {
		if (error instanceof RequestError) {
			send(reply, errorAnswer(400, 'bad_request', error.message));
			return;
		}

		const what = `${request.method} ${request.routeOptions.url ?? 'without a route'}`;
		onFault(`${what} failed: ${error instanceof Error ? error.message : String(error)}`);
		send(reply, errorAnswer(500, 'internal_error', 'internal error in xmrtop'));
	});
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
	boundConnections(server, limits.connections);
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
