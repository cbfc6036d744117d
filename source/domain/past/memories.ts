import {type NodeMemory, type Observation, remember, rememberTransition} from './memory.js';
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
 * that applying a whole history again is harmless, and the results they were made from are still merged when they come.
 */
export function applyTransitions(memories: Memories, transitions: readonly Transition[]): Memories {
	const after = new Map(memories);
	for (const transition of transitions) {
		const id = transition.node_id;
		after.set(id, rememberTransition(after.get(id) ?? {}, transition));
	}

	return after;
}
