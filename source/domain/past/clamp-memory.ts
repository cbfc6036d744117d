import type {Details} from '../check-result.js';
import type {NodeMemory, StateRecord} from './memory.js';

/** A result may be made a little before one that was taken in already; milliseconds. */
const disorderMs = 1000;

/**
 * What is remembered, with the times of a wrong clock taken for the present: else nothing would be news until they have passed.
 * Where the node was watched is kept as it was: a clock that is set back must take nothing away.
 * @param nowMs the clock
 * @param presentMs what they are taken for: just before the first of the results that are still to be merged
 * @returns the same object when there are none
 */
export function clampMemory(memory: NodeMemory, nowMs: number, presentMs: number): NodeMemory {
	const now = new Date(nowMs).toISOString();
	const present = new Date(Math.min(nowMs, presentMs)).toISOString();
	if (!hasWrongTimes(memory, now)) {
		return memory;
	}

	const clamp = (at: string): string => (isWrong(at, now) ? present : at);
	const clampRecord = ({state, since, last_check, merged_at}: StateRecord): StateRecord => ({
		state,
		since: clamp(since),
		last_check: clamp(last_check),
		...(merged_at === undefined ? {} : {merged_at: merged_at > now ? present : merged_at}),
	});
	const {worked_data, states, process_seen_at, restarts, version_changed, last_answer, silent_since} = memory;
	const {wallet_heights, daemon_heights} = memory;
	return {
		...memory,
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
		...(last_answer === undefined ? {} : {last_answer: clamp(last_answer)}),
		...(silent_since === undefined ? {} : {silent_since: clamp(silent_since)}),
	};
}

/** The same for what a running process remembers, by the time of a result that it has just made. */
export function clampBefore(memory: NodeMemory, at: string): NodeMemory {
	const {worked_data: last, states = {}} = memory;
	const records = Object.values(states);
	const isAhead = (last !== undefined && last.last_check > at) || records.some(({last_check: seen}) => seen > at);
	// Compared as text: this is asked for every result.
	if (!isAhead && !records.some(({since}) => since < first)) {
		return memory;
	}

	const atMs = Date.parse(at);
	const latestMs = Math.max(
		...records.map(({last_check: seen}) => Date.parse(seen)),
		Date.parse(last?.last_check ?? at),
	);
	return isAhead && latestMs - atMs <= disorderMs ? memory : clampMemory(memory, atMs, atMs - 1);
}

/** As {@link isCredibleMs}, of text. */
const first = '2025';

/** A time that lies ahead, or before there was any xmrtop while the clock is behind that. */
function isWrong(at: string, now: string): boolean {
	return at > now || (at < first && now >= first);
}

function hasWrongTimes(memory: NodeMemory, now: string): boolean {
	const {worked_data, states = {}, process_seen_at, restarts = [], version_changed, last_answer, silent_since} = memory;
	const times = [
		worked_data?.last_check,
		...Object.values(states).flatMap(({since, last_check}) => [since, last_check]),
		process_seen_at,
		...restarts,
		version_changed?.at,
		last_answer,
		silent_since,
		...[...(memory.wallet_heights ?? []), ...(memory.daemon_heights ?? [])].map(({at}) => at),
	];
	return times.some(at => at !== undefined && isWrong(at, now));
}
