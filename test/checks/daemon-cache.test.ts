import assert from 'node:assert/strict';
import test, {type TestContext} from 'node:test';
import type {Node} from '../../source/domain/node/node.js';
import {checkerWith, checkNode, nodeAt} from '../helpers/check-node.js';
import {eventually} from '../helpers/child-processes.js';
import {deadPort} from '../helpers/dead-port.js';
import {startDigestServer} from '../helpers/digest-server.js';
import {
	daemonScript,
	recorded,
	recordedBody,
	type Script,
	startRaw,
	startScripted,
	walletScript,
} from '../helpers/scripted-server.js';

const addressOf = ({port}: {readonly port: number}) => `127.0.0.1:${port}`;
const mainnet = {nettype: 'mainnet', offline: false, outgoing_connections_count: 8};

/** A wallet at a height with its own daemon. */
async function fleetNode(t: TestContext, id: number, wallet: Script, daemon: Script) {
	const [walletServer, daemonServer] = [await startScripted(t, wallet), await startScripted(t, daemon)];
	const node = nodeAt(walletServer.port, {id, daemon: addressOf(daemonServer)});
	return {node, walletServer, daemonServer, address: addressOf(daemonServer)};
}

test('a wallet and its daemon at the same height: up, with both heights', async t => {
	const {node, address} = await fleetNode(t, 1, walletScript(26), daemonScript());
	const {status, details} = await checkNode(node, 'api');
	const {latency_ms: _, last_check: __, url: ___, ...rest} = details;
	assert.equal(status, true);
	assert.deepEqual(rest, {
		method: 'api',
		message: 'API is responding',
		state: 'up',
		version: 65_561,
		version_text: '1.25',
		release: false,
		daemon: address,
		daemon_reachable: true,
		daemon_synchronized: true,
		daemon_height: 26,
		daemon_lag: 0,
		nettype: 'fakechain',
		wallet_open: true,
		wallet_height: 26,
		wallet_lag: 0,
	});
});

test('an offline regtest chain without peers and with a restricted port is up', async t => {
	const {node} = await fleetNode(t, 1, walletScript(26), {
		get_info: recordedBody('monerod_restricted_get_info.http'),
	});
	const {details} = await checkNode(node, 'full');
	assert.equal(details.state, 'up');
	const daemon = details.checks.daemon?.details;
	assert.deepEqual([daemon?.restricted, daemon?.outgoing_peers, daemon?.incoming_peers], [true, undefined, undefined]);
});

test('problems of a daemon make an up node degraded and keep its status true', async t => {
	const rows: ReadonlyArray<readonly [string, Script, RegExp]> = [
		[
			'not synchronized',
			daemonScript({synchronized: false, target_height: 67}),
			/^is not synchronized, 41 blocks behind$/,
		],
		['not synchronized, target unknown', daemonScript({synchronized: false}), /^is not synchronized$/],
		['target behind the height', daemonScript({synchronized: false, target_height: 3}), /^is not synchronized$/],
		[
			'an error',
			{get_info: recordedBody('wallet_method_not_found.http')},
			/^answers with an error: JSON-RPC error -32601/,
		],
		[
			'HTML',
			{get_info: '<html></html>'},
			/^answers with an error: another service answers on this port, with an HTML page$/,
		],
		...[-1, 0, 1.5, '26', null, undefined, '18446744073709551615', 2 ** 64 - 1].map(
			height =>
				[
					`height ${height}`,
					daemonScript({height}),
					/^answers with an error: the server there is not monerod$/,
				] as const,
		),
	];
	for (const [name, script, expected] of rows) {
		const {node, address} = await fleetNode(t, 1, walletScript(26), script);
		const {status, details} = await checkNode(node, 'api');
		assert.deepEqual([status, details.state, details.message], [true, 'degraded', 'API is responding'], name);
		assert.ok(details.reason?.startsWith(`daemon ${address} `), details.reason);
		assert.match(details.reason?.slice(`daemon ${address} `.length) ?? '', expected, name);
		assert.equal(details.caused_by, address, name);
		assert.ok((details.daemon_lag ?? 0) >= 0, name);
	}
});

test('ignores absurd targets and peer counts', async t => {
	for (const absurd of [-5, 2 ** 64 - 1, '99', null]) {
		const script = daemonScript({target_height: absurd, outgoing_connections_count: absurd, restricted: false});
		const {node} = await fleetNode(t, 1, walletScript(26), script);
		const {details} = await checkNode(node, 'full');
		assert.deepEqual([details.state, details.daemon_lag], ['up', 0], String(absurd));
		const daemon = details.checks.daemon?.details;
		assert.deepEqual([daemon?.target_height, daemon?.outgoing_peers], [undefined, undefined], String(absurd));
	}
});

