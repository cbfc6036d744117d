import {type ChildProcess, spawn} from 'node:child_process';
import process from 'node:process';
import {setImmediate as nextTurn, setTimeout as sleep} from 'node:timers/promises';
import {commandText} from '../../domain/actions.js';
import type {CommandEnd} from '../../domain/ports.js';
import type {RunInTerminal} from '../view/action-dialogs.js';

/** Signals that ask a program to end. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Errors of a terminal that is gone; they are not reported, because nobody could read it. */
const goneCodes = new Set(['EPIPE', 'EIO', 'ENXIO', 'EBADF', 'ERR_STREAM_DESTROYED']);

/** Ink's function that restores the terminal while `during` runs and then takes it over again. */
export type SuspendTerminal = (during: () => void | Promise<void>) => Promise<unknown>;

export interface ExitSignalOptions {
	readonly stdin: NodeJS.ReadStream;
	readonly stdout: NodeJS.WriteStream;
	/** Ends the screen; with the error that caused it, if any. */
	readonly end: (error?: unknown) => void;
	readonly suspendTerminal: SuspendTerminal;
}

/** Signals received while another program uses the terminal. */
export interface LentSignals {
	/** Ctrl-C was pressed. */
	readonly isInterrupted: boolean;
	/** A signal asked this program to exit. */
	readonly isEnding: boolean;
}

export interface ExitSignals {
	/** Stops the program as Ctrl-Z does in a shell. */
	readonly suspend: () => void;
	/**
	 * Gives the terminal to another program while `work` runs. Ctrl-C then affects only that program; other exit signals
	 * take effect afterwards.
	 * @param work gets the signals received so far
	 */
	readonly lend: (work: (arrived: LentSignals) => Promise<void>) => Promise<void>;
	/** Removes all listeners. */
	readonly close: () => void;
}

/** Handles everything that can end a full-screen program (signals, errors, a closed terminal), and suspending it with Ctrl-Z. */
export function watchExitSignals({stdin, stdout, end, suspendTerminal}: ExitSignalOptions): ExitSignals {
	let isStopped = false;
	/** Signals received while the terminal is lent; `undefined` while it is not. */
	let lent: {isInterrupted: boolean; isEnding: boolean} | undefined;
	const onSignal = (signal: string): void => {
		if (!lent) {
			end();
		} else if (signal === 'SIGINT' || signal === 'SIGQUIT') {
			lent.isInterrupted = true;
		} else {
			lent.isEnding = true;
		}
	};
	const onGone = (error: NodeJS.ErrnoException): void => end(goneCodes.has(error.code ?? '') ? undefined : error);
	const onCrash = (error: unknown): void => onGone(error as NodeJS.ErrnoException);
	const onEnd = (): void => end();
	const stop = async (pid: number): Promise<void> => {
		if (isStopped || lent) {
			return;
		}

		isStopped = true;
		// Restore the terminal before stopping: once the shell sees its child stop, it takes the terminal, and changing terminal modes
		// from the background would stop this process halfway.
		await suspendTerminal(() => {
			process.off('SIGTSTP', onStop);
			// Without a listener SIGTSTP has its default action: the process stops here until SIGCONT.
			process.kill(pid, 'SIGTSTP');
			process.on('SIGTSTP', onStop);
		});
		isStopped = false;
	};

	const onStop = (): void => void stop(process.pid).catch(end);
	// SIGSTOP cannot be caught, so the terminal was not restored, and the shell has changed it since: take it over again.
	const onContinued = (): void => {
		if (!isStopped && !lent) {
			suspendTerminal(() => {}).catch(end);
		}
	};

	const listeners: ReadonlyArray<readonly [NodeJS.EventEmitter, string, (...values: never[]) => void]> = [
		...endingSignals.map(signal => [process, signal, onSignal] as const),
		[process, 'SIGTSTP', onStop],
		[process, 'SIGCONT', onContinued],
		[process, 'uncaughtException', onCrash],
		[process, 'unhandledRejection', onCrash],
		[stdin, 'error', onGone],
		[stdin, 'end', onEnd],
		[stdin, 'close', onEnd],
	];
	for (const [source, event, listener] of listeners) {
		source.on(event, listener as () => void);
	}

	// Never removed: pending writes may fail after the screen has ended.
	stdout.on('error', onGone);
	return {
		// Stops the whole foreground process group, as the terminal does for Ctrl-Z.
		suspend: () => void stop(0).catch(end),
		lend: async work => {
			if (isStopped || lent) {
				return;
			}

			const now = {isInterrupted: false, isEnding: false};
			lent = now;
			// With the default action, Ctrl-Z stops this program together with the other one, as a shell expects.
			process.off('SIGTSTP', onStop);
			try {
				await suspendTerminal(() => work(now));
			} finally {
				lent = undefined;
				process.on('SIGTSTP', onStop);
				if (now.isEnding) {
					end();
				}
			}
		},
		close: () => {
			for (const [source, event, listener] of listeners) {
				source.off(event, listener as () => void);
			}

			// When a terminal closes, both the kernel and the shell send SIGHUP; the second must not interrupt saving.
			process.on('SIGHUP', () => {});
		},
	};
}

