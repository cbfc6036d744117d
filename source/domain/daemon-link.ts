import type {ProcessIdentity} from './check-result.js';
import {canonicalHost, type DaemonAddress, daemonText, hostInUrl, isIpAddress, isLoopback} from './daemon-address.js';
import type {FactsOf, LinkState} from './facts.js';

/** A TCP connection that a process opened. */
export interface OutgoingConnection {
	/** Of the other side: IPv4, or IPv6 in its shortest form. */
	readonly address: string;
	readonly port: number;
	/** `closed_by_peer`: and the process has not taken note of it. */
	readonly state: 'established' | 'connecting' | 'closed_by_peer';
	/** What tells its socket from all others. */
	readonly inode: string;
	/** How often in a row the system has sent something again without an answer; absent when it has not. */
	readonly resends?: number;
}

/** An open socket of a process. */
export interface HeldSocket {
	readonly inode: string;
	/** The file descriptor it is held by. */
	readonly fd: number;
}

/** What has passed over a connection. Needs `ss` of iproute2. */
export interface SocketTraffic {
	readonly receivedBytes: number;
	readonly sentBytes: number;
	/** Milliseconds since something was last received and sent. */
	readonly receivedMsAgo: number;
	readonly sentMsAgo: number;
}

/** The TCP connections that a process opened. */
export interface ProcessConnections {
	readonly outgoing: readonly OutgoingConnection[];
	/** Whether it is in the network namespace of this program: only then addresses mean the same to both. */
	readonly isOwnNetwork: boolean;
	/** The file descriptors of the sockets. */
	readonly descriptors?: ReadonlyMap<string, number>;
}

/** What is known of a wallet's connections. */
export interface LinkEvidence {
	readonly connections: ProcessConnections;
	/** The daemon it should use. */
	readonly daemon: DaemonAddress;
	/** The daemon it was started with, where its options tell. */
	readonly told?: DaemonAddress | undefined;
	/** Whether it was seen connected to its own daemon before. */
	readonly wasOwn?: boolean;
	/** Whether it was started with a proxy: then it connects to that, whatever its daemon. */
	readonly hasProxy: boolean;
	readonly isLocalHost: (host: string) => boolean;
}

/**
 * Why a wallet most likely reads no blocks, by its connections: it is told to use another daemon, cannot reach one, or does not
 * refresh. A wallet keeps its connection between refreshes, one that is refused leaves nothing behind, and one that its daemon has
 * closed stays as it is until the wallet looks at it.
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

/** Names are not resolved: with one, the port decides. */
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
	/** The other side, such as `10.0.0.5:18081`; absent where there is none. */
	readonly peer?: string;
	/** Absent where there is none. */
	readonly connection?: OutgoingConnection;
	/** Whether the state cannot be otherwise. Of `other`: the wallet itself was started with a daemon that is not the peer. */
	readonly isCertain: boolean;
}

/** Resends in a row without an answer: one alone may be a lost packet. */
const clearResends = 2;

/** What the connections of a wallet's process say of its connection to a daemon. */
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
	const wanted = own ?? established.find(connection => isAsTold(connection, evidence));
	if (hasProxy || wanted || (!isOwnNetwork && evidence.told === undefined)) {
		const connection = wanted ?? first;
		const isOther = !hasProxy && isOwnNetwork && !own;
		const state = isOther ? 'other' : (connection.resends ?? 0) >= clearResends ? 'retransmitting' : 'connected';
		return {...linkOver(connection, state), isCertain: !isOther};
	}

	return {...linkOver(first, 'other'), isCertain: isCertainlyOther(evidence)};
}

/**
 * Whether a wallet whose options name another peer was given it since. One that is wrapped (torsocks, proxychains) connects to a
 * proxy that its options do not name, unless its daemon is on its own machine.
 */
function isCertainlyOther({told, wasOwn = false}: LinkEvidence): boolean {
	return told !== undefined && (wasOwn || isOwnAddress(told.host));
}

