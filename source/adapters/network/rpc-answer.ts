import type {RpcOutcome} from '../../domain/ports.js';
import {cleanText} from '../../domain/text.js';

/**
 * What the body of a 200 says.
 * @param latencyMs how long the exchange took
 */
export function readRpcAnswer(body: string, latencyMs: number): RpcOutcome {
	let json: unknown;
	try {
		json = JSON.parse(body);
	} catch {
		return {kind: 'not_rpc', content: contentOf(body), latencyMs};
	}

	if (typeof json !== 'object' || json === null || !('jsonrpc' in json) || json.jsonrpc !== '2.0') {
		return {kind: 'not_rpc', content: 'json', latencyMs};
	}

	const {error, result} = json as {readonly error?: unknown; readonly result?: unknown};
	if (error !== undefined && error !== null) {
		return readRpcError(error, latencyMs);
	}

	return result === undefined ? {kind: 'not_rpc', content: 'json', latencyMs} : {kind: 'result', result, latencyMs};
}

function readRpcError(error: unknown, latencyMs: number): RpcOutcome {
	const {code, message} = error as {readonly code?: unknown; readonly message?: unknown};
	return typeof code === 'number' && typeof message === 'string'
		? {kind: 'rpc_error', code, message: cleanText(message), latencyMs}
		: {kind: 'not_rpc', content: 'json', latencyMs};
}

function contentOf(body: string): 'html' | 'text' | 'empty' {
	const text = body.trim();
	if (text === '') {
		return 'empty';
	}

	return /^<[!?a-z]/i.test(text) ? 'html' : 'text';
}
