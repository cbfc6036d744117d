/** After a making nothing new is begun for as long as so many of it would take: however many ask, it costs a fifth at most. */
const restPerMaking = 4;

interface Making<Input, Output> {
	readonly input: Input;
	readonly output: Promise<Output>;
}

/**
 * Makes something of the newest input, at most once for each, one at a time, and with rests. Those who ask meanwhile share
 * the next making.
 */
export function rateLimited<Input, Output>(make: (input: Input) => Promise<Output>): (input: Input) => Promise<Output> {
	let last: Making<Input, Output> | undefined;
	let newest: Input;
	let next: Promise<Output> | undefined;
	let restUntilMs = 0;

	const begin = async (input: Input): Promise<Output> => {
		const startedAtMs = performance.now();
		try {
			return await make(input);
		} finally {
			const endedAtMs = performance.now();
			restUntilMs = endedAtMs + (endedAtMs - startedAtMs) * restPerMaking;
		}
	};

	const makeNext = async (): Promise<Output> => {
		await last?.output.catch(() => {});
		const restMs = restUntilMs - performance.now();
		if (restMs > 0) {
			await new Promise(resolve => setTimeout(resolve, restMs));
		}

		next = undefined;
		const making = {input: newest, output: begin(newest)};
		last = making;
		// What failed is tried anew.
		making.output.catch(() => {
			last = undefined;
		});
		return making.output;
	};

	return input => {
		if (last?.input === input) {
			return last.output;
		}

		newest = input;
		next ??= makeNext();
		return next;
	};
}

/** A large fleet is not asked all at once: between slices a key that was pressed gets its turn. */
const sliceSize = 64;
const sliceGapMs = 10;

/**
 * Does something with every item, a slice of them at a time.
 * @param withinMs the slices are spread over at most this time
 * @param isEnded whether to stop before the next slice
 * @returns when everything begun has ended
 */
export async function runInBatches<T>(
	items: readonly T[],
	work: (item: T) => Promise<void>,
	{withinMs, isEnded}: {readonly withinMs: number; readonly isEnded: () => boolean},
): Promise<void> {
	const gapMs = Math.min(sliceGapMs, (withinMs / items.length) * sliceSize);
	const underWay: Array<Promise<void>> = [];
	for (let from = 0; from < items.length && !isEnded(); from += sliceSize) {
		if (from > 0) {
			await new Promise(resolve => setTimeout(resolve, gapMs));
		}

		underWay.push(...items.slice(from, from + sliceSize).map(work));
	}

	await Promise.all(underWay);
}
