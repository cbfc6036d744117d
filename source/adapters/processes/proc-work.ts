import {readdirSync} from 'node:fs';
import {compact} from '../../domain/compact.js';
import {parsePid} from '../../domain/discovery/wallet-process.js';
import type {ProcessUsage, ProcessWork, RequestsState, StopCause} from '../../domain/ports.js';
import {parseOpenFilesLimit} from '../own-process/system-calls.js';
import {readListeningPorts, readTcpTables} from './network-view.js';
import {parseListeningPorts, parseStat, readProc, readProcLink} from './proc-fs.js';

/** What a process has used so far, over all its threads; `undefined` when it is gone, or there is no /proc. */
export function readProcessWork(pid: number): ProcessWork | undefined {
	const stat = readProc(`/proc/${pid}/stat`) ?? '';
	const {cpuMs} = parseStat(stat) ?? {};
	if (cpuMs === undefined) {
		return undefined;
	}

	const threads = readThreads(pid);
	const io = readProc(`/proc/${pid}/io`);
	const throttled = readThrottledPeriods(parseGroupPaths(readProc(`/proc/${pid}/cgroup`) ?? ''));
	const readBytes = io === undefined ? undefined : numberOf(/^read_bytes: (\d+)$/m, io);
	const faults = parseMajorFaults(stat);
	return {
		counters: compact({
			cpu_ms: cpuMs,
			context_switches: threads.switches,
			disk_read_bytes: readBytes,
			major_faults: faults,
			throttled,
		}),
		runnable: threads.states.includes('R'),
		waitsForDisk: threads.states.includes('D'),
	};
}

/** What a process uses at this moment; its open files are counted only for a `full` check. */
export function readProcessUsage(pid: number, isFull = false): ProcessUsage {
	const status = readProc(`/proc/${pid}/status`) ?? '';
	const usage = parseMemoryAndThreads(status);
	if (!isFull) {
		return compact({memory_bytes: usage.memory_bytes});
	}

	return compact({
		...usage,
		open_files: countEntries(`/proc/${pid}/fd`),
		open_files_limit: parseOpenFilesLimit(readProc(`/proc/${pid}/limits`) ?? ''),
		network_namespace: readProcLink(pid, 'ns/net'),
	});
}

/** Resident memory and threads in /proc/PID/status. */
export function parseMemoryAndThreads(status: string): Pick<ProcessUsage, 'memory_bytes' | 'threads'> {
	const kibibytes = numberOf(/^VmRSS:\s+(\d+) kB$/m, status);
	return compact({
		memory_bytes: kibibytes === undefined ? undefined : kibibytes * 1024,
		threads: numberOf(/^Threads:\s+(\d+)$/m, status),
	});
}

function countEntries(folder: string): number | undefined {
	try {
		return readdirSync(folder).length;
	} catch {
		return undefined;
	}
}

/** Field 12 of /proc/PID/stat. */
function parseMajorFaults(stat: string): number | undefined {
	const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
	const count = Number(fields[9] ?? Number.NaN);
	return Number.isSafeInteger(count) ? count : undefined;
}

/** The state letter and the voluntary context switches of /proc/PID/task/TID/status. */
function parseThreadStatus(status: string): {readonly state: string; readonly switches: number | undefined} {
	return {
		state: /^State:\s+([A-Za-z])/m.exec(status)?.[1] ?? '',
		switches: numberOf(/^voluntary_ctxt_switches:\s+(\d+)$/m, status),
	};
}

function readThreads(pid: number): {readonly states: string; readonly switches: number | undefined} {
	let states = '';
	let switches: number | undefined;
	for (const thread of readFolder(`/proc/${pid}/task`)) {
		const seen = parseThreadStatus(readProc(`/proc/${pid}/task/${thread}/status`) ?? '');
		states += seen.state;
		switches = seen.switches === undefined ? switches : (switches ?? 0) + seen.switches;
	}

	return {states, switches};
}

/** Why a process does not run at all: stopped, traced or frozen. */
export function readStopCause(pid: number): StopCause | undefined {
	const state = parseStat(readProc(`/proc/${pid}/stat`) ?? '')?.state;
	if (state === undefined) {
		return undefined;
	}

	if (state === 't') {
		const tracer = parsePid(/^TracerPid:\s+(\d+)$/m.exec(readProc(`/proc/${pid}/status`) ?? '')?.[1] ?? '');
		const program = tracer === undefined ? undefined : parseStat(readProc(`/proc/${tracer}/stat`) ?? '')?.comm;
		return compact({
			by: 'tracer',
			pid: tracer,
			program,
		});
	}

	if (state === 'T') {
		return {by: 'signal'};
	}

	return isGroupFrozen(parseGroupPaths(readProc(`/proc/${pid}/cgroup`) ?? '')) ? {by: 'freezer'} : undefined;
}

