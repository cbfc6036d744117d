import {type ChildProcess, spawn} from 'node:child_process';
import process from 'node:process';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {commandText} from '../../domain/actions.js';
import type {CommandEnd} from '../../domain/ports.js';
import type {RunInTerminal} from '../view/action-dialogs.js';

/** Signals that ask a program to end. */
const endingSignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** Errors of a terminal that is gone; nobody is left to read about them. */
const goneCodes = new Set(['EPIPE', 'EIO', 'ENXIO', 'EBADF', 'ERR_STREAM_DESTROYED']);

/** Gives the terminal back while `during` runs, then takes it again: Ink's own. */
export type SuspendTerminal = (during: () => void | Promise<void>) => Promise<unknown>;

export interface ExitSignalOptions {
	readonly stdin: NodeJS.ReadStream;
	readonly stdout: NodeJS.WriteStream;
	/** Ends the screen; with the error that forced it, if any. */
	readonly end: (error?: unknown) => void;
	readonly suspendTerminal: SuspendTerminal;
}

/** What arrived while the terminal is lent. */
export interface LentSignals {
	/** Ctrl-C was pressed. */
	readonly isInterrupted: boolean;
	/** This program is to end. */
	readonly isEnding: boolean;
}

export interface ExitSignals {
	/** Stops the program as Ctrl-Z does in a shell. */
	readonly suspend: () => void;
	/**
	 * Gives the terminal to another program while `work` runs. Its signals are then for that program alone, and what asks this one to
	 * end is obeyed afterwards.
	 * @param work is told what has arrived meanwhile
	 */
	readonly lend: (work: (arrived: LentSignals) => Promise<void>) => Promise<void>;
	/** Takes every listener away. */
	readonly close: () => void;
}

/** Watches every way a full-screen program can come to its end, and the one way it can be stopped and go on. */
export function watchExitSignals({stdin, stdout, end, suspendTerminal}: ExitSignalOptions): ExitSignals {
	let isStopped = false;
	/** While the terminal is lent: what arrived meanwhile. */
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
	const stop = async (whom: number): Promise<void> => {
		if (isStopped || lent) {
			return;
		}

		isStopped = true;
		// Before anybody stops: a shell that saw its child stop takes the terminal, and changing it from behind stops us halfway.
		await suspendTerminal(() => {
			process.off('SIGTSTP', onStop);
			// Without a listener the default holds: the process stops here until it is continued.
			process.kill(whom, 'SIGTSTP');
			process.on('SIGTSTP', onStop);
		});
		isStopped = false;
	};

	const onStop = (): void => void stop(process.pid).catch(end);
	// After SIGSTOP nothing could be restored in time; the shell has changed the terminal meanwhile.
	const onContinued = (): void => {
		if (!isStopped && !lent) {
			suspendTerminal(() => {}).catch(end);
		}
	};

	const listeners: ReadonlyArray<readonly [NodeJS.EventEmitter, string, (...told: never[]) => void]> = [
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

	// It stays for ever: what is still on its way may fail after we have left.
	stdout.on('error', onGone);
	return {
		// The whole foreground group stops, as when the terminal itself turns Ctrl-Z into a signal.
		suspend: () => void stop(0).catch(end),
		lend: async work => {
			if (isStopped || lent) {
				return;
			}

			const now = {isInterrupted: false, isEnding: false};
			lent = now;
			// Ctrl-Z stops this program together with the other one, as a shell expects.
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

			// A lost terminal says so twice, by the system and by the shell; the second time must not cut off the saving.
			process.on('SIGHUP', () => {});
		},
	};
}

interface TerminalRunnerOptions extends Pick<ExitSignals, 'lend'> {
	readonly stdin: Pick<NodeJS.ReadStream, 'pause' | 'resume'>;
	readonly stdout: Pick<NodeJS.WriteStream, 'write'>;
}

/** Waits for a line: a program of its own, so that the next key after it is ours again. */
const waitForEnter = ['sh', '-c', 'read -r line'];

/**
 * Makes what gives a command the whole terminal until it ends. After a failure its output stays until Enter is pressed; not after
 * Ctrl-C.
 */
export function createTerminalRunner({stdin, stdout, lend}: TerminalRunnerOptions): RunInTerminal {
	return async (argv, run) => {
		let end: CommandEnd | undefined;
		await lend(async arrived => {
			// Node goes on reading for nobody, and would take keys away from the command: only a change to paused stops that.
			// It is one only after the listener that Ink has taken away is forgotten.
			await nextTurn();
			stdin.resume();
			stdin.pause();
			await nextTurn();
			if (arrived.isEnding) {
				return;
			}

			stdout.write(`+ ${commandText(argv)}\n`);
			end = await run(argv);
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

/** What puts a terminal back that Ink could not: the title, pasted text unmarked, wrapping, style, cursor, first screen. */
const leaving = '\u001B[23;0t\u001B[?2004l\u001B[?7h\u001B[m\u001B[?25h\u001B[?1049l';

/** The first second of a screen is not delayed by a second process. */
const armAfterMs = 1000;

/**
 * Waits for a line on its input. An end without one tells that the program is gone without having said so, and puts the terminal
 * back. Some shells cut a printf with NUL alone, so the bytes are given as an argument.
 */
const script = 'read -r line && exit; printf %s "$1"; stty sane <&1';

/** Puts the terminal back when the program ends in a way that runs no more of it: out of memory, a crash, SIGKILL. */
export interface TerminalGuard {
	readonly arm: () => void;
	readonly disarm: () => void;
}

export function createTerminalGuard(stdout: NodeJS.WriteStream & {readonly fd?: number}): TerminalGuard {
	let timer: NodeJS.Timeout | undefined;
	let child: ChildProcess | undefined;
	const start = (): void => {
		child = spawn('/bin/sh', ['-c', script, 'sh', leaving], {
			// A session of its own: nothing that ends or stops the program by its terminal reaches it.
			detached: true,
			env: {PATH: process.env.PATH ?? '/usr/bin:/bin'},
			stdio: ['pipe', stdout.fd, 'ignore'],
		});
		// Without a shell there is no guard.
		child.on('error', () => {});
		child.stdin?.on('error', () => {});
		child.unref();
		(child.stdin as {unref?: () => void} | null)?.unref?.();
	};
	return {
		arm: () => {
			// What is no file of this process cannot be handed to another one.
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
