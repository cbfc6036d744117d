import type {ProcessIdentity} from './check-result.js';
import {canonicalHost, type DaemonAddress, daemonText, hostInUrl, isIpAddress, isLoopback} from './daemon-address.js';
import type {FactsOf, LinkState} from './facts.js';

/** A TCP connection that a process opened. */
export interface OutgoingConnection {
	/** The remote address: IPv4, or IPv6 in its shortest form. */
	readonly address: string;
	readonly port: number;
	/** `closed_by_peer`: the peer has closed it, but the process has not noticed. */
	readonly state: 'established' | 'connecting' | 'closed_by_peer';
	/** The inode of its socket, which is unique. */
	readonly inode: string;
	/** The number of consecutive retransmissions without an acknowledgement; absent if there are none. */
	readonly resends?: number;
}

/** An open socket of a process. */
export interface HeldSocket {
	readonly inode: string;
	/** Its file descriptor. */
	readonly fd: number;
}

/** The traffic of a connection. Needs `ss` of iproute2. */
export interface SocketTraffic {
	readonly receivedBytes: number;
	readonly sentBytes: number;
	/** Milliseconds since data was last received, and last sent. */
	readonly receivedMsAgo: number;
	readonly sentMsAgo: number;
}

/** The TCP connections that a process opened. */
export interface ProcessConnections {
	readonly outgoing: readonly OutgoingConnection[];
	/** Whether the process is in the network namespace of xmrtop; otherwise its addresses have another meaning. */
	readonly isOwnNetwork: boolean;
	/** The file descriptors of the sockets, by inode. */
	readonly descriptors?: ReadonlyMap<string, number>;
}

/** The facts by which a wallet's connection is judged. */
export interface LinkEvidence {
	readonly connections: ProcessConnections;
	/** The configured daemon. */
	readonly daemon: DaemonAddress;
	/** The daemon in its options, if known. */
	readonly daemonInOptions?: DaemonAddress | undefined;
	/** Whether it was seen connected to its daemon before. */
	readonly wasOwn?: boolean;
	/** Whether it was started with a proxy: then it connects to the proxy, whatever its daemon is. */
	readonly hasProxy: boolean;
	readonly isLocalHost: (host: string) => boolean;
}

/**
 * Why a wallet most likely does not read blocks, according to its connections: it uses another daemon, cannot reach its
 * daemon, or does not refresh. A wallet keeps its connection open between refreshes. A refused connection leaves no socket,
 * and a connection that the daemon has closed stays until the wallet uses it again.
 */
export function daemonLinkText(evidence: LinkEvidence): string {
	const {connections, daemon, hasProxy} = evidence;
	const {outgoing, isOwnNetwork} = connections;
	const [established, connecting] = (['established', 'connecting'] as const).map(state =>
		outgoing.filter(connection => connection.state === state),
	);
	const isDaemons = (connection: OutgoingConnection) => isDaemonsOwn(connection, evidence);
	const [first] = established ?? [];
	if (!first) {
		return unconnectedText(
			connecting?.[0],
			outgoing.some(({state}) => state === 'closed_by_peer'),
		);
	}

	if (hasProxy || !isOwnNetwork) {
		return `the wallet is connected to ${placeText(first)}${hasProxy ? ', through a proxy' : ''}`;
	}

	const match = established?.find(isDaemons);
	if (!match) {
		return `the wallet is connected to ${placeText(first)}, not to ${daemonText(daemon)}`;
	}

	return isIpAddress(daemon.host)
		? 'the wallet is connected to its daemon, so its automatic refresh is probably off'
		: `the wallet is connected to ${placeText(match)}: its automatic refresh is probably off, or that is not ${daemon.host}`;
}

function unconnectedText(connecting: OutgoingConnection | undefined, isLeftOver: boolean): string {
	if (connecting) {
		return `the wallet tries to connect to ${placeText(connecting)}, which does not answer`;
	}

	return isLeftOver
		? 'its daemon closed the connection, and the wallet did not notice: its automatic refresh is probably off'
		: 'the wallet is not connected to a daemon';
}

/** Whether a connection goes to the wallet's daemon. Host names are not resolved; for a name only the port is compared. */
function isDaemonsOwn({address, port}: OutgoingConnection, {daemon, isLocalHost}: LinkEvidence): boolean {
	return (
		port === daemon.port &&
		(!isIpAddress(daemon.host) ||
			isSameAddress(address, daemon.host) ||
			(isLocalHost(address) && isLocalHost(daemon.host)))
	);
}

/** The other end of a connection, such as `10.0.0.5:18081`. */
export const placeText = ({address, port}: OutgoingConnection): string => `${hostInUrl(address)}:${port}`;

/** A wallet's connection to a daemon. */
export interface DaemonLink {
	readonly state: LinkState;
	/** The remote address, such as `10.0.0.5:18081`; absent if there is no connection. */
	readonly peer?: string;
	/** Absent if there is no connection. */
	readonly connection?: OutgoingConnection;
	/** Whether the state is certain. For `other`: the wallet's own options name a daemon that is not the peer. */
	readonly isCertain: boolean;
}

