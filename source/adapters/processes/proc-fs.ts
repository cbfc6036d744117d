import {readdirSync, readlinkSync} from 'node:fs';
import {compact} from '../../domain/compact.js';
import {canonicalHost} from '../../domain/daemon-address.js';
import {parsePid} from '../../domain/discovery/wallet-process.js';
import type {LiveProcess, PidFileOutcome, ProcessObservation} from '../../domain/ports.js';
import {type ReadSteps, readFileStart, readSystemFile} from '../bounded-read.js';
import {hostName, machineUptimeS} from '../own-process/system-calls.js';
import {systemErrorCode, systemErrorReason} from '../system-errors.js';
import {type Placement, parseCgroupPlacement, parseConmon, parseDockerName, parsePodName} from './proc-cgroup.js';

/** No wallet has a longer command line; the limit keeps a hostile one cheap. */
const maxBytes = 65_536;

/**
 * The first 64 KiB of a file under /proc; `undefined` when it cannot be read.
 * @param steps reads step by step, and no further than needed
 */
export function readProc(path: string, steps?: ReadSteps): string | undefined {
	return readSystemFile(path, maxBytes, steps);
}

/** When this machine booted, in milliseconds since the epoch. */
export function readBootTimeMs(): number {
	// /proc/stat may be missing if /proc is mounted with subset=pid.
	return (
		parseBootTimeMs(readProc('/proc/stat') ?? '') ??
		Math.round(Date.now() / 1000 - (machineUptimeS() ?? ownUptimeS())) * 1000
	);
}

/** Seconds since boot, calculated from this process alone: when it started after boot, and how long ago that was. */
function ownUptimeS(): number {
	const {startTicks = 0} = parseStat(readProc('/proc/self/stat') ?? '') ?? {};
	return startTicks / ticksPerSecond + process.uptime();
}

/** Identifies one boot of this machine; `undefined` when unknown. */
export function readBootId(): string | undefined {
	return readProc('/proc/sys/kernel/random/boot_id')?.trim() || undefined;
}

/**
 * Facts of one process from /proc/PID. Never throws: a process that ends while it is inspected counts as gone.
 * @param bootTimeMs see {@link readBootTimeMs}
 */
export function inspectPid(pid: number, bootTimeMs: number): ProcessObservation {
	const stat = parseStat(readProc(`/proc/${pid}/stat`) ?? '');
	if (!stat) {
		return checkPidExists(pid);
	}

	if (stat.exiting || 'ZXx'.includes(stat.state)) {
		return {kind: 'gone', zombie: true};
	}

	const argv = readArgv(pid);
	const executable = readExecutable(pid);
	if (argv.length === 0 && parseStat(readProc(`/proc/${pid}/stat`) ?? '')?.startTicks !== stat.startTicks) {
		return checkPidExists(pid);
	}

	const process: LiveProcess = compact({
		pid,
		started_at: new Date(bootTimeMs + (stat.startTicks * 1000) / ticksPerSecond).toISOString(),
		start_ticks: stat.startTicks,
		...readPlacement(pid),
		// As ps shows a process without arguments, such as a kernel thread.
		argv: argv.length === 0 ? [`[${stat.comm}]`] : argv,
		executable,
		stopped: 'Tt'.includes(stat.state),
		cpuMs: stat.cpuMs,
	});
	return {kind: 'alive', process};
}

let ownCgroup: string | undefined;

/** The service and the container a process runs in. */
function readPlacement(pid: number): Placement {
	ownCgroup ??= readProc('/proc/self/cgroup') ?? '';
	const placement = parseCgroupPlacement(readProc(`/proc/${pid}/cgroup`) ?? '', ownCgroup);
	return placement.container === undefined
		? placement
		: compact({...placement, container_name: readContainerName(pid, placement)});
}

/** Names of containers by their id; what could not be read is not asked for again at every check. */
const containerNames = new Map<string, string | undefined>();
const maxContainerNames = 1000;

function readContainerName(pid: number, {container = '', container_engine: engine}: Placement): string | undefined {
	if (!containerNames.has(container)) {
		if (containerNames.size >= maxContainerNames) {
			containerNames.clear();
		}

		const read = engine === undefined ? undefined : nameReaders[engine];
		containerNames.set(container, read?.(pid, container));
	}

	return containerNames.get(container);
}

/** Where each engine keeps the name of a container. */
const nameReaders: Readonly<
	Partial<Record<NonNullable<Placement['container_engine']>, (pid: number, container: string) => string | undefined>>
