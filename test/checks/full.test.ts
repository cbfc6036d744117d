import assert from 'node:assert/strict';
import {once} from 'node:events';
import test, {type TestContext} from 'node:test';
import {openPorts} from '../../source/adapters/open-ports.js';
import {renderRemedy} from '../../source/cli/render-remedy.js';
import type {FullDetails, ResultOf} from '../../source/domain/check-result.js';
import type {Node} from '../../source/domain/node/node.js';
import {startHung} from '../helpers/blocked-wallet.js';
import {type Circumstances, checkNode, nodeAt} from '../helpers/check-node.js';
import {eventually, startChild, startListener, startNamed} from '../helpers/child-processes.js';
import {deadPort} from '../helpers/dead-port.js';
import {freePort, isStopped} from '../helpers/real-process.js';
import {
	daemonScript,
	recorded,
	recordedBody,
	startRaw,
	startScripted,
	walletScript,
} from '../helpers/scripted-server.js';

const remote: Circumstances = {ports: {isLocalHost: () => false}};

/** What every full result must have. */
function assertWhole({status, details}: ResultOf<'full'>): void {
	const {checks, summary} = details;
	assert.equal(status, checks.api.status);
	assert.equal(summary.pid_alive, checks.pid.status);
	assert.equal(summary.port_in_use, checks.port.status);
	assert.equal(summary.api_responding, checks.api.status);
	assert.equal(details.timestamp, details.last_check);
	assert.equal(details.reason === undefined, details.state === 'up');
	for (const part of Object.values(checks)) {
		assert.equal(part.details.reason === undefined, part.details.state === 'up', JSON.stringify(part));
	}
}

function partStates({checks}: FullDetails): Record<string, string> {
	return Object.fromEntries(
		Object.entries(checks).map(([name, {details}]) => [
			name,
			details.message === 'not reached' ? 'not reached' : details.state,
		]),
	);
}

async function checkFully(node: Node, circumstances: Circumstances = {}) {
	const result = await checkNode(node, 'full', circumstances);
	assertWhole(result);
	return result;
}

/** A healthy wallet, a process that represents it, and its daemon. */
async function healthy(t: TestContext) {
	const wallet = await startScripted(t, walletScript(26));
	const daemon = await startScripted(t, {get_info: recordedBody('monerod_get_info.http')});
	const {pid} = startNamed(t, 'monero-wallet-rpc', ['--rpc-bind-port', String(wallet.port), '--rpc-login=u:hunter2']);
	const node = nodeAt(wallet.port, {daemon: `127.0.0.1:${daemon.port}`});
	return {wallet, daemon, pid, node};
}

test('everything works: fully operational', async t => {
	const {node, pid, wallet, daemon} = await healthy(t);
	const {status, details} = await checkFully(node);
	assert.deepEqual(
		[status, details.state, details.message, details.hint],
		[true, 'up', 'Process is fully operational', undefined],
	);
	assert.deepEqual(details.summary, {
		pid_alive: true,
		port_in_use: true,
		api_responding: true,
		daemon_reachable: true,
		daemon_synchronized: true,
		wallet_open: true,
	});
	assert.deepEqual(partStates(details), {pid: 'up', port: 'up', api: 'up', daemon: 'up', wallet: 'up'});
	assert.equal(details.checks.pid.details.pid, pid);
	assert.equal(JSON.stringify(details).includes('hunter2'), false);
	assert.deepEqual(
		[details.version_text, details.daemon_height, details.wallet_height, details.nettype],
		['1.25', 26, 26, 'fakechain'],
	);
	assert.equal(details.checks.daemon?.details.message, `127.0.0.1:${daemon.port}: height 26, synchronized, offline`);
	assert.equal(details.checks.wallet.details.message, 'open, height 26');
	assert.deepEqual(wallet.asked, ['get_version', 'get_height']);
	assert.deepEqual(daemon.asked, ['get_info']);
});

test('the API decides: without a visible process the node is just as operational', async t => {
	const {port} = await startScripted(t, walletScript(26));
	for (const circumstances of [{}, remote]) {
		const {status, details} = await checkFully(nodeAt(port), circumstances);
		assert.deepEqual(
			[status, details.state, details.message, details.summary],
			[
				true,
				'up',
				'Process is fully operational',
				{pid_alive: false, port_in_use: true, api_responding: true, wallet_open: true},
			],
		);
		assert.equal(details.checks.daemon, undefined);
	}
});

