import type {Alert} from '../../domain/alerts/alert.js';
import {
	type AlertChannel,
	type AlertStore,
	type AlertsFile,
	type ChannelName,
	type Delivery,
	type DeliveryMark,
	deliverable,
	delivered,
	isTooOld,
	keptAlertMs,
	keptGivenUp,
	type Outbox,
	type OutboxEntry,
	splitOutbox,
} from '../../domain/alerts/outbox.js';
import {InputError} from '../../domain/input-error.js';

/**
 * How often an expired alert is retried before it is dropped: it may not have been tried while xmrtop or the network was down.
 */
const lastAttempts = 5;
/** With more alerts than this in the outbox, expired ones are looked for at most once a second. */
const manyAlerts = 200;
/** Alerts are retried for a day, so one that seems older than this has a wrong time; milliseconds. */
const maxAgeMs = 30 * 24 * 3_600_000;
/** The most deliveries of one channel at once. */
const atOnce = 4;
/** The same including deliveries not yet recorded on disk: if xmrtop is killed, they are repeated. */
const maxUnmarked = 16;

export interface DeliveryOptions {
	readonly book: AlertBook;
	readonly channels: readonly AlertChannel[];
	readonly nowMs: () => number;
	/** A clock that is never set, in milliseconds. Default: `nowMs`. */
	readonly monotonicMs?: () => number;
	/** Shows a line under a name; `undefined` removes it. */
	readonly setNote: (name: string, note: string | undefined) => void;
	readonly say: (line: string) => void;
	readonly retryTimes?: RetryTimes;
}

/** Delivers the alerts of the book to the channels they wait for. */
export interface AlertDelivery {
	/** Starts every delivery that can start now. */
	readonly deliverDue: () => void;
	/** Starts no more deliveries. Those in progress are aborted after `patienceMs`, and their alerts stay in the book. */
	readonly stop: (patienceMs: number) => Promise<void>;
}

