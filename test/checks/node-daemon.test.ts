import assert from 'node:assert/strict';
import {test} from 'node:test';
import {
	asInferredDaemon,
	inferNodeDaemon,
	knownNodeDaemon,
	readDaemonOptions,
	withNodeDaemon,
} from '../../source/checks/node-daemon.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import {
	ago,
	contextOn,
	daemonAddress,
	liveProcess,
	simulatedMachine,
	walletIdentity,
	walletProcess,
} from '../helpers/simulated-machine.js';
import {nodeFixture} from '../helpers/store-fixture.js';

/** Which daemon a node uses, by its definition or its process. */

const plain = nodeFixture('main', 1);
const withDaemon = nodeFixture('main', 1, {daemon: daemonAddress});

test('the daemon of a node: configured, shown by its process, or remembered', async () => {
	const machine = simulatedMachine();
	const context = contextOn(machine);
	assert.deepEqual(knownNodeDaemon(withDaemon, context), {node: withDaemon, daemon: daemonAddress, facts: {}});
	assert.deepEqual(knownNodeDaemon(plain, context), {node: plain, facts: {}});
	const daemonNode = nodeFixture('d', 1, {kind: 'daemon', port: 18_081});
	assert.deepEqual(knownNodeDaemon(daemonNode, context), {node: daemonNode, daemon: daemonAddress, facts: {}});
	const remembered: NodeState = {
		process: walletIdentity,
		inferred_daemon: {pid: 77, started_at: ago(3600), daemon: daemonAddress},
	};
	const inferred = {
		node: {...plain, daemon: daemonAddress},
		daemon: daemonAddress,
		facts: {daemon: daemonAddress, daemon_inferred: true},
	};
	assert.deepEqual(knownNodeDaemon(plain, {nodeState: remembered, inferences: new Map()}), inferred);
	const onion = `${'a'.repeat(56)}.onion:18081`;
	const unreachable: NodeState = {
		process: walletIdentity,
		inferred_daemon: {pid: 77, started_at: ago(3600), daemon: onion},
	};
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
	const live = liveProcess(walletProcess);
	assert.equal(await inferNodeDaemon(withDaemon, context, live), undefined, 'the node names its own');
	assert.equal(reads, 0);
	const inference = await inferNodeDaemon(plain, context, live);
	assert.deepEqual(inference, {
		process: walletIdentity,
		daemonOptions: {
			daemon: {host: '127.0.0.1', port: 18_081, https: false},
			hasProxy: false,
			isOffline: false,
			isComplete: true,
		},
		fields: {daemon: daemonAddress},
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
		observation: {daemon: daemonAddress, latencyMs: 1, facts: {}},
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
		facts: {daemon_reachable: true, daemon_inferred: true, daemon_note: `daemon ${daemonAddress} requires a login`},
	});
	const busy = {...denied, observation: {...view.observation, failure: {...failure, isAccess: false}}};
	assert.equal(asInferredDaemon(busy, true).shortcoming, shortcoming);
});
