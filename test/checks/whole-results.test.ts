import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {FullDetails} from '../../source/domain/check-result.js';
import type {Node} from '../../source/domain/node/node.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import type {LiveProcess, Ports, RpcOutcome} from '../../source/domain/ports.js';
import {daemonScript, type Script, walletScript} from '../helpers/scripted-server.js';
import {
	ago,
	checkMain,
	daemonAddress,
	daemonFacts,
	type MachineChecks,
	type SimulatedMachine,
	type SimulatedProcess,
	versionFacts,
	walletAddress,
	walletFacts,
	walletProcess,
} from '../helpers/simulated-machine.js';

/** The whole result of `full` and `api` checks on a simulated machine, with every fact. */

const now = '2026-11-20T10:00:00.000Z';
const working = {[walletAddress]: walletScript(26), [daemonAddress]: daemonScript()};

async function fullCheck(
	machine: Partial<SimulatedMachine>,
	node?: Partial<Node>,
	conditions: MachineChecks = {},
): Promise<FullDetails & {readonly status: boolean}> {
	const {status, details} = await checkMain('full', machine, node, conditions);
	assert.deepEqual([details.last_check, details.timestamp, details.method], [now, now, 'full']);
	return {status, ...details};
}

test('a node that is up: each part, and the facts of all in one', async () => {
	const {checks, summary, rungs, ...rest} = await fullCheck({processes: [walletProcess], servers: working});
	assert.deepEqual(rest, {
		status: true,
		method: 'full',
		message: 'Process is fully operational',
		state: 'up',
		latency_ms: 2,
		...versionFacts,
		...daemonFacts,
		...walletFacts,
		memory_bytes: 33_554_432,
		last_check: now,
		timestamp: now,
	});
	assert.deepEqual(summary, {
		pid_alive: true,
		port_in_use: true,
		api_responding: true,
		daemon_reachable: true,
		daemon_synchronized: true,
		wallet_open: true,
	});
	assert.deepEqual(
		rungs?.map(({rung, state}) => `${rung} ${state}`),
		['name', 'tcp', 'http', 'json_rpc', 'version', 'wallet', 'daemon'].map(rung => `${rung} passed`),
	);
	assert.deepEqual(checks, {
		pid: {
			status: true,
			details: {
				method: 'pid',
				message: 'Process is running',
				state: 'up',
				pid: 77,
				cmdline: 'monero-wallet-rpc --daemon-address 127.0.0.1:18081',
				is_monero_process: true,
				started_at: ago(3600),
				start_ticks: 7700,
				memory_bytes: 33_554_432,
				threads: 4,
				latency_ms: 0,
				last_check: now,
			},
		},
		port: {
			status: true,
			details: {
				method: 'port',
				message: 'Port is in use',
				state: 'up',
				latency_ms: 1,
				last_check: now,
				host: '127.0.0.1',
				port: 18_088,
			},
		},
		api: {
			status: true,
			details: {
				method: 'api',
				message: 'API is responding',
				url: `http://${walletAddress}/json_rpc`,
				...versionFacts,
				latency_ms: 2,
				state: 'up',
				...daemonFacts,
				...walletFacts,
				memory_bytes: 33_554_432,
				last_check: now,
			},
		},
		daemon: {
			status: true,
			details: {
				method: 'daemon',
				message: '127.0.0.1:18081: height 26, synchronized, offline',
				state: 'up',
				...daemonFacts,
				offline: true,
				database_bytes: 204_800,
				outgoing_peers: 0,
				incoming_peers: 0,
				daemon_version_text: '0.18.0.0-unknown',
				update_available: false,
				daemon_started_at: '2026-11-23T20:21:12.000Z',
				free_disk_bytes: 83_212_828_672,
				tls: false,
				login: 'none',
				latency_ms: 2,
				last_check: now,
			},
		},
		wallet: {
			status: true,
			details: {
				method: 'wallet',
				message: 'open, height 26',
				state: 'up',
				...walletFacts,
				latency_ms: 2,
				last_check: now,
			},
		},
	});
});