/**
 * Whether requests to a process are unread: connections waiting to be accepted on its listening ports, and bytes waiting to be
 * read on its connections.
 * @param port the port it should listen on: used when this user may not see its sockets
 */
export function readUnreadRequests(pid: number, port: number): RequestsState | undefined {
	const tables = readTcpTables(pid);
	if (tables.length === 0) {
		return undefined;
	}

	const ports = readListeningPorts(pid) ?? (tables.some(table => parseListeningPorts(table).has(port)) ? [port] : []);
	if (ports.length === 0) {
		return 'no_listener';
	}

	return tables.some(table => hasUnreadBytes(table, new Set(ports))) ? 'unread' : 'all_read';
}

const closeWait = '08';

/**
 * Whether /proc/PID/net/tcp shows unread data on one of these local ports. For a listening socket, the second number of the
 * queue counts the connections waiting to be accepted.
 */
function hasUnreadBytes(table: string, ports: ReadonlySet<number>): boolean {
	return table.split('\n').some(line => {
		const [, local = '', , state, queues = ''] = line.trim().split(/\s+/);
		const port = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16);
		const unread = Number.parseInt(queues.split(':')[1] ?? '0', 16);
		// A connection closed by the other side counts as one unread byte; some wallets never notice it.
		return ports.has(port) && unread > (state === closeWait ? 1 : 0);
	});
}

function readFolder(path: string): readonly string[] {
	try {
		return readdirSync(path);
	} catch {
		return [];
	}
}

function numberOf(pattern: RegExp, text: string): number | undefined {
	const digits = pattern.exec(text)?.[1];
	return digits === undefined ? undefined : Number(digits);
}

/** The path of a process in each control group hierarchy, by controller; `''` is version 2. */
export type GroupPaths = ReadonlyMap<string, string>;

/** Parses /proc/PID/cgroup. A path outside the mounted tree begins with `/..` and is left out. */
function parseGroupPaths(text: string): GroupPaths {
	const paths = new Map<string, string>();
	for (const line of text.split('\n')) {
		const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
		if (controllers !== undefined && path !== undefined && !path.startsWith('/..')) {
			for (const controller of controllers.split(',')) {
				paths.set(controller, path);
			}
		}
	}

	return paths;
}

/** Where each controller is mounted, from /proc/self/mounts; `''` is version 2. */
function parseGroupMounts(text: string): GroupPaths {
	const mounts = new Map<string, string>();
	for (const line of text.split('\n')) {
		const [, folder = '', type, options = ''] = line.split(' ');
		if (type === 'cgroup2') {
			mounts.set('', folder);
		} else if (type === 'cgroup') {
			for (const option of options.split(',')) {
				mounts.set(option, folder);
			}
		}
	}

	return mounts;
}

/** The number of periods throttled by a CPU limit, from `cpu.stat`. */
function parseThrottledPeriods(text: string): number | undefined {
	const count = /^nr_throttled (\d+)$/m.exec(text)?.[1];
	return count === undefined ? undefined : Number(count);
}

let mounts: GroupPaths | undefined;

/** The folders of a process's group for one controller, from the innermost outwards. */
function groupFolders(paths: GroupPaths, controller: string): readonly string[] {
	mounts ??= parseGroupMounts(readProc('/proc/self/mounts') ?? '');
	const mount = mounts.get(controller);
	const path = paths.get(controller);
	if (mount === undefined || path === undefined) {
		return [];
	}

	const parts = path.split('/').filter(Boolean);
	return [...parts, ''].map((_, index) => [mount, ...parts.slice(0, parts.length - index)].join('/'));
}

/**
 * How often the CPU limits of a process's groups throttled them; `undefined` when there are none. A limit may be set on any
 * level.
 */
function readThrottledPeriods(paths: GroupPaths): number | undefined {
	const counts = ['cpu', ''].flatMap(controller =>
		groupFolders(paths, controller).flatMap(
			folder => parseThrottledPeriods(readProc(`${folder}/cpu.stat`) ?? '') ?? [],
		),
	);
	return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count, 0);
}

/** Whether a process's control group, or one above it, is frozen. */
function isGroupFrozen(paths: GroupPaths): boolean {
	const [first] = groupFolders(paths, '');
	const events = first === undefined ? '' : (readProc(`${first}/cgroup.events`) ?? '');
	const [own] = groupFolders(paths, 'freezer');
	const state = own === undefined ? '' : (readProc(`${own}/freezer.state`) ?? '');
	return /^frozen 1$/m.test(events) || /^FROZEN/.test(state);
}
