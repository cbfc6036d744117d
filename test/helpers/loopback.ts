import {once} from 'node:events';
import type {AddressInfo, Server, Socket} from 'node:net';

/** A server on a free loopback port, which counts its connections. */
export interface LoopbackServer {
	readonly port: number;
	/** Connections accepted so far. */
	readonly connectionCount: () => number;
	/** Closes all open connections. */
	readonly dropConnections: () => Promise<void>;
	/** Stops listening and closes all connections. */
	readonly close: () => Promise<void>;
}

/**
 * Makes a TCP, HTTP or TLS server listen.
 * @param server a server that does not listen yet
 * @param port default: any free port
 */
export async function listenOnLoopback(server: Server, host = '127.0.0.1', port = 0): Promise<LoopbackServer> {
	const open = new Set<Socket>();
	let connectionCount = 0;
	server.on('connection', (socket: Socket) => {
		connectionCount += 1;
		open.add(socket);
		socket.on('error', () => {}).on('close', () => open.delete(socket));
	});
	server.listen(port, host);
	await once(server, 'listening');
	const dropConnections = async (): Promise<void> => {
		await Promise.all(
			[...open].map(async socket => {
				const closed = once(socket, 'close');
				socket.destroy();
				await closed;
			}),
		);
	};
	return {
		port: (server.address() as AddressInfo).port,
		connectionCount: () => connectionCount,
		dropConnections,
		async close() {
			const closed = once(server, 'close');
			server.close();
			await dropConnections();
			await closed;
		},
	};
}
