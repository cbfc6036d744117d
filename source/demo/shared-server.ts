import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {Socket} from 'node:net';
import {
	createSimulatedDigestSession,
	type DigestSession,
	type ServerLogin,
	simulatedChallengeHeaders,
} from './digest-server.js';

/** How a simulated server handles a request. */
export type Behavior =
	/** It reads the request and answers only after its behavior changes. */
	| {readonly kind: 'silent'}
	/** It answers as a web site. */
	| {readonly kind: 'web_site'}
	| {
			readonly kind: 'rpc';
			readonly methods: RpcMethods;
			readonly login?: ServerLogin;
			/** The delay before a method is answered, in milliseconds. Default 0. */
			readonly delayMs?: number;
	  };

/** The current behavior of one server. */
export type BehaviorNow = () => Behavior;

/** Speaks HTTP on accepted sockets: all simulated nodes share one parser and one handler. */
export interface SharedServer {
	readonly serve: (socket: Socket, behavior: BehaviorNow) => void;
}

interface Connection {
	readonly behavior: BehaviorNow;
	readonly session: DigestSession;
}

type RpcBehavior = Extract<Behavior, {kind: 'rpc'}>;

/** How long Monero's servers keep an idle local connection open. */
const keepAliveMs = 30 * 60_000;
const recheckMs = 100;
const maxBodyBytes = 1_048_576;

/** Creates the one HTTP server of the process. It does not listen itself. */
export function createSimulatedServer(): SharedServer {
	const connections = new WeakMap<Socket, Connection>();
	const server = createServer({keepAliveTimeout: keepAliveMs}, (request, response) => {
		const connection = connections.get(request.socket);
		if (connection) {
			readBody(request, body => {
				handle({request, response, body}, connection);
			});
		}
	});
	return {
		serve: (socket, behavior) => {
			connections.set(socket, {behavior, session: createSimulatedDigestSession()});
			server.emit('connection', socket);
		},
	};
}

interface Exchange {
	readonly request: IncomingMessage;
	readonly response: ServerResponse;
	readonly body: string;
}

function handle(exchange: Exchange, connection: Connection): void {
	const current = connection.behavior();
	if (current.kind === 'rpc') {
		handleRpc(exchange, current, connection.session);
	} else if (current.kind === 'web_site') {
		sendWebSite(exchange.response);
	} else {
		handleLater(exchange, connection);
	}
}

/** A request received while a server is silent is answered once the server answers again, if its connection is still open. */
function handleLater(exchange: Exchange, connection: Connection): void {
	setTimeout(() => {
		if (!exchange.request.socket.destroyed) {
			handle(exchange, connection);
		}
	}, recheckMs).unref();
}

function handleRpc({request, response, body}: Exchange, current: RpcBehavior, session: DigestSession): void {
	const challenge = current.login && session.judge(current.login, request.method ?? '', request.headers.authorization);
	if (challenge) {
		const page = '<html><head><title>Unauthorized Access</title></head><body><h1>401 Unauthorized</h1></body></html>';
		sendSimulatedResponse(response, {
			statusCode: 401,
			contentType: 'text/html',
			body: page,
			challenges: simulatedChallengeHeaders(challenge),
		});
		return;
	}

	if (request.url !== '/json_rpc') {
		sendSimulatedResponse(response, {statusCode: 404, contentType: 'text/plain', body: ''});
		return;
	}

	const answer = (): void => {
		sendSimulatedResponse(response, {
			statusCode: 200,
			contentType: 'application/json',
			body: simulateJsonRpc(body, current.methods),
		});
	};
	if (current.delayMs === undefined) {
		answer();
		return;
	}

	const timer = setTimeout(answer, current.delayMs);
	response.once('close', () => {
		clearTimeout(timer);
	});
}

function sendWebSite(response: ServerResponse): void {
	response.writeHead(200, {'content-type': 'text/html; charset=utf-8', server: 'nginx/1.24.0'});
	response.end('<!doctype html>\n<html><head><title>Shop</title></head><body><h1>It works!</h1></body></html>\n');
}

function readBody(request: IncomingMessage, done: (body: string) => void): void {
	const chunks: Buffer[] = [];
	let length = 0;
	request.on('data', (chunk: Buffer) => {
		length += chunk.length;
		chunks.push(chunk);
		if (length > maxBodyBytes) {
			request.destroy();
		}
	});
	request.on('end', () => {
		done(Buffer.concat(chunks).toString('utf8'));
	});
}

/** One HTTP answer of Monero's own server. */
export interface EpeeResponse {
	readonly statusCode: 200 | 401 | 404;
	readonly contentType: 'application/json' | 'text/html' | 'text/plain';
	readonly body: string;
	/** Values of `WWW-authenticate` headers. */
	readonly challenges?: readonly string[];
}

/** The reason phrases of Monero's server, in its spelling. */
const statusTexts = {200: 'Ok', 401: 'Unauthorized', 404: 'Not found'} as const;

/** Writes an answer with the headers of Monero's server, in its order, and no others. */
function sendSimulatedResponse(
	response: ServerResponse,
	{statusCode, contentType, body, challenges = []}: EpeeResponse,
): void {
	response.sendDate = false;
	// Makes Node leave the header out; the connection is kept alive all the same.
	response.removeHeader('connection');
	response.writeHead(statusCode, statusTexts[statusCode], [
		'Server',
		'Epee-based',
		'Content-Length',
		String(Buffer.byteLength(body)),
		'Content-Type',
		contentType,
		'Last-Modified',
		new Date().toUTCString(),
		'Accept-Ranges',
		'bytes',
		...challenges.flatMap(challenge => ['WWW-authenticate', challenge]),
	]);
	response.end(body);
}

/** A document in the JSON format of Monero's server. */
function simulateEpeeJson(document: object): string {
	return JSON.stringify(document, undefined, 2).replaceAll('\n', '\r\n');
}

/** The error of a method. */
export interface RpcError {
	readonly code: number;
	readonly message: string;
}

/** The answer of one method. */
export type RpcReply = {readonly result: object} | {readonly error: RpcError};

/** The methods of a simulated server. Any other is answered with "Method not found". */
export type RpcMethods = Readonly<Record<string, (parameters: Readonly<Record<string, unknown>>) => RpcReply>>;

/** Answers the body of a request as Monero's servers do: every failure is an error in an HTTP 200. */
function simulateJsonRpc(body: string, methods: RpcMethods): string {
	const request = parseObject(body);
	if (!request) {
		return failure(0, {code: -32_700, message: 'Parse error'});
	}

	if (typeof request.method !== 'string') {
		return failure(0, {code: -32_600, message: 'Invalid Request'});
	}

	const id = request.id ?? '';
	const method = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
	if (!method) {
		return failure(id, {code: -32_601, message: 'Method not found'});
	}

	const reply = method(isObject(request.params) ? request.params : {});
	return 'error' in reply ? failure(id, reply.error) : simulateEpeeJson({id, jsonrpc: '2.0', result: reply.result});
}

function failure(id: unknown, error: RpcError): string {
	return simulateEpeeJson({error, id, jsonrpc: '2.0'});
}

function parseObject(text: string): Record<string, unknown> | undefined {
	try {
		const value: unknown = JSON.parse(text);
		return isObject(value) ? value : undefined;
	} catch {
		return undefined;
	}
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
