import type {WalletFacts} from '../domain/check-result.js';
import {compact} from '../domain/compact.js';
import {parseDaemonAddress} from '../domain/daemon-address.js';
import {
	type DaemonLink,
	daemonLinkText,
	type HeldSocket,
	isLinkFault,
	judgeDaemonLink,
	type LinkTrouble,
	lostLinkText,
	movedLinkText,
	nextLinkTrouble,
	type OutgoingConnection,
	type ProcessConnections,
	type ProcessWatch,
	placeText,
	type SeenLink,
	type SocketTraffic,
	toldLinkTrouble,
	toldTroubleMs,
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
import {readToldDaemon} from './node-daemon.js';
import {findNodeProcess} from './pid.js';
import type {Shortcoming} from './problems.js';

/** Definitions that are not stored have no id to tell them apart; a watch is of one process in any case. */
const watchKey = ({id, port}: Node): number => (id > 0 ? id : -port);

/** The watch of a node's process, begun anew when the process is another. */
export async function watchProcess(node: Node, context: CheckContext, process: LiveProcess): Promise<ProcessWatch> {
	const {watches} = context;
	const known = watches.get(watchKey(node));
	const watch: ProcessWatch =
		known && isSameProcess(known.process, process)
			? known
			: {process: identityToRemember(process), told: await readToldDaemon(node, context, process)};
	watches.set(watchKey(node), watch);
	watch.usage = usageOf(process, watch.usage, context);
	return watch;
}

/** Ticks of the processor's time are 10 ms: over a shorter time they say little. */
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

/** What was seen longer ago says nothing of now. */
const usageKeptMs = 90_000;

/** What a node's process uses, as it was seen a moment ago. */
export function processUsageFacts(node: Node, {watches, ports}: CheckContext): FactsOf<'usage'> {
	const usage = watches.get(watchKey(node))?.usage;
	return usage && ports.monotonicMs() - usage.atMs <= usageKeptMs ? usage.facts : {};
}

/** What a wallet's connection is looked at for. */
export interface LinkWanted {
	/** The daemon it should use, in its short form; absent where none is known. */
	readonly daemon: string | undefined;
	/** Whether that daemon answers this program, and nothing is wrong with it. */
	readonly isDaemonWell: boolean;
	/** What the wallet has just said. */
	readonly wallet: WalletFacts;
	/** Whether everything is wanted that can be seen. */
	readonly isFull: boolean;
}

/** A wallet's connection to a daemon. */
export interface LinkFinding {
	readonly facts: FactsOf<'link'>;
	/** Present when it has none, or one to another daemon, for two of its refreshes. */
	readonly fault?: Shortcoming;
}

/** A process is looked at this often while it is seen to hold its connection. */
const lookEveryMs = 30_000;
/** A connection that is held for so long, between two answers of the wallet's one thread, is kept; the first, and a later one. */
const keptAfterMs = {first: 3000, later: 40_000};

/**
 * Looks at the connection of a wallet that answers. While its process holds the same socket, that costs one call of the system; its
 * open files and the sockets of its network are read every half minute, and while a connection is missing.
 */
export async function observeDaemonLink(node: Node, context: CheckContext, wanted: LinkWanted): Promise<LinkFinding> {
	const watch = context.watches.get(watchKey(node));
	const isFirst = watch?.isKnown !== true;
	const told = watch && isFirst ? toldTrouble(watch, context) : undefined;
	if (!watch || (isFirst && told === undefined && !wanted.isFull)) {
		if (watch) {
			watch.isKnown = true;
		}

		return {facts: {}};
	}

	const {ports} = context;
	watch.isKnown = true;
	if (isUnwanted(watch, wanted) || watch.daemon !== wanted.daemon) {
		// What was seen beside another daemon counts for nothing.
		watch.seen = undefined;
		watch.trouble = undefined;
		watch.keepsLink = false;
		watch.daemon = wanted.daemon;
	}

	if (isUnwanted(watch, wanted)) {
		return {facts: {}};
	}

	if (told !== undefined) {
		watch.keepsLink = true;
		watch.wasOwn = true;
	}

	const nowMs = ports.monotonicMs();
	const held = watch.seen;
	const isHeld = held?.socket !== undefined && ports.holdsSocket(watch.process.pid, held.socket);
	const isFresh = isHeld && nowMs - held.lookedMs < lookEveryMs;
	watch.seen = isFresh && !wanted.isFull ? held : await lookAtLink(watch, context, wanted);
	const {seen} = watch;
	if (!seen) {
		watch.trouble = undefined;
		return {facts: {}};
	}

	noteHabits(watch, seen, nowMs);

	const {keepsLink = false} = watch;
	const {wallet_height: height} = wanted.wallet;
	const moment = {isDaemonWell: wanted.isDaemonWell, keepsLink, height, nowMs};
	const before = told === undefined ? watch.trouble : toldLinkTrouble(told, height, nowMs);
	watch.trouble = nextLinkTrouble(before, seen.link, moment);
	const {state, peer} = seen.link;
	const rate = wanted.isFull ? await bytesPerSecond(watch, seen.link, context) : undefined;
	const fault = linkFault(watch, seen.link, wanted, context);
	return compact({
		facts: compact({
			link_state: state,
			link_peer: peer,
			link_trouble: fault && watch.trouble?.kind,
			link_since: seen.since,
			link_bytes_per_s: rate,
		}),
		fault,
	});
}

/** What a check before this run said was wrong with the connection, a short while ago. */
function toldTrouble({process}: ProcessWatch, {nodeState, ports}: CheckContext): LinkTrouble['kind'] | undefined {
	const {worked_data: last, process: before} = nodeState;
	const isRecent = last !== undefined && ports.nowMs() - Date.parse(last.last_check) <= toldTroubleMs;
	return isRecent && 'link_trouble' in last && before && isSameProcess(before, process) ? last.link_trouble : undefined;
}

/** Whether a wallet keeps its connection. One that opens and closes wallets, or is behind a proxy that closes, may not. */
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
	{trouble, keepsLink = false}: ProcessWatch,
	link: DaemonLink,
	{daemon, wallet}: LinkWanted,
	{nodeState}: CheckContext,
): Shortcoming | undefined {
	const {refresh_delays: refreshDelays = []} = nodeState;
	if (
		!trouble ||
		daemon === undefined ||
		!isLinkFault(trouble, {keepsLink, lag: wallet.wallet_lag ?? 0, refreshDelays})
	) {
		return undefined;
	}

	return trouble.kind === 'moved'
		? {kind: 'wallet_moved', reason: movedLinkText(link, daemon)}
		: {kind: 'wallet_unlinked', reason: lostLinkText(link, daemon)};
}

