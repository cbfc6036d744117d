import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {PidDetails} from '../../source/domain/check-result.js';
import type {Node} from '../../source/domain/node/node.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import {
	ago,
	checkOn,
	liveProcess,
	machinePorts,
	type SimulatedMachine,
	type SimulatedProcess,
	simulatedMachine,
	usage,
	walletAddress,
} from '../helpers/simulated-machine.js';
import {nodeFixture} from '../helpers/store-fixture.js';

/** The `pid` check on a simulated machine: every verdict, with all its facts. */

const wallet: SimulatedProcess = {pid: 77, listens: [walletAddress]};
const {pid: _, ...walletFacts} = {
	pid: 77,
	cmdline: 'monero-wallet-rpc',
	is_monero_process: true,
	started_at: ago(3600),
	start_ticks: 7700,
};
const sleeping = {argv: ['sleep', '1000']};

async function pidCheck(
	machine: Partial<SimulatedMachine>,
	node: Partial<Node> = {},
	nodeState: NodeState = {},
): Promise<Omit<PidDetails, 'method' | 'latency_ms' | 'last_check'> & {readonly status: boolean}> {
	const {status, details} = await checkOn(simulatedMachine(machine), nodeFixture('main', 1, node), 'pid', {nodeState});
	const {method, latency_ms: latencyMs, last_check: at, ...rest} = details;
	assert.deepEqual([method, latencyMs, at], ['pid', 0, '2026-11-20T10:00:00.000Z']);
	return {status, ...rest};
}

const running = {status: true, message: 'Process is running', state: 'up'} as const;
const notFound = {status: false, message: 'Process not found', state: 'down'} as const;
const otherProgram = {status: false, message: 'Process exists but not monero-wallet-rpc', state: 'down'} as const;
const reused = {status: false, message: 'PID was reused by another process', state: 'down'} as const;
const notSet = {status: false, message: 'PID not set', state: 'unknown'} as const;
const hidden = {status: false, message: 'Process exists but is hidden from this user', state: 'unknown'} as const;
const remote = {status: false, message: 'PID cannot be checked on a remote host', state: 'unknown'} as const;

/** A process seen before. */
const seen = (process: SimulatedProcess, more: object = {}): NodeState => {
	const {pid, started_at, start_ticks = 0} = liveProcess(process);
	return {process: {pid, started_at, start_ticks, ...more}};
};

const reasonOf = async (...parameters: Parameters<typeof pidCheck>): Promise<string | undefined> =>
	(await pidCheck(...parameters)).reason;

test('a running wallet: configured, from its pid file, or found by its port, with its usage', async () => {
	const expected = {...running, pid: 77, ...walletFacts, ...usage};
	assert.deepEqual(await pidCheck({processes: [wallet]}, {pid: 77}), expected);
	assert.deepEqual(
		await pidCheck({processes: [wallet], pidFiles: {'/run/w.pid': {pid: 77}}}, {pid_file: '/run/w.pid'}),
		expected,
	);
	assert.deepEqual(await pidCheck({processes: [wallet]}), expected);
	assert.deepEqual(await pidCheck({processes: [wallet]}, {pid_file: '/gone'}), expected, 'the file is missing');
	const other = {pid: 78, listens: [walletAddress], live: {argv: ['monero-wallet-rpc']}};
	assert.deepEqual(
		await pidCheck({processes: [{...wallet, listens: 'unknown'}, other]}, {pid: 77}),
		expected,
		'trusted',
	);
	assert.deepEqual(
		await pidCheck({processes: [{...wallet, listens: []}]}, {pid: 77}),
		expected,
		'it does not listen yet',
	);
});

test('a wallet of another name is recognized by its socket', async () => {
	const renamed = {...wallet, live: {argv: ['payments']}};
	const {cmdline, is_monero_process: isMonero, ...rest} = await pidCheck({processes: [renamed]}, {pid: 77});
	const {cmdline: __, is_monero_process: ___, ...facts} = walletFacts;
	assert.deepEqual(rest, {...running, pid: 77, ...facts, ...usage});
	assert.deepEqual([cmdline, isMonero], ['payments', true]);
});

