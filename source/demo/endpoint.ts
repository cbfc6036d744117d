import {once} from 'node:events';
import {type AddressInfo, createServer, type Server, type Socket} from 'node:net';
import {createServer as createTlsServer} from 'node:tls';

/** A listening port that can be closed and opened again. */
export interface Endpoint {
	readonly port: number;
	/** Listens on the same port again; nothing happens when it does already. Rejects while another program has the port. */
	readonly open: () => Promise<void>;
	/** Stops listening and breaks every connection off. */
	readonly close: () => Promise<void>;
}

/** What an endpoint needs to listen. */
export interface EndpointOptions {
	/** Takes over a connection. With `tls`, after the handshake. */
	readonly onConnection: (socket: Socket) => void;
	/** Default: any free port. */
	readonly port?: number;
	/** PEM texts; present: TLS and nothing else. */
	readonly tls?: {readonly key: string; readonly cert: string};
}

const host = '127.0.0.1';
/** Monero's servers close the 26th connection of an address as soon as they accepted it. */
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

/** The raw sockets, so that closing also ends those in the middle of a TLS handshake. */
function trackSockets(server: Server): ReadonlySet<Socket> {
	const sockets = new Set<Socket>();
	server.on('connection', (socket: Socket) => {
		sockets.add(socket);
		socket.once('close', () => {
			sockets.delete(socket);
		});
		// A client that goes away in the middle is nothing to report.
		socket.on('error', () => {});
	});
	server.on('tlsClientError', () => {});
	return sockets;
}

async function listen(server: Server, port: number): Promise<void> {
	server.listen({port, host});
	await once(server, 'listening');
}

/** Somebody with a port, who is there or not as the timeline says. */
export interface SimulatedNode {
	readonly port: number;
	/** Comes or goes as the timeline says now; resolves when that is done. */
	readonly follow: () => Promise<void>;
	/** Leaves for good. */
	readonly leave: () => Promise<void>;
}

/** A simulated node that is no more than a port of this process. */
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

/** Keeps simulated nodes in line with the timeline. */
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
