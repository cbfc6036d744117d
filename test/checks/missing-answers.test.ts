import assert from 'node:assert/strict';
import {test} from 'node:test';
import {
	judgeNoResponse,
	type NoResponseKind,
	noResponseKind,
	noResponseKindByCause,
} from '../../source/checks/no-response.js';
import {measureWork, sampleWorkEarly} from '../../source/checks/processor-work.js';
import type {Node} from '../../source/domain/node/node.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import type {WorkCounters} from '../../source/domain/past/work.js';
import type {Ports, ProcessWork, RequestsState, RpcOutcome} from '../../source/domain/ports.js';
import type {SettingTexts} from '../../source/domain/settings.js';
import {flushPromises} from '../helpers/flush-promises.js';
import {daemonScript} from '../helpers/scripted-server.js';
import {
	ago,
	contextOn,
	daemonAddress,
	liveProcess,
	machineStartMs,
	type SimulatedMachine,
	type SimulatedProcess,
	simulatedMachine,
	walletAddress,
	walletIdentity,
} from '../helpers/simulated-machine.js';
import {nodeFixture} from '../helpers/store-fixture.js';

/** What a missing answer means: by the activity of the process, on a simulated machine. */

const node = nodeFixture('main', 1, {daemon: 'none'});
const wallet: SimulatedProcess = {pid: 77, listens: [walletAddress], live: {argv: ['monero-wallet-rpc', '--offline']}};
const httpError = (statusCode: number, latencyMs: number): RpcOutcome => ({
	kind: 'http_error',
	statusCode,
	statusText: '',
	latencyMs,
});

/** What a process does per second, from a start value of its counters on. */
interface Pace {
	readonly cpuMs?: number;
	readonly wakes?: number;
	readonly readBytes?: number;
	readonly state?: Partial<Omit<ProcessWork, 'counters'>>;
}

const startCounters = {cpu_ms: 5000, context_switches: 100, disk_read_bytes: 0};

/** A port that reads the work of a process which does the same all the time. */
function workAt(
	machine: SimulatedMachine,
	{cpuMs = 0, wakes = 0, readBytes = 0, state = {}}: Pace,
): Ports['readProcessWork'] {
	return () => {
		const seconds = (machine.nowMs - machineStartMs) / 1000;
		const counters: WorkCounters = {
			cpu_ms: startCounters.cpu_ms + Math.round((cpuMs * seconds) / 10) * 10,
			context_switches: startCounters.context_switches + Math.round(wakes * seconds),
			disk_read_bytes: Math.round(readBytes * seconds),
		};
		return {counters, runnable: false, waitsForDisk: false, ...state};
	};
}

interface Situation {
	readonly pace?: Pace | 'unknown';
	readonly process?: SimulatedProcess | undefined;
	readonly kind?: NoResponseKind;
	readonly requests?: RequestsState;
	readonly nodeState?: NodeState;
	readonly node?: Partial<Node>;
	readonly settings?: SettingTexts;
	readonly servers?: SimulatedMachine['servers'];
	readonly ports?: Partial<Ports>;
	readonly latencyMs?: number;
}

/** Judges a missing answer after a wait of three seconds. */
async function judge(situation: Situation = {}) {
	const {pace = {}, kind = 'silent', requests = 'unread', nodeState = {}, settings = {}, latencyMs = 3000} = situation;
	const process = 'process' in situation ? situation.process : wallet;
	const machine = simulatedMachine({
		processes: process ? [process] : [],
		servers: situation.servers ?? {[walletAddress]: {}},
	});
	machine.ports = {
		readProcessWork: pace === 'unknown' ? () => undefined : workAt(machine, pace),
		readUnreadRequests: () => requests,
		...situation.ports,
	};
	const context = contextOn(machine, {nodeState, settings});
	return judgeNoResponse({...node, ...situation.node}, context, {kind, failure: 'no response within 3 s', latencyMs});
}

const idle = 'no response within 3 s; process idle (0 % CPU)';
/** The counters after half a second, or after two and a half, which is how long an idle process is observed. */
const work = {...startCounters};