> = {
	docker: (_, container) =>
		['/var/lib/docker', '/var/snap/docker/common/var-lib-docker']
			.map(folder => readSystemFile(`${folder}/containers/${container}/config.v2.json`, maxEngineBytes))
			.flatMap(text => parseDockerName(text ?? '') ?? [])[0],
	podman: (pid, container) => readConmonName(pid, container),
	// Only the host name is looked for: the rest of an environment may be secret.
	kubernetes: pid => {
		const isEnough = (text: string) => /(?:^|\0)HOSTNAME=[^\0]*\0/.test(text);
		return parsePodName(readProc(`/proc/${pid}/environ`, {stepBytes: 4096, isEnough}) ?? '', hostName());
	},
};

const maxEngineBytes = 1_048_576;
/** Few processes are between a wallet and the conmon of its container, such as an init process and a shell. */
const maxAncestors = 8;

function readConmonName(pid: number, container: string): string | undefined {
	let ancestor = pid;
	for (let index = 0; index < maxAncestors && ancestor > 1; index += 1) {
		const conmon = parseConmon(readArgv(ancestor));
		if (conmon) {
			return conmon.container === container ? conmon.name : undefined;
		}

		ancestor = Number(/^PPid:\t(\d+)$/m.exec(readProc(`/proc/${ancestor}/status`) ?? '')?.[1] ?? 0);
	}

	return undefined;
}

/** Whether a pid that cannot be inspected exists, by the permission check of a signal. */
export function checkPidExists(pid: number): ProcessObservation {
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
	// The last argument of a truncated list is incomplete: half a secret would not be recognized and redacted.
	return text.length >= maxBytes ? argv.slice(0, -1) : argv;
}

/** The path of a process's executable, if this user may read it. */
export function readExecutable(pid: number): string | undefined {
	return readProcLink(pid, 'exe')?.replace(/ \(deleted\)$/, '');
}

/** The target of a link in a process's /proc folder, if this user may read it. */
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

/** The effective user of a process. */
export function readUid(pid: number): number | undefined {
	return parseUid(readProc(`/proc/${pid}/status`) ?? '');
}

/** The pids of a process in pid namespaces nested in this one, the outermost first. */
export function readInnerPids(pid: number): readonly number[] {
	return parseInnerPids(readProc(`/proc/${pid}/status`) ?? '');
}

/** The children of a process that its first thread started. */
export function readChildren(pid: number): readonly number[] {
	const text = readProc(`/proc/${pid}/task/${pid}/children`) ?? '';
	return text.split(' ').flatMap(number => parsePid(number.trim()) ?? []);
}

/** Every pid that /proc lists to this user. */
export function readPids(): number[] {
	try {
		return readdirSync('/proc').flatMap(name => parsePid(name) ?? []);
	} catch {
		return [];
	}
}

// Parsers of the files under Linux's /proc. Formats: proc(5).

/** Clock ticks per second in /proc: fixed at 100 for user space on every architecture Node runs on. */
const ticksPerSecond = 100;

/** The content of /proc/PID/stat. */
export interface ProcStat {
	/** The program's file name, truncated to 15 bytes; a process may change it. */
	readonly comm: string;
	/** One letter: R, S, D, T, t, Z, X ... */
	readonly state: string;
	/** Whether it is exiting: it has ended, but is not a zombie yet. */
	readonly exiting: boolean;
	/** User and system time used so far, in milliseconds. */
	readonly cpuMs: number;
	/** Field 22: ticks from boot to its start. */
	readonly startTicks: number;
}

const exitingFlag = 0x4;

/** Parses /proc/PID/stat. The name is in parentheses and may itself contain spaces and parentheses. */
export function parseStat(text: string): ProcStat | undefined {
	const open = text.indexOf('(');
	const close = text.lastIndexOf(')');
	const fields = text.slice(close + 2).split(' ');
	// The first field here is field 3 of the manual.
	const number = (field: number) => Number(fields[field - 3] ?? Number.NaN);
	const state = fields[0] ?? '';
	const startTicks = number(22);
	return open === -1 || close < open || !/^[A-Za-z]$/.test(state) || !Number.isSafeInteger(startTicks)
		? undefined
		: {
				comm: text.slice(open + 1, close),
				state,
				exiting: (number(9) & exitingFlag) !== 0,
				cpuMs: (number(14) + number(15)) * (1000 / ticksPerSecond),
				startTicks,
			};
}

