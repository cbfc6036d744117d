import type {ApiDetails, ProcessIdentity} from '../domain/check-result.js';
import {compact} from '../domain/compact.js';
import {parseProxyAddress} from '../domain/daemon-address.js';
import {cpuText, isoTimeText, parseDurationMs, spanText} from '../domain/format.js';
import type {Node} from '../domain/node/node.js';
import {msSinceHeightRise, stallMs} from '../domain/past/sync-progress.js';
import type {LiveProcess, NoAnswerCause, RpcOutcome} from '../domain/ports.js';
import {identityToRemember} from '../domain/process-identity.js';
import type {CheckContext} from './check.js';
import {observeWaitingLink, type Received} from './daemon-link.js';
import {knownNodeDaemon} from './node-daemon.js';
import {observedProcessLives, ongoingScan, type ScanFacts} from './ongoing-causes.js';
import {findNodeProcess, stopCauseText} from './pid.js';
import {type EarlySample, measureWork, type WorkEvidence} from './processor-work.js';

/** The likely meaning of a missing answer. */
export type NoResponse = {readonly state: 'busy' | 'down'; readonly reason: string} & Partial<ProcessIdentity> &
	ScanFacts &
	Pick<
		ApiDetails,
		| 'cpu_cores'
		| 'work'
		| 'silent_ms'
		| 'caused_by'
		| 'process_unseen'
		| 'link_state'
		| 'link_peer'
		| 'link_bytes_per_s'
	>;

/**
 * Why there was no answer. `silent`: nothing came within the timeout. `port_closed`: nothing listens. `closed_at_once`: a
 * connection was accepted and closed without a byte, as a relay does when nothing listens behind it. `proxy_refused`: a proxy
 * reported at once that it could not connect. `proxy_waits`: a proxy waited too.
 */
export type NoResponseKind = 'silent' | 'port_closed' | 'closed_at_once' | 'proxy_refused' | 'proxy_waits';

/** A proxy that reports a failure within this fraction of the timeout was refused, and did not wait. */
const atOncePart = 0.5;

/** The kind of an outcome that work could explain; `undefined` for an outcome with a reason of its own. */
export function noResponseKind(outcome: RpcOutcome, timeoutMs: number): NoResponseKind | undefined {
	if (outcome.kind === 'no_answer') {
		return noResponseKindByCause(outcome.cause);
	}

	if (outcome.kind !== 'http_error' || ![502, 503, 504].includes(outcome.statusCode)) {
		return undefined;
	}

	return outcome.statusCode !== 504 && outcome.latencyMs < timeoutMs * atOncePart ? 'proxy_refused' : 'proxy_waits';
}

const kindOfCause: Readonly<Partial<Record<NoAnswerCause, NoResponseKind>>> = {
	timeout: 'silent',
	refused: 'port_closed',
	closed: 'closed_at_once',
	reset: 'closed_at_once',
};

/** The same for a port that could not be connected to, by the cause. */
export function noResponseKindByCause(cause: NoAnswerCause): NoResponseKind | undefined {
	return kindOfCause[cause];
}

/** Whether it was reported at once that nothing accepts requests there. */
function isNoResponseRefusal(kind: NoResponseKind): boolean {
	return kind !== 'silent' && kind !== 'proxy_waits';
}

/** What a check observed when the answer was missing. */
export interface NoResponseSeen {
	readonly kind: NoResponseKind;
	/** The reason of the verdict when nothing better is known. */
	readonly failure: string;
	/** How long the check waited, in milliseconds. */
	readonly latencyMs: number;
	/** A sample of the process, taken while waiting for the answer. */
	readonly early?: EarlySample;
}

/**
 * Decides between busy and down by what the process does: one that works, or reads slowly arriving data, is busy. This excuse
 * expires, so that no process is excused forever.
 */
export async function judgeNoResponse(node: Node, context: CheckContext, missing: NoResponseSeen): Promise<NoResponse> {
	const {kind, failure, latencyMs, early} = missing;
	const silentMs = Math.round(Math.max(latencyMs, noResponseMs(context)));
	const [sample, seen] = await Promise.all([early?.sample(), findNodeProcess(node, context)]);
	if ('unseen' in seen) {
		return judgeUnseenProcess(node, context, {kind, failure, silentMs, ...seen});
	}

	const {process} = seen;
	const facts = {...identityToRemember(process), silent_ms: silentMs};
	const stop = context.ports.readStopCause(process.pid) ?? (process.stopped ? ({by: 'signal'} as const) : undefined);
	if (stop) {
		return {state: 'down', reason: `${failure}: ${stopCauseText(stop)}`, ...facts};
	}

	const evidence = await measureWork(process, node, context, sample);
	if (!evidence) {
		const unseen = 'the activity of its process cannot be measured here';
		return {...(await judgeUnseenProcess(node, context, {kind, failure, silentMs, unseen})), ...facts};
	}

	return judgeProcess(node, context, {...missing, silentMs, process, evidence});
}

