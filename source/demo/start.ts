import {type ChildProcessByStdio, spawn} from 'node:child_process';
import {once} from 'node:events';
import {rm} from 'node:fs/promises';
import type {Readable, Writable} from 'node:stream';

/** How to start the simulated fleet. */
export interface StartDemoOptions {
	/** How many nodes. Default 12. */
	readonly nodes?: number;
	/** Path of the demo's entry file (`dist/demo.js`). */
	readonly entry: string;
	/** Default: the one that runs this program. */
	readonly nodeBinary?: string;
	/** Arguments for node itself, before the entry. Default none. */
	readonly nodeArguments?: readonly string[];
	/** More flags of the demo, such as `--calm`. */
	readonly extraArguments?: readonly string[];
	/** Milliseconds it may take to be ready. Default 15 s. */
	readonly timeLimitMs?: number;
}

/** A simulated fleet that runs. */
export interface RunningDemo {
	/** The folder, made for it (0700) unless `extraArguments` name one, of the nodes.json that knows the fleet. */
	readonly configDir: string;
	readonly pid: number;
	/** Ends the fleet and removes the folder; resolves when both are gone. May be called more than once. */
	readonly stop: () => Promise<void>;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const patienceMs = 5000;

/**
 * Starts the simulated fleet as a process of its own. It ends with this process, however that ends.
 * @throws Error one sentence when it does not get ready
 */
export async function startDemo({
	nodes = 12,
	entry,
	nodeBinary = process.execPath,
	nodeArguments = [],
	extraArguments = [],
	timeLimitMs = 15_000,
}: StartDemoOptions): Promise<RunningDemo> {
	const child = spawn(nodeBinary, [...nodeArguments, entry, '--nodes', String(nodes), ...extraArguments], {
		stdio: ['pipe', 'pipe', 'pipe'],
	});
	child.stdin.on('error', () => {});
	try {
		const configDir = await readyLine(child, timeLimitMs);
		let stopped: Promise<void> | undefined;
		const stop = async (): Promise<void> => {
			await end(child);
			// It removes the folder itself, unless it had to be killed. A folder somebody named is not ours to remove.
			if (!extraArguments.some(argument => argument.startsWith('--config-dir'))) {
				await rm(configDir, {recursive: true, force: true});
			}
		};
		return {
			configDir,
			pid: child.pid ?? 0,
			stop: async () => {
				stopped ??= stop();
				await stopped;
			},
		};
	} catch (error) {
		await end(child);
		throw error;
	}
}

/** Waits for the one line that says where the configuration is. */
async function readyLine(child: Child, timeLimitMs: number): Promise<string> {
	let printed = '';
	let complaints = '';
	child.stderr.setEncoding('utf8').on('data', (text: string) => {
		complaints = `${complaints}${text}`.slice(-2000);
	});
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => {
			reject(new Error(`the simulated fleet was not ready within ${timeLimitMs / 1000} s`));
		}, timeLimitMs);
		const settle = (): void => {
			clearTimeout(timer);
		};
		child.stdout.setEncoding('utf8').on('data', (text: string) => {
			printed += text;
			const [line, rest] = printed.split('\n', 2);
			if (rest !== undefined) {
				settle();
				resolve((JSON.parse(line ?? '') as {config_dir: string}).config_dir);
			}
		});
		child.once('error', error => {
			settle();
			reject(new Error(`the simulated fleet cannot be started: ${error.message}`));
		});
		child.once('close', code => {
			settle();
			const last = complaints.trim().split('\n').at(-1);
			reject(new Error(`the simulated fleet ended before it was ready: ${last || `exit code ${code}`}`));
		});
	});
}

async function end(child: Child): Promise<void> {
	if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) {
		return;
	}

	const ended = once(child, 'exit');
	child.stdin.end();
	child.kill('SIGTERM');
	const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
	await ended;
	clearTimeout(timer);
}

const signals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

/** What keeps this process alive, and for how long. */
export interface Shutdown {
	/**
	 * Resolves when the process is to end: its standard input has ended or its channel is closed, which happens even
	 * when the parent is killed, or a signal came.
	 */
	readonly ended: Promise<void>;
	/** Lets go: nothing of it keeps the process alive any longer. */
	readonly release: () => void;
}

/** Takes hold of standard input, the channel to the parent and the signals. */
export function watchDemoShutdown(): Shutdown {
	const {stdin, stdout} = process;
	// Nobody may be left to read what is printed.
	stdout.on('error', () => {});
	const ended = new Promise<void>(resolve => {
		const end = (): void => {
			resolve();
		};
		for (const signal of signals) {
			process.on(signal, end);
		}

		stdin.on('end', end).on('close', end).on('error', end).resume();
		if (process.connected) {
			process.once('disconnect', end);
		}
	});
	return {
		ended,
		release: () => {
			stdin.destroy();
			if (process.connected) {
				process.disconnect();
			}
		},
	};
}
