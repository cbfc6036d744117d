import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {text} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';

/** A file of this repository. */
export const fileOf = path => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const probe = fileOf('bench/parts/cpu-probe.cjs');

/**
 * Runs `node` with these arguments to its end, without anything of our environment that changes what xmrtop does.
 * @returns milliseconds of CPU (user and system, all threads) and of time, the exit code, and stdout if kept
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

/** The environment without the variables that steer xmrtop or Node. */
export function plainEnvironment() {
	const steering = /^(?:XMRTOP_|XDG_|NODE_OPTIONS$|CI$|FORCE_COLOR$)/;
	return Object.fromEntries(Object.entries(process.env).filter(([name]) => !steering.test(name)));
}

/**
 * Measures several things in turn (A B C A B C ...), so that a busy machine is busy for all of them, and gives each one's
 * median.
 * @param things functions by name, each giving a number
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

function median(values) {
	const sorted = values.toSorted((a, b) => a - b);
	const middle = sorted.length >> 1;
	return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
