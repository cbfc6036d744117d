/** A stretch of time in which a node was checked again and again: its first and its last check, ISO-8601 UTC. */
export type WatchedSpan = readonly [from: string, to: string];

/** Spans kept per node and method: at about 55 bytes each they must not make results.json large. */
export const keptSpans = 40;
/** Uptime looks no further back. */
const keptMs = 7 * 24 * 3_600_000;

/** A loop's checks come with every interval; a node that is busy is left alone for up to a minute. */
const leastLoopGapMs = 90_000;
/** Cron runs one check every five minutes at most places. */
const leastOneShotGapMs = 360_000;

/**
 * How far apart two checks may be for the time between them to count as watched.
 * @param intervalMs time between cycles, in milliseconds
 * @param isLoop whether one process checks again and again; else every check is a run of its own
 */
export function coverMs(intervalMs: number, isLoop: boolean): number {
	return Math.max(3 * intervalMs, isLoop ? leastLoopGapMs : leastOneShotGapMs);
}

/** What two checks without a known interval may be apart. */
export const unknownIntervalCoverMs = leastOneShotGapMs;

/**
 * The spans after one more check. A check inside of a span changes nothing, so results may arrive in any order from several
 * processes.
 * @param at when the check ended; ISO-8601 UTC
 * @param gapMs what it may be apart from the one before
 */
export function withCheck(
	spans: readonly WatchedSpan[] | undefined,
	at: string,
	gapMs: number,
): readonly WatchedSpan[] {
	const last = spans?.at(-1);
	if (!spans || !last) {
		return [[at, at]];
	}

	const [from, to] = last;
	if (at <= to) {
		return spans;
	}

	if (Date.parse(at) - Date.parse(to) <= gapMs) {
		return [...spans.slice(0, -1), [from, at]];
	}

	const oldest = new Date(Date.parse(at) - keptMs).toISOString();
	// A check with none near it covers no time.
	const worthKeeping = spans.filter(([begin, end]) => begin !== end && end > oldest);
	return [...worthKeeping.slice(1 - keptSpans), [at, at]];
}
