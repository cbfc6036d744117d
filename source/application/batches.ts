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
