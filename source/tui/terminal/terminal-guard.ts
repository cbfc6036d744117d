import {type ChildProcess, spawn} from 'node:child_process';
import process from 'node:process';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {commandText} from '../../domain/actions.js';
import type {CommandEnd} from '../../domain/ports.js';
import type {RunInTerminal} from '../view/action-dialogs.js';
import type {ExitSignals} from './exit-signals.js';

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
