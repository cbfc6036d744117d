import assert from 'node:assert/strict';
import test, {type TestContext} from 'node:test';
import type {OutgoingConnection} from '../../source/domain/daemon-link.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import {recordResult} from '../../source/domain/past/record-result.js';
import type {LiveProcess, Ports, ProcessTable} from '../../source/domain/ports.js';
import {checkerWith, nodeAt} from '../helpers/check-node.js';
import {daemonScript, startScripted, walletScript} from '../helpers/scripted-server.js';

/** A wallet that answers, with a simulated process, connections and clock, checked every 5 s. */
async function watchedWallet(t: TestContext, argv: readonly string[] = []) {
	const [daemonReplies, walletReplies] = [daemonScript(), walletScript(26)];
	const [daemon, wallet] = [await startScripted(t, daemonReplies), await startScripted(t, walletReplies)];
	const address = `127.0.0.1:${daemon.port}`;
	const node = nodeAt(wallet.port, {daemon: address});
	const process: LiveProcess = {
		pid: 77,
		started_at: new Date(Date.now() - 9_999_000).toISOString(),
		argv: ['monero-wallet-rpc', '--daemon-address', address, ...argv],
		executable: '/usr/bin/monero-wallet-rpc',
		stopped: false,
	};
	const own: OutgoingConnection = {address: '127.0.0.1', port: daemon.port, state: 'established', inode: '5'};
	const seen = {outgoing: [own] as readonly OutgoingConnection[] | undefined, looks: 0};
	let [nowMs, elapsedMs] = [Date.now(), 0];
	const table = {
		inspect: async () => ({kind: 'alive', process}),
		findByRpcPort: async () => ({pid: 77, evidence: 'socket'}),
		servesRpcPort: async () => true,
		mayServe: async () => true,
		innerPids: async () => [],
		seesSockets: async () => true,
	} as unknown as ProcessTable;
	const ports: Partial<Ports> = {
		openProcessTable: () => table,
		readWalletSetup: async () => ({}),
		readProcessUsage: () => ({memory_bytes: 33_554_432}),
		readStopCause: () => undefined,
		readProcessConnections: () => {
			seen.looks += 1;
			const {outgoing} = seen;
			const descriptors = new Map(outgoing?.map(({inode}) => [inode, 19] as const));
			return outgoing && {outgoing, isOwnNetwork: true, descriptors};
		},
		holdsSocket: (_, {inode}) => seen.outgoing?.some(connection => connection.inode === inode) === true,
		readSocketTraffic: async () => ({
			receivedBytes: elapsedMs / 10,
			sentBytes: elapsedMs / 100,
			receivedMsAgo: 1000,
			sentMsAgo: 1000,
		}),
		nowMs: () => nowMs,
		monotonicMs: () => elapsedMs,
	};
	let nodeState: NodeState = {};
	const open = () => checkerWith({ports, recallById: () => nodeState});
	let checker = open();
	const check = async (method: 'api' | 'full' = 'api', afterMs = 5000) => {
		nowMs += afterMs;
		elapsedMs += afterMs;
		const result = await checker.check(node, method, checker.openCycle([node]));
		nodeState = recordResult(nodeState, result);
		return result.details;
	};
	const checkTimes = async (count: number) => {
		const states: string[] = [];
		for (let index = 0; index < count; index += 1) {
			states.push((await check()).state);
		}

		return states;
	};
	const restart = () => {
		checker = open();
	};
	return {address, own, seen, check, checkTimes, restart, daemonReplies, walletReplies};
}

const up = (count: number) => Array.from({length: count}, () => 'up');

test('looks at the process only every 30 s while a connection is kept', async t => {
	const {check, checkTimes, seen, own, address} = await watchedWallet(t);
	assert.deepEqual(await checkTimes(24), up(24));
	assert.ok(seen.looks >= 3 && seen.looks <= 5, `${seen.looks} looks in two minutes`);
	const {link_state: state, link_peer: peer, link_since: since, memory_bytes: memory, ...details} = await check();
	assert.deepEqual([state, peer, memory], ['connected', address, 33_554_432]);
	assert.ok(since !== undefined && since < details.last_check);
	seen.outgoing = [{...own, state: 'closed_by_peer'}];
	const full = await check('full');
	assert.deepEqual([full.state, full.link_state, full.link_bytes_per_s], ['up', 'closed', undefined]);
	assert.equal((await check('full', 10_000)).link_bytes_per_s, 110);
});