/** Consecutive retransmissions from which a peer counts as not answering; a single one may be a lost packet. */
const clearResends = 2;

/** Finds the wallet's connection to a daemon among the connections of its process, and its state. */
export function judgeDaemonLink(evidence: LinkEvidence): DaemonLink {
	const {connections, hasProxy} = evidence;
	const {outgoing, isOwnNetwork} = connections;
	const established = outgoing.filter(({state}) => state === 'established');
	const [first] = established;
	if (!first) {
		const left = outgoing.find(({state}) => state === 'connecting') ?? outgoing[0];
		return left
			? {...linkOver(left, left.state === 'connecting' ? 'connecting' : 'closed'), isCertain: true}
			: {state: 'none', isCertain: true};
	}

	const own = isOwnNetwork ? established.find(connection => isDaemonsOwn(connection, evidence)) : undefined;
	const wanted = own ?? established.find(connection => isDaemonInOptions(connection, evidence));
	if (hasProxy || wanted || (!isOwnNetwork && evidence.daemonInOptions === undefined)) {
		const connection = wanted ?? first;
		const isOther = !hasProxy && isOwnNetwork && !own;
		const state = isOther ? 'other' : (connection.resends ?? 0) >= clearResends ? 'retransmitting' : 'connected';
		return {...linkOver(connection, state), isCertain: !isOther};
	}

	return {...linkOver(first, 'other'), isCertain: isCertainlyOther(evidence)};
}

/**
 * Whether the daemon of a wallet was certainly changed after its start. A wrapped wallet (torsocks, proxychains) connects
 * to a proxy that its options do not name, unless its daemon is on its own machine.
 */
function isCertainlyOther({daemonInOptions, wasOwn = false}: LinkEvidence): boolean {
	return daemonInOptions !== undefined && (wasOwn || isOwnAddress(daemonInOptions.host));
}

function linkOver(connection: OutgoingConnection, state: LinkState) {
	return {state, peer: placeText(connection), connection};
}

/** Whether a connection goes to the daemon in the wallet's options. A host name matches any address. */
function isDaemonInOptions({address, port}: OutgoingConnection, {daemonInOptions}: LinkEvidence): boolean {
	return (
		daemonInOptions !== undefined &&
		port === daemonInOptions.port &&
		(!isIpAddress(daemonInOptions.host) ||
			isSameAddress(address, daemonInOptions.host) ||
			(isLoopback(address) && isOwnAddress(daemonInOptions.host)))
	);
}

/** Whether a wallet connects to loopback for this address, which includes the unspecified address. */
const isOwnAddress = (host: string): boolean => isLoopback(host) || host === '0.0.0.0' || host === '::';

/** Whether two addresses are the same: IPv6 has several notations, including one for IPv4. */
function isSameAddress(a: string, b: string): boolean {
	return a === b || (b.includes(':') && canonicalHost(a) === canonicalHost(b));
}

/** What a wallet is waiting for if its peer does not answer: packets are dropped in one direction or the other. */
export function unansweredLinkText({state, peer}: Pick<DaemonLink, 'state' | 'peer'>): string {
	return state === 'connecting'
		? `trying to connect to ${peer}, which does not answer`
		: `waiting for ${peer}, which does not acknowledge what is sent to it`;
}

/** The reason for a wallet that uses another daemon than it was started with. */
export function movedLinkText({peer}: Pick<DaemonLink, 'peer'>, daemon: string): string {
	return `wallet is connected to ${peer}, not to ${daemon}: set_daemon has changed its daemon`;
}

/** The reason for a wallet that has lost its daemon, although the daemon answers others. */
export function lostLinkText({state, peer}: Pick<DaemonLink, 'state' | 'peer'>, daemon: string): string {
	const tries = state === 'connecting' && peer !== undefined ? `, it tries to connect to ${peer}` : '';
	return `wallet has no connection to ${daemon}${tries}`;
}

/** The daemon according to a wallet's options. */
export interface DaemonOptions {
	readonly daemon?: DaemonAddress;
	readonly hasProxy: boolean;
	readonly isOffline: boolean;
	/** Whether every source of options could be read. */
	readonly isComplete: boolean;
}

/** A sample of the resource usage of a node's process. */
export interface UsageSample {
	readonly facts: FactsOf<'usage'>;
	readonly cpuMs?: number;
	/** Monotonic milliseconds. */
	readonly atMs: number;
}

/** A wallet that had no connection to its daemon, or one to another daemon, in consecutive checks. */
export interface LinkProblem {
	readonly kind: 'lost' | 'moved';
	/** Monotonic milliseconds. */
	readonly sinceMs: number;
	readonly lastMs: number;
	readonly checks: number;
	/** Whether it was trying to connect in every check. */
	readonly isTrying: boolean;
	/** The wallet's height at the first of these checks. */
	readonly height: number | undefined;
}

