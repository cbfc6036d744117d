import {once} from 'node:events';
import {type AddressInfo, createServer, type Server, type Socket} from 'node:net';
import {createServer as createTlsServer} from 'node:tls';

/** A listening port that can be closed and opened again. */
export interface Endpoint {
	readonly port: number;
	/** Listens on the same port again, unless it already does. Rejects while another program has the port. */
	readonly open: () => Promise<void>;
	/** Stops listening and closes every connection. */
	readonly close: () => Promise<void>;
}

/** The options of an endpoint. */
export interface EndpointOptions {
	/** Handles a connection. With `tls`, after the handshake. */
	readonly onConnection: (socket: Socket) => void;
	/** Default: any free port. */
	readonly port?: number;
	/** PEM texts; present: only TLS is accepted. */
	readonly tls?: {readonly key: string; readonly cert: string};
}

const host = '127.0.0.1';
/** Monero's servers close the 26th connection from an address right after accepting it. */
const maxConnections = 25;

/** Listens on 127.0.0.1. */
export async function openDemoEndpoint({onConnection, port: wantedPort = 0, tls}: EndpointOptions): Promise<Endpoint> {
	const server = tls
		? createTlsServer({...tls, noDelay: true}, onConnection)
		: createServer({noDelay: true}, onConnection);
	server.maxConnections = maxConnections;
	const sockets = trackSockets(server);
	await listen(server, wantedPort);
	const {port} = server.address() as AddressInfo;

	return {
		port,
		open: async () => {
			if (!server.listening) {
				await listen(server, port);
			}
		},
		close: async () => {
			const closed = new Promise(resolve => {
				server.close(resolve);
			});
			for (const socket of sockets) {
				socket.destroy();
			}

			await closed;
		},
	};
}

/** The raw sockets, so that closing also ends connections in the middle of a TLS handshake. */
function trackSockets(server: Server): ReadonlySet<Socket> {
	const sockets = new Set<Socket>();
	server.on('connection', (socket: Socket) => {
		sockets.add(socket);
		socket.once('close', () => {
			sockets.delete(socket);
		});
		// A client that disconnects early is not an error.
		socket.on('error', () => {});
	});
	server.on('tlsClientError', () => {});
	return sockets;
}

async function listen(server: Server, port: number): Promise<void> {
	server.listen({port, host});
	await once(server, 'listening');
}

/** A server on a port that listens or not, following the timeline. */
export interface SimulatedNode {
	readonly port: number;
	/** Starts or stops listening as the timeline says; resolves when that is done. */
	readonly follow: () => Promise<void>;
	/** Stops listening for good. */
	readonly leave: () => Promise<void>;
}

/** A simulated node that is only a port of this process. */
export function createSimulatedNode(endpoint: Endpoint, isPresent: () => boolean): SimulatedNode {
	let isListening = true;
	return {
		port: endpoint.port,
		follow: async () => {
			const wanted = isPresent();
			if (wanted !== isListening) {
				await (wanted ? endpoint.open() : endpoint.close());
				isListening = wanted;
			}
		},
		leave: async () => {
			if (isListening) {
				isListening = false;
				await endpoint.close();
			}
		},
	};
}

/** Makes simulated nodes follow the timeline. */
export function followTimeline(
	simulatedNodes: readonly SimulatedNode[],
	everyMs: number,
): {readonly stop: () => Promise<void>} {
	const underWay = new Map<SimulatedNode, Promise<void>>();
	const timer = setInterval(() => {
		for (const simulatedNode of simulatedNodes) {
			if (!underWay.has(simulatedNode)) {
				// A port that another program took in the meantime is tried again at the next tick.
				const followed = simulatedNode
					.follow()
					.catch(() => {})
					.finally(() => underWay.delete(simulatedNode));
				underWay.set(simulatedNode, followed);
			}
		}
	}, everyMs);
	return {
		stop: async () => {
			clearInterval(timer);
			await Promise.all(underWay.values());
		},
	};
}
