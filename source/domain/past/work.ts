import {cpuText} from '../format.js';

/** Decides what a process did between two samples of its counters, and whether that counts as work. */

/** The counters of a process since its start. Counters that this user or system cannot read are absent. */
export interface WorkCounters {
	/** Milliseconds of processor time, user and system, in steps of 10. */
	readonly cpu_ms: number;
	/** Voluntary context switches of all its threads: how often a thread was woken after waiting. */
	readonly context_switches?: number;
	/** Bytes read from disk. */
	readonly disk_read_bytes?: number;
	/** Page faults that needed the disk, such as from swapping. */
	readonly major_faults?: number;
	/** Periods in which the CPU limit of its control group throttled it. */
	readonly throttled?: number;
}

/** The work of a process between two samples. */
export interface Work {
	/** Cores in use. */
	readonly cores: number;
	/** What the process was doing, in a few words; absent if nothing counts as work. */
	readonly seen?: string;
	/**
	 * The same for weak evidence, which counts only while requests are waiting unread, because an idle wallet does as much.
	 */
	readonly faint?: string;
	/**
	 * Whether that is progress. A little processor time, a little reading and wake-ups may also come from failing attempts to
	 * reconnect or to repeat a request.
	 */
	readonly isProgress?: boolean;
}

/**
 * Measured: an idle wallet that answers uses 0.1 % of a core and wakes 3 times a second for its timers. A wallet that waits
 * for a hanging daemon does nothing and does not wake. A wallet that reads blocks at 40 kB/s wakes 12 times a second and
 * uses 3 to 5 %; at 4 kB/s 3.5 times and 0.4 %; at 1 kB/s 0.8 times and 0 %.
 */
const clearCores = 0.05;
const clearWakesPerS = 6;
/** On a machine short of memory, a failing attempt reads some pages of its program again: 30 KiB in two seconds. */
const clearReadBytesPerS = 262_144;
const clearFaultsPerS = 20;
const faintCores = 0.01;
/** Two clock ticks, because a single one may be chance. */
const faintCpuMs = 20;

/**
 * The work of a process between two samples.
 * @param spanMs milliseconds between them
 */
export function processWorkBetween(before: WorkCounters, now: WorkCounters, spanMs: number): Work {
	const seconds = Math.max(1, spanMs) / 1000;
	const cpuMs = rise(before.cpu_ms, now.cpu_ms);
	const cores = cpuMs / 1000 / seconds;
	const wakes = rise(before.context_switches, now.context_switches);
	const readBytes = rise(before.disk_read_bytes, now.disk_read_bytes);
	const faults = rise(before.major_faults, now.major_faults);
	const wakeText = `receiving data, ${perSecondText(wakes / seconds)} wakeups/s`;
	if (cpuMs > 0 && rise(before.throttled, now.throttled) > 0) {
		return {cores, seen: `${cpuText(cores)}, throttled by its CPU limit`, isProgress: true};
	}

	if (cores >= clearCores && cpuMs >= faintCpuMs) {
		return {cores, seen: cpuText(cores), isProgress: true};
	}

	const readRate = readBytes / seconds;
	const faultRate = faults / seconds;
	const isProgress = readRate >= clearReadBytesPerS || faultRate >= clearFaultsPerS;
	const diskText =
		readBytes > 0
			? `reading from disk, ${perSecondText(readRate / 1024)} KiB/s`
			: `swapping in, ${perSecondText(faultRate)} page faults/s`;
	// Each read that waits for the disk, and each page fault, is a wake-up too.
	if (wakes / seconds >= clearWakesPerS) {
		return isProgress ? {cores, seen: diskText, isProgress} : {cores, seen: wakeText};
	}

	if (readBytes > 0 || faults > 0) {
		return {cores, faint: diskText, isProgress};
	}

	const faint = cores >= faintCores && cpuMs >= faintCpuMs ? cpuText(cores) : wakes > 0 ? wakeText : undefined;
	return faint === undefined ? {cores} : {cores, faint};
}

/** A thread that ends takes its counts with it, so a decrease of the sum counts as 0. */
function rise(before: number | undefined, now: number | undefined): number {
	return before === undefined || now === undefined ? 0 : Math.max(0, now - before);
}

const perSecondText = (rate: number): string => String(rate >= 9.5 ? Math.round(rate) : Number(rate.toFixed(1)));
