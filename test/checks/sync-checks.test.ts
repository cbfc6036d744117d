import assert from 'node:assert/strict';
import {test} from 'node:test';
import {walletSyncFacts} from '../../source/checks/sync-checks.js';
import type {DaemonFacts} from '../../source/domain/check-result.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import type {HeightSample} from '../../source/domain/past/sync-progress.js';
import {daemonScript, type Script, walletScript} from '../helpers/scripted-server.js';
import {
	ago,
	checkOn,
	daemonAddress,
	machineStartMs,
	type SimulatedProcess,
	simulatedMachine,
	walletAddress,
	walletProcess,
} from '../helpers/simulated-machine.js';
import {nodeFixture} from '../helpers/store-fixture.js';

/** Heights: of a wallet, of its daemon and of the other daemons. */

const plain = nodeFixture('main', 1);
const withDaemon = nodeFixture('main', 1, {daemon: daemonAddress});

test('the facts from the height of a wallet', () => {
	const facts = (height: number, daemonHeight?: number, nodeState: NodeState = {}) =>
		walletSyncFacts(
			{kind: 'open', height},
			{
				daemon: daemonHeight === undefined ? undefined : ({daemon_height: daemonHeight} as DaemonFacts),
				nodeState,
				maxLag: 5,
				nowMs: machineStartMs,
			},
		);
	const nothing = {daemon: undefined, nodeState: {}, maxLag: 5, nowMs: machineStartMs};
	assert.deepEqual(walletSyncFacts(undefined, nothing), {});
	assert.deepEqual(walletSyncFacts({kind: 'no_wallet'}, nothing), {wallet_open: false});
	assert.deepEqual(walletSyncFacts({kind: 'failed', failure: {reason: 'r', error: 'e'}}, nothing), {});
	assert.deepEqual(facts(100), {wallet_open: true, wallet_height: 100});
	assert.deepEqual(facts(100, 98), {wallet_open: true, wallet_height: 100, wallet_lag: -2});
	const heights = (...samples: ReadonlyArray<readonly [seconds: number, height: number]>): readonly HeightSample[] =>
		samples.map(([seconds, height]) => ({at: ago(seconds), height}));
	assert.deepEqual(facts(100, 1000, {wallet_heights: heights([100, 50])}), {
		wallet_open: true,
		wallet_height: 100,
		wallet_lag: 900,
		catch_up_blocks_per_s: 0.5,
		eta_s: 1800,
	});
	assert.deepEqual(facts(100, 1000, {wallet_heights: heights([61, 100])}), {
		wallet_open: true,
		wallet_height: 100,
		wallet_lag: 900,
		stalled: true,
		stalled_ms: 61_000,
	});
	const near = (nodeState: NodeState) => facts(100, 101, nodeState).stalled_ms;
	assert.deepEqual(
		[near({wallet_heights: heights([90, 100])}), near({wallet_heights: heights([89, 100])})],
		[90_000, undefined],
	);
	const slow = {wallet_heights: heights([100, 100])};
	assert.equal(near(slow), 100_000);
	assert.equal(near({...slow, refresh_delays: [60_000]}), 100_000);
	assert.equal(near({...slow, refresh_delays: [71_000]}), undefined, 'it has refreshed less often');
	assert.equal(near({...slow, silent_since: ago(5)}), undefined, 'it did not answer');
	assert.deepEqual(
		[near({...slow, answering_since: ago(90)}), near({...slow, answering_since: ago(89)})],
		[100_000, undefined],
	);
});

test('the progress of a daemon that is too far behind', async () => {
	const daemonAt = async (nodeState: NodeState, target = 10_000, settings = {}) => {
		const servers = {
			[walletAddress]: walletScript(4000),
			[daemonAddress]: daemonScript({synchronized: false, target_height: target, height: 4000}),
		};
		const {details} = await checkOn(simulatedMachine({servers}), withDaemon, 'api', {nodeState, settings});
		const {daemon_lag, daemon_blocks_per_s, daemon_eta_s, daemon_stalled_ms} = details;
		return {daemon_lag, daemon_blocks_per_s, daemon_eta_s, daemon_stalled_ms};
	};
	const heights = (seconds: number, height: number): NodeState => ({daemon_heights: [{at: ago(seconds), height}]});
	const nothing = {daemon_blocks_per_s: undefined, daemon_eta_s: undefined, daemon_stalled_ms: undefined};
	assert.deepEqual(await daemonAt(heights(100, 1000)), {
		...nothing,
		daemon_lag: 6000,
		daemon_blocks_per_s: 30,
		daemon_eta_s: 200,
	});
	assert.deepEqual(await daemonAt(heights(301, 4000)), {...nothing, daemon_lag: 6000, daemon_stalled_ms: 301_000});
	assert.deepEqual(await daemonAt(heights(100, 1000), 4003), {...nothing, daemon_lag: 3}, 'near enough');
	assert.equal((await daemonAt(heights(100, 1000), 4003, {max_daemon_lag: '2'})).daemon_blocks_per_s, 30);
	assert.deepEqual(await daemonAt({}), {...nothing, daemon_lag: 6000});
	assert.deepEqual((await daemonAt({}, 3000)).daemon_lag, 0, 'a target below its height');
});

test('a daemon is compared with those of other nodes, also one that only this check asks', async () => {
	const [near, far] = ['10.0.0.5:18081', '10.0.0.6:18081'];
	const info = (height: number) => daemonScript({nettype: 'mainnet', height, outgoing_connections_count: 8});
	const servers = {[walletAddress]: walletScript(100), [near]: info(100), [far]: info(141)};
	const others = [nodeFixture('b', 2, {daemon: far})];
	const node = nodeFixture('a', 1, {daemon: near});
	const {details} = await checkOn(simulatedMachine({servers}), node, 'api', {others});
	assert.deepEqual(
		[details.state, details.reason, details.daemon_lag],
		['degraded', `daemon ${near} is 41 blocks behind`, 41],
	);
	const inferred = simulatedMachine({
		servers,
		processes: [{...walletProcess, live: {argv: ['monero-wallet-rpc', '--daemon-address', near]}}],
	});
	const {details: found} = await checkOn(inferred, plain, 'full', {others});
	assert.deepEqual([found.daemon, found.daemon_lag], [near, 41]);
});

test('a wallet that is stalled says what its connections show, if its daemon is well', async () => {
	const heights: NodeState = {wallet_heights: [{at: ago(120), height: 10}], last_answer: ago(5)};
	const stalled = async (connections: SimulatedProcess['connections'], daemon: Script) => {
		const machine = simulatedMachine({
			processes: [{...walletProcess, ...(connections && {connections})}],
			servers: {[walletAddress]: walletScript(10), [daemonAddress]: daemon},
		});
		return (await checkOn(machine, withDaemon, 'api', {nodeState: heights})).details.reason;
	};
	const none = {outgoing: [], isOwnNetwork: true};
	assert.equal(
		await stalled(none, daemonScript()),
		'wallet is 16 blocks behind its daemon, stalled for 2 m: the wallet is not connected to a daemon',
	);
	assert.equal(await stalled(undefined, daemonScript()), 'wallet is 16 blocks behind its daemon, stalled for 2 m');
	assert.equal(await stalled(none, daemonScript({synchronized: false})), `daemon ${daemonAddress} is not synchronized`);
});
