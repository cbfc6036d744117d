import {checkMethodWords, type RecordedMethod} from '../check-method.js';
import type {CheckResult} from '../check-result.js';
import {isRestart, restartsInHour, restartText} from '../process-identity.js';
import type {State} from '../state.js';
import {type NodeMemory, type Observation, processOf} from './memory.js';

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
 * @param memory what was known before it
 * @returns `undefined` when the state is the same, or the result is no newer than what is known
 */
export function transitionOf(memory: NodeMemory, {node, result}: Observation): Transition | undefined {
	const {details} = result;
	const method = checkMethodWords[details.method].recordedAs;
	const before = memory.states?.[method];
	if (before && (before.state === details.state || before.last_check >= details.last_check)) {
		return undefined;
	}

	const from = before?.state ?? 'unknown';
	const reason = transitionReason(memory, result);
	return from === details.state
		? undefined
		: {
				at: details.last_check,
				node_id: node.id,
				node: node.name,
				method,
				from,
				to: details.state,
				message: details.message,
				...(reason === undefined ? {} : {reason}),
			};
}

/** Why the state changed; a process that took another one's place is part of it. */
function transitionReason(memory: NodeMemory, result: CheckResult): string | undefined {
	const {details} = result;
	const process = processOf(result);
	// Where restarts are part of the verdict's reason, it says so itself.
	const isSaid = details.reason !== undefined && 'restarts' in details && (details.restarts ?? 0) > 1;
	if (!process || isSaid || !isRestart(memory, process)) {
		return details.reason;
	}

	const inHour = restartsInHour(memory.restarts, Date.parse(details.last_check)) + 1;
	return [details.reason, restartText(process.pid, inHour)].filter(Boolean).join('; ');
}
