import type {Alert} from '../../domain/alerts/alert.js';
import type {AlertChannel, Delivery} from '../../domain/alerts/alert-ports.js';
import {type ChannelName, deliverable, delivered, type OutboxEntry, pruned} from '../../domain/alerts/outbox.js';
import type {AlertBook} from './alert-book.js';

/** How often a delivery that fails is tried again, in milliseconds. */
export interface RetryTimes {
	/** After the first failure; doubled after every further one. Default 1 s. */
	readonly firstMs: number;
	/** Default 60 s. */
	readonly mostMs: number;
}

const defaultRetryTimes: RetryTimes = {firstMs: 1000, mostMs: 60_000};
/** A receiver that wants to be left alone for longer gets its next alert late enough. */
const mostAskedMs = 300_000;
/** Deliveries of one channel under way at once. */
const atOnce = 4;

export interface DeliveryOptions {
	readonly book: AlertBook;
	readonly channels: readonly AlertChannel[];
	readonly nowMs: () => number;
	/** Shows a line under a name; `undefined` withdraws it. */
	readonly setNote: (name: string, note: string | undefined) => void;
	readonly say: (line: string) => void;
	readonly retryTimes?: RetryTimes;
}

/** Brings the alerts of the book to where they wait for. */
export interface AlertDelivery {
	/** Begins whatever can be begun now. */
	readonly look: () => void;
	/** Begins nothing more; what is under way may end within the patience, else it is ended and stays in the book. */
	readonly stop: (patienceMs: number) => Promise<void>;
}

/** The attempts at one alert by one channel, while it is not delivered. */
interface Attempts {
	readonly count: number;
	readonly reason: string;
	/** Milliseconds since the epoch. */
	readonly notBeforeMs: number;
	/** Whether the receiver named that time. */
	readonly isAsked: boolean;
}

export function createDelivery(options: DeliveryOptions): AlertDelivery {
	const {book, channels, nowMs, setNote, say, retryTimes = defaultRetryTimes} = options;
	const lanes = channels.map(channel => ({
		channel,
		underWay: new Set<OutboxEntry>(),
		failed: new Map<string, Attempts>(),
	}));
	type Lane = (typeof lanes)[number];
	const running = new Set<Promise<void>>();
	const stopping = new Set<AbortController>();
	let isStopped = false;
	let timer: NodeJS.Timeout | undefined;

	const look = (): void => {
		if (isStopped) {
			return;
		}

		dropOld();
		for (const lane of lanes) {
			begin(lane);
		}

		clearTimeout(timer);
		const times = lanes.flatMap(({failed}) => [...failed.values()].map(({notBeforeMs}) => notBeforeMs));
		const later = times.filter(time => time > nowMs());
		if (later.length > 0) {
			timer = setTimeout(look, Math.max(1, Math.min(...later) - nowMs()));
		}
	};

	const begin = (lane: Lane): void => {
		const {channel, underWay, failed} = lane;
		const work = {
			underWay: [...underWay],
			isResting: ({id}: Alert): boolean => (failed.get(id)?.notBeforeMs ?? 0) > nowMs(),
		};
		const free = Math.max(0, atOnce - underWay.size);
		for (const entry of deliverable(book.now().outbox, channel.name, work).slice(0, free)) {
			const attempt = deliver(lane, entry).finally(() => {
				running.delete(attempt);
				look();
			});
			running.add(attempt);
		}
	};

	const deliver = async (lane: Lane, entry: OutboxEntry): Promise<void> => {
		const {channel, underWay, failed} = lane;
		const {alert} = entry;
		underWay.add(entry);
		const controller = new AbortController();
		stopping.add(controller);
		const outcome = await channel.deliver(alert, controller.signal);
		stopping.delete(controller);
		if (outcome.kind === 'delivered') {
			failed.delete(alert.id);
			retryTheOthers(failed);
			const {state, outbox} = book.now();
			// The next of this subject waits for the mark: a kill in between repeats one alert, not two.
			await book.save({state, outbox: delivered(outbox, alert.id, channel.name)});
		} else if (!controller.signal.aborted) {
			failed.set(alert.id, attemptsAfter(failed.get(alert.id), outcome));
		}

		underWay.delete(entry);
		showFailures(lane);
	};

	const attemptsAfter = (
		before: Attempts | undefined,
		{reason, retryAfterMs}: Extract<Delivery, {kind: 'failed'}>,
	): Attempts => {
		const count = (before?.count ?? 0) + 1;
		const ownMs = Math.min(retryTimes.mostMs, retryTimes.firstMs * 2 ** Math.min(count - 1, 30));
		const waitMs = Math.max(ownMs, Math.min(retryAfterMs ?? 0, mostAskedMs));
		return {count, reason, notBeforeMs: nowMs() + waitMs, isAsked: retryAfterMs !== undefined};
	};

	/** A receiver that takes alerts again need not wait for the next attempt of each. */
	const retryTheOthers = (failed: Lane['failed']): void => {
		for (const [id, attempts] of failed) {
			if (!attempts.isAsked) {
				failed.set(id, {...attempts, notBeforeMs: 0});
			}
		}
	};

	const showFailures = ({channel, failed}: Lane): void => {
		const [first] = failed.values();
		setNote(`alerts by ${channel.name}`, first && `${waysByName[channel.name]}: ${first.reason}; it is tried again`);
	};

	const dropOld = (): void => {
		const {state, outbox} = book.now();
		const {kept, dropped} = pruned(outbox, nowMs());
		for (const {alert, waiting} of dropped) {
			for (const {failed} of lanes) {
				failed.delete(alert.id);
			}

			say(`the alert ${alert.id} is given up: it was not delivered (${waiting.join(', ')})`);
		}

		if (dropped.length > 0) {
			void book.save({state, outbox: kept});
			lanes.forEach(showFailures);
		}
	};

	return {
		look,
		stop: async patienceMs => {
			isStopped = true;
			clearTimeout(timer);
			let patience: NodeJS.Timeout | undefined;
			const ended = Promise.all(running);
			await Promise.race([
				ended,
				new Promise(resolve => {
					patience = setTimeout(resolve, patienceMs);
				}),
			]);
			clearTimeout(patience);
			for (const controller of stopping) {
				controller.abort();
			}

			await ended;
		},
	};
}

const waysByName: Readonly<Record<ChannelName, string>> = {
	program: 'an alert is not delivered by the program of --on-change',
	webhook: 'an alert is not delivered to the webhook',
};
