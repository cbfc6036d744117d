import type {ProcessIdentity} from '../domain/check-result.js';
import type {FleetNode} from '../domain/fleet.js';

/** Counts how often the process of each node was another one than before, as far as this run has seen. */
export function createRestartCounter(): (nodes: readonly FleetNode[]) => ReadonlyMap<number, number> {
	const last = new Map<number, ProcessIdentity>();
	let counts: ReadonlyMap<number, number> = new Map();
	return nodes => {
		for (const {node, memory} of nodes) {
			const before = last.get(node.id);
			if (!memory.process || memory.process === before) {
				continue;
			}

			last.set(node.id, memory.process);
			if (before && !isSameProcess(before, memory.process)) {
				counts = new Map([...counts, [node.id, (counts.get(node.id) ?? 0) + 1]]);
			}
		}

		return counts;
	};
}

/** A pid may be given to another process; the start time, where it is exact, tells them apart. */
function isSameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
	return (
		a.pid === b.pid && (a.start_ticks === undefined || b.start_ticks === undefined || a.start_ticks === b.start_ticks)
	);
}