interface TerminalRunnerOptions extends Pick<ExitSignals, 'lend'> {
	readonly stdin: Pick<NodeJS.ReadStream, 'pause' | 'resume'>;
	readonly stdout: Pick<NodeJS.WriteStream, 'write'>;
}

/**
 * Ctrl-C reaches this program and the command at once, but on a busy machine the end of the command may be seen first;
 * milliseconds to wait.
 */
const lateSignalMs = 100;

/** Waits for a line in a child process, so that this process reads all keys after it. */
const waitForEnter = ['sh', '-c', 'read -r line'];

/**
 * Creates the function that runs a command in the terminal. If the command fails, its output stays until Enter is pressed; after
 * Ctrl-C it does not.
 */
export function createTerminalRunner({stdin, stdout, lend}: TerminalRunnerOptions): RunInTerminal {
	return async (argv, run) => {
		let end: CommandEnd | undefined;
		await lend(async arrived => {
			// Node would continue reading stdin and take keys away from the command. Only a change from flowing to paused stops that,
			// and only after Node has processed the removal of Ink's listener.
			await nextTurn();
			stdin.resume();
			stdin.pause();
			await nextTurn();
			if (arrived.isEnding) {
				return;
			}

			stdout.write(`+ ${commandText(argv)}\n`);
			end = await run(argv);
			if (!arrived.isInterrupted) {
				await sleep(lateSignalMs);
			}

			if (arrived.isInterrupted) {
				stdout.write('\n');
				end = {exitCode: end.exitCode, failure: 'Ctrl-C'};
			} else if (end.failure !== undefined && !arrived.isEnding) {
				stdout.write(`\n${end.failure}; press Enter to return to xmrtop `);
				await run(waitForEnter);
			}
		});
		return end ?? {exitCode: 1, failure: 'not started'};
	};
}

/** Restores a terminal that Ink could not restore: title, bracketed paste off, line wrapping, style, cursor, primary screen. */
const leaving = '\u001B[23;0t\u001B[?2004l\u001B[?7h\u001B[m\u001B[?25h\u001B[?1049l';

/** The guard process starts after this time, so that it does not delay the first frames; milliseconds. */
const armAfterMs = 1000;

/**
 * Waits for a line on stdin. If stdin closes without a line, the program has died without restoring the terminal, so the script does.
 * The bytes are an argument, because some shells mishandle them in the format of printf.
 */
const script = 'read -r line && exit; printf %s "$1"; stty sane <&1';

/** Restores the terminal when the program dies without running any more code: out of memory, a crash, SIGKILL. */
export interface TerminalGuard {
	readonly arm: () => void;
	readonly disarm: () => void;
}

export function createTerminalGuard(stdout: NodeJS.WriteStream & {readonly fd?: number}): TerminalGuard {
	let timer: NodeJS.Timeout | undefined;
	let child: ChildProcess | undefined;
	const start = (): void => {
		child = spawn('/bin/sh', ['-c', script, 'sh', leaving], {
			// In its own session, it does not get the signals that the terminal sends to the program.
			detached: true,
			env: {PATH: process.env.PATH ?? '/usr/bin:/bin'},
			stdio: ['pipe', stdout.fd, 'ignore'],
		});
		// If there is no shell, there is no guard.
		child.on('error', () => {});
		child.stdin?.on('error', () => {});
		child.unref();
		(child.stdin as {unref?: () => void} | null)?.unref?.();
	};
	return {
		arm: () => {
			// A stream without a file descriptor cannot be inherited by a child.
			if (stdout.isTTY && stdout.fd !== undefined && process.platform !== 'win32') {
				timer ??= setTimeout(start, armAfterMs).unref();
			}
		},
		disarm: () => {
			clearTimeout(timer);
			timer = undefined;
			child?.stdin?.write('done\n');
			child = undefined;
		},
	};
}
