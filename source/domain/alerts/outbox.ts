import type {Alert, AlertState} from './alert.js';
import type {WebhookFormatName} from './webhook-formats.js';

/** The channels that deliver alerts, by their names in files and notes. */
export const channelNames = ['program', 'webhook'] as const;

/** One of {@link channelNames}. */
export type ChannelName = (typeof channelNames)[number];

/** An alert that is waiting to be delivered. */
export interface OutboxEntry {
	readonly alert: Alert;
	/** The channels that have not delivered it yet. */
	readonly waiting: readonly ChannelName[];
}

/** The alerts waiting to be delivered, oldest first. */
export type Outbox = readonly OutboxEntry[];

/** How long delivery of an alert is retried, in milliseconds: 24 h. */
export const keptAlertMs = 24 * 3_600_000;
/**
 * The maximum number of waiting alerts: a flapping fleet must not fill the disk while no channel accepts its alerts, but
 * each node of a large fleet may have one.
 */
export const maxAlerts = 10_000;
/** The maximum length of all waiting alerts, in characters of JSON: one alert may name thousands of nodes. */
export const maxAlertsLength = 8 * 1024 * 1024;

/** Adds new alerts to the outbox, each waiting for every channel. */
export function withAlerts(outbox: Outbox, alerts: readonly Alert[], channels: readonly ChannelName[]): Outbox {
	return [...outbox, ...alerts.map(alert => ({alert, waiting: channels}))];
}

/** Records that a channel delivered an alert. */
export interface DeliveryMark {
	/** The id of the alert. */
	readonly id: string;
	readonly channel: ChannelName;
}

/** The outbox after a channel delivered an alert. */
export function delivered(outbox: Outbox, alertId: string, channel: ChannelName): Outbox {
	return outbox.flatMap(entry => {
		if (entry.alert.id !== alertId) {
			return [entry];
		}

		const waiting = entry.waiting.filter(name => name !== channel);
		return waiting.length === 0 ? [] : [{...entry, waiting}];
	});
}

/** Whether an alert is older than {@link keptAlertMs}. */
export function isTooOld({at}: Alert, nowMs: number): boolean {
	return nowMs - Date.parse(at) >= keptAlertMs;
}

/**
 * Splits an outbox into the alerts that are still retried and those that are dropped: too old, or too many.
 * @param isTried whether delivery of an expired alert was tried since xmrtop started; default: it was
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
		return !isGivenUp && count <= maxAlerts && length <= maxAlertsLength;
	};
	const kept: OutboxEntry[] = [];
	const dropped: OutboxEntry[] = [];
	// Counting starts with the newest, so the oldest are dropped.
	for (const entry of outbox.toReversed()) {
		(isKept(entry) ? kept : dropped).push(entry);
	}

	return {kept: kept.reverse(), dropped: dropped.reverse()};
}

/**
 * The approximate length of an alert in characters; exact JSON would cost too much for a function that is called this
 * often.
 */
function lengthOf({nodes}: Alert): number {
	return nodes.reduce(
		(sum, {name, message, reason = ''}) => sum + 200 + name.length + message.length + reason.length,
		0,
	);
}

/** The subjects of an alert; two alerts with a common subject are not delivered at the same time. */
function subjectsOf({daemon, host, monitor, nodes}: Alert): readonly string[] {
	const shared = [daemon && `monerod ${daemon}`, host && `host ${host}`, monitor && 'monitor'].filter(
		text => typeof text === 'string',
	);
	return [...shared, ...nodes.map(({id}) => String(id))];
}

/** The state of a channel's deliveries. */
export interface ChannelWork {
	/** The alerts that are being delivered. */
	readonly underWay: Outbox;
	/** Whether an alert is waiting for its next retry. */
	readonly isResting: (alert: Alert) => boolean;
	/**
	 * Whether the receiver rejected an alert permanently: it then delays only other rejected alerts. Default: no alert was
	 * rejected.
	 */
	readonly isRefused?: (alert: Alert) => boolean;
}

