import type {ServerResponse} from 'node:http';

/** One HTTP answer of Monero's own server. */
export interface EpeeResponse {
	readonly statusCode: 200 | 401 | 404;
	readonly contentType: 'application/json' | 'text/html' | 'text/plain';
	readonly body: string;
	/** Values of `WWW-authenticate` headers. */
	readonly challenges?: readonly string[];
}

/** Spelt as Monero's server does. */
const statusTexts = {200: 'Ok', 401: 'Unauthorized', 404: 'Not found'} as const;

/** Writes an answer with the headers of Monero's server, in its order, and no others. */
export function sendSimulatedResponse(
	response: ServerResponse,
	{statusCode, contentType, body, challenges = []}: EpeeResponse,
): void {
	response.sendDate = false;
	// Makes Node leave the header out; the connection is kept all the same.
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

/** A document as Monero's server writes JSON. */
export function simulateEpeeJson(document: object): string {
	return JSON.stringify(document, undefined, 2).replaceAll('\n', '\r\n');
}

/** An error that a method answers with. */
export interface RpcError {
	readonly code: number;
	readonly message: string;
}

/** The answer of one method. */
export type RpcReply = {readonly result: object} | {readonly error: RpcError};

/** The methods of a simulated server. Anything else is answered with "Method not found". */
export type RpcMethods = Readonly<Record<string, (parameters: Readonly<Record<string, unknown>>) => RpcReply>>;

/** Answers the body of a request as Monero's servers do: every failure is an error inside an HTTP 200. */
export function simulateJsonRpc(body: string, methods: RpcMethods): string {
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
