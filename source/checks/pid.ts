import type {PidDetails, ProcessIdentity} from '../domain/check-result.js';
import {shownCommandLine} from '../domain/command-line.js';
import {compact} from '../domain/compact.js';
import {isDaemonProgram, isWalletProgram, programName, walletProgram} from '../domain/discovery/wallet-process.js';
import {isoTimeText, roundedMs} from '../domain/format.js';
import {type Node, nodeSecrets} from '../domain/node/node.js';
import type {LiveProcess, ProcessObservation, StopCause, WalletSearch} from '../domain/ports.js';
import {containerText, isSameProcess, processPlacement} from '../domain/process-identity.js';
import type {State} from '../domain/state.js';
import {cleanText, redactSecrets} from '../domain/text.js';
import {type Check, type CheckContext, isLocalNode, withNetworkHost} from './check.js';

/** The messages of a pid check, with the state for each. */
const stateByMessage = {
	'PID not set': 'unknown',
	'PID cannot be checked on a remote host': 'unknown',
	'Process not found': 'down',
	'Process is running': 'up',
	'Process exists but not monero-wallet-rpc': 'down',
	'Process exists but not monerod': 'down',
	'PID was reused by another process': 'down',
	'Process exists but is hidden from this user': 'unknown',
} as const satisfies Record<string, State>;

/** What is known of a node's process: all its details except the times of the check. */
interface PidVerdict extends Pick<PidDetails, 'pid' | 'reason'> {
	readonly message: keyof typeof stateByMessage;
	readonly process?: LiveProcess;
}

/** Checks whether the node's process exists, and is `monero-wallet-rpc`. */
export const checkPid: Check<'pid'> = async (node, context) => {
	const {monotonicMs, nowMs} = context.ports;
	const startedMs = monotonicMs();
	const {message, reason, pid, process} = await judgeProcess(node, context);
	const state = stateByMessage[message];
	const stop = process && state === 'up' ? stopOf(process, context) : undefined;
	const details: PidDetails = compact({
		method: 'pid',
		message,
		...(reason === undefined ? {} : {reason: cleanText(reason)}),
		state,
		pid,
		...(process ? factsOf(withNetworkHost(process, node, context.ports), node, state === 'up') : {}),
		...(process && state === 'up' ? context.ports.readProcessUsage(process.pid, true) : {}),
		...(stop ? stopFacts(stop) : {}),
		latency_ms: roundedMs(monotonicMs() - startedMs),
		last_check: isoTimeText(nowMs()),
	});
	// It exists, but must not be taken for a working process.
	return stop
		? {status: true, details: {...details, state: 'degraded', reason: stopCauseText(stop)}}
		: {status: state === 'up', details};
};

/** The node's own process, if it is on this machine and may be inspected; else why it is not visible. */
export async function findNodeProcess(
	node: Node,
	context: CheckContext,
): Promise<{readonly process: LiveProcess} | {readonly unseen: string; readonly isGone: boolean}> {
	const {message, reason, process} = await judgeProcess(node, context);
	if (stateByMessage[message] === 'up' && process) {
		return {process: withNetworkHost(await servingProcess(process, node, context), node, context.ports)};
	}

	const isGone = message === 'Process not found' && (await isUnclaimed(node, context));
	return {unseen: cleanText(reason ?? message), isGone};
}

/** Whether no visible wallet serves the address: one that does was not identified as the node's process, but may be it. */
async function isUnclaimed({host, port}: Node, {processes}: CheckContext): Promise<boolean> {
	const {pid} = await processes.findByRpcPort(host, port);
	return pid === undefined;
}

/**
 * A configured pid is trusted unless another wallet is seen to listen: statements about the node are then about that wallet.
 */
async function servingProcess(process: LiveProcess, node: Node, {processes}: CheckContext): Promise<LiveProcess> {
	const {host, port} = node;
	if (
		node.kind === 'daemon' ||
		!isConfigured(node) ||
		(await processes.servesRpcPort(process.pid, host, port)) !== false
	) {
		return process;
	}

	const found = await processes.findByRpcPort(host, port);
	const observation =
		found.pid !== undefined && found.evidence === 'socket' ? await processes.inspect(found.pid) : undefined;
	return observation?.kind === 'alive' ? observation.process : process;
}

