import {createInterface} from 'node:readline';

/**
 * Runs one cycle for every line on stdin, and prints what it took and gave as one line; ends with stdin.
 * @param cycle gives how many of the nodes failed
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
