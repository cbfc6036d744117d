/** Runs every promise callback that can run now. Works with mocked timers too. */
export async function flushPromises(): Promise<void> {
	for (let turn = 0; turn < 5; turn += 1) {
		await new Promise(resolve => setImmediate(resolve));
	}
}