test('where a wallet runs is known for its own process only', async () => {
	const live = {unit: 'wallet.service', unit_uid: 1000, container: 'a'.repeat(64), container_engine: 'podman'} as const;
	const {unit, unit_uid: uid, container, container_engine: engine} = await pidCheck({processes: [{...wallet, live}]});
	assert.deepEqual({unit, unit_uid: uid, container, container_engine: engine}, live);
	const foreign = {pid: 77, live: {...live, ...sleeping}};
	const other = await pidCheck({processes: [foreign]}, {pid: 77});
	assert.deepEqual(other, {
		...otherProgram,
		pid: 77,
		reason: 'pid 77 is sleep, not monero-wallet-rpc',
		cmdline: 'sleep (1 argument)',
		is_monero_process: false,
		started_at: ago(3600),
		start_ticks: 7700,
	});
});

test('a process that does not run is degraded, with what stops it', async () => {
	const stopped = {...running, state: 'degraded', pid: 77, ...walletFacts, ...usage, stopped: true} as const;
	const byStop = (stop: SimulatedProcess['stop']) => pidCheck({processes: [{...wallet, ...(stop && {stop})}]});
	assert.deepEqual(await byStop({by: 'signal'}), {
		...stopped,
		reason: 'the process is stopped by a signal',
		stopped_by: 'signal',
	});
	assert.deepEqual(await byStop({by: 'freezer'}), {
		...stopped,
		reason: 'the process is frozen by its cgroup',
		stopped_by: 'freezer',
	});
	assert.deepEqual(await byStop({by: 'tracer'}), {
		...stopped,
		reason: 'the process is stopped by a debugger',
		stopped_by: 'tracer',
	});
	assert.deepEqual(await byStop({by: 'tracer', pid: 90, program: 'gdb\u0007'}), {
		...stopped,
		reason: 'the process is stopped by a debugger: gdb, pid 90',
		stopped_by: 'tracer',
		tracer: 'gdb, pid 90',
	});
	assert.deepEqual(await byStop({by: 'tracer', pid: 90}), {
		...stopped,
		reason: 'the process is stopped by a debugger: pid 90',
		stopped_by: 'tracer',
		tracer: 'pid 90',
	});
	const flagged = await pidCheck({processes: [{...wallet, live: {stopped: true}}]});
	assert.deepEqual(
		flagged,
		{...stopped, reason: 'the process is stopped by a signal', stopped_by: 'signal'},
		'cause unknown',
	);
});

test('what stops another program says nothing of the node', async () => {
	const foreign: SimulatedProcess = {pid: 77, stop: {by: 'freezer'}, live: sleeping};
	const details = await pidCheck({processes: [foreign]}, {pid: 77});
	assert.deepEqual(
		[details.state, details.stopped, details.stopped_by, details.memory_bytes],
		['down', true, undefined, undefined],
	);
});

test('a pid that no process has', async () => {
	assert.deepEqual(await pidCheck({}, {pid: 77}), {...notFound, pid: 77, reason: 'pid 77 does not exist'});
	assert.deepEqual(await pidCheck({processes: [{pid: 77, is: 'zombie'}]}, {pid: 77}), {
		...notFound,
		pid: 77,
		reason: 'pid 77 has exited but was not reaped by its parent (zombie)',
	});
	assert.deepEqual(await pidCheck({}, {}, seen(wallet)), {...notFound, pid: 77, reason: 'pid 77 does not exist'});
	const problem = 'pid file /run/w.pid cannot be read: no such file or directory';
	assert.equal(await reasonOf({}, {pid_file: '/run/w.pid'}, seen(wallet)), `pid 77 does not exist; ${problem}`);
});

test('a wallet that is gone ran in its container', async () => {
	const inContainer = seen(wallet, {container: 'a'.repeat(64), container_engine: 'docker', container_name: 'shop'});
	assert.equal(await reasonOf({}, {}, inContainer), 'pid 77 does not exist; it ran in docker shop');
	assert.equal(await reasonOf({}, {pid: 77}, inContainer), 'pid 77 does not exist; it ran in docker shop');
	assert.equal(await reasonOf({}, {pid: 78}, inContainer), 'pid 78 does not exist', 'another pid');
});

test('a successor, or another program on the port, is named', async () => {
	const successor: SimulatedProcess = {pid: 78, listens: [walletAddress]};
	assert.deepEqual(await pidCheck({processes: [successor]}, {pid: 77}), {
		...notFound,
		pid: 77,
		reason: 'pid 77 is gone; pid 78 now serves port 18088',
	});
	assert.equal(
		await reasonOf({processes: [{pid: 77, live: sleeping}, successor]}, {pid: 77}),
		'pid 77 is sleep, not monero-wallet-rpc; pid 78 now serves port 18088',
	);
	const inner = {...successor, innerPids: [300, 12]};
	assert.equal(
		await reasonOf({processes: [inner]}, {pid: 77}),
		'pid 77 is gone; pid 78 (number 12 in its own pid namespace) now serves port 18088',
	);
	const nginx: SimulatedProcess = {pid: 90, listens: [walletAddress], live: {argv: ['nginx']}};
	const held = 'pid 77 does not exist; port 18088 is held by pid 90 (nginx)';
	assert.equal(await reasonOf({processes: [nginx]}, {pid: 77}), held);
	assert.equal(await reasonOf({processes: [nginx]}, {}, seen(wallet)), held);
});

