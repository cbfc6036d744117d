import type {Details} from '../check-result.js';
import type {NodeState, StateRecord} from './node-state.js';

/**
 * Clocks are set wrong and set right again. What a record says of times is held against the order in which it was written and
 * against the clock now; what does not fit is clamped.
 */

/** No xmrtop ever ran before: a clock that says so, of a machine without a battery, is not believed. */
const firstMs = Date.UTC(2025);
/** Several processes write in another order than they saw; milliseconds. */
const disorderMs = 60_000;
const dayMs = 24 * 3_600_000;
/** How many steps of the clock are kept. */
const keptSteps = 10;

/** What a record remembers of the clock that it was written by. */
export interface RecordClock {
	/** When it was last written; ISO-8601 UTC. */
	readonly last: string;
	/** When the clock went on by more than a day between two writings, oldest first; ISO-8601 UTC. */
	readonly steps?: ReadonlyArray<readonly [from: string, to: string]>;
}

/** Whether a clock can be right at all. */
export const isCredibleMs = (ms: number): boolean => ms >= firstMs;

/** What the record remembers after it was written once more. A step that the clock took back is forgotten. */
export function nextRecordClock(clock: RecordClock | undefined, nowMs: number): RecordClock {
	const last = new Date(nowMs).toISOString();
	const kept = (clock?.steps ?? []).filter(([, to]) => Date.parse(to) <= nowMs);
	const isStep = clock !== undefined && nowMs - Date.parse(clock.last) > dayMs;
	const steps = (isStep ? [...kept, [clock.last, last] as const] : kept).slice(-keptSteps);
	return steps.length === 0 ? {last} : {last, steps};
}

/**
 * How old a time is, in milliseconds, by the time for which the record went on: a step may be nothing but a wrong clock, and
 * does not make anything older.
 */
export function recordAgeMs(atMs: number, clock: RecordClock | undefined, nowMs: number): number {
	const stepsMs = (clock?.steps ?? [])
		.map(([from, to]) => Math.min(nowMs, Date.parse(to)) - Math.max(atMs, Date.parse(from)))
		.reduce((sum, ms) => sum + Math.max(0, ms), 0);
	return nowMs - atMs - stepsMs;
}

/**
 * Times as they are believed: the most of them that fit each other and the clock stay, the others are clamped between those
 * that were written before and behind them.
 * @param timesMs in the order in which they were written
 */
export function believedRecordTimes(timesMs: readonly number[], nowMs: number): readonly number[] {
	if (fits(timesMs, nowMs)) {
		return timesMs;
	}

	const isBelieved = longestRise(timesMs, nowMs);
	const believed = [...timesMs];
	let nextMs = nowMs;
	for (let index = believed.length - 1; index >= 0; index -= 1) {
		const ms = timesMs[index] ?? nowMs;
		if (isBelieved[index]) {
			nextMs = ms;
		} else if (ms > nowMs || ms > nextMs + disorderMs) {
			believed[index] = nextMs;
		}
	}

	let previousMs = Number.NEGATIVE_INFINITY;
	for (const [index, ms] of believed.entries()) {
		if (isBelieved[index]) {
			previousMs = ms;
		} else if (ms < previousMs - disorderMs) {
			believed[index] = previousMs;
		}
	}

	return believed;
}

/** Whether a clock that is right now can have shown a time. */
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

/** Which times belong to the longest sequence among those up to now that never falls. */
function longestRise(timesMs: readonly number[], nowMs: number): readonly boolean[] {
	/** By length of a sequence: the index of its last time, the least that there is. */
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

/** How many of the ends, which rise, are no later. */
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

/** A result may be made a little before one that was taken in already; milliseconds. */
const latenessMs = 1000;

/**
 * What is remembered, with the times of a wrong clock taken for the present: else nothing would be news until they have passed.
 * Where the node was watched is kept as it was: a clock that is set back must take nothing away.
 * @param nowMs the clock
 * @param presentMs what they are taken for: just before the first of the results that are still to be merged
 * @returns the same object when there are none
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
	const {wallet_heights, daemon_heights, daemon_state} = nodeState;
	return {
		...nodeState,
		...(worked_data && {worked_data: {...worked_data, last_check: clamp(worked_data.last_check)} as Details}),
		...(states && {
			states: Object.fromEntries(Object.entries(states).map(([method, record]) => [method, clampRecord(record)])),
		}),
		...(process_seen_at === undefined ? {} : {process_seen_at: clamp(process_seen_at)}),
		...(restarts && {restarts: restarts.map(clamp)}),
		...(version_changed && {version_changed: {...version_changed, at: clamp(version_changed.at)}}),
		// A speed that is measured by them would be wrong.
		...(wallet_heights && {wallet_heights: wallet_heights.filter(({at}) => !isWrong(at, now))}),
		...(daemon_heights && {daemon_heights: daemon_heights.filter(({at}) => !isWrong(at, now))}),
		...(daemon_state && {daemon_state: {...daemon_state, since: clamp(daemon_state.since)}}),
		...(last_answer === undefined ? {} : {last_answer: clamp(last_answer)}),
		...(silent_since === undefined ? {} : {silent_since: clamp(silent_since)}),
	};
}

/** The same for what a running process remembers, by the time of a result that it has just made. */
export function clampNodeStateBefore(nodeState: NodeState, at: string): NodeState {
	const {worked_data: last, states = {}} = nodeState;
	const records = Object.values(states);
	const isAhead = (last !== undefined && last.last_check > at) || records.some(({last_check: seen}) => seen > at);
	// Compared as text: this is asked for every result.
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

/** As {@link isCredibleMs}, of text. */
const first = '2025';

/** A time that lies ahead, or before there was any xmrtop while the clock is behind that. */
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
		...[...(nodeState.wallet_heights ?? []), ...(nodeState.daemon_heights ?? [])].map(({at}) => at),
	];
	return times.some(at => at !== undefined && isWrong(at, now));
}
