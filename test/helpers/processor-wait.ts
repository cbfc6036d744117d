import {readFileSync} from 'node:fs';

/**
 * How long the main thread of a process has been ready to run and had no processor, in milliseconds: what to take off from a time
 * that is measured on a machine with other work. 0 where the system does not tell, or the process has ended.
 */
export function processorWaitMs(pid: number | 'self'): number {
	try {
		const [, waitedNs = '0'] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ');
		return Number(waitedNs) / 1e6;
	} catch {
		return 0;
	}
}