test('a wallet that lost its connection is degraded after two refreshes, also in later runs, until it is back', async t => {
	const {check, checkTimes, seen, own, address, restart} = await watchedWallet(t);
	await checkTimes(5);
	seen.outgoing = [];
	assert.deepEqual(await checkTimes(5), [...up(4), 'degraded']);
	const lost = await check();
	assert.deepEqual(
		[lost.reason, lost.link_state, lost.link_peer, lost.link_trouble],
		[`wallet has no connection to ${address}`, 'none', undefined, 'lost'],
	);
	restart();
	const full = await check('full');
	assert.equal(full.reason, `wallet has no connection to ${address}`);
	const {hint = ''} = full.method === 'full' ? full : {};
	assert.match(hint, /^The daemon answers here, but the wallet is not connected to it.*nc -vz -w 5 127\.0\.0\.1 \d+$/);
	restart();
	assert.equal((await check()).state, 'degraded');
	seen.outgoing = [{...own, inode: '6'}];
	assert.deepEqual(await checkTimes(3), up(3));
	assert.equal((await check()).link_trouble, undefined);
});

test('a wallet that set_daemon moved is degraded, and both daemons are named', async t => {
	const {check, checkTimes, seen, own, address} = await watchedWallet(t);
	await checkTimes(5);
	seen.outgoing = [{...own, address: '10.0.0.6', inode: '7'}];
	assert.deepEqual(await checkTimes(5), [...up(4), 'degraded']);
	const {reason, link_state: state, link_peer: peer, link_trouble: trouble} = await check();
	const place = `10.0.0.6:${own.port}`;
	assert.deepEqual([state, peer, trouble], ['other', place, 'moved']);
	assert.equal(reason, `wallet is connected to ${place}, not to ${address}: set_daemon has changed its daemon`);
	seen.outgoing = [{...own, inode: '8'}];
	assert.deepEqual(await checkTimes(2), up(2));
});

test('reports nothing for hidden connections, offline or closed wallets, and while the daemon is the cause', async t => {
	const hidden = await watchedWallet(t);
	hidden.seen.outgoing = undefined;
	assert.deepEqual(await hidden.checkTimes(20), up(20));
	assert.equal((await hidden.check()).link_state, undefined);

	const offline = await watchedWallet(t, ['--offline']);
	await offline.checkTimes(5);
	offline.seen.outgoing = [];
	assert.deepEqual(await offline.checkTimes(20), up(20));

	const never = await watchedWallet(t);
	never.seen.outgoing = [];
	assert.deepEqual(await never.checkTimes(20), up(20), 'it was never seen to keep a connection');

	const proxied = await watchedWallet(t, ['--proxy', '127.0.0.1:9050']);
	proxied.seen.outgoing = [{...proxied.own, port: 9050}];
	assert.deepEqual(await proxied.checkTimes(10), up(10));

	const closed = await watchedWallet(t);
	await closed.checkTimes(5);
	closed.seen.outgoing = [];
	Object.assign(closed.walletReplies, {get_height: {error: {code: -13, message: 'No wallet file'}}});
	const unopened = await closed.check();
	assert.deepEqual([unopened.wallet_open, unopened.link_state], [false, undefined]);
	Object.assign(closed.walletReplies, walletScript(26));
	assert.deepEqual(await closed.checkTimes(10), up(10), 'another wallet may refresh later');
});

test('a wallet that often changes its connection may be without one for longer', async t => {
	const {checkTimes, seen, own} = await watchedWallet(t);
	await checkTimes(5);
	for (const inode of ['6', '7', '8']) {
		seen.outgoing = [];
		assert.deepEqual(await checkTimes(3), up(3));
		seen.outgoing = [{...own, inode}];
		assert.deepEqual(await checkTimes(2), up(2));
	}

	seen.outgoing = [];
	assert.deepEqual(await checkTimes(12), up(12));
});
