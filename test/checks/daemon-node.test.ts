import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import test from 'node:test';
import {makeTableRow} from '../../source/cli/reports/columns.js';
import type {NoAnswerCause} from '../../source/domain/ports.js';
import {checkerWith, checkNode, nodeAt} from '../helpers/check-node.js';
import {deadPort} from '../helpers/dead-port.js';
import {startDigestServer} from '../helpers/digest-server.js';
import {freePort} from '../helpers/real-process.js';
import {daemonScript, recordedBody, startScripted, walletScript} from '../helpers/scripted-server.js';

const mainnet = {nettype: 'mainnet', offline: false, outgoing_connections_count: 8};
const getInfo = JSON.stringify({
	jsonrpc: '2.0',
	id: '0',
	result: {status: 'OK', height: 5, synchronized: true, nettype: 'fakechain', offline: true},
});
const daemonAt = (port: number, fields = {}) => nodeAt(port, {kind: 'daemon', ...fields});

test('a synchronized daemon is up, with its height, and receives no wallet requests', async t => {
	const server = await startScripted(t, daemonScript());
	const node = daemonAt(server.port);
	const result = await checkNode(node, 'api');
	const {details} = result;
	assert.deepEqual([result.status, details.state, details.message], [true, 'up', 'API is responding']);
	assert.deepEqual([details.daemon, details.daemon_height], [`127.0.0.1:${server.port}`, 26]);
	assert.deepEqual([...new Set(server.asked)], ['get_info']);
	const shown = {node, nodeState: {}, result, checking: false, disabled: false};
	const {height, lagBlocks, daemon} = makeTableRow(shown, 'api');
	assert.deepEqual([height, lagBlocks, daemon], [26, 0, `127.0.0.1:${server.port}`]);
});

test('a restricted daemon is up', async t => {
	const server = await startScripted(t, {get_info: recordedBody('monerod_restricted_get_info.http')});
	assert.equal((await checkNode(daemonAt(server.port), 'api')).details.state, 'up');
});

test("reports a daemon's problems as its own, and blames no other daemon", async t => {
	const rows = [
		[{synchronized: false, target_height: 67}, /^monerod is not synchronized, 41 blocks behind$/],
		[{...mainnet, outgoing_connections_count: 0}, /^monerod has no peers$/],
	] as const;
	for (const [facts, reason] of rows) {
		const server = await startScripted(t, daemonScript(facts));
		const {status, details} = await checkNode(daemonAt(server.port), 'api');
		assert.deepEqual([status, details.state, details.caused_by], [true, 'degraded', undefined]);
		assert.match(details.reason ?? '', reason);
	}
});

test('a daemon behind another one of the fleet is degraded; each is asked once', async t => {
	const servers = [
		await startScripted(t, daemonScript()),
		await startScripted(t, daemonScript({height: 67, top_block_hash: 'ab'.repeat(32)})),
	];
	const nodes = servers.map(({port}, index) => daemonAt(port, {id: index + 1}));
	const checker = checkerWith();
	const cycle = checker.openCycle(nodes);
	const [behind, ahead] = await Promise.all(nodes.map(node => checker.check(node, 'api', cycle)));
	assert.match(behind?.details.reason ?? '', /^monerod (?:is 41 blocks behind|has different blocks)/);
	assert.deepEqual(ahead?.status, true);
	for (const {asked} of servers) {
		assert.equal(asked.filter(method => method === 'get_info').length, 1);
	}
});

test('uses the login of the node, and a wallet behind it shares the answer', async t => {
	const daemon = await startDigestServer({login: {username: 'u', password: 'p'}, body: getInfo});
	t.after(() => daemon.close());
	const wallet = await startScripted(t, walletScript(5));
	const nodes = [
		daemonAt(daemon.port, {id: 1, username: 'u', password: 'p'}),
		nodeAt(wallet.port, {id: 2, daemon: `127.0.0.1:${daemon.port}`}),
	];
	const checker = checkerWith();
	const cycle = checker.openCycle(nodes);
	const results = await Promise.all(nodes.map(node => checker.check(node, 'api', cycle)));
	assert.deepEqual(
		results.map(({details}) => details.state),
		['up', 'up'],
	);
	const refused = await checkNode(daemonAt(daemon.port), 'api');
	assert.deepEqual([refused.status, refused.details.state], [false, 'down']);
	assert.equal(refused.details.reason, 'login required: no user and password are configured');
});

