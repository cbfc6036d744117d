import {type ChildProcess, spawn} from 'node:child_process';
import type {Socket} from 'node:net';
import {constants} from 'node:os';
import type {CommandEnd} from '../../domain/ports.js';
import {systemErrorCode, systemErrorReason} from '../system-errors.js';

/**
 * Runs a command until it ends. Signals of the terminal reach it by themselves, and end it rather than this program; SIGTERM is
 * passed on.
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
		const stay = (): void => {};
		const settle = (end: () => void): void => {
			process.off('SIGTERM', passOn).off('SIGINT', stay);
			end();
		};
		process.on('SIGTERM', passOn).on('SIGINT', stay);
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
			child.once('error', error => {
				if (!hasFailed) {
					hasFailed = true;
					onProblem(`systemd cannot be notified: systemd-notify cannot be started: ${systemErrorReason(error)}`);
				}

				resolve();
			});
			child.once('exit', () => resolve());
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