interface Seen extends NoResponseSeen {
	readonly silentMs: number;
	readonly process: LiveProcess;
	readonly evidence: WorkEvidence;
}

async function judgeProcess(node: Node, context: CheckContext, seen: Seen): Promise<NoResponse> {
	const {kind, failure, silentMs, process, evidence} = seen;
	const facts = {...identityToRemember(process), silent_ms: silentMs, ...evidence.facts};
	// A wallet that listens may close connections for other reasons.
	if (kind === 'closed_at_once' && evidence.requests !== 'no_listener') {
		return {state: 'down', reason: failure, ...facts};
	}

	// Behind a relay or a proxy, only the process itself shows whether it listens.
	const isClosed = kind === 'port_closed' || (isNoResponseRefusal(kind) && evidence.requests === 'no_listener');
	const isWaiting =
		node.kind !== 'daemon' && !evidence.isProgress && evidence.requests !== 'all_read' && !evidence.waitsForDisk;
	const wait = isWaiting ? await observeWaitingLink(node, context, process, silentMs) : undefined;
	const work = weighWork(evidence, wait?.received, context.ports.nowMs());
	const more = {...facts, ...wait?.facts, ...(work.facts ?? {})};
	const hanging = work.isNow ? undefined : await hangingDaemon(node, context);
	if (hanging !== undefined) {
		const reason = `waiting for daemon ${hanging}, which hangs; do not restart the wallet`;
		return {state: 'down', reason, caused_by: hanging, ...more};
	}

	const proof = work.proof ?? (isClosed ? undefined : riseOf(process, context));
	if (proof === undefined) {
		return {state: 'down', reason: idleText(seen, isClosed, wait?.waitsFor), ...more};
	}

	const limit = limitFor(node, context, isClosed, process);
	if (limit.spentMs > limit.maxMs) {
		const spent = `${failure} for more than ${spanText(limit.maxMs)}, although the process is working (${proof})`;
		return {state: 'down', reason: spent, ...more};
	}

	const scan = isClosed ? undefined : ongoingScan(context, process);
	const what = scan?.text ?? limit.what;
	return {
		state: 'busy',
		reason: `${what} (${proof})${silentMs < 1000 ? '' : `, no response for ${spanText(silentMs)}`}`,
		...more,
		...scan?.facts,
	};
}

/** The evidence that a process works. */
interface WeighedWork {
	/** Absent when there is none. */
	readonly proof?: string;
	/** Whether it works now, as far as visible, and not only a moment ago. */
	readonly isNow: boolean;
	/** When it last worked, if that is known better than from its counters. */
	readonly facts?: Pick<ApiDetails, 'work'>;
}

/**
 * Compares what a process did with what it received. Wake-ups count as work if data arrives; if nothing has arrived for long,
 * they are only failing attempts.
 */
function weighWork(evidence: WorkEvidence, received: Received | undefined, nowMs: number): WeighedWork {
	const {proof, recentProof, isNow, isProgress, progressMs = Number.NEGATIVE_INFINITY, facts} = evidence;
	if (isProgress || received === undefined) {
		return compact({proof: proof ?? recentProof, isNow: proof !== undefined});
	}

	const {msAgo, isAwaited, text} = received;
	const isArriving = msAgo < stallMs && (isAwaited || proof !== undefined);
	const lastMs = Math.max(progressMs, isArriving ? nowMs - msAgo : Number.NEGATIVE_INFINITY);
	const recent = nowMs - lastMs < stallMs ? `worked ${spanText(nowMs - lastMs)} ago` : undefined;
	const {worked_at: _, ...counters} = facts.work ?? {};
	const worked_at = Number.isFinite(lastMs) ? isoTimeText(Math.min(nowMs, lastMs)) : undefined;
	return compact({
		proof: isArriving ? (isNow ? proof : text) : recent,
		isNow: isArriving,
		facts: facts.work && {work: compact({...counters, cpu_ms: facts.work.cpu_ms, worked_at})},
	});
}

function idleText({kind, failure, evidence}: Seen, isClosed: boolean, waitsFor?: string): string {
	if (evidence.waitsForDisk) {
		return `${failure}; process waiting for disk I/O`;
	}

	if (kind === 'proxy_refused' && !isClosed) {
		return failure;
	}

	const idle = `process idle (${cpuText(evidence.facts.cpu_cores ?? 0)})`;

	if (isClosed) {
		return `${failure}; ${idle}`;
	}

	return evidence.requests === 'all_read'
		? `${failure}; ${idle} and no request pending: requests or responses are lost on the way`
		: `${failure}; ${idle}, ${waitsFor ?? 'probably hung'}`;
}

/**
 * A height that has just risen counts as work too, even without processor time: the wallet may be waiting for blocks to arrive.
 */
