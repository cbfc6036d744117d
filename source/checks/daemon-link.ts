import type {WalletFacts} from '../domain/check-result.js';
import {compact} from '../domain/compact.js';
import {parseDaemonAddress} from '../domain/daemon-address.js';
import {
	type DaemonLink,
	daemonLinkText,
	type HeldSocket,
	isLinkFault,
	judgeDaemonLink,
	type LinkProblem,
	lostLinkText,
	movedLinkText,
	nextLinkProblem,
	type OutgoingConnection,
	type ProcessConnections,
	type ProcessWatch,
	placeText,
	reportedLinkProblem,
	reportedProblemMaxAgeMs,
	type SeenLink,
	type SocketTraffic,
	type UsageSample,
	unansweredLinkText,
} from '../domain/daemon-link.js';
import {parseWalletOptions} from '../domain/discovery/wallet-options.js';
import type {FactsOf} from '../domain/facts.js';
import {isoTimeText, spanText} from '../domain/format.js';
import type {Node} from '../domain/node/node.js';
import type {LiveProcess} from '../domain/ports.js';
import {identityToRemember, isSameProcess} from '../domain/process-identity.js';
import type {CheckContext} from './check.js';
import {readDaemonOptions} from './node-daemon.js';
import {findNodeProcess} from './pid.js';
import type {Shortcoming} from './problems.js';

/** Definitions that are not stored have no id to distinguish them; a watch is of one process in any case. */
const watchKey = ({id, port}: Node): number => (id > 0 ? id : -port);

/** The watch of a node's process, replaced when the process is a different one. */
export async function watchProcess(node: Node, context: CheckContext, process: LiveProcess): Promise<ProcessWatch> {
	const {watches} = context;
	const known = watches.get(watchKey(node));
	const watch: ProcessWatch =
		known && isSameProcess(known.process, process)
			? known
			: {process: identityToRemember(process), daemonOptions: await readDaemonOptions(node, context, process)};
	watches.set(watchKey(node), watch);
	watch.usage = usageOf(process, watch.usage, context);
	return watch;
}

/** Processor time is counted in ticks of 10 ms: over a shorter period than this, in milliseconds, it is not precise. */
const usageSpanMs = 1000;

function usageOf(
	{pid, cpuMs}: LiveProcess,
	before: UsageSample | undefined,
	{ports}: Pick<CheckContext, 'ports'>,
): UsageSample {
	const atMs = ports.monotonicMs();
	if (before && atMs - before.atMs < usageSpanMs) {
		return before;
	}

	const spanMs = before && atMs - before.atMs;
	const usedMs = before?.cpuMs === undefined || cpuMs === undefined ? undefined : cpuMs - before.cpuMs;
	const cores = spanMs === undefined || usedMs === undefined ? undefined : Math.max(0, usedMs) / spanMs;
	const {memory_bytes} = ports.readProcessUsage(pid);
	return compact({
		facts: compact({memory_bytes, cpu_cores: cores === undefined ? undefined : Math.round(cores * 100) / 100}),
		cpuMs,
		atMs,
	});
}

/** An older sample than this, in milliseconds, says nothing about now. */
const usageKeptMs = 90_000;

/** What a node's process uses, as sampled a moment ago. */
export function processUsageFacts(node: Node, {watches, ports}: CheckContext): FactsOf<'usage'> {
	const usage = watches.get(watchKey(node))?.usage;
	return usage && ports.monotonicMs() - usage.atMs <= usageKeptMs ? usage.facts : {};
}

/** What observing a wallet's connection needs to know. */
export interface LinkWanted {
	/** The daemon it should use, as a short address; absent when unknown. */
	readonly daemon: string | undefined;
	/** Whether that daemon answers this program, and has no problem. */
	readonly isDaemonWell: boolean;
	/** The facts of the wallet's answer just now. */
	readonly wallet: WalletFacts;
	/** Whether to report everything visible. */
	readonly isFull: boolean;
}

/** A wallet's connection to a daemon. */
export interface LinkFinding {
	readonly facts: FactsOf<'link'>;
	/** Present when it has no connection, or one to another daemon, for two of its refreshes. */
	readonly fault?: Shortcoming;
}

/** How often a process is inspected while it holds its connection, in milliseconds. */
const readEveryMs = 30_000;
/**
 * How long a wallet must hold a connection, between two answers of its only thread, to count as keeping it, in milliseconds:
 * its first connection, and a later one.
 */
const keptAfterMs = {first: 3000, later: 40_000};