test('a configured pid of a pid namespace is that of the wallet that serves the port', async () => {
	const inner: SimulatedProcess = {pid: 78, listens: [walletAddress], innerPids: [300, 7]};
	const seven: SimulatedProcess = {pid: 7, live: sleeping};
	for (const processes of [[inner], [inner, seven], [inner, {pid: 7}]]) {
		assert.equal((await pidCheck({processes}, {pid: 7})).pid, 78);
	}

	assert.equal((await pidCheck({processes: [inner]}, {pid: 300})).pid, 78);
	assert.deepEqual(await pidCheck({processes: [{...inner, innerPids: [8]}, {pid: 7}]}, {pid: 7}), {
		...running,
		pid: 7,
		...walletFacts,
		start_ticks: 700,
		...usage,
	});
});

test('a hidden process may be anything', async () => {
	const reason = 'pid 77 exists, but this user is not permitted to inspect it';
	const concealed: SimulatedProcess = {pid: 77, is: 'hidden'};
	assert.deepEqual(await pidCheck({processes: [concealed]}, {pid: 77}), {...hidden, pid: 77, reason});
	assert.deepEqual(await pidCheck({processes: [concealed]}, {}, seen(wallet)), {...hidden, pid: 77, reason});
	const nginx: SimulatedProcess = {pid: 90, listens: [walletAddress], live: {argv: ['nginx']}};
	assert.equal(await reasonOf({processes: [concealed, nginx]}, {pid: 77}), reason, 'it may serve the port');
});

test('a pid that another process has now', async () => {
	const later = {pid: 77, live: {...sleeping, started_at: ago(60), start_ticks: 9}};
	const reason =
		'pid 77 is now another process (sleep): it started 2026-11-20 09:59:00 UTC, the wallet seen earlier started 2026-11-20 09:00:00 UTC';
	const facts = {pid: 77, cmdline: 'sleep (1 argument)', is_monero_process: false, started_at: ago(60), start_ticks: 9};
	for (const node of [{}, {pid: 77}]) {
		assert.deepEqual(await pidCheck({processes: [later]}, node, seen(wallet)), {...reused, ...facts, reason});
	}

	const atOnce = {pid: 77, live: {...sleeping, start_ticks: 9}};
	assert.equal(
		await reasonOf({processes: [atOnce]}, {pid: 77}, seen(wallet)),
		'pid 77 is now another process (sleep): it started 2026-11-20 09:00:00.000 UTC, the wallet seen earlier started 2026-11-20 09:00:00.000 UTC',
	);
	assert.equal(
		(await reasonOf({processes: [{pid: 77, live: {argv: [], start_ticks: 9}}]}, {pid: 77}, seen(wallet)))?.slice(0, 47),
		'pid 77 is now another process (another program)',
	);
	const otherWallet = {pid: 77, live: {started_at: ago(60), start_ticks: 9}};
	const reusedByWallet = await pidCheck({processes: [otherWallet]}, {pid: 77}, seen(wallet));
	assert.deepEqual([reusedByWallet.message, reusedByWallet.is_monero_process], [reused.message, true]);
	const restarted = {...otherWallet, listens: [walletAddress]};
	for (const node of [{}, {pid: 77}]) {
		assert.equal(
			(await pidCheck({processes: [restarted]}, node, seen(wallet))).message,
			running.message,
			'as in a container',
		);
	}
});

test('a pid from another pid namespace is recognized by its age', async () => {
	const old = {pid: 7, live: {...sleeping, started_at: ago(7200)}};
	const program = 'pid 7 is sleep, not monero-wallet-rpc';
	assert.equal(
		await reasonOf({processes: [old]}, {pid: 7}, seen(wallet)),
		`${program}: the pid belongs to another pid namespace, such as that of a container`,
	);
	assert.equal(
		await reasonOf({processes: [{...old, live: sleeping}]}, {pid: 7}, seen(wallet)),
		program,
		'of the same age',
	);
	assert.equal(await reasonOf({processes: [old]}, {pid: 7}), program);
});

