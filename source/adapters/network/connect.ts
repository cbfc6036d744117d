import {connect, type Socket} from 'node:net';
import {compact} from '../../domain/compact.js';
import type {ProxyAddress} from '../../domain/daemon-address.js';
import type {ConnectTcp, NoAnswerCause, TcpOutcome} from '../../domain/ports.js';
import {recognizeService} from '../../domain/rpc/wallet-rpc.js';
import {cleanText} from '../../domain/text.js';
import {CallDeadline, latencyClockMs} from './deadline.js';
import {NetworkError, type NetworkFailure, networkFailure} from './network-error.js';

/** After a server has spoken ZMQ, how long new connections wait for its greeting without a limit, in milliseconds. */
const zmqKeptMs = 60_000;
const minListenMs = 20;
const maxListenMs = 250;
/** After that time, how long to wait for a greeting, in milliseconds. */
const longListenMs = 1000;

/** The proxy from which a connection has received nothing yet; empty without a proxy, and after its first byte. */
class ProxyWait {
	#name: string | undefined;
	#socket: Socket | undefined;

	/** Connecting to a proxy begins. @param name how it is named in sentences */
	begin(name: string): void {
		this.#name = name;
		this.#socket = undefined;
	}

	connected(socket: Socket): void {
		this.#socket = socket;
	}

	end(): void {
		this.#name = undefined;
	}

	/** The failure to report: a proxy that never answered says nothing about the address behind it. */
	explain(failure: NetworkFailure): NetworkFailure {
		const isSilent = this.#name !== undefined && (this.#socket?.bytesRead ?? 0) === 0;
		return isSilent && failure.cause === 'timeout'
			? {cause: 'not_checkable', error: `${this.#name}: ${failure.error}`}
			: failure;
	}
}

/** What this process knows of the server at one address, shared by everything that connects to it. */
export class PeerKnowledge {
	/** Of its connection in progress. */
	readonly proxyWait = new ProxyWait();
	/** Whether the server speaks HTTP; `undefined` until this process knows. */
	#speaksHttp: boolean | undefined;
	/** When ZMQ was last seen there, in milliseconds of `performance.now()`. */
	#zmqMs: number | undefined;

	/** Records that the server answered in HTTP in an earlier run. */
	answeredBefore(): void {
		this.#speaksHttp ??= true;
	}

	spokeHttp(): void {
		this.#speaksHttp = true;
		this.#zmqMs = undefined;
	}

	spokeZmq(): void {
		this.#speaksHttp = false;
		this.#zmqMs = performance.now();
	}

	/** Records that a connection was lost: another program may be listening by the time the next one is opened. */
	lost(): void {
		this.#speaksHttp = false;
	}

	/** Records why connecting failed, or why no answer came. */
	failed(cause: NoAnswerCause): void {
		this.lost();
		if (cause === 'refused') {
			this.#zmqMs = undefined;
		}
	}

	/**
	 * How long to listen on a new connection before sending anything, in milliseconds: 0 not at all, `Infinity` until the
	 * server speaks. A ZMQ server speaks first.
	 * @param connectMs how long connecting took: nearly one round trip, and a greeting needs as long
	 */
	listenMs(connectMs: number): number {
		if (this.#speaksHttp) {
			return 0;
		}

		if (this.#zmqMs === undefined) {
			return Math.min(maxListenMs, Math.max(minListenMs, 2 * connectMs));
		}

		// A stopped daemon accepts connections without answering; once it continues, it reads what was sent to it.
		return performance.now() - this.#zmqMs < zmqKeptMs ? Number.POSITIVE_INFINITY : longListenMs;
	}
}

/** An address to connect to, and the proxy on the way, if any. */
interface Place {
	readonly host: string;
	readonly port: number;
	readonly proxy?: ProxyAddress | undefined;
}

/** A connection, and how long it was listened to before it was returned, in milliseconds. */
export interface OpenedSocket {
	readonly socket: Socket;
	readonly listenedMs: number;
}

/**
 * Connects, and listens whether the server speaks first unless it is known to speak HTTP. An HTTP or TLS server never does;
 * a ZMQ server does at once, and the ZMQ server of monerod before 0.18.3.2 stops for good when it gets a request in HTTP.
 * @throws NetworkError `not_http` for a server that speaks first, to which nothing was sent; `closed`; else the socket's own
 * error
 */
export async function connectAndListen(place: Place, peer: PeerKnowledge, stop: AbortSignal): Promise<OpenedSocket> {
	const startedMs = latencyClockMs();
	const socket = await connected(place, stop, peer.proxyWait);
	const connectedMs = latencyClockMs();
	const waitMs = peer.listenMs(connectedMs - startedMs);
	if (waitMs === 0) {
		return {socket, listenedMs: 0};
	}

	const greeting = await firstBytes(socket, waitMs, stop);
	if (greeting === undefined) {
		return {socket, listenedMs: latencyClockMs() - connectedMs};
	}

	socket.destroy();
	const service = recognizeService(greeting);
	if (service === 'zmq') {
		peer.spokeZmq();
	}

	const text = cleanText(greeting.toString('latin1'), 60);
	const error = `the server speaks first: ${service === 'zmq' ? greeting.toString('hex', 0, 10) : text}`;
	throw new NetworkError(compact({cause: 'not_http', error, service}));
}

