import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {Node} from '../../source/domain/node/node.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import type {RpcOutcome} from '../../source/domain/ports.js';
import {daemonScript, type Script, walletScript} from '../helpers/scripted-server.js';
import {
	ago,
	checkMain,
	checkOn,
	checksOn,
	daemonAddress,
	daemonFacts,
	type MachineChecks,
	type SimulatedProcess,
	simulatedMachine,
	versionFacts,
	walletAddress,
	walletFacts,
	walletProcess,
} from '../helpers/simulated-machine.js';
import {nodeFixture} from '../helpers/store-fixture.js';

/** What an `api` check asks for, and when; on a simulated machine. */

const noWallet = {get_height: {error: {code: -13, message: 'No wallet file'}}};
const plain = nodeFixture('main', 1);

test('an api check has these details and nothing else', async () => {
	const {status, details} = await checkMain('api', {
		servers: {[walletAddress]: walletScript(26), [daemonAddress]: daemonScript()},
	});
	assert.equal(status, true);
	assert.deepEqual(details, {
		method: 'api',
		message: 'API is responding',
		url: `http://${walletAddress}/json_rpc`,
		...versionFacts,
		latency_ms: 2,
		state: 'up',
		...daemonFacts,
		...walletFacts,
		last_check: '2026-11-20T10:00:00.000Z',
	});
	const failed = await checkMain('api', {});
	assert.deepEqual(failed, {
		status: false,
		details: {
			method: 'api',
			message: 'API check failed',
			url: `http://${walletAddress}/json_rpc`,
			latency_ms: 1,
			state: 'down',
			reason: 'connection refused',
			process_unseen: 'no pid is configured, and no wallet for port 18088 runs here',
			error: 'connect ECONNREFUSED',
			last_check: '2026-11-20T10:00:00.000Z',
		},
	});
});

test('the height is asked for if a daemon is known, or a wallet is expected or was seen', async () => {
	const isAsked = async (node: Partial<Node>, nodeState: NodeState = {}): Promise<boolean> => {
		const machine = simulatedMachine({servers: {[walletAddress]: walletScript(26, noWallet)}});
		const run = checksOn(machine, nodeFixture('main', 1, {expect_wallet: false, ...node}), {nodeState});
		await run('api');
		return machine.calls.includes(`${walletAddress} get_height`);
	};
	assert.equal(await isAsked({}), false);
	assert.equal(await isAsked({daemon: daemonAddress}), true);
	assert.equal(await isAsked({expect_wallet: true}), true);
	assert.equal(await isAsked({}, {wallet_seen: true}), true);
	assert.equal(await isAsked({daemon: 'none'}), false);
});

test('a wallet whose height is not needed is asked every five minutes whether one is open', async () => {
	const machine = simulatedMachine({
		servers: {[walletAddress]: walletScript(26, {get_height: {error: {code: -1, message: 'odd'}}})},
	});
	const run = checksOn(machine, plain);
	const asked = () => machine.calls.filter(call => call.endsWith('get_height')).length;
	const first = await run('api');
	assert.deepEqual(
		[asked(), first.details.state, first.details.wallet_open],
		[1, 'up', undefined],
		'a failure is no shortcoming',
	);
	await run('api', 299_999);
	assert.equal(asked(), 1);
	await run('api', 1);
	assert.equal(asked(), 2);
	const unstored = simulatedMachine({servers: machine.servers});
	await checkOn(unstored, nodeFixture('x', 0), 'api');
	assert.deepEqual(unstored.calls, [`${walletAddress} get_version`]);
	const open = simulatedMachine({servers: {[walletAddress]: walletScript(26)}});
	const {details} = await checkOn(open, plain, 'api');
	assert.deepEqual([details.wallet_open, details.wallet_height], [true, 26]);
});

test('a height that cannot be asked from here is no shortcoming', async () => {
	const uncheckable: RpcOutcome = {
		kind: 'no_answer',
		cause: 'not_checkable',
		error: 'too many open files',
		latencyMs: 1,
	};
	const machine = simulatedMachine({servers: {[walletAddress]: walletScript(26)}});
	machine.ports = {
		callRpc: async (_, method) =>
			method === 'get_version' ? {kind: 'result', result: {version: 65_561, release: true}, latencyMs: 1} : uncheckable,
	};
	const {status, details} = await checkOn(machine, nodeFixture('main', 1, {expect_wallet: true}), 'api');
	assert.deepEqual([status, details.state, details.wallet_open], [true, 'up', undefined]);
});