function isConfigured({pid, pid_file: file}: Node): boolean {
	return pid !== undefined || file !== undefined;
}

function factsOf(process: LiveProcess, node: Node, isNodes: boolean): Partial<PidDetails> {
	const {started_at, start_ticks, stopped, network_host} = process;
	return compact({
		cmdline: shownNodeCommand(process, node),
		is_monero_process: isNodes || (node.kind === 'daemon' ? isDaemonProgram(process) : isWalletProgram(process)),
		started_at,
		start_ticks,
		// Not for another program's process: nobody should be advised to restart its unit.
		...(isNodes ? {...processPlacement(process), network_host} : {}),
		...(stopped ? {stopped} : {}),
	});
}

/** The command line of a node's process in the form that is shown. */
export function shownNodeCommand(process: LiveProcess, node: Node): string {
	return redactSecrets(shownCommandLine(process), nodeSecrets(node));
}

function stopOf({pid, stopped}: LiveProcess, {ports}: CheckContext): StopCause | undefined {
	return ports.readStopCause(pid) ?? (stopped ? {by: 'signal'} : undefined);
}

function stopFacts(cause: StopCause): Pick<PidDetails, 'stopped' | 'stopped_by' | 'tracer'> {
	const tracer = tracerText(cause);
	return {stopped: true, stopped_by: cause.by, ...(tracer === '' ? {} : {tracer})};
}

/** Why a process does not run, as a sentence. */
export function stopCauseText(cause: StopCause): string {
	if (cause.by === 'tracer') {
		return `the process is stopped by a debugger${cause.pid === undefined ? '' : `: ${tracerText(cause)}`}`;
	}

	return cause.by === 'freezer' ? 'the process is frozen by its cgroup' : 'the process is stopped by a signal';
}

/** The name and pid of a debugger: `gdb, pid 4711`. */
function tracerText({pid, program}: Pick<StopCause, 'pid' | 'program'>): string {
	return [program && cleanText(program), pid === undefined ? undefined : `pid ${pid}`].filter(Boolean).join(', ');
}

async function judgeProcess(node: Node, context: CheckContext): Promise<PidVerdict> {
	const {ports, processes} = context;
	const isHere = isLocalNode(node, ports) || (node.proxy === undefined && (await processes.isContainerHost(node.host)));
	if (!isHere) {
		const gone = await judgeGoneNetwork(node, context);
		if (gone) {
			return gone;
		}

		const reason = node.proxy === undefined ? `${node.host} is not this machine` : `${node.host} is behind a proxy`;
		return {message: 'PID cannot be checked on a remote host', reason};
	}

	const configured = await configuredPid(node, context);
	if (node.kind === 'daemon') {
		return judgeDaemonProcess(node, context, configured);
	}

	return configured.pid === undefined
		? judgeUnconfigured(node, context, configured.problem)
		: judgeConfigured(node, context, configured.pid);
}

/**
 * Judges a node whose address no process on this machine has any more, if the process last seen had it in its own network
 * namespace: that of a container, which ends with the process.
 * @returns `undefined` for a host that was never known to be here
 */
async function judgeGoneNetwork(node: Node, context: CheckContext): Promise<PidVerdict | undefined> {
	const {process: remembered} = context.nodeState;
	if (!remembered || remembered.network_host !== node.host || node.proxy !== undefined) {
		return undefined;
	}

	const {pid} = remembered;
	const observation = await context.processes.inspect(pid);
	if (observation.kind === 'gone') {
		return {message: 'Process not found', pid, reason: goneText(pid, observation.zombie, remembered)};
	}

	// Other programs have its number only after it has ended.
	if (observation.kind === 'alive' && isReused(observation.process, remembered)) {
		const {process} = observation;
		const name = programName(process) ?? 'another program';
		const was = containerText(remembered);
		const reason = `pid ${pid}${was === undefined ? '' : `, which ran in ${was},`} is now another process (${name}): ${startTexts(process, remembered)}`;
		return {message: 'PID was reused by another process', pid, process, reason};
	}

	const why =
		observation.kind === 'alive'
			? 'still runs, but that address was not found in its network'
			: 'is hidden from this user';
	const reason = `pid ${pid}, which served ${node.host}, ${why}`;
	return {message: 'PID cannot be checked on a remote host', reason};
}

