/**
 * Lets work begin at most so many at a time; the rest waits in the order of asking.
 * @param most how many at once
 */
export function createLimit(most: number): <T>(work: () => Promise<T>) => Promise<T> {
	const waiting: Array<() => void> = [];
	let running = 0;
	const leave = (): void => {
		const next = waiting.shift();
		if (next) {
			next();
		} else {
			running -= 1;
		}
	};

	return async work => {
		if (running >= most) {
			await new Promise<void>(resolve => {
				waiting.push(resolve);
			});
		} else {
			running += 1;
		}

		try {
			return await work();
		} finally {
			leave();
		}
	};
}
