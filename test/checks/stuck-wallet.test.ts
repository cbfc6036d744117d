import assert from 'node:assert/strict';
import test, {type TestContext} from 'node:test';
import type {OutgoingConnection} from '../../source/domain/daemon-link.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import {recordResult} from '../../source/domain/past/record-result.js';
import type {LiveProcess, Ports, ProcessTable} from '../../source/domain/ports.js';
import {checkerWith, checkNode, nodeAt} from '../helpers/check-node.js';
import {daemonScript, startScripted, walletScript} from '../helpers/scripted-server.js';

const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
/** A wallet seen at this height, a block behind, this long ago. */
const stoodSince = (seconds: number, height: number, more: NodeState = {}): NodeState => ({
	wallet_heights: [{at: secondsAgo(seconds), height}],
	...more,
});

/** A wallet this many blocks behind its daemon. */
async function walletBehind(t: TestContext, lag: number, more: object = {}) {
	const [daemon, wallet] = [await startScripted(t, daemonScript()), await startScripted(t, walletScript(26 - lag))];
	const address = `127.0.0.1:${daemon.port}`;
	return {node: nodeAt(wallet.port, {daemon: address, ...more}), address, daemonPort: daemon.port};
}

/** Simulates the process of the wallet and its connections. */
function portsWith(
	outgoing: readonly OutgoingConnection[],
	argv: readonly string[] = [],
): Partial<Ports> & {looks: number} {
	const process: LiveProcess = {
		pid: 77,
		started_at: secondsAgo(9999),
		argv: ['monero-wallet-rpc', ...argv],
		executable: '/usr/bin/monero-wallet-rpc',
		stopped: false,
	};
	const table = {
		inspect: async () => ({kind: 'alive', process}),
		findByRpcPort: async () => ({pid: 77, evidence: 'socket'}),
		servesRpcPort: async () => true,
	} as unknown as ProcessTable;
	const ports = {
		looks: 0,
		openProcessTable: () => table,
		readProcessConnections: (pid: number) => {
			assert.equal(pid, 77);
			ports.looks += 1;
			return {outgoing, isOwnNetwork: true};
		},
	};
	return ports;
}

test('one block behind: degraded after 90 s without movement, not earlier', async t => {
	const {node} = await walletBehind(t, 1);
	const stateAt = async (nodeState: NodeState) => {
		const {details} = await checkNode(node, 'api', {nodeState, ports: portsWith([])});
		return [details.state, details.stalled, details.reason?.replace(/ \d+ s:/, ':')];
	};
	assert.deepEqual(await stateAt({}), ['up', undefined, undefined]);
	assert.deepEqual(await stateAt(stoodSince(80, 25)), ['up', undefined, undefined]);
	assert.deepEqual(await stateAt(stoodSince(94, 25)), [
		'degraded',
		true,
		'wallet is 1 block behind its daemon, stalled for 1 m 34 s: the wallet is not connected to a daemon'.replace(
			' 34 s',
			'',
		),
	]);
	assert.deepEqual(await stateAt(stoodSince(94, 24)), ['up', undefined, undefined], 'its height rose');
});

test('learns a refresh interval of two minutes, and does not judge busy or synced wallets', async t => {
	const {node} = await walletBehind(t, 1);
	const level = await walletBehind(t, 0);
	const quiet = portsWith([]);
	const stateOf = async (nodeState: NodeState, of = node) =>
		(await checkNode(of, 'api', {nodeState, ports: quiet})).details.state;
	assert.equal(await stateOf(stoodSince(140, 25, {refresh_delays: [119_000]})), 'up');
	assert.equal(
		await stateOf(stoodSince(94, 25, {silent_since: secondsAgo(80)})),
		'up',
		'it has only just answered again',
	);
	assert.equal(await stateOf(stoodSince(300, 25, {answering_since: secondsAgo(60)})), 'up', 'its thread was busy');
	assert.equal(await stateOf(stoodSince(999, 26), level.node), 'up');
	assert.equal(quiet.looks, 0);
	assert.equal(await stateOf(stoodSince(160, 25, {refresh_delays: [119_000]})), 'degraded');
	assert.equal(await stateOf(stoodSince(300, 25, {answering_since: secondsAgo(99)})), 'degraded');
});

test('distinguishes the three causes by the connections of the wallet, at any lag', async t => {
	const {node, address, daemonPort} = await walletBehind(t, 1);
	const far = await walletBehind(t, 20);
	const established = (port: number, host = '127.0.0.1') =>
		[{address: host, port, state: 'established', inode: '1'}] as const;
	const rows: ReadonlyArray<readonly [readonly OutgoingConnection[], RegExp]> = [
		[established(daemonPort), /: the wallet is connected to its daemon, so its automatic refresh is probably off$/],
		[[], /: the wallet is not connected to a daemon$/],
		[established(18_081, '10.0.0.6'), new RegExp(`: the wallet is connected to 10.0.0.6:18081, not to ${address}$`)],
	];
	for (const [outgoing, expected] of rows) {
		const {details} = await checkNode(node, 'api', {nodeState: stoodSince(120, 25), ports: portsWith(outgoing)});
		assert.match(details.reason ?? '', expected);
		assert.equal(details.caused_by, undefined);
	}

	const {details} = await checkNode(far.node, 'api', {nodeState: stoodSince(120, 6), ports: portsWith([])});
	assert.match(
		details.reason ?? '',
		/^wallet is 20 blocks behind its daemon, stalled for 2 m.*: the wallet is not connected to a daemon$/,
	);
	const unseen = {...portsWith([]), readProcessConnections: () => undefined};
	const plain = await checkNode(node, 'api', {nodeState: stoodSince(120, 25), ports: unseen});
	assert.match(plain.details.reason ?? '', /, stalled for 2 m$/);
});

test('refreshes at the usual interval never make it degraded; a refresh that is off does', async t => {
	const script = daemonScript();
	const walletReplies = walletScript(26);
	const [daemon, wallet] = [await startScripted(t, script), await startScripted(t, walletReplies)];
	const node = nodeAt(wallet.port, {daemon: `127.0.0.1:${daemon.port}`});
	let nodeState: NodeState = {};
	let now = Date.now();
	const checker = checkerWith({ports: {...portsWith([]), nowMs: () => now}, recallById: () => nodeState});
	const stateAt = async (seconds: number, heights: readonly [number, number]) => {
		now += seconds * 1000;
		Object.assign(script, daemonScript({height: heights[1]}));
		Object.assign(walletReplies, walletScript(heights[0]));
		const result = await checker.check(node, 'api', checker.openCycle([node]));
		nodeState = recordResult(nodeState, result);
		return result.details.state;
	};

	for (let block = 26; block < 30; block += 1) {
		assert.equal(await stateAt(10, [block, block]), 'up');
		assert.equal(await stateAt(60, [block, block + 1]), 'up');
		assert.equal(await stateAt(80, [block, block + 1]), 'up');
		assert.equal(await stateAt(5, [block + 1, block + 1]), 'up');
	}

	assert.equal(await stateAt(10, [30, 31]), 'up');
	assert.equal(await stateAt(100, [30, 31]), 'up');
	assert.equal(await stateAt(20, [30, 32]), 'degraded');
	assert.equal(await stateAt(5, [32, 32]), 'up');
});