/** A wallet that is not open needs no daemon; one whose options cannot be read may be told to use none. */
const isUnwanted = ({told}: ProcessWatch, {wallet}: LinkWanted): boolean =>
	wallet.wallet_open !== true || told.isOffline || !told.isComplete;

/** @returns `undefined` where the process or its connections cannot be seen */
async function lookAtLink(
	watch: ProcessWatch,
	{ports, processes}: CheckContext,
	{daemon}: LinkWanted,
): Promise<SeenLink | undefined> {
	const {process, told, seen: before} = watch;
	const observation = await processes.inspect(process.pid);
	if (observation.kind !== 'alive' || !isSameProcess(observation.process, process)) {
		return undefined;
	}

	const connections = ports.readProcessConnections(process.pid);
	const address = (daemon === undefined ? undefined : parseDaemonAddress(daemon)) ?? told.daemon;
	if (!connections || !address) {
		return undefined;
	}

	const {hasProxy} = told;
	const {isLocalHost} = ports;
	const wasOwn = watch.wasOwn === true;
	const evidence = {connections, daemon: address, told: told.daemon, hasProxy, wasOwn, isLocalHost};
	const link = judgeDaemonLink(evidence);
	const [lookedMs, now] = [ports.monotonicMs(), isoTimeText(ports.nowMs())];
	const isAsBefore =
		before?.link.state === link.state && before.link.connection?.inode === link.connection?.inode ? before : undefined;
	return compact({
		link,
		socket: socketOf(link, connections),
		since: isAsBefore?.since ?? now,
		sinceMs: isAsBefore?.sinceMs ?? lookedMs,
		lookedMs,
	});
}

function socketOf({state, connection}: DaemonLink, {descriptors}: ProcessConnections): HeldSocket | undefined {
	const fd = connection && descriptors?.get(connection.inode);
	return connection === undefined || fd === undefined || state === 'connecting'
		? undefined
		: {inode: connection.inode, fd};
}

