import {type ChildProcess, spawn} from 'node:child_process';
import {fstatSync, writeSync} from 'node:fs';
import process from 'node:process';

/** Alternate screen, cursor hidden, no wrapping at the right edge, pasted text marked as such; and back. */
const entering = '\u001B[?1049h\u001B[?25l\u001B[?7l\u001B[?2004h';
const leaving = '\u001B[?2004l\u001B[?7h\u001B[m\u001B[?25h\u001B[?1049l';

/** The terminal as a full-screen program uses it. */
export interface Terminal {
	/** Also after the program was stopped and goes on. */
	readonly enter: () => void;
	/** Puts everything back as it was: screen, cursor, wrapping, line mode. Safe to call twice. */
	readonly leave: () => void;
	readonly size: () => {readonly columns: number; readonly rows: number};
}

/** @param stdin must be a terminal; `stdout` too */
export function createTerminal(stdin: NodeJS.ReadStream, stdout: NodeJS.WriteStream): Terminal {
	let entered = false;
	const guard = createTerminalGuard(stdout, leaving);
	return {
		enter: () => {
			// A shell that stopped us has set the line mode behind our back.
			stdin.setRawMode(false);
			stdin.setRawMode(true);
			stdin.resume();
			stdout.write(entering);
			entered = true;
			guard.arm();
		},
		leave: () => {
			if (entered) {
				entered = false;
				writeNow(stdout, leaving);
				restoreLineMode(stdin);
				guard.disarm();
			}
		},
		size: () => ({columns: stdout.columns || 80, rows: stdout.rows || 24}),
	};
}

/** The last bytes must go out before the process does, and whatever else is still queued. */
function writeNow(stdout: NodeJS.WriteStream, bytes: string): void {
	try {
		const {fd} = stdout as NodeJS.WriteStream & {readonly fd?: number};
		if (fd === undefined || !fstatSync(fd).isCharacterDevice()) {
			stdout.write(bytes);
		} else {
			writeSync(fd, bytes);
		}
	} catch {
		// The terminal is gone; there is nothing to restore.
	}
}

function restoreLineMode(stdin: NodeJS.ReadStream): void {
	try {
		stdin.setRawMode(false);
		stdin.pause();
	} catch {
		// As above.
	}
}

/**
 * The sequence (OSC 52) that asks a terminal to put a text on its clipboard. No terminal says whether it did.
 * GNU screen passes it on only when it is wrapped; tmux takes it as it is.
 */
export function clipboardSequence(text: string, env: NodeJS.ProcessEnv): string {
	const sequence = `\u001B]52;c;${Buffer.from(text).toString('base64')}\u0007`;
	return env.TERM?.startsWith('screen') && !env.TMUX ? `\u001BP${sequence}\u001B\\` : sequence;
}

/** The first second of a screen is not delayed by a second process. */
const armAfterMs = 1000;

/**
 * Waits for a line on its input. An end without one tells that the program is gone without having said so, and puts the terminal
 * back. Some shells cut a printf with NUL alone, so the bytes are given as an argument.
 */
const script = 'read -r line && exit; printf %s "$1"; stty sane <&1';

/** Puts the terminal back when the program ends in a way that runs no more of it: out of memory, a crash, SIGKILL. */
interface TerminalGuard {
	readonly arm: () => void;
	readonly disarm: () => void;
}

/** @param leaving what the terminal is told to be as it was */
function createTerminalGuard(stdout: NodeJS.WriteStream & {readonly fd?: number}, leaving: string): TerminalGuard {
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
