import assert from 'node:assert/strict';
import {EventEmitter, once} from 'node:events';
import {createServer, type Server, type ServerResponse} from 'node:http';
import {test} from 'node:test';
import {ConnectionSlots} from '../../../source/adapters/network/connection-slots.js';
import {createRpcClient} from '../../../source/adapters/network/wallet-rpc-client.js';
import {parseOpenFilesLimit, shareOpenFiles} from '../../../source/adapters/own-process/system-calls.js';
import {eventually} from '../../helpers/child-processes.js';
import {fakeTime} from '../../helpers/fake-time.js';
import {listenOnLoopback} from '../../helpers/loopback.js';

const answer = JSON.stringify({id: '0', jsonrpc: '2.0', result: {version: 65_562, release: true}});

/** Wallets that count the connections they have together, and hold their answers back on request. */
async function startWallets(count: number) {
	let open = 0;
	let held: ServerResponse[] | undefined;
	const requests = new EventEmitter();
	const seen = {most: 0, opened: 0};
	const servers = await Promise.all(
		Array.from({length: count}, async () => {
			const server: Server = createServer((request, response) => {
				request.resume().on('end', () => {
					if (held) {
						held.push(response);
						requests.emit('held');
					} else {
						response.end(answer);
					}
				});
			});
			server.on('connection', socket => {
				open += 1;
				seen.opened += 1;
				seen.most = Math.max(seen.most, open);
				socket.on('close', () => {
					open -= 1;
				});
			});
			return listenOnLoopback(server);
		}),
	);
	const endpoints = servers.map(({port}) => ({host: '127.0.0.1', port, path: '/json_rpc'}));
	/** Waits until this many requests are held. */
	const untilHeld = async (wanted: number): Promise<void> => {
		held ??= [];
		while (held.length < wanted) {
			await once(requests, 'held');
		}
	};
	const answerHeld = (): number => {
		const responses = held?.splice(0) ?? [];
		for (const response of responses) {
			response.end(answer);
		}

		return responses.length;
	};
	return {
		endpoints,
		seen,
		open: () => open,
		untilHeld,
		answerHeld,
		close: () => Promise.all(servers.map(server => server.close())),
	};
}

test('many endpoints share few connections, and waiting for one does not count towards the timeout', async t => {
	const {advance} = fakeTime(t);
	const {endpoints, seen, untilHeld, answerHeld, close} = await startWallets(40);
	const client = createRpcClient(new ConnectionSlots(8));
	t.after(async () => {
		client.close();
		await close();
	});
	for (let cycle = 0; cycle < 3; cycle += 1) {
		const calling = Promise.all(
			endpoints.map(end => client.callRpc(end, 'get_version', {timeoutMs: 1000, answeredBefore: true})),
		);
		// Eight run at once, so the last ones wait longer than their timeout.
		for (let batch = 0; batch < 5; batch += 1) {
			await untilHeld(8);
			await advance(300);
			assert.equal(answerHeld(), 8);
		}

		const outcomes = await calling;
		assert.deepEqual(new Set(outcomes.map(({kind}) => kind)), new Set(['result']));
		assert.deepEqual(new Set(outcomes.map(({latencyMs}) => Math.round(latencyMs))), new Set([300]));
	}

	// The server sees a closed connection a moment later.
	assert.ok(seen.most <= 16, String(seen.most));
});

test('keeps some connections open between calls, always the same ones', async t => {
	const {endpoints, seen, open, close} = await startWallets(10);
	const client = createRpcClient(new ConnectionSlots(8));
	t.after(async () => {
		client.close();
		await close();
	});
	const cycle = () => Promise.all(endpoints.map(end => client.callRpc(end, 'get_version', {timeoutMs: 1000})));
	await cycle();
	assert.equal(
		await eventually(
			async () => open(),
			count => count <= 2,
		),
		2,
	);
	seen.opened = 0;
	await cycle();
	assert.equal(seen.opened, 8);
});

test('keeps every connection open when there is room for all', async t => {
	const {endpoints, seen, close} = await startWallets(10);
	const client = createRpcClient(new ConnectionSlots(40));
	t.after(async () => {
		client.close();
		await close();
	});
	for (let cycle = 0; cycle < 3; cycle += 1) {
		await Promise.all(endpoints.map(end => client.callRpc(end, 'get_version', {timeoutMs: 1000})));
	}

	assert.equal(seen.opened, 10);
});

test('an abort ends the calls that wait, and frees their slots', async t => {
	const {endpoints, close} = await startWallets(4);
	const client = createRpcClient(new ConnectionSlots(1));
	t.after(async () => {
		client.close();
		await close();
	});
	const controller = new AbortController();
	const calls = endpoints.map(end => client.callRpc(end, 'get_version', {timeoutMs: 1000, signal: controller.signal}));
	controller.abort();
	const causes = (await Promise.all(calls)).map(outcome => outcome.kind === 'no_answer' && outcome.cause);
	assert.deepEqual(causes, ['aborted', 'aborted', 'aborted', 'aborted']);
	const outcomes = await Promise.all(endpoints.map(end => client.callRpc(end, 'get_version', {timeoutMs: 1000})));
	assert.ok(outcomes.every(({kind}) => kind === 'result'));
});

const limits = `Limit                     Soft Limit           Hard Limit           Units
Max processes             127                  127                  processes
Max open files            64                   4096                 files
`;

test('reads the limit of open files and divides it, with a reserve', () => {
	assert.equal(parseOpenFilesLimit(limits), 64);
	assert.equal(parseOpenFilesLimit(limits.replace('64  ', 'unlimited')), undefined);
	assert.deepEqual(shareOpenFiles({limit: 64, inUse: 20}), {checks: 15, clients: 5});
	assert.deepEqual(shareOpenFiles({limit: 30, inUse: 20}), {checks: 4, clients: 4});
	assert.deepEqual(shareOpenFiles({limit: 1024, inUse: 20}), {checks: 735, clients: 245});
	assert.equal(shareOpenFiles({inUse: 0}).checks, Number.POSITIVE_INFINITY);
});
