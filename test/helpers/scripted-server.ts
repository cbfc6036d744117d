import {readFileSync} from 'node:fs';
import {createServer} from 'node:http';
import net, {type Socket} from 'node:net';
import type {TestContext} from 'node:test';
import {type LoopbackServer, listenOnLoopback} from './loopback.js';

/** A server on loopback that records its requests. */
export interface ScriptedServer extends LoopbackServer {
	/** The RPC methods called so far, in order. */
	readonly asked: string[];
}

/** A recorded response of a real program from `test/fixtures`, with its headers. */
export function recorded(name: string): string {
	return readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'latin1');
}

/** The body of a recorded response. */
export function recordedBody(name: string): string {
	const text = recorded(name);
	return text.slice(text.indexOf('{'));
}

/** The JSON-RPC result of a recorded response, with some fields changed; `undefined` removes a field. */
export function recordedResult(name: string, changes: Readonly<Record<string, unknown>> = {}): object {
	return {...(JSON.parse(recordedBody(name)) as {result: object}).result, ...changes};
}

/** Starts a server that answers each request with raw bytes. */
export async function startRaw(
	t: TestContext,
	answer: string | ((socket: Socket, method: string) => void),
): Promise<ScriptedServer> {
	const asked: string[] = [];
	const server = net.createServer(socket => {
		socket.on('data', chunk => {
			const method = /"method":"(\w+)"/.exec(chunk.toString('latin1'))?.[1] ?? '';
			asked.push(method);
			if (typeof answer === 'string') {
				socket.write(answer, 'latin1');
			} else {
				answer(socket, method);
			}
		});
	});
	const loopback = await listenOnLoopback(server);
	t.after(loopback.close);
	return {...loopback, asked};
}

/** A JSON-RPC result or error. */
export type Reply = {readonly result: unknown} | {readonly error: {code: number; message: string}};

/** The answer to a method: the body of a 200 response, a result or error, or a function of the parameters. */
export type Scripted = string | Reply | ((params: Readonly<Record<string, unknown>>) => Reply);

/**
 * Answers by method. A method that is missing gets the error of monerod and monero-wallet-rpc, one that is `undefined` gets no
 * answer. May be changed while the server runs.
 */
export type Script = Record<string, Scripted | undefined>;

const methodNotFound: Reply = {error: {code: -32_601, message: 'Method not found'}};

/** The answer of a script to a call; `undefined`: none. */
export function scriptedAnswer(
	script: Script,
	method: string,
	params: Readonly<Record<string, unknown>>,
): string | Reply | undefined {
	const scripted = method in script ? script[method] : methodNotFound;
	return typeof scripted === 'function' ? scripted(params) : scripted;
}

/** Starts a JSON-RPC server over plain HTTP. @param port default: any free port */
export async function startScripted(t: TestContext, script: Script, port = 0): Promise<ScriptedServer> {
	const asked: string[] = [];
	const server = createServer((request, response) => {
		let body = '';
		request.on('data', chunk => {
			body += chunk;
		});
		request.on('end', () => {
			const {
				method,
				id,
				params = {},
			} = JSON.parse(body) as {method: string; id: string; params?: Record<string, unknown>};
			asked.push(method);
			const answer = scriptedAnswer(script, method, params);
			if (answer !== undefined) {
				response.end(typeof answer === 'string' ? answer : JSON.stringify({id, jsonrpc: '2.0', ...answer}));
			}
		});
	});
	const loopback = await listenOnLoopback(server, '127.0.0.1', port);
	t.after(loopback.close);
	return {...loopback, asked};
}

/** Answers of a wallet server of version 1.25 with an open wallet at this height. */
export const walletScript = (height: unknown, more: Script = {}): Script => ({
	get_version: {result: {version: 65_561, release: false}},
	get_height: {result: {height}},
	...more,
});

/** The hash of a block of {@link chainScript}. @param branch distinguishes chains */
export const scriptedHash = (index: number, branch = 'a'): string => `${branch}${index.toString(16).padStart(63, '0')}`;

/** Answers of a daemon for a chain of this height and difficulty 1. All chains are the same except from block `since` on, by branch. */
export const chainScript = (height: number, {branch = 'a', since = 0} = {}): {info: object; headers: Script} => {
	const hashAt = (index: number) => scriptedHash(index, index >= since ? branch : 'a');
	return {
		info: {height, top_block_hash: hashAt(height - 1), wide_cumulative_difficulty: `0x${height.toString(16)}`},
		headers: {
			get_block_header_by_height: ({height: index}) =>
				typeof index === 'number' && index < height
					? {result: {block_header: {height: index, hash: hashAt(index)}, status: 'OK'}}
					: {error: {code: -2, message: 'Requested block height is greater than the current top block height'}},
		},
	};
};

/** Recorded answers of a daemon, with some fields of `get_info` changed, and blocks that match its height. */
export const daemonScript = (changes: Readonly<Record<string, unknown>> = {}): Script => {
	const {height = 26} = changes;
	const chain = Number.isSafeInteger(height) && (height as number) > 0 ? chainScript(height as number) : undefined;
	return {
		get_info: {result: recordedResult('monerod_get_info.http', {...chain?.info, ...changes})},
		...chain?.headers,
	};
};