test('port open, API not working', async t => {
	const {port} = await startRaw(t, recorded('monerod_get_version.http'));
	const {pid} = startNamed(t, 'monero-wallet-rpc', ['--rpc-bind-port', String(port), '--offline']);
	const {status, details} = await checkFully(nodeAt(port));
	assert.deepEqual(
		[status, details.state, details.message],
		[false, 'down', 'Port is occupied but API is not responding'],
	);
	assert.match(details.reason ?? '', /^this is monerod/);
	assert.equal(details.checks.pid.details.pid, pid);
	assert.deepEqual(partStates(details), {pid: 'up', port: 'up', api: 'down', wallet: 'not reached'});
	assert.equal(details.checks.wallet.details.reason, 'the API does not work');
	assert.deepEqual(details.summary, {pid_alive: true, port_in_use: true, api_responding: false});
});

test('process running, port closed', async t => {
	const port = await freePort();
	const daemon = await startScripted(t, daemonScript());
	const {pid} = startNamed(t, 'monero-wallet-rpc', ['--rpc-bind-port', String(port)]);
	const {status, details} = await checkFully(nodeAt(port, {daemon: `127.0.0.1:${daemon.port}`}));
	assert.deepEqual([status, details.state, details.message], [false, 'down', 'Process exists but port is not in use']);
	assert.match(details.reason ?? '', /^connection refused/);
	assert.deepEqual(partStates(details), {
		pid: 'up',
		port: 'down',
		api: 'not reached',
		daemon: 'up',
		wallet: 'not reached',
	});
	const {api, wallet} = details.checks;
	assert.deepEqual(
		[api.details.message, api.details.reason, wallet.details.reason],
		['not reached', 'the port does not answer: connection refused', 'the port does not answer'],
	);
	// Values that were not measured are absent.
	assert.deepEqual(['latency_ms' in api.details, 'latency_ms' in wallet.details], [false, false]);
	assert.deepEqual(details.summary, {
		pid_alive: true,
		port_in_use: false,
		api_responding: false,
		daemon_reachable: true,
		daemon_synchronized: true,
	});
	assert.match(details.hint ?? '', new RegExp(`^Process ${pid} is running but does not listen on port ${port}`));
});

test('nothing runs: ignores another program under the configured pid, and knows no remote process', async t => {
	const port = await freePort();
	const other = startChild(t, '/bin/sh', ['-c', 'read line']);
	const rows = [
		[nodeAt(port), {}, /^Nothing listens on port/],
		[nodeAt(port, {pid: other.pid}), {}, /^Nothing listens on port/],
		[nodeAt(port), remote, /whether the process is running can only be seen on that host\. Try: ssh 127\.0\.0\.1 /],
	] as const;
	for (const [node, circumstances, hint] of rows) {
		const {status, details} = await checkFully(node, circumstances);
		assert.deepEqual([status, details.state, details.message], [false, 'down', 'Process is not running']);
		assert.equal(details.summary.pid_alive, false);
		assert.match(details.hint ?? '', hint);
		assert.equal(details.reason, 'connection refused');
	}
});

test('distinguishes a stopped process from a hung one', async t => {
	const {port, pid, child} = await startHung(t);
	const node = nodeAt(port, {timeout: '300ms'});
	child.kill('SIGSTOP');
	await eventually(
		async () => isStopped(pid),
		stopped => stopped,
	);
	const stopped = (await checkFully(node)).details;
	assert.deepEqual([stopped.message, stopped.state], ['Port is occupied but API is not responding', 'down']);
	assert.match(stopped.reason ?? '', /^no response within 300 ms: the process is stopped/);
	assert.match(stopped.hint ?? '', new RegExp(`Try: kill -CONT ${pid}$`));
	child.kill('SIGCONT');
	const hung = (await checkFully(node)).details;
	assert.equal(hung.state, 'down');
	assert.match(hung.hint ?? '', new RegExp(`does not answer.* Try: top -H -p ${pid}$`));
});

test('names a hung daemon that a wallet waits for, also when only the wallet is silent', async t => {
	const {port} = await startListener(t);
	const daemon = await startRaw(t, () => {});
	const address = `127.0.0.1:${daemon.port}`;
	const {details} = await checkFully(nodeAt(port, {timeout: '300ms', daemon: address}), {settings: {timeout: '300ms'}});
	assert.deepEqual([details.state, details.caused_by], ['down', address]);
	assert.match(details.reason ?? '', /^waiting for daemon/);
	assert.match(
		details.hint ?? '',
		new RegExp(`restarting the wallet does not help.*curl -m 5 http://${address}/get_info$`),
	);
	assert.deepEqual(partStates(details), {pid: 'up', port: 'up', api: 'down', daemon: 'down', wallet: 'not reached'});
});

