import {spawn} from 'node:child_process';
import {systemErrorReason} from '../system-errors.js';

/**
 * Runs a command with the streams of this program until it ends. Signals of the terminal reach it by themselves; SIGTERM is
 * passed on.
 * @param command the program, found on the PATH, and its arguments
 * @returns how it failed, such as `exit code 1`; `undefined` when it did not
 */
export function runChild([program = '', ...args]: readonly string[]): Promise<string | undefined> {
	return new Promise(resolve => {
		const child = spawn(program, args, {stdio: 'inherit'});
		const passOn = (): void => void child.kill('SIGTERM');
		process.on('SIGTERM', passOn);
		child.once('error', error => resolve(`it cannot be started: ${systemErrorReason(error)}`));
		child.once('exit', (code, signal) =>
			resolve(code === 0 ? undefined : code === null ? `killed by ${signal}` : `exit code ${code}`),
		);
		child.once('close', () => process.off('SIGTERM', passOn));
	});
}
