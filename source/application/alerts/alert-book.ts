import type {AlertStore, AlertsFile} from '../../domain/alerts/alert-ports.js';
import type {Outbox} from '../../domain/alerts/outbox.js';
import {InputError} from '../../domain/input-error.js';

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
}

export interface AlertBookOptions {
	readonly store: Pick<AlertStore, 'initial' | 'save'>;
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

	const write = async (): Promise<void> => {
		next = undefined;
		const written = file;
		try {
			await store.save(written);
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

	return {
		now: () => file,
		settled: () => settled,
		isBehind: () => isBehind,
		set: changed => {
			file = changed;
		},
		save: changed => {
			file = changed;
			next ??= writing.then(write);
			writing = next;
			return next;
		},
	};
}