async function configuredPid(
	{pid, pid_file: file}: Node,
	{ports}: CheckContext,
): Promise<{readonly pid?: number; readonly problem?: string}> {
	if (pid !== undefined || file === undefined) {
		return pid === undefined ? {} : {pid};
	}

	const outcome = await ports.readPidFile(file);
	return 'pid' in outcome ? outcome : {problem: `pid file ${file} cannot be read: ${outcome.error}`};
}

/** The process of a monerod: the configured one, else the one that listens, else the remembered one. */
async function judgeDaemonProcess(
	{host, port}: Node,
	{processes, nodeState}: CheckContext,
	configured: {readonly pid?: number; readonly problem?: string},
): Promise<PidVerdict> {
	const {process: remembered} = nodeState;
	const holder = configured.pid === undefined ? await processes.listenerOf(host, port) : undefined;
	const pid = configured.pid ?? holder?.pid ?? remembered?.pid;
	if (pid === undefined) {
		const reason =
			configured.problem ?? `no pid is configured, and no monerod for port ${port} was found on this machine`;
		return {message: 'PID not set', reason};
	}

	const observation = await processes.inspect(pid);
	if (observation.kind === 'gone') {
		return {message: 'Process not found', pid, reason: goneText(pid, observation.zombie, remembered)};
	}

	if (observation.kind === 'hidden') {
		return {message: 'Process exists but is hidden from this user', pid, reason: hiddenText(pid)};
	}

	const {process} = observation;
	const name = programName(process) ?? 'another program';
	if (holder === undefined && isReused(process, remembered)) {
		const reason = `pid ${pid} is now another process (${name}): ${startTexts(process, remembered)}`;
		return {message: 'PID was reused by another process', pid, process, reason};
	}

	return isDaemonProgram(process)
		? running(process)
		: {message: 'Process exists but not monerod', pid, process, reason: `pid ${pid} is ${name}, not monerod`};
}

/** @param remembered the process last seen: where that ran is worth a word */
function goneText(pid: number, isZombie: boolean | undefined, remembered: ProcessIdentity | undefined): string {
	const where = remembered?.pid === pid ? containerText(remembered) : undefined;
	const what = isZombie ? 'has exited but was not reaped by its parent (zombie)' : 'does not exist';
	return `pid ${pid} ${what}${where === undefined ? '' : `; it ran in ${where}`}`;
}

const hiddenText = (pid: number): string => `pid ${pid} exists, but this user is not permitted to inspect it`;

/** A configured pid is trusted: another process on the port is mentioned, but does not replace it. */
async function judgeConfigured(node: Node, context: CheckContext, pid: number): Promise<PidVerdict> {
	const {processes} = context;
	const {host, port} = node;
	const observation = await processes.inspect(pid);
	const verdict = await judgeObservation(node, context, pid, observation);
	const isUp = stateByMessage[verdict.message] === 'up';
	if (isUp && (await processes.servesRpcPort(pid, host, port)) !== false) {
		return verdict;
	}

	const found = await processes.findByRpcPort(host, port);
	if (found.pid === undefined || found.pid === pid) {
		return isUp || stateByMessage[verdict.message] === 'unknown' ? verdict : withHolder(verdict, found);
	}

	const innerPids = await processes.innerPids(found.pid);
	// The pid was written in the pid namespace of a container, where processes have other pids.
	const own = innerPids.includes(pid) ? await processes.inspect(found.pid) : undefined;
	if (own?.kind === 'alive') {
		return running(own.process);
	}

	if (stateByMessage[verdict.message] !== 'down') {
		return verdict;
	}

	const why = observation.kind === 'gone' ? `pid ${pid} is gone` : verdict.reason;
	const inner = innerPids.length === 0 ? '' : ` (number ${innerPids.at(-1)} in its own pid namespace)`;
	return {...verdict, reason: `${why}; pid ${found.pid}${inner} now serves port ${port}`};
}

