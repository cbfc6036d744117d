import {type ChildProcess, spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import type {Socket} from 'node:net';
import {constants} from 'node:os';
import type {CommandEnd} from '../../domain/ports.js';
import {systemErrorCode, systemErrorReason} from '../system-errors.js';

/**
 * Runs a command until it ends. SIGTERM and SIGINT are passed on, and end it rather than this program; a SIGINT of the terminal
 * reaches the command by itself.
 * @param command the program, found on the PATH, and its arguments
 * @param onOutput told what it prints, while it then has no input; absent: it has the streams of this program
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
			// Node throws some of the reasons, such as a path that leads through a file.
			fail(error);
			return;
		}

		if (onOutput) {
			for (const stream of [child.stdout, child.stderr]) {
				stream?.setEncoding('utf8').on('data', onOutput);
				// Whoever leaves the screen does not wait for the command.
				(stream as Socket | null)?.unref();
			}

			child.unref();
			child.once('error', fail);
			child.once('exit', (...end) => {
				// What a child of it still holds open is not waited for.
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

/** How long the last output of a command is waited for after its end, in milliseconds. */
const lastOutputMs = 500;

function endOf(code: number | null, signal: NodeJS.Signals | null): CommandEnd {
	if (code !== null) {
		return code === 0 ? {exitCode: 0} : {exitCode: code, failure: `exit code ${code}`};
	}

	return {exitCode: 128 + (signal === null ? 0 : constants.signals[signal]), failure: `killed by ${signal}`};
}

/** In this time the terminal's Ctrl-C ends a command that does nothing about it, in milliseconds. */
const interruptMs = 250;

/** Whether the terminal gives this program, and the commands it runs, the signals of its keys. */
function isInForeground(): boolean {
	// After the name: state, ppid, pgrp, session, tty_nr, tpgid.
	const [, , group, , , foreground] = readProcFile('/proc/self/stat')
		.replace(/^.*\) /s, '')
		.split(' ');
	return group !== undefined && group === foreground;
}

/** Whether a process catches or ignores SIGINT: that it goes on does not tell then whether it was sent one. */
function handlesInterrupt(pid: number | undefined): boolean {
	const masks = readProcFile(`/proc/${pid}/status`).matchAll(/^Sig(?:Ign|Cgt):\s*([\da-f]+)$/gm);
	return [...masks].some(([, mask]) => (BigInt(`0x${mask}`) & 2n) !== 0n);
}

/** What /proc tells; empty where there is none. */
function readProcFile(path: string): string {
	try {
		return readFileSync(path, 'utf8');
	} catch {
		return '';
	}
}

/** A message to the service manager is given up after this, in milliseconds. */
const notifyPatienceMs = 2000;

/**
 * The way to the service manager that started this program; `undefined` where none listens. Node has no datagrams on unix
 * sockets, so systemd's own program sends them; the unit needs `NotifyAccess=all`.
 * @param onProblem told once when it cannot be run
 * @returns sends assignments such as `WATCHDOG=1`; of those that come while earlier ones are on their way only the last
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
			// No secret of this program is any business of the child.
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
