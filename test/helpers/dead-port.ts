import {once} from 'node:events';
import {connect, createServer} from 'node:net';
import type {TestContext} from 'node:test';
import {listenOnLoopback} from './loopback.js';

/**
 * A loopback port that refuses connections until the end of the test. It is the local port of an open connection, so that
 * no other program can get it; a port that was merely closed may soon be another test's.
 */
export async function deadPort(t: TestContext): Promise<number> {
	const server = await listenOnLoopback(createServer());
	t.after(server.close);
	const client = connect(server.port, '127.0.0.1').on('error', () => {});
	await once(client, 'connect');
	return client.localPort as number;
}
