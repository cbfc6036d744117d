import assert from 'node:assert/strict';
import test from 'node:test';
import {openPorts} from '../../source/adapters/open-ports.js';
import type {CheckContext} from '../../source/checks/check.js';
import {isIdentityCheckDue} from '../../source/checks/identity.js';
import {renderRemedy} from '../../source/cli/render-remedy.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import {checkerWith, checkNode, nodeAt} from '../helpers/check-node.js';
import {startNamed} from '../helpers/child-processes.js';
import {startScripted, walletScript} from '../helpers/scripted-server.js';

const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();
const known: NodeState = {process: {pid: 1, started_at: minutesAgo(99)}, process_seen_at: minutesAgo(9)};

test('looks for the unknown process of an answering node in the next cycle, not in a single check', async t => {
	const {port} = await startScripted(t, walletScript(26));
	const {pid} = startNamed(t, 'monero-wallet-rpc', ['--rpc-bind-port', String(port)]);
	const node = nodeAt(port, {daemon: 'none'});
	let tables = 0;
	const {openProcessTable} = openPorts({renderRemedy});
	const checker = checkerWith({
		ports: {
			openProcessTable: () => {
				const table = openProcessTable();
				return {
					...table,
					findByRpcPort: async (host, wanted) => {
						tables += 1;
						return table.findByRpcPort(host, wanted);
					},
				};
			},
		},
	});
	const check = async () => (await checker.check(node, 'api', checker.openCycle([node]))).details.pid;
	assert.deepEqual([await check(), tables], [undefined, 0]);
	assert.deepEqual([await check(), tables], [pid, 1]);
	// And not in every cycle after that.
	assert.deepEqual([await check(), tables], [undefined, 1]);
});

test('looks at each process of a fleet once in half a minute, spread over cycles', () => {
	let nowMs = 0;
	const processLooks = new Map<number, number>();
	const context = {
		ports: {monotonicMs: () => nowMs, isLocalHost: () => true},
		nodeState: known,
		processLooks,
	} as unknown as CheckContext;
	const nodes = Array.from({length: 300}, (_, index) => nodeAt(18_083, {id: index + 1}));
	const due = (): number => nodes.filter(node => isIdentityCheckDue(node, context)).length;
	assert.equal(due(), 300, 'all at the first answer');
	const counts = Array.from({length: 30}, () => {
		nowMs += 1000;
		return due();
	});
	assert.equal(
		counts.reduce((sum, count) => sum + count),
		300,
	);
	assert.ok(Math.max(...counts) <= 20, `10 a second on average: ${counts.join(' ')}`);
});

test('after a reconnection, a known process is looked at immediately, as it may have restarted', () => {
	const context = {
		ports: {monotonicMs: () => 0, isLocalHost: () => true},
		nodeState: known,
		processLooks: new Map([[1, 0]]),
	} as unknown as CheckContext;
	const node = nodeAt(18_083, {id: 1});
	assert.equal(isIdentityCheckDue(node, context), false);
	assert.equal(isIdentityCheckDue(node, context, {hasReconnected: true}), true);
});

test('notices a restart between two answers: another process serves the port', async t => {
	const {port} = await startScripted(t, walletScript(26));
	const {pid} = startNamed(t, 'monero-wallet-rpc', ['--rpc-bind-port', String(port), '--offline']);
	const {status, details} = await checkNode(nodeAt(port), 'api', {nodeState: known});
	assert.deepEqual([status, details.state, details.pid, details.restarts], [true, 'up', pid, 1]);
	assert.equal(details.restarted_at, details.started_at);
	const full = (await checkNode(nodeAt(port), 'full', {nodeState: known})).details;
	assert.deepEqual([full.restarts, full.restarted_at], [1, details.started_at]);
});

test('reports a version change for a day and restarts for an hour', async t => {
	const {port} = await startScripted(t, walletScript(26));
	const nodeState: NodeState = {version: 65_560, restarts: [minutesAgo(61), minutesAgo(90)]};
	const {details} = await checkNode(nodeAt(port), 'api', {nodeState});
	assert.deepEqual([details.version_text, details.version_before, details.restarts], ['1.25', '1.24', undefined]);
	const later = (
		await checkNode(nodeAt(port), 'api', {
			nodeState: {version: 65_561, version_changed: {at: minutesAgo(60 * 23), from: 65_560}},
		})
	).details;
	assert.equal(later.version_before, '1.24');
	const old = (
		await checkNode(nodeAt(port), 'api', {
			nodeState: {version: 65_561, version_changed: {at: minutesAgo(60 * 25), from: 65_560}},
		})
	).details;
	assert.equal(old.version_before, undefined);
});
