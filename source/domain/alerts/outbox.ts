import type {Alert, AlertState} from './alert.js';
import type {WebhookFormatName} from './webhook-formats.js';

/** The ways an alert reaches somebody, by the names that the store and the notes give them. */
export const channelNames = ['program', 'webhook'] as const;

/** One of {@link channelNames}. */
export type ChannelName = (typeof channelNames)[number];

/** An alert on its way. */
export interface OutboxEntry {
	readonly alert: Alert;
	/** Where it has not been delivered yet. */
	readonly waiting: readonly ChannelName[];
}

/** The alerts on their way, oldest first. */
export type Outbox = readonly OutboxEntry[];

/** How long an alert is tried, in milliseconds: 24 h. */
export const keptAlertMs = 24 * 3_600_000;
/** Alerts of a fleet that flaps while nobody takes them must not fill the disk; each node of a large one may have its own. */
export const mostAlerts = 10_000;
/** The same in characters of JSON: an alert may name thousands of nodes. */
export const mostAlertsLength = 8 * 1024 * 1024;

/** The outbox with new alerts, each waiting for every channel. */
export function withAlerts(outbox: Outbox, alerts: readonly Alert[], channels: readonly ChannelName[]): Outbox {
	return [...outbox, ...alerts.map(alert => ({alert, waiting: channels}))];
}

/** That a channel delivered an alert. */
export interface DeliveryMark {
	/** Of the alert. */
	readonly id: string;
	readonly channel: ChannelName;
}

/** The outbox after a delivery. */
export function delivered(outbox: Outbox, alertId: string, channel: ChannelName): Outbox {
	return outbox.flatMap(entry => {
		if (entry.alert.id !== alertId) {
			return [entry];
		}

		const waiting = entry.waiting.filter(name => name !== channel);
		return waiting.length === 0 ? [] : [{...entry, waiting}];
	});
}

/** Whether an alert has been tried for long enough. */
export function isTooOld({at}: Alert, nowMs: number): boolean {
	return nowMs - Date.parse(at) >= keptAlertMs;
}

/**
 * Parts an outbox into what is still tried and what is given up: too old, or too much.
 * @param isTried whether what is too old was tried since; default: it was
 */
export function splitOutbox(
	outbox: Outbox,
	nowMs: number,
	isTried: (entry: OutboxEntry) => boolean = () => true,
): {readonly kept: Outbox; readonly dropped: Outbox} {
	let length = 0;
	let count = 0;
	const isKept = (entry: OutboxEntry): boolean => {
		length += lengthOf(entry.alert);
		count += 1;
		const isGivenUp = isTooOld(entry.alert, nowMs) && isTried(entry);
		return !isGivenUp && count <= mostAlerts && length <= mostAlertsLength;
	};
	const kept: OutboxEntry[] = [];
	const dropped: OutboxEntry[] = [];
	// The newest count first: what is dropped is the oldest.
	for (const entry of outbox.toReversed()) {
		(isKept(entry) ? kept : dropped).push(entry);
	}

	return {kept: kept.reverse(), dropped: dropped.reverse()};
}

/** Characters that an alert takes, roughly: this is asked often. */
function lengthOf({nodes}: Alert): number {
	return nodes.reduce(
		(sum, {name, message, reason = ''}) => sum + 200 + name.length + message.length + reason.length,
		0,
	);
}

/** What two alerts must not share while one of them is being delivered. */
export function subjectsOf({daemon, host, monitor, nodes}: Alert): readonly string[] {
	const shared = [daemon && `monerod ${daemon}`, host && `host ${host}`, monitor && 'monitor'].filter(
		text => typeof text === 'string',
	);
	return [...shared, ...nodes.map(({id}) => String(id))];
}

/** What a channel is busy with. */
export interface ChannelWork {
	/** The alerts it is delivering. */
	readonly underWay: Outbox;
	/** Whether an alert waits for its next attempt. */
	readonly isResting: (alert: Alert) => boolean;
	/** Whether the receiver refused it for good: it holds back none but what was refused too. Default: none is. */
	readonly isRefused?: (alert: Alert) => boolean;
}

/**
 * What a channel may deliver next: of each subject only the oldest, and none while another of that subject is on its way
 * or waits for its next attempt.
 */
