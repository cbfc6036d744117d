import {execFileSync, spawn} from 'node:child_process';
import {chmodSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type {TestContext} from 'node:test';
import {findProgram, freePort} from './real-process.js';
import {cliPath} from './run-cli.js';
import {temporaryFolder} from './temporary-folder.js';

/** A real sshd on loopback, and an `ssh` configured to reach it as host `db1`. */
export interface RealSshd {
	/** A folder with `ssh` and `xmrtop`, to be first in PATH. */
	readonly bin: string;
	readonly start: () => Promise<void>;
	/** Kills it with all sessions, like a machine that crashes. */
	readonly kill: () => Promise<void>;
	/** Pids of ssh processes of the test that still run. */
	readonly clients: () => readonly number[];
}

/** Starts an sshd whose sessions run the built program with this configuration folder; it is stopped after the test. */
export async function startSshd(context: TestContext, configDir: string): Promise<RealSshd> {
	const folder = temporaryFolder(context);
	const bin = path.join(folder, 'bin');
	mkdirSync(bin);
	const port = await freePort();
	const file = (name: string, text: string, mode = 0o600): string => {
		const place = path.join(folder, name);
		writeFileSync(place, text);
		chmodSync(place, mode);
		return place;
	};
	for (const key of ['host_key', 'user_key']) {
		execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path.join(folder, key)]);
	}

	const authorized = path.join(folder, 'user_key.pub');
	const sshdConfig = file(
		'sshd_config',
		[
			`Port ${port}`,
			'ListenAddress 127.0.0.1',
			`HostKey ${folder}/host_key`,
			`AuthorizedKeysFile ${authorized}`,
			'UsePAM no',
			'StrictModes no',
			'PidFile none',
			'PermitRootLogin prohibit-password',
			`SetEnv PATH=${bin}:/usr/bin:/bin XMRTOP_CONFIG_DIR=${configDir}`,
			'',
		].join('\n'),
	);
	const clientConfig = file(
		'ssh_config',
		[
			'Host db1',
			'HostName 127.0.0.1',
			`Port ${port}`,
			`IdentityFile ${folder}/user_key`,
			'IdentitiesOnly yes',
			'StrictHostKeyChecking no',
			`UserKnownHostsFile ${folder}/known_hosts`,
			'',
		].join('\n'),
	);
	file('bin/ssh', `#!/bin/sh\nexec ${findProgram('ssh')} -F ${clientConfig} "$@"\n`, 0o755);
	file('bin/xmrtop', `#!/bin/sh\nexec ${process.execPath} ${cliPath} "$@"\n`, 0o755);
	if (process.getuid?.() === 0) {
		mkdirSync('/run/sshd', {recursive: true, mode: 0o755});
	}

	let pid: number | undefined;
	const start = async (): Promise<void> => {
		const child = spawn(findProgram('sshd') ?? 'sshd', ['-D', '-e', '-f', sshdConfig], {
			stdio: ['ignore', 'ignore', 'pipe'],
		});
		pid = child.pid;
		let said = '';
		await new Promise<void>((resolve, reject) => {
			child.stderr.setEncoding('utf8').on('data', text => {
				said += text;
				if (said.includes('Server listening')) {
					resolve();
				}
			});
			child.once('exit', () => reject(new Error(`sshd ended:\n${said}`)));
		});
	};

	const kill = async (): Promise<void> => {
		if (pid !== undefined) {
			// A session that is ending has another parent already, and would still save its results.
			for (const one of [pid, ...descendants(pid), ...processesWith(`XMRTOP_CONFIG_DIR=${configDir}`)]) {
				endNow(one);
			}

			pid = undefined;
		}
	};
	context.after(kill);
	await start();
	const clients = (): number[] =>
		processes()
			.filter(({command}) => command.includes(clientConfig))
			.map(({pid: one}) => one);
	return {bin, start, kill, clients};
}

function processes() {
	const text = execFileSync('ps', ['-eo', 'pid=,ppid=,args='], {encoding: 'utf8'});
	return text
		.trim()
		.split('\n')
		.map(line => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [])
		.map(([, pid, parent, command = '']) => ({pid: Number(pid), parent: Number(parent), command}));
}

function descendants(pid: number): number[] {
	const all = processes();
	const below = (parent: number): number[] =>
		all.filter(one => one.parent === parent).flatMap(one => [one.pid, ...below(one.pid)]);
	return below(pid);
}

/** The processes with this variable in their environment; none on systems without /proc. */
function processesWith(variable: string): number[] {
	return processes()
		.map(({pid}) => pid)
		.filter(pid => {
			try {
				return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(variable);
			} catch {
				return false;
			}
		});
}

function endNow(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// It has already exited.
	}
}