test('a slow answer, and a clock that differs, degrade a node that is otherwise up', async () => {
	const machine = simulatedMachine();
	machine.ports = {
		callRpc: async (_, method) => ({
			kind: 'result',
			result: method === 'get_version' ? {version: 65_561, release: true} : {height: 26},
			latencyMs: method === 'get_version' ? 1500 : 1,
		}),
	};
	const slow = async (settings: Readonly<Record<string, string>>, nodeState: NodeState = {}) =>
		(await checkOn(machine, nodeFixture('main', 1, {daemon: 'none'}), 'api', {settings, nodeState})).details;
	assert.deepEqual(
		[(await slow({slow: '1s'})).state, (await slow({slow: '1s'})).reason],
		['degraded', 'slow: response took 1.5 s'],
	);
	assert.equal((await slow({slow: '1500ms'})).state, 'up');
	const restarts = {restarts: [ago(100), ago(50)]};
	const restarted = await slow({slow: '1s'}, restarts);
	assert.deepEqual(
		[restarted.reason, restarted.restarts, restarted.restarted_at],
		['slow: response took 1.5 s; restarted 2x in 1 h', 2, ago(50)],
	);
});

test('without a daemon a wallet is compared with the other daemons of its network', async () => {
	const far = '10.0.0.5:18081';
	const servers = {
		[walletAddress]: walletScript(100),
		[far]: daemonScript({nettype: 'mainnet', height: 110, outgoing_connections_count: 8}),
	};
	const others = [nodeFixture('other', 2, {daemon: far})];
	const lagAfter = async (argv: readonly string[]) => {
		const machine = simulatedMachine({
			processes: [{...walletProcess, live: {argv: ['monero-wallet-rpc', ...argv]}}],
			servers,
		});
		const {details} = await checksOn(machine, nodeFixture('main', 1, {daemon: 'none', expect_wallet: true}), {others})(
			'full',
		);
		return [details.state, details.reason, details.wallet_lag];
	};
	assert.deepEqual(await lagAfter(['--rpc-bind-port=18088']), [
		'degraded',
		'wallet is 10 blocks behind the other daemons of its network',
		10,
	]);
	assert.deepEqual(await lagAfter(['--stagenet']), ['up', undefined, undefined]);
	assert.deepEqual(await lagAfter(['--offline']), ['up', undefined, undefined]);
});

const daemonNode = nodeFixture('node', 1, {kind: 'daemon', port: 18_081});

const monerod: SimulatedProcess = {pid: 70, listens: [daemonAddress], live: {argv: ['monerod']}};

test('an api check of a daemon', async () => {
	const check = (server: Script | RpcOutcome | undefined, conditions: MachineChecks = {}, processes = [monerod]) =>
		checkOn(
			simulatedMachine({processes, servers: server === undefined ? {} : {[daemonAddress]: server}}),
			daemonNode,
			'api',
			conditions,
		);
	const {status, details} = await check(daemonScript());
	assert.equal(status, true);
	assert.deepEqual(details, {
		method: 'api',
		message: 'API is responding',
		url: `http://${daemonAddress}/json_rpc`,
		latency_ms: 2,
		state: 'up',
		...daemonFacts,
		pid: 70,
		started_at: ago(3600),
		start_ticks: 7000,
		cmdline: 'monerod',
		memory_bytes: 33_554_432,
		last_check: '2026-11-20T10:00:00.000Z',
	});
	const behind = await check(daemonScript({synchronized: false, target_height: 67}));
	assert.deepEqual(
		[behind.status, behind.details.state, behind.details.reason, behind.details.caused_by, behind.details.daemon_fault],
		[
			true,
			'degraded',
			'monerod is not synchronized, 41 blocks behind',
			undefined,
			'is not synchronized, 41 blocks behind',
		],
	);
	const restarts = {nodeState: {restarts: [ago(100), ago(50)]}};
	assert.match(
		(await check(daemonScript({synchronized: false}), restarts)).details.reason ?? '',
		/synchronized; restarted 2x in 1 h$/,
	);
	const refused: RpcOutcome = {kind: 'login_refused', refusal: 'none_given', latencyMs: 1};
	const locked = await check(refused);
	assert.deepEqual(
		[locked.status, locked.details.state, locked.details.message],
		[false, 'down', 'API returned error'],
	);
	const busy = await check({get_info: {error: {code: -5, message: 'Core is busy'}}});
	assert.deepEqual([busy.status, busy.details.state], [true, 'degraded'], 'it answers as a daemon');
	const gone = await check(undefined, {}, []);
	assert.deepEqual(gone.details, {
		method: 'api',
		message: 'API check failed',
		url: `http://${daemonAddress}/json_rpc`,
		latency_ms: 1,
		state: 'down',
		reason: 'connection refused',
		error: 'connect ECONNREFUSED',
		process_unseen: 'no pid is configured, and no monerod for port 18081 was found on this machine',
		last_check: '2026-11-20T10:00:00.000Z',
	});
	const newest = {started_at: ago(60), start_ticks: 7000};
	const looping: NodeState = {
		lives: [{started_at: ago(180)}, {started_at: ago(120)}, {started_at: ago(60)}],
		process: {pid: 70, ...newest},
	};
	const started = {...monerod, live: {argv: ['monerod'], ...newest}};
	const loop = await check(daemonScript(), {nodeState: looping}, [started]);
	assert.deepEqual([loop.status, loop.details.state, loop.details.crash_loop_starts], [false, 'down', 3]);
});
