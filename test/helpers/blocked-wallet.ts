import type {TestContext} from 'node:test';
import {firstLine, startChild, type TestChild} from './child-processes.js';

/**
 * Starts a process named monero-wallet-rpc that accepts connections (the kernel does) and then blocks its only thread, as a
 * wallet does that reads blocks.
 * @param loop what the thread does then: JavaScript in which `sleep(ms)` blocks it without using a processor
 */
export async function startBlocked(
	test: TestContext,
	loop: string,
	parameters: readonly string[] = [],
): Promise<TestChild & {readonly port: number}> {
	const script = `
		const view = new Int32Array(new SharedArrayBuffer(4));
		const sleep = ms => Atomics.wait(view, 0, 0, ms);
		require("net").createServer().listen(0, "127.0.0.1", function () {
			console.log(this.address().port);
			${loop}
		});`;
	const started = startChild(test, process.execPath, ['-e', script, ...parameters], {argv0: 'monero-wallet-rpc'});
	return {...started, port: Number(await firstLine(started.child))};
}

/** One that does nothing at all any more. */
export const startHung = (test: TestContext) => startBlocked(test, 'for (;;) sleep(1e9);');

/** One that is woken so often in a second, and uses next to no processor time. */
export const startTrickling = (test: TestContext, wakesPerS: number) =>
	startBlocked(test, `for (;;) sleep(${1000 / wakesPerS});`);

/** One that uses a whole core. */
export const startWorking = (test: TestContext) => startBlocked(test, 'for (;;);');
