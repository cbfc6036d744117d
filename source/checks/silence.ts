import {msSinceRise, stallMs} from '../domain/catch-up.js';
import type {ApiDetails, ProcessIdentity} from '../domain/check-result.js';
import {parseDurationMs} from '../domain/duration.js';
import type {Node} from '../domain/node.js';
import type {LiveProcess, NoAnswerCause, RpcOutcome} from '../domain/ports.js';
import {isSameProcess} from '../domain/process-identity.js';
import {spanText} from '../domain/quantity.js';
import type {CheckContext} from './check.js';
import {identityOf} from './identity.js';
import {findProcess} from './pid.js';

/** Two samples of processor time nearer than this prove nothing: ticks are 10 ms. */
const sampleGapMs = 500;
/** The part of a core that counts as work. */
const workingCores = 0.05;

/** Processor time of a process at a moment, kept between checks. */
export interface CpuSample extends ProcessIdentity {
	/** Milliseconds of processor time since the process started. */
	readonly cpuMs: number;
	/** Monotonic milliseconds. */
	readonly atMs: number;
}

/** What a silence most likely is. */
export type Silence = {readonly state: 'busy' | 'down'; readonly reason: string} & Partial<ProcessIdentity> &
	Pick<ApiDetails, 'cpu_cores' | 'cpu_ms' | 'silent_ms' | 'caused_by' | 'process_unseen'>;

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
	const seen = await findProcess(node, context);
	if ('unseen' in seen) {
		return judgeUnseen(node, context, {kind, failure, silentMs, unseen: seen.unseen});
	}

	const {process} = seen;
	const facts = {...identityOf(process), silent_ms: silentMs};
	if (process.stopped) {
		return {state: 'down', reason: `${failure}: the process is stopped by a signal or a debugger`, ...facts};
	}

	const work = await workOf(process, node, context);
	const evidence = {...facts, ...work};
	const proof = proofOf(work?.cpu_cores, context);
	if (proof === undefined) {
		return {...(await judgeIdle(node, context, kind, failure)), ...evidence};
	}

	const limit = limitFor(node, context, kind, process);
	return limit.spentMs <= limit.maxMs
		? {state: 'busy', reason: `${limit.what}: ${proof}, silent for ${spanText(silentMs)}`, ...evidence}
		: {state: 'down', reason: `${failure}, for longer than ${spanText(limit.maxMs)} although ${proof}`, ...evidence};
}

