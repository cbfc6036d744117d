/** Runs all pending promise callbacks. Also works with mocked timers. */
export async function flushPromises(): Promise<void> {
	for (let turn = 0; turn < 5; turn += 1) {
		await new Promise(resolve => setImmediate(resolve));
	}
}
