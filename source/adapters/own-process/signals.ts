/**
 * Resolves at the first SIGINT or SIGTERM, and keeps the process alive until then.
 * @param unneeded ends the waiting early
 */
export function untilSignal(unneeded?: AbortSignal): Promise<void> {
	return new Promise(resolve => {
		// A timer keeps the process alive; signals alone do not.
		const alive = setInterval(() => {}, 2 ** 30);
		const end = (): void => {
			clearInterval(alive);
			// Only later: the lock library ends the program by the same signal when it finds nobody else listening for it.
			setImmediate(() => process.off('SIGINT', end).off('SIGTERM', end));
			resolve();
		};

		process.on('SIGINT', end).on('SIGTERM', end);
		unneeded?.addEventListener('abort', end, {once: true});
	});
}

/** Calls back at every SIGHUP. @returns the way to end it */
export function onHangup(listener: () => void): () => void {
	process.on('SIGHUP', listener);
	return () => process.off('SIGHUP', listener);
}
