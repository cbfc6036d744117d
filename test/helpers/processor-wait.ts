import {readFileSync} from 'node:fs';

/**
 * How long the main thread of a process has waited for a CPU, in milliseconds. Tests subtract it from measured times, so that other
 * load on the machine does not count. 0 if the system does not report it, or the process has ended.
 */
export function processorWaitMs(pid: number | 'self'): number {
	try {
		const [, waitedNs = '0'] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ');
		return Number(waitedNs) / 1e6;
	} catch {
		return 0;
	}
}