test('reports a daemon that cannot be reached or does not answer', async t => {
	const wallet = await startScripted(t, walletScript(26));
	const refused = `127.0.0.1:${await deadPort(t)}`;
	const silent = addressOf(await startRaw(t, () => {}));
	const reasons = [
		[refused, `daemon ${refused} does not answer: connection refused`],
		[silent, `daemon ${silent} does not answer: no response within 300 ms`],
	] as const;
	for (const [daemon, reason] of reasons) {
		const {status, details} = await checkNode(nodeAt(wallet.port, {daemon}), 'api', {settings: {timeout: '300ms'}});
		assert.deepEqual([status, details.state, details.reason], [true, 'degraded', reason]);
		assert.deepEqual([details.caused_by, details.daemon_reachable], [daemon, false]);
		assert.deepEqual(
			[details.daemon_height, details.daemon_lag, details.wallet_lag],
			[undefined, undefined, undefined],
		);
		// Facts about the wallet stay.
		assert.deepEqual([details.wallet_open, details.wallet_height], [true, 26]);
	}
});

test('uses the daemon login of the node, also for a definition that is not in the fleet', async t => {
	const wallet = await startScripted(t, walletScript(26));
	const body = recorded('monerod_get_info.http').split('\r\n\r\n')[1] ?? '';
	const daemon = await startDigestServer({login: {username: 'd', password: 'x:y'}, body});
	t.after(daemon.close);
	process.env.TEST_DAEMON_PASSWORD = 'x:y';
	t.after(() => {
		delete process.env.TEST_DAEMON_PASSWORD;
	});
	const plain = nodeAt(wallet.port, {id: 1, daemon: addressOf(daemon)});
	const refused = await checkNode(plain, 'api');
	assert.equal(refused.details.state, 'degraded');
	assert.match(
		refused.details.reason ?? '',
		/ requires a login, but none is configured, so its height cannot be read$/,
	);
	const login = {daemon_username: 'd', daemon_password_env: 'TEST_DAEMON_PASSWORD'};
	const withLogin = nodeAt(wallet.port, {id: 2, daemon: addressOf(daemon), ...login});
	assert.equal((await checkNode(plain, 'api', {others: [withLogin]})).details.state, 'up');
	const checker = checkerWith();
	const unstored = {...withLogin, id: 0};
	assert.equal((await checker.check(unstored, 'api', checker.openCycle([]))).details.state, 'up');
});

test('compares a daemon with others of its network type; other types and disabled nodes do not count', async t => {
	const at = (height: number, changes: object = {}) => daemonScript({...mainnet, height, ...changes});
	const slow = await fleetNode(t, 1, walletScript(100), at(100));
	const fast = await fleetNode(t, 2, walletScript(141), at(141));
	const within = await fleetNode(t, 3, walletScript(138), at(138));
	const other = await fleetNode(t, 4, walletScript(5000), at(5000, {nettype: 'stagenet'}));
	const busyError = {error: {code: -5, message: 'Core is busy'}};
	const busy = await fleetNode(t, 5, walletScript(141), {get_info: busyError});
	const unused = await fleetNode(t, 6, walletScript(9000), at(9000));
	const disabled = {...unused.node, available: false};
	const others = [fast, within, other, busy].map(({node}) => node).concat(disabled);
	const {status, details} = await checkNode(slow.node, 'api', {others});
	assert.deepEqual(
		[status, details.state, details.reason],
		[true, 'degraded', `daemon ${slow.address} is 41 blocks behind`],
	);
	assert.deepEqual([details.caused_by, details.daemon_lag, details.wallet_lag], [slow.address, 41, 0]);
	assert.deepEqual(unused.daemonServer.asked, []);
	const near = await checkNode(within.node, 'api', {others: [fast.node]});
	assert.deepEqual([near.details.state, near.details.daemon_lag], ['up', 3]);
	const strict = await checkNode(within.node, 'api', {others: [fast.node], settings: {max_daemon_lag: '2'}});
	assert.equal(strict.details.state, 'degraded');
});

test('reports a wallet behind its daemon, ahead of it, and of unknown height', async t => {
	const rows: ReadonlyArray<readonly [Script, string, string | undefined]> = [
		[walletScript(21), 'up', undefined],
		[walletScript(20), 'degraded', 'wallet is 6 blocks behind its daemon'],
		[walletScript(29), 'up', undefined],
		[walletScript(999), 'degraded', 'daemon ADDRESS lost blocks: it has 26, its wallet saw 999'],
		[walletScript(-1), 'degraded', 'wallet height unknown: get_height returned no usable height'],
		[walletScript(2 ** 64 - 1), 'degraded', 'wallet height unknown: get_height returned no usable height'],
		[walletScript('26'), 'degraded', 'wallet height unknown: get_height returned no usable height'],
		[walletScript(0, {get_height: undefined}), 'degraded', 'wallet height unknown: no response within 300 ms'],
	];
	for (const [script, state, reason] of rows) {
		const {node, address} = await fleetNode(t, 1, script, daemonScript());
		const {status, details} = await checkNode(node, 'api', {settings: {timeout: '300ms'}});
		const expected = reason?.replace('ADDRESS', address);
		assert.deepEqual([status, details.state, details.reason], [true, state, expected], JSON.stringify(script));
		assert.equal(details.caused_by, expected?.startsWith('daemon') ? address : undefined);
	}
});

