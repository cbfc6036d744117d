import type {Endpoint} from './endpoint.js';

/** Somebody with a port, who is there or not as the timeline says. */
export interface Player {
	readonly port: number;
	/** Comes or goes as the timeline says now; resolves when that is done. */
	readonly follow: () => Promise<void>;
	/** Leaves for good. */
	readonly leave: () => Promise<void>;
}

/** A player who is no more than a port of this process. */
export function playerOf(endpoint: Endpoint, isPresent: () => boolean): Player {
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

/** Keeps players in line with the timeline. */
export function follow(players: readonly Player[], everyMs: number): {readonly stop: () => Promise<void>} {
	const underWay = new Map<Player, Promise<void>>();
	const timer = setInterval(() => {
		for (const player of players) {
			if (!underWay.has(player)) {
				// A port that another program took in the meantime is tried again at the next tick.
				const followed = player
					.follow()
					.catch(() => {})
					.finally(() => underWay.delete(player));
				underWay.set(player, followed);
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
