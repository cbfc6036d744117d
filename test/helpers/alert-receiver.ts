import type {TestContext} from 'node:test';
import type {Alert} from '../../source/domain/alerts/alert.js';
import {eventually} from './child-processes.js';
import {startReceiver} from './webhook-receiver.js';

/** One POST of an alert. */
export interface Post {
	readonly alert: Alert;
	readonly key: string | undefined;
	/** The request target. */
	readonly target: string | undefined;
	/** When the request was complete; by `performance.now()`. */
	readonly atMs: number;
}

/** A webhook for alerts that can delay its answers and go offline. */
export interface AlertReceiver {
	readonly url: string;
	readonly posts: () => readonly Post[];
	/** Delays all following answers by this many milliseconds. */
	readonly answerAfter: (ms: number) => void;
	/** Stops listening, so that connections are refused. */
	readonly close: () => Promise<void>;
	/** Listens again on the same port. */
	readonly reopen: () => Promise<void>;
	/** Waits until a condition on the posts holds. @throws on timeout, with the ids received so far */
	readonly until: (isIt: (posts: readonly Post[]) => boolean, what: string) => Promise<void>;
}

/** Starts a webhook for alerts; it is stopped after the test. */
export async function startAlertReceiver(context: TestContext): Promise<AlertReceiver> {
	const times: number[] = [];
	let lateMs = 0;
	const open = (port?: number) =>
		startReceiver(
			context,
			response => {
				times.push(performance.now());
				setTimeout(() => response.end(), lateMs);
			},
			port,
		);
	const receivers = [await open()];
	const port = receivers[0]?.port ?? 0;
	const posts = (): readonly Post[] =>
		receivers
			.flatMap(receiver => receiver.posts)
			.map(({body, headers, url}, index) => ({
				alert: JSON.parse(body),
				key: headers['idempotency-key']?.toString(),
				target: url,
				atMs: times[index] ?? Number.NaN,
			}));
	return {
		url: `http://127.0.0.1:${port}/hook`,
		posts,
		answerAfter: ms => {
			lateMs = ms;
		},
		close: async () => receivers.at(-1)?.close(),
		reopen: async () => void receivers.push(await open(port)),
		until: async (isIt, what) => {
			const found = await eventually(async () => posts(), isIt, 20_000);
			if (!isIt(found)) {
				throw new Error(`${what} did not come in 20 s; so far:\n${found.map(({alert}) => alert.id).join('\n')}`);
			}
		},
	};
}
