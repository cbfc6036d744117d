import type {CheckMethod} from '../domain/check-method.js';
import type {FinishedCheck, FleetNode} from '../domain/fleet.js';
import type {Node} from '../domain/node/node.js';
import type {Observation} from '../domain/past/memory.js';
import type {Ports} from '../domain/ports.js';
import type {Checker} from './checker.js';
import type {Recorder} from './recorder.js';

export interface CheckFleetOptions {
	readonly checker: Checker;
	readonly recorder: Recorder;
	readonly ports: Pick<Ports, 'nowMs' | 'monotonicMs'>;
	/** Every configured node: their daemons count for the fleet's tip. */
	readonly fleet: readonly Node[];
	/** The nodes to check. */
	readonly nodes: readonly Node[];
	readonly method: CheckMethod;
	/** What the time since the check before may be, to count as watched: see {@link Observation}. */
	readonly coverMs?: number;
	readonly signal?: AbortSignal;
}

/**
 * The order to check nodes in: those that failed last first. They may take a whole timeout, which then runs beside the checks
 * of all the others instead of after them.
 */
export function failingFirst(nodes: readonly Node[], recall: Recorder['recall']): readonly Node[] {
	const hasFailed = (node: Node): boolean => recall(node.id).worked === false;
	return [...nodes.filter(hasFailed), ...nodes.filter(node => !hasFailed(node))];
}

/** Checks some nodes once, side by side, and remembers the results. */
export async function checkFleet(options: CheckFleetOptions): Promise<FinishedCheck> {
	const {checker, recorder, ports, fleet, nodes, method, coverMs, signal} = options;
	const checkedAtMs = ports.nowMs();
	const startedMs = ports.monotonicMs();
	const cycle = checker.openCycle(fleet, signal);
	const checked = new Map<Node, FleetNode>();
	await Promise.all(
		failingFirst(nodes, recorder.recall).map(async node => {
			const result = await checker.check(node, method, cycle);
			// What was broken off says nothing of the node.
			if (signal?.aborted) {
				return;
			}

			recorder.observe({node, result, ...(coverMs === undefined ? {} : {coverMs})});
			checked.set(node, {node, memory: recorder.recall(node.id), result, checking: false, disabled: false});
		}),
	);
	const inOrder = nodes.flatMap(node => checked.get(node) ?? []);
	return {method, checkedAtMs, durationMs: ports.monotonicMs() - startedMs, nodes: inOrder};
}