test('the kind of a missing answer', () => {
	const noAnswer = (cause: 'timeout' | 'refused' | 'closed' | 'reset' | 'unreachable'): RpcOutcome => ({
		kind: 'no_answer',
		cause,
		error: cause,
		latencyMs: 1,
	});
	assert.deepEqual(
		(['timeout', 'refused', 'closed', 'reset', 'unreachable'] as const).map(cause =>
			noResponseKind(noAnswer(cause), 3000),
		),
		['silent', 'port_closed', 'closed_at_once', 'closed_at_once', undefined],
	);
	assert.equal(noResponseKindByCause('timeout'), 'silent');
	for (const code of [502, 503]) {
		assert.equal(noResponseKind(httpError(code, 1499), 3000), 'proxy_refused');
		assert.equal(noResponseKind(httpError(code, 1500), 3000), 'proxy_waits');
	}

	assert.equal(noResponseKind(httpError(504, 1), 3000), 'proxy_waits');
	assert.equal(noResponseKind(httpError(500, 1), 3000), undefined);
	assert.equal(noResponseKind({kind: 'result', result: {}, latencyMs: 1}, 3000), undefined);
});

test('a process that does nothing is down, with what it waits for', async () => {
	assert.deepEqual(await judge(), {
		state: 'down',
		reason: `${idle}, probably hung`,
		...walletIdentity,
		silent_ms: 3000,
		cpu_cores: 0,
		work,
	});
	assert.equal(
		(await judge({requests: 'all_read'})).reason,
		`${idle} and no request pending: requests or responses are lost on the way`,
	);
	assert.equal(
		(await judge({pace: {state: {waitsForDisk: true}}})).reason,
		'no response within 3 s; process waiting for disk I/O',
	);
	assert.equal((await judge({kind: 'port_closed'})).reason, idle);
	assert.equal((await judge({kind: 'closed_at_once', requests: 'no_listener'})).reason, idle);
	assert.equal((await judge({kind: 'proxy_refused', requests: 'no_listener'})).reason, idle);
	assert.equal((await judge({kind: 'proxy_refused'})).reason, 'no response within 3 s');
	assert.equal((await judge({kind: 'proxy_waits'})).reason, `${idle}, probably hung`);
});

test('a process that works is busy', async () => {
	assert.deepEqual(await judge({pace: {cpuMs: 900}}), {
		state: 'busy',
		reason: 'working (90 % CPU), no response for 3 s',
		...walletIdentity,
		silent_ms: 3000,
		cpu_cores: 0.9,
		work: {
			cpu_ms: 5450,
			context_switches: 100,
			disk_read_bytes: 0,
			worked_at: new Date(machineStartMs + 500).toISOString(),
		},
	});
	assert.equal((await judge({pace: {cpuMs: 900}, latencyMs: 999})).reason, 'working (90 % CPU)');
	assert.equal((await judge({pace: {cpuMs: 900}, latencyMs: 1000})).reason, 'working (90 % CPU), no response for 1 s');
	assert.match(
		(await judge({pace: {readBytes: 1_048_576, wakes: 20}})).reason,
		/^working \(reading from disk, 1024 KiB\/s\)/,
	);
	assert.match((await judge({pace: {state: {runnable: true}}})).reason, /^working \(waiting for CPU\)/);
	assert.equal((await judge({kind: 'proxy_refused', pace: {cpuMs: 900}})).state, 'busy');
	assert.equal(
		(await judge({kind: 'closed_at_once', pace: {cpuMs: 900}})).state,
		'down',
		'a wallet that listens may close for other reasons',
	);
	const starting = await judge({kind: 'closed_at_once', pace: {cpuMs: 900}, requests: 'no_listener'});
	assert.deepEqual([starting.state, starting.reason], ['busy', 'starting (90 % CPU), no response for 3 s']);
});

test('weak evidence counts only while requests are unread', async () => {
	const faint = {wakes: 2};
	assert.match((await judge({pace: faint})).reason, /^working \(receiving data, 2 wakeups\/s\)/);
	assert.equal((await judge({pace: faint, requests: 'all_read'})).state, 'down');
});

