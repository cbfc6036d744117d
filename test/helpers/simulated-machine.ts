import {createChecker} from '../../source/application/checker.js';
import type {CheckContext} from '../../source/checks/check.js';
import {createDaemonCache} from '../../source/checks/daemon-cache.js';
import {ChainRecords} from '../../source/checks/fork-detection.js';
import {renderRemedy} from '../../source/cli/render-remedy.js';
import type {CheckMethod} from '../../source/domain/check-method.js';
import type {ResultOf} from '../../source/domain/check-result.js';
import type {ProcessConnections, SocketTraffic} from '../../source/domain/daemon-link.js';
import {isWalletProgram, programName} from '../../source/domain/discovery/wallet-process.js';
import type {Node} from '../../source/domain/node/node.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import {recordResult} from '../../source/domain/past/record-result.js';
import type {
	LiveProcess,
	PidFileOutcome,
	Ports,
	ProcessTable,
	ProcessWork,
	RpcOutcome,
	StopCause,
} from '../../source/domain/ports.js';
import {resolveSettings, type SettingTexts} from '../../source/domain/settings.js';
import {type Script, scriptedAnswer} from './scripted-server.js';
import {nodeFixture} from './store-fixture.js';

/** The time at which every simulated machine starts. */
export const machineStartMs = Date.parse('2026-11-20T10:00:00.000Z');

/** The time this many seconds before the machine starts, as ISO-8601. */
export const ago = (seconds: number): string => new Date(machineStartMs - seconds * 1000).toISOString();

/** A process of a simulated machine: by default a wallet that started an hour ago. */
export interface SimulatedProcess {
	readonly pid: number;
	/** What the process table shows of it. */
	readonly live?: Partial<LiveProcess>;
	/** Default: it is alive, and this user may inspect it. */
	readonly is?: 'zombie' | 'hidden';
	/** The addresses where it listens, as `host:port`; `unknown`: this user may not see that. Default: none. */
	readonly listens?: readonly string[] | 'unknown';
	/** Its pids in nested pid namespaces. */
	readonly innerPids?: readonly number[];
	readonly stop?: StopCause;
	readonly connections?: ProcessConnections;
	/** The traffic of its connections, by inode. */
	readonly traffic?: Readonly<Record<string, SocketTraffic>>;
	readonly work?: ProcessWork;
}

/** A machine with its processes, network and clocks. A test changes it between two checks. */
export interface SimulatedMachine {
	processes: readonly SimulatedProcess[];
	/** The answers of the servers, by `host:port`; an `RpcOutcome` is the answer to every method. Others refuse connections. */
	servers: Readonly<Record<string, Script | RpcOutcome>>;
	pidFiles: Readonly<Record<string, PidFileOutcome>>;
	/** The hosts that are containers of this machine. */
	containerHosts: readonly string[];
	/** Milliseconds since the epoch. */
	nowMs: number;
	/** Milliseconds of the monotonic clock. */
	elapsedMs: number;
	/** The requests so far, as `host:port method`. */
	readonly calls: string[];
	/** Replacements for the simulated ports. */
	ports: Partial<Ports>;
}

/** Where the wallet and the daemon of most tests listen. */
export const walletAddress = '127.0.0.1:18088';
export const daemonAddress = '127.0.0.1:18081';

/** A wallet that was started with that daemon. */
export const walletProcess: SimulatedProcess = {
	pid: 77,
	listens: [walletAddress],
	live: {argv: ['monero-wallet-rpc', '--daemon-address', daemonAddress]},
};
/** Its identity as it is remembered. */
export const walletIdentity = {pid: 77, started_at: ago(3600), start_ticks: 7700};

/** The facts of answers like those of `walletScript(26)` and `daemonScript()`: of the version, the wallet and its daemon. */
export const versionFacts = {version: 65_561, version_text: '1.25', release: false};
export const walletFacts = {wallet_open: true, wallet_height: 26, wallet_lag: 0};
export const daemonFacts = {
	daemon: daemonAddress,
	daemon_reachable: true,
	daemon_synchronized: true,
	daemon_height: 26,
	daemon_lag: 0,
	nettype: 'fakechain',
};

/** What every process of a simulated machine uses. */
export const usage = {memory_bytes: 33_554_432, threads: 4} as const;