test('a daemon at fault explains a lagging wallet and is named first', async t => {
	const {node, address} = await fleetNode(t, 1, walletScript(10), daemonScript({synchronized: false}));
	const {details} = await checkNode(node, 'api');
	assert.deepEqual([details.reason, details.wallet_lag], [`daemon ${address} is not synchronized`, 16]);
});

test('asks each daemon once per cycle, on one connection, however many nodes use it', async t => {
	const daemon = await startScripted(t, daemonScript());
	const spellings = [addressOf(daemon), `http://${addressOf(daemon)}`, `http://${addressOf(daemon)}/`];
	const nodes: Node[] = [];
	for (let id = 1; id <= 30; id += 1) {
		const {port} = await startScripted(t, walletScript(26));
		nodes.push(nodeAt(port, {id, daemon: spellings[id % 3] ?? ''}));
	}

	const checker = checkerWith();
	for (const cycles of [1, 2, 3]) {
		const cycle = checker.openCycle(nodes);
		const results = await Promise.all(nodes.map(node => checker.check(node, 'api', cycle)));
		assert.deepEqual([...new Set(results.map(({details}) => details.state))], ['up']);
		assert.deepEqual(
			daemon.asked,
			Array.from({length: cycles}, () => 'get_info'),
		);
	}

	assert.equal(daemon.connectionCount(), 1);
});

test('a daemon that was silent in the last cycle delays only its own nodes, and is asked again', async t => {
	const good = await fleetNode(t, 1, walletScript(26), daemonScript());
	const script: Script = {get_info: undefined};
	const bad = await fleetNode(t, 2, walletScript(26), script);
	const nodes = [good.node, bad.node];
	const checker = checkerWith({settings: {timeout: '500ms'}});
	const checkBoth = () => {
		const cycle = checker.openCycle(nodes);
		const finished: number[] = [];
		const checks = nodes.map(async node => {
			const {details} = await checker.check(node, 'api', cycle);
			finished.push(node.id);
			return details.state;
		});
		return Promise.all(checks).then(states => ({states, finished}));
	};

	assert.deepEqual((await checkBoth()).states, ['up', 'degraded']);
	assert.equal(bad.daemonServer.asked.length, 1);
	assert.deepEqual(await checkBoth(), {states: ['up', 'degraded'], finished: [1, 2]});
	assert.equal(bad.daemonServer.asked.length, 2);
	// A check of one node in between does not make the others wait again.
	await checker.check(good.node, 'api', checker.openCycle([good.node]));
	assert.deepEqual(await checkBoth(), {states: ['up', 'degraded'], finished: [1, 2]});
	Object.assign(script, daemonScript());
	assert.deepEqual((await checkBoth()).states, ['up', 'up']);
});

test('keeps asking a silent daemon whose nodes are not checked, and counts it again when it answers', async t => {
	const good = await fleetNode(t, 1, walletScript(100), daemonScript({...mainnet, height: 100}));
	const script: Script = {get_info: undefined};
	const ahead = await fleetNode(t, 2, walletScript(200), script);
	const checker = checkerWith({settings: {timeout: '400ms'}});
	const checkGood = async () =>
		(await checker.check(good.node, 'api', checker.openCycle([good.node, ahead.node]))).details.daemon_lag;
	assert.equal(await checkGood(), 0);
	Object.assign(script, daemonScript({...mainnet, height: 200}));
	assert.equal(await checkGood(), 0);
	assert.equal(
		await eventually(
			async () => ahead.daemonServer.asked.filter(method => method === 'get_info').length,
			count => count === 2,
		),
		2,
	);
	assert.equal(await eventually(checkGood, lag => lag === 100), 100);
});

test('reports how fast a syncing daemon advances, or for how long it is stalled', async t => {
	const secondsAgo = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
	const script = daemonScript({synchronized: false, target_height: 10_000, height: 4000});
	const {node, address} = await fleetNode(t, 1, walletScript(4000), script);
	const check = async (seconds: number, height: number) =>
		(await checkNode(node, 'api', {nodeState: {daemon_heights: [{at: secondsAgo(seconds), height}]}})).details;
	const moving = await check(100, 1000);
	const progress = new RegExp(
		`^daemon ${address} is not synchronized, 6,000 blocks behind, (30|29) blocks/s, about 3 m 2?`,
	);
	assert.match(moving.reason ?? '', progress);
	assert.ok(Math.abs((moving.daemon_eta_s ?? 0) - 200) <= 7, String(moving.daemon_eta_s));
	const still = await check(301, 4000);
	assert.equal(still.reason, `daemon ${address} is not synchronized, 6,000 blocks behind, stalled for 5 m 1 s`);
	assert.equal((await check(299, 4000)).daemon_stalled_ms, undefined);
});
