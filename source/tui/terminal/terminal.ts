import {fstatSync, writeSync} from 'node:fs';
import {createTerminalGuard} from './terminal-guard.js';

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
