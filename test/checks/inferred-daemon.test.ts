import assert from 'node:assert/strict';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import test, {type TestContext} from 'node:test';
import type {Details} from '../../source/domain/check-result.js';
import {rootCauses} from '../../source/domain/fleet.js';
import type {Node} from '../../source/domain/node/node.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import {listedDaemon, recordResult} from '../../source/domain/past/record-result.js';
import {checkerPorts, checkerWith, checkNode, nodeAt} from '../helpers/check-node.js';
import {startNamed} from '../helpers/child-processes.js';
import {deadPort} from '../helpers/dead-port.js';
import {startDigestServer} from '../helpers/digest-server.js';
import {daemonScript, recordedBody, type Script, startScripted, walletScript} from '../helpers/scripted-server.js';
import {temporaryFolder} from '../helpers/temporary-folder.js';

/** Nodes without a configured daemon: the daemon of their process, the tip of the fleet, or none. */

const mainnet = {nettype: 'mainnet', offline: false, outgoing_connections_count: 8};

/** A wallet, a process started with these options, and checks that keep their state. */
async function walletStarted(t: TestContext, options: readonly string[], fields: Partial<Node> = {}, height = 26) {
	const script = walletScript(height);
	const {port} = await startScripted(t, script);
	const start = (some: readonly string[]) =>
		startNamed(t, 'monero-wallet-rpc', ['--rpc-bind-port', String(port), ...some]);
	const child = start(options);
	const node = nodeAt(port, fields);
	const nodeStates = new Map<number, NodeState>();
	const looked: number[] = [];
	const clock = {ms: 0};
	const {readWalletSetup} = checkerPorts();
	const checker = checkerWith({
		recallById: id => nodeStates.get(id) ?? {},
		settings: {timeout: '1s'},
		ports: {
			monotonicMs: () => performance.now() + clock.ms,
			readWalletSetup: async process => {
				looked.push(process.pid);
				return readWalletSetup(process);
			},
		},
	});
	const check = async (
		method: 'api' | 'full' = 'api',
		others: readonly Node[] = [],
	): Promise<Extract<Details, {method: 'api' | 'full'}>> => {
		const result = await checker.check(node, method, checker.openCycle([node, ...others]));
		nodeStates.set(node.id, recordResult(nodeStates.get(node.id) ?? {}, result));
		return result.details;
	};
	const nodeState = () => nodeStates.get(node.id) ?? {};
	return {node, script, child, start, check, nodeState, looked, clock, checker, nodeStates};
}

test('a node without a daemon uses the one its process was started with, from its first check on', async t => {
	const daemon = await startScripted(t, daemonScript());
	const address = `127.0.0.1:${daemon.port}`;
	const {check, nodeState, looked, node} = await walletStarted(t, ['--daemon-address', `http://${address}/json_rpc`]);
	for (const method of ['api', 'api', 'full'] as const) {
		const details = await check(method);
		assert.deepEqual(
			[details.state, details.daemon, details.daemon_inferred, details.daemon_height, details.wallet_lag],
			['up', address, true, 26, 0],
		);
	}

	// Its options are read once; lists and groups know it too.
	assert.equal(looked.length, 1);
	assert.equal(listedDaemon(node, nodeState()), address);
	assert.equal(nodeState().inferred_daemon?.pid, nodeState().process?.pid);
});

test('names an inferred daemon that is down as the cause', async t => {
	const address = `127.0.0.1:${await deadPort(t)}`;
	const {check, node, nodeState} = await walletStarted(t, [`--daemon-address=${address}`]);
	const details = await check();
	assert.deepEqual(
		[details.state, details.reason, details.caused_by],
		['degraded', `daemon ${address} does not answer: connection refused`, address],
	);
	const result = {status: true, details};
	const [cause] = rootCauses([{node, nodeState: nodeState(), result, checking: false, disabled: false}]);
	assert.deepEqual([cause?.daemon, cause?.state], [address, 'down']);
});

