import type {Settings} from '../settings.js';

/** One run of a node's process, from its start to its end. Times are ISO-8601 UTC. */
export interface ProcessLife {
	readonly started_at: string;
	/** The first answer; absent if it never answered. */
	readonly answered_from?: string;
	/** The last answer; absent for the newest run. */
	readonly answered_to?: string;
	/** Since when the node has been starting: the start of the first of the preceding runs that never answered either. */
	readonly starting_since?: string;
}

/** The maximum number of runs that are kept of a node's process. */
const keptLives = 20;

/** A crash loop: a process that repeatedly ends and is restarted. */
export interface CrashLoop {
	/** The number of starts that were seen. */
	readonly starts: number;
	/** Milliseconds since the first of these starts. */
	readonly spanMs: number;
}

/** The input for detecting a crash loop. */
export interface Lives {
	/** The runs, oldest first; the last is the newest known process, whether or not it is still running. */
	readonly lives: readonly ProcessLife[];
	/** The last answer of the newest run; ISO-8601 UTC. */
	readonly lastAnswer?: string | undefined;
	/** Milliseconds since the epoch. */
	readonly nowMs: number;
}

type Limits = Pick<Settings, 'crash_loop' | 'crash_loop_within'>;

/** How long a process must work, at least, to end its crash loop; milliseconds. */
const minSettleMs = 60_000;

/**
 * Detects a crash loop: at least `crash_loop` starts within `crash_loop_within`. It is over when the newest process has
 * worked for twice as long as the longest of the earlier ones, but at least a minute and at most `crash_loop_within`.
 */
export function detectCrashLoop({lives, lastAnswer, nowMs}: Lives, limits: Limits): CrashLoop | undefined {
	const {crash_loop: minStarts, crash_loop_within: withinMs} = limits;
	const recent = lives.filter(({started_at: at}) => nowMs - Date.parse(at) <= withinMs);
	const [first] = recent;
	const newest = recent.at(-1);
	if (recent.length < minStarts || !first || !newest) {
		return undefined;
	}

	const longestMs = Math.max(0, ...recent.slice(0, -1).map(life => workedMs(life, life.answered_to)));
	const settleMs = Math.min(withinMs, Math.max(minSettleMs, 2 * longestMs));
	return workedMs(newest, lastAnswer) >= settleMs
		? undefined
		: {starts: recent.length, spanMs: Math.max(0, nowMs - Date.parse(first.started_at))};
}

/** How long a process worked, from its first answer to its last; milliseconds. */
function workedMs({answered_from: from}: ProcessLife, to: string | undefined): number {
	return from === undefined || to === undefined ? 0 : Math.max(0, Date.parse(to) - Date.parse(from));
}

/**
 * A process that is restarted within this time counts as still starting; after a longer pause it counts as a new start;
 * milliseconds.
 */
const restartGapMs = 10 * 60_000;

/** Adds a process to the runs. @param started `isRestart`: whether it replaced the newest known process */
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