test('an excuse expires', async () => {
	const busyFor = (seconds: number, more: Situation = {}) =>
		judge({pace: {cpuMs: 900}, nodeState: {silent_since: ago(seconds - 0.5)}, ...more});
	const limit = {settings: {busy_max: '10m'}};
	assert.deepEqual([(await busyFor(600, limit)).state, (await busyFor(601, limit)).state], ['busy', 'down']);
	assert.equal(
		(await busyFor(601, limit)).reason,
		'no response within 3 s for more than 10 m, although the process is working (90 % CPU)',
	);
	const own = {...limit, node: {busy_max: '20m'}};
	assert.deepEqual([(await busyFor(1200, own)).state, (await busyFor(1201, own)).state], ['busy', 'down']);
	assert.equal((await busyFor(60)).silent_ms, 59_500);
});

test('a process that has never opened its port may start for longer', async () => {
	const starting = (startedAgo: number, more: Situation = {}) =>
		judge({
			pace: {cpuMs: 900},
			kind: 'port_closed',
			process: {...wallet, live: {argv: ['monero-wallet-rpc', '--offline'], started_at: ago(startedAgo - 0.5)}},
			settings: {startup_max: '30m', busy_max: '10m'},
			...more,
		});
	assert.match((await starting(1800)).reason, /^starting \(90 % CPU\)/);
	assert.deepEqual([(await starting(1800)).state, (await starting(1801)).state], ['busy', 'down']);
	assert.equal(
		(await starting(1801)).reason,
		'no response within 3 s for more than 30 m, although the process is working (90 % CPU)',
	);
	const answered = {nodeState: {last_answer: ago(700), silent_since: ago(700)}};
	assert.equal((await starting(1800, answered)).state, 'down', 'it has answered before, so it is not starting');
	const before = {nodeState: {last_answer: ago(1900), silent_since: ago(1900)}};
	assert.match((await starting(1800, before)).reason, /^starting/, 'another process has answered');
	const replaced: NodeState = {
		lives: [{started_at: ago(3000), starting_since: ago(3000)}],
		process: {pid: 76, started_at: ago(3000), start_ticks: 1},
		process_seen_at: ago(20),
	};
	assert.equal((await starting(10, {nodeState: replaced})).state, 'down', 'it was restarted while it started');
});

test('a height that has just risen counts as work', async () => {
	const risen = (seconds: number, more: Partial<Situation> = {}) =>
		judge({
			nodeState: {
				wallet_heights: [
					{at: ago(seconds + 10), height: 10},
					{at: ago(seconds), height: 11},
				],
			},
			...more,
		});
	assert.match((await risen(57)).reason, /^working \(height rose 59 s ago\)/);
	assert.equal((await risen(58)).state, 'down', 'more than a minute ago, at the end of the look');
	assert.equal((await risen(10, {kind: 'port_closed'})).state, 'down');
	const young = {...wallet, live: {argv: ['monero-wallet-rpc', '--offline'], started_at: ago(5)}};
	assert.equal((await risen(10, {process: young})).state, 'down', 'another process read that block');
});

test('a process that is stopped is down', async () => {
	const stopped = (stop: SimulatedProcess['stop']) =>
		judge({process: {...wallet, ...(stop && {stop})}, pace: {cpuMs: 900}});
	assert.deepEqual(await stopped({by: 'freezer'}), {
		state: 'down',
		reason: 'no response within 3 s: the process is frozen by its cgroup',
		...walletIdentity,
		silent_ms: 3000,
	});
	const flagged = {...wallet, live: {argv: ['monero-wallet-rpc'], stopped: true}};
	assert.equal((await judge({process: flagged})).reason, 'no response within 3 s: the process is stopped by a signal');
});

test('a wallet whose daemon hangs waits for it', async () => {
	const hanging = {
		node: {daemon: daemonAddress},
		servers: {[walletAddress]: {}, [daemonAddress]: {get_info: undefined}},
	};
	assert.deepEqual(await judge(hanging), {
		state: 'down',
		reason: `waiting for daemon ${daemonAddress}, which hangs; do not restart the wallet`,
		caused_by: daemonAddress,
		...walletIdentity,
		silent_ms: 3000,
		cpu_cores: 0,
		work,
	});
	assert.equal((await judge({...hanging, pace: {cpuMs: 900}})).state, 'busy', 'it works all the same');
	const well = {node: {daemon: daemonAddress}, servers: {[walletAddress]: {}, [daemonAddress]: daemonScript()}};
	assert.equal((await judge(well)).reason, `${idle}, probably hung`);
	assert.equal(
		(await judge({...hanging, node: {kind: 'daemon'}, process: {...wallet, live: {argv: ['monerod']}}})).reason,
		`${idle}, probably hung`,
	);
});

