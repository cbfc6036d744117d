/**
 * After each run, the pause before the next is this many times its duration: repeated calls take at most a fifth of the time.
 */
export const pausePerRun = 4;

interface Run<Input, Output> {
	readonly input: Input;
	readonly output: Promise<Output>;
}

/**
 * Wraps a computation so that it runs once per input, with the newest input, one run at a time and with pauses. Calls made
 * meanwhile share the next run.
 */
export function rateLimited<Input, Output>(run: (input: Input) => Promise<Output>): (input: Input) => Promise<Output> {
	let last: Run<Input, Output> | undefined;
	let newest: Input;
	let next: Promise<Output> | undefined;
	let pausedUntilMs = 0;

	const begin = async (input: Input): Promise<Output> => {
		const startedAtMs = performance.now();
		try {
			return await run(input);
		} finally {
			const endedAtMs = performance.now();
			pausedUntilMs = endedAtMs + (endedAtMs - startedAtMs) * pausePerRun;
		}
	};

	const runNext = async (): Promise<Output> => {
		await last?.output.catch(() => {});
		const pauseMs = pausedUntilMs - performance.now();
		if (pauseMs > 0) {
			await new Promise(resolve => setTimeout(resolve, pauseMs));
		}

		next = undefined;
		const run = {input: newest, output: begin(newest)};
		last = run;
		// A failed run is repeated.
		run.output.catch(() => {
			last = undefined;
		});
		return run.output;
	};

	return input => {
		if (last?.input === input) {
			return last.output;
		}

		newest = input;
		next ??= runNext();
		return next;
	};
}

/** A large fleet is not checked all at once: key presses are handled between batches. */
const batchSize = 64;
const batchGapMs = 10;

/**
 * Does something with every item, one batch at a time.
 * @param withinMs the batches are started within this time
 * @param isEnded whether to stop before the next batch
 * @returns when all work that was begun has ended
 */
export async function runInBatches<T>(
	items: readonly T[],
	work: (item: T) => Promise<void>,
	{withinMs, isEnded}: {readonly withinMs: number; readonly isEnded: () => boolean},
): Promise<void> {
	const gapMs = Math.min(batchGapMs, (withinMs / items.length) * batchSize);
	const underWay: Array<Promise<void>> = [];
	for (let from = 0; from < items.length && !isEnded(); from += batchSize) {
		if (from > 0) {
			await new Promise(resolve => setTimeout(resolve, gapMs));
		}

		underWay.push(...items.slice(from, from + batchSize).map(work));
	}

	await Promise.all(underWay);
}
