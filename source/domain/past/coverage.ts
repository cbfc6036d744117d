/** A period in which a node was checked regularly: the times of its first and last check, ISO-8601 UTC. */
export type WatchedSpan = readonly [from: string, to: string];

/** The maximum number of spans kept per node and method; each takes about 55 bytes of results.json. */
export const keptSpans = 40;

/** In a loop a node is checked every interval, but a busy node may not be checked for up to a minute. */
const minLoopGapMs = 90_000;
/** A cron job commonly runs one check every five minutes. */
const minOneShotGapMs = 360_000;

/**
 * The longest gap between two checks that still counts as monitored time, in milliseconds.
 * @param intervalMs time between cycles, in milliseconds
 * @param isLoop whether one process checks repeatedly; otherwise every check is a separate run of xmrtop
 */
export function coverageGapMs(intervalMs: number, isLoop: boolean): number {
	return Math.max(3 * intervalMs, isLoop ? minLoopGapMs : minOneShotGapMs);
}

/** The longest gap, in milliseconds, if the interval between checks is not known. */
export const unknownIntervalCoverMs = minOneShotGapMs;

/**
 * Adds a check to the spans. Results of several processes may arrive in any order, and clocks may be set: a check is
 * inserted in order of time, and removes only spans without length and the oldest spans above {@link keptSpans}.
 * @param at when the check ended; ISO-8601 UTC
 * @param gapMs the longest gap to the check before that counts as monitored, in milliseconds
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

	// A single check covers no time. The last one is kept because another check may follow.
	const worthKeeping = [...earlier.filter(hasLength), [at, at] as const, ...later.filter(isWorthKeeping)];
	return worthKeeping.slice(-keptSpans);
}

const hasLength = ([from, to]: WatchedSpan): boolean => from !== to;
const isWorthKeeping = (span: WatchedSpan, index: number, list: readonly WatchedSpan[]): boolean =>
	hasLength(span) || index === list.length - 1;
