import assert from 'node:assert/strict';
import test from 'node:test';
import type {CheckMethod} from '../../source/domain/check-method.js';
import type {Node} from '../../source/domain/node/node.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import {recordResult} from '../../source/domain/past/record-result.js';
import type {Ports} from '../../source/domain/ports.js';
import {checkerPorts, checkNode, nodeAt} from '../helpers/check-node.js';
import {daemonScript, startScripted, walletScript} from '../helpers/scripted-server.js';

/** Checks a node. @returns whether each server was known, and the state afterwards */
async function check(node: Node, method: CheckMethod, nodeState: NodeState = {}) {
	const known = new Map<number, boolean | undefined>();
	const callRpc: Ports['callRpc'] = (endpoint, rpcMethod, options, params) => {
		if (!known.has(endpoint.port)) {
			known.set(endpoint.port, options.answeredBefore);
		}

		return checkerPorts().callRpc(endpoint, rpcMethod, options, params);
	};
	const result = await checkNode(node, method, {nodeState, ports: {callRpc}});
	return {known, nodeState: recordResult(nodeState, result)};
}

for (const method of ['api', 'full'] as const) {
	test(`knows a server that answered at the same address from the last saved ${method} result`, async t => {
		const [wallet, daemon, other] = await Promise.all([
			startScripted(t, walletScript(26)),
			startScripted(t, daemonScript()),
			startScripted(t, walletScript(26)),
		]);
		const node = nodeAt(wallet.port, {daemon: `127.0.0.1:${daemon.port}`});
		const first = await check(node, method);
		assert.deepEqual([...first.known.values()], [false, false]);
		const again = await check(node, method, first.nodeState);
		assert.deepEqual([...again.known.values()], [true, true]);
		const moved = nodeAt(other.port, {daemon: `127.0.0.1:${daemon.port}`});
		const after = await check(moved, method, first.nodeState);
		assert.deepEqual([after.known.get(other.port), after.known.get(daemon.port)], [false, true]);
	});
}

test('does not know a server whose last check failed or used another method', async t => {
	const wallet = await startScripted(t, {get_version: 'no JSON'});
	const node = nodeAt(wallet.port);
	const {nodeState} = await check(node, 'api');
	assert.deepEqual([...(await check(node, 'api', nodeState)).known.values()], [false]);
	const byPort = await check(node, 'port');
	assert.deepEqual([...(await check(node, 'api', byPort.nodeState)).known.values()], [false]);
});
