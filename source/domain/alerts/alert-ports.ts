/** The outside of alerts, as the application sees it. `source/adapters` holds the real ones. */
import type {Alert} from './alert.js';
import type {AlertState} from './alert-state.js';
import type {ChannelName, Outbox} from './outbox.js';

/** What alerts.json holds. */
export interface AlertsFile {
	readonly state: AlertState;
	readonly outbox: Outbox;
}

/** Where alerts are kept. Open, it belongs to this process alone. */
export interface AlertStore {
	/** What the file held when it was opened. */
	readonly initial: AlertsFile;
	/**
	 * Replaces the whole file at once: a process that is killed leaves the old or the new one.
	 * @throws InputError (`save_failed`) when it cannot be written, (`store_in_use`) when another process owns it by now
	 */
	readonly save: (file: AlertsFile) => Promise<void>;
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
}

/** What a command line wants of alerts. */
export interface AlertWishes {
	/** The program to run for every alert. */
	readonly program?: string;
	/** The file that holds the webhook's URL. */
	readonly webhookFile?: string;
	/** The webhook's URL itself; a file goes before it. */
	readonly webhookUrl?: string;
	/** The environment variables that no child may see, asked anew for each. */
	readonly secretVariables: () => readonly string[];
	/** Told of what a person should know, one line each. */
	readonly onNote: (note: string) => void;
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
