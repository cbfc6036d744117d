/** What everybody in the simulated fleet shares, the processes of their own included. */
export interface World {
	/** When the demo began, in milliseconds since the epoch. */
	readonly startedAtMs: number;
	readonly seed: number;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
}

/** Milliseconds since the demo began. */
export function elapsedMs({nowMs, startedAtMs}: World): number {
	return nowMs() - startedAtMs;
}