/** A wallet's connection as last seen. */
export interface SeenLink {
	readonly link: DaemonLink;
	/** The socket, by which a cheap test shows whether the process still has it open. */
	readonly socket?: HeldSocket;
	/** When it was first seen in this state; ISO-8601 UTC. */
	readonly since: string;
	/** The same time in monotonic milliseconds. */
	readonly sinceMs: number;
	/** When the connections of the process were last read. */
	readonly readMs: number;
}

/** The state that is kept of a node's process between checks: its resource usage, and its connection to a daemon. */
export interface ProcessWatch {
	readonly process: ProcessIdentity;
	/** Whether a later check has seen it again: the first check does not read its connections. */
	isKnown?: boolean;
	readonly daemonOptions: DaemonOptions;
	/** The daemon with which the connection was compared. */
	daemon?: string | undefined;
	usage?: UsageSample;
	seen?: SeenLink | undefined;
	/** Whether it was seen to keep its connection open while idle: then a missing connection is lost. */
	keepsLink?: boolean;
	/** Whether it was seen with another connection before: then it may open new connections often. */
	hasChangedLink?: boolean;
	/** The inode of the connection last seen. */
	lastInode?: string;
	/** Whether it was seen connected to its daemon. */
	wasOwn?: boolean;
	problem?: LinkProblem | undefined;
	traffic?: {readonly inode: string; readonly bytes: number; readonly atMs: number};
	/** When data last arrived on a connection that it opened, as far as observed; monotonic milliseconds. */
	receivedMs?: number;
}

/**
 * A wallet that was never seen to keep its connection may have had one between two checks that are further apart than this;
 * milliseconds.
 */
const looseGapMs = 15_000;
/** After a longer gap, even a wallet that keeps its connection may have had another one in between; milliseconds. */
const maxGapMs = 600_000;

/** The circumstances in which a connection is judged. */
export interface LinkMoment {
	/** Whether the daemon answers xmrtop and has no problem. */
	readonly isDaemonWell: boolean;
	/** Whether the wallet was seen to keep its connection open while idle: then a missing connection is lost. */
	readonly keepsLink: boolean;
	/** The wallet's height in this check. */
	readonly height: number | undefined;
	/** Monotonic milliseconds. */
	readonly nowMs: number;
}

/** Updates the problem of a connection after a check. @returns `undefined` if there is no problem, or it is unknown */
export function nextLinkProblem(
	before: LinkProblem | undefined,
	{state, isCertain}: DaemonLink,
	{isDaemonWell, keepsLink, height, nowMs}: LinkMoment,
): LinkProblem | undefined {
	const kind =
		state === 'none' || state === 'connecting' ? 'lost' : state === 'other' && isCertain ? 'moved' : undefined;
	if (kind === undefined || !isDaemonWell) {
		return undefined;
	}

	const isTrying = state === 'connecting';
	const allowedGapMs = keepsLink || kind === 'moved' ? maxGapMs : looseGapMs;
	// A wallet whose height rises must have a connection to a daemon.
	const isSame = kind === 'moved' || before?.height === height;
	return before?.kind === kind && isSame && nowMs - before.lastMs <= allowedGapMs
		? {...before, lastMs: nowMs, checks: before.checks + 1, isTrying: before.isTrying && isTrying}
		: {kind, sinceMs: nowMs, lastMs: nowMs, checks: 1, isTrying, height};
}

/**
 * How long a problem must last. A wallet refreshes every 20 s and keeps its connection in between, so after this time a
 * second refresh has failed too, or has used the other daemon again.
 */
const lostAfterMs = 18_000;
/** Two refreshes of a wallet that was never seen connected, in which it has not read an existing block. */
const neverLinkedAfterMs = 40_000;
const minChecks = 3;

/** A problem that an earlier check reported, perhaps in another run of xmrtop; this check continues or ends it. */
export function reportedLinkProblem(kind: LinkProblem['kind'], height: number | undefined, nowMs: number): LinkProblem {
	return {kind, sinceMs: nowMs - neverLinkedAfterMs, lastMs: nowMs, checks: minChecks, isTrying: true, height};
}

/** How long ago the earlier check may have been, in milliseconds. */
export const reportedProblemMaxAgeMs = maxGapMs;

/** How a wallet usually uses its connection, which decides whether a problem is reported. */
export interface LinkHabits {
	readonly keepsLink: boolean;
	/** Blocks the wallet is behind. */
	readonly lag: number;
	/** How long it recently took to read a new block, in milliseconds. */
	readonly refreshDelays: readonly number[];
}

/** Whether a problem has lasted for two refreshes, so that it is not just a pause of the wallet. */
export function isLinkFault(problem: LinkProblem, {keepsLink, lag, refreshDelays}: LinkHabits): boolean {
	const spanMs = problem.lastMs - problem.sinceMs;
	if (problem.checks < minChecks || spanMs < lostAfterMs) {
		return false;
	}

	const stuckAfterMs = Math.max(neverLinkedAfterMs, ...refreshDelays.map(delay => delay + lostAfterMs));
	return problem.kind === 'moved' || keepsLink || problem.isTrying || (lag > 0 && spanMs >= stuckAfterMs);
}
