import {type NodeMemory, type Observation, remember} from './memory.js';
import {type Transition, transitionOf} from './transition.js';

/** What is known of every node, by id. */
export type Memories = ReadonlyMap<number, NodeMemory>;

/** What is known after some more results, and the transitions among them. */
export function rememberAll(
	memories: Memories,
	observations: readonly Observation[],
): {readonly memories: Memories; readonly transitions: readonly Transition[]} {
	const after = new Map(memories);
	const transitions: Transition[] = [];
	for (const observation of observations) {
		const memory = after.get(observation.node.id) ?? {};
		const transition = transitionOf(memory, observation);
		after.set(observation.node.id, remember(memory, observation.result, observation.coverMs));
		if (transition) {
			transitions.push(transition);
		}
	}

	return {memories: after, transitions};
}

/**
 * What is known when transitions are known that no saved result tells of. Those that are known already change nothing, so
 * that applying a whole history again is harmless.
 */
export function applyTransitions(memories: Memories, transitions: readonly Transition[]): Memories {
	const after = new Map(memories);
	for (const {node_id: id, method, to, at} of transitions) {
		const memory = after.get(id);
		const before = memory?.states?.[method];
		if (!before || before.last_check < at) {
			after.set(id, {...memory, states: {...memory?.states, [method]: {state: to, since: at, last_check: at}}});
		}
	}

	return after;
}