function linkOver(connection: OutgoingConnection, state: LinkState) {
	return {state, peer: placeText(connection), connection};
}

/** Whether a connection goes where the wallet's own options say. The name of a host may stand for any address. */
function isAsTold({address, port}: OutgoingConnection, {told}: LinkEvidence): boolean {
	return (
		told !== undefined &&
		port === told.port &&
		(!isIpAddress(told.host) || isSameAddress(address, told.host) || (isLoopback(address) && isOwnAddress(told.host)))
	);
}

/** Whether a wallet that was told this address connects to loopback; the unspecified one means that too. */
const isOwnAddress = (host: string): boolean => isLoopback(host) || host === '0.0.0.0' || host === '::';

/** Whether two addresses are one: IPv6 has many spellings, and one for IPv4. */
function isSameAddress(a: string, b: string): boolean {
	return a === b || (b.includes(':') && canonicalHost(a) === canonicalHost(b));
}

/** What a wallet waits for whose peer is not heard of: on the way there, or on the way back, something drops what is sent. */
export function unansweredLinkText({state, peer}: Pick<DaemonLink, 'state' | 'peer'>): string {
	return state === 'connecting'
		? `trying to connect to ${peer}, which does not answer`
		: `waiting for ${peer}, which does not acknowledge what is sent to it`;
}

/** A wallet that moved to another daemon than it was started with. */
export function movedLinkText({peer}: Pick<DaemonLink, 'peer'>, daemon: string): string {
	return `wallet is connected to ${peer}, not to ${daemon}: set_daemon has changed its daemon`;
}

/** A wallet that has lost its daemon while that answers others. */
export function lostLinkText({state, peer}: Pick<DaemonLink, 'state' | 'peer'>, daemon: string): string {
	const tries = state === 'connecting' && peer !== undefined ? `, it tries to connect to ${peer}` : '';
	return `wallet has no connection to ${daemon}${tries}`;
}

/** What a wallet's options say of its daemon. */
export interface ToldDaemon {
	readonly daemon?: DaemonAddress;
	readonly hasProxy: boolean;
	readonly isOffline: boolean;
	/** Whether nothing that may say more was unreadable. */
	readonly isComplete: boolean;
}

/** What a process of a node has used, as it was last looked at. */
export interface UsageSample {
	readonly facts: FactsOf<'usage'>;
	readonly cpuMs?: number;
	/** Monotonic milliseconds. */
	readonly atMs: number;
}

/** A wallet without a connection to its daemon, or with one to another daemon, check after check. */
export interface LinkTrouble {
	readonly kind: 'lost' | 'moved';
	/** Monotonic milliseconds. */
	readonly sinceMs: number;
	readonly lastMs: number;
	readonly looks: number;
	/** Whether it was trying to connect at every look. */
	readonly isTrying: boolean;
	/** The wallet's height when it began. */
	readonly height: number | undefined;
}

/** A connection as it was last seen. */
export interface SeenLink {
	readonly link: DaemonLink;
	/** The socket, to see at little cost whether the process still holds it. */
	readonly socket?: HeldSocket;
	/** When it was first seen as it is; ISO-8601 UTC. */
	readonly since: string;
	/** The same in monotonic milliseconds. */
	readonly sinceMs: number;
	/** When the process was last looked at. */
	readonly lookedMs: number;
}

/** What is kept of a node's process from check to check: its use of the machine, and its connection to a daemon. */
export interface ProcessWatch {
	readonly process: ProcessIdentity;
	/** Whether a later check has looked at it again: the first look of all leaves the connection alone. */
	isKnown?: boolean;
	readonly told: ToldDaemon;
	/** The daemon the connection was judged by. */
	daemon?: string | undefined;
	usage?: UsageSample;
	seen?: SeenLink | undefined;
	/** Whether it was seen to keep a connection while it had nothing to ask: then one that is missing is lost. */
	keepsLink?: boolean;
	/** Whether it was seen with another connection before: then it may be one that changes them often. */
	hasChangedLink?: boolean;
	/** The socket of the connection last seen. */
	lastInode?: string;
	/** Whether it was seen connected to its own daemon. */
	wasOwn?: boolean;
	trouble?: LinkTrouble | undefined;
	traffic?: {readonly inode: string; readonly bytes: number; readonly atMs: number};
	/** When data last arrived on a connection that it opened, as far as observed; monotonic milliseconds. */
	receivedMs?: number;
}

