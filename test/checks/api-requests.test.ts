import assert from 'node:assert/strict';
import {test} from 'node:test';
import {identifyProcess, identityFacts, isIdentityCheckDue, reasonWithRestarts} from '../../source/checks/identity.js';
import {
	asInferredDaemon,
	inferNodeDaemon,
	knownNodeDaemon,
	readDaemonOptions,
	withNodeDaemon,
} from '../../source/checks/node-daemon.js';
import {walletSyncFacts} from '../../source/checks/sync-checks.js';
import type {DaemonFacts} from '../../source/domain/check-result.js';
import type {Node} from '../../source/domain/node/node.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import type {HeightSample} from '../../source/domain/past/sync-progress.js';
import type {RpcOutcome} from '../../source/domain/ports.js';
import {daemonScript, walletScript} from '../helpers/scripted-server.js';
import {
	ago,
	checkOn,
	checksOn,
	contextOn,
	liveProcess,
	type MachineChecks,
	machineStartMs,
	type SimulatedMachine,
	type SimulatedProcess,
	simulatedMachine,
} from '../helpers/simulated-machine.js';
import {nodeFixture} from '../helpers/store-fixture.js';

/** What an `api` check asks for, and when; on a simulated machine. */

const place = '127.0.0.1:18088';
const address = '127.0.0.1:18081';
const wallet: SimulatedProcess = {
	pid: 77,
	listens: [place],
	live: {argv: ['monero-wallet-rpc', '--daemon-address', address]},
};
const identity = {pid: 77, started_at: ago(3600), start_ticks: 7700};
const noWallet = {get_height: {error: {code: -13, message: 'No wallet file'}}};
const plain = nodeFixture('main', 1);
const withDaemon = nodeFixture('main', 1, {daemon: address});

async function apiCheck(
	machine: Partial<SimulatedMachine>,
	node: Partial<Node> = {daemon: address},
	conditions: MachineChecks = {},
) {
	return checkOn(simulatedMachine(machine), nodeFixture('main', 1, node), 'api', conditions);
}

test('an api check has these details and nothing else', async () => {
	const {status, details} = await apiCheck({servers: {[place]: walletScript(26), [address]: daemonScript()}});
	assert.equal(status, true);
	assert.deepEqual(details, {
		method: 'api',
		message: 'API is responding',
		url: `http://${place}/json_rpc`,
		version: 65_561,
		version_text: '1.25',
		release: false,
		latency_ms: 2,
		state: 'up',
		daemon: address,
		daemon_reachable: true,
		daemon_synchronized: true,
		daemon_height: 26,
		daemon_lag: 0,
		nettype: 'fakechain',
		wallet_open: true,
		wallet_height: 26,
		wallet_lag: 0,
		last_check: '2026-11-20T10:00:00.000Z',
	});
	const failed = await apiCheck({});
	assert.deepEqual(failed, {
		status: false,
		details: {
			method: 'api',
			message: 'API check failed',
			url: `http://${place}/json_rpc`,
			latency_ms: 1,
			state: 'down',
			reason: 'connection refused',
			process_unseen: 'no pid is configured, and no wallet for port 18088 runs here',
			error: 'connect ECONNREFUSED',
			last_check: '2026-11-20T10:00:00.000Z',
		},
	});
});

test('the height is asked for if a daemon is known, or a wallet is expected or was seen', async () => {
	const isAsked = async (node: Partial<Node>, nodeState: NodeState = {}): Promise<boolean> => {
		const machine = simulatedMachine({servers: {[place]: walletScript(26, noWallet)}});
		const run = checksOn(machine, nodeFixture('main', 1, {expect_wallet: false, ...node}), {nodeState});
		await run('api');
		return machine.calls.includes(`${place} get_height`);
	};
	assert.equal(await isAsked({}), false);
	assert.equal(await isAsked({daemon: address}), true);
	assert.equal(await isAsked({expect_wallet: true}), true);
	assert.equal(await isAsked({}, {wallet_seen: true}), true);
	assert.equal(await isAsked({daemon: 'none'}), false);
});

