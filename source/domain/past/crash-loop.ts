import type {Settings} from '../settings.js';

/** One life of a node's process. Times are ISO-8601 UTC. */
export interface ProcessLife {
	readonly started_at: string;
	/** Its first answer; absent when it never gave one. */
	readonly answered_from?: string;
	/** Its last answer; absent while it is the newest life. */
	readonly answered_to?: string;
	/** Since when the node has been starting: when a life before it began that never answered either. */
	readonly starting_since?: string;
}

/** How many lives of a node's process are kept. */
export const keptLives = 20;

/** A process that ends and is started again and again. */
export interface CrashLoop {
	/** How often it was seen to start. */
	readonly starts: number;
	/** Milliseconds since the first of these starts. */
	readonly spanMs: number;
}

/** What a crash loop is judged by. */
export interface Lives {
	/** Oldest first; the last is the newest process known, alive or not. */
	readonly lives: readonly ProcessLife[];
	/** The last answer of the newest; ISO-8601 UTC. */
	readonly lastAnswer?: string | undefined;
	/** Milliseconds since the epoch. */
	readonly nowMs: number;
}

type Limits = Pick<Settings, 'crash_loop' | 'crash_loop_within'>;

/** The least time that a process must work until its crash loop is over. */
const leastSettleMs = 60_000;

/**
 * Whether a process is in a crash loop: that many starts within that time. It is over when the newest process has worked for
 * twice as long as the longest of those before it, at least a minute and at most `crash_loop_within`.
 */
export function detectCrashLoop({lives, lastAnswer, nowMs}: Lives, limits: Limits): CrashLoop | undefined {
	const {crash_loop: leastStarts, crash_loop_within: withinMs} = limits;
	const recent = lives.filter(({started_at: at}) => nowMs - Date.parse(at) <= withinMs);
	const [first] = recent;
	const newest = recent.at(-1);
	if (recent.length < leastStarts || !first || !newest) {
		return undefined;
	}

	const longestMs = Math.max(0, ...recent.slice(0, -1).map(life => workedMs(life, life.answered_to)));
	const settleMs = Math.min(withinMs, Math.max(leastSettleMs, 2 * longestMs));
	return workedMs(newest, lastAnswer) >= settleMs
		? undefined
		: {starts: recent.length, spanMs: Math.max(0, nowMs - Date.parse(first.started_at))};
}

/** For how long a process answered, from its first answer to its last. */
function workedMs({answered_from: from}: ProcessLife, to: string | undefined): number {
	return from === undefined || to === undefined ? 0 : Math.max(0, Date.parse(to) - Date.parse(from));
}

/** A process that is started again so soon after the one before is still starting; one that was stopped for longer begins again. */
const restartGapMs = 10 * 60_000;

/** The lives after a process was seen that may be a new one. @param isRestart whether it took the newest one's place */
export function withProcessLife(
	lives: readonly ProcessLife[] | undefined,
	started: {readonly started_at: string; readonly isRestart: boolean},
	newest: {readonly lastAnswer?: string | undefined; readonly seenAt?: string | undefined},
): readonly ProcessLife[] {
	const before = lives?.at(-1);
	if (!lives || !before || !started.isRestart) {
		return [{started_at: started.started_at}];
	}

	const {lastAnswer, seenAt = before.started_at} = newest;
	const hasAnswered = before.answered_from !== undefined;
	const isSoon = Date.parse(started.started_at) - Date.parse(seenAt) <= restartGapMs;
	const closed = hasAnswered && lastAnswer !== undefined ? {...before, answered_to: lastAnswer} : before;
	const life: ProcessLife = {
		started_at: started.started_at,
		...(isSoon && !hasAnswered ? {starting_since: before.starting_since ?? before.started_at} : {}),
	};
	return [...lives.slice(0, -1), closed, life].slice(-keptLives);
}