/** A wallet that was never seen to keep a connection may have had one between two looks this far apart. */
const looseGapMs = 15_000;
/** After this long even one that keeps its connection may have been elsewhere in between. */
const mostGapMs = 600_000;

/** What is known when a connection is judged. */
export interface LinkMoment {
	/** Whether the daemon answers this program, and nothing is wrong with it. */
	readonly isDaemonWell: boolean;
	/** Whether the wallet was seen to keep a connection while it had nothing to ask: then one that is missing is lost. */
	readonly keepsLink: boolean;
	/** The wallet's height, as it has just said. */
	readonly height: number | undefined;
	/** Monotonic milliseconds. */
	readonly nowMs: number;
}

/** What is wrong with a connection since when, after one more look. @returns `undefined` where nothing is, or nothing can be said */
export function nextLinkTrouble(
	before: LinkTrouble | undefined,
	{state, isCertain}: DaemonLink,
	{isDaemonWell, keepsLink, height, nowMs}: LinkMoment,
): LinkTrouble | undefined {
	const kind =
		state === 'none' || state === 'connecting' ? 'lost' : state === 'other' && isCertain ? 'moved' : undefined;
	if (kind === undefined || !isDaemonWell) {
		return undefined;
	}

	const isTrying = state === 'connecting';
	const maxGapMs = keepsLink || kind === 'moved' ? mostGapMs : looseGapMs;
	// A wallet that reads blocks reads them from somewhere.
	const isSame = kind === 'moved' || before?.height === height;
	return before?.kind === kind && isSame && nowMs - before.lastMs <= maxGapMs
		? {...before, lastMs: nowMs, looks: before.looks + 1, isTrying: before.isTrying && isTrying}
		: {kind, sinceMs: nowMs, lastMs: nowMs, looks: 1, isTrying, height};
}

/**
 * A wallet refreshes every 20 s and keeps its connection in between. The refresh that finds it lost is the first of two; by now the
 * second has failed as well, or found the other daemon again.
 */
const lostAfterMs = 18_000;
/** Two refreshes of a wallet that was never seen connected, in which it has not read a block that is there. */
const neverLinkedAfterMs = 40_000;
const leastLooks = 3;

/** A trouble that an earlier check has told of, perhaps of another run of this program; it goes on, or ends with this look. */
export function toldLinkTrouble(kind: LinkTrouble['kind'], height: number | undefined, nowMs: number): LinkTrouble {
	return {kind, sinceMs: nowMs - neverLinkedAfterMs, lastMs: nowMs, looks: leastLooks, isTrying: true, height};
}

/** How long ago a check may have told of it, in milliseconds. */
export const toldTroubleMs = mostGapMs;

/** What makes a trouble worth telling. */
export interface LinkHabits {
	readonly keepsLink: boolean;
	/** Blocks the wallet is behind. */
	readonly lag: number;
	/** Milliseconds it took lately to read a block. */
	readonly refreshDelays: readonly number[];
}

/** Whether a trouble has lasted for two refreshes, and cannot be anything else. */
export function isLinkFault(trouble: LinkTrouble, {keepsLink, lag, refreshDelays}: LinkHabits): boolean {
	const spanMs = trouble.lastMs - trouble.sinceMs;
	if (trouble.looks < leastLooks || spanMs < lostAfterMs) {
		return false;
	}

	const stuckAfterMs = Math.max(neverLinkedAfterMs, ...refreshDelays.map(delay => delay + lostAfterMs));
	return trouble.kind === 'moved' || keepsLink || trouble.isTrying || (lag > 0 && spanMs >= stuckAfterMs);
}
