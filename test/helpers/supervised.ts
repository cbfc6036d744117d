import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {eventually, startChild} from './child-processes.js';
import {folderWithProgram, type Ran, readExample, runProgram} from './example-files.js';
import {findProgram} from './real-process.js';

/** The built program under a real supervisord, configured as in the example. */
export interface Supervised {
	/** The folder of the logs and the state. */
	readonly folder: string;
	/** Waits until the program runs. @param not a previous pid to ignore. @returns its pid */
	readonly running: (not?: number) => Promise<number>;
	/** Kills the program with SIGKILL. @returns its pid, once it has exited */
	readonly kill: () => Promise<number>;
	readonly control: (...args: string[]) => Promise<Ran>;
	/** Stops the program and supervisord. */
	readonly shutdown: () => Promise<void>;
}

/**
 * Starts supervisord with examples/supervisord/xmrtop.conf, with its paths moved to a temporary folder.
 * @param edit makes further changes to the program's section
 */
export function startSupervised(
	context: TestContext,
	configDir: string,
	edit: (program: string) => string = text => text,
): Supervised {
	const folder = folderWithProgram(context);
	const program = readExample('supervisord/xmrtop.conf')
		.replaceAll('/usr/local/bin/xmrtop', path.join(folder, 'xmrtop'))
		.replaceAll('/etc/xmrtop', configDir)
		.replaceAll('/var/lib/xmrtop', folder)
		.replaceAll('/var/log', folder)
		.replace(/^user=.*\n/m, '');
	const config = path.join(folder, 'supervisord.conf');
	const socket = path.join(folder, 's.sock');
	writeFileSync(
		config,
		`[supervisord]
nodaemon=true
logfile=/dev/null
logfile_maxbytes=0
pidfile=${path.join(folder, 'supervisord.pid')}
[unix_http_server]
file=${socket}
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[supervisorctl]
serverurl=unix://${socket}
${edit(program)}`,
	);
	const supervisord = startChild(context, findProgram('supervisord') ?? '', ['-c', config]);
	const control = (...args: string[]): Promise<Ran> => runProgram('supervisorctl', ['-c', config, ...args]);
	// Registered before the kill: supervisord stops its children only on a shutdown.
	context.after(() => control('shutdown'));
	const pidNow = (): number => {
		try {
			return Number(readFileSync(path.join(folder, 'pid'), 'utf8'));
		} catch {
			return 0;
		}
	};
	const running = async (not = 0): Promise<number> => {
		const isIt = (pid: number): boolean => pid > 0 && pid !== not;
		const pid = await eventually(async () => pidNow(), isIt, 20_000);
		if (!isIt(pid)) {
			throw new Error(`supervisord has not started it: ${(await control('status')).said}`);
		}

		return pid;
	};

	return {
		folder,
		running,
		kill: async () => {
			const pid = await running();
			process.kill(pid, 'SIGKILL');
			await eventually(async () => isGone(pid), Boolean);
			return pid;
		},
		control,
		shutdown: async () => {
			const exit = new Promise(resolve => supervisord.child.once('exit', resolve));
			await control('shutdown');
			await exit;
		},
	};
}

/** Whether a process has exited; a zombie not yet reaped by supervisord counts too. */
function isGone(pid: number): boolean {
	try {
		return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
	} catch {
		return true;
	}
}
