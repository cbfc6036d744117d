import type {ApiDetails, ProcessIdentity} from '../domain/check-result.js';
import type {Node} from '../domain/node/node.js';
import type {LiveProcess} from '../domain/ports.js';
import {identityOf, isSameProcess} from '../domain/process-identity.js';
import type {CheckContext} from './check.js';

/** Two samples of processor time nearer than this prove nothing: ticks are 10 ms. */
const sampleGapMs = 500;
/** The part of a core that counts as work. */
export const workingCores = 0.05;

/** Processor time of a process at a moment, kept between checks. */
export interface CpuSample extends ProcessIdentity {
	/** Milliseconds of processor time since the process started. */
	readonly cpuMs: number;
	/** Monotonic milliseconds. */
	readonly atMs: number;
}

/** Cores used since the last sample of the same process, or over the next half second; and the time used so far. */
export async function workOf(
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
