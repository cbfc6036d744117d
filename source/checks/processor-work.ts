import type {ApiDetails, ProcessIdentity} from '../domain/check-result.js';
import {compact} from '../domain/compact.js';
import {isoTimeText, spanText} from '../domain/format.js';
import type {Node} from '../domain/node/node.js';
import type {RememberedWork} from '../domain/past/node-state.js';
import {stallMs} from '../domain/past/sync-progress.js';
import {processWorkBetween, type Work, type WorkCounters} from '../domain/past/work.js';
import type {LiveProcess, ProcessWork, RequestsState} from '../domain/ports.js';
import {isSameProcess} from '../domain/process-identity.js';
import type {CheckContext} from './check.js';

/** Two samples closer together than this, in milliseconds, prove nothing: ticks are 10 ms. */
const sampleGapMs = 500;
/** After a request that failed at once, how long to observe when half a second shows no work, in milliseconds. */
const longLookMs = 2500;

/** What a process had used at one moment. */
interface WorkSample extends ProcessWork {
	readonly process: LiveProcess;
	/** Monotonic milliseconds. */
	readonly atMs: number;
}

/** A first sample of a node's process, taken only when its answer is slow. */
export interface EarlySample {
	readonly cancel: () => void;
	/** The sample, if it was taken. */
	readonly sample: () => Promise<WorkSample | undefined>;
}

const noSample: EarlySample = {cancel: () => {}, sample: async () => undefined};

/**
 * Samples the last known process while an answer is awaited. A quick answer costs only a timer; for a slow one no process is
 * searched for.
 */
export function sampleWorkEarly(context: CheckContext, timeoutMs: number): EarlySample {
	const {nodeState, ports} = context;
	const {process} = nodeState;
	if (!process) {
		return noSample;
	}

	let sampling: Promise<WorkSample | undefined> | undefined;
	const cancel = ports.after(Math.min(sampleGapMs, timeoutMs / 4), () => {
		sampling = sampleAgain(process, context);
	});
	return {
		cancel,
		sample: async () => {
			cancel();
			return sampling;
		},
	};
}

async function sampleAgain(process: ProcessIdentity, context: CheckContext): Promise<WorkSample | undefined> {
	const observation = await context.processes.inspect(process.pid);
	return observation.kind === 'alive' && isSameProcess(process, observation.process)
		? sampleOf(observation.process, context)
		: undefined;
}

function sampleOf(process: LiveProcess, {ports}: CheckContext): WorkSample | undefined {
	const work = ports.readProcessWork(process.pid);
	return work && {...work, process, atMs: ports.monotonicMs()};
}

/** Whether a process works, as far as visible. */
export interface WorkEvidence {
	readonly facts: Pick<ApiDetails, 'cpu_cores' | 'work'>;
	/** What it did during this check, or since the previous one; absent when nothing counts as work. */
	readonly proof?: string;
	/** Whether it did that during this check. */
	readonly isNow: boolean;
	/** Whether that is progress in any case, and not only failing attempts. */
	readonly isProgress: boolean;
	/** When it last made progress before this check, or must have, in milliseconds since the epoch. */
	readonly progressMs?: number;
	/** That it worked a moment ago, if it does not now: a wallet that waits for a slow daemon works in bursts. */
	readonly recentProof?: string;
	/** Whether it was waiting for a disk the whole time. */
	readonly waitsForDisk: boolean;
	readonly requests?: RequestsState;
}

/**
 * Compares two samples of the process: from the start and the end of the wait for the answer, or half a second apart; and this
 * sample with the one of an earlier check, by whichever run of this program.
 * @returns `undefined` when it cannot be measured, or has ended
 */
