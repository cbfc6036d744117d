import type {ProcessIdentity} from './check-result.js';

/** Start times in whole seconds, seen before and after the clock was set, differ by less. */
export const sameStartMs = 2000;

/** Whether two sightings are of one process: the same number, given at the same time. */
export function isSameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
	if (a.pid !== b.pid) {
		return false;
	}

	return a.start_ticks !== undefined && b.start_ticks !== undefined
		? a.start_ticks === b.start_ticks
		: Math.abs(Date.parse(a.started_at) - Date.parse(b.started_at)) <= sameStartMs;
}

/** The process a node was last seen to run in, and when. */
export interface SeenProcess {
	readonly process?: ProcessIdentity;
	/** ISO-8601 UTC. */
	readonly process_seen_at?: string;
}

/**
 * Whether a process took the place of the one seen before: it began after that was last seen. One that began earlier is
 * another wallet, which the node has been pointed at since.
 */
export function isRestart({process: before, process_seen_at: seenAt}: SeenProcess, now: ProcessIdentity): boolean {
	return (
		before !== undefined &&
		!isSameProcess(before, now) &&
		Date.parse(now.started_at) + sameStartMs >= Date.parse(seenAt ?? before.started_at)
	);
}

/** How many restarts of a node are kept. */
export const keptRestarts = 20;
const hourMs = 3_600_000;

/** How often a process began anew in the last hour. @param restarts ISO-8601 UTC, oldest first */
export function restartsInHour(restarts: readonly string[] | undefined, nowMs: number): number {
	return (restarts ?? []).filter(at => nowMs - Date.parse(at) <= hourMs).length;
}

/** `restarted, pid 4711`, or `restarted 3x in 1 h, pid 4711`. */
export function restartText(pid: number, inHour: number): string {
	return `restarted${inHour > 1 ? ` ${inHour}x in 1 h` : ''}, pid ${pid}`;
}

/** What is remembered of a process. */
export function identityOf(process: ProcessIdentity): ProcessIdentity {
	const {pid, started_at, start_ticks} = process;
	return {
		pid,
		started_at,
		...(start_ticks === undefined ? {} : {start_ticks}),
		...placementOf(process),
	};
}

/** A container's name, or the part of its id that its engine shows and takes. */
export function shortContainer(container: string): string {
	return /^[\da-f]{64}$/.test(container) ? container.slice(0, 12) : container;
}

/** Where a process runs, as far as its control group says. */
export function placementOf({
	unit,
	unit_uid,
	container,
	container_engine,
}: Partial<ProcessIdentity>): Pick<ProcessIdentity, 'unit' | 'unit_uid' | 'container' | 'container_engine'> {
	return {
		...(unit === undefined ? {} : {unit}),
		...(unit_uid === undefined ? {} : {unit_uid}),
		...(container === undefined ? {} : {container}),
		...(container_engine === undefined ? {} : {container_engine}),
	};
}
