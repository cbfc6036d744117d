import {type JsonBounds, JsonScan} from '../../domain/json-bounds.js';
import type {RpcOutcome} from '../../domain/ports.js';
import {cleanText} from '../../domain/text.js';

/** The largest answer of any method has about 100 values in 5 levels (the hard forks in a daemon's `get_version`). */
const bounds: JsonBounds = {depth: 32, values: 4000};

/**
 * What the body of a 200 says.
 * @param latencyMs how long the exchange took
 */
export function readRpcAnswer(body: Buffer, latencyMs: number): RpcOutcome {
	if (new JsonScan(bounds).take(body) !== undefined) {
		return {kind: 'not_rpc', content: 'json', latencyMs};
	}

	const text = body.toString();
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch {
		return {kind: 'not_rpc', content: contentOf(text), latencyMs};
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
