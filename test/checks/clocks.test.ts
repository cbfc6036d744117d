import assert from 'node:assert/strict';
import test, {type TestContext} from 'node:test';
import type {CallRpc} from '../../source/domain/ports.js';
import {checkerPorts, checkerWith, checkNode, nodeAt} from '../helpers/check-node.js';
import {daemonScript, type Script, startScripted, walletScript} from '../helpers/scripted-server.js';

const hourMs = 3_600_000;
const mainnet = {nettype: 'mainnet', offline: false, outgoing_connections_count: 8};

interface ClockSituation {
	/** The daemon's clock minus the local one; absent: unknown. */
	readonly aheadMs?: number;
	/** Seconds since its last block by the local clock. */
	readonly blockAgeS?: number;
	readonly info?: Readonly<Record<string, unknown>>;
	/** Height of the wallet; its daemon has 26 blocks. */
	readonly height?: number;
}

async function nodesWith(t: TestContext, situations: readonly ClockSituation[]) {
	const nodes = await Promise.all(
		situations.map(async ({blockAgeS = 60, info = {}, height = 26}, index) => {
			const script: Script = {
				...daemonScript({...mainnet, ...info}),
				get_last_block_header: () => ({
					result: {block_header: {timestamp: Math.floor(Date.now() / 1000) - blockAgeS}},
				}),
			};
			const [daemon, wallet] = [await startScripted(t, script), await startScripted(t, walletScript(height))];
			return nodeAt(wallet.port, {id: index + 1, daemon: `127.0.0.1:${daemon.port}`});
		}),
	);
	const aheadOf = new Map(nodes.map(({daemon = ''}, index) => [daemon, situations[index]?.aheadMs]));
	const callRpc: CallRpc = async (endpoint, ...rest) => {
		const outcome = await checkerPorts().callRpc(endpoint, ...rest);
		const aheadMs = aheadOf.get(`${endpoint.host}:${endpoint.port}`);
		return aheadMs === undefined ? outcome : {...outcome, serverTimeMs: Date.now() + aheadMs};
	};
	return {nodes, ports: {callRpc, isLocalHost: () => false}};
}

async function check(t: TestContext, situation: ClockSituation) {
	const {nodes, ports} = await nodesWith(t, [situation]);
	const [node] = nodes;
	assert.ok(node);
	return {node, details: (await checkNode(node, 'api', {ports})).details};
}

test("names this machine's clock as wrong, and does not call blocks old because of it", async t => {
	const {details} = await check(t, {aheadMs: -3 * hourMs, blockAgeS: 3 * 3600 + 60});
	assert.deepEqual(
		[details.state, details.reason, details.caused_by, details.daemon_fault],
		['degraded', "this machine's clock is 3 h ahead", undefined, undefined],
	);
	assert.ok(Math.abs((details.block_age_s ?? 0) - 60) <= 2, String(details.block_age_s));
	const behind = await check(t, {aheadMs: 3 * hourMs, blockAgeS: -3 * 3600 + 60});
	assert.equal(behind.details.reason, "this machine's clock is 3 h behind");
});

test("names the daemon's clock as wrong, and does not call its blocks old because of it", async t => {
	const {node, details} = await check(t, {aheadMs: 3 * hourMs, blockAgeS: 60});
	assert.deepEqual(
		[details.state, details.reason, details.caused_by, details.daemon_fault, details.block_age_s],
		['degraded', `the clock of daemon ${node.daemon} is 3 h ahead`, node.daemon, 'has a clock that is 3 h ahead', 60],
	);
});

test('tolerates a minute of clock skew but not five; a lagging wallet and a stuck daemon take precedence', async t => {
	assert.equal((await check(t, {aheadMs: 58_000})).details.state, 'up');
	const {node, details} = await check(t, {aheadMs: 5 * 60_000});
	assert.equal(details.reason, `the clocks of this machine and of daemon ${node.daemon} differ by 5 m`);
	const lagging = await check(t, {aheadMs: -3 * hourMs, blockAgeS: 3 * 3600, height: 10});
	assert.equal(lagging.details.reason, 'wallet is 16 blocks behind its daemon');
	const stuck = await check(t, {aheadMs: 5 * 60_000, blockAgeS: 9 * 3600});
	assert.match(stuck.details.reason ?? '', /^daemon .* has had no new block for 9 h( \d m)?$/);
});

test('does not take adjusted_time for the clock of a healthy or stuck daemon', async t => {
	const nowS = Math.floor(Date.now() / 1000);
	const late = await check(t, {blockAgeS: 20 * 60, info: {adjusted_time: nowS - 18 * 60}});
	assert.equal(late.details.state, 'up');
	const {node, details} = await check(t, {blockAgeS: 3 * 3600 + 60, info: {adjusted_time: nowS - 3 * 3600}});
	assert.deepEqual(
		[details.reason, details.caused_by],
		[`this machine's clock is 3 h ahead, or daemon ${node.daemon} has had no new block for 3 h 1 m`, node.daemon],
	);
	const checked = await check(t, {aheadMs: 0, blockAgeS: 3 * 3600 + 60, info: {adjusted_time: nowS - 3 * 3600}});
	assert.equal(checked.details.reason, `daemon ${checked.node.daemon} has had no new block for 3 h 1 m`);
});

test('a full check reports the clock too, with a hint', async t => {
	const {nodes, ports} = await nodesWith(t, [{aheadMs: -3 * hourMs, blockAgeS: 3 * 3600 + 60}]);
	const {details} = await checkNode(nodes[0] ?? nodeAt(1), 'full', {ports});
	assert.deepEqual([details.state, details.reason], ['degraded', "this machine's clock is 3 h ahead"]);
	assert.match(details.hint ?? '', /date -u/);
});

test('of two daemons, names the one with the wrong clock, without extra requests', async t => {
	const {nodes, ports} = await nodesWith(t, [{aheadMs: 0}, {aheadMs: -2 * hourMs}]);
	const hosts = new Map(nodes.map(({daemon = ''}, index) => [daemon, index]));
	assert.equal(hosts.size, 2);
	const checker = checkerWith({ports});
	const cycle = checker.openCycle(nodes);
	const results = await Promise.all(nodes.map(node => checker.check(node, 'api', cycle)));
	// Both are on the same host, so neither confirms the other: the time of the last block decides.
	assert.deepEqual(
		results.map(({details}) => details.reason),
		[undefined, `the clock of daemon ${nodes[1]?.daemon} is 2 h behind`],
	);
});
