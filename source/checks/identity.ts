import type {IdentityFacts, ProcessIdentity} from '../domain/check-result.js';
import {compact} from '../domain/compact.js';
import {isPrivateAddress} from '../domain/daemon-address.js';
import type {Node} from '../domain/node/node.js';
import type {NodeState} from '../domain/past/node-state.js';
import type {LiveProcess, RpcOutcome} from '../domain/ports.js';
import {identityToRemember, isRestart, isSameProcess, restartsInHour} from '../domain/process-identity.js';
import {rpcVersionText} from '../domain/rpc/wallet-rpc.js';
import {type CheckContext, isLocalNode, withNetworkHost} from './check.js';
import {watchProcess} from './daemon-link.js';
import {inferNodeDaemon} from './node-daemon.js';
import {findNodeProcess, shownNodeCommand} from './pid.js';

/** How often the process of an answering node is inspected, in milliseconds: a known one, and one that was not found. */
const knownEveryMs = 30_000;
const unknownEveryMs = 300_000;

/** The process behind an API that answers, if it is visible; its options show which daemon it uses. */
export async function identifyProcess(node: Node, context: CheckContext): Promise<ProcessIdentity | undefined> {
	const process = (await keptProcess(node, context)) ?? (await foundProcess(node, context));
	if (!process) {
		return undefined;
	}

	await inferNodeDaemon(node, context, process);
	await watchProcess(node, context, process);
	return {...identityToRemember(process), cmdline: shownNodeCommand(process, node)};
}

async function foundProcess(node: Node, context: CheckContext): Promise<LiveProcess | undefined> {
	const seen = await findNodeProcess(node, context);
	return 'process' in seen ? seen.process : undefined;
}

/** The remembered process, if it is alive and its command line still matches: for a node that answers, that is enough. */
async function keptProcess(node: Node, {ports, processes, nodeState}: CheckContext): Promise<LiveProcess | undefined> {
	const remembered = nodeState.process;
	const observation = remembered && (await processes.inspect(remembered.pid));
	if (!remembered || observation?.kind !== 'alive' || !isSameProcess(observation.process, remembered)) {
		return undefined;
	}

	return (await processes.mayServe(observation.process, node.host, node.port)) === true
		? withNetworkHost(observation.process, node, ports)
		: undefined;
}

/**
 * Whether to inspect the process of an answering node now: at the first answer after a silence or on a new connection, which
 * every restart needs; else every half minute. A single check does not inspect a process that was never seen, unless the node
 * has never answered before and names no daemon: then its process shows which one it uses.
 */
export function isIdentityCheckDue(
	node: Node,
	{ports, nodeState, processLooks}: CheckContext,
	{hasReconnected = false}: Pick<RpcOutcome, 'hasReconnected'> = {},
): boolean {
	const nowMs = ports.monotonicMs();
	const isKnown = nodeState.process !== undefined;
	const lastMs = processLooks.get(node.id);
	const isFirst = lastMs === undefined;
	const isNew = nodeState.last_answer === undefined && node.daemon === undefined;
	const isLongAgo = isFirst ? isKnown || isNew : nowMs - lastMs >= (isKnown ? knownEveryMs : unknownEveryMs);
	// A node that was down may now be answered by a process that was not seen yet.
	const isDue =
		isLongAgo ||
		(hasReconnected && isKnown) ||
		nodeState.silent_since !== undefined ||
		nodeState.states?.api?.state === 'down';
	if (isFirst) {
		// An unknown process is searched for in the next cycle; known ones are inspected in turns, not all in one cycle.
		processLooks.set(node.id, nowMs - (isDue ? (node.id * 7919) % knownEveryMs : unknownEveryMs));
	} else if (isDue) {
		processLooks.set(node.id, nowMs);
	}

	// Definitions that are not stored have no id to distinguish them.
	const mayBeHere = isLocalNode(node, ports) || (node.proxy === undefined && isPrivateAddress(node.host));
	return isDue && node.id > 0 && (isKnown || mayBeHere);
}

/** Recent changes of a node. */
export interface RecentFindings {
	/** As seen in this check. */
	readonly process: Partial<ProcessIdentity> | undefined;
	/** As answered in this check. */
	readonly version: number | undefined;
	readonly nowMs: number;
}

const versionKeptMs = 24 * 3_600_000;

const nothing: IdentityFacts = {};

/** The restarts of the last hour and a version change of the last day, including those seen by this check. */
export function identityFacts(nodeState: NodeState, {process, version, nowMs}: RecentFindings): IdentityFacts {
	const startedAt = process && newStart(nodeState, process);
	const before = versionBefore(nodeState, version, nowMs);
	if (startedAt === undefined && before === undefined && nodeState.restarts === undefined) {
		return nothing;
	}

	const restarts = [...(nodeState.restarts ?? []), ...(startedAt === undefined ? [] : [startedAt])];
	const inHour = restartsInHour(restarts, nowMs);
	const restartedAt = restarts.at(-1);
	return {
		...(inHour === 0 || restartedAt === undefined ? {} : {restarts: inHour, restarted_at: restartedAt}),
		...(before === undefined ? {} : {version_before: rpcVersionText(before)}),
	};
}

/** When the process started that replaced the remembered one. */
function newStart(nodeState: NodeState, {pid, started_at, start_ticks}: Partial<ProcessIdentity>): string | undefined {
	if (pid === undefined || started_at === undefined) {
		return undefined;
	}

	return isRestart(nodeState, identityToRemember(compact({pid, started_at, start_ticks}))) ? started_at : undefined;
}

function versionBefore(
	{version: known, version_changed: changed}: NodeState,
	version: number | undefined,
	nowMs: number,
): number | undefined {
	if (version !== undefined && known !== undefined && version !== known) {
		return known;
	}

	return changed && nowMs - Date.parse(changed.at) <= versionKeptMs ? changed.from : undefined;
}

/** Adds to a reason that the process keeps being restarted, which is a part of any problem. */
export function reasonWithRestarts(reason: string, {restarts = 0}: IdentityFacts): string {
	return restarts > 1 ? `${reason}; restarted ${restarts}x in 1 h` : reason;
}
