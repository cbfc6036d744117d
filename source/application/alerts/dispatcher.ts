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

/** What became too old is tried so often before it is given up: nobody may have tried it while xmrtop or the network was away. */
const lastAttempts = 5;
/** Of so many alerts the old ones are looked for once a second. */
const manyAlerts = 200;
/** No alert is older: it is tried for a day; milliseconds. */
const mostAgeMs = 30 * 24 * 3_600_000;
/** Deliveries of one channel under way at once. */
const atOnce = 4;
/** The same with those that are not yet marked on the disk: a kill repeats them. */
const mostUnmarked = 16;

export interface DeliveryOptions {
	readonly book: AlertBook;
	readonly channels: readonly AlertChannel[];
	readonly nowMs: () => number;
	/** A clock that nobody sets, in milliseconds. Default: `nowMs`. */
	readonly monotonicMs?: () => number;
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

export function createDelivery(options: DeliveryOptions): AlertDelivery {
	const {book, channels, nowMs, monotonicMs = nowMs, setNote, say, retryTimes = defaultRetryTimes} = options;
	const lanes = channels.map(channel => ({
		channel,
		/** What is on its way, and what is delivered and not yet marked. */
		underWay: new Set<OutboxEntry>(),
		unmarked: 0,
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
		const rests = lanes
			.flatMap(({failed}) => [...failed.values()].map(each => restMs(each, nowMs())))
			.filter(ms => ms > 0);
		if (rests.length > 0) {
			timer = setTimeout(look, Math.max(1, Math.min(...rests)));
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
		const free = Math.max(0, Math.min(atOnce - (underWay.size - unmarked), mostUnmarked - underWay.size));
		for (const entry of deliverable(settledOutbox(), channel.name, work).slice(0, free)) {
			const attempt = deliver(lane, entry).finally(() => {
				running.delete(attempt);
				look();
			});
			running.add(attempt);
		}
	};

	/** A kill must find on the disk whatever was told. */
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
			retryTheOthers(failed);
			const file = book.now();
			// The next of this subject waits for the mark: a kill in between repeats one alert, not two.
			const after = {...file, outbox: delivered(file.outbox, alert.id, channel.name)};
			const saving = book.saveDelivery(after, {id: alert.id, channel: channel.name});
			lane.unmarked += 1;
			look();
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

	/** A receiver that takes alerts again need not wait for the next attempt of each. */
	const retryTheOthers = (failed: Lane['failed']): void => {
		for (const [id, attempts] of failed) {
			if (!attempts.isAsked && !attempts.isRefused) {
				failed.set(id, {...attempts, notBeforeMs: 0});
			}
		}
	};

	const showFailures = ({channel, failed}: Lane): void => {
		const [first] = failed.values();
		setNote(`alerts by ${channel.name}`, first && `${waysByName[channel.name]}: ${first.reason}; retrying`);
	};

	/** When each alert was first seen by this process: the clock may be set since. */
	const firstSeen = new Map<string, {readonly ageMs: number; readonly atMs: number}>();
	const isOldHere = ({id, at}: Alert): boolean => {
		const ageMs = nowMs() - Date.parse(at);
		// What seems older was made, or is looked at, by a wrong clock.
		const seen = firstSeen.get(id) ?? {ageMs: ageMs > mostAgeMs ? 0 : ageMs, atMs: monotonicMs()};
		firstSeen.set(id, seen);
		return seen.ageMs + monotonicMs() - seen.atMs >= keptAlertMs;
	};

	let droppedAtMs = Number.NEGATIVE_INFINITY;
	const dropOld = (): void => {
		const {state, outbox, givenUp = []} = book.now();
		// A large outbox is looked at again and again while it empties.
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
	program: 'alert delivery by --on-change failed',
	webhook: 'alert delivery to the webhook failed',
};

/** How often a delivery that fails is tried again, in milliseconds. */
export interface RetryTimes {
	/** After the first failure; doubled after every further one. Default 1 s. */
	readonly firstMs: number;
	/** Default 60 s. */
	readonly mostMs: number;
}

export const defaultRetryTimes: RetryTimes = {firstMs: 1000, mostMs: 60_000};
/** A receiver that wants to be left alone for longer gets its next alert late enough. */
const mostAskedMs = 300_000;

/** The attempts at one alert by one channel, while it is not delivered. */
export interface Attempts {
	readonly count: number;
	/** Those of them since it is too old. */
	readonly lateCount: number;
	readonly reason: string;
	/** Milliseconds since the epoch. */
	readonly notBeforeMs: number;
	/** How long that was away when it was set, in milliseconds. */
	readonly waitMs: number;
	/** Whether the receiver named that time. */
	readonly isAsked: boolean;
	/** Present and true when the receiver will never take it: it is tried on, and holds back no other. */
	readonly isRefused?: true;
}

/** A failure of an alert, and what the attempts at it were before. */
export interface FailedAttempt {
	readonly before: Attempts | undefined;
	readonly outcome: Extract<Delivery, {kind: 'failed'}>;
	readonly alert: Alert;
	/** Whether the receiver will never take it. Default false. */
	readonly isRefused?: boolean;
}

/** The attempts at an alert after one more. */
export function attemptsAfter(
	{before, outcome, alert, isRefused}: FailedAttempt,
	times: RetryTimes,
	nowMs: number,
): Attempts {
	const {reason, retryAfterMs} = outcome;
	const count = (before?.count ?? 0) + 1;
	const ownMs = Math.min(times.mostMs, times.firstMs * 2 ** Math.min(count - 1, 30));
	const waitMs = Math.max(ownMs, Math.min(retryAfterMs ?? 0, mostAskedMs));
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

/** How long until the next attempt, in milliseconds; a clock that was set back does not make it longer than it was. */
export function restMs({notBeforeMs, waitMs}: Attempts, nowMs: number): number {
	const leftMs = notBeforeMs - nowMs;
	return leftMs > waitMs ? 0 : Math.max(0, leftMs);
}

/** What is known of alerts, and on the disk as soon as it is said to be. */
export interface AlertBook {
	readonly now: () => AlertsFile;
	/** The alerts whose saving is over, also where it failed: the others must not be delivered yet. */
	readonly settled: () => Outbox;
	/** Whether the last save failed: what is on the disk is older than it should be. */
	readonly isBehind: () => boolean;
	/** Changes what is known without a need to save it. */
	readonly set: (file: AlertsFile) => void;
	/**
	 * Changes what is known and saves it; changes that meet are saved together.
	 * @returns settles when it is on the disk, or cannot be written; never rejects
	 */
	readonly save: (file: AlertsFile) => Promise<void>;
	/** The same for a delivery, where nothing else has changed. */
	readonly saveDelivery: (file: AlertsFile, delivery: DeliveryMark) => Promise<void>;
}

export interface AlertBookOptions {
	readonly store: Pick<AlertStore, 'initial' | 'save' | 'saveDeliveries'>;
	/** Told once when saving begins to fail, with one line, and with `undefined` when it works again. */
	readonly onSaveProblem: (problem: string | undefined) => void;
	/** Told when another process owns the store now. */
	readonly onLost: (problem: string) => void;
}

export function createAlertBook({store, onSaveProblem, onLost}: AlertBookOptions): AlertBook {
	let file = store.initial;
	let settled = file.outbox;
	let writing: Promise<void> = Promise.resolve();
	let next: Promise<void> | undefined;
	let isBehind = false;
	/** Whether more has changed since the last write than the deliveries. */
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
			// Answers that have come meanwhile are taken in first: a disk is slow, and one write is enough for them all.
			return begin(changed, () => new Promise(resolve => void setImmediate(resolve)));
		},
	};
}
