/** A wallet at work is asked less and less often: every question waits in its queue. */
const mostBusyIntervals = 8;
const mostBusyRestMs = 60_000;
/** A timer may fire a little early: a node whose rest ends with this cycle is asked in it. */
const earlyMs = 100;

/**
 * How long a busy node is left alone, in milliseconds: twice as long every time, at most eight intervals and at most a minute.
 * @param busyTimes how often in a row it was busy; 0: it is not left alone
 */
export function busyRestMs(busyTimes: number, intervalMs: number): number {
	return busyTimes === 0
		? 0
		: Math.min(mostBusyRestMs, intervalMs * Math.min(mostBusyIntervals, 2 ** busyTimes)) - earlyMs;
}