test('a wallet whose height is not needed is asked every five minutes whether one is open', async () => {
	const machine = simulatedMachine({
		servers: {[place]: walletScript(26, {get_height: {error: {code: -1, message: 'odd'}}})},
	});
	const run = checksOn(machine, plain);
	const asked = () => machine.calls.filter(call => call.endsWith('get_height')).length;
	const first = await run('api');
	assert.deepEqual(
		[asked(), first.details.state, first.details.wallet_open],
		[1, 'up', undefined],
		'a failure is no shortcoming',
	);
	await run('api', 299_999);
	assert.equal(asked(), 1);
	await run('api', 1);
	assert.equal(asked(), 2);
	const unstored = simulatedMachine({servers: machine.servers});
	await checkOn(unstored, nodeFixture('x', 0), 'api');
	assert.deepEqual(unstored.calls, [`${place} get_version`]);
	const open = simulatedMachine({servers: {[place]: walletScript(26)}});
	const {details} = await checkOn(open, plain, 'api');
	assert.deepEqual([details.wallet_open, details.wallet_height], [true, 26]);
});

test('a height that cannot be asked from here is no shortcoming', async () => {
	const uncheckable: RpcOutcome = {
		kind: 'no_answer',
		cause: 'not_checkable',
		error: 'too many open files',
		latencyMs: 1,
	};
	const machine = simulatedMachine({servers: {[place]: walletScript(26)}});
	machine.ports = {
		callRpc: async (_, method) =>
			method === 'get_version' ? {kind: 'result', result: {version: 65_561, release: true}, latencyMs: 1} : uncheckable,
	};
	const {status, details} = await checkOn(machine, nodeFixture('main', 1, {expect_wallet: true}), 'api');
	assert.deepEqual([status, details.state, details.wallet_open], [true, 'up', undefined]);
});

test('a slow answer, and a clock that differs, degrade a node that is otherwise up', async () => {
	const machine = simulatedMachine();
	machine.ports = {
		callRpc: async (_, method) => ({
			kind: 'result',
			result: method === 'get_version' ? {version: 65_561, release: true} : {height: 26},
			latencyMs: method === 'get_version' ? 1500 : 1,
		}),
	};
	const slow = async (settings: Readonly<Record<string, string>>, nodeState: NodeState = {}) =>
		(await checkOn(machine, nodeFixture('main', 1, {daemon: 'none'}), 'api', {settings, nodeState})).details;
	assert.deepEqual(
		[(await slow({slow: '1s'})).state, (await slow({slow: '1s'})).reason],
		['degraded', 'slow: response took 1.5 s'],
	);
	assert.equal((await slow({slow: '1500ms'})).state, 'up');
	const restarts = {restarts: [ago(100), ago(50)]};
	const restarted = await slow({slow: '1s'}, restarts);
	assert.deepEqual(
		[restarted.reason, restarted.restarts, restarted.restarted_at],
		['slow: response took 1.5 s; restarted 2x in 1 h', 2, ago(50)],
	);
});

test('without a daemon a wallet is compared with the other daemons of its network', async () => {
	const far = '10.0.0.5:18081';
	const servers = {
		[place]: walletScript(100),
		[far]: daemonScript({nettype: 'mainnet', height: 110, outgoing_connections_count: 8}),
	};
	const others = [nodeFixture('other', 2, {daemon: far})];
	const lagAfter = async (argv: readonly string[]) => {
		const machine = simulatedMachine({processes: [{...wallet, live: {argv: ['monero-wallet-rpc', ...argv]}}], servers});
		const {details} = await checksOn(machine, nodeFixture('main', 1, {daemon: 'none', expect_wallet: true}), {others})(
			'full',
		);
		return [details.state, details.reason, details.wallet_lag];
	};
	assert.deepEqual(await lagAfter(['--rpc-bind-port=18088']), [
		'degraded',
		'wallet is 10 blocks behind the other daemons of its network',
		10,
	]);
	assert.deepEqual(await lagAfter(['--stagenet']), ['up', undefined, undefined]);
	assert.deepEqual(await lagAfter(['--offline']), ['up', undefined, undefined]);
});