/** The arguments in /proc/PID/cmdline. A process title written over them is padded with zero bytes. */
export function parseCmdline(text: string): string[] {
	const bare = text.replace(/\0+$/, '');
	return bare === '' ? [] : bare.split('\0');
}

/** The effective user in /proc/PID/status, who owns the files that the process creates. */
function parseUid(text: string): number | undefined {
	const uid = /^Uid:\t\d+\t(\d+)/m.exec(text)?.[1];
	return uid === undefined ? undefined : Number(uid);
}

/** Boot time in milliseconds since the epoch, from /proc/stat. */
export function parseBootTimeMs(text: string): number | undefined {
	const seconds = /^btime (\d+)$/m.exec(text)?.[1];
	return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** The pids of a process in the pid namespaces nested in the reader's, the outermost first, from /proc/PID/status. */
export function parseInnerPids(status: string): readonly number[] {
	const numbers = /^NSpid:\t([\d\t]+)$/m.exec(status)?.[1]?.split('\t').map(Number) ?? [];
	return numbers.slice(1);
}

/** The address, port, user and inode of a socket in state 0A, which is listening. */
const listeningLine = /^ *\d+: ([\dA-F]+):([\dA-F]{4}) \S+ 0A \S+ \S+ \S+ +(\d+) +\d+ (\d+) /gm;

/** A listening socket from /proc/net/tcp or tcp6. */
export interface ListeningSocket {
	/** Normalized: a mapped address as IPv4, IPv6 in its shortest form. */
	readonly address: string;
	readonly port: number;
	/** The user who opened it. */
	readonly uid: number;
	readonly inode: string;
}

/** The listening sockets in /proc/net/tcp or tcp6. @param isLittleEndian the machine's byte order */
export function parseListeningSockets(text: string, isLittleEndian: boolean): ListeningSocket[] {
	const addresses = new Map<string, string>();
	const addressOf = (hex: string): string => {
		const address = addresses.get(hex) ?? parseProcAddress(hex, isLittleEndian);
		addresses.set(hex, address);
		return address;
	};

	return Array.from(text.matchAll(listeningLine), ([, address = '', port = '', uid, inode = '']) => ({
		address: addressOf(address),
		port: Number.parseInt(port, 16),
		uid: Number(uid),
		inode,
	}));
}

/** A normalized address from /proc/net/tcp or tcp6. The kernel prints each 32-bit word in the machine's byte order. */
export function parseProcAddress(hex: string, isLittleEndian: boolean): string {
	const words = hex.match(/.{8}/g) ?? [];
	const bytes = words.flatMap(word => {
		const ordered = (word.match(/../g) ?? []).map(byte => Number.parseInt(byte, 16));
		return isLittleEndian ? ordered.reverse() : ordered;
	});
	if (bytes.length === 4) {
		return bytes.join('.');
	}

	const groups = Array.from({length: 8}, (_, index) =>
		(((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
	);
	return canonicalHost(groups.join(':'));
}

/** The addresses of a network namespace: IPv4 from /proc/PID/net/fib_trie, IPv6 from /proc/PID/net/if_inet6. */
export function parseLocalAddresses(fibTrie: string, ifInet6: string): ReadonlySet<string> {
	const v4 = [...fibTrie.matchAll(/\|-- ([\d.]+)\n\s+\/32 host LOCAL/g)].map(([, address = '']) => address);
	const v6 = [...ifInet6.matchAll(/^([\da-f]{32}) /gm)].map(([, hex = '']) =>
		canonicalHost((hex.match(/.{4}/g) ?? []).join(':')),
	);
	return new Set([...v4, ...v6]);
}

/** The ports of the listening sockets in /proc/net/tcp or tcp6. */
export function parseListeningPorts(text: string): ReadonlySet<number> {
	return new Set(Array.from(text.matchAll(listeningLine), ([, , hexPort = '']) => Number.parseInt(hexPort, 16)));
}

/** Reads the pid on the first line of a file. Never rejects. */
export async function readPidFile(path: string): Promise<PidFileOutcome> {
	try {
		const [firstLine = ''] = (await readFileStart(path, 64)).split('\n');
		const pid = parsePid(firstLine.trim());
		return pid === undefined ? {error: 'it does not contain a pid', missing: false} : {pid};
	} catch (error) {
		const code = systemErrorCode(error);
		return {error: systemErrorReason(error), missing: code === 'ENOENT' || code === 'ENOTDIR'};
	}
}
