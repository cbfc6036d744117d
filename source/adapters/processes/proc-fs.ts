import {closeSync, openSync, readdirSync, readlinkSync, readSync} from 'node:fs';
import type {LiveProcess, ProcessSighting} from '../../domain/ports.js';
import {parsePid} from '../../domain/wallet-process.js';
import {uptimeS} from '../own-process/system-calls.js';
import {type Placement, parsePlacement} from './proc-cgroup.js';
import {parseBootTimeMs, parseCmdline, parseInnerPids, parseStat, parseUid, ticksPerSecond} from './proc-text.js';

/** No wallet has a longer command line, and a hostile one costs no more. */
const maxBytes = 65_536;
const buffer = Buffer.alloc(maxBytes);

/** The first 64 KiB of a file under /proc; `undefined` when it cannot be read. These reads never wait for a disk. */
export function readProc(path: string): string | undefined {
	let file: number | undefined;
	try {
		file = openSync(path, 'r');
		let length = 0;
		let bytesRead = 0;
		do {
			bytesRead = readSync(file, buffer, length, maxBytes - length, null);
			length += bytesRead;
		} while (bytesRead > 0 && length < maxBytes);
		return buffer.toString('utf8', 0, length);
	} catch {
		return undefined;
	} finally {
		if (file !== undefined) {
			closeSync(file);
		}
	}
}

/** Milliseconds since the epoch at which this machine was started. */
export function readBootTimeMs(): number {
	// /proc/stat may be missing where only processes are mounted (subset=pid).
	return (
		parseBootTimeMs(readProc('/proc/stat') ?? '') ?? Math.round(Date.now() / 1000 - (uptimeS() ?? ownUptimeS())) * 1000
	);
}

/** Seconds since boot by this process alone: when it started after boot, and how long ago that was. */
function ownUptimeS(): number {
	const {startTicks = 0} = parseStat(readProc('/proc/self/stat') ?? '') ?? {};
	return startTicks / ticksPerSecond + process.uptime();
}

/** What tells one start of this machine from the next; `undefined` where the system does not say. */
export function readBootId(): string | undefined {
	return readProc('/proc/sys/kernel/random/boot_id')?.trim() || undefined;
}

/**
 * Facts of one process from /proc/PID. Never throws: a process that ends while it is looked at is gone.
 * @param bootTimeMs see {@link readBootTimeMs}
 */
export function inspectPid(pid: number, bootTimeMs: number): ProcessSighting {
	const stat = parseStat(readProc(`/proc/${pid}/stat`) ?? '');
	if (!stat) {
		return existenceOf(pid);
	}

	if (stat.exiting || 'ZXx'.includes(stat.state)) {
		return {kind: 'gone', zombie: true};
	}

	const argv = readArgv(pid);
	const executable = readExecutable(pid);
	if (argv.length === 0 && parseStat(readProc(`/proc/${pid}/stat`) ?? '')?.startTicks !== stat.startTicks) {
		return existenceOf(pid);
	}

	const process: LiveProcess = {
		pid,
		started_at: new Date(bootTimeMs + (stat.startTicks * 1000) / ticksPerSecond).toISOString(),
		start_ticks: stat.startTicks,
		...readPlacement(pid),
		// As ps shows what has no arguments: a kernel thread.
		argv: argv.length === 0 ? [`[${stat.comm}]`] : argv,
		...(executable === undefined ? {} : {executable}),
		stopped: 'Tt'.includes(stat.state),
		cpuMs: stat.cpuMs,
	};
	return {kind: 'alive', process};
}

let ownCgroup: string | undefined;

/** The service and the container a process runs in. */
function readPlacement(pid: number): Placement {
	ownCgroup ??= readProc('/proc/self/cgroup') ?? '';
	return parsePlacement(readProc(`/proc/${pid}/cgroup`) ?? '', ownCgroup);
}

/** What a signal's permission check says of a pid that cannot be looked at. */
export function existenceOf(pid: number): ProcessSighting {
	try {
		process.kill(pid, 0);
		return {kind: 'hidden'};
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === 'EPERM' ? {kind: 'hidden'} : {kind: 'gone'};
	}
}

/** The arguments of a process; empty when it has none or they cannot be read. */
export function readArgv(pid: number): string[] {
	const text = readProc(`/proc/${pid}/cmdline`) ?? '';
	const argv = parseCmdline(text);
	// The last of a cut list is half an argument: half a secret would pass the redaction.
	return text.length >= maxBytes ? argv.slice(0, -1) : argv;
}

/** The path of a process's executable, where this user may read it. */
export function readExecutable(pid: number): string | undefined {
	return readProcLink(pid, 'exe')?.replace(/ \(deleted\)$/, '');
}

/** Where a link of a process points to, where this user may read it. */
export function readProcLink(
	pid: number | 'self',
	name: 'exe' | 'cwd' | 'root' | 'ns/net' | 'ns/pid',
): string | undefined {
	try {
		return readlinkSync(`/proc/${pid}/${name}`);
	} catch {
		return undefined;
	}
}

/** The user a process acts as. */
export function readUid(pid: number): number | undefined {
	return parseUid(readProc(`/proc/${pid}/status`) ?? '');
}

/** The numbers a process has in pid namespaces within this one, the outermost first. */
export function readInnerPids(pid: number): readonly number[] {
	return parseInnerPids(readProc(`/proc/${pid}/status`) ?? '');
}

/** Every pid that /proc lists to this user. */
export function readPids(): number[] {
	try {
		return readdirSync('/proc').flatMap(name => parsePid(name) ?? []);
	} catch {
		return [];
	}
}