test('when the process of an answering node is inspected', () => {
	const machine = simulatedMachine();
	const due = (node: Node, nodeState: NodeState, context = contextOn(machine, {nodeState}), outcome = {}) =>
		isIdentityCheckDue(node, context, outcome);
	assert.equal(due(plain, {}), true, 'a new node without a daemon: its process shows which one it uses');
	assert.equal(due(withDaemon, {}), false);
	assert.equal(due(plain, {last_answer: ago(10)}), false);
	assert.equal(due(withDaemon, {process: identity}), true, 'a known process');
	assert.equal(due(withDaemon, {silent_since: ago(10)}), true, 'after a silence');
	assert.equal(due(withDaemon, {states: {api: {state: 'down', since: ago(9), last_check: ago(9)}}}), true);
	assert.equal(due(withDaemon, {states: {api: {state: 'up', since: ago(9), last_check: ago(9)}}}), false);
	assert.equal(due(nodeFixture('x', 0), {silent_since: ago(10)}), false, 'a definition that is not stored');
	const far = {host: '203.0.113.5', silent: {silent_since: ago(10)}};
	assert.equal(due(nodeFixture('x', 1, {host: far.host}), far.silent), false, 'another machine');
	assert.equal(due(nodeFixture('x', 1, {host: far.host}), {...far.silent, process: identity}), true);
	assert.equal(due(nodeFixture('x', 1, {host: '172.17.0.2'}), far.silent), true, 'perhaps a container');
	assert.equal(due(nodeFixture('x', 1, {host: '172.17.0.2', proxy: 'socks5h://127.0.0.1:9050'}), far.silent), false);
	assert.equal(due(nodeFixture('x', 1, {proxy: 'socks5h://127.0.0.1:9050'}), far.silent), false);
});

test('how often it is inspected', () => {
	const machine = simulatedMachine();
	const dueTimes = (node: Node, nodeState: NodeState, seconds: number): number[] => {
		const context = contextOn(machine, {nodeState});
		const times: number[] = [];
		for (let second = 0; second <= seconds; second += 1) {
			if (isIdentityCheckDue(node, context)) {
				times.push(second);
			}

			machine.elapsedMs += 1000;
		}

		return times;
	};
	const known: NodeState = {process: identity, last_answer: ago(10)};
	assert.deepEqual(dueTimes(withDaemon, known, 100), [0, 23, 53, 83], 'every half minute, each node in its turn');
	assert.deepEqual(dueTimes({...withDaemon, id: 2}, known, 60), [0, 15, 45]);
	assert.deepEqual(
		dueTimes(withDaemon, {last_answer: ago(10)}, 605),
		[1, 301, 601],
		'one that was not found: every five minutes',
	);
	const context = contextOn(machine, {nodeState: known});
	assert.equal(isIdentityCheckDue(withDaemon, context), true);
	assert.equal(isIdentityCheckDue(withDaemon, context, {hasReconnected: true}), true, 'a new connection');
	assert.equal(isIdentityCheckDue(withDaemon, context, {hasReconnected: false}), false);
	const unknown = contextOn(machine, {nodeState: {last_answer: ago(10)}});
	isIdentityCheckDue(withDaemon, unknown);
	isIdentityCheckDue(withDaemon, unknown);
	assert.equal(isIdentityCheckDue(withDaemon, unknown, {hasReconnected: true}), false);
});