export async function measureWork(
	process: LiveProcess,
	node: Node,
	context: CheckContext,
	early: WorkSample | undefined,
): Promise<WorkEvidence | undefined> {
	const first = early && isSameProcess(early.process, process) ? early : sampleOf(process, context);
	let last = first && (await laterSample(first, sampleGapMs, context));
	if (!first || !last) {
		return undefined;
	}

	const requests = context.ports.readUnreadRequests(process.pid, node.port);
	let work = workOver(first, last);
	if (work.seen === undefined && early === undefined && requests !== 'all_read') {
		last = (await laterSample(first, longLookMs, context)) ?? last;
		work = workOver(first, last);
	}

	const before = rememberedOf(process, context);
	const between = before && workSince(before, last, context);
	const now = proofOf(work, requests);
	const proof = now ?? proofOf(between, requests);
	const nowMs = context.ports.nowMs();
	const workedAt = proof === undefined ? before?.worked_at : isoTimeText(nowMs);
	const workedMsAgo = workedAt === undefined ? Number.POSITIVE_INFINITY : nowMs - Date.parse(workedAt);
	return compact({
		facts: {
			cpu_cores: Math.round(work.cores * 100) / 100,
			work: compact({...last.counters, worked_at: workedAt}),
		},
		proof,
		isNow: now !== undefined,
		isProgress: now !== undefined && work.isProgress === true,
		progressMs: before && lastProgressMs(before, between, last, nowMs),
		...(workedMsAgo <= stallMs ? {recentProof: `worked ${spanText(workedMsAgo)} ago`} : {}),
		waitsForDisk: first.waitsForDisk && last.waitsForDisk,
		requests,
	});
}

/** When the process last made progress before this check. For work between two checks, only its minimum duration is known. */
function lastProgressMs(
	before: RememberedWork,
	between: Work | undefined,
	{counters}: WorkSample,
	nowMs: number,
): number | undefined {
	const recordedMs = before.worked_at === undefined ? Number.NEGATIVE_INFINITY : Date.parse(before.worked_at);
	const minMs = Math.max(0, counters.cpu_ms - before.cpu_ms);
	const workedMs = between?.isProgress === true ? Date.parse(before.at) + minMs : Number.NEGATIVE_INFINITY;
	const lastMs = Math.min(nowMs, Math.max(recordedMs, workedMs));
	return Number.isFinite(lastMs) ? lastMs : undefined;
}

/** A sample at least `gapMs` after another; `undefined` when the process has ended. */
async function laterSample(first: WorkSample, gapMs: number, context: CheckContext): Promise<WorkSample | undefined> {
	const restMs = gapMs - (context.ports.monotonicMs() - first.atMs);
	if (restMs > 0) {
		await context.ports.wait(restMs, context.signal);
	}

	return sampleAgain(first.process, context);
}

function workOver(first: WorkSample, last: WorkSample): Work {
	const work = processWorkBetween(first.counters, last.counters, last.atMs - first.atMs);
	const isStarved = first.runnable && last.runnable;
	if (!isStarved) {
		return work;
	}

	// One that gets a little CPU time is no less starved than one that gets none.
	const faint = work.seen === undefined ? {faint: work.faint ?? 'waiting for CPU'} : {};
	return {...work, ...faint, isProgress: true};
}

/** Activity that an idle wallet shows too counts only while requests are left unread. */
function proofOf(work: Work | undefined, requests: RequestsState | undefined): string | undefined {
	return work?.seen ?? (requests === 'all_read' || requests === undefined ? undefined : work?.faint);
}

/** A sample older than this, in milliseconds, shows more of the past than of now. */
const maxRememberedMs = 5 * 60_000;

/** The sample of an earlier check without an answer, of the same process. */
function rememberedOf(process: LiveProcess, {nodeState, ports}: CheckContext): RememberedWork | undefined {
	const {work} = nodeState;
	const ageMs = work && ports.nowMs() - Date.parse(work.at);
	return work && isSameProcess(work, process) && ageMs !== undefined && ageMs >= 0 && ageMs <= maxRememberedMs
		? work
		: undefined;
}

function workSince(before: RememberedWork & WorkCounters, {counters}: WorkSample, {ports}: CheckContext): Work {
	return processWorkBetween(before, counters, Math.max(sampleGapMs, ports.nowMs() - Date.parse(before.at)));
}