test('a node without anything: which parts were not reached, and why', async () => {
	const {checks, rungs, hint, summary, ...rest} = await fullCheck({});
	assert.deepEqual(rest, {
		status: false,
		method: 'full',
		message: 'Process is not running',
		reason: 'connection refused',
		state: 'down',
		latency_ms: 1,
		daemon: daemonAddress,
		daemon_reachable: false,
		daemon_fault: 'does not answer: connection refused',
		process_unseen: 'no pid is configured, and no wallet for port 18088 runs here',
		last_check: now,
		timestamp: now,
	});
	assert.deepEqual(summary, {pid_alive: false, port_in_use: false, api_responding: false, daemon_reachable: false});
	assert.match(hint ?? '', /^Nothing listens on port 18088\./);
	assert.deepEqual(
		rungs?.map(({rung, state}) => `${rung} ${state}`),
		[
			'name passed',
			'tcp broken',
			'http not_reached',
			'json_rpc not_reached',
			'version not_reached',
			'wallet not_reached',
			'daemon broken',
		],
	);
	assert.deepEqual(checks.api, {
		status: false,
		details: {
			method: 'api',
			message: 'not reached',
			reason: 'the port does not answer: connection refused',
			state: 'unknown',
			last_check: now,
		},
	});
	assert.deepEqual(checks.wallet, {
		status: false,
		details: {
			method: 'wallet',
			message: 'not reached',
			reason: 'the port does not answer',
			state: 'unknown',
			last_check: now,
		},
	});
	assert.deepEqual(checks.daemon, {
		status: false,
		details: {
			method: 'daemon',
			message: 'daemon does not answer',
			reason: 'connection refused',
			state: 'down',
			daemon: daemonAddress,
			daemon_reachable: false,
			daemon_fault: 'does not answer: connection refused',
			error: 'connect ECONNREFUSED',
			latency_ms: 1,
			last_check: now,
		},
	});
});

test('the message says how far the check came', async () => {
	const messageOf = async (machine: Partial<SimulatedMachine>, node?: Partial<Node>) =>
		(await fullCheck(machine, node)).message;
	assert.equal(await messageOf({processes: [walletProcess]}), 'Process exists but port is not in use');
	assert.equal(
		await messageOf({processes: [walletProcess], servers: {[walletAddress]: {get_version: undefined}}}),
		'Port is occupied but API is not responding',
	);
	const other = {pid: 77, live: {argv: ['sleep']}};
	assert.equal(await messageOf({processes: [other]}, {pid: 77}), 'Process is not running');
	assert.equal(await messageOf({servers: working}), 'Process is fully operational', 'its process is not visible');
});

test('the wallet part of a full check', async () => {
	const walletOf = async (script: Script, height = 26) =>
		(await fullCheck({servers: {[walletAddress]: walletScript(height, script), [daemonAddress]: daemonScript()}}))
			.checks.wallet;
	assert.deepEqual(await walletOf({get_height: {error: {code: -13, message: 'No wallet file'}}}), {
		status: true,
		details: {
			method: 'wallet',
			message: 'no wallet is open',
			state: 'up',
			wallet_open: false,
			latency_ms: 2,
			last_check: now,
		},
	});
	assert.deepEqual(await walletOf({get_height: {error: {code: -1, message: 'odd'}}}), {
		status: false,
		details: {
			method: 'wallet',
			message: 'height unknown',
			reason: 'wallet height unknown: JSON-RPC error -1: odd',
			state: 'degraded',
			error: 'JSON-RPC error -1: odd',
			latency_ms: 2,
			last_check: now,
		},
	});
	assert.deepEqual(await walletOf({}, 20), {
		status: true,
		details: {
			method: 'wallet',
			message: 'open, height 20',
			reason: 'wallet is 6 blocks behind its daemon',
			state: 'degraded',
			wallet_open: true,
			wallet_height: 20,
			wallet_lag: 6,
			latency_ms: 2,
			last_check: now,
		},
	});
	const unanswered = await fullCheck({servers: {[walletAddress]: {get_version: {error: {code: -1, message: 'odd'}}}}});
	assert.deepEqual(unanswered.checks.wallet, {
		status: false,
		details: {
			method: 'wallet',
			message: 'not reached',
			reason: 'the API does not work',
			state: 'unknown',
			last_check: now,
		},
	});
});

test('a node that is degraded has a reason and a hint; a wallet that should be open is one', async () => {
	const closed = {[walletAddress]: walletScript(0, {get_height: {error: {code: -13, message: 'No wallet file'}}})};
	const expecting = await fullCheck(
		{processes: [walletProcess], servers: closed},
		{daemon: 'none', expect_wallet: true},
	);
	assert.deepEqual([expecting.status, expecting.state, expecting.reason], [true, 'degraded', 'no wallet is open']);
	assert.notEqual(expecting.hint, undefined);
	const seen = await fullCheck({servers: closed}, {daemon: 'none'}, {nodeState: {wallet_seen: true}});
	assert.equal(seen.reason, 'no wallet is open');
	const indifferent = await fullCheck(
		{servers: closed},
		{daemon: 'none', expect_wallet: false},
		{nodeState: {wallet_seen: true}},
	);
	assert.deepEqual([indifferent.state, indifferent.reason, indifferent.hint], ['up', undefined, undefined]);
});

