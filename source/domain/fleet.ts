import {type CheckMethod, checkMethodWords} from './check-method.js';
import type {CheckResult, ResultOf} from './check-result.js';
import type {Node} from './node/node.js';
import type {NodeMemory} from './past/memory.js';
import type {State} from './state.js';

/** Where a node comes from that another xmrtop checks. */
export interface NodeOrigin {
	/** What the host is called here. */
	readonly host: string;
	/** How it is reached, as `--connect` takes it. */
	readonly url: string;
	/** The node's name there; absent for the host itself, which is listed while it does not answer. */
	readonly name?: string;
}

/** One node as everything that renders sees it. */
export interface FleetNode {
	readonly node: Node;
	/** What is remembered of it, this run's results included. */
	readonly memory: NodeMemory;
	/** This run's last result by the snapshot's method. */
	readonly result?: CheckResult;
	/** The last `full` result of this run, whatever the snapshot's method; kept fresh while its diagnostics are open. */
	readonly diagnosis?: ResultOf<'full'>;
	/** Whether a check of it is under way. */
	readonly checking: boolean;
	/** Since when, in milliseconds since the epoch. */
	readonly checkingSinceMs?: number;
	/** Disabled and not asked for by name: listed, not checked. */
	readonly disabled: boolean;
	/** Present when another xmrtop checks it. */
	readonly origin?: NodeOrigin;
}

/** The last finished cycle. Times in milliseconds since the epoch. */
export interface Cycle {
	readonly startedAtMs: number;
	readonly endedAtMs: number;
	readonly durationMs: number;
}

/** Everything a screen, a report or a scrape shows, at one moment. Never changed in place. */
export interface FleetSnapshot {
	readonly method: CheckMethod;
	readonly intervalMs: number;
	readonly paused: boolean;
	/** In order of ids. */
	readonly nodes: readonly FleetNode[];
	/** Absent before the first cycle has ended. */
	readonly lastCycle?: Cycle;
	/** Lines a person should know of, such as a save that failed. */
	readonly notes: readonly string[];
}

/** A finished check of some nodes, as it is reported. */
export interface FinishedCheck {
	readonly method: CheckMethod;
	/** Milliseconds since the epoch, when the check began. */
	readonly checkedAtMs: number;
	readonly durationMs: number;
	/** The nodes with their results; those without one are left out. */
	readonly nodes: readonly FleetNode[];
}

/** How many nodes are in each state. */
export type StateCounts = Readonly<Record<State, number>>;

/** A node's verdict, whether from this run or from the last saved one. */
export interface Verdict {
	readonly state: State;
	/** What the MESSAGE column shows. */
	readonly text: string;
	/** ISO-8601 UTC; absent when never checked. */
	readonly since?: string;
	/** The result it rests on; absent when never checked by this method, or disabled. */
	readonly result?: CheckResult;
}

/** The verdict to show for a node: this run's, else the one remembered for the method, else unknown. */
export function verdictOf(node: FleetNode, method: CheckMethod): Verdict {
	if (node.disabled) {
		return {state: 'unknown', text: 'disabled'};
	}

	const recordedAs = checkMethodWords[method].recordedAs;
	const result = node.result ?? rememberedResult(node.memory, method);
	if (!result) {
		return {state: 'unknown', text: 'not checked yet'};
	}

	const {state, reason, message} = result.details;
	const record = node.memory.states?.[recordedAs];
	return {state, text: reason ?? message, ...(record?.state === state ? {since: record.since} : {}), result};
}

function rememberedResult({worked, worked_data: details}: NodeMemory, method: CheckMethod): CheckResult | undefined {
	return details &&
		worked !== undefined &&
		checkMethodWords[details.method].recordedAs === checkMethodWords[method].recordedAs
		? {status: worked, details}
		: undefined;
}

/** Counts the nodes of a snapshot by state; disabled ones count as nothing. */
export function countStates(snapshot: FleetSnapshot): StateCounts {
	const counts = {up: 0, degraded: 0, busy: 0, unknown: 0, down: 0};
	for (const node of snapshot.nodes) {
		if (!node.disabled) {
			counts[verdictOf(node, snapshot.method).state] += 1;
		}
	}

	return counts;
}