/**
 * Observes the connection of a wallet that answers. While its process holds the same socket, that costs one system call; its
 * open files and the sockets of its network namespace are read every half minute, and while a connection is missing.
 */
export async function observeDaemonLink(node: Node, context: CheckContext, wanted: LinkWanted): Promise<LinkFinding> {
	const watch = context.watches.get(watchKey(node));
	const isFirst = watch?.isKnown !== true;
	const reported = watch && isFirst ? reportedProblem(watch, context) : undefined;
	if (!watch || (isFirst && reported === undefined && !wanted.isFull)) {
		if (watch) {
			watch.isKnown = true;
		}

		return {facts: {}};
	}

	const {ports} = context;
	watch.isKnown = true;
	if (isUnwanted(watch, wanted) || watch.daemon !== wanted.daemon) {
		// Observations made with another daemon do not count.
		watch.seen = undefined;
		watch.problem = undefined;
		watch.keepsLink = false;
		watch.daemon = wanted.daemon;
	}

	if (isUnwanted(watch, wanted)) {
		return {facts: {}};
	}

	if (reported !== undefined) {
		watch.keepsLink = true;
		watch.wasOwn = true;
	}

	const nowMs = ports.monotonicMs();
	const held = watch.seen;
	const isHeld = held?.socket !== undefined && ports.holdsSocket(watch.process.pid, held.socket);
	const isFresh = isHeld && nowMs - held.readMs < readEveryMs;
	watch.seen = isFresh && !wanted.isFull ? held : await readLink(watch, context, wanted);
	const {seen} = watch;
	if (!seen) {
		watch.problem = undefined;
		return {facts: {}};
	}

	noteHabits(watch, seen, nowMs);

	const {keepsLink = false} = watch;
	const {wallet_height: height} = wanted.wallet;
	const moment = {isDaemonWell: wanted.isDaemonWell, keepsLink, height, nowMs};
	const before = reported === undefined ? watch.problem : reportedLinkProblem(reported, height, nowMs);
	watch.problem = nextLinkProblem(before, seen.link, moment);
	const {state, peer} = seen.link;
	const rate = wanted.isFull ? await bytesPerSecond(watch, seen.link, context) : undefined;
	const fault = linkFault(watch, seen.link, wanted, context);
	return compact({
		facts: compact({
			link_state: state,
			link_peer: peer,
			link_trouble: fault && watch.problem?.kind,
			link_since: seen.since,
			link_bytes_per_s: rate,
		}),
		fault,
	});
}

/** The connection problem that a check of an earlier run reported, a short while ago. */
function reportedProblem({process}: ProcessWatch, {nodeState, ports}: CheckContext): LinkProblem['kind'] | undefined {
	const {worked_data: last, process: before} = nodeState;
	const isRecent = last !== undefined && ports.nowMs() - Date.parse(last.last_check) <= reportedProblemMaxAgeMs;
	return isRecent && 'link_trouble' in last && before && isSameProcess(before, process) ? last.link_trouble : undefined;
}

/**
 * Learns whether a wallet keeps its connection. One that opens and closes wallets, or is behind a proxy that closes
 * connections, may not.
 */
function noteHabits(watch: ProcessWatch, {socket, link, sinceMs}: SeenLink, nowMs: number): void {
	if (link.state === 'connected') {
		watch.wasOwn = true;
	}

	if (!socket) {
		return;
	}

	if (watch.lastInode !== undefined && watch.lastInode !== socket.inode) {
		watch.hasChangedLink = true;
		watch.keepsLink = false;
	}

	watch.lastInode = socket.inode;
	if (nowMs - sinceMs >= keptAfterMs[watch.hasChangedLink ? 'later' : 'first']) {
		watch.keepsLink = true;
	}
}

function linkFault(
	{problem, keepsLink = false}: ProcessWatch,
	link: DaemonLink,
	{daemon, wallet}: LinkWanted,
	{nodeState}: CheckContext,
): Shortcoming | undefined {
	const {refresh_delays: refreshDelays = []} = nodeState;
	if (
		!problem ||
		daemon === undefined ||
		!isLinkFault(problem, {keepsLink, lag: wallet.wallet_lag ?? 0, refreshDelays})
	) {
		return undefined;
	}

	return problem.kind === 'moved'
		? {kind: 'wallet_moved', reason: movedLinkText(link, daemon)}
		: {kind: 'wallet_unlinked', reason: lostLinkText(link, daemon)};
}