async function connected({host, port, proxy}: Place, stop: AbortSignal, wait: ProxyWait): Promise<Socket> {
	if (!proxy) {
		return connectedDirectly({host, port}, stop);
	}

	const {connectThroughProxy, proxyText} = await import('./socks-proxy.js');
	wait.begin(proxyText(proxy));
	const socket = await connectedDirectly(proxy, stop).catch((error: unknown) => {
		const {error: words} = networkFailure(error);
		throw new NetworkError({cause: 'not_checkable', error: `${proxyText(proxy)}: ${words}`});
	});
	wait.connected(socket);
	const giveUp = (): void => {
		socket.destroy();
	};
	stop.addEventListener('abort', giveUp, {once: true});
	try {
		const opened = await connectThroughProxy(socket, proxy, {host, port});
		wait.end();
		return opened;
	} finally {
		stop.removeEventListener('abort', giveUp);
	}
}

function connectedDirectly({host, port}: Omit<Place, 'proxy'>, stop: AbortSignal): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const socket = connect({host, port, noDelay: true});
		const giveUp = (): void => {
			socket.destroy();
		};
		stop.addEventListener('abort', giveUp, {once: true});
		const settle = (end: () => void): void => {
			stop.removeEventListener('abort', giveUp);
			end();
		};
		// Not removed: an error after connecting belongs to the request, which has a listener of its own.
		socket.on('error', error => settle(() => reject(error)));
		socket.once('connect', () =>
			settle(() => (isSelfConnected(socket, port) ? reject(refusedBySelf(socket)) : resolve(socket))),
		);
		if (stop.aborted) {
			giveUp();
		}
	});
}

/**
 * Whether a socket is connected to itself. Linux may choose, as the local port of a connection to a port of this machine
 * without a listener, that very port; TCP then completes the connection, and everything sent comes back.
 */
function isSelfConnected(socket: Socket, port: number): boolean {
	// The port first: each end of a socket costs a system call to read.
	return socket.localPort === port && socket.localAddress === socket.remoteAddress;
}

/** Closes a socket that is connected to itself, at once: while it is closed in order, nothing else can use the port. */
function refusedBySelf(socket: Socket): NetworkError {
	const error = `connect ECONNREFUSED ${socket.remoteAddress}:${socket.remotePort}`;
	socket.resetAndDestroy();
	return new NetworkError({cause: 'refused', error});
}

/** What the server sends before it is asked; `undefined` when that is nothing, or HTTP, which is left unread. */
function firstBytes(socket: Socket, waitMs: number, stop: AbortSignal): Promise<Buffer | undefined> {
	return new Promise((resolve, reject) => {
		// Data that has already arrived is read before a setImmediate callback runs.
		const timer = Number.isFinite(waitMs) ? setTimeout(() => setImmediate(settle), waitMs) : undefined;
		const settle = (bytes?: Buffer, error?: Error): void => {
			clearTimeout(timer);
			socket.off('readable', read).off('close', closed).off('error', failed);
			stop.removeEventListener('abort', giveUp);
			if (error) {
				socket.destroy();
				reject(error);
			} else {
				resolve(bytes);
			}
		};
		const closed = (): void => {
			const failure = {cause: 'closed', error: 'closed before anything was sent'} as const;
			settle(undefined, new NetworkError(failure));
		};
		const failed = (error: Error): void => settle(undefined, error);
		const giveUp = (): void => closed();
		const read = (): void => {
			const bytes = socket.read() as Buffer | null;
			if (bytes === null) {
				return;
			}

			if (/^HTTP\/\d/.test(bytes.toString('latin1', 0, 6))) {
				socket.unshift(bytes);
				settle();
			} else {
				settle(bytes);
			}
		};
		socket.on('readable', read).on('close', closed).on('error', failed);
		stop.addEventListener('abort', giveUp, {once: true});
	});
}

/** Connects and closes at once, without sending a byte, except to a proxy. */
export const connectTcp: ConnectTcp = async (place, options) => {
	const bounds = new CallDeadline(options);
	const stop = new AbortController();
	const wait = new ProxyWait();
	const end = (failure: NetworkFailure | undefined): TcpOutcome => {
		const latencyMs = latencyClockMs() - bounds.startedMs;
		return failure ? {open: false, latencyMs, ...wait.explain(failure)} : {open: true, latencyMs};
	};
	try {
		const socket = bounds.failure ? undefined : await bounds.within(connected(place, stop.signal, wait));
		socket?.destroy();
		return end(bounds.failure);
	} catch (error) {
		return end(networkFailure(error));
	} finally {
		bounds.release();
		if (bounds.failure) {
			stop.abort();
		}
	}
};
