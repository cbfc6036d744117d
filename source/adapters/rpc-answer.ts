import type {RpcOutcome} from '../domain/ports.js';
import {cleanText} from '../domain/text.js';

type WithoutLatency<T> = T extends unknown ? Omit<T, 'latencyMs'> : never;

/** An outcome before its time is known. */
export type Answer = WithoutLatency<RpcOutcome>;

/** What the body of a 200 says. */
export function readRpcAnswer(body: string): Answer {
	let json: unknown;
	try {
		json = JSON.parse(body);
	} catch {
		return {kind: 'not_rpc', content: contentOf(body)};
	}

	if (typeof json !== 'object' || json === null || !('jsonrpc' in json) || json.jsonrpc !== '2.0') {
		return {kind: 'not_rpc', content: 'json'};
	}

	const {error, result} = json as {readonly error?: unknown; readonly result?: unknown};
	if (error !== undefined && error !== null) {
		return readRpcError(error);
	}

	return result === undefined ? {kind: 'not_rpc', content: 'json'} : {kind: 'result', result};
}

function readRpcError(error: unknown): Answer {
	const {code, message} = error as {readonly code?: unknown; readonly message?: unknown};
	return typeof code === 'number' && typeof message === 'string'
		? {kind: 'rpc_error', code, message: cleanText(message)}
		: {kind: 'not_rpc', content: 'json'};
}

function contentOf(body: string): 'html' | 'text' | 'empty' {
	const text = body.trim();
	if (text === '') {
		return 'empty';
	}

	return /^<[!?a-z]/i.test(text) ? 'html' : 'text';
}
