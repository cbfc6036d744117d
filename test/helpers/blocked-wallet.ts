import type {TestContext} from 'node:test';
import {firstLine, startChild, type TestChild} from './child-processes.js';

/**
 * Starts a process named monero-wallet-rpc whose connections are accepted by the kernel, but whose only thread is blocked, like that of
 * a wallet that reads blocks.
 * @param loop JavaScript that the thread runs; `sleep(ms)` blocks it without using CPU
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

/** A wallet that hangs: it uses no CPU and never wakes up. */
export const startHung = (test: TestContext) => startBlocked(test, 'for (;;) sleep(1e9);');

/** A wallet that wakes up `wakesPerS` times per second and uses almost no CPU. */
export const startTrickling = (test: TestContext, wakesPerS: number) =>
	startBlocked(test, `for (;;) sleep(${1000 / wakesPerS});`);

/** A wallet that uses a whole core. */
export const startWorking = (test: TestContext) => startBlocked(test, 'for (;;);');
