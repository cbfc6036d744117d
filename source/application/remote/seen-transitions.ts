import {checkMethodWords} from '../../domain/check-method.js';
import type {FleetNode} from '../../domain/fleet.js';
import type {Transition} from '../../domain/past/transition.js';
import type {State} from '../../domain/state.js';

/** Kept of each node. */
const mostKept = 200;

/** The changes of state of nodes that others check, as far as they were seen. */
export interface SeenTransitions {
	/** Compares with what was seen before, and forgets nodes that are there no more. @param nowMs milliseconds since the epoch */
	readonly look: (nodes: readonly FleetNode[], nowMs: number) => void;
	/** Of one node, oldest first. */
	readonly of: (nodeId: number) => readonly Transition[];
}

export function createSeenTransitions(): SeenTransitions {
	const states = new Map<number, State>();
	const seen = new Map<number, readonly Transition[]>();
	const forgetOthers = (present: ReadonlySet<number>): void => {
		for (const id of [...states.keys()].filter(known => !present.has(known))) {
			states.delete(id);
			seen.delete(id);
		}
	};

	return {
		look: (nodes, nowMs) => {
			forgetOthers(new Set(nodes.map(({node}) => node.id)));
			for (const {node, result} of nodes) {
				const before = states.get(node.id);
				if (!result || before === result.details.state) {
					continue;
				}

				const {method, state, message, reason} = result.details;
				states.set(node.id, state);
				if (before !== undefined) {
					const transition: Transition = {
						at: new Date(nowMs).toISOString(),
						node_id: node.id,
						node: node.name,
						method: checkMethodWords[method].recordedAs,
						from: before,
						to: state,
						message,
						...(reason === undefined ? {} : {reason}),
					};
					seen.set(node.id, [...(seen.get(node.id) ?? []), transition].slice(-mostKept));
				}
			}
		},
		of: nodeId => seen.get(nodeId) ?? [],
	};
}
