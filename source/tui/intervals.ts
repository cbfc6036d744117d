/** The intervals that `+` and `-` step through, in seconds. */
const steps = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 900, 1800, 3600] as const;

/** The next longer (1) or shorter (-1) interval, in milliseconds; the same at the ends. */
export function nextIntervalMs(intervalMs: number, direction: 1 | -1): number {
	const seconds = intervalMs / 1000;
	const next = direction === 1 ? steps.find(step => step > seconds) : steps.findLast(step => step < seconds);
	return next === undefined ? intervalMs : next * 1000;
}
