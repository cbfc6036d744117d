import type {AlertChannel, AlertStore, AlertsFile, Delivery} from '../../source/domain/alerts/alert-ports.js';
import {noAlertState} from '../../source/domain/alerts/alert-state.js';
import type {ChannelName} from '../../source/domain/alerts/outbox.js';

/** An attempt at an alert that waits for its outcome. */
export interface Attempt {
	readonly id: string;
	readonly signal: AbortSignal;
	readonly answer: (outcome: Delivery) => Promise<void>;
	readonly succeed: () => Promise<void>;
	readonly fail: (retryAfterMs?: number) => Promise<void>;
}

/** A channel whose attempts a test answers. */
export interface AnsweredChannel extends AlertChannel {
	/** Every attempt so far. */
	readonly attempts: readonly Attempt[];
	/** The alerts of every attempt so far. */
	readonly ids: () => readonly string[];
	readonly last: () => Attempt;
}

/** A channel that does nothing by itself; an aborted attempt fails. */
export function answeredChannel(name: ChannelName = 'program'): AnsweredChannel {
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
					await settle();
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

/** A store in memory whose saves a test may hold up or let fail. */
export interface HeldStore extends AlertStore {
	/** Everything saved so far. */
	readonly saved: readonly AlertsFile[];
	/** What the next saves wait for, and fail with. */
	hold: Promise<void> | undefined;
	problem: Error | undefined;
	isClosed: boolean;
}

export function heldStore(initial: AlertsFile = {state: noAlertState, outbox: []}): HeldStore {
	const saved: AlertsFile[] = [];
	const store: HeldStore = {
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

/** Lets every promise that can go on go on. */
export async function settle(): Promise<void> {
	for (let turn = 0; turn < 5; turn += 1) {
		await new Promise(resolve => setImmediate(resolve));
	}
}
