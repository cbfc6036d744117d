import {checkMethodWords, type RecordedMethod} from '../check-method.js';
import type {CheckResult} from '../check-result.js';
import {compact} from '../compact.js';
import {isRestart, restartsInHour, restartText} from '../process-identity.js';
import type {State} from '../state.js';
import type {NodeState, Observation} from './node-state.js';
import {believedRecordTimes, clampNodeState} from './record-clock.js';
import {recordResult, recordTransition, seenProcess} from './record-result.js';

/** A change of state, as one line of transitions.ndjson. */
export interface Transition {
	/** When the check that saw it ended; ISO-8601 UTC. */
	readonly at: string;
	readonly node_id: number;
	readonly node: string;
	readonly method: RecordedMethod;
	/** `unknown` for a node that was never checked. */
	readonly from: State;
	readonly to: State;
	readonly message: string;
	readonly reason?: string;
}

/**
 * The transition a result makes, if any.
 * @param nodeState what was known before it
 * @returns `undefined` when the state is the same, or the result is no newer than what is known
 */
export function findTransition(nodeState: NodeState, {node, result}: Observation): Transition | undefined {
	const {details} = result;
	const method = checkMethodWords[details.method].recordedAs;
	const before = nodeState.states?.[method];
	if (before && (before.state === details.state || before.last_check >= details.last_check)) {
		return undefined;
	}

	const from = before?.state ?? 'unknown';
	const reason = transitionReason(nodeState, result);
	return from === details.state
		? undefined
		: compact({
				at: details.last_check,
				node_id: node.id,
				node: node.name,
				method,
				from,
				to: details.state,
				message: details.message,
				reason,
			});
}

/** Why the state changed; a process that took another one's place is part of it. */
function transitionReason(nodeState: NodeState, result: CheckResult): string | undefined {
	const {details} = result;
	const process = seenProcess(result);
	// Where restarts are part of the verdict's reason, it says so itself.
	const isSaid = details.reason !== undefined && 'restarts' in details && (details.restarts ?? 0) > 1;
	if (!process || isSaid || !isRestart(nodeState, process)) {
		return details.reason;
	}

	const inHour = restartsInHour(nodeState.restarts, Date.parse(details.last_check)) + 1;
	return [details.reason, restartText(process.pid, inHour)].filter(Boolean).join('; ');
}

/** What is known of every node, by id. */
export type NodeStates = ReadonlyMap<number, NodeState>;

/**
 * What is known after some more results, and the transitions among them.
 * @param nowMs the clock, when times that it contradicts are to be clamped
 */
export function recordObservations(
	nodeStates: NodeStates,
	observations: readonly Observation[],
	nowMs?: number,
): {readonly nodeStates: NodeStates; readonly transitions: readonly Transition[]} {
	const after = new Map(nodeStates);
	const believed = believedObservations(observations, nowMs);
	const recall = createRecall(after, nowMs);
	const transitions: Transition[] = [];
	for (const observation of believed) {
		const {node, result, coverMs} = observation;
		const nodeState = recall(node.id, result.details.last_check);
		const transition = findTransition(nodeState, observation);
		after.set(node.id, recordResult(nodeState, result, coverMs));
		if (transition) {
			transitions.push(transition);
		}
	}

	return {nodeStates: after, transitions};
}

/**
 * What is known when transitions are known that no saved result tells of. Those that are known already change nothing, so
 * that applying a whole history again is harmless, and the results they were made from are still merged when they come.
 * @param transitions in the order of the log
 * @param nowMs as of {@link recordObservations}
 */
export function applyTransitions(
	nodeStates: NodeStates,
	transitions: readonly Transition[],
	nowMs?: number,
): NodeStates {
	const after = new Map(nodeStates);
	const recall = createRecall(after, nowMs);
	for (const transition of believedTransitions(transitions, nowMs)) {
		const id = transition.node_id;
		after.set(id, recordTransition(recall(id, transition.at), transition));
	}

	return after;
}

/** Transitions with the times that are believed. @param transitions in the order of the log */
export function believedTransitions(transitions: readonly Transition[], nowMs?: number): readonly Transition[] {
	return withBelieved(
		transitions,
		nowMs,
		({at}) => at,
		(transition, at) => ({...transition, at}),
	);
}

function believedObservations(observations: readonly Observation[], nowMs?: number): readonly Observation[] {
	return withBelieved(
		observations,
		nowMs,
		({result}) => result.details.last_check,
		(observation, at) => {
			const {result} = observation;
			return {...observation, result: {...result, details: {...result.details, last_check: at}} as typeof result};
		},
	);
}

function withBelieved<T>(
	items: readonly T[],
	nowMs: number | undefined,
	timeOf: (item: T) => string,
	withTime: (item: T, at: string) => T,
): readonly T[] {
	const times = items.map(item => Date.parse(timeOf(item)));
	const believed = nowMs === undefined ? times : believedRecordTimes(times, nowMs);
	return believed === times
		? items
		: items.map((item, index) => {
				const ms = believed[index] ?? 0;
				return ms === times[index] ? item : withTime(item, new Date(ms).toISOString());
			});
}

/** @returns what is known of a node before something of that time, clamped when it is first asked for */
function createRecall(nodeStates: NodeStates, nowMs: number | undefined): (id: number, at: string) => NodeState {
	const clamped = new Set<number>();
	return (id, at) => {
		const nodeState = nodeStates.get(id) ?? {};
		if (nowMs === undefined || clamped.has(id)) {
			return nodeState;
		}

		clamped.add(id);
		return clampNodeState(nodeState, nowMs, Date.parse(at) - 1);
	};
}

/** What is known, as of now: what is seen from now on is news. */
export function clampNodeStates(nodeStates: NodeStates, nowMs: number): NodeStates {
	let after: Map<number, NodeState> | undefined;
	for (const [id, nodeState] of nodeStates) {
		const clamped = clampNodeState(nodeState, nowMs, nowMs - 1);
		if (clamped !== nodeState) {
			after ??= new Map(nodeStates);
			after.set(id, clamped);
		}
	}

	return after ?? nodeStates;
}
