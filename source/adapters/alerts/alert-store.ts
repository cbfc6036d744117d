import type {AlertStore, AlertsFile} from '../../domain/alerts/alert-ports.js';
import {noAlertState} from '../../domain/alerts/alert-state.js';
import {InputError} from '../../domain/input-error.js';
import {fileLimits, readWholeFileSync} from '../bounded-read.js';
import {LockLostError} from '../store/file-lock.js';
import {setAside} from '../store/set-aside.js';
import {commit, realPathOf, removeLeftovers, stageText} from '../store/staged-file.js';
import {systemCode, systemReason} from '../system-errors.js';
import {alertsDocument, parseAlertsFile} from './alert-file.js';
import {inUse, type Lease, takeLease} from './lease.js';
import type {LeaseOptions} from './lease-owner.js';

/**
 * Opens alerts.json for this process alone.
 * @param alertsPath its folder is made, for its owner alone
 * @throws InputError when another process owns it, when it cannot be read, and when a newer version wrote it
 */
export async function openAlertStore(alertsPath: string, options: LeaseOptions): Promise<AlertStore> {
	const target = realPathOf(alertsPath);
	const lease = await takeLeaseOrNote(target, options);
	try {
		return {
			initial: load(target, options.onNote),
			save: async file => {
				try {
					commit(lease, [stageText(target, `${JSON.stringify(alertsDocument(file))}\n`)]);
				} catch (error) {
					throw error instanceof LockLostError ? inUse(target) : error;
				}
			},
			close: lease.release,
		};
	} catch (error) {
		await lease.release();
		throw error;
	}
}

/** On a full disk alerts matter more than the certainty that nobody else sends them. */
async function takeLeaseOrNote(target: string, options: LeaseOptions): Promise<Lease> {
	try {
		return await takeLease(target, options);
	} catch (error) {
		if (!(error instanceof InputError && error.code === 'save_failed')) {
			throw error;
		}

		options.onNote(`${error.message}; a second alerting process would not be detected`);
		return {isHeld: () => true, release: async () => undefined};
	}
}

function load(target: string, onNote: (note: string) => void): AlertsFile {
	tidy(target);
	const empty = {state: noAlertState, outbox: []};
	let text: string;
	try {
		({text} = readWholeFileSync(target, fileLimits.alerts));
	} catch (error) {
		if (systemCode(error) === 'ENOENT') {
			return empty;
		}

		throw new InputError('invalid_config', `${target} cannot be read: ${systemReason(error)}`);
	}

	const reading = parseAlertsFile(text);
	if (reading.kind === 'newer') {
		throw new InputError('newer_config', `${target} was written by a newer xmrtop`);
	}

	if (reading.kind === 'corrupt') {
		onNote(`${target} is corrupt (${reading.reason}); ${asideText(target)}`);
		return empty;
	}

	return reading.file;
}

/** @returns what became of it, in words */
function asideText(target: string): string {
	try {
		return `renamed to ${setAside(target)}`;
	} catch (error) {
		return `it cannot be renamed: ${systemReason(error)}`;
	}
}

/** What writers that were killed have left; where it cannot be removed, it does no harm. */
function tidy(target: string): void {
	try {
		removeLeftovers(target);
	} catch (error) {
		if (systemCode(error) === undefined) {
			throw error;
		}
	}
}