/** A wallet that is not open needs no daemon; one with unreadable options may be configured to use none. */
const isUnwanted = ({daemonOptions}: ProcessWatch, {wallet}: LinkWanted): boolean =>
	wallet.wallet_open !== true || daemonOptions.isOffline || !daemonOptions.isComplete;

/** @returns `undefined` when the process or its connections are not visible */
async function readLink(
	watch: ProcessWatch,
	{ports, processes}: CheckContext,
	{daemon}: LinkWanted,
): Promise<SeenLink | undefined> {
	const {process, daemonOptions, seen: before} = watch;
	const observation = await processes.inspect(process.pid);
	if (observation.kind !== 'alive' || !isSameProcess(observation.process, process)) {
		return undefined;
	}

	const connections = ports.readProcessConnections(process.pid);
	const address = (daemon === undefined ? undefined : parseDaemonAddress(daemon)) ?? daemonOptions.daemon;
	if (!connections || !address) {
		return undefined;
	}

	const {hasProxy} = daemonOptions;
	const {isLocalHost} = ports;
	const wasOwn = watch.wasOwn === true;
	const evidence = {connections, daemon: address, daemonInOptions: daemonOptions.daemon, hasProxy, wasOwn, isLocalHost};
	const link = judgeDaemonLink(evidence);
	const [readMs, now] = [ports.monotonicMs(), isoTimeText(ports.nowMs())];
	const isAsBefore =
		before?.link.state === link.state && before.link.connection?.inode === link.connection?.inode ? before : undefined;
	return compact({
		link,
		socket: socketOf(link, connections),
		since: isAsBefore?.since ?? now,
		sinceMs: isAsBefore?.sinceMs ?? readMs,
		readMs,
	});
}

function socketOf({state, connection}: DaemonLink, {descriptors}: ProcessConnections): HeldSocket | undefined {
	const fd = connection && descriptors?.get(connection.inode);
	return connection === undefined || fd === undefined || state === 'connecting'
		? undefined
		: {inode: connection.inode, fd};
}

/** A rate measured over a shorter or longer period, in milliseconds, is not the current one. */
const rateSpanMs = {min: 1000, max: 300_000};

async function bytesPerSecond(
	watch: ProcessWatch,
	{connection}: DaemonLink,
	context: CheckContext,
): Promise<number | undefined> {
	const traffic = connection && (await context.ports.readSocketTraffic(watch.process.pid, connection.inode));
	return traffic && countTraffic(watch, connection.inode, traffic, context);
}

function countTraffic(
	watch: ProcessWatch,
	inode: string,
	{receivedBytes, sentBytes}: SocketTraffic,
	{ports}: CheckContext,
): number | undefined {
	const {traffic: before} = watch;
	const bytes = receivedBytes + sentBytes;
	const atMs = ports.monotonicMs();
	const spanMs = before?.inode === inode ? atMs - before.atMs : Number.POSITIVE_INFINITY;
	if (before && spanMs < rateSpanMs.min) {
		return undefined;
	}

	watch.traffic = {inode, bytes, atMs};
	return before && spanMs <= rateSpanMs.max ? Math.round(((bytes - before.bytes) / spanMs) * 1000) : undefined;
}

/** What the connection of a wallet that does not answer shows. */
export interface WaitFinding {
	readonly facts: FactsOf<'link'>;
	/** What was last received; absent when that is unknown. */
	readonly received?: Received;
	/** What the wallet waits for, as far as its connection shows. */
	readonly waitsFor?: string;
}

/** When data last arrived on a wallet's connections to its daemon. */
export interface Received {
	/** Infinite when no data was ever seen to arrive. */
	readonly msAgo: number;
	/** Whether the wallet does not have all of it yet: it arrived while the wallet did not answer. */
	readonly isAwaited: boolean;
	/** In a few words. */
	readonly text: string;
}

/** The most connections to look at: a wallet has one or two to its daemon. */
const maxConnections = 8;

/**
 * Observes the connections of a wallet that does not answer and is not clearly working: a slow daemon may still be sending, or
 * no data may get through. Runs `ss`.
 * @param silentMs how long it has not answered
 * @returns `undefined` when its connections are not visible
 */
