import type {ApiDetails} from '../domain/check-result.js';
import {parseDurationMs} from '../domain/duration.js';
import type {Node} from '../domain/node.js';
import type {LiveProcess, NoAnswerCause, RpcOutcome} from '../domain/ports.js';
import {spanText} from '../domain/quantity.js';
import type {CheckContext} from './check.js';
import {findProcess} from './pid.js';

/** Two samples of processor time nearer than this prove nothing: ticks are 10 ms. */
const sampleGapMs = 500;
/** The part of a core that counts as work. */
const workingCores = 0.05;

/** Processor time of a process at a moment, kept between checks. */
export interface CpuSample {
	readonly pid: number;
	readonly started_at: string;
	/** Milliseconds of processor time since the process started. */
	readonly cpuMs: number;
	/** Monotonic milliseconds. */
	readonly atMs: number;
}

/** What a silence most likely is. */
export type Silence = {readonly state: 'busy' | 'down'; readonly reason: string} & Pick<
	ApiDetails,
	'pid' | 'started_at' | 'cpu_cores' | 'silent_ms' | 'caused_by'
>;

/** Why there was no answer, as far as silence is concerned. */
export type SilenceKind = 'silent' | 'port_closed' | 'proxy_waits';

const proxyCodes: ReadonlySet<number> = new Set([502, 503, 504]);

/** Whether an outcome is a silence that work could explain; `undefined` when it says something of its own. */
export function silenceKindOf(outcome: RpcOutcome): SilenceKind | undefined {
	if (outcome.kind === 'no_answer') {
		return silenceKindOfCause(outcome.cause);
	}

	return outcome.kind === 'http_error' && proxyCodes.has(outcome.statusCode) ? 'proxy_waits' : undefined;
}

/** The same for a port that could not be connected to. */
export function silenceKindOfCause(cause: NoAnswerCause): SilenceKind | undefined {
	return cause === 'timeout' ? 'silent' : cause === 'refused' ? 'port_closed' : undefined;
}

/** What a check saw of a silence. */
export interface SilenceSeen {
	readonly kind: SilenceKind;
	/** What the verdict says where nothing better is known. */
	readonly failure: string;
	/** Milliseconds until the check gave up. */
	readonly latencyMs: number;
}

/**
 * Tells busy from down by proof of work: the process used a processor between two samples. The proof expires, so that
 * nothing is excused for ever.
 */
export async function judgeSilence(
	node: Node,
	context: CheckContext,
	{kind, failure, latencyMs}: SilenceSeen,
): Promise<Silence> {
	const silentMs = Math.round(Math.max(latencyMs, silentMsOf(context)));
	const process = context.ports.isLocalHost(node.host) ? await findProcess(node, context) : undefined;
	if (!process) {
		return judgeUnseen(node, context, {kind, failure, silentMs});
	}

	const facts = {pid: process.pid, started_at: process.started_at, silent_ms: silentMs};
	if (process.stopped) {
		return {state: 'down', reason: `${failure}: the process is stopped by a signal or a debugger`, ...facts};
	}

	const cores = await coresOf(process, node, context);
	const evidence = {...facts, ...(cores === undefined ? {} : {cpu_cores: Math.round(cores * 100) / 100})};
	if (cores === undefined || cores < workingCores) {
		return {...(await judgeIdle(node, context, kind, failure)), ...evidence};
	}

	const limit = limitFor(node, context, kind, process);
	const proof = `${cores.toFixed(1)} core${cores < 1.05 ? '' : 's'} in use`;
	return limit.spentMs <= limit.maxMs
		? {state: 'busy', reason: `${limit.what}: ${proof}, silent for ${spanText(silentMs)}`, ...evidence}
		: {state: 'down', reason: `${failure}, for longer than ${spanText(limit.maxMs)} although ${proof}`, ...evidence};
}

/** How long nothing was answered, this check included. */
function silentMsOf({memory, ports}: CheckContext): number {
	const since = memory.silent_since;
	return since === undefined ? 0 : Math.max(0, ports.nowMs() - Date.parse(since));
}