/** What is measured over a shorter or longer time says little of the speed now. */
const rateSpanMs = {least: 1000, most: 300_000};

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
	if (before && spanMs < rateSpanMs.least) {
		return undefined;
	}

	watch.traffic = {inode, bytes, atMs};
	return before && spanMs <= rateSpanMs.most ? Math.round(((bytes - before.bytes) / spanMs) * 1000) : undefined;
}

/** What the connection of a wallet that does not answer says of it. */
export interface WaitFinding {
	readonly facts: FactsOf<'link'>;
	/** What was last received; absent where the system does not tell. */
	readonly received?: Received;
	/** What the wallet waits for, as far as its connection tells. */
	readonly waitsFor?: string;
}

/** When something last came over a wallet's connections to its daemon. */
export interface Received {
	/** Infinite when nothing ever was seen to come. */
	readonly msAgo: number;
	/** Whether the wallet has not yet had it all: it came while it did not answer. */
	readonly isAwaited: boolean;
	/** In a few words. */
	readonly text: string;
}

/** A wallet has one connection to its daemon, or two. */
const mostLooked = 8;

/**
 * Looks at the connections of a wallet that does not answer and is not clearly at work: a slow daemon may still send, or nothing
 * gets through. Runs `ss`.
 * @param silentMs how long it has not answered
 * @returns `undefined` where its connections cannot be seen
 */
export async function observeWaitingLink(
	node: Node,
	context: CheckContext,
	process: LiveProcess,
	silentMs: number,
): Promise<WaitFinding | undefined> {
	const {ports, nodeState} = context;
	const watch = await watchProcess(node, context, process);
	const {told} = watch;
	const connections = ports.readProcessConnections(process.pid);
	const daemon = (node.daemon === undefined ? undefined : parseDaemonAddress(node.daemon)) ?? told.daemon;
	if (!connections || !daemon) {
		return undefined;
	}

	const {hasProxy} = told;
	const link = judgeDaemonLink({connections, daemon, told: told.daemon, hasProxy, isLocalHost: ports.isLocalHost});
	const newest = await newestTraffic(process.pid, connections.outgoing, context);
	const nowMs = ports.monotonicMs();
	if (newest && newest.traffic.receivedBytes > 0) {
		watch.receivedMs = Math.max(watch.receivedMs ?? 0, nowMs - newest.traffic.receivedMsAgo);
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

	// A new connection over which nothing has come says nothing of those before it.
	const msAgo = watch.receivedMs === undefined ? Number.POSITIVE_INFINITY : nowMs - watch.receivedMs;
	const {last_answer: lastAnswer} = nodeState;
	const answeredMsAgo = lastAnswer === undefined ? Number.POSITIVE_INFINITY : ports.nowMs() - Date.parse(lastAnswer);
	const hasBrought = newest !== undefined && newest.traffic.receivedBytes > 0;
	const isAsking = !hasBrought || newest.traffic.sentMsAgo < newest.traffic.receivedMsAgo;
	const peer = newest ? placeText(newest.connection) : link.peer;
	const ago = msAgo < 1000 ? '' : ` ${spanText(msAgo)} ago`;
	const received = {
		msAgo,
		// What came before the silence was an answer that the wallet has had, unless it has asked for nothing since.
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

/** The connection over which something came last, of those that the system tells of. */
async function newestTraffic(
	pid: number,
	outgoing: readonly OutgoingConnection[],
	{ports}: CheckContext,
): Promise<{readonly connection: OutgoingConnection; readonly traffic: SocketTraffic} | undefined> {
	const open = outgoing.filter(({state}) => state !== 'connecting').slice(0, mostLooked);
	const seen = await Promise.all(
		open.map(async connection => ({connection, traffic: await ports.readSocketTraffic(pid, connection.inode)})),
	);
	const told = seen.flatMap(({connection, traffic}) => (traffic ? [{connection, traffic}] : []));
	const rank = ({receivedBytes, receivedMsAgo}: SocketTraffic): number =>
		receivedBytes > 0 ? receivedMsAgo : Number.POSITIVE_INFINITY;
	return told.reduce<(typeof told)[number] | undefined>(
		(best, each) => (best === undefined || rank(each.traffic) < rank(best.traffic) ? each : best),
		undefined,
	);
}

/**
 * What the connections of a wallet that stands still say of its daemon. Looked at then alone: it reads every socket of the machine.
 * @param daemon the one it should use, in its short form
 * @returns `undefined` where its process or its connections cannot be seen
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