test('a remembered wallet is still the node, unless it serves another port', async () => {
	assert.equal(
		(await pidCheck({processes: [{...wallet, listens: 'unknown'}]}, {}, seen(wallet))).message,
		running.message,
	);
	const elsewhere = {...wallet, listens: ['127.0.0.1:9']};
	assert.deepEqual(await pidCheck({processes: [elsewhere]}, {}, seen(wallet)), {
		...notSet,
		reason: 'no pid is configured, and no wallet for port 18088 runs here',
	});
	const replaced: SimulatedProcess = {pid: 78, listens: [walletAddress]};
	assert.equal((await pidCheck({processes: [elsewhere, replaced]}, {}, seen(wallet))).pid, 78);
	const program = {...wallet, listens: 'unknown', live: sleeping} as const;
	assert.deepEqual(
		[
			(await pidCheck({processes: [program]}, {}, seen(wallet))).message,
			await reasonOf({processes: [program]}, {}, seen(wallet)),
		],
		[otherProgram.message, 'pid 77 is sleep, not monero-wallet-rpc'],
	);
});

test('no pid is known', async () => {
	const reason = 'no pid is configured, and no wallet for port 18088 runs here';
	assert.deepEqual(await pidCheck({}), {...notSet, reason});
	assert.deepEqual(
		await pidCheck({pidFiles: {'/run/w.pid': {error: 'it is a folder', missing: false}}}, {pid_file: '/run/w.pid'}),
		{
			...notSet,
			reason: 'pid file /run/w.pid cannot be read: it is a folder',
		},
	);
	const gone: SimulatedProcess = {pid: 78, listens: [walletAddress]};
	const machine = simulatedMachine({processes: [gone]});
	const {openProcessTable} = machinePorts(machine);
	const table = {...openProcessTable(), inspect: async () => ({kind: 'gone'}) as const};
	assert.equal(
		await reasonOf({processes: [gone], ports: {openProcessTable: () => table}}),
		'no pid is configured, and no monero-wallet-rpc for port 18088 was found on this machine',
		'it ended just now',
	);
});

test('the process of a node on another host, or behind a proxy, is not visible', async () => {
	const machine = {processes: [wallet]};
	assert.deepEqual(await pidCheck(machine, {host: '10.0.0.7', pid: 77}), {
		...remote,
		reason: '10.0.0.7 is not this machine',
	});
	assert.deepEqual(await pidCheck(machine, {proxy: 'socks5h://127.0.0.1:9050'}), {
		...remote,
		reason: '127.0.0.1 is behind a proxy',
	});
	const container = {processes: [{...wallet, listens: ['172.17.0.2:18088']}], containerHosts: ['172.17.0.2']};
	const inContainer = await pidCheck(container, {host: '172.17.0.2'});
	assert.deepEqual([inContainer.message, inContainer.network_host], [running.message, '172.17.0.2']);
	const proxied = await pidCheck(container, {host: '172.17.0.2', proxy: 'socks5h://127.0.0.1:9050'});
	assert.equal(proxied.reason, '172.17.0.2 is behind a proxy');
});

test('the address of a container that has ended', async () => {
	const host = '172.17.0.2';
	const inside = seen(wallet, {network_host: host, container: 'a'.repeat(64), container_engine: 'docker'});
	const check = (processes: readonly SimulatedProcess[], nodeState = inside, more: Partial<Node> = {}) =>
		pidCheck({processes}, {host, ...more}, nodeState);
	assert.deepEqual(await check([]), {
		...notFound,
		pid: 77,
		reason: 'pid 77 does not exist; it ran in docker aaaaaaaaaaaa',
	});
	assert.match((await check([{pid: 77, is: 'zombie'}])).reason ?? '', /zombie\); it ran in docker/);
	assert.deepEqual(await check([{pid: 77, is: 'hidden'}]), {
		...remote,
		reason: `pid 77, which served ${host}, is hidden from this user`,
	});
	assert.deepEqual(await check([wallet]), {
		...remote,
		reason: `pid 77, which served ${host}, still runs, but that address was not found in its network`,
	});
	const later = {pid: 77, live: {...sleeping, started_at: ago(60), start_ticks: 9}};
	const times = 'it started 2026-11-20 09:59:00 UTC, the wallet seen earlier started 2026-11-20 09:00:00 UTC';
	const replaced = await check([later]);
	assert.deepEqual(
		[replaced.message, replaced.reason],
		[reused.message, `pid 77, which ran in docker aaaaaaaaaaaa, is now another process (sleep): ${times}`],
	);
	const bare = seen(wallet, {network_host: host});
	assert.equal((await check([later], bare)).reason, `pid 77 is now another process (sleep): ${times}`);
	assert.match((await check([{pid: 77, live: {argv: [], start_ticks: 9}}], bare)).reason ?? '', /\(another program\)/);
	const never = {...remote, reason: `${host} is not this machine`};
	assert.deepEqual(await check([], seen(wallet, {network_host: '172.17.0.3'})), never);
	assert.deepEqual(await check([], {}), never);
	assert.equal((await check([], inside, {proxy: 'socks5h://127.0.0.1:9050'})).reason, `${host} is behind a proxy`);
});

