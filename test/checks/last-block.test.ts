import assert from 'node:assert/strict';
import test, {type TestContext} from 'node:test';
import {checkerWith, checkNode, nodeAt} from '../helpers/check-node.js';
import {daemonScript, type Script, startScripted, walletScript} from '../helpers/scripted-server.js';

const mainnet = {nettype: 'mainnet', offline: false, synchronized: true, outgoing_connections_count: 8};
const ago = (seconds: number): number => Math.floor(Date.now() / 1000) - seconds;
const header = (timestamp: unknown): Script => ({get_last_block_header: {result: {block_header: {timestamp}}}});

async function nodeWith(t: TestContext, script: Script) {
	const wallet = await startScripted(t, walletScript(26));
	const daemon = await startScripted(t, script);
	return {daemon, node: nodeAt(wallet.port, {daemon: `127.0.0.1:${daemon.port}`})};
}

test("reports the age of a daemon's last block, and blames the daemon from block_age on", async t => {
	const rows: ReadonlyArray<readonly [number, string, RegExp | undefined]> = [
		[60, 'up', undefined],
		[29 * 60, 'up', undefined],
		[47 * 60, 'degraded', /^daemon 127\.0\.0\.1:\d+ has had no new block for 47 m( \d+ s)?$/],
	];
	for (const [ageS, state, reason] of rows) {
		const {node} = await nodeWith(t, {...daemonScript(mainnet), ...header(ago(ageS))});
		const {details} = await checkNode(node, 'full');
		assert.equal(details.state, state);
		assert.ok(Math.abs((details.block_age_s ?? Number.NaN) - ageS) <= 2, String(details.block_age_s));
		assert.match(details.checks.daemon?.details.message ?? '', /, last block \d+ m( \d+ s)? ago$/);
		if (reason) {
			assert.match(details.reason ?? '', reason);
			assert.equal(details.caused_by, node.daemon);
			assert.match(details.daemon_fault ?? '', /^has had no new block for 47 m/);
		}
	}
});

test('absurd or missing times give no age and no blame; a little ahead counts as now', async t => {
	for (const timestamp of [0, -1, 1, 2 ** 64 - 1, ago(-86_400), '1700000000', null, undefined]) {
		const {node} = await nodeWith(t, {...daemonScript(mainnet), ...header(timestamp)});
		const {details} = await checkNode(node, 'api');
		assert.deepEqual([details.state, details.block_age_s], ['up', undefined], String(timestamp));
	}

	const {node} = await nodeWith(t, {...daemonScript(mainnet), ...header(ago(-3600))});
	assert.equal((await checkNode(node, 'api')).details.block_age_s, 0);
	const refusing = {get_last_block_header: {error: {code: -32_601, message: 'Method not found'}}};
	const silent = await nodeWith(t, {...daemonScript(mainnet), ...refusing});
	assert.equal((await checkNode(silent.node, 'api')).details.state, 'up');
});

test('asks for it once per block, and never on a regtest chain or while syncing', async t => {
	const script: Script = {...daemonScript(mainnet), ...header(ago(10))};
	const {node, daemon} = await nodeWith(t, script);
	const checker = checkerWith();
	const check = () => checker.check(node, 'api', checker.openCycle([node]));
	for (const height of [26, 26, 26, 27, 27]) {
		Object.assign(script, daemonScript({...mainnet, height}));
		assert.ok((await check()).details.block_age_s !== undefined);
	}

	assert.equal(daemon.asked.filter(method => method === 'get_last_block_header').length, 2);
	assert.equal(daemon.connectionCount(), 1);
	for (const changes of [{}, {...mainnet, synchronized: false}]) {
		const other = await nodeWith(t, {...daemonScript(changes), ...header(ago(9_999_999))});
		assert.equal((await checkNode(other.node, 'api')).details.block_age_s, undefined);
		assert.deepEqual(other.daemon.asked, ['get_info']);
	}
});

test('distinguishes a wallet given as a daemon from a broken daemon; reports busy_syncing', async t => {
	const wrong = await nodeWith(t, {get_info: {error: {code: -32_601, message: 'Method not found'}}});
	const {details} = await checkNode(wrong.node, 'api');
	assert.match(
		details.reason ?? '',
		/^daemon 127\.0\.0\.1:\d+ answers with an error: .*is not monerod, perhaps a wallet$/,
	);
	const syncing = await nodeWith(t, daemonScript({synchronized: false, busy_syncing: true}));
	const full = (await checkNode(syncing.node, 'full')).details;
	assert.equal(full.checks.daemon?.details.busy_syncing, true);
	assert.match(full.checks.daemon?.details.message ?? '', /, busy syncing$/);
});
