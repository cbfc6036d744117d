/** A stretch of time in which a node was checked again and again: its first and its last check, ISO-8601 UTC. */
export type WatchedSpan = readonly [from: string, to: string];

/** Spans kept per node and method: at about 55 bytes each they must not make results.json large. */
export const keptSpans = 40;

/** A loop's checks come with every interval; a node that is busy is left alone for up to a minute. */
const leastLoopGapMs = 90_000;
/** Cron runs one check every five minutes at most places. */
const leastOneShotGapMs = 360_000;

/**
 * How far apart two checks may be for the time between them to count as watched.
 * @param intervalMs time between cycles, in milliseconds
 * @param isLoop whether one process checks again and again; else every check is a run of its own
 */
export function coverageGapMs(intervalMs: number, isLoop: boolean): number {
	return Math.max(3 * intervalMs, isLoop ? leastLoopGapMs : leastOneShotGapMs);
}

/** What two checks without a known interval may be apart. */
export const unknownIntervalCoverMs = leastOneShotGapMs;

/**
 * The spans after one more check. Results may arrive in any order from several processes, and clocks are set: a check is put
 * where its time belongs, and takes nothing away but spans without length and the oldest of too many.
 * @param at when the check ended; ISO-8601 UTC
 * @param gapMs what it may be apart from the one before
 */
export function addCheckToCoverage(
	spans: readonly WatchedSpan[] = [],
	at: string,
	gapMs: number,
): readonly WatchedSpan[] {
	const behind = spans.findLastIndex(([from]) => from <= at);
	const before = spans[behind];
	if (before && at <= before[1]) {
		return spans;
	}

	const after = spans[behind + 1];
	const joinsBefore = before !== undefined && Date.parse(at) - Date.parse(before[1]) <= gapMs;
	const joinsAfter = after !== undefined && Date.parse(after[0]) - Date.parse(at) <= gapMs;
	const from = joinsBefore ? before[0] : at;
	const to = joinsAfter ? after[1] : at;
	const earlier = spans.slice(0, joinsBefore ? behind : behind + 1);
	const later = spans.slice(joinsAfter ? behind + 2 : behind + 1);
	if (joinsBefore || joinsAfter) {
		return [...earlier, [from, to], ...later];
	}

	// A check with none near it covers no time; the last one may still get one.
	const worthKeeping = [...earlier.filter(hasLength), [at, at] as const, ...later.filter(isWorthKeeping)];
	return worthKeeping.slice(-keptSpans);
}

const hasLength = ([from, to]: WatchedSpan): boolean => from !== to;
const isWorthKeeping = (span: WatchedSpan, index: number, list: readonly WatchedSpan[]): boolean =>
	hasLength(span) || index === list.length - 1;
