import type {RecordedMethod} from '../check-method.js';
import {compact} from '../compact.js';
import {compareWorstFirst, type State, stateWords} from '../state.js';
import type {NodeState} from './node-state.js';
import type {Transition} from './transition.js';

/** The windows for which uptime is computed, in milliseconds. */
export const uptimeWindows = {'1h': 3_600_000, '24h': 86_400_000, '7d': 604_800_000} as const;
/** The name of a window for uptime. */
export type UptimeWindow = keyof typeof uptimeWindows;

/** The uptime of a node in a window that ends now. */
export interface Uptime {
	/** The fraction of the monitored time in which its `status` was true, 0 to 1; absent if nothing is known. */
	readonly ratio?: number;
	/** Seconds in each state; `unknown` includes the time that was not monitored. Their sum is the length of the window. */
	readonly seconds: Readonly<Record<State, number>>;
}

/** A period in which a node did not work: it was busy, down, or both in turn. */
export interface Outage {
	/** ISO-8601 UTC. */
	readonly from: string;
	/** ISO-8601 UTC; absent while the outage continues. */
	readonly to?: string;
	/** Milliseconds; until now while the outage continues. */
	readonly duration_ms: number;
	/** Milliseconds of the outage in which the node was not monitored; absent if it was monitored throughout. */
	readonly unwatched_ms?: number;
	/** The worst state during the outage. */
	readonly state: 'busy' | 'down';
	readonly message: string;
	readonly reason?: string;
}

/** The history of a node, as one method saw it. */
export interface NodeHistory {
	readonly uptime: Readonly<Record<UptimeWindow, Uptime>>;
	/** Oldest first. */
	readonly outages: readonly Outage[];
}

/** The input of {@link computeHistory}. */
export interface Past {
	/** The transitions of this node and method only, oldest first. */
	readonly transitions: readonly Transition[];
	readonly nodeState: NodeState;
	readonly method: RecordedMethod;
	/** Milliseconds since the epoch. */
	readonly nowMs: number;
}

/** Milliseconds since the epoch. */
interface Stretch {
	readonly fromMs: number;
	readonly toMs: number;
}

interface StateStretch extends Stretch {
	readonly state: State;
}

/** Computes uptime and outages. */
export function computeHistory(past: Past): NodeHistory {
	const {nowMs} = past;
	const {known, watched} = watchedStates(past);
	const uptime = Object.entries(uptimeWindows).map(([window, windowMs]) => [
		window,
		uptimeIn(known, {fromMs: nowMs - windowMs, toMs: nowMs}),
	]);
	return {uptime: Object.fromEntries(uptime), outages: outagesIn(past, watched)};
}

/**
 * The fraction of the monitored time in a window that ends now in which the node's `status` was true, 0 to 1.
 * @returns `undefined` if nothing is known of the window
 */
export function uptimeRatio(past: Past, window: UptimeWindow): number | undefined {
	const {nowMs} = past;
	const since = nowMs - uptimeWindows[window];
	return uptimeIn(watchedStates(past).known, {fromMs: since, toMs: nowMs}).ratio;
}

/**
 * The worst state of a node in each of `count` consecutive periods of equal length.
 * @param cellMs the length of a period in milliseconds
 * @returns `undefined` for a period in which the node was not monitored
 */
export function statesOver(
	past: Past,
	fromMs: number,
	cellMs: number,
	count: number,
): ReadonlyArray<State | undefined> {
	const cells = Array.from<State | undefined>({length: count});
	for (const {state, ...stretch} of watchedStates(past).known) {
		const last = Math.min(count, Math.ceil((stretch.toMs - fromMs) / cellMs));
		for (let cell = Math.max(0, Math.floor((stretch.fromMs - fromMs) / cellMs)); cell < last; cell += 1) {
			const before = cells[cell];
			cells[cell] = before === undefined || compareWorstFirst(state, before) < 0 ? state : before;
		}
	}

	return cells;
}