export function createDelivery(options: DeliveryOptions): AlertDelivery {
	const {book, channels, nowMs, monotonicMs = nowMs, setNote, say, retryTimes = defaultRetryTimes} = options;
	const lanes = channels.map(channel => ({
		channel,
		/** Alerts being delivered, and delivered ones not yet recorded. */
		underWay: new Set<OutboxEntry>(),
		unmarked: 0,
		failed: new Map<string, Attempts>(),
	}));
	type Lane = (typeof lanes)[number];
	const running = new Set<Promise<void>>();
	const stopping = new Set<AbortController>();
	let isStopped = false;
	let timer: NodeJS.Timeout | undefined;

	const deliverDue = (): void => {
		if (isStopped) {
			return;
		}

		dropOld();
		for (const lane of lanes) {
			begin(lane);
		}

		clearTimeout(timer);
		const rests = lanes
			.flatMap(({failed}) => [...failed.values()].map(each => restMs(each, nowMs())))
			.filter(ms => ms > 0);
		if (rests.length > 0) {
			timer = setTimeout(deliverDue, Math.max(1, Math.min(...rests)));
		}
	};

	const begin = (lane: Lane): void => {
		const {channel, underWay, unmarked, failed} = lane;
		const work = {
			underWay: [...underWay],
			isResting: ({id}: Alert): boolean => {
				const attempts = failed.get(id);
				return attempts !== undefined && restMs(attempts, nowMs()) > 0;
			},
			isRefused: ({id}: Alert): boolean => failed.get(id)?.isRefused === true,
		};
		const free = Math.max(0, Math.min(atOnce - (underWay.size - unmarked), maxUnmarked - underWay.size));
		for (const entry of deliverable(settledOutbox(), channel.name, work).slice(0, free)) {
			const attempt = deliver(lane, entry).finally(() => {
				running.delete(attempt);
				deliverDue();
			});
			running.add(attempt);
		}
	};

	/** The alerts that are saved: if xmrtop is killed, every alert that was sent must be on disk. */
	const settledOutbox = (): Outbox => {
		const ids = new Set(book.settled().map(({alert}) => alert.id));
		return book.now().outbox.filter(({alert}) => ids.has(alert.id));
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
			retryOthersNow(failed);
			const file = book.now();
			// The next alert of this subject waits for the record: a kill in between repeats one alert, not two.
			const after = {...file, outbox: delivered(file.outbox, alert.id, channel.name)};
			const saving = book.saveDelivery(after, {id: alert.id, channel: channel.name});
			lane.unmarked += 1;
			deliverDue();
			await saving;
			lane.unmarked -= 1;
		} else if (!controller.signal.aborted) {
			failed.set(
				alert.id,
				attemptsAfter(
					{before: failed.get(alert.id), outcome, alert, isRefused: channel.isRefused?.(outcome) === true},
					retryTimes,
					nowMs(),
				),
			);
		}

		underWay.delete(entry);
		showFailures(lane);
	};

	/** When a receiver accepts alerts again, the others do not wait for their next retry. */
	const retryOthersNow = (failed: Lane['failed']): void => {
		for (const [id, attempts] of failed) {
			if (!attempts.isAsked && !attempts.isRefused) {
				failed.set(id, {...attempts, notBeforeMs: 0});
			}
		}
	};

	const showFailures = ({channel, failed}: Lane): void => {
		const [first] = failed.values();
		setNote(`alerts by ${channel.name}`, first && `${failureTexts[channel.name]}: ${first.reason}; retrying`);
	};

	/** When this process first saw each alert: the clock may have been set since. */
	const firstSeen = new Map<string, {readonly ageMs: number; readonly atMs: number}>();
	const isOldHere = ({id, at}: Alert): boolean => {
		const ageMs = nowMs() - Date.parse(at);
		// An alert that seems older was created, or is now read, with a wrong clock.
		const seen = firstSeen.get(id) ?? {ageMs: ageMs > maxAgeMs ? 0 : ageMs, atMs: monotonicMs()};
		firstSeen.set(id, seen);
		return seen.ageMs + monotonicMs() - seen.atMs >= keptAlertMs;
	};

	let droppedAtMs = Number.NEGATIVE_INFINITY;
	const dropOld = (): void => {
		const {state, outbox, givenUp = []} = book.now();
		// A large outbox would be searched again after every delivery.
		if (outbox.length > manyAlerts && Math.abs(monotonicMs() - droppedAtMs) < 1000) {
			return;
		}

		droppedAtMs = monotonicMs();
		const old = new Set(outbox.filter(({alert}) => isOldHere(alert)).map(({alert}) => alert.id));
		const {kept, dropped} = splitOutbox(
			outbox,
			nowMs(),
			({alert, waiting}) =>
				old.has(alert.id) &&
				lanes
					.filter(({channel}) => waiting.includes(channel.name))
					.every(({failed}) => (failed.get(alert.id)?.lateCount ?? 0) >= lastAttempts),
		);
		const ids = new Set(outbox.map(({alert}) => alert.id));
		for (const id of firstSeen.keys()) {
			if (!ids.has(id)) {
				firstSeen.delete(id);
			}
		}

		for (const {alert, waiting} of dropped) {
			for (const {failed} of lanes) {
				failed.delete(alert.id);
			}

			say(`giving up on alert ${alert.id}: not delivered (${waiting.join(', ')})`);
		}

		if (dropped.length > 0) {
			const at = new Date(nowMs()).toISOString();
			const given = [...givenUp, ...dropped.map(entry => ({...entry, given_up_at: at}))].slice(-keptGivenUp);
			void book.save({state, outbox: kept, givenUp: given});
			lanes.forEach(showFailures);
		}
	};

	return {
		deliverDue,
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

const failureTexts: Readonly<Record<ChannelName, string>> = {
	program: 'alert delivery by --on-change failed',
	webhook: 'alert delivery to the webhook failed',
};

/** The delays between retries of a failed delivery, in milliseconds. */
export interface RetryTimes {
	/** After the first failure; doubled after each further one. Default 1 s. */
	readonly firstMs: number;
	/** The longest delay. Default 60 s. */
	readonly maxMs: number;
}

const defaultRetryTimes: RetryTimes = {firstMs: 1000, maxMs: 60_000};
/** The longest delay a receiver may ask for (`Retry-After`), in milliseconds. */
const maxAskedMs = 300_000;

/** The failed attempts of one channel to deliver an alert. */
export interface Attempts {
	readonly count: number;
	/** The attempts made after the alert expired. */
	readonly lateCount: number;
	readonly reason: string;
	/** Milliseconds since the epoch. */
	readonly notBeforeMs: number;
	/** The delay until that time when it was set, in milliseconds. */
	readonly waitMs: number;
	/** Whether the receiver asked for that time. */
	readonly isAsked: boolean;
	/** Present and true when the receiver will never accept it: it is retried, but does not delay other alerts. */
	readonly isRefused?: true;
}

/** A failed delivery, and the attempts before it. */
export interface FailedAttempt {
	readonly before: Attempts | undefined;
	readonly outcome: Extract<Delivery, {kind: 'failed'}>;
	readonly alert: Alert;
	/** Whether the receiver will never accept it. Default false. */
	readonly isRefused?: boolean;
}

/** The attempts including one more failure. */
function attemptsAfter({before, outcome, alert, isRefused}: FailedAttempt, times: RetryTimes, nowMs: number): Attempts {
	const {reason, retryAfterMs} = outcome;
	const count = (before?.count ?? 0) + 1;
	const ownMs = Math.min(times.maxMs, times.firstMs * 2 ** Math.min(count - 1, 30));
	const waitMs = Math.max(ownMs, Math.min(retryAfterMs ?? 0, maxAskedMs));
	return {
		count,
		lateCount: (before?.lateCount ?? 0) + (isTooOld(alert, nowMs) ? 1 : 0),
		reason,
		notBeforeMs: nowMs + waitMs,
		waitMs,
		isAsked: retryAfterMs !== undefined,
		...(isRefused ? {isRefused: true} : {}),
	};
}

/** How long until the next attempt, in milliseconds; a clock that was set back does not prolong it. */
export function restMs({notBeforeMs, waitMs}: Attempts, nowMs: number): number {
	const leftMs = notBeforeMs - nowMs;
	return leftMs > waitMs ? 0 : Math.max(0, leftMs);
}

/** The alerts in memory, and their saving to disk. */
export interface AlertBook {
	readonly now: () => AlertsFile;
	/** The alerts that are saved, or whose save has failed: others must not be delivered yet. */
	readonly settled: () => Outbox;
	/** Whether the last save failed, so that the file is out of date. */
	readonly isBehind: () => boolean;
	/** Changes the content without saving it. */
	readonly set: (file: AlertsFile) => void;
	/**
	 * Changes the content and saves it; concurrent changes are saved together.
	 * @returns resolves when it is on disk or cannot be written; never rejects
	 */
	readonly save: (file: AlertsFile) => Promise<void>;
	/** Saves a delivery when nothing else has changed. */
	readonly saveDelivery: (file: AlertsFile, delivery: DeliveryMark) => Promise<void>;
}

export interface AlertBookOptions {
	readonly store: Pick<AlertStore, 'initial' | 'save' | 'saveDeliveries'>;
	/** Called once with one line when saving begins to fail, and with `undefined` when it works again. */
	readonly onSaveProblem: (problem: string | undefined) => void;
	/** Called when another process has taken over the store. */
	readonly onLost: (problem: string) => void;
}

export function createAlertBook({store, onSaveProblem, onLost}: AlertBookOptions): AlertBook {
	let file = store.initial;
	let settled = file.outbox;
	let writing: Promise<void> = Promise.resolve();
	let next: Promise<void> | undefined;
	let isBehind = false;
	/** Whether anything but deliveries has changed since the last write. */
	let isWholeChanged = false;
	let deliveries: readonly DeliveryMark[] = [];

	const write = async (): Promise<void> => {
		next = undefined;
		const written = file;
		const marks = isWholeChanged || isBehind ? undefined : deliveries;
		isWholeChanged = false;
		deliveries = [];
		try {
			await (marks && store.saveDeliveries ? store.saveDeliveries(written, marks) : store.save(written));
			isBehind = false;
			onSaveProblem(undefined);
		} catch (error) {
			isBehind = true;
			if (error instanceof InputError && error.code === 'store_in_use') {
				onLost(error.message);
			} else {
				onSaveProblem(error instanceof Error ? error.message : String(error));
			}
		}

		settled = written.outbox;
	};

	const begin = (changed: AlertsFile, ready?: () => Promise<void>): Promise<void> => {
		file = changed;
		next ??= writing.then(ready).then(write);
		writing = next;
		return next;
	};

	return {
		now: () => file,
		settled: () => settled,
		isBehind: () => isBehind,
		set: changed => {
			file = changed;
		},
		save: changed => {
			isWholeChanged = true;
			return begin(changed);
		},
		saveDelivery: (changed, delivery) => {
			deliveries = [...deliveries, delivery];
			// Outcomes that have arrived are handled first: a disk is slow, and one write is enough for all of them.
			return begin(changed, () => new Promise(resolve => void setImmediate(resolve)));
		},
	};
}