export function deliverable(outbox: Outbox, channel: ChannelName, work: ChannelWork): Outbox {
	const {underWay, isResting, isRefused = () => false} = work;
	const taken = new Set(underWay.flatMap(({alert}) => subjectsOf(alert)));
	const refused = new Set<string>();
	return outbox.filter(({alert, waiting}) => {
		if (!waiting.includes(channel)) {
			return false;
		}

		const subjects = subjectsOf(alert);
		const hasRefusal = isRefused(alert);
		// Where a receiver refuses everything for a while, a recovery must not come before its alert.
		const isHeldBack = subjects.some(subject => taken.has(subject) || (hasRefusal && refused.has(subject)));
		for (const subject of subjects) {
			(hasRefusal ? refused : taken).add(subject);
		}

		return !isHeldBack && !isResting(alert);
	});
}

/** The outside of alerts, as the application sees it. `source/adapters` holds the real ones. */

/** What alerts.json holds. */
export interface AlertsFile {
	readonly state: AlertState;
	readonly outbox: Outbox;
	/** The last alerts that were given up, oldest first. Default: none. */
	readonly givenUp?: readonly GivenUpAlert[];
}

/** An alert that was not delivered. */
export interface GivenUpAlert extends OutboxEntry {
	/** When it was given up; ISO-8601 UTC. */
	readonly given_up_at: string;
}

/** How many given-up alerts are kept. */
export const keptGivenUp = 20;

/** Where alerts are kept. Open, it belongs to this process alone. */
export interface AlertStore {
	/** What the file held when it was opened. */
	readonly initial: AlertsFile;
	/**
	 * Replaces the whole file at once: a process that is killed leaves the old or the new one.
	 * @throws InputError (`save_failed`) when it cannot be written, (`store_in_use`) when another process owns it by now
	 */
	readonly save: (file: AlertsFile) => Promise<void>;
	/**
	 * Saves that alerts were delivered, where nothing else has changed: of a large file only that is written. Default: `save`.
	 * @param file what is known with them
	 */
	readonly saveDeliveries?: (file: AlertsFile, deliveries: readonly DeliveryMark[]) => Promise<void>;
	/** Lets another process own it. */
	readonly close: () => Promise<void>;
}

/** What came of one attempt to deliver. */
export type Delivery =
	| {readonly kind: 'delivered'}
	| {
			readonly kind: 'failed';
			/** A few words, without any secret. */
			readonly reason: string;
			/** How long the receiver asks to be left alone, in milliseconds. */
			readonly retryAfterMs?: number;
	  };

/** A way alerts reach somebody. */
export interface AlertChannel {
	readonly name: ChannelName;
	/**
	 * Tries once, within its own time limit.
	 * @param signal ends the attempt, within a quarter of a second
	 * @returns never rejects
	 */
	readonly deliver: (alert: Alert, signal: AbortSignal) => Promise<Delivery>;
	/** Whether a failed delivery means that the receiver will never take this alert. Default: never. */
	readonly isRefused?: (delivery: Delivery) => boolean;
}

/** The ways that a command line wants alerts to take. */
export interface ChannelWishes {
	/** The program to run for every alert. */
	readonly program?: string;
	/** The file that holds the webhook's URL. */
	readonly webhookFile?: string;
	/** The webhook's URL itself; a file goes before it. */
	readonly webhookUrl?: string;
	/** What the webhook understands. Default `json`. */
	readonly webhookFormat?: WebhookFormatName;
	/** The environment variables that no child may see, asked anew for each. */
	readonly secretVariables: () => readonly string[];
	/** Told of what a person should know, one line each. */
	readonly onNote: (note: string) => void;
	/** Told of the HTTP status of every answer. */
	readonly onStatus?: (channel: ChannelName, status: number) => void;
}

/** What a command line wants of heartbeats. */
export interface HeartbeatWishes extends Pick<ChannelWishes, 'onNote'> {
	/** The file that holds the URL. */
	readonly file?: string;
	/** The URL itself; a file goes before it. */
	readonly url?: string;
}

/**
 * Tells whoever watches this monitor that it lives.
 * @param isFailing whether a node is down
 * @returns why it failed, without any secret; never rejects
 */
export type SendHeartbeat = (isFailing: boolean, signal: AbortSignal) => Promise<string | undefined>;

/** What a command line wants of alerts. */
export interface AlertWishes extends ChannelWishes {
	/** Ends the waiting for a store that may still have an owner. */
	readonly signal: AbortSignal;
}

/**
 * Opens what a command line wants, and the store for this process alone.
 * @throws InputError for a program that cannot be run, a URL that cannot be used, and a store that is in use or not ours to write
 */
export type OpenAlerts = (
	wishes: AlertWishes,
) => Promise<{readonly store: AlertStore; readonly channels: readonly AlertChannel[]}>;
