import type {Details} from '../check-result.js';
import type {ProcessLife} from './crash-loop.js';
import type {NodeState, StateRecord} from './node-state.js';

/**
 * Corrects times that were recorded while the clock was wrong. Recorded times are compared with the order in which they
 * were written and with the current clock; times that do not fit are clamped.
 */

/** xmrtop did not exist before this time: an earlier clock, such as that of a machine without a clock battery, is wrong. */
const firstMs = Date.UTC(2025);
/** Tolerated disorder: several processes may write results in a different order than they were made; milliseconds. */
const disorderMs = 60_000;
const dayMs = 24 * 3_600_000;
/** The maximum number of clock steps that are kept. */
const keptSteps = 10;

/** What a stored record keeps about the clock that it was written with. */
export interface RecordClock {
	/** The clock at the last write; ISO-8601 UTC. */
	readonly last: string;
	/** The steps of more than a day between two writes, oldest first; ISO-8601 UTC. */
	readonly steps?: ReadonlyArray<readonly [from: string, to: string]>;
}

/** Whether a clock can be correct: it is not before 2025. */
export const isCredibleMs = (ms: number): boolean => ms >= firstMs;

/** The record's clock after another write. Steps are dropped when the clock has been set back before their end. */
export function nextRecordClock(clock: RecordClock | undefined, nowMs: number): RecordClock {
	const last = new Date(nowMs).toISOString();
	const kept = (clock?.steps ?? []).filter(([, to]) => Date.parse(to) <= nowMs);
	const isStep = clock !== undefined && nowMs - Date.parse(clock.last) > dayMs;
	const steps = (isStep ? [...kept, [clock.last, last] as const] : kept).slice(-keptSteps);
	return steps.length === 0 ? {last} : {last, steps};
}

/**
 * The age of a time in milliseconds, without the steps of the clock: a step may be caused by a wrong clock, so it does not
 * make anything older.
 */
export function recordAgeMs(atMs: number, clock: RecordClock | undefined, nowMs: number): number {
	const stepsMs = (clock?.steps ?? [])
		.map(([from, to]) => Math.min(nowMs, Date.parse(to)) - Math.max(atMs, Date.parse(from)))
		.reduce((sum, ms) => sum + Math.max(0, ms), 0);
	return nowMs - atMs - stepsMs;
}

/**
 * Corrects times: the longest sequence of times that are in order and not after the clock stays as it is; each other time is
 * clamped between the nearest unchanged times.
 * @param timesMs in the order in which they were written
 */
export function correctedRecordTimes(timesMs: readonly number[], nowMs: number): readonly number[] {
	if (fits(timesMs, nowMs)) {
		return timesMs;
	}

	const isKept = longestRise(timesMs, nowMs);
	const corrected = [...timesMs];
	let nextMs = nowMs;
	for (let index = corrected.length - 1; index >= 0; index -= 1) {
		const ms = timesMs[index] ?? nowMs;
		if (isKept[index]) {
			nextMs = ms;
		} else if (ms > nowMs || ms > nextMs + disorderMs) {
			corrected[index] = nextMs;
		}
	}

	let previousMs = Number.NEGATIVE_INFINITY;
	for (const [index, ms] of corrected.entries()) {
		if (isKept[index]) {
			previousMs = ms;
		} else if (ms < previousMs - disorderMs) {
			corrected[index] = previousMs;
		}
	}

	return corrected;
}

/** Whether a recorded time is plausible, given the current clock. */
const canBe = (ms: number, nowMs: number): boolean => ms <= nowMs && (isCredibleMs(ms) || !isCredibleMs(nowMs));

function fits(timesMs: readonly number[], nowMs: number): boolean {
	let highestMs = Number.NEGATIVE_INFINITY;
	for (const ms of timesMs) {
		if (!canBe(ms, nowMs) || ms < highestMs - disorderMs) {
			return false;
		}

		highestMs = Math.max(highestMs, ms);
	}

	return true;
}

/** Marks the times that belong to the longest non-decreasing sequence of plausible times. */
function longestRise(timesMs: readonly number[], nowMs: number): readonly boolean[] {
	/** For each length of a sequence: the index of the smallest last time. */
	const ends: number[] = [];
	const before: number[] = [];
	for (const [index, ms] of timesMs.entries()) {
		if (canBe(ms, nowMs)) {
			const length = countUpTo(ends, timesMs, ms);
			before[index] = ends[length - 1] ?? -1;
			ends[length] = index;
		}
	}

	const isIn = timesMs.map(() => false);
	for (let index = ends.at(-1) ?? -1; index >= 0; index = before[index] ?? -1) {
		isIn[index] = true;
	}

	return isIn;
}

/** The number of ends (in ascending order) that are not later than a time. */
function countUpTo(ends: readonly number[], timesMs: readonly number[], ms: number): number {
	let [low, high] = [0, ends.length];
	while (low < high) {
		const middle = (low + high) >> 1;
		if ((timesMs[ends[middle] ?? 0] ?? 0) <= ms) {
			low = middle + 1;
		} else {
			high = middle;
		}
	}

	return low;
}

/** A result may be slightly older than one that was merged before it; milliseconds. */
const latenessMs = 1000;

/**
 * A node's state with times of a wrong clock replaced by the present; otherwise new results would be ignored until those
 * times have passed. The monitored periods stay unchanged, because setting the clock back must not remove them.
 * @param nowMs the current clock
 * @param presentMs the replacement: just before the first result that is still to be merged
 * @returns the same object if no time is wrong
 */
