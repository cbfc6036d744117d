import {once} from 'node:events';
import type {TestContext} from 'node:test';
import {Worker} from 'node:worker_threads';

/** A wallet in a worker thread, which answers even while the test's thread is blocked. */
export interface WalletThread {
	readonly port: number;
}

const program = `
const {createServer} = require('node:http');
const {parentPort, workerData: {delayMs}} = require('node:worker_threads');
const server = createServer((request, response) => {
	request.resume().on('end', () => {
		if (delayMs === null) {
			return;
		}

		setTimeout(() => {
			response.end('{"id":"0","jsonrpc":"2.0","result":{"release":true,"version":65562}}');
		}, delayMs);
	});
});
server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

/**
 * Starts a wallet that answers `get_version`.
 * @param delayMs delay of an answer; `null`: it never answers
 */
export async function startWalletThread(t: TestContext, delayMs: number | null): Promise<WalletThread> {
	const worker = new Worker(program, {eval: true, workerData: {delayMs}});
	t.after(() => worker.terminate());
	const [port] = (await once(worker, 'message')) as [number];
	return {port};
}

/** Blocks this thread. */
export function standStill(ms: number): void {
	const untilMs = performance.now() + ms;
	while (performance.now() < untilMs) {}
}
