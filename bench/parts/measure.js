import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {text} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';

/** The absolute path of a file in this repository. */
export const fileOf = path => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const probe = fileOf('bench/parts/cpu-probe.cjs');

/**
 * Runs `node` with these arguments until it exits, without environment variables that affect xmrtop.
 * @returns CPU time (user and system, all threads) and wall time in milliseconds, the exit code, and stdout if kept
 */
export async function runNode(args, {keepsOutput = false} = {}) {
	const startedMs = performance.now();
	const child = spawn(process.execPath, ['-r', probe, ...args], {
		env: plainEnvironment(),
		stdio: ['ignore', keepsOutput ? 'pipe' : 'ignore', 'inherit', 'pipe'],
	});
	const [output, cpuMicroseconds, [code]] = await Promise.all([
		keepsOutput ? text(child.stdout) : '',
		text(child.stdio[3]),
		once(child, 'exit'),
	]);
	return {cpuMs: Number(cpuMicroseconds) / 1000, wallMs: performance.now() - startedMs, code, output};
}

/** The environment without the variables that affect xmrtop or Node. */
export function plainEnvironment() {
	const steering = /^(?:XMRTOP_|XDG_|NODE_OPTIONS$|CI$|FORCE_COLOR$)/;
	return Object.fromEntries(Object.entries(process.env).filter(([name]) => !steering.test(name)));
}

/**
 * Measures several things alternately (A B C A B C ...), so that load on the machine affects all of them, and returns the median
 * of each.
 * @param things functions by name, each returning a number
 */
export async function medians(things, {turns, warmUps = 2}) {
	const measured = Object.fromEntries(Object.keys(things).map(name => [name, []]));
	for (let turn = -warmUps; turn < turns; turn += 1) {
		for (const [name, measure] of Object.entries(things)) {
			const value = await measure();
			if (turn >= 0) {
				measured[name].push(value);
			}
		}
	}

	return Object.fromEntries(Object.entries(measured).map(([name, values]) => [name, median(values)]));
}

/** The median of numbers. */
export function median(values) {
	const sorted = values.toSorted((a, b) => a - b);
	const middle = sorted.length >> 1;
	return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