test('reads the daemon from a configuration file, and infers none for an offline wallet', async t => {
	const daemon = await startScripted(t, daemonScript());
	const file = path.join(temporaryFolder(t), 'wallet.conf');
	await writeFile(file, `# a comment\ndaemon-address = 127.0.0.1:${daemon.port}\n`);
	const fromFile = await (await walletStarted(t, ['--config-file', file])).check();
	assert.deepEqual([fromFile.daemon, fromFile.daemon_inferred], [`127.0.0.1:${daemon.port}`, true]);
	const offline = await (await walletStarted(t, ['--offline', `--daemon-address=127.0.0.1:${daemon.port}`])).check();
	assert.deepEqual([offline.state, offline.daemon, offline.daemon_inferred], ['up', undefined, undefined]);
});

test('a configured daemon, or none, overrides the one of the process', async t => {
	const daemon = await startScripted(t, daemonScript());
	const configured = await startScripted(t, daemonScript());
	const options = ['--daemon-address', `127.0.0.1:${daemon.port}`];
	const none = await (await walletStarted(t, options, {daemon: 'none'})).check('full');
	assert.deepEqual([none.state, none.daemon, none.daemon_inferred], ['up', undefined, undefined]);
	const address = `127.0.0.1:${configured.port}`;
	const other = await (await walletStarted(t, options, {daemon: address})).check('full');
	assert.deepEqual([other.daemon, other.daemon_inferred], [address, undefined]);
	assert.deepEqual(daemon.asked, []);
});

test('another process in its place: uses its daemon and forgets the earlier one', async t => {
	const [first, second] = [await startScripted(t, daemonScript()), await startScripted(t, daemonScript())];
	const {check, child, start, clock, nodeState, node} = await walletStarted(t, [
		`--daemon-address=127.0.0.1:${first.port}`,
	]);
	assert.equal((await check()).daemon, `127.0.0.1:${first.port}`);
	await child.end();
	const successor = start([`--daemon-address=127.0.0.1:${second.port}`]);
	clock.ms = 31_000;
	assert.equal((await check()).daemon, `127.0.0.1:${second.port}`);
	assert.equal(listedDaemon(node, nodeState()), `127.0.0.1:${second.port}`);
	// The same for one without a daemon.
	await successor.end();
	start(['--offline']);
	clock.ms = 99_000;
	assert.equal((await check()).daemon, undefined);
	assert.equal(listedDaemon(node, nodeState()), undefined);
});

test('an inferred daemon that refuses access adds a note; a configured one makes the node degraded', async t => {
	const login = await startDigestServer({login: {username: 'd', password: 'x'}});
	t.after(login.close);
	const payment: Script = {get_info: {error: {code: -5, message: 'Client signature does not verify for get_info'}}};
	const paid = await startScripted(t, payment);
	for (const [port, note] of [
		[login.port, /^daemon \S+ requires a login, but none is configured, so its height cannot be read$/],
		[paid.port, /^daemon \S+ requires payment for RPC access/],
	] as const) {
		const address = `127.0.0.1:${port}`;
		const {check} = await walletStarted(t, ['--daemon-address', address, '--daemon-login', 'd:x']);
		const details = await check('full');
		assert.deepEqual([details.state, details.reason, details.daemon_reachable], ['up', undefined, true]);
		assert.match(details.daemon_note ?? '', note);
		assert.equal('notes' in details && details.notes?.length, 1);
		const configured = await walletStarted(t, [], {daemon: address});
		assert.equal((await configured.check()).state, 'degraded');
	}
});

test('notes daemons that cannot be checked: behind a proxy, on Tor, without a port', async t => {
	const rows: ReadonlyArray<readonly [readonly string[], RegExp]> = [
		[['--daemon-address', 'h:1', '--proxy', '127.0.0.1:9050'], /^daemon h:1 is not checked: .* through a proxy$/],
		[
			['--daemon-address', 'abc.onion:18081'],
			/^daemon abc.onion:18081 is not checked: .* only be reached through Tor$/,
		],
		[['--daemon-address', '127.0.0.1'], /^its daemon is not checked: its address is not host:port/],
	];
	for (const [options, note] of rows) {
		const details = await (await walletStarted(t, options)).check();
		assert.deepEqual([details.state, details.daemon, details.wallet_open], ['up', undefined, true], options.join(' '));
		assert.match(details.daemon_note ?? '', note);
	}
});

