import {once} from 'node:events';
import type {AddressInfo, Server, Socket} from 'node:net';

/** A server on a free loopback port, and what it saw. */
export interface LoopbackServer {
	readonly port: number;
	/** Connections accepted so far. */
	readonly connectionCount: () => number;
	/** Cuts every open connection. */
	readonly dropConnections: () => Promise<void>;
	/** Stops listening and cuts every connection. */
	readonly close: () => Promise<void>;
}

/**
 * Lets any TCP, HTTP or TLS server listen.
 * @param server not listening yet
 * @param port one that was free before; default: any
 * @param port a free one when not given
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