test('without a visible process an open port is excused for a shorter time', async () => {
	const unseen = (more: Situation = {}) => judge({process: undefined, ...more});
	const message = 'no pid is configured, and no wallet for port 18088 runs here';
	const down = {state: 'down', process_unseen: message} as const;
	assert.deepEqual(await unseen(), {
		...down,
		state: 'busy',
		reason: 'no response within 3 s; process not visible, it may be working',
		silent_ms: 3000,
	});
	assert.deepEqual(
		await unseen({servers: {}}),
		{...down, reason: 'no response within 3 s', silent_ms: 3000},
		'the port is closed now',
	);
	for (const kind of ['port_closed', 'closed_at_once', 'proxy_refused'] as const) {
		assert.deepEqual(await unseen({kind}), {...down, reason: 'no response within 3 s'});
	}

	assert.equal((await unseen({kind: 'proxy_waits', servers: {}})).state, 'busy', 'a proxy has waited too');
	const uncheckable = {
		connectTcp: async () => ({open: false, latencyMs: 1, cause: 'not_checkable', error: 'x'}) as const,
	};
	assert.equal((await unseen({servers: {}, ports: uncheckable})).state, 'busy');
	const since = (seconds: number) => ({
		nodeState: {silent_since: ago(seconds)},
		settings: {busy_max_unseen: '5m', busy_max: '10m'},
	});
	assert.deepEqual([(await unseen(since(300))).state, (await unseen(since(301))).state], ['busy', 'down']);
	assert.equal(
		(await unseen(since(301))).reason,
		'no response within 3 s for more than 5 m; process not visible from here',
	);
});

test('an unseen wallet whose height was rising is excused for longer', async () => {
	const rising = (seconds: number, riseBefore = 30): Situation => ({
		process: undefined,
		settings: {busy_max_unseen: '5m', busy_max: '10m'},
		nodeState: {
			silent_since: ago(seconds),
			wallet_heights: [
				{at: ago(seconds + riseBefore + 10), height: 10},
				{at: ago(seconds + riseBefore), height: 11},
			],
		},
	});
	assert.equal(
		(await judge(rising(600))).reason,
		'no response within 3 s; process not visible, but its height was rising at its last response',
	);
	assert.deepEqual([(await judge(rising(600))).state, (await judge(rising(601))).state], ['busy', 'down']);
	assert.deepEqual([(await judge(rising(301, 60))).state, (await judge(rising(301, 61))).state], ['busy', 'down']);
	const scanning = rising(100);
	const lastSync = {at: ago(100), daemon: daemonAddress, wallet_height: 11, wallet_lag: 900};
	assert.deepEqual(await judge({...scanning, nodeState: {...scanning.nodeState, last_sync: lastSync}}), {
		state: 'busy',
		reason: `scanning: wallet is 900 blocks behind its daemon, as of 1 m 40 s ago; no response within 3 s; process not visible, but its height was rising at its last response`,
		process_unseen: 'no pid is configured, and no wallet for port 18088 runs here',
		silent_ms: 100_000,
		scanning: true,
		wallet_open: true,
		wallet_height: 11,
		wallet_lag: 900,
		facts_at: ago(100),
	});
});

test('an unseen wallet whose daemon hangs', async () => {
	const hanging = {
		process: undefined,
		node: {daemon: daemonAddress},
		servers: {[walletAddress]: {}, [daemonAddress]: {get_info: undefined}},
	};
	const busy = await judge(hanging);
	assert.deepEqual(
		[busy.state, busy.caused_by, busy.reason],
		[
			'busy',
			daemonAddress,
			`no response within 3 s, and its daemon ${daemonAddress} hangs; process not visible, it may be working`,
		],
	);
	const long = await judge({...hanging, nodeState: {silent_since: ago(7200)}, settings: {busy_max_unseen: '5m'}});
	assert.deepEqual(
		[long.state, long.caused_by, long.reason],
		[
			'down',
			daemonAddress,
			`no response within 3 s, and its daemon ${daemonAddress} hangs for more than 5 m; process not visible from here`,
		],
	);
});