/** Without a configured pid: the remembered process while it is alive, else the one that now serves the port. */
async function judgeUnconfigured(node: Node, context: CheckContext, problem?: string): Promise<PidVerdict> {
	const {processes, nodeState} = context;
	const {host, port} = node;
	const remembered = nodeState.process;
	const before = remembered && (await processes.inspect(remembered.pid));
	const isSame = before?.kind === 'alive' && !isReused(before.process, remembered);
	// While nothing has changed, this avoids reading the list of all processes.
	const serves = isSame ? await processes.servesRpcPort(before.process.pid, host, port) : false;
	if (isSame && (serves ?? isWalletProgram(before.process))) {
		return running(before.process);
	}

	const found = await processes.findByRpcPort(host, port);
	const observation = found.pid === undefined ? undefined : await processes.inspect(found.pid);
	if (observation?.kind === 'alive') {
		return running(observation.process);
	}

	// A remembered process that serves another port belongs to the node before it was edited.
	if (remembered && before && !(isSame && isWalletProgram(before.process))) {
		const verdict = withHolder(await judgeObservation(node, context, remembered.pid, before), found);
		return problem === undefined ? verdict : {...verdict, reason: `${verdict.reason}; ${problem}`};
	}

	const reason =
		found.pid === undefined ? found.reason : `no ${walletProgram} for port ${port} was found on this machine`;
	return {message: 'PID not set', reason: problem ?? `no pid is configured, and ${reason}`};
}

/** Mentions another program that holds the port when the wallet is gone. */
function withHolder(verdict: PidVerdict, found: WalletSearch): PidVerdict {
	return found.pid === undefined && found.holder ? {...verdict, reason: `${verdict.reason}; ${found.reason}`} : verdict;
}

async function judgeObservation(
	node: Node,
	{nodeState, processes}: CheckContext,
	pid: number,
	observation: ProcessObservation,
): Promise<PidVerdict> {
	if (observation.kind === 'gone') {
		return {message: 'Process not found', pid, reason: goneText(pid, observation.zombie, nodeState.process)};
	}

	if (observation.kind === 'hidden') {
		return {message: 'Process exists but is hidden from this user', pid, reason: hiddenText(pid)};
	}

	const {process} = observation;
	const serves = await processes.servesRpcPort(pid, node.host, node.port);
	const isWallet = isWalletProgram(process) || serves === true;
	const name = programName(process) ?? 'another program';
	// In a container every start may get the same pid: then the served port shows whose process it is.
	if (isReused(process, nodeState.process) && !(isWallet && serves === true)) {
		const reason = `pid ${pid} is now another process (${name}): ${startTexts(process, nodeState.process)}`;
		return {message: 'PID was reused by another process', pid, process, reason};
	}

	const foreign = isPidOfOtherNamespace(process, nodeState.process)
		? ': the pid belongs to another pid namespace, such as that of a container'
		: '';
	return isWallet
		? running(process)
		: {
				message: 'Process exists but not monero-wallet-rpc',
				pid,
				process,
				reason: `pid ${pid} is ${name}, not ${walletProgram}${foreign}`,
			};
}

/**
 * Whether a process had its pid before the node's wallet started with another one: then that pid was never the wallet's here.
 */
function isPidOfOtherNamespace(process: ProcessIdentity, remembered: ProcessIdentity | undefined): boolean {
	return remembered !== undefined && remembered.pid !== process.pid && process.started_at < remembered.started_at;
}

function running(process: LiveProcess): PidVerdict {
	return {message: 'Process is running', pid: process.pid, process};
}

/** Whether a process has only its pid in common with the remembered one. */
function isReused(process: ProcessIdentity, remembered: ProcessIdentity | undefined): boolean {
	return remembered?.pid === process.pid && !isSameProcess(remembered, process);
}

function startTexts({started_at: now}: ProcessIdentity, remembered: ProcessIdentity | undefined): string {
	const before = remembered?.started_at ?? '';
	// Seconds are precise enough, unless they are equal.
	const length = now.slice(0, 19) === before.slice(0, 19) ? 23 : 19;
	const [started, startedBefore] = [now, before].map(time => time.slice(0, length).replace('T', ' '));
	return `it started ${started} UTC, the wallet seen earlier started ${startedBefore} UTC`;
}
