import {fstatSync} from 'node:fs';

/**
 * Whether a descriptor leads to the systemd journal. `JOURNAL_STREAM` names the device and inode that did when the service
 * was started; a child whose output was redirected inherits the variable all the same.
 */
export function isJournal(
	descriptor: number,
	{JOURNAL_STREAM: stream}: Readonly<Record<string, string | undefined>>,
): boolean {
	if (!stream) {
		return false;
	}

	try {
		const {dev, ino} = fstatSync(descriptor, {bigint: true});
		return stream === `${dev}:${ino}`;
	} catch {
		return false;
	}
}