test('a process that is gone does not answer, whatever listens on its port', async () => {
	const nodeState: NodeState = {process: {pid: 77, started_at: ago(3600), start_ticks: 7700}};
	const gone = {process: undefined, nodeState};
	assert.deepEqual(await judge(gone), {
		state: 'down',
		reason: 'no response within 3 s, and its process is gone: the program listening on port 18088 does not answer',
		process_unseen: 'pid 77 does not exist',
		silent_ms: 3000,
	});
	assert.equal((await judge({...gone, servers: {}})).reason, 'no response within 3 s');
	const host = '172.17.0.2';
	const container: NodeState = {process: {pid: 77, started_at: ago(3600), start_ticks: 7700, network_host: host}};
	const ended = {process: undefined, nodeState: container, node: {host}};
	assert.equal((await judge({...ended, servers: {}})).reason, 'no response within 3 s: pid 77 does not exist');
	assert.equal(
		(await judge({...ended, servers: {'172.17.0.2:18088': {}}})).reason.includes('its process is gone'),
		true,
	);
	const successor: SimulatedProcess = {pid: 78, listens: [walletAddress], live: {argv: ['monero-wallet-rpc']}};
	assert.equal(
		(await judge({nodeState, node: {pid: 77}, process: successor})).state,
		'busy',
		'another wallet serves the port',
	);
});

test('a process whose activity cannot be measured is judged like one that is not visible', async () => {
	assert.deepEqual(await judge({pace: 'unknown'}), {
		state: 'busy',
		reason: 'no response within 3 s; process not visible, it may be working',
		process_unseen: 'the activity of its process cannot be measured here',
		...walletIdentity,
		silent_ms: 3000,
	});
});

test('wake-ups count while data arrives, and not when none has arrived for a minute', async () => {
	const link = {address: '127.0.0.1', port: 18_081, state: 'established', inode: '5'} as const;
	const waiting = (receivedMsAgo: number, more: Situation = {}, sentMsAgo = 1) =>
		judge({
			node: {daemon: daemonAddress},
			servers: {[walletAddress]: {}, [daemonAddress]: daemonScript()},
			pace: {wakes: 2},
			process: {
				pid: 77,
				listens: [walletAddress],
				live: {argv: ['monero-wallet-rpc', '--daemon-address', daemonAddress]},
				connections: {outgoing: [link], isOwnNetwork: true},
				traffic: {5: {receivedBytes: 100, sentBytes: 1, receivedMsAgo, sentMsAgo}},
			},
			...more,
		});
	const arriving = await waiting(2000, {}, 5000);
	assert.deepEqual(
		[arriving.state, arriving.reason],
		['busy', 'working (receiving data, 2 wakeups/s), no response for 3 s'],
	);
	assert.equal(arriving.work?.worked_at, new Date(machineStartMs + 500).toISOString(), 'when data arrived');
	const old = await waiting(60_000);
	assert.deepEqual([old.state, old.link_state, old.link_peer], ['down', 'connected', daemonAddress]);
	assert.match(old.reason, /waiting for 127\.0\.0\.1:18081, which has sent nothing for 1 m$/);
	assert.equal((await waiting(59_999)).state, 'busy');
	const quiet = await waiting(2000, {pace: {}});
	assert.match(quiet.reason, /^working \(received data from 127\.0\.0\.1:18081 2 s ago\)/);
	const answeredBefore = {pace: {}, nodeState: {last_answer: ago(1)}};
	assert.equal((await waiting(3500, answeredBefore)).state, 'down', 'that was the answer before');
	const progress = await waiting(120_000, {pace: {cpuMs: 900}});
	assert.equal(progress.state, 'busy', 'it works in any case');
});

