import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {TestContext} from 'node:test';
import {type LoopbackServer, listenOnLoopback} from './loopback.js';

/** One received request. */
export interface Posted {
	readonly method: string | undefined;
	readonly url: string | undefined;
	readonly headers: IncomingMessage['headers'];
	readonly body: string;
}

/** A server that receives alerts on loopback. */
export interface WebhookReceiver extends LoopbackServer {
	readonly posts: readonly Posted[];
}

/**
 * Starts a receiver that answers all requests in the same way; it is stopped after the test.
 * @param port default: any free port
 */
export async function startReceiver(
	context: TestContext,
	answer: (response: ServerResponse) => void = response => void response.end(),
	port?: number,
): Promise<WebhookReceiver> {
	const posts: Posted[] = [];
	const server = createServer((request, response) => {
		let body = '';
		request.setEncoding('utf8').on('data', chunk => {
			body += chunk;
		});
		request.on('end', () => {
			posts.push({method: request.method, url: request.url, headers: request.headers, body});
			answer(response);
		});
	});
	const loopback = await listenOnLoopback(server, '127.0.0.1', port);
	context.after(loopback.close);
	return {...loopback, posts};
}
