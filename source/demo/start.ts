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
	/** Default: the Node.js that runs this program. */
	readonly nodeBinary?: string;
	/** Arguments for Node.js itself, before the entry. Default none. */
	readonly nodeArguments?: readonly string[];
	/** More flags of the demo, such as `--calm`. */
	readonly extraArguments?: readonly string[];
	/** How long it may take to become ready, in milliseconds. Default 15 s. */
	readonly timeLimitMs?: number;
}

/** A running simulated fleet. */
export interface RunningDemo {
	/** The folder of the fleet's nodes.json. It is created (0700) unless `extraArguments` name one. */
	readonly configDir: string;
	readonly pid: number;
	/** Stops the fleet and removes the folder; resolves when both are gone. May be called more than once. */
	readonly stop: () => Promise<void>;
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const patienceMs = 5000;

/**
 * Starts the simulated fleet as a separate process. It ends with this process, however that ends.
 * @throws Error in one sentence when it does not become ready
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
			// It removes the folder itself unless it was killed. A folder that the caller named is not removed.
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

/** Waits for the line that says where the configuration is. */
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

/** What keeps this process alive, and until when. */
export interface Shutdown {
	/**
	 * Resolves when the process must end: its standard input has ended or its IPC channel is closed, which also happens when the
	 * parent is killed, or a signal came.
	 */
	readonly ended: Promise<void>;
	/** Releases the listeners, so that they no longer keep the process alive. */
	readonly release: () => void;
}

/** Listens to standard input, the IPC channel to the parent, and the signals. */
export function watchDemoShutdown(): Shutdown {
	const {stdin, stdout} = process;
	// The reader of the output may be gone.
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
