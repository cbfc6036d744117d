/** Calls at most every `ms`, the last time always. */
export function throttle(callee: () => void, ms: number): {readonly call: () => void; readonly cancel: () => void} {
	let lastMs = Number.NEGATIVE_INFINITY;
	let timer: NodeJS.Timeout | undefined;
	const run = (): void => {
		timer = undefined;
		lastMs = performance.now();
		callee();
	};

	return {
		call: () => {
			timer ??= setTimeout(run, Math.max(0, lastMs + ms - performance.now()));
		},
		cancel: () => clearTimeout(timer),
	};
}
