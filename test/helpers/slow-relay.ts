import {once} from 'node:events';
import net, {type AddressInfo, type Socket} from 'node:net';

/** A relay with limited bandwidth towards its clients. */
export interface SlowRelay {
	readonly address: string;
	/** Stops forwarding in both directions, but keeps all connections open. */
	readonly stop: () => void;
	readonly close: () => void;
}

const sliceMs = 50;

/**
 * Starts a relay on loopback.
 * @param target the port to forward to
 * @param bytesPerSecond limit of each connection, towards the client
 */
export async function startSlowRelay(target: number, bytesPerSecond: number): Promise<SlowRelay> {
	const sockets = new Set<Socket>();
	let isStopped = false;
	const server = net.createServer(near => {
		const far = net.connect(target, '127.0.0.1');
		const queue: Buffer[] = [];
		const timer = setInterval(() => {
			let left = (bytesPerSecond * sliceMs) / 1000;
			while (left > 0 && !isStopped) {
				const chunk = queue.shift();
				if (!chunk) {
					break;
				}

				near.write(chunk.subarray(0, left));
				if (chunk.length > left) {
					queue.unshift(chunk.subarray(left));
				}

				left -= chunk.length;
			}

			if (queue.length < 8) {
				far.resume();
			}
		}, sliceMs);
		far.on('data', chunk => {
			queue.push(chunk);
			if (queue.length >= 8) {
				far.pause();
			}
		});
		near.on('data', chunk => {
			if (!isStopped) {
				far.write(chunk);
			}
		});
		for (const [one, other] of [
			[near, far],
			[far, near],
		] as const) {
			sockets.add(one);
			one
				.on('error', () => {})
				.on('close', () => {
					clearInterval(timer);
					sockets.delete(one);
					other.destroy();
				});
		}
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
		stop: () => {
			isStopped = true;
		},
		close: () => {
			server.close();
			for (const socket of sockets) {
				socket.destroy();
			}
		},
	};
}