test('a port whose connect timed out, or that cannot be tried from here, is asked all the same', async () => {
	const withPort = (
		cause: 'timeout' | 'not_checkable' | 'unreachable',
		servers: SimulatedMachine['servers'] = working,
	) =>
		fullCheck({
			servers,
			ports: {
				connectTcp: async () => ({
					open: false,
					latencyMs: 1,
					cause,
					error: cause === 'not_checkable' ? 'too many open files' : cause,
				}),
			},
		});
	for (const cause of ['timeout', 'not_checkable'] as const) {
		const {status, state, message} = await withPort(cause);
		assert.deepEqual([status, state, message], [true, 'up', 'Process is fully operational'], cause);
	}

	const {status, state, reason, checks} = await withPort('unreachable');
	assert.deepEqual(
		[status, state, reason, checks.api.details.message],
		[false, 'down', 'host unreachable', 'not reached'],
	);
});

test('a part of this machine that fails says nothing of the node', async () => {
	const uncheckable: RpcOutcome = {
		kind: 'no_answer',
		cause: 'not_checkable',
		error: 'too many open files',
		latencyMs: 1,
	};
	const details = await fullCheck({
		servers: {[walletAddress]: uncheckable, [daemonAddress]: uncheckable},
		ports: {
			connectTcp: async () => ({open: false, latencyMs: 1, cause: 'not_checkable', error: 'too many open files'}),
		},
	});
	assert.deepEqual([details.status, details.state], [false, 'unknown']);
	assert.deepEqual(details.checks.daemon?.details.state, 'unknown');
	assert.equal(details.checks.daemon?.details.message, 'daemon could not be asked');
	assert.deepEqual(details.notes, [`daemon ${daemonAddress} is ${details.checks.daemon?.details.reason}`]);
});

test('the daemon that the process was started with is asked if the node names none', async () => {
	const {
		daemon,
		daemon_inferred: isInferred,
		daemon_height: height,
	} = await fullCheck({processes: [walletProcess], servers: working}, {});
	assert.deepEqual([daemon, isInferred, height], [daemonAddress, true, 26]);
	const own = await fullCheck({processes: [walletProcess], servers: working}, {daemon: 'none'});
	assert.deepEqual([own.daemon, own.checks.daemon], [undefined, undefined]);
	const hiddenProcess = await fullCheck({servers: working}, {});
	assert.equal(hiddenProcess.daemon, undefined);
	const process = {pid: 77, started_at: ago(3600)};
	const remembered: NodeState = {process, inferred_daemon: {...process, daemon: daemonAddress}};
	assert.equal((await fullCheck({servers: working}, {}, {nodeState: remembered})).daemon, daemonAddress);
});

test('a daemon that denies access is a note for a node that does not name it', async () => {
	const denied: RpcOutcome = {kind: 'login_refused', refusal: 'none_given', latencyMs: 2};
	const servers = {[walletAddress]: walletScript(26), [daemonAddress]: denied};
	const inferred = await fullCheck({processes: [walletProcess], servers}, {});
	assert.deepEqual([inferred.state, inferred.reason], ['up', undefined]);
	const refusal = `daemon ${daemonAddress} requires a login, but none is configured, so its height cannot be read`;
	assert.equal(inferred.daemon_note, refusal);
	assert.deepEqual(inferred.notes, [refusal]);
	const named = await fullCheck({processes: [walletProcess], servers});
	assert.deepEqual([named.state, named.reason, named.caused_by], ['degraded', refusal, daemonAddress]);
	assert.deepEqual(named.checks.daemon?.details.state, 'degraded');
	assert.match(named.checks.daemon?.details.message ?? '', /^daemon requires a login/);
});

test('notes: exposed files, another daemon, a guess, another process on the port', async () => {
	const exposed = await fullCheck(
		{processes: [walletProcess], servers: working, ports: {readFileExposure: () => 'everyone'}},
		{daemon: daemonAddress, username: 'u', password_file: '/etc/w.password'},
	);
	assert.equal(exposed.notes?.length, 1);
	assert.match(exposed.notes?.[0] ?? '', /\/etc\/w\.password/);
	const guessed = await fullCheck({
		processes: [walletProcess],
		servers: working,
		ports: {openProcessTable: () => withSockets(walletProcess)},
	});
	assert.deepEqual(guessed.notes, [
		'pid 77 was identified by its command line and user: only root can see which process listens on port 18088',
	]);
	const configured = await fullCheck(
		{processes: [walletProcess], servers: working, ports: {openProcessTable: () => withSockets(walletProcess)}},
		{daemon: daemonAddress, pid: 77},
	);
	assert.equal(configured.notes, undefined);
	const silent = {processes: [walletProcess], ports: {openProcessTable: () => withSockets(walletProcess)}};
	assert.equal((await fullCheck(silent)).notes, undefined, 'nothing listens');
	const other = {...walletProcess, pid: 78};
	const both = {processes: [{...walletProcess, listens: []}, other], servers: working};
	const correction = 'pid 78 serves port 18088, not the configured 77; correct it: xmrtop nodes edit main --pid 78';
	assert.deepEqual((await fullCheck(both, {daemon: daemonAddress, pid: 77})).notes, [correction]);
	assert.deepEqual(
		(await fullCheck({...both, pidFiles: {'/w.pid': {pid: 77}}}, {daemon: daemonAddress, pid_file: '/w.pid'})).notes,
		[correction],
	);
	assert.equal(
		(await fullCheck({processes: [walletProcess], servers: working}, {daemon: daemonAddress, pid: 77})).notes,
		undefined,
	);
	const alone = {processes: [{...walletProcess, listens: []}], servers: working};
	assert.equal((await fullCheck(alone, {daemon: daemonAddress, pid: 77})).notes, undefined);
});