function riseOf({started_at: startedAt}: LiveProcess, {nodeState, ports}: CheckContext): string | undefined {
	const nowMs = ports.nowMs();
	const riseMs = msSinceHeightRise(nodeState.wallet_heights, nowMs);
	return riseMs !== undefined && riseMs <= stallMs && nowMs - riseMs > Date.parse(startedAt)
		? `height rose ${spanText(riseMs)} ago`
		: undefined;
}

/** The excuse of a working process, and how long it lasts. A process that has never opened its port scans the chain first. */
function limitFor(node: Node, context: CheckContext, isClosed: boolean, process: LiveProcess) {
	const {settings, nodeState, ports} = context;
	const hasAnswered = nodeState.last_answer !== undefined && nodeState.last_answer >= process.started_at;
	if (!isClosed || hasAnswered) {
		return {what: 'working', spentMs: noResponseMs(context), maxMs: maxBusyMs(node, context)};
	}

	const since = observedProcessLives(nodeState, process).at(-1)?.starting_since ?? process.started_at;
	return {what: 'starting', spentMs: ports.nowMs() - Date.parse(since), maxMs: settings.startup_max};
}

interface Unseen {
	readonly kind: NoResponseKind;
	readonly failure: string;
	readonly silentMs: number;
	/** Why no process is visible. */
	readonly unseen: string;
	/** Whether its process was seen earlier, and is gone. */
	readonly isGone?: boolean;
}

/** When no process is visible, an open port that does not answer is excused for a shorter time. */
async function judgeUnseenProcess(node: Node, context: CheckContext, noResponse: Unseen): Promise<NoResponse> {
	const {kind, failure, silentMs, unseen, isGone = false} = noResponse;
	const down = {state: 'down', reason: failure, process_unseen: unseen} as const;
	if (isNoResponseRefusal(kind)) {
		return down;
	}

	const {ports, settings, signal} = context;
	const {host, port} = node;
	const target = compact({host, port, proxy: parseProxyAddress(node.proxy)});
	const options = compact({timeoutMs: settings.port_timeout, signal});
	const probe = kind === 'proxy_waits' ? undefined : await ports.connectTcp(target, options);
	// A probe that this machine could not make says nothing about the port.
	const isOpen = !probe || probe.open || probe.cause === 'not_checkable';
	const silent = {...down, silent_ms: silentMs};
	if (!isOpen) {
		// The address of a container ends with it.
		return isGone && context.nodeState.process?.network_host === host
			? {...silent, reason: `${failure}: ${unseen}`}
			: silent;
	}

	if (isGone) {
		const holder = `the program listening on port ${port} does not answer`;
		return {...silent, reason: `${failure}, and its process is gone: ${holder}`};
	}

	const wasRising = wasCatchingUp(context);
	const maxMs = wasRising ? maxBusyMs(node, context) : settings.busy_max_unseen;
	const hanging = await hangingDaemon(node, context);
	const cause = hanging === undefined ? {} : {caused_by: hanging};
	const what = hanging === undefined ? failure : `${failure}, and its daemon ${hanging} hangs`;
	if (silentMs > maxMs) {
		return {
			...silent,
			...cause,
			reason: `${what} for more than ${spanText(maxMs)}; process not visible from here`,
		};
	}

	const scan = wasRising ? ongoingScan(context) : undefined;
	const excuse = wasRising ? 'but its height was rising at its last response' : 'it may be working';
	const reason = `${scan ? `${scan.text}; ` : ''}${what}; process not visible, ${excuse}`;
	return {...silent, ...cause, state: 'busy', reason, ...scan?.facts};
}

/** Whether the wallet was reading blocks until it stopped answering. */
function wasCatchingUp({nodeState, ports}: CheckContext): boolean {
	const since = nodeState.silent_since === undefined ? ports.nowMs() : Date.parse(nodeState.silent_since);
	const riseMs = msSinceHeightRise(nodeState.wallet_heights, since);
	return riseMs !== undefined && riseMs <= stallMs;
}

/** How long the node has not answered, including this check, in milliseconds. */
function noResponseMs({nodeState, ports}: CheckContext): number {
	const since = nodeState.silent_since;
	return since === undefined ? 0 : Math.max(0, ports.nowMs() - Date.parse(since));
}

/** How long a busy process may go without answering, in milliseconds. */
function maxBusyMs(node: Node, {settings}: CheckContext): number {
	return (node.busy_max === undefined ? undefined : parseDurationMs(node.busy_max)) ?? settings.busy_max;
}

/** The node's daemon, if it accepts requests and answers none. */
async function hangingDaemon(node: Node, context: CheckContext): Promise<string | undefined> {
	if (node.kind === 'daemon') {
		return undefined;
	}

	const observation = await context.daemons.observe(knownNodeDaemon(node, context).node);
	return observation?.timedOut ? observation.daemon : undefined;
}