test('the process of an answering node', async () => {
	const identify = (processes: readonly SimulatedProcess[], nodeState: NodeState = {}, node = withDaemon) =>
		identifyProcess(node, contextOn(simulatedMachine({processes, containerHosts: ['172.17.0.2']}), {nodeState}));
	const found = {...identity, cmdline: `monero-wallet-rpc --daemon-address ${address}`};
	assert.deepEqual(await identify([wallet]), found);
	assert.deepEqual(await identify([wallet], {process: identity}), found);
	assert.equal(await identify([]), undefined);
	const other = {...wallet, pid: 78};
	assert.equal(
		(await identify([{...wallet, listens: []}, other], {process: identity}))?.pid,
		78,
		'it no longer matches',
	);
	assert.equal((await identify([{...wallet, is: 'hidden'}, other], {process: identity}))?.pid, 78);
	assert.equal(
		(await identify([wallet, other], {process: {...identity, pid: 78, start_ticks: 1}}))?.pid,
		77,
		'another process',
	);
	const inside = {...wallet, listens: ['172.17.0.2:18088']};
	const node = nodeFixture('main', 1, {host: '172.17.0.2', daemon: address});
	assert.equal((await identify([inside], {}, node))?.network_host, '172.17.0.2');
	assert.equal((await identify([inside], {process: identity}, node))?.network_host, '172.17.0.2');
});

test('restarts of the last hour and a version change of the last day', () => {
	const facts = (nodeState: NodeState, process?: typeof identity, version?: number) =>
		identityFacts(nodeState, {process, version, nowMs: machineStartMs});
	assert.deepEqual(facts({}), {});
	assert.deepEqual(facts({process: identity}, identity), {});
	const next = {pid: 78, started_at: ago(60), start_ticks: 7800};
	assert.deepEqual(facts({process: identity, process_seen_at: ago(70)}, next), {restarts: 1, restarted_at: ago(60)});
	assert.deepEqual(facts({process: identity, restarts: [ago(4000), ago(3600)]}, next), {
		restarts: 2,
		restarted_at: ago(60),
	});
	assert.deepEqual(facts({restarts: [ago(3601)]}), {});
	assert.deepEqual(facts({restarts: [ago(3600)]}), {restarts: 1, restarted_at: ago(3600)});
	assert.deepEqual(facts({process: identity}, {...next, pid: undefined as never}), {});
	assert.deepEqual(facts({process: identity}, {...next, started_at: undefined as never}), {});
	assert.deepEqual(facts({version: 65_560}, undefined, 65_561), {version_before: '1.24'});
	assert.deepEqual(facts({version: 65_561}, undefined, 65_561), {});
	assert.deepEqual(facts({}, undefined, 65_561), {});
	const changed = (seconds: number): NodeState => ({
		version: 65_561,
		version_changed: {at: ago(seconds), from: 65_559},
	});
	assert.deepEqual(facts(changed(86_400), undefined, 65_561), {version_before: '1.23'});
	assert.deepEqual(facts(changed(86_401), undefined, 65_561), {});
	assert.deepEqual(facts(changed(10)), {version_before: '1.23'}, 'it did not answer now');
	assert.equal(reasonWithRestarts('slow', {}), 'slow');
	assert.equal(reasonWithRestarts('slow', {restarts: 1}), 'slow');
	assert.equal(reasonWithRestarts('slow', {restarts: 2}), 'slow; restarted 2x in 1 h');
});

test('the daemon of a node: configured, shown by its process, or remembered', async () => {
	const machine = simulatedMachine();
	const context = contextOn(machine);
	assert.deepEqual(knownNodeDaemon(withDaemon, context), {node: withDaemon, daemon: address, facts: {}});
	assert.deepEqual(knownNodeDaemon(plain, context), {node: plain, facts: {}});
	const daemonNode = nodeFixture('d', 1, {kind: 'daemon', port: 18_081});
	assert.deepEqual(knownNodeDaemon(daemonNode, context), {node: daemonNode, daemon: address, facts: {}});
	const remembered: NodeState = {process: identity, inferred_daemon: {pid: 77, started_at: ago(3600), daemon: address}};
	const inferred = {
		node: {...plain, daemon: address},
		daemon: address,
		facts: {daemon: address, daemon_inferred: true},
	};
	assert.deepEqual(knownNodeDaemon(plain, {nodeState: remembered, inferences: new Map()}), inferred);
	const onion = `${'a'.repeat(56)}.onion:18081`;
	const unreachable: NodeState = {process: identity, inferred_daemon: {pid: 77, started_at: ago(3600), daemon: onion}};
	assert.deepEqual(knownNodeDaemon(plain, {nodeState: unreachable, inferences: new Map()}), {node: plain, facts: {}});
	assert.deepEqual(withNodeDaemon(withDaemon, {nodeState: remembered, inferences: new Map()}), withDaemon);
	assert.deepEqual(withNodeDaemon(plain, {nodeState: remembered, inferences: new Map()}), inferred.node);
	const named = nodeFixture('x', 1, {daemon: onion});
	const {facts, daemon} = knownNodeDaemon(named, context);
	assert.deepEqual([daemon, facts.daemon, facts.daemon_note === undefined], [undefined, onion, false]);
});

