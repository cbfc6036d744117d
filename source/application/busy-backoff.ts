import {hasRestingNodeChanged, type RestObservation} from '../checks/resting-node.js';
import type {CheckResult} from '../domain/check-result.js';
import type {Node} from '../domain/node/node.js';
import {stallMs} from '../domain/past/sync-progress.js';
import type {Ports} from '../domain/ports.js';
import type {CheckCycle, Checker} from './checker.js';
import {runInBatches} from './pacing.js';

/**
 * A busy wallet accepts no connections, so each connect stays in its queue: after this many connects without an answer, the
 * next ones are at least `connectGapMs` apart.
 */
const freeConnects = 60;
const connectGapMs = 30_000;

/** Backs off from busy nodes: checks them at growing intervals, and watches their process and port in between. */
export interface BusyBackoff {
	/** Receives a result: each time a node is busy, the time to its next check doubles. */
	readonly take: (node: Node, result: CheckResult, cycle: CheckCycle, intervalMs: number) => void;
	/** Whether cycles skip a node now. */
	readonly isResting: (nodeId: number) => boolean;
	/**
	 * Watches nodes that are skipped, without sending a request.
	 * @returns those whose process or port has changed: they must be checked now
	 */
	readonly findChanged: (nodes: readonly Node[], cycle: CheckCycle, withinMs: number) => Promise<readonly Node[]>;
}

/** The pause of one busy node. Times in milliseconds since the epoch. */
interface Rest {
	readonly last: CheckResult;
	readonly busyTimes: number;
	readonly fromMs: number;
	readonly untilMs: number;
	/** What the first observation of this pause found. */
	before?: RestObservation;
	isLooking: boolean;
	/** Connects since the node's last answer, over all its pauses. */
	connects: number;
	connectedMs: number;
}

export interface BusyBackoffOptions {
	readonly checker: Pick<Checker, 'observeResting'>;
	readonly ports: Pick<Ports, 'nowMs'>;
	readonly isEnded: () => boolean;
}

export function createBusyBackoff({checker, ports: {nowMs}, isEnded}: BusyBackoffOptions): BusyBackoff {
	const rests = new Map<number, Rest>();

	/** Whether the node has changed since the first observation of this pause. */
	const observe = async (node: Node, rest: Rest, cycle: CheckCycle): Promise<boolean> => {
		if (rest.isLooking) {
			return false;
		}

		rest.isLooking = true;
		const seen = await checker
			.observeResting(node, rest.last, cycle, () => mayConnect(rest, nowMs()))
			.finally(() => {
				rest.isLooking = false;
			});
		const before = rest.before ?? seen;
		rest.before = {...seen, ...before};
		// A check that ended meanwhile has replaced this pause.
		return rests.get(node.id) === rest && hasRestingNodeChanged(before, seen);
	};

	return {
		take: (node, result, cycle, intervalMs) => {
			const {id} = node;
			if (result.details.state !== 'busy') {
				rests.delete(id);
				return;
			}

			const {busyTimes: times = 0, connects = 0, connectedMs = 0} = rests.get(id) ?? {};
			const [busyTimes, fromMs] = [times + 1, nowMs()];
			const excusedMs = excusedUntilMs(result);
			const restedMs = fromMs + busyBackoffMs(busyTimes, intervalMs);
			const untilMs = excusedMs > fromMs ? Math.min(restedMs, excusedMs) : restedMs;
			const rest = {last: result, busyTimes, fromMs, untilMs, isLooking: false, connects, connectedMs};
			rests.set(id, rest);
			void observe(node, rest, cycle);
		},
		isResting: nodeId => {
			const rest = rests.get(nodeId);
			const now = nowMs();
			// A clock that was set back must not prolong the pause.
			return rest !== undefined && rest.fromMs <= now && now < rest.untilMs;
		},
		findChanged: async (nodes, cycle, withinMs) => {
			const changed: Node[] = [];
			const observeOne = async (node: Node): Promise<void> => {
				const rest = rests.get(node.id);
				if (rest && (await observe(node, rest, cycle))) {
					changed.push(node);
				}
			};

			await runInBatches(nodes, observeOne, {withinMs, isEnded});
			return changed;
		},
	};
}

/** Until when the work observed excuses a busy node: after that it is observed again, however long its pause was to be. */
function excusedUntilMs({details}: CheckResult): number {
	const workedAt = 'work' in details ? details.work?.worked_at : undefined;
	return workedAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(workedAt) + stallMs;
}

/** Called before each connect, and counts it. */
function mayConnect(rest: Rest, nowMs: number): boolean {
	const isFree = rest.connects < freeConnects || rest.before?.port === 'refused';
	const may = isFree || Math.abs(nowMs - rest.connectedMs) >= connectGapMs;
	if (may) {
		rest.connects += 1;
		rest.connectedMs = nowMs;
	}

	return may;
}

/** A working wallet is asked less and less often: every request waits in its queue. */
const maxBusyIntervals = 8;
const maxBusyRestMs = 60_000;
/** A timer may fire a little early: a node whose pause ends with this cycle is checked in it. */
const earlyMs = 100;

/**
 * How long cycles skip a busy node, in milliseconds: twice as long each time, at most eight intervals and at most a minute.
 * @param busyTimes how often in a row it was busy; 0: it is not skipped
 */
function busyBackoffMs(busyTimes: number, intervalMs: number): number {
	return busyTimes === 0
		? 0
		: Math.min(maxBusyRestMs, intervalMs * Math.min(maxBusyIntervals, 2 ** busyTimes)) - earlyMs;
}
