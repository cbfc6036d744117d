import type {Endpoint} from './endpoint.js';

/** Somebody with a port, who is there or not as the timeline says. */
export interface SimulatedNode {
	readonly port: number;
	/** Comes or goes as the timeline says now; resolves when that is done. */
	readonly follow: () => Promise<void>;
	/** Leaves for good. */
	readonly leave: () => Promise<void>;
}

/** A simulated node that is no more than a port of this process. */
export function createSimulatedNode(endpoint: Endpoint, isPresent: () => boolean): SimulatedNode {
	let isListening = true;
	return {
		port: endpoint.port,
		follow: async () => {
			const wanted = isPresent();
			if (wanted !== isListening) {
				await (wanted ? endpoint.open() : endpoint.close());
				isListening = wanted;
			}
		},
		leave: async () => {
			if (isListening) {
				isListening = false;
				await endpoint.close();
			}
		},
	};
}

/** Keeps simulated nodes in line with the timeline. */
export function followTimeline(
	simulatedNodes: readonly SimulatedNode[],
	everyMs: number,
): {readonly stop: () => Promise<void>} {
	const underWay = new Map<SimulatedNode, Promise<void>>();
	const timer = setInterval(() => {
		for (const simulatedNode of simulatedNodes) {
			if (!underWay.has(simulatedNode)) {
				// A port that another program took in the meantime is tried again at the next tick.
				const followed = simulatedNode
					.follow()
					.catch(() => {})
					.finally(() => underWay.delete(simulatedNode));
				underWay.set(simulatedNode, followed);
			}
		}
	}, everyMs);
	return {
		stop: async () => {
			clearInterval(timer);
			await Promise.all(underWay.values());
		},
	};
}