export function clampNodeState(nodeState: NodeState, nowMs: number, presentMs: number): NodeState {
	const now = new Date(nowMs).toISOString();
	const present = new Date(Math.min(nowMs, presentMs)).toISOString();
	if (!hasWrongTimes(nodeState, now)) {
		return nodeState;
	}

	const clamp = (at: string): string => (isWrong(at, now) ? present : at);
	const clampRecord = ({state, since, last_check, merged_at}: StateRecord): StateRecord => ({
		state,
		since: clamp(since),
		last_check: clamp(last_check),
		...(merged_at === undefined ? {} : {merged_at: merged_at > now ? present : merged_at}),
	});
	const {worked_data, states, process_seen_at, restarts, version_changed, last_answer, silent_since} = nodeState;
	const {wallet_heights, daemon_heights, daemon_state, answering_since, last_sync, wallet_fell} = nodeState;
	const {work, lives, life_answered_to} = nodeState;
	// Counters sampled at a wrong time show no work over a period.
	const {work: _, ...kept} = nodeState;
	return {
		...(work && isWrong(work.at, now) ? kept : nodeState),
		...(worked_data && {worked_data: {...worked_data, last_check: clamp(worked_data.last_check)} as Details}),
		...(states && {
			states: Object.fromEntries(Object.entries(states).map(([method, record]) => [method, clampRecord(record)])),
		}),
		...(process_seen_at === undefined ? {} : {process_seen_at: clamp(process_seen_at)}),
		...(restarts && {restarts: restarts.map(clamp)}),
		...(version_changed && {version_changed: {...version_changed, at: clamp(version_changed.at)}}),
		// A speed computed from samples with wrong times would be wrong.
		...(wallet_heights && {wallet_heights: wallet_heights.filter(({at}) => !isWrong(at, now))}),
		...(daemon_heights && {daemon_heights: daemon_heights.filter(({at}) => !isWrong(at, now))}),
		...(daemon_state && {daemon_state: {...daemon_state, since: clamp(daemon_state.since)}}),
		...(last_answer === undefined ? {} : {last_answer: clamp(last_answer)}),
		...(silent_since === undefined ? {} : {silent_since: clamp(silent_since)}),
		...(answering_since === undefined ? {} : {answering_since: clamp(answering_since)}),
		...(last_sync && {last_sync: {...last_sync, at: clamp(last_sync.at)}}),
		...(wallet_fell && {wallet_fell: {...wallet_fell, at: clamp(wallet_fell.at)}}),
		...(lives && {lives: clampedLives(lives, now, clamp)}),
		...(life_answered_to === undefined ? {} : {life_answered_to: clamp(life_answered_to)}),
	};
}

/**
 * The runs of a process without those that started at a wrong time: together they would look like a crash loop. The newest one
 * is kept, because it may still be running.
 */
function clampedLives(
	lives: readonly ProcessLife[],
	now: string,
	clamp: (at: string) => string,
): readonly ProcessLife[] {
	return lives
		.filter(({started_at: at}, index) => index === lives.length - 1 || !isWrong(at, now))
		.map(life => ({
			...life,
			started_at: clamp(life.started_at),
			...(life.answered_from !== undefined && {answered_from: clamp(life.answered_from)}),
			...(life.answered_to !== undefined && {answered_to: clamp(life.answered_to)}),
			...(life.starting_since !== undefined && {starting_since: clamp(life.starting_since)}),
		}));
}

/** The same for the state that a running process holds, by the time of a result it has just made. */
export function clampNodeStateBefore(nodeState: NodeState, at: string): NodeState {
	const {worked_data: last, states = {}} = nodeState;
	const records = Object.values(states);
	const isAhead = (last !== undefined && last.last_check > at) || records.some(({last_check: seen}) => seen > at);
	// Compared as text, because this runs for every result.
	if (!isAhead && !records.some(({since}) => since < first)) {
		return nodeState;
	}

	const atMs = Date.parse(at);
	const latestMs = Math.max(
		...records.map(({last_check: seen}) => Date.parse(seen)),
		Date.parse(last?.last_check ?? at),
	);
	return isAhead && latestMs - atMs <= latenessMs ? nodeState : clampNodeState(nodeState, atMs, atMs - 1);
}

/** The start of 2025 as text, for the same test as {@link isCredibleMs}. */
const first = '2025';

/** Whether a time is in the future, or before 2025 although the clock is past that. */
function isWrong(at: string, now: string): boolean {
	return at > now || (at < first && now >= first);
}

function hasWrongTimes(nodeState: NodeState, now: string): boolean {
	const {
		worked_data,
		states = {},
		process_seen_at,
		restarts = [],
		version_changed,
		last_answer,
		silent_since,
		lives = [],
	} = nodeState;
	const times = [
		worked_data?.last_check,
		...Object.values(states).flatMap(({since, last_check}) => [since, last_check]),
		process_seen_at,
		...restarts,
		version_changed?.at,
		nodeState.daemon_state?.since,
		last_answer,
		silent_since,
		nodeState.answering_since,
		nodeState.last_sync?.at,
		nodeState.wallet_fell?.at,
		nodeState.work?.at,
		nodeState.life_answered_to,
		...lives.flatMap(life => Object.values(life)),
		...[...(nodeState.wallet_heights ?? []), ...(nodeState.daemon_heights ?? [])].map(({at}) => at),
	];
	return times.some(at => at !== undefined && isWrong(at, now));
}
