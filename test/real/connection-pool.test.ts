/** Wallets and daemons with a login, behind a proxy whose kept-alive connections all clients share. */
import assert from 'node:assert/strict';
import type {TestContext} from 'node:test';
import {createRpcClient} from '../../source/adapters/network/wallet-rpc-client.js';
import type {RpcEndpoint, RpcMethod} from '../../source/domain/ports.js';
import {startNginx, startOtherClients} from '../helpers/nginx-pool.js';
import {type RealServer, started, startMonerod, startWallet} from '../helpers/real-monero.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';
import {testWith} from '../helpers/test-with.js';

const login = {username: 'shop', password: 'correct-horse'};

async function throughNginx(t: TestContext, {endpoint}: RealServer, keepAlive: number): Promise<RpcEndpoint> {
	const nginx = await startNginx(endpoint.port, keepAlive, temporaryFolder(t));
	t.after(nginx.stop);
	return {...endpoint, port: nginx.port};
}

/** Outcomes of successive calls, counted. */
async function outcomes(t: TestContext, endpoint: RpcEndpoint, method: RpcMethod, count: number) {
	const client = createRpcClient();
	t.after(client.close);
	const seen: Record<string, number> = {};
	for (let call = 0; call < count; call += 1) {
		const outcome = await client.callRpc(endpoint, method, {timeoutMs: 5000});
		const what = outcome.kind === 'login_refused' ? outcome.refusal : outcome.kind;
		seen[what] = (seen[what] ?? 0) + 1;
	}

	return seen;
}

const programs = ['monerod', 'monero-wallet-rpc', 'nginx'];

testWith(
	programs,
	'through a proxy with shared connections: answers every call, reports a wrong password once',
	async t => {
		const [wallet, daemon] = await Promise.all([started(t, startWallet({login})), started(t, startMonerod({login}))]);
		const [toWallet, toDaemon] = await Promise.all([throughNginx(t, wallet, 4), throughNginx(t, daemon, 4)]);
		const others = [toWallet, toDaemon].map(({port}) => startOtherClients(8, {port, ...login}));
		t.after(() => Promise.all(others.map(({stop}) => stop())));
		assert.deepEqual(
			await Promise.all([
				outcomes(t, toWallet, 'get_version', 60),
				outcomes(t, toWallet, 'get_height', 20),
				outcomes(t, toDaemon, 'get_info', 60),
				outcomes(t, {...toWallet, login: {...login, password: 'wrong'}}, 'get_version', 5),
			]),
			[{result: 60}, {rpc_error: 20}, {result: 60}, {wrong: 5}],
		);
		assert.ok(others.every(({accepted}) => accepted() > 0));
	},
);

testWith(
	programs,
	'through a proxy without kept-alive connections: every nonce is stale, a wrong password is still wrong',
	async t => {
		const wallet = await started(t, startWallet({login}));
		const endpoint = await throughNginx(t, wallet, 0);
		assert.deepEqual(await outcomes(t, endpoint, 'get_version', 1), {stale: 1});
		const wrong = {...endpoint, login: {...login, password: 'wrong'}};
		assert.deepEqual(await outcomes(t, wrong, 'get_version', 2), {wrong: 2});
	},
);
