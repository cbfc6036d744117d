import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import type {TestContext} from 'node:test';
import {eventually, startChild} from './child-processes.js';
import {folderWithProgram, type Ran, readExample, runProgram} from './example-files.js';
import {findProgram} from './real-process.js';

/** The built program under a real supervisord, as the example has it. */
export interface Supervised {
	/** Where the logs and the state are. */
	readonly folder: string;
	/** Pid of the program, when it is another one than this. */
	readonly running: (not?: number) => Promise<number>;
	/** SIGKILL; @returns its pid, when the system has let go of it */
	readonly kill: () => Promise<number>;
	readonly control: (...args: string[]) => Promise<Ran>;
	/** Ends the program and supervisord. */
	readonly shutdown: () => Promise<void>;
}

/**
 * Starts supervisord with examples/supervisord/xmrtop.conf, the paths in it put in a temporary folder.
 * @param edit changes the program's section further
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
	// Before it is killed with the test: it ends what it started.
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

/** Dead, also while supervisord has not yet asked how it ended. */
function isGone(pid: number): boolean {
	try {
		return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
	} catch {
		return true;
	}
}