/** What excuses a working process, until when. A process that has never opened its port is reading the chain first. */
function limitFor(node: Node, context: CheckContext, kind: SilenceKind, process: LiveProcess) {
	const {settings, memory, ports} = context;
	const hasAnswered = memory.last_answer !== undefined && memory.last_answer >= process.started_at;
	return kind === 'port_closed' && !hasAnswered
		? {what: 'starting', spentMs: ports.nowMs() - Date.parse(process.started_at), maxMs: settings.startup_max}
		: {what: 'working', spentMs: silentMsOf(context), maxMs: busyMaxMsOf(node, context)};
}

function busyMaxMsOf(node: Node, {settings}: CheckContext): number {
	return (node.busy_max === undefined ? undefined : parseDurationMs(node.busy_max)) ?? settings.busy_max;
}

/** Cores used since the last sample of the same process, or over the next half second. */
async function coresOf(process: LiveProcess, node: Node, context: CheckContext): Promise<number | undefined> {
	const now = sampleOf(process, context);
	const before = context.cpuSamples.get(node.id);
	if (!now) {
		return undefined;
	}

	context.cpuSamples.set(node.id, now);
	if (before && isSame(before, now) && now.atMs - before.atMs >= sampleGapMs) {
		const cores = coresBetween(before, now);
		// An idle time before the silence hides work that has just begun: only a fresh look can rule that out.
		if (cores >= workingCores) {
			return cores;
		}
	}

	await context.ports.wait(sampleGapMs, context.signal);
	const sighting = await context.processes.inspect(process.pid);
	const later = sighting.kind === 'alive' ? sampleOf(sighting.process, context) : undefined;
	if (!later || !isSame(now, later)) {
		return undefined;
	}

	context.cpuSamples.set(node.id, later);
	return coresBetween(now, later);
}

function sampleOf({pid, started_at, cpuMs}: LiveProcess, {ports}: CheckContext): CpuSample | undefined {
	return cpuMs === undefined ? undefined : {pid, started_at, cpuMs, atMs: ports.monotonicMs()};
}

const isSame = (a: CpuSample, b: CpuSample): boolean => a.pid === b.pid && a.started_at === b.started_at;
const coresBetween = (a: CpuSample, b: CpuSample): number => (b.cpuMs - a.cpuMs) / Math.max(1, b.atMs - a.atMs);

/** A living process that does nothing: waiting for a daemon that hangs, or hung itself. */
async function judgeIdle(
	node: Node,
	context: CheckContext,
	kind: SilenceKind,
	failure: string,
): Promise<Pick<Silence, 'state' | 'reason' | 'caused_by'>> {
	if (kind === 'port_closed') {
		return {state: 'down', reason: `${failure}, and its process does nothing`};
	}

	const daemon = await context.daemons.look(node);
	if (daemon?.timedOut) {
		const reason = `waits for its daemon: ${daemon.daemon} hangs; do not restart the wallet`;
		return {state: 'down', reason, caused_by: daemon.daemon};
	}

	return {state: 'down', reason: `${failure}, and its process does nothing: likely hung`};
}

/** Where no process can be seen, an open port that stays silent is excused for a shorter time. */
async function judgeUnseen(
	node: Node,
	{ports, settings, signal}: CheckContext,
	{kind, failure, silentMs}: {readonly kind: SilenceKind; readonly failure: string; readonly silentMs: number},
): Promise<Silence> {
	const down = {state: 'down', reason: failure, silent_ms: silentMs} as const;
	if (kind === 'port_closed') {
		return {state: 'down', reason: failure};
	}

	const {host, port} = node;
	const options = {timeoutMs: settings.port_timeout, ...(signal ? {signal} : {})};
	const isOpen = kind === 'proxy_waits' || (await ports.connectTcp({host, port}, options)).open;
	const maxMs = settings.busy_max_unseen;
	if (!isOpen) {
		return down;
	}

	return silentMs > maxMs
		? {...down, reason: `${failure}, for longer than ${spanText(maxMs)}; its process cannot be seen from here`}
		: {...down, state: 'busy', reason: `${failure}; its process cannot be seen, so it may be working`};
}
