import {type ChildProcess, spawn} from 'node:child_process';
import process from 'node:process';
import type {SshHost} from '../../domain/remote/host-spec.js';
import {cleanText} from '../../domain/text.js';

/** How long ssh may take to end when asked, in milliseconds. */
const graceMs = 500;
/** What a connection that ssh shares (ControlPersist) keeps open does not hold up the end longer than this, in milliseconds. */
const lastWordsMs = 300;
const keptComplaint = 4096;

/** What ssh and the shell over there say that explains nothing. */
const chatter =
	/^(?:warning:|\*\* |@+|pseudo-terminal|killed by signal|connection to \S+ closed\.?$|shared connection|debug\d:|transferred:|bytes per second)/i;

/** What the xmrtop over there says while all is well: no reason for anything. */
const greeting = /^xmrtop: watching /;

const running = new Set<ChildProcess>();
const deadly = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** In a session of its own ssh does not get the signals that end this program. */
function endAll(name: NodeJS.Signals): void {
	for (const child of running) {
		signal(child, 'SIGTERM');
	}

	listen(false);
	if (process.listenerCount(name) === 0) {
		process.kill(process.pid, name);
	}
}

function listen(isWanted: boolean): void {
	for (const name of deadly) {
		process.off(name, endAll);
		if (isWanted) {
			process.on(name, endAll);
		}
	}
}

/** A running ssh. */
export interface SshChild {
	/** Ends it and what it started, by pid; resolves when it is gone. Nothing is told afterwards. */
	readonly end: () => Promise<void>;
}

export interface SshListener {
	/** Bytes of what the command over there prints. */
	readonly onOutput: (chunk: Buffer) => void;
	/** It ended by itself. @param complaint its last useful line; absent when it said nothing */
	readonly onEnd: (ending: {readonly code: number | null; readonly complaint: string | undefined}) => void;
}

/**
 * Runs a command on a host by the user's own ssh. ssh has no terminal, so it can neither ask anything nor draw on the screen.
 * @param words of the command; ssh hands them to a shell over there: none may hold anything but letters, digits and dashes
 */
export function startSsh({user, host, port}: SshHost, words: readonly string[], listener: SshListener): SshChild {
	const target = user === undefined ? host : `${user}@${host}`;
	const args = ['-T', ...(port === undefined ? [] : ['-p', String(port)]), target, ...words];
	// Before it runs: a signal between the two would leave it behind.
	listen(true);
	const child = spawn('ssh', args, {
		// A session of its own: no terminal to prompt on, and a group that can be ended as a whole.
		detached: true,
		stdio: ['ignore', 'pipe', 'pipe'],
		env: envForSsh(process.env),
	});
	if (child.pid !== undefined) {
		running.add(child);
		child.once('exit', () => {
			running.delete(child);
			listen(running.size > 0);
		});
	} else {
		listen(running.size > 0);
	}

	let stderr = '';
	let isOver = false;
	const ended = new Promise<void>(resolve => {
		const over = (code: number | null, complaint: string | undefined): void => {
			if (!isOver) {
				isOver = true;
				listener.onEnd({code, complaint});
			}

			resolve();
		};
		child.once('error', error => over(null, startFailure(error)));
		child.once('exit', code => setTimeout(() => over(code, usefulLine(stderr)), lastWordsMs).unref());
		child.once('close', code => over(code, usefulLine(stderr)));
	});
	child.stdout?.on('data', chunk => {
		if (!isOver) {
			listener.onOutput(chunk);
		}
	});
	child.stderr?.setEncoding('utf8').on('data', (text: string) => {
		stderr = (stderr + text).slice(-keptComplaint);
	});
	return {
		end: async () => {
			isOver = true;
			signal(child, 'SIGTERM');
			const timer = setTimeout(() => signal(child, 'SIGKILL'), graceMs);
			// What the child started may hold the pipes open.
			child.stdout?.destroy();
			child.stderr?.destroy();
			await ended;
			clearTimeout(timer);
		},
	};
}

/** What is set for xmrtop may be a secret, and neither the user's ssh configuration (SendEnv, ProxyCommand) nor the host is to see it. */
function envForSsh(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
	const others = Object.entries(env).filter(([name]) => !name.startsWith('XMRTOP_'));
	// Nor may a window ask for a password again and again.
	return {...Object.fromEntries(others), SSH_ASKPASS_REQUIRE: 'never'};
}

function signal({pid, exitCode, signalCode}: ChildProcess, name: 'SIGTERM' | 'SIGKILL'): void {
	if (pid !== undefined && exitCode === null && signalCode === null) {
		try {
			process.kill(-pid, name);
		} catch {
			// It has just ended.
		}
	}
}

function startFailure(error: NodeJS.ErrnoException): string {
	return error.code === 'ENOENT' ? 'ssh is not in PATH: install an ssh client' : `ssh cannot be started: ${error.code}`;
}

/** The last line that explains something, else the last line. */
function usefulLine(stderr: string): string | undefined {
	const lines = stderr
		.split(/[\r\n]+/)
		.map(line => cleanText(line, 200))
		.filter(line => line !== '' && !greeting.test(line));
	return lines.findLast(line => !chatter.test(line)) ?? lines.at(-1);
}
