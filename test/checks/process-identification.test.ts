import assert from 'node:assert/strict';
import {test} from 'node:test';
import {identifyProcess, identityFacts, isIdentityCheckDue, reasonWithRestarts} from '../../source/checks/identity.js';
import type {Node} from '../../source/domain/node/node.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import {
	ago,
	contextOn,
	daemonAddress,
	machineStartMs,
	type SimulatedProcess,
	simulatedMachine,
	walletIdentity,
	walletProcess,
} from '../helpers/simulated-machine.js';
import {nodeFixture} from '../helpers/store-fixture.js';

/** The process of a node that answers: when it is inspected, and what is remembered of it. */

const plain = nodeFixture('main', 1);
const withDaemon = nodeFixture('main', 1, {daemon: daemonAddress});

test('when the process of an answering node is inspected', () => {
	const machine = simulatedMachine();
	const due = (node: Node, nodeState: NodeState, context = contextOn(machine, {nodeState}), outcome = {}) =>
		isIdentityCheckDue(node, context, outcome);
	assert.equal(due(plain, {}), true, 'a new node without a daemon: its process shows which one it uses');
	assert.equal(due(withDaemon, {}), false);
	assert.equal(due(plain, {last_answer: ago(10)}), false);
	assert.equal(due(withDaemon, {process: walletIdentity}), true, 'a known process');
	assert.equal(due(withDaemon, {silent_since: ago(10)}), true, 'after a silence');
	assert.equal(due(withDaemon, {states: {api: {state: 'down', since: ago(9), last_check: ago(9)}}}), true);
	assert.equal(due(withDaemon, {states: {api: {state: 'up', since: ago(9), last_check: ago(9)}}}), false);
	assert.equal(due(nodeFixture('x', 0), {silent_since: ago(10)}), false, 'a definition that is not stored');
	const far = {host: '203.0.113.5', silent: {silent_since: ago(10)}};
	assert.equal(due(nodeFixture('x', 1, {host: far.host}), far.silent), false, 'another machine');
	assert.equal(due(nodeFixture('x', 1, {host: far.host}), {...far.silent, process: walletIdentity}), true);
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
	const known: NodeState = {process: walletIdentity, last_answer: ago(10)};
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
	const found = {...walletIdentity, cmdline: `monero-wallet-rpc --daemon-address ${daemonAddress}`};
	assert.deepEqual(await identify([walletProcess]), found);
	assert.deepEqual(await identify([walletProcess], {process: walletIdentity}), found);
	assert.equal(await identify([]), undefined);
	const other = {...walletProcess, pid: 78};
	assert.equal(
		(await identify([{...walletProcess, listens: []}, other], {process: walletIdentity}))?.pid,
		78,
		'it no longer matches',
	);
	assert.equal((await identify([{...walletProcess, is: 'hidden'}, other], {process: walletIdentity}))?.pid, 78);
	assert.equal(
		(await identify([walletProcess, other], {process: {...walletIdentity, pid: 78, start_ticks: 1}}))?.pid,
		77,
		'another process',
	);
	const inside = {...walletProcess, listens: ['172.17.0.2:18088']};
	const node = nodeFixture('main', 1, {host: '172.17.0.2', daemon: daemonAddress});
	assert.equal((await identify([inside], {}, node))?.network_host, '172.17.0.2');
	assert.equal((await identify([inside], {process: walletIdentity}, node))?.network_host, '172.17.0.2');
});

test('restarts of the last hour and a version change of the last day', () => {
	const facts = (nodeState: NodeState, process?: typeof walletIdentity, version?: number) =>
		identityFacts(nodeState, {process, version, nowMs: machineStartMs});
	assert.deepEqual(facts({}), {});
	assert.deepEqual(facts({process: walletIdentity}, walletIdentity), {});
	const next = {pid: 78, started_at: ago(60), start_ticks: 7800};
	assert.deepEqual(facts({process: walletIdentity, process_seen_at: ago(70)}, next), {
		restarts: 1,
		restarted_at: ago(60),
	});
	assert.deepEqual(facts({process: walletIdentity, restarts: [ago(4000), ago(3600)]}, next), {
		restarts: 2,
		restarted_at: ago(60),
	});
	assert.deepEqual(facts({restarts: [ago(3601)]}), {});
	assert.deepEqual(facts({restarts: [ago(3600)]}), {restarts: 1, restarted_at: ago(3600)});
	assert.deepEqual(facts({process: walletIdentity}, {...next, pid: undefined as never}), {});
	assert.deepEqual(facts({process: walletIdentity}, {...next, started_at: undefined as never}), {});
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
