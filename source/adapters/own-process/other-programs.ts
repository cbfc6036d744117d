import {type ChildProcess, spawn} from 'node:child_process';
import {systemErrorReason} from '../system-errors.js';

/**
 * Runs a command with the streams of this program until it ends. Signals of the terminal reach it by themselves; SIGTERM is
 * passed on.
 * @param command the program, found on the PATH, and its arguments
 * @returns how it failed, such as `exit code 1`; `undefined` when it did not
 */
export function runChild([program = '', ...args]: readonly string[]): Promise<string | undefined> {
	return new Promise(resolve => {
		const fail = (error: unknown): void => resolve(`it cannot be started: ${systemErrorReason(error)}`);
		let child: ChildProcess;
		try {
			child = spawn(program, args, {stdio: 'inherit'});
		} catch (error) {
			// Node throws some of the reasons, such as a path that leads through a file.
			fail(error);
			return;
		}

		const passOn = (): void => void child.kill('SIGTERM');
		process.on('SIGTERM', passOn);
		child.once('error', fail);
		child.once('exit', (code, signal) =>
			resolve(code === 0 ? undefined : code === null ? `killed by ${signal}` : `exit code ${code}`),
		);
		child.once('close', () => process.off('SIGTERM', passOn));
	});
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