/** A machine without processes and servers. */
export function simulatedMachine(more: Partial<SimulatedMachine> = {}): SimulatedMachine {
	return {
		processes: [],
		servers: {},
		pidFiles: {},
		containerHosts: [],
		nowMs: machineStartMs,
		elapsedMs: 1_000_000,
		calls: [],
		ports: {},
		...more,
	};
}

/** The process as the process table shows it. */
export function liveProcess({pid, live = {}, stop}: SimulatedProcess): LiveProcess {
	return {
		pid,
		started_at: ago(3600),
		start_ticks: pid * 100,
		argv: ['monero-wallet-rpc'],
		stopped: stop !== undefined,
		...live,
	};
}

const localHosts = new Set(['127.0.0.1', '::1', 'localhost']);
const isAlive = ({is}: SimulatedProcess): boolean => is === undefined;
const servesAt = ({listens = []}: SimulatedProcess, address: string): boolean =>
	listens !== 'unknown' && listens.includes(address);

function processTable(machine: SimulatedMachine): ProcessTable {
	const byPid = (pid: number) => machine.processes.find(process => process.pid === pid);
	const holderOf = (address: string) => machine.processes.find(each => isAlive(each) && servesAt(each, address));
	return {
		inspect: async pid => {
			const process = byPid(pid);
			return process === undefined
				? {kind: 'gone'}
				: process.is === 'zombie'
					? {kind: 'gone', zombie: true}
					: process.is === 'hidden'
						? {kind: 'hidden'}
						: {kind: 'alive', process: liveProcess(process)};
		},
		findByRpcPort: async (host, port) => {
			const holder = holderOf(`${host}:${port}`);
			if (holder && isWalletProgram(liveProcess(holder))) {
				return {pid: holder.pid, evidence: 'socket'};
			}

			const program = holder && (programName(liveProcess(holder)) ?? 'another program');
			return holder && program !== undefined
				? {
						reason: `port ${port} is held by pid ${holder.pid} (${program})`,
						holder: {pid: holder.pid, program, isWallet: false},
					}
				: {reason: `no wallet for port ${port} runs here`};
		},
		servesRpcPort: async (pid, host, port) => {
			const process = byPid(pid);
			return process?.listens === 'unknown' ? undefined : process !== undefined && servesAt(process, `${host}:${port}`);
		},
		mayServe: async ({pid}, host, port) => servesAt(byPid(pid) ?? {pid}, `${host}:${port}`),
		listenerOf: async (host, port) => {
			const holder = holderOf(`${host}:${port}`);
			return holder && {pid: holder.pid, program: programName(liveProcess(holder)) ?? '', isWallet: false};
		},
		seesSockets: async pid => byPid(pid)?.listens !== 'unknown',
		isContainerHost: async host => machine.containerHosts.includes(host),
		innerPids: async pid => byPid(pid)?.innerPids ?? [],
	};
}

function answerOf(
	server: Script | RpcOutcome | undefined,
	method: string,
	params: object,
	timeoutMs: number,
): RpcOutcome {
	if (server === undefined) {
		return {kind: 'no_answer', cause: 'refused', error: 'connect ECONNREFUSED', latencyMs: 1};
	}

	if (typeof server.kind === 'string') {
		return server as RpcOutcome;
	}

	const reply = scriptedAnswer(server as Script, method, {...params});
	if (reply === undefined || typeof reply === 'string') {
		return {kind: 'no_answer', cause: 'timeout', error: 'timeout', latencyMs: timeoutMs};
	}

	return 'error' in reply
		? {kind: 'rpc_error', ...reply.error, latencyMs: 2}
		: {kind: 'result', result: reply.result, latencyMs: 2};
}

