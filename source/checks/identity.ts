import type {IdentityFacts, ProcessIdentity} from '../domain/check-result.js';
import type {NodeMemory} from '../domain/memory.js';
import type {Node} from '../domain/node.js';
import {isRestart, restartsInHour} from '../domain/process-identity.js';
import {versionText} from '../domain/wallet-rpc.js';
import type {CheckContext} from './check.js';
import {findProcess} from './pid.js';

/** How often the process of an answering node is looked at: a known one, and one that was not found. */
const knownEveryMs = 30_000;
const unknownEveryMs = 300_000;

/**
 * The process behind an API that answers, now and then: at the first answer after a silence, else every half minute, and not
 * at all in a single check of a node whose process was never seen. That notices a restart between two answers.
 */
export async function identify(node: Node, context: CheckContext): Promise<Partial<ProcessIdentity>> {
	if (!isDue(node, context)) {
		return {};
	}

	const seen = await findProcess(node, context);
	return 'process' in seen ? identityOf(seen.process) : {};
}

function isDue(node: Node, {ports, memory, processLooks}: CheckContext): boolean {
	if (node.id <= 0 || !ports.isLocalHost(node.host)) {
		return false;
	}

	const nowMs = ports.monotonicMs();
	const isKnown = memory.process !== undefined;
	const lastMs = processLooks.get(node.id);
	const isFirst = lastMs === undefined;
	const isLongAgo = isFirst ? isKnown : nowMs - lastMs >= (isKnown ? knownEveryMs : unknownEveryMs);
	const isLook = isLongAgo || memory.silent_since !== undefined;
	if (isFirst) {
		// A process not known yet is looked for in the next cycle; known ones are looked at in turns, not all in one cycle.
		processLooks.set(node.id, nowMs - (isLook ? (node.id * 7919) % knownEveryMs : unknownEveryMs));
	} else if (isLook) {
		processLooks.set(node.id, nowMs);
	}

	return isLook;
}

/** What is remembered of a process. */
export function identityOf({pid, started_at, start_ticks, unit}: ProcessIdentity): ProcessIdentity {
	return {
		pid,
		started_at,
		...(start_ticks === undefined ? {} : {start_ticks}),
		...(unit === undefined ? {} : {unit}),
	};
}

/** What changed about a node lately. */
export interface Lately {
	readonly process: Partial<ProcessIdentity>;
	/** As answered now. */
	readonly version?: number;
	readonly nowMs: number;
}

const versionKeptMs = 24 * 3_600_000;

/** Restarts of the last hour and a version change of the last day, this check's own included. */
export function identityFactsOf(memory: NodeMemory, {process, version, nowMs}: Lately): IdentityFacts {
	const {pid, started_at: startedAt, start_ticks: startTicks} = process;
	const isNew =
		pid !== undefined &&
		startedAt !== undefined &&
		isRestart(memory, {
			pid,
			started_at: startedAt,
			...(startTicks === undefined ? {} : {start_ticks: startTicks}),
		});
	const restarts = [...(memory.restarts ?? []), ...(isNew ? [startedAt] : [])];
	const inHour = restartsInHour(restarts, nowMs);
	const restartedAt = restarts.at(-1);
	const before = versionBefore(memory, version, nowMs);
	return {
		...(inHour === 0 || restartedAt === undefined ? {} : {restarts: inHour, restarted_at: restartedAt}),
		...(before === undefined ? {} : {version_before: versionText(before)}),
	};
}

function versionBefore(
	{version: known, version_changed: changed}: NodeMemory,
	version: number | undefined,
	nowMs: number,
): number | undefined {
	if (version !== undefined && known !== undefined && version !== known) {
		return known;
	}

	return changed && nowMs - Date.parse(changed.at) <= versionKeptMs ? changed.from : undefined;
}

/** Adds to a reason that the process keeps being restarted: whatever is wrong, that is part of it. */
export function withRestarts(reason: string, {restarts = 0}: IdentityFacts): string {
	return restarts > 1 ? `${reason}; restarted ${restarts}x in 1 h` : reason;
}
