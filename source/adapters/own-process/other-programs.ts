import {type ChildProcess, spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import type {Socket} from 'node:net';
import {constants} from 'node:os';
import type {CommandEnd} from '../../domain/ports.js';
import {systemErrorCode, systemErrorReason} from '../system-errors.js';

/**
 * Runs a command until it ends. SIGTERM and SIGINT are forwarded to it instead of ending this program; a SIGINT from the
 * terminal reaches the command directly.
 * @param program the program, found in the PATH, followed by its arguments
 * @param onOutput called with its output; it then has no standard input. Without it, the command shares this program's
 * streams
 */
export function runChild(
	[program = '', ...args]: readonly string[],
	onOutput?: (text: string) => void,
): Promise<CommandEnd> {
	return new Promise(resolve => {
		const fail = (error: unknown): void =>
			resolve({
				exitCode: systemErrorCode(error) === 'ENOENT' ? 127 : 126,
				failure: `it cannot be started: ${systemErrorReason(error)}`,
			});
		let child: ChildProcess;
		try {
			child = spawn(program, args, {stdio: onOutput ? ['ignore', 'pipe', 'pipe'] : 'inherit'});
		} catch (error) {
			// Node throws for some reasons, such as a path that leads through a file.
			fail(error);
			return;
		}

		if (onOutput) {
			for (const stream of [child.stdout, child.stderr]) {
				stream?.setEncoding('utf8').on('data', onOutput);
				// A user who quits the screen does not wait for the command.
				(stream as Socket | null)?.unref();
			}

			child.unref();
			child.once('error', fail);
			child.once('exit', (...end) => {
				// Output that a child of it still holds open is not waited for.
				setTimeout(() => resolve(endOf(...end)), lastOutputMs);
				child.once('close', () => resolve(endOf(...end)));
			});
			return;
		}

		const passOn = (): void => void child.kill('SIGTERM');
		let check: NodeJS.Timeout | undefined;
		const interrupt = (): void => {
			if (!isInForeground()) {
				child.kill('SIGINT');
				return;
			}

			clearTimeout(check);
			check = setTimeout(() => {
				if (!handlesInterrupt(child.pid)) {
					child.kill('SIGINT');
				}
			}, interruptMs);
		};
		const settle = (end: () => void): void => {
			clearTimeout(check);
			process.off('SIGTERM', passOn).off('SIGINT', interrupt);
			end();
		};
		process.on('SIGTERM', passOn).on('SIGINT', interrupt);
		child.once('error', error => settle(() => fail(error)));
		child.once('exit', (...end) => settle(() => resolve(endOf(...end))));
	});
}

/** How long to wait for a command's last output after it has ended, in milliseconds. */
const lastOutputMs = 500;

function endOf(code: number | null, signal: NodeJS.Signals | null): CommandEnd {
	if (code !== null) {
		return code === 0 ? {exitCode: 0} : {exitCode: code, failure: `exit code ${code}`};
	}

	return {exitCode: 128 + (signal === null ? 0 : constants.signals[signal]), failure: `killed by ${signal}`};
}

/** A command with the default handling of SIGINT ends within this time after Ctrl-C, in milliseconds. */
const interruptMs = 250;

/** Whether this program, and the commands it runs, are in the foreground process group of the terminal. */
function isInForeground(): boolean {
	// After the name: state, ppid, pgrp, session, tty_nr, tpgid.
	const [, , group, , , foreground] = readProcFile('/proc/self/stat')
		.replace(/^.*\) /s, '')
		.split(' ');
	return group !== undefined && group === foreground;
}

/** Whether a process catches or ignores SIGINT: if it does, its still running does not show whether it was sent one. */
function handlesInterrupt(pid: number | undefined): boolean {
	const masks = readProcFile(`/proc/${pid}/status`).matchAll(/^Sig(?:Ign|Cgt):\s*([\da-f]+)$/gm);
	return [...masks].some(([, mask]) => (BigInt(`0x${mask}`) & 2n) !== 0n);
}

/** A file of /proc; empty if it cannot be read. */
function readProcFile(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return '';
	}
}

/** How long a message to the service manager may take, in milliseconds. */
const notifyPatienceMs = 2000;

/**
 * Creates the sender of messages to the service manager that started this program; `undefined` if there is none. Node cannot
 * send datagrams over unix sockets, so systemd's own program sends them; the unit needs `NotifyAccess=all`.
 * @param onProblem called once, when that program cannot be run
 * @returns a function that sends assignments such as `WATCHDOG=1`; of those given while a message
 * is being sent, only the last are sent
 */
export function createServiceNotifier(
	env: Readonly<Record<string, string | undefined>>,
	onProblem: (problem: string) => void,
): ((assignments: readonly string[]) => Promise<void>) | undefined {
	if (!env.NOTIFY_SOCKET) {
		return undefined;
	}

	let underWay: Promise<void> | undefined;
	let next: readonly string[] | undefined;
	let hasFailed = false;
	const send = (assignments: readonly string[]): Promise<void> =>
		new Promise(resolve => {
			// The child gets no secret of this program.
			const variables = {PATH: env.PATH, NOTIFY_SOCKET: env.NOTIFY_SOCKET};
			const child = spawn('systemd-notify', assignments, {env: variables, stdio: 'ignore'});
			const giveUp = (problem: string): void => {
				if (!hasFailed) {
					hasFailed = true;
					onProblem(`systemd cannot be notified: systemd-notify ${problem}`);
				}

				resolve();
			};
			const patience = setTimeout(() => {
				child.kill('SIGKILL');
				giveUp(`did not end within ${notifyPatienceMs / 1000} s`);
			}, notifyPatienceMs);
			child.once('error', error => giveUp(`cannot be started: ${systemErrorReason(error)}`));
			child.once('exit', () => resolve());
			child.once('close', () => clearTimeout(patience));
		});
	const sendAll = async (): Promise<void> => {
		for (let assignments = next; assignments; assignments = next) {
			next = undefined;
			await send(assignments);
		}

		underWay = undefined;
	};
	return async assignments => {
		next = assignments;
		underWay ??= sendAll();
		await underWay;
	};
}