test('a wallet, a closed port and another program are down, with a hint about daemons', async t => {
	const wallet = await startScripted(t, {...walletScript(5), get_info: recordedBody('wallet_method_not_found.http')});
	const taken = await checkNode(daemonAt(wallet.port), 'full');
	assert.deepEqual([taken.status, taken.details.message], [false, 'Port is occupied but API is not responding']);
	assert.match(taken.details.reason ?? '', /a server without get_info is not monerod, perhaps a wallet$/);
	assert.match(taken.details.hint ?? '', /is not monerod; if it is a wallet: .*nodes edit node-1 --kind wallet/);
	assert.equal(taken.details.checks.pid.details.message, 'Process exists but not monerod');
	const gone = await checkNode(daemonAt(await deadPort(t)), 'full');
	assert.deepEqual([gone.status, gone.details.message], [false, 'Process is not running']);
	assert.match(gone.details.hint ?? '', /^monerod is not running, or listens elsewhere\. Try: .*pgrep -l -f monerod/);
	const words = JSON.stringify([taken.details.hint, gone.details.hint, gone.details.reason]);
	assert.doesNotMatch(words, /monero-wallet-rpc/);
});

test('the hint of a daemon fits what is wrong: the way to it, its certificate, or the daemon itself', async t => {
	const far = async (cause: NoAnswerCause, fields = {}) => {
		const failure = {cause, error: 'failed', latencyMs: 1};
		const ports = {
			callRpc: async () => ({kind: 'no_answer', ...failure}) as const,
			connectTcp: async () =>
				cause.startsWith('tls_') ? ({open: true, latencyMs: 1} as const) : ({open: false, ...failure} as const),
		};
		const {details} = await checkNode(daemonAt(18_081, {host: 'far.example', ...fields}), 'full', {ports});
		return details.hint ?? '';
	};

	assert.match(await far('not_checkable', {proxy: 'socks5h://127.0.0.1:9050'}), /^The proxy of the node does not work/);
	assert.match(await far('refused', {proxy: 'socks5h://127.0.0.1:9050'}), /^The proxy works and does not reach/);
	assert.match(await far('unresolved'), /^The name far\.example does not resolve/);
	assert.match(await far('timeout'), /^far\.example does not accept connections on 18081.*nc -vz/);
	assert.match(
		await far('tls_self_signed', {tls: {}}),
		/^The certificate of monerod is not accepted.*--tls-fingerprint F/,
	);
	assert.match(await far('tls_not_spoken', {tls: {}}), /^The port speaks plain HTTP.*--no-tls/);
	const lonely = await startScripted(t, daemonScript({...mainnet, outgoing_connections_count: 0}));
	const {details} = await checkNode(daemonAt(lonely.port), 'full');
	const ask = new RegExp(`^monerod answers.*: curl -m 5 http://127\\.0\\.0\\.1:${lonely.port}/get_info$`);
	assert.match(details.hint ?? '', ask);
});

test('recognizes a monerod of any version by a configured pid', async t => {
	const port = await freePort();
	const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {argv0: 'monerod-v0.18.4'});
	t.after(() => child.kill());
	await new Promise(resolve => child.once('spawn', resolve));
	const {status, details} = await checkNode(daemonAt(port, {pid: child.pid}), 'pid');
	assert.deepEqual([status, details.message, details.is_monero_process], [true, 'Process is running', true]);
	const other = await checkNode(daemonAt(port, {pid: process.pid}), 'pid');
	assert.deepEqual([other.status, other.details.message], [false, 'Process exists but not monerod']);
	assert.match(other.details.reason ?? '', /^pid \d+ is node, not monerod$/);
});