/** The ports of a simulated machine. Nothing waits in real time. */
export function machinePorts(machine: SimulatedMachine): Ports {
	const byPid = (pid: number) => machine.processes.find(each => each.pid === pid && isAlive(each));
	return {
		callRpc: async ({host, port}, method, {timeoutMs}, params = {}) => {
			machine.calls.push(`${host}:${port} ${method}`);
			return answerOf(machine.servers[`${host}:${port}`], method, params, timeoutMs);
		},
		connectTcp: async ({host, port}) =>
			`${host}:${port}` in machine.servers
				? {open: true, latencyMs: 1}
				: {open: false, latencyMs: 1, cause: 'refused', error: 'connect ECONNREFUSED'},
		openProcessTable: () => processTable(machine),
		readPidFile: async file => machine.pidFiles[file] ?? {error: 'no such file or directory', missing: true},
		readWalletSetup: async () => ({}),
		findLoginFile: async () => ({kind: 'missing'}),
		ownPlace: () => ({uid: 1000, hasSystemd: true}),
		renderRemedy,
		hasOwnNetworkNamespace: () => false,
		walletLogFile: () => undefined,
		readFileExposure: () => undefined,
		isLocalHost: host => localHosts.has(host),
		readProcessConnections: pid => byPid(pid)?.connections,
		holdsSocket: (pid, {inode}) => byPid(pid)?.connections?.outgoing.some(each => each.inode === inode) === true,
		readSocketTraffic: async (pid, inode) => byPid(pid)?.traffic?.[inode],
		readProcessUsage: (_, isFull) => (isFull ? usage : {memory_bytes: usage.memory_bytes}),
		readProcessWork: pid => byPid(pid)?.work,
		readUnreadRequests: () => undefined,
		readStopCause: pid => byPid(pid)?.stop,
		after: () => () => undefined,
		wait: async ms => {
			machine.nowMs += ms;
			machine.elapsedMs += ms;
		},
		nowMs: () => machine.nowMs,
		monotonicMs: () => machine.elapsedMs,
		...machine.ports,
	};
}

/** The conditions of checks on a simulated machine. */
export interface MachineChecks {
	readonly settings?: SettingTexts;
	/** What is remembered of every node at first. */
	readonly nodeState?: NodeState;
	/** Other nodes of the fleet. */
	readonly others?: readonly Node[];
}

/**
 * Checks a node of a simulated machine again and again, with one checker.
 * @returns a function that checks once after a number of milliseconds, default 0, and remembers the result
 */
export function checksOn(
	machine: SimulatedMachine,
	node: Node,
	{settings = {}, nodeState = {}, others = []}: MachineChecks = {},
) {
	let remembered = nodeState;
	const checker = createChecker({
		ports: machinePorts(machine),
		settings: resolveSettings({texts: settings, where: 'test'}),
		recall: id => (id === node.id ? remembered : {}),
	});
	return async <M extends CheckMethod>(method: M, afterMs = 0): Promise<ResultOf<M>> => {
		machine.nowMs += afterMs;
		machine.elapsedMs += afterMs;
		const result = await checker.check(node, method, checker.openCycle([node, ...others]));
		remembered = recordResult(remembered, result);
		return result;
	};
}

/** Checks a node of a simulated machine once. */
export async function checkOn<M extends CheckMethod>(
	machine: SimulatedMachine,
	node: Node,
	method: M,
	conditions: MachineChecks = {},
): Promise<ResultOf<M>> {
	return checksOn(machine, node, conditions)(method);
}

/** Checks a node once, by default a wallet with a configured daemon, on a machine of its own. */
export async function checkMain<M extends CheckMethod>(
	method: M,
	machine: Partial<SimulatedMachine>,
	node: Partial<Node> = {daemon: daemonAddress},
	conditions: MachineChecks = {},
): Promise<ResultOf<M>> {
	return checkOn(simulatedMachine(machine), nodeFixture('main', 1, node), method, conditions);
}

/** What a check on a simulated machine knows, for tests of its parts. Nothing was remembered or seen before. */
export function contextOn(
	machine: SimulatedMachine,
	{settings = {}, nodeState = {}, others = []}: MachineChecks = {},
): CheckContext {
	const ports = machinePorts(machine);
	const resolved = resolveSettings({texts: settings, where: 'test'});
	return {
		ports,
		settings: resolved,
		nodeState,
		processes: ports.openProcessTable(),
		daemons: createDaemonCache({
			ports,
			nodes: others,
			timeoutMs: resolved.timeout,
			silent: new Set(),
			speakTls: new Set(),
			lastBlocks: new Map(),
			chains: new ChainRecords(),
			maxLag: resolved.max_daemon_lag,
			maxBlockAgeMs: resolved.block_age,
		}),
		processLooks: new Map(),
		inferences: new Map(),
		walletLooks: new Map(),
		watches: new Map(),
		daemonViews: new Map(),
	};
}