/** The states that were seen of a node, and the periods in which it was monitored. */
function watchedStates(past: Past): {readonly known: readonly StateStretch[]; readonly watched: readonly Stretch[]} {
	const watched = (past.nodeState.watched?.[past.method] ?? []).map(([from, to]) => ({
		fromMs: Date.parse(from),
		toMs: Math.min(past.nowMs, Date.parse(to)),
	}));
	const known = stateStretches(past).flatMap(({state, ...stretch}) =>
		watched.map(span => ({state, ...overlap(stretch, span)})).filter(({fromMs, toMs}) => fromMs < toMs),
	);
	return {known, watched};
}

/** The state of the node over time, until now. Before its first transition it was in the `from` state of that transition. */
function stateStretches({transitions, nodeState, method, nowMs}: Past): StateStretch[] {
	const begins: Array<{readonly state: State; readonly fromMs: number}> = [];
	const [first] = transitions;
	const record = nodeState.states?.[method];
	const before = first?.from ?? record?.state;
	if (before !== undefined) {
		begins.push({state: before, fromMs: Number.NEGATIVE_INFINITY});
	}

	begins.push(...transitions.map(({at, to}) => ({state: to, fromMs: Date.parse(at)})));
	return begins.map(({state, fromMs}, index) => ({state, fromMs, toMs: begins[index + 1]?.fromMs ?? nowMs}));
}

function overlap(a: Stretch, b: Stretch): Stretch {
	return {fromMs: Math.max(a.fromMs, b.fromMs), toMs: Math.min(a.toMs, b.toMs)};
}

const lengthMs = ({fromMs, toMs}: Stretch): number => Math.max(0, toMs - fromMs);

function uptimeIn(known: readonly StateStretch[], window: Stretch): Uptime {
	const ms: Record<State, number> = {up: 0, degraded: 0, busy: 0, unknown: 0, down: 0};
	for (const {state, ...stretch} of known) {
		ms[state] += lengthMs(overlap(stretch, window));
	}

	const knownMs = ms.up + ms.degraded + ms.busy + ms.down;
	const seconds = {...inSeconds(ms), unknown: Math.round((lengthMs(window) - knownMs) / 1000)};
	return knownMs > 0 ? {ratio: (ms.up + ms.degraded) / knownMs, seconds} : {seconds};
}

function inSeconds(ms: Readonly<Record<State, number>>): Record<State, number> {
	const {up, degraded, busy, unknown, down} = ms;
	const round = (some: number): number => Math.round(some / 1000);
	return {up: round(up), degraded: round(degraded), busy: round(busy), unknown: round(unknown), down: round(down)};
}

const isOutage = (state: State): state is Outage['state'] => !stateWords[state].works && state !== 'unknown';

function outagesIn({transitions, nowMs}: Past, watched: readonly Stretch[]): Outage[] {
	const outages: Outage[] = [];
	let parts: Transition[] = [];
	const close = (to?: string): void => {
		const outage = outageOf(parts, to, nowMs, watched);
		parts = [];
		if (outage) {
			outages.push(outage);
		}
	};

	for (const transition of transitions) {
		if (isOutage(transition.to)) {
			parts.push(transition);
		} else if (parts.length > 0) {
			close(transition.at);
		}
	}

	close();
	return outages;
}

/** Results are saved every few seconds, so this much monitored time may be missing; milliseconds. */
const unsavedMs = 15_000;

/** @param parts the transitions of the outage, oldest first */
function outageOf(
	parts: readonly Transition[],
	to: string | undefined,
	nowMs: number,
	watched: readonly Stretch[],
): Outage | undefined {
	const [first] = parts;
	// The latest of the transitions to the worst state, because its reason is the most recent.
	const worst = parts.toReversed().sort((a, b) => compareWorstFirst(a.to, b.to))[0];
	if (!first || !worst || !isOutage(worst.to)) {
		return undefined;
	}

	const stretch = {fromMs: Date.parse(first.at), toMs: to === undefined ? nowMs : Date.parse(to)};
	const watchedMs = watched.reduce((sum, span) => sum + lengthMs(overlap(stretch, span)), 0);
	const unwatchedMs = lengthMs(stretch) - watchedMs;
	return compact({
		from: first.at,
		to,
		duration_ms: lengthMs(stretch),
		...(unwatchedMs > unsavedMs ? {unwatched_ms: unwatchedMs} : {}),
		state: worst.to,
		message: worst.message,
		reason: worst.reason,
	});
}
