import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {Socket} from 'node:net';
import type {Behaviour, BehaviourNow} from './context.js';
import {createSimulatedDigestSession, type DigestSession, simulatedChallengeHeaders} from './digest-server.js';
import {sendSimulatedResponse, simulateJsonRpc} from './json-rpc.js';

/** Speaks HTTP on sockets that others accepted: one parser and one handler for every simulated node. */
export interface SharedServer {
	readonly serve: (socket: Socket, behaviour: BehaviourNow) => void;
}

interface Connection {
	readonly behaviour: BehaviourNow;
	readonly session: DigestSession;
}

type RpcBehaviour = Extract<Behaviour, {kind: 'rpc'}>;

/** Monero's servers keep an idle local connection this long. */
const keepAliveMs = 30 * 60_000;
const lookAgainMs = 100;
const maxBodyBytes = 1_048_576;

/** Makes the one HTTP server of the process. It listens nowhere itself. */
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
		serve: (socket, behaviour) => {
			connections.set(socket, {behaviour, session: createSimulatedDigestSession()});
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
	const current = connection.behaviour();
	if (current.kind === 'rpc') {
		handleRpc(exchange, current, connection.session);
	} else if (current.kind === 'web_site') {
		sendWebSite(exchange.response);
	} else {
		handleLater(exchange, connection);
	}
}

/** What waits while a server is silent is answered as soon as it is not, if anybody still waits for it. */
function handleLater(exchange: Exchange, connection: Connection): void {
	setTimeout(() => {
		if (!exchange.request.socket.destroyed) {
			handle(exchange, connection);
		}
	}, lookAgainMs).unref();
}

function handleRpc({request, response, body}: Exchange, current: RpcBehaviour, session: DigestSession): void {
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