/** What shows that a process works: a processor, or a height that has just risen (it may wait for blocks to arrive). */
function proofOf(cores: number | undefined, {memory, ports}: CheckContext): string | undefined {
	if (cores !== undefined && cores >= workingCores) {
		return `${cores.toFixed(1)} core${cores < 1.05 ? '' : 's'} in use`;
	}

	const riseMs = msSinceRise(memory.wallet_heights, ports.nowMs());
	return riseMs !== undefined && riseMs <= stallMs ? `its height rose ${spanText(riseMs)} ago` : undefined;
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

/** Cores used since the last sample of the same process, or over the next half second; and the time used so far. */
async function workOf(
	process: LiveProcess,
	node: Node,
	context: CheckContext,
): Promise<Pick<ApiDetails, 'cpu_cores' | 'cpu_ms'> | undefined> {
	const now = sampleOf(process, context);
	if (!now) {
		return undefined;
	}

	const before = context.cpuSamples.get(node.id) ?? storedSample(context);
	context.cpuSamples.set(node.id, now);
	if (before && isSameProcess(before, now) && now.atMs - before.atMs >= sampleGapMs) {
		const cores = coresBetween(before, now);
		// An idle time before the silence hides work that has just begun: only a fresh look can rule that out.
		if (cores >= workingCores) {
			return workText(cores, now);
		}
	}

	await context.ports.wait(sampleGapMs, context.signal);
	const sighting = await context.processes.inspect(process.pid);
	const later = sighting.kind === 'alive' ? sampleOf(sighting.process, context) : undefined;
	if (!later || !isSameProcess(now, later)) {
		return undefined;
	}

	context.cpuSamples.set(node.id, later);
	return workText(coresBetween(now, later), later);
}

function workText(cores: number, {cpuMs}: CpuSample): Pick<ApiDetails, 'cpu_cores' | 'cpu_ms'> {
	return {cpu_cores: Math.round(cores * 100) / 100, cpu_ms: cpuMs};
}

/** A sample older than this says more of the past than of the silence now. */
const maxStoredMs = 5 * 60_000;

/** The sample that the last result holds, from whichever run of this program. */
function storedSample({memory, ports}: CheckContext): CpuSample | undefined {
	const details = memory.worked_data;
	if (details?.method !== 'api' || details.pid === undefined || details.started_at === undefined) {
		return undefined;
	}

	const ageMs = ports.nowMs() - Date.parse(details.last_check);
	const {cpu_ms: cpuMs} = details;
	return cpuMs === undefined || !(ageMs >= 0 && ageMs <= maxStoredMs)
		? undefined
		: {...identityOf(details as ProcessIdentity), cpuMs, atMs: ports.monotonicMs() - ageMs};
}

function sampleOf(process: LiveProcess, {ports}: CheckContext): CpuSample | undefined {
	const {cpuMs} = process;
	return cpuMs === undefined ? undefined : {...identityOf(process), cpuMs, atMs: ports.monotonicMs()};
}

const coresBetween = (a: CpuSample, b: CpuSample): number => (b.cpuMs - a.cpuMs) / Math.max(1, b.atMs - a.atMs);

/** A living process that does nothing: waiting for a daemon that hangs, or hung itself. */
async function judgeIdle(
	node: Node,
	context: CheckContext,
	kind: SilenceKind,
	failure: string,
): Promise<Pick<Silence, 'state' | 'reason' | 'caused_by'>> {
	const hanging = await hangingDaemon(node, context);
	if (hanging !== undefined) {
		const reason = `waits for its daemon: ${hanging} hangs; do not restart the wallet`;
		return {state: 'down', reason, caused_by: hanging};
	}

	const idle = `${failure}, and its process does nothing`;
	return {state: 'down', reason: kind === 'port_closed' ? idle : `${idle}: likely hung`};
}

/** The node's daemon, when it takes questions and answers none. */
async function hangingDaemon(node: Node, {daemons}: CheckContext): Promise<string | undefined> {
	const sighting = await daemons.look(node);
	return sighting?.timedOut ? sighting.daemon : undefined;
}

interface Unseen {
	readonly kind: SilenceKind;
	readonly failure: string;
	readonly silentMs: number;
	/** Why no process is seen. */
	readonly unseen: string;
}

/** Where no process can be seen, an open port that stays silent is excused for a shorter time. */
async function judgeUnseen(node: Node, context: CheckContext, silence: Unseen): Promise<Silence> {
	const {kind, failure, silentMs, unseen} = silence;
	const down = {state: 'down', reason: failure, process_unseen: unseen} as const;
	if (kind === 'port_closed') {
		return down;
	}

	const {ports, settings, signal} = context;
	const {host, port} = node;
	const options = {timeoutMs: settings.port_timeout, ...(signal ? {signal} : {})};
	const isOpen = kind === 'proxy_waits' || (await ports.connectTcp({host, port}, options)).open;
	const silent = {...down, silent_ms: silentMs};
	if (!isOpen) {
		return silent;
	}

	const wasRising = wasCatchingUp(context);
	const maxMs = wasRising ? busyMaxMsOf(node, context) : settings.busy_max_unseen;
	const hanging = await hangingDaemon(node, context);
	const cause = hanging === undefined ? {} : {caused_by: hanging};
	const what = hanging === undefined ? failure : `${failure}, and its daemon ${hanging} hangs`;
	if (silentMs > maxMs) {
		return {
			...silent,
			...cause,
			reason: `${what}, for longer than ${spanText(maxMs)}; its process cannot be seen from here`,
		};
	}

	const excuse = wasRising ? 'but its height was rising when it last answered' : 'so it may be working';
	return {...silent, ...cause, state: 'busy', reason: `${what}; its process cannot be seen, ${excuse}`};
}

/** Whether the wallet read blocks until it fell silent. */
function wasCatchingUp({memory, ports}: CheckContext): boolean {
	const since = memory.silent_since === undefined ? ports.nowMs() : Date.parse(memory.silent_since);
	const riseMs = msSinceRise(memory.wallet_heights, since);
	return riseMs !== undefined && riseMs <= stallMs;
}
