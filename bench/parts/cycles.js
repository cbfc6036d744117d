import {createInterface} from 'node:readline';

/**
 * Runs one cycle for every line on stdin, and prints its CPU time, duration and number of failed nodes as one line of JSON. Ends when
 * stdin closes.
 * @param cycle runs a cycle and resolves with the number of failed nodes
 */
export async function answerCycles(cycle) {
	for await (const _ of createInterface({input: process.stdin})) {
		const startedMs = performance.now();
		const before = process.cpuUsage();
		const failed = await cycle();
		const {user, system} = process.cpuUsage(before);
		const wallMs = performance.now() - startedMs;
		process.stdout.write(`${JSON.stringify({cpuMs: (user + system) / 1000, wallMs, failed})}\n`);
	}
}
