import {once} from 'node:events';
import {createServer, type Server} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {TestContext} from 'node:test';
import type {Alert} from '../../source/domain/alerts/alert.js';

/** One POST of an alert. */
export interface Post {
	readonly alert: Alert;
	readonly key: string | undefined;
	/** What was posted to. */
	readonly target: string | undefined;
	/** When it had come in full; of `performance.now()`. */
	readonly atMs: number;
}

/** A webhook that writes down what it is sent. */
export interface AlertReceiver {
	readonly url: () => string;
	readonly posts: () => readonly Post[];
	/** The ids in the order in which they first came. */
	readonly ids: () => readonly string[];
	/** From now on it answers so many milliseconds late. */
	readonly answerAfter: (ms: number) => void;
	readonly listen: () => Promise<void>;
	/** Refuses connections from now on, at the port it had. */
	readonly close: () => Promise<void>;
	/** Waits until the posts are as they should be. @throws with the ids so far, when they are not in time */
	readonly until: (isIt: (posts: readonly Post[]) => boolean, what: string, withinMs?: number) => Promise<void>;
}

/** Starts a webhook; it ends with its test. */
export async function startReceiver(context: TestContext): Promise<AlertReceiver> {
	const posts: Post[] = [];
	const waiting = new Set<() => void>();
	let server: Server | undefined;
	let port = 0;
	let lateMs = 0;
	const listen = async (): Promise<void> => {
		server = createServer((request, response) => {
			let body = '';
			request.on('error', () => undefined).setEncoding('utf8');
			request.on('data', chunk => {
				body += chunk;
			});
			request.on('end', () => {
				const key = request.headers['idempotency-key'];
				posts.push({alert: JSON.parse(body), key: key?.toString(), target: request.url, atMs: performance.now()});
				setTimeout(() => response.end(), lateMs);
				for (const look of waiting) {
					look();
				}
			});
		});
		server.listen(port, '127.0.0.1');
		await once(server, 'listening');
		port = (server.address() as AddressInfo).port;
	};
	const close = async (): Promise<void> => {
		const ending = server;
		server = undefined;
		if (ending) {
			const closed = once(ending, 'close');
			ending.close();
			ending.closeAllConnections();
			await closed;
		}
	};
	const ids = (): readonly string[] => [...new Set(posts.map(({alert}) => alert.id))];
	context.after(close);
	await listen();
	return {
		url: () => `http://127.0.0.1:${port}/hook`,
		posts: () => posts,
		ids,
		answerAfter: ms => {
			lateMs = ms;
		},
		listen,
		close,
		until: (isIt, what, withinMs = 20_000) =>
			new Promise((resolve, reject) => {
				const done = (finish: () => void): void => {
					clearTimeout(timer);
					waiting.delete(look);
					finish();
				};
				const look = (): void => {
					if (isIt(posts)) {
						done(resolve);
					}
				};
				const timer = setTimeout(
					() => done(() => reject(new Error(`${what} within ${withinMs} ms; so far:\n${ids().join('\n')}`))),
					withinMs,
				);
				waiting.add(look);
				look();
			}),
	};
}
