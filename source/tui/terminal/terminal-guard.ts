import {type ChildProcess, spawn} from 'node:child_process';
import process from 'node:process';

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

/** @param leaving what the terminal is told to be as it was */
export function createTerminalGuard(stdout: NodeJS.WriteStream, leaving: string): TerminalGuard {
	let timer: NodeJS.Timeout | undefined;
	let child: ChildProcess | undefined;
	const start = (): void => {
		child = spawn('/bin/sh', ['-c', script, 'sh', leaving], {
			// A session of its own: nothing that ends or stops the program by its terminal reaches it.
			detached: true,
			env: {PATH: process.env.PATH ?? '/usr/bin:/bin'},
			stdio: ['pipe', stdout, 'ignore'],
		});
		// Without a shell there is no guard.
		child.on('error', () => {});
		child.stdin?.on('error', () => {});
		child.unref();
		(child.stdin as {unref?: () => void} | null)?.unref?.();
	};
	return {
		arm: () => {
			if (stdout.isTTY && process.platform !== 'win32') {
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
