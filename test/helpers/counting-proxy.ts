import net, {type Socket} from 'node:net';
import {type LoopbackServer, listenOnLoopback} from './loopback.js';

/** A proxy that passes bytes unchanged and counts the traffic. */
export interface CountingProxy extends LoopbackServer {
	/** HTTP requests so far; only for plain HTTP. */
	readonly requestCount: () => number;
	/** The RPC methods called so far, in order; only for plain HTTP. */
	readonly methods: () => readonly string[];
	/** Bytes that clients sent. */
	readonly bytesSent: () => number;
}

/** Starts a proxy to a loopback port. Each connection to it becomes one connection there. */
export async function startCountingProxy(targetPort: number): Promise<CountingProxy> {
	let requestCount = 0;
	let bytesSent = 0;
	const methods: string[] = [];
	const server = net.createServer((near: Socket) => {
		const far = net.connect(targetPort, '127.0.0.1');
		near.on('data', chunk => {
			bytesSent += chunk.length;
			methods.push(...[...chunk.toString('latin1').matchAll(/"method":"(\w+)"/g)].map(([, method = '']) => method));
			requestCount += chunk.toString('latin1').split('POST /').length - 1;
		});
		near.pipe(far).pipe(near);
		near.on('close', () => far.destroy());
		far.on('error', () => near.destroy()).on('close', () => near.destroy());
	});
	const loopback = await listenOnLoopback(server);
	return {...loopback, requestCount: () => requestCount, methods: () => methods, bytesSent: () => bytesSent};
}