test('compares a node without a daemon with its network in the fleet, if its process shows the network', async t => {
	const daemons = {
		mainnet: await startScripted(t, daemonScript({...mainnet, height: 3_000_000})),
		stagenet: await startScripted(t, daemonScript({...mainnet, nettype: 'stagenet', height: 2_000_000})),
	};
	const others = Object.values(daemons).map(({port}, index) => nodeAt(9, {id: index + 7, daemon: `127.0.0.1:${port}`}));
	const lagOf = async (options: readonly string[], fields: Partial<Node> = {}) => {
		const {check} = await walletStarted(t, options, fields, 1_999_999);
		// The process of a node with daemon "none" is first looked at in its second check.
		await check('api', others);
		const {state, reason, wallet_lag: lag, caused_by: cause} = await check('api', others);
		return [state, lag, reason, cause];
	};
	const behind = 'wallet is 1,000,001 blocks behind the other daemons of its network';
	const alone = {daemon: 'none'};
	assert.deepEqual(await lagOf([], alone), ['degraded', 1_000_001, behind, undefined]);
	assert.deepEqual(await lagOf(['--daemon-address=a.onion:18081']), ['degraded', 1_000_001, behind, undefined]);
	assert.deepEqual(await lagOf(['--stagenet'], alone), ['up', 1, undefined, undefined]);
	const notCompared = ['up', undefined, undefined, undefined];
	assert.deepEqual(await lagOf(['--testnet'], alone), notCompared);
	// An offline wallet reads no blocks.
	assert.deepEqual(await lagOf(['--offline']), notCompared);
	// A file that cannot be read may name another network.
	assert.deepEqual(await lagOf(['--config-file=/no/such/file'], alone), notCompared);
});

test('an inferred daemon counts for the fleet, and explains a silent wallet', async t => {
	const script = daemonScript({...mainnet, height: 100});
	const daemon = await startScripted(t, script);
	const address = `127.0.0.1:${daemon.port}`;
	const ahead = await walletStarted(t, ['--daemon-address', address], {}, 100);
	assert.equal((await ahead.check()).daemon, address);
	const slow = await startScripted(t, daemonScript({...mainnet, height: 50}));
	const wallet = await startScripted(t, walletScript(50));
	const node = nodeAt(wallet.port, {id: 2, daemon: `127.0.0.1:${slow.port}`});
	const {checker} = ahead;
	const {details} = await checker.check(node, 'api', checker.openCycle([node, ahead.node]));
	assert.equal(details.daemon_lag, 50);
	ahead.script.get_version = undefined;
	script.get_info = undefined;
	const silent = await ahead.check();
	assert.deepEqual([silent.state, silent.caused_by], ['down', address]);
});

test('another run learns the daemon of a remembered process', async t => {
	const daemon = await startScripted(t, daemonScript());
	const {check, node, nodeState} = await walletStarted(t, ['--daemon-address', `127.0.0.1:${daemon.port}`]);
	await check();
	const {inferred_daemon: _, ...kept} = nodeState();
	for (const remembered of [nodeState(), kept]) {
		const {details} = await checkNode(node, 'api', {nodeState: remembered});
		assert.deepEqual([details.daemon_inferred, details.daemon_height], [true, 26]);
	}
});

test('a full check of an unsaved definition learns its daemon and saves nothing', async t => {
	const daemon = await startScripted(t, {get_info: recordedBody('monerod_get_info.http')});
	const {node, checker} = await walletStarted(t, ['--daemon-address', `127.0.0.1:${daemon.port}`]);
	const unstored = {...node, id: 0};
	const {details} = await checker.check(unstored, 'full', checker.openCycle([]));
	assert.deepEqual([details.daemon_inferred, details.daemon_height], [true, 26]);
	const api = await checker.check(unstored, 'api', checker.openCycle([]));
	assert.equal(api.details.daemon_inferred, undefined);
});