test('a process is compared with an earlier check', async () => {
	const before = (more: object = {}): NodeState => ({
		process: walletIdentity,
		work: {...walletIdentity, at: ago(30), cpu_ms: 2000, context_switches: 100, disk_read_bytes: 0, ...more},
	});
	const later = await judge({nodeState: before()});
	assert.match(later.reason, /^working \(9\.2 % CPU\)/);
	assert.equal(later.cpu_cores, 0);
	assert.equal((await judge({nodeState: before({cpu_ms: 5000})})).state, 'down');
	assert.equal((await judge({nodeState: before({pid: 78})})).state, 'down', 'another process');
	assert.equal(
		(await judge({nodeState: before({at: ago(298), cpu_ms: 0})})).state,
		'down',
		'not enough work in five minutes',
	);
	assert.match(
		(await judge({nodeState: before({cpu_ms: 5000, worked_at: ago(57)})})).reason,
		/^working \(worked 59 s ago\)/,
	);
	assert.equal((await judge({nodeState: before({cpu_ms: 5000, worked_at: ago(58)})})).state, 'down');
	const far = {at: ago(297), cpu_ms: -60_000};
	assert.equal((await judge({nodeState: before(far)})).state, 'busy');
	assert.equal((await judge({nodeState: before({...far, at: ago(298)})})).state, 'down', 'more than five minutes');
	assert.equal((await judge({nodeState: before({...far, at: ago(-10)})})).state, 'down', 'a clock set back');
});

test('a process is sampled while its answer is awaited', async () => {
	const machine = simulatedMachine({processes: [wallet]});
	const timers: Array<{readonly ms: number; run: () => void}> = [];
	let cancelled = 0;
	machine.ports = {
		readProcessWork: workAt(machine, {cpuMs: 900}),
		readUnreadRequests: () => 'unread',
		after: (ms, run) => {
			timers.push({ms, run});
			return () => {
				cancelled += 1;
			};
		},
	};
	assert.equal(await sampleWorkEarly(contextOn(machine), 3000).sample(), undefined);
	assert.equal(timers.length, 0, 'no process is known');
	const context = contextOn(machine, {nodeState: {process: walletIdentity}});
	sampleWorkEarly(context, 1600);
	assert.deepEqual(
		timers.splice(0).map(({ms}) => ms),
		[400],
	);
	const early = sampleWorkEarly(context, 3000);
	assert.equal(timers[0]?.ms, 500);
	timers[0]?.run();
	await flushPromises();
	machine.nowMs += 2000;
	machine.elapsedMs += 2000;
	const sample = await early.sample();
	assert.deepEqual([cancelled, sample?.atMs, sample?.counters.cpu_ms], [1, 1_000_000, 5000]);
	const {facts, isNow, isProgress, proof} = (await measureWork(liveProcess(wallet), node, context, sample)) ?? {};
	assert.deepEqual([facts?.cpu_cores, isNow, isProgress, proof], [0.9, true, true, '90 % CPU']);
	assert.equal(machine.nowMs, machineStartMs + 2000, 'no further wait');
	const other = contextOn(machine, {nodeState: {process: {...walletIdentity, start_ticks: 1}}});
	const none = sampleWorkEarly(other, 3000);
	timers.at(-1)?.run();
	assert.equal(await none.sample(), undefined, 'another process');
});

test('how long a process is observed', async () => {
	const machine = simulatedMachine({processes: [wallet]});
	const look = async (pace: Pace, requests: RequestsState | undefined) => {
		const beganMs = machine.nowMs;
		machine.ports = {readProcessWork: workAt(machine, pace), readUnreadRequests: () => requests};
		const evidence = await measureWork(liveProcess(wallet), node, contextOn(machine), undefined);
		return {spentMs: machine.nowMs - beganMs, ...evidence};
	};
	assert.equal((await look({cpuMs: 900}, 'unread')).spentMs, 500);
	assert.equal((await look({}, 'unread')).spentMs, 2500);
	assert.equal((await look({}, undefined)).spentMs, 2500);
	assert.equal((await look({}, 'all_read')).spentMs, 500);
	const {facts, isNow, isProgress, waitsForDisk, requests, proof, recentProof, progressMs} = await look({}, undefined);
	assert.deepEqual(
		{isNow, isProgress, waitsForDisk, requests, proof, recentProof, progressMs, cores: facts?.cpu_cores},
		{
			isNow: false,
			isProgress: false,
			waitsForDisk: false,
			requests: undefined,
			proof: undefined,
			recentProof: undefined,
			progressMs: undefined,
			cores: 0,
		},
	);
	assert.equal((await look({wakes: 2}, undefined)).proof, undefined, 'nothing is known of its requests');
	assert.equal((await look({wakes: 2}, 'no_listener')).proof, 'receiving data, 2 wakeups/s');
	machine.processes = [];
	assert.equal(await measureWork(liveProcess(wallet), node, contextOn(machine), undefined), undefined, 'it has ended');
});
