import {noAlertState} from '../../source/domain/alerts/alert.js';
import type {AlertChannel, AlertStore, AlertsFile, ChannelName, Delivery} from '../../source/domain/alerts/outbox.js';
import {flushPromises} from './flush-promises.js';

/** One delivery attempt; it is pending until the test sets its outcome. */
export interface Attempt {
	readonly id: string;
	readonly signal: AbortSignal;
	readonly answer: (outcome: Delivery) => Promise<void>;
	readonly succeed: () => Promise<void>;
	readonly fail: (retryAfterMs?: number) => Promise<void>;
}

/** A channel whose delivery outcomes are set by the test. */
export interface FakeChannel extends AlertChannel {
	/** Every attempt so far. */
	readonly attempts: readonly Attempt[];
	/** The alerts of every attempt so far. */
	readonly ids: () => readonly string[];
	readonly last: () => Attempt;
}

/** Creates a channel that delivers nothing: the test sets the outcome of every attempt. An aborted attempt fails. */
export function fakeChannel(name: ChannelName = 'program'): FakeChannel {
	const attempts: Attempt[] = [];
	return {
		name,
		attempts,
		ids: () => attempts.map(({id}) => id),
		last: () => {
			const last = attempts.at(-1);
			if (!last) {
				throw new Error(`nothing was delivered by ${name}`);
			}

			return last;
		},
		deliver: ({id}, signal) =>
			new Promise(resolve => {
				const answer = async (outcome: Delivery): Promise<void> => {
					resolve(outcome);
					await flushPromises();
				};
				signal.addEventListener('abort', () => resolve({kind: 'failed', reason: 'ended'}));
				attempts.push({
					id,
					signal,
					answer,
					succeed: () => answer({kind: 'delivered'}),
					fail: retryAfterMs =>
						answer({kind: 'failed', reason: 'no', ...(retryAfterMs === undefined ? {} : {retryAfterMs})}),
				});
			}),
	};
}

/** A store in memory whose saves the test can delay or fail. */
export interface FakeAlertStore extends AlertStore {
	/** Everything saved so far. */
	readonly saved: readonly AlertsFile[];
	/** Saves wait for `hold`, and fail with `problem`. */
	hold: Promise<void> | undefined;
	problem: Error | undefined;
	isClosed: boolean;
}

export function fakeAlertStore(initial: AlertsFile = {state: noAlertState, outbox: []}): FakeAlertStore {
	const saved: AlertsFile[] = [];
	const store: FakeAlertStore = {
		initial,
		saved,
		hold: undefined,
		problem: undefined,
		isClosed: false,
		save: async file => {
			await store.hold;
			if (store.problem) {
				throw store.problem;
			}

			saved.push(file);
		},
		close: async () => {
			store.isClosed = true;
		},
	};
	return store;
}