export async function observeWaitingLink(
	node: Node,
	context: CheckContext,
	process: LiveProcess,
	silentMs: number,
): Promise<WaitFinding | undefined> {
	const {ports, nodeState} = context;
	const watch = await watchProcess(node, context, process);
	const {daemonOptions} = watch;
	const connections = ports.readProcessConnections(process.pid);
	const daemon = (node.daemon === undefined ? undefined : parseDaemonAddress(node.daemon)) ?? daemonOptions.daemon;
	if (!connections || !daemon) {
		return undefined;
	}

	const {hasProxy} = daemonOptions;
	const link = judgeDaemonLink({
		connections,
		daemon,
		daemonInOptions: daemonOptions.daemon,
		hasProxy,
		isLocalHost: ports.isLocalHost,
	});
	const newest = await newestTraffic(process.pid, connections.outgoing, context);
	const nowMs = ports.monotonicMs();
	if (newest && newest.traffic.receivedBytes > 0) {
		// The monotonic clock may have started only now, so a time on it may be negative.
		const receivedMs = nowMs - newest.traffic.receivedMsAgo;
		watch.receivedMs = Math.max(watch.receivedMs ?? receivedMs, receivedMs);
	}

	const facts = compact({
		link_state: link.state,
		link_peer: link.peer,
		link_bytes_per_s: newest && countTraffic(watch, newest.connection.inode, newest.traffic, context),
	});
	const isUnanswered = link.state === 'connecting' || link.state === 'retransmitting';
	if (!newest && !isUnanswered) {
		return {facts};
	}

	// A new connection without received data says nothing about earlier ones.
	const msAgo = watch.receivedMs === undefined ? Number.POSITIVE_INFINITY : nowMs - watch.receivedMs;
	const {last_answer: lastAnswer} = nodeState;
	const answeredMsAgo = lastAnswer === undefined ? Number.POSITIVE_INFINITY : ports.nowMs() - Date.parse(lastAnswer);
	const hasReceived = newest !== undefined && newest.traffic.receivedBytes > 0;
	const isAsking = !hasReceived || newest.traffic.sentMsAgo < newest.traffic.receivedMsAgo;
	const peer = newest ? placeText(newest.connection) : link.peer;
	const ago = msAgo < 1000 ? '' : ` ${spanText(msAgo)} ago`;
	const received = {
		msAgo,
		// Data received before the silence belongs to an answer that the wallet already has, unless it has requested nothing
		// since.
		isAwaited: msAgo < silentMs || (msAgo < answeredMsAgo && !isAsking),
		text: `${ago === '' ? 'receiving' : 'received'} data from ${peer}${ago}`,
	};
	if (isUnanswered) {
		return {facts, received, waitsFor: unansweredLinkText(link)};
	}

	const quiet = spanText(Number.isFinite(msAgo) ? msAgo : (newest?.traffic.receivedMsAgo ?? 0));
	const waitsFor = isAsking
		? `waiting for ${peer}, which has sent nothing for ${quiet}`
		: `no data from ${peer} for ${quiet}`;
	return {facts, received, waitsFor};
}

/** The connection that received data last, of those whose traffic is known. */
async function newestTraffic(
	pid: number,
	outgoing: readonly OutgoingConnection[],
	{ports}: CheckContext,
): Promise<{readonly connection: OutgoingConnection; readonly traffic: SocketTraffic} | undefined> {
	const open = outgoing.filter(({state}) => state !== 'connecting').slice(0, maxConnections);
	const seen = await Promise.all(
		open.map(async connection => ({connection, traffic: await ports.readSocketTraffic(pid, connection.inode)})),
	);
	const measured = seen.flatMap(({connection, traffic}) => (traffic ? [{connection, traffic}] : []));
	const rank = ({receivedBytes, receivedMsAgo}: SocketTraffic): number =>
		receivedBytes > 0 ? receivedMsAgo : Number.POSITIVE_INFINITY;
	return measured.reduce<(typeof measured)[number] | undefined>(
		(best, each) => (best === undefined || rank(each.traffic) < rank(best.traffic) ? each : best),
		undefined,
	);
}

/**
 * What the connections of a stalled wallet show about its daemon. Called only then, because it reads every socket of the
 * machine.
 * @param daemon the one it should use, as a short address
 * @returns `undefined` when its process or its connections are not visible
 */
export async function explainDaemonLink(
	node: Node,
	context: CheckContext,
	daemon: string,
): Promise<string | undefined> {
	const address = parseDaemonAddress(daemon);
	const seen = await findNodeProcess(node, context);
	if (!address || !('process' in seen)) {
		return undefined;
	}

	const {pid, argv} = seen.process;
	const connections = context.ports.readProcessConnections(pid);
	const hasProxy = parseWalletOptions(argv).sourceOf('proxy') !== undefined;
	return (
		connections && daemonLinkText({connections, daemon: address, hasProxy, isLocalHost: context.ports.isLocalHost})
	);
}
