import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync, writeFileSync} from 'node:fs';
import {parseStat} from '../../source/adapters/processes/proc-fs.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import {recordResult} from '../../source/domain/past/record-result.js';
import {runPidCheck} from './pid-check.js';

/**
 * Makes several processes get the same pid one after another, and prints the results of pid checks in between.
 * Must run as root in its own pid namespace, because it sets the kernel's last pid.
 * Usage: node --import tsx reuse-pid.ts '[{"argv0": "...", "parameters": [...]}, ...]'
 * The first is the wallet to remember; each of the others then gets its pid.
 */

interface Program {
	readonly argv0: string;
	readonly parameters: readonly string[];
}

function start({argv0, parameters}: Program): ChildProcess {
	return spawn('/bin/sh', ['-c', 'read line', 'sh', ...parameters], {argv0, stdio: ['pipe', 'ignore', 'inherit']});
}

async function end(child: ChildProcess): Promise<void> {
	const exit = once(child, 'exit');
	child.kill('SIGKILL');
	await exit;
}

const startTicksOf = (pid: number): number | undefined =>
	parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.startTicks;

/** @param ticks start time of the previous process. Two starts within one clock tick cannot be distinguished; real systems do not reuse pids that fast */
async function startAs(pid: number, program: Program, ticks: number | undefined): Promise<ChildProcess> {
	for (let tries = 0; tries < 100; tries += 1) {
		writeFileSync('/proc/sys/kernel/ns_last_pid', String(pid - 1));
		const child = start(program);
		if (child.pid === pid && startTicksOf(pid) !== ticks) {
			return child;
		}

		// A thread of this process got the pid first, or the clock tick is still the same.
		await end(child);
	}

	throw new Error(`no process got the pid ${pid}`);
}

const [first, ...others]: Program[] = JSON.parse(process.argv[2] ?? '[]');
const wallet = start(first as Program);
const pid = wallet.pid ?? 0;
const before = await runPidCheck({pid});
const nodeState: NodeState = recordResult({}, before);
await end(wallet);
const results = [before];
for (const program of others) {
	const child = await startAs(pid, program, nodeState.process?.start_ticks);
	results.push(await runPidCheck({pid}, nodeState));
	await end(child);
}

process.stdout.write(`${JSON.stringify(results)}\n`);