test('the options of a process are read once', async () => {
	const machine = simulatedMachine();
	let reads = 0;
	machine.ports = {
		readWalletSetup: async () => {
			reads += 1;
			return {};
		},
	};
	const context = contextOn(machine);
	const live = liveProcess(wallet);
	assert.equal(await inferNodeDaemon(withDaemon, context, live), undefined, 'the node names its own');
	assert.equal(reads, 0);
	const inference = await inferNodeDaemon(plain, context, live);
	assert.deepEqual(inference, {
		process: identity,
		daemonOptions: {
			daemon: {host: '127.0.0.1', port: 18_081, https: false},
			hasProxy: false,
			isOffline: false,
			isComplete: true,
		},
		fields: {daemon: address},
		network: 'mainnet',
	});
	assert.equal(await inferNodeDaemon(plain, context, live), inference);
	assert.deepEqual(await readDaemonOptions(plain, context, live), inference?.daemonOptions);
	assert.equal(reads, 1);
	assert.notEqual(await inferNodeDaemon(plain, context, {...live, start_ticks: 1}), inference);
	assert.equal(reads, 2);
	await readDaemonOptions(plain, context, live);
	assert.equal(reads, 3);
	await inferNodeDaemon(nodeFixture('x', 0), context, live);
	assert.deepEqual([...context.inferences.keys()], [1], 'nothing is kept of a definition that is not stored');
	const offline = await inferNodeDaemon(nodeFixture('y', 2), context, {
		...live,
		argv: ['monero-wallet-rpc', '--offline', '--proxy=127.0.0.1:9050'],
	});
	assert.deepEqual(
		[offline?.network, offline?.daemonOptions.isOffline, offline?.daemonOptions.hasProxy],
		[undefined, true, true],
	);
	machine.ports = {readWalletSetup: async () => ({config: {unreadable: 'permission denied', isGone: false}})};
	const partial = await inferNodeDaemon(nodeFixture('z', 3), contextOn(machine), live);
	assert.equal(partial?.daemonOptions.isComplete, false);
});

test('that an inferred daemon denies access is a note', () => {
	const view = {
		observation: {daemon: address, latencyMs: 1, facts: {}},
		facts: {daemon_reachable: true, daemon_fault: 'x'},
	};
	assert.equal(asInferredDaemon(view, undefined), view);
	assert.equal(asInferredDaemon(view, false), view);
	assert.deepEqual(asInferredDaemon(view, true), {...view, facts: {...view.facts, daemon_inferred: true}});
	const failure = {reason: 'r', error: 'e', answered: true, refusal: 'requires a login', isAccess: true};
	const shortcoming = {kind: 'daemon_login', reason: 'r'} as const;
	const denied = {...view, shortcoming, observation: {...view.observation, failure}};
	assert.deepEqual(asInferredDaemon(denied, true), {
		observation: denied.observation,
		facts: {daemon_reachable: true, daemon_inferred: true, daemon_note: `daemon ${address} requires a login`},
	});
	const busy = {...denied, observation: {...view.observation, failure: {...failure, isAccess: false}}};
	assert.equal(asInferredDaemon(busy, true).shortcoming, shortcoming);
});

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
