const callbacksBySignal = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls back once when the signal aborts. However many wait, the signal has one listener: Node warns of a leak
 * above ten, and a fleet shares one signal.
 * @returns the way to stop waiting
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
	const callbacks = callbacksBySignal.get(signal) ?? listenTo(signal);
	callbacks.add(callback);
	return () => callbacks.delete(callback);
}

function listenTo(signal: AbortSignal): Set<() => void> {
	const callbacks = new Set<() => void>();
	const callAll = (): void => {
		for (const callback of callbacks) {
			callback();
		}

		callbacks.clear();
	};
	signal.addEventListener('abort', callAll, {once: true});
	callbacksBySignal.set(signal, callbacks);
	return callbacks;
}
