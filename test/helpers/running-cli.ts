import type {ChildProcessWithoutNullStreams} from 'node:child_process';
import type {TestContext} from 'node:test';
import {processorWaitMs} from './processor-wait.js';
import {type CliOptions, startCli} from './run-cli.js';

/** A running program and its output so far. */
export interface RunningCli {
	readonly child: ChildProcessWithoutNullStreams;
	/** The complete lines on stdout so far. */
	readonly lines: () => readonly string[];
	readonly stderr: () => string;
	/** Waits until the condition holds. @throws on timeout, with all output */
	readonly until: (condition: () => boolean, what: string, withinMs?: number) => Promise<void>;
	/** Sends a signal and waits for the exit. */
	readonly end: (signal: NodeJS.Signals) => Promise<Ending>;
	/** Waits for the exit. @returns how it ended, and how long after this call */
	readonly ending: () => Promise<Ending>;
}

export interface Ending {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	/** Excludes the time in which it or this process waited for a CPU. */
	readonly afterMs: number;
}

/** Starts the built program; it is killed after the test. */
export function runningCli(context: TestContext, args: readonly string[], options: CliOptions = {}): RunningCli {
	const child = startCli(args, options);
	let stdout = '';
	let stderr = '';
	const waiting = new Set<() => void>();
	const onOutput = (): void => {
		for (const check of waiting) {
			check();
		}
	};
	child.stdout.setEncoding('utf8').on('data', text => {
		stdout += text;
		onOutput();
	});
	child.stderr.setEncoding('utf8').on('data', text => {
		stderr += text;
		onOutput();
	});
	const closed = new Promise<Pick<Ending, 'code' | 'signal'>>(resolve => {
		child.on('close', (code, signal) => {
			resolve({code, signal});
			onOutput();
		});
	});
	context.after(() => child.kill('SIGKILL'));
	const ending = async (): Promise<Ending> => {
		const startedMs = performance.now();
		const pid = child.pid ?? 0;
		const waitedBefore = {own: processorWaitMs('self'), child: processorWaitMs(pid)};
		let childWaited = 0;
		const check = (): void => {
			childWaited = Math.max(childWaited, processorWaitMs(pid) - waitedBefore.child);
		};
		const sampling = setInterval(check, 10);
		const end = await closed;
		clearInterval(sampling);
		const waitedMs = childWaited + processorWaitMs('self') - waitedBefore.own;
		return {...end, afterMs: performance.now() - startedMs - waitedMs};
	};
	return {
		child,
		lines: () => stdout.split('\n').slice(0, -1),
		stderr: () => stderr,
		until: (condition, what, withinMs = 15_000) =>
			new Promise((resolve, reject) => {
				const done = (finish: () => void): void => {
					clearTimeout(timer);
					waiting.delete(check);
					finish();
				};
				const check = (): void => {
					if (condition()) {
						done(resolve);
					}
				};
				const timer = setTimeout(
					() => done(() => reject(new Error(`${what} within ${withinMs} ms; stdout:\n${stdout}\nstderr:\n${stderr}`))),
					withinMs,
				);
				waiting.add(check);
				check();
			}),
		end: signal => {
			child.kill(signal);
			return ending();
		},
		ending,
	};
}
