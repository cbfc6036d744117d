import {epeeJson} from './epee-response.js';

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
export function answerJsonRpc(body: string, methods: RpcMethods): string {
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
	return 'error' in reply ? failure(id, reply.error) : epeeJson({id, jsonrpc: '2.0', result: reply.result});
}

function failure(id: unknown, error: RpcError): string {
	return epeeJson({error, id, jsonrpc: '2.0'});
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
