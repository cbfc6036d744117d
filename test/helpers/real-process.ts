import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {accessSync, constants, readdirSync, readFileSync} from 'node:fs';
import {mkdir} from 'node:fs/promises';
import net, {type AddressInfo} from 'node:net';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';

/** A running program, which is ended only by its pid. */
export interface RealProcess {
	readonly pid: number;
	/** Its output so far. */
	readonly output: () => string;
	readonly hasExited: () => boolean;
	/** Sends SIGTERM and waits until it has exited; kills it after 20 s. */
	readonly stop: () => Promise<void>;
	/** Sends SIGKILL and waits until it has exited. */
	readonly kill: () => Promise<void>;
	/** Sends SIGSTOP and waits until all threads have stopped: it keeps its port but does not answer. */
	readonly freeze: () => void;
	/** Sends SIGCONT. */
	readonly thaw: () => void;
}

/** The path of a program in PATH or /usr/sbin; `undefined` when it is not installed. */
export function findProgram(name: string): string | undefined {
	return [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin']
		.filter(Boolean)
		.map(folder => path.join(folder, name))
		.find(isExecutable);
}

function isExecutable(file: string): boolean {
	try {
		accessSync(file, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}

/**
 * Starts a program in a folder that is also its home, so that it leaves no files elsewhere.
 * @param home created if it does not exist
 */
export async function startProcess(
	file: string,
	args: readonly string[],
	{cwd, home}: {readonly cwd: string; readonly home: string},
): Promise<RealProcess> {
	await mkdir(home, {recursive: true});
	const child = spawn(file, args, {cwd, env: {...process.env, HOME: home}, stdio: ['ignore', 'pipe', 'pipe']});
	let output = '';
	for (const stream of [child.stdout, child.stderr]) {
		stream.setEncoding('utf8').on('data', (text: string) => {
			output += text;
		});
	}

	await once(child, 'spawn');
	const killWithTests = (): void => {
		child.kill('SIGKILL');
	};
	process.on('exit', killWithTests);
	const exited = once(child, 'exit').then(() => {
		process.off('exit', killWithTests);
	});
	return {
		pid: child.pid ?? 0,
		output: () => output,
		hasExited: () => hasExited(child),
		stop: () => end(child, exited, 20_000),
		kill: () => end(child, exited, 0),
		freeze: () => {
			child.kill('SIGSTOP');
			while (!isStopped(child.pid ?? 0)) {
				// The threads stop one after another; until all have stopped, one may still answer.
			}
		},
		thaw: () => void child.kill('SIGCONT'),
	};
}

/** Whether every thread of a process is stopped (or the process is gone). */
export function isStopped(pid: number): boolean {
	try {
		return readdirSync(`/proc/${pid}/task`).every(thread =>
			/\) [TtZX] /.test(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')),
		);
	} catch {
		return true;
	}
}

function hasExited(child: ChildProcess): boolean {
	return child.exitCode !== null || child.signalCode !== null;
}

async function end(child: ChildProcess, exited: Promise<void>, patienceMs: number): Promise<void> {
	const killing = setTimeout(() => child.kill('SIGKILL'), patienceMs);
	if (patienceMs > 0 && !hasExited(child)) {
		child.kill('SIGTERM');
		child.kill('SIGCONT');
	}

	await exited;
	clearTimeout(killing);
}

/**
 * Starts a program on a free port and waits until it is ready. If another program has taken the port meanwhile, tries again.
 * @param isReady called repeatedly until it returns true or the process exits
 */
export async function startOnFreePort<P extends RealProcess>(
	start: (port: number) => Promise<P>,
	isReady: (port: number) => Promise<boolean>,
	givenPort?: number,
): Promise<{process: P; port: number}> {
	for (let triesLeft = 2; ; triesLeft -= 1) {
		const port = givenPort ?? (await freePort());
		const process = await start(port);
		const untilMs = performance.now() + 60_000;
		while (!process.hasExited() && performance.now() < untilMs) {
			if (await isReady(port)) {
				return {process, port};
			}

			await delay(50);
		}

		await process.kill();
		if (triesLeft === 0 || givenPort !== undefined || !/failed to bind/i.test(process.output())) {
			const text = process.output();
			throw new Error(`not ready:\n${text.slice(0, 1000)}\n...\n${text.slice(-1000)}`);
		}
	}
}

/** Finds a port that is currently free. */
export async function freePort(): Promise<number> {
	const server = net.createServer().listen(0, '127.0.0.1');
	await once(server, 'listening');
	const {port} = server.address() as AddressInfo;
	server.close();
	await once(server, 'close');
	return port;
}
