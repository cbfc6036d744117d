import {checkMethodWords, type RecordedMethod} from '../check-method.js';
import type {CheckResult} from '../check-result.js';
import {compact} from '../compact.js';
import {isRestart, restartsInHour, restartText} from '../process-identity.js';
import type {State} from '../state.js';
import type {NodeState, Observation} from './node-state.js';
import {clampNodeState, correctedRecordTimes} from './record-clock.js';
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
 * The transition that a result makes, if any.
 * @param nodeState the state before the result
 * @returns `undefined` if the state is the same, or the result is not newer than the known state
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

/** Why the state changed, including a restart of the process. */
function transitionReason(nodeState: NodeState, result: CheckResult): string | undefined {
	const {details} = result;
	const process = seenProcess(result);
	// The reason of the result may already mention the restarts.
	const isMentioned = details.reason !== undefined && 'restarts' in details && (details.restarts ?? 0) > 1;
	if (!process || isMentioned || !isRestart(nodeState, process)) {
		return details.reason;
	}

	const inHour = restartsInHour(nodeState.restarts, Date.parse(details.last_check)) + 1;
	return [details.reason, restartText(process.pid, inHour)].filter(Boolean).join('; ');
}

/** The state of every node, by id. */
export type NodeStates = ReadonlyMap<number, NodeState>;

/**
 * Merges results into the states of nodes, and returns the transitions they make.
 * @param nowMs the current clock, if times that contradict it are to be clamped
 */
export function recordObservations(
	nodeStates: NodeStates,
	observations: readonly Observation[],
	nowMs?: number,
): {readonly nodeStates: NodeStates; readonly transitions: readonly Transition[]} {
	const after = new Map(nodeStates);
	const corrected = correctedObservations(observations, nowMs);
	const recall = createRecall(after, nowMs);
	const transitions: Transition[] = [];
	for (const observation of corrected) {
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
 * Applies transitions that may not be part of the saved results. Transitions that are already known change nothing, so a
 * whole log may be applied again, and the results that made the transitions are still merged later.
 * @param transitions in the order of the log
 * @param nowMs as in {@link recordObservations}
 */
export function applyTransitions(
	nodeStates: NodeStates,
	transitions: readonly Transition[],
	nowMs?: number,
): NodeStates {
	const after = new Map(nodeStates);
	const recall = createRecall(after, nowMs);
	for (const transition of correctedTransitions(transitions, nowMs)) {
		const id = transition.node_id;
		after.set(id, recordTransition(recall(id, transition.at), transition));
	}

	return after;
}

/** Transitions with corrected times. @param transitions in the order of the log */
export function correctedTransitions(transitions: readonly Transition[], nowMs?: number): readonly Transition[] {
	return withCorrected(
		transitions,
		nowMs,
		({at}) => at,
		(transition, at) => ({...transition, at}),
	);
}

function correctedObservations(observations: readonly Observation[], nowMs?: number): readonly Observation[] {
	return withCorrected(
		observations,
		nowMs,
		({result}) => result.details.last_check,
		(observation, at) => {
			const {result} = observation;
			return {...observation, result: {...result, details: {...result.details, last_check: at}} as typeof result};
		},
	);
}

function withCorrected<T>(
	items: readonly T[],
	nowMs: number | undefined,
	timeOf: (item: T) => string,
	withTime: (item: T, at: string) => T,
): readonly T[] {
	const times = items.map(item => Date.parse(timeOf(item)));
	const corrected = nowMs === undefined ? times : correctedRecordTimes(times, nowMs);
	return corrected === times
		? items
		: items.map((item, index) => {
				const ms = corrected[index] ?? 0;
				return ms === times[index] ? item : withTime(item, new Date(ms).toISOString());
			});
}

/** @returns a function that gives a node's state, with times clamped the first time it is used */
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

/** The states of nodes with times clamped to now, so that results from now on count as new. */
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

/** Transitions by the id of their node, in the same order. */
export function transitionsByNode(transitions: readonly Transition[]): Map<number, Transition[]> {
	const byNode = new Map<number, Transition[]>();
	for (const transition of transitions) {
		addToNode(byNode, transition);
	}

	return byNode;
}

/** Adds a transition to those of its node. */
export function addToNode(byNode: Map<number, Transition[]>, transition: Transition): void {
	const known = byNode.get(transition.node_id);
	if (known) {
		known.push(transition);
	} else {
		byNode.set(transition.node_id, [transition]);
	}
}