test('each part has its own verdict: that of a faulty daemon does not change that of the wallet', async t => {
	const wallet = await startScripted(t, walletScript(10));
	const daemon = await startScripted(t, daemonScript({synchronized: false}));
	const address = `127.0.0.1:${daemon.port}`;
	const {status, details} = await checkFully(nodeAt(wallet.port, {daemon: address}), remote);
	assert.deepEqual([status, details.state, details.message], [true, 'degraded', 'Process is fully operational']);
	assert.deepEqual([details.reason, details.caused_by], [`daemon ${address} is not synchronized`, address]);
	assert.equal(details.checks.wallet.details.reason, 'wallet is 16 blocks behind its daemon');
	assert.deepEqual(partStates(details), {
		pid: 'unknown',
		port: 'up',
		api: 'degraded',
		daemon: 'degraded',
		wallet: 'degraded',
	});
	assert.equal(
		details.hint,
		`The wallet works, but its daemon does not. Check it: curl -m 5 http://${address}/get_info`,
	);
	const closed = await checkFully(nodeAt(await deadPort(t), {daemon: address}));
	assert.equal(closed.details.checks.daemon?.details.state, 'degraded');
});

test('daemon down', async t => {
	const wallet = await startScripted(t, walletScript(26));
	const address = `127.0.0.1:${await deadPort(t)}`;
	const {status, details} = await checkFully(nodeAt(wallet.port, {daemon: address}), remote);
	assert.deepEqual(
		[status, details.state, details.reason, details.caused_by],
		[true, 'degraded', `daemon ${address} does not answer: connection refused`, address],
	);
	const daemon = details.checks.daemon;
	assert.deepEqual(
		[daemon?.status, daemon?.details.state, daemon?.details.message, daemon?.details.reason],
		[false, 'down', 'daemon does not answer', 'connection refused'],
	);
	assert.deepEqual([details.summary.daemon_reachable, details.summary.daemon_synchronized], [false, undefined]);
});

test('no wallet open, expected or not', async t => {
	const noWallet = await startScripted(t, walletScript(0, {get_height: recordedBody('wallet_error_no_wallet.http')}));
	const free = (await checkFully(nodeAt(noWallet.port), remote)).details;
	assert.deepEqual([free.state, free.summary.wallet_open, free.hint], ['up', false, undefined]);
	assert.deepEqual([free.checks.wallet.details.message, free.checks.wallet.status], ['no wallet is open', true]);
	const expected = (await checkFully(nodeAt(noWallet.port, {expect_wallet: true}), remote)).details;
	assert.deepEqual([expected.state, expected.reason], ['degraded', 'no wallet is open']);
	assert.match(expected.hint ?? '', /xmrtop nodes edit node-1 --no-expect-wallet$/);
});

test('a connect that times out does not hide an API that answers', async t => {
	const {port} = await startScripted(t, walletScript(26));
	const {status, details} = await checkFully(nodeAt(port), {
		ports: {
			isLocalHost: () => false,
			connectTcp: async () => ({open: false, cause: 'timeout', error: 'slow', latencyMs: 1000}),
		},
	});
	assert.deepEqual([status, details.state, details.message], [true, 'up', 'Process is fully operational']);
	assert.equal(details.summary.port_in_use, false);
});

test('notes a configured pid that does not serve the port, with any verdict', async t => {
	const {wallet, pid} = await healthy(t);
	const other = startNamed(t, 'monero-wallet-rpc', ['--rpc-bind-port', String(await freePort())]);
	const ended = startNamed(t, 'monero-wallet-rpc');
	const exit = once(ended.child, 'exit');
	ended.child.kill('SIGKILL');
	await exit;
	for (const configured of [other.pid, ended.pid]) {
		const {status, details} = await checkFully(nodeAt(wallet.port, {pid: configured, daemon: 'none'}));
		assert.deepEqual([status, details.state], [true, 'up']);
		const note = `pid ${pid} serves port ${wallet.port}, not the configured ${configured}; correct it: xmrtop nodes edit node-1 --pid ${pid}`;
		assert.deepEqual(details.notes, [note]);
	}

	assert.equal((await checkFully(nodeAt(wallet.port, {pid, daemon: 'none'}))).details.notes, undefined);
});

test('notes that a process is a guess if its sockets are not visible to this user', async t => {
	const {node, pid} = await healthy(t);
	const {openProcessTable} = openPorts({renderRemedy});
	const ports = {openProcessTable: () => ({...openProcessTable(), seesSockets: async () => false})};
	const {details} = await checkFully(node, {ports});
	const note = `pid ${pid} was identified by its command line and user: only root can see which process listens on port ${node.port}`;
	assert.deepEqual([details.state, details.notes], ['up', [note]]);
	assert.equal((await checkFully({...node, pid}, {ports})).details.notes, undefined);
});