/** A process table in which the sockets of processes are not visible. */
function withSockets(process: SimulatedProcess): ReturnType<Ports['openProcessTable']> {
	const live: LiveProcess = {pid: process.pid, started_at: ago(3600), stopped: false, argv: process.live?.argv ?? []};
	return {
		inspect: async () => ({kind: 'alive', process: live}),
		findByRpcPort: async () => ({pid: process.pid, evidence: 'arguments'}),
		servesRpcPort: async () => undefined,
		mayServe: async () => undefined,
		listenerOf: async () => undefined,
		seesSockets: async () => false,
		isContainerHost: async () => false,
		innerPids: async () => [],
	};
}

test('a wallet connected to another daemon, which may be the same at another address', async () => {
	const connections = {
		outgoing: [{address: '10.0.0.9', port: 18_089, state: 'established', inode: '5'}],
		isOwnNetwork: true,
	} as const;
	const {link_state: state, notes} = await fullCheck({processes: [{...walletProcess, connections}], servers: working});
	assert.equal(state, 'other');
	assert.deepEqual(notes, [`the wallet is connected to 10.0.0.9:18089, not to ${daemonAddress}`]);
});

test('a wallet whose height fell has a note', async () => {
	const fell = {processes: [walletProcess], servers: working};
	const higher: NodeState = {wallet_height: 5000};
	const {
		notes,
		wallet_fell_from: from,
		wallet_fell_to: to,
	} = await fullCheck(fell, {daemon: daemonAddress}, {nodeState: higher});
	assert.deepEqual([from, to], [5000, 26]);
	assert.deepEqual(notes, ['height fell from 5,000 to 26: rescan or another wallet was opened']);
	const before: NodeState = {wallet_fell: {at: ago(120), from: 40, to: 20}};
	assert.deepEqual((await fullCheck(fell, {daemon: daemonAddress}, {nodeState: before})).notes, [
		'height fell from 40 to 20 2m ago: a reorganization, a rescan or another wallet was opened',
	]);
});

test('a node that is a daemon', async () => {
	const monerod: SimulatedProcess = {pid: 70, listens: [daemonAddress], live: {argv: ['monerod']}};
	const node = {kind: 'daemon', port: 18_081} as const;
	const {
		status,
		state,
		message,
		checks,
		rungs,
		daemon,
		daemon_height: height,
	} = await fullCheck({processes: [monerod], servers: working}, node);
	assert.deepEqual(
		[status, state, message, daemon, height],
		[true, 'up', 'Process is fully operational', daemonAddress, 26],
	);
	assert.equal(checks.pid.details.pid, 70);
	assert.deepEqual(checks.wallet.details, {
		method: 'wallet',
		message: 'not reached',
		reason: 'a daemon has no wallet',
		state: 'unknown',
		last_check: now,
	});
	assert.deepEqual(rungs?.map(({rung}) => rung).includes('wallet'), false);
	const behind = await fullCheck(
		{servers: {[daemonAddress]: daemonScript({synchronized: false, target_height: 67})}},
		node,
	);
	assert.deepEqual(
		[behind.status, behind.state, behind.reason, behind.caused_by],
		[true, 'degraded', 'monerod is not synchronized, 41 blocks behind', undefined],
	);
	assert.match(behind.hint ?? '', /^monerod answers, with the problem in the reason/);
	const gone = await fullCheck({}, node);
	assert.deepEqual([gone.status, gone.state, gone.reason], [false, 'down', 'connection refused']);
	assert.match(gone.hint ?? '', /^monerod is not running, or listens elsewhere/);
	const odd = await fullCheck(
		{servers: {[daemonAddress]: {get_info: {error: {code: -32_601, message: 'Method not found'}}}}},
		node,
	);
	assert.deepEqual([odd.status, odd.state, odd.checks.api.details.message], [false, 'down', 'API returned error']);
	const silent = await fullCheck({servers: {[daemonAddress]: {get_info: undefined}}}, node);
	assert.deepEqual([silent.status, silent.checks.api.details.message], [false, 'API check failed']);
});