/**
 * The alerts that a channel may deliver next: the oldest of each subject, unless another alert of that subject is being
 * delivered or is waiting for its next retry.
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
		// If a receiver rejects everything for a while, a recovery must not be delivered before its alert.
		const isHeldBack = subjects.some(subject => taken.has(subject) || (hasRefusal && refused.has(subject)));
		for (const subject of subjects) {
			(hasRefusal ? refused : taken).add(subject);
		}

		return !isHeldBack && !isResting(alert);
	});
}

/** The contents of alerts.json. */
export interface AlertsFile {
	readonly state: AlertState;
	readonly outbox: Outbox;
	/** The last dropped alerts, oldest first. Default: none. */
	readonly givenUp?: readonly GivenUpAlert[];
}

/** An alert that was dropped without having been delivered to every channel. */
export interface GivenUpAlert extends OutboxEntry {
	/** When it was dropped; ISO-8601 UTC. */
	readonly given_up_at: string;
}

/** The maximum number of dropped alerts that are kept. */
export const keptGivenUp = 20;

/** Stores alerts. While it is open, this process holds its lease. */
export interface AlertStore {
	/** The contents of the file when it was opened. */
	readonly initial: AlertsFile;
	/**
	 * Replaces the file atomically: a killed process leaves the old file or the new one.
	 * @throws InputError (`save_failed`) if it cannot be written, (`store_in_use`) if another process has taken the lease
	 */
	readonly save: (file: AlertsFile) => Promise<void>;
	/**
	 * Saves deliveries when nothing else has changed: for a large file only the deliveries are written. Default: `save`.
	 * @param file the contents after these deliveries
	 */
	readonly saveDeliveries?: (file: AlertsFile, deliveries: readonly DeliveryMark[]) => Promise<void>;
	/** Releases the lease. */
	readonly close: () => Promise<void>;
}

/** The outcome of one attempt to deliver an alert. */
export type Delivery =
	| {readonly kind: 'delivered'}
	| {
			readonly kind: 'failed';
			/** A few words, without secrets. */
			readonly reason: string;
			/** The wait that the receiver asks for (`Retry-After`), in milliseconds. */
			readonly retryAfterMs?: number;
	  };

/** A channel that delivers alerts. */
export interface AlertChannel {
	readonly name: ChannelName;
	/**
	 * Tries once, within its own timeout.
	 * @param signal aborts the attempt within 250 ms
	 * @returns never rejects
	 */
	readonly deliver: (alert: Alert, signal: AbortSignal) => Promise<Delivery>;
	/** Whether a failed delivery means that the receiver will never accept this alert. Default: it may accept it later. */
	readonly isRefused?: (delivery: Delivery) => boolean;
}

/** The alert channels that the command line asks for. */
export interface ChannelOptions {
	/** The program to run for every alert. */
	readonly program?: string;
	/** The file that holds the webhook's URL. */
	readonly webhookFile?: string;
	/** The webhook's URL; a file takes precedence. */
	readonly webhookUrl?: string;
	/** The format that the webhook expects. Default `json`. */
	readonly webhookFormat?: WebhookFormatName;
	/** The environment variables that are removed from the environment of child processes; called for each child. */
	readonly secretVariables: () => readonly string[];
	/** Receives notes for people, one line each. */
	readonly onNote: (note: string) => void;
	/** Receives the HTTP status of every response. */
	readonly onStatus?: (channel: ChannelName, status: number) => void;
}

/** The heartbeat options of the command line. */
export interface HeartbeatOptions extends Pick<ChannelOptions, 'onNote'> {
	/** The file that holds the URL. */
	readonly file?: string;
	/** The URL; a file takes precedence. */
	readonly url?: string;
}

/**
 * Sends a heartbeat to the service that watches this monitor.
 * @param isFailing whether a node is down
 * @returns why it failed, without secrets; never rejects
 */
export type SendHeartbeat = (isFailing: boolean, signal: AbortSignal) => Promise<string | undefined>;

/** The alert options of the command line. */
export interface AlertOptions extends ChannelOptions {
	/** Aborts waiting for the lease of the store. */
	readonly signal: AbortSignal;
}

/**
 * Opens the channels that the command line asks for, and the store under a lease of this process.
 * @throws InputError if the program cannot be run, the URL is invalid, or the store is in use or not writable
 */
export type OpenAlerts = (
	options: AlertOptions,
) => Promise<{readonly store: AlertStore; readonly channels: readonly AlertChannel[]}>;