const daemonNode = {kind: 'daemon', port: 18_081} as const;
const monerod: SimulatedProcess = {pid: 70, listens: ['127.0.0.1:18081'], live: {argv: ['monerod']}};

test('the process of a daemon: the configured one, the listener, or the one seen before', async () => {
	const facts = {
		pid: 70,
		cmdline: 'monerod',
		is_monero_process: true,
		started_at: ago(3600),
		start_ticks: 7000,
		...usage,
	};
	assert.deepEqual(await pidCheck({processes: [monerod]}, daemonNode), {...running, ...facts});
	assert.deepEqual(await pidCheck({processes: [{...monerod, listens: []}]}, {...daemonNode, pid: 70}), {
		...running,
		...facts,
	});
	assert.deepEqual(await pidCheck({processes: [{...monerod, listens: []}]}, daemonNode, seen(monerod)), {
		...running,
		...facts,
	});
	const file = {...daemonNode, pid_file: '/run/d.pid'};
	assert.deepEqual(await pidCheck({processes: [monerod], pidFiles: {'/run/d.pid': {pid: 70}}}, file), {
		...running,
		...facts,
	});
	assert.deepEqual(await pidCheck({processes: [monerod]}, file), {...running, ...facts});
	assert.deepEqual(await pidCheck({}, file), {
		...notSet,
		reason: 'pid file /run/d.pid cannot be read: no such file or directory',
	});
	assert.deepEqual(await pidCheck({}, daemonNode), {
		...notSet,
		reason: 'no pid is configured, and no monerod for port 18081 was found on this machine',
	});
});

test('a daemon that is gone, hidden, or another program', async () => {
	const pid = {...daemonNode, pid: 70};
	const inContainer = seen(monerod, {container: 'a'.repeat(64), container_engine: 'docker', container_name: 'node'});
	assert.deepEqual(await pidCheck({}, pid, inContainer), {
		...notFound,
		pid: 70,
		reason: 'pid 70 does not exist; it ran in docker node',
	});
	assert.equal(
		await reasonOf({processes: [{pid: 70, is: 'zombie'}]}, pid),
		'pid 70 has exited but was not reaped by its parent (zombie)',
	);
	assert.deepEqual(await pidCheck({processes: [{pid: 70, is: 'hidden'}]}, pid), {
		...hidden,
		pid: 70,
		reason: 'pid 70 exists, but this user is not permitted to inspect it',
	});
	const message = 'Process exists but not monerod';
	assert.deepEqual(await pidCheck({processes: [{...wallet, pid: 70}]}, pid), {
		status: false,
		message,
		state: 'down',
		pid: 70,
		reason: 'pid 70 is monero-wallet-rpc, not monerod',
		cmdline: 'monero-wallet-rpc',
		is_monero_process: false,
		started_at: ago(3600),
		start_ticks: 7000,
	});
	const later = {pid: 70, live: {argv: [], started_at: ago(60), start_ticks: 9}};
	assert.equal(await reasonOf({processes: [later]}, pid), 'pid 70 is another program, not monerod');
	const times = 'it started 2026-11-20 09:59:00 UTC, the wallet seen earlier started 2026-11-20 09:00:00 UTC';
	const replaced = await pidCheck({processes: [later]}, pid, seen(monerod));
	assert.deepEqual(
		[replaced.message, replaced.reason],
		[reused.message, `pid 70 is now another process (another program): ${times}`],
	);
	const restarted = {...later, listens: ['127.0.0.1:18081'], live: {...later.live, argv: ['monerod']}};
	assert.equal(
		(await pidCheck({processes: [restarted]}, daemonNode, seen(monerod))).message,
		running.message,
		'it listens',
	);
});
