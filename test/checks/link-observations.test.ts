import assert from 'node:assert/strict';
import {test} from 'node:test';
import {
	explainDaemonLink,
	observeWaitingLink,
	processUsageFacts,
	watchProcess,
} from '../../source/checks/daemon-link.js';
import type {OutgoingConnection, SocketTraffic} from '../../source/domain/daemon-link.js';
import type {Node} from '../../source/domain/node/node.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import {daemonScript, type Script, walletScript} from '../helpers/scripted-server.js';
import {
	ago,
	checksOn,
	contextOn,
	daemonAddress,
	liveProcess,
	type MachineChecks,
	type SimulatedMachine,
	type SimulatedProcess,
	simulatedMachine,
	walletAddress,
} from '../helpers/simulated-machine.js';
import {nodeFixture} from '../helpers/store-fixture.js';

/** What is learned from a wallet's connections, on a simulated machine. */

const node = nodeFixture('main', 1, {daemon: daemonAddress});
const link: OutgoingConnection = {address: '127.0.0.1', port: 18_081, state: 'established', inode: '5'};
const argv = ['monero-wallet-rpc', '--daemon-address', daemonAddress];

/** A wallet whose process has these connections; `undefined`: they are not visible. */
function walletWith(
	outgoing: readonly OutgoingConnection[] | undefined,
	more: Partial<SimulatedProcess> = {},
): SimulatedProcess {
	const descriptors = new Map(outgoing?.map(({inode}) => [inode, 19] as const));
	return {
		pid: 77,
		listens: [walletAddress],
		live: {argv},
		...(outgoing && {connections: {outgoing, isOwnNetwork: true, descriptors}}),
		...more,
	};
}

/** A node that is checked every 5 seconds; what its wallet does may be changed in between. */
function watched(
	wallet: SimulatedProcess = walletWith([link]),
	conditions: MachineChecks = {},
	definition: Node = node,
) {
	const replies: Script = walletScript(26);
	const daemon: Script = daemonScript();
	let reads = 0;
	const machine: SimulatedMachine = simulatedMachine({
		processes: [wallet],
		servers: {[walletAddress]: replies, [daemonAddress]: daemon},
	});
	machine.ports = {
		readProcessConnections: () => {
			reads += 1;
			return machine.processes[0]?.connections;
		},
	};
	const run = checksOn(machine, definition, conditions);
	const check = async (method: 'api' | 'full' = 'api', afterMs = 5000) => {
		const {details} = await run(method, afterMs);
		const {state, reason, link_state, link_peer, link_trouble, link_since, link_bytes_per_s} = details;
		return {state, reason, link_state, link_peer, link_trouble, link_since, link_bytes_per_s};
	};
	const states = async (count: number): Promise<string> => {
		const seen: string[] = [];
		for (let index = 0; index < count; index += 1) {
			seen.push((await check()).state);
		}

		return seen.join(' ');
	};
	const become = (outgoing: readonly OutgoingConnection[] | undefined, more: Partial<SimulatedProcess> = {}): void => {
		machine.processes = [walletWith(outgoing, more)];
	};
	return {machine, replies, daemon, check, states, become, readCount: () => reads};
}

/** The time this many seconds after the start. */
const after = (seconds: number): string => ago(-seconds);
const nothing = {
	link_state: undefined,
	link_peer: undefined,
	link_trouble: undefined,
	link_since: undefined,
	link_bytes_per_s: undefined,
};
const connected = {
	...nothing,
	state: 'up',
	reason: undefined,
	link_state: 'connected',
	link_peer: daemonAddress,
} as const;

test('the connections are read at the third check, and then every half minute', async () => {
	const {check, readCount} = watched();
	assert.deepEqual(await check(), {...nothing, state: 'up', reason: undefined}, 'the process was not looked for yet');
	assert.deepEqual(await check(), {...nothing, state: 'up', reason: undefined}, 'the process was just found');
	assert.equal(readCount(), 0);
	for (const [seconds, reads] of [
		[15, 1],
		[20, 1],
		[25, 1],
		[30, 1],
		[35, 1],
		[40, 1],
		[45, 2],
		[50, 2],
	] as const) {
		assert.deepEqual(await check(), {...connected, link_since: after(15)}, String(seconds));
		assert.equal(readCount(), reads, String(seconds));
	}
});

test('a full check reads them at once, and measures the traffic', async () => {
	const traffic = (receivedBytes: number): {traffic: Record<string, SocketTraffic>} => ({
		traffic: {5: {receivedBytes, sentBytes: 100, receivedMsAgo: 1, sentMsAgo: 1}},
	});
	const {check, become, readCount} = watched(walletWith([link], traffic(1000)));
	const first = {...connected, link_since: after(5)};
	assert.deepEqual(await check('full'), first);
	become([link], traffic(6000));
	assert.deepEqual(await check('full'), {...first, link_bytes_per_s: 1000});
	assert.equal(readCount(), 2);
	become([link], traffic(9000));
	assert.deepEqual(await check('full', 999), first, 'too short a time to measure');
	assert.deepEqual(await check('full', 1), {...first, link_bytes_per_s: 3000}, 'since the last measurement');
	become([link], traffic(12_000));
	assert.deepEqual(await check('full', 300_000), {...first, link_bytes_per_s: 10});
	become([link], traffic(15_000));
	assert.deepEqual(await check('full', 300_001), first, 'too long a time for a current rate');
	become([{...link, inode: '6'}], {traffic: {6: {receivedBytes: 500, sentBytes: 0, receivedMsAgo: 1, sentMsAgo: 1}}});
	assert.equal((await check('full', 5000)).link_bytes_per_s, undefined, 'another connection');
	assert.deepEqual(
		await check('api', 5000),
		{...connected, link_since: (await check('full')).link_since},
		'only in a full check',
	);
});

test('since when a connection has its state', async () => {
	const {check, become} = watched();
	assert.equal((await check('full')).link_since, after(5));
	assert.equal((await check('full')).link_since, after(5));
	become([{...link, resends: 2}]);
	assert.deepEqual(await check('full'), {...connected, link_state: 'retransmitting', link_since: after(15)});
	become([{...link, inode: '6', resends: 2}]);
	assert.equal((await check('full')).link_since, after(20), 'another connection');
	become([{...link, inode: '6', state: 'closed_by_peer'}]);
	assert.deepEqual(await check('full'), {...connected, link_state: 'closed', link_since: after(25)});
	become([]);
	assert.deepEqual(await check('full'), {
		...nothing,
		state: 'up',
		reason: undefined,
		link_state: 'none',
		link_since: after(30),
	});
});

test('a lost connection is reported after 18 s and three checks, with what the wallet tries', async () => {
	const {check, states, become} = watched();
	assert.equal(await states(6), 'up up up up up up');
	become([]);
	assert.equal(await states(4), 'up up up up');
	const lost = {
		...nothing,
		state: 'degraded',
		reason: `wallet has no connection to ${daemonAddress}`,
		link_trouble: 'lost',
	} as const;
	assert.deepEqual(await check(), {...lost, link_state: 'none', link_since: after(35)});
	become([{...link, state: 'connecting', inode: '9'}]);
	assert.deepEqual(await check(), {
		...lost,
		reason: `${lost.reason}, it tries to connect to ${daemonAddress}`,
		link_state: 'connecting',
		link_peer: daemonAddress,
		link_since: after(60),
	});
	become([{...link, inode: '10'}]);
	assert.deepEqual(await check(), {...connected, link_since: after(65)});
});

test('a wallet that keeps opening other connections may be without one', async () => {
	const {states, become, check} = watched();
	await states(4);
	for (const inode of ['6', '7']) {
		become([{...link, inode}]);
		assert.equal(await states(2), 'up up');
	}

	become([]);
	assert.equal(await states(12), Array.from({length: 12}, () => 'up').join(' '), 'it did not keep its last connection');
	become([{...link, inode: '8'}]);
	assert.equal(await states(9), Array.from({length: 9}, () => 'up').join(' '));
	become([]);
	assert.equal(await states(5), 'up up up up degraded', 'it kept that one for 40 s');
	become([{...link, inode: '9'}]);
	assert.equal((await check()).state, 'up');
});

test('a first connection counts as kept after 3 s, a later one after 40 s', async () => {
	const short = watched();
	await short.check('full');
	await short.check('api', 2999);
	short.become([]);
	assert.equal(await short.states(6), 'up up up up up up');
	const kept = watched();
	await kept.check('full');
	await kept.check('api', 3000);
	kept.become([]);
	assert.equal(await kept.states(6), 'up up up up degraded degraded');
});

test('a wallet that set_daemon moved is named with both daemons', async () => {
	const {check, states, become} = watched();
	await states(5);
	const elsewhere = {...link, address: '10.0.0.6', inode: '7'};
	become([elsewhere]);
	assert.equal(await states(4), 'up up up up');
	const {state, reason, link_state: linkState, link_trouble: trouble, link_peer: peer} = await check();
	assert.deepEqual([state, linkState, trouble, peer], ['degraded', 'other', 'moved', '10.0.0.6:18081']);
	assert.equal(
		reason,
		`wallet is connected to 10.0.0.6:18081, not to ${daemonAddress}: set_daemon has changed its daemon`,
	);
});

test('a problem of an earlier run continues, unless it is old or of another process', async () => {
	const process = {pid: 77, started_at: ago(3600), start_ticks: 7700};
	const before = (more: object = {}, processBefore: object = {}): NodeState =>
		({
			worked: true,
			worked_data: {
				method: 'api',
				state: 'degraded',
				message: 'x',
				url: 'x',
				latency_ms: 1,
				last_check: ago(10),
				link_trouble: 'lost',
				...more,
			},
			process: {...process, ...processBefore},
			process_seen_at: ago(10),
			last_answer: ago(10),
		}) as NodeState;
	const reasonOf = async (nodeState: NodeState, outgoing: readonly OutgoingConnection[] = []) =>
		(await watched(walletWith(outgoing), {nodeState}).check('full')).reason;
	const reason = `wallet has no connection to ${daemonAddress}`;
	assert.equal(await reasonOf(before()), reason);
	assert.equal(await reasonOf(before({last_check: ago(595)})), reason);
	assert.equal(await reasonOf(before({last_check: ago(596)})), undefined, 'more than ten minutes ago');
	assert.equal(await reasonOf(before({link_trouble: undefined})), undefined);
	assert.equal(await reasonOf(before({}, {start_ticks: 1})), undefined, 'another process');
	assert.equal(await reasonOf(before(), [link]), undefined, 'it is back');
	assert.match((await reasonOf(before({link_trouble: 'moved'}), [{...link, address: '10.0.0.6'}])) ?? '', /set_daemon/);
	const api = watched(walletWith([]), {nodeState: before()});
	assert.equal((await api.check()).reason, reason, 'also in the first api check');
});

test('nothing is read for wallets without need of a daemon, and nothing reported', async () => {
	const offline = watched(walletWith([], {live: {argv: [...argv, '--offline']}}));
	assert.equal(await offline.states(12), Array.from({length: 12}, () => 'up').join(' '));
	assert.equal((await offline.check('full')).link_state, undefined);
	const closed = watched(walletWith([]));
	closed.replies.get_height = {error: {code: -13, message: 'No wallet file'}};
	assert.equal((await closed.check('full')).link_state, undefined);
	assert.equal(closed.readCount() + offline.readCount(), 0);
	const hidden = watched(walletWith(undefined));
	assert.equal((await hidden.check('full')).link_state, undefined);
	assert.equal((await watched({...walletWith([]), is: 'hidden'}).check('full')).link_state, undefined);
	const unreadable = watched(walletWith([]));
	unreadable.machine.ports = {
		...unreadable.machine.ports,
		readWalletSetup: async () => ({config: {unreadable: 'permission denied', isGone: false}}),
	};
	const run = checksOn(unreadable.machine, node);
	assert.equal((await run('full')).details.link_state, undefined, 'its options may say offline');
});

test('a fault of the daemon explains a missing connection', async () => {
	const {states, become, daemon, check} = watched();
	await states(5);
	become([]);
	Object.assign(daemon, daemonScript({synchronized: false, target_height: 40}));
	await states(6);
	assert.deepEqual((await check()).reason, `daemon ${daemonAddress} is not synchronized, 14 blocks behind`);
	const gone = watched();
	await gone.states(5);
	gone.become([]);
	gone.machine.servers = {[walletAddress]: gone.replies};
	await gone.states(6);
	const {reason, link_trouble: trouble, link_state: state} = await gone.check();
	assert.deepEqual(
		[reason, trouble, state],
		[`daemon ${daemonAddress} does not answer: connection refused`, undefined, 'none'],
	);
});

test('what a process uses is sampled at most once a second, and known for a minute and a half', async () => {
	const machine = simulatedMachine({processes: [walletWith([link])]});
	const context = contextOn(machine);
	const look = (cpuMs: number | undefined, afterMs: number) => {
		machine.elapsedMs += afterMs;
		const live = liveProcess(walletWith([link]));
		return watchProcess(node, context, cpuMs === undefined ? live : {...live, cpuMs});
	};
	const memory = {memory_bytes: 33_554_432};
	assert.deepEqual((await look(1000, 0)).usage, {facts: memory, cpuMs: 1000, atMs: 1_000_000});
	assert.deepEqual(processUsageFacts(node, context), memory);
	assert.deepEqual((await look(1900, 999)).usage, {facts: memory, cpuMs: 1000, atMs: 1_000_000}, 'too soon');
	assert.deepEqual((await look(1260, 1)).usage, {facts: {...memory, cpu_cores: 0.26}, cpuMs: 1260, atMs: 1_001_000});
	assert.deepEqual((await look(1250, 1000)).usage?.facts, {...memory, cpu_cores: 0}, 'never negative');
	assert.deepEqual((await look(undefined, 1000)).usage?.facts, memory, 'unknown');
	assert.deepEqual((await look(1255, 3000)).usage?.facts, memory, 'not known before');
	assert.deepEqual((await look(1266, 3000)).usage?.facts, {...memory, cpu_cores: 0}, 'rounded to a hundredth');
	machine.elapsedMs += 90_000;
	assert.deepEqual(processUsageFacts(node, context), {...memory, cpu_cores: 0});
	machine.elapsedMs += 1;
	assert.deepEqual(processUsageFacts(node, context), {});
	assert.deepEqual(processUsageFacts(nodeFixture('other', 2), context), {});
});

test('a watch is of one process', async () => {
	const machine = simulatedMachine();
	const context = contextOn(machine);
	const live = liveProcess(walletWith([link]));
	const watch = await watchProcess(node, context, live);
	assert.deepEqual(watch.process, {pid: 77, started_at: ago(3600), start_ticks: 7700});
	assert.equal(await watchProcess(node, context, live), watch);
	assert.notEqual(await watchProcess(node, context, {...live, start_ticks: 1}), watch);
	const unstored = nodeFixture('x', 0, {port: 18_090});
	const unstoredWatch = await watchProcess(unstored, context, live);
	assert.equal(await watchProcess(nodeFixture('y', 0, {port: 18_090}), context, live), unstoredWatch);
	assert.notEqual(await watchProcess(nodeFixture('z', 0, {port: 18_091}), context, live), unstoredWatch);
	assert.deepEqual([...context.watches.keys()], [1, -18_090, -18_091]);
});

const traffic = (more: Partial<SocketTraffic> = {}): SocketTraffic => ({
	receivedBytes: 1000,
	sentBytes: 100,
	receivedMsAgo: 30_000,
	sentMsAgo: 40_000,
	...more,
});

/** The connections of a wallet that has not answered for a minute. */
async function waiting(
	outgoing: readonly OutgoingConnection[] | undefined,
	byInode: Readonly<Record<string, SocketTraffic>> = {},
	{
		nodeState = {},
		definition = node,
		live = {argv},
	}: {nodeState?: NodeState; definition?: Node; live?: SimulatedProcess['live']} = {},
) {
	const wallet = walletWith(outgoing, {traffic: byInode, ...(live && {live})});
	return observeWaitingLink(
		definition,
		contextOn(simulatedMachine({processes: [wallet]}), {nodeState}),
		liveProcess(wallet),
		60_000,
	);
}

const facts = {link_state: 'connected', link_peer: daemonAddress} as const;

test('a wallet that does not answer: what it last received, and what it waits for', async () => {
	assert.deepEqual(await waiting([link], {5: traffic()}), {
		facts,
		received: {msAgo: 30_000, isAwaited: true, text: `received data from ${daemonAddress} 30 s ago`},
		waitsFor: `no data from ${daemonAddress} for 30 s`,
	});
	assert.deepEqual(await waiting([link], {5: traffic({receivedMsAgo: 999})}), {
		facts,
		received: {msAgo: 999, isAwaited: true, text: `receiving data from ${daemonAddress}`},
		waitsFor: `no data from ${daemonAddress} for 0 s`,
	});
	assert.match(
		(await waiting([link], {5: traffic({receivedMsAgo: 1000})}))?.received?.text ?? '',
		/^received data from .* 1 s ago$/,
	);
	assert.deepEqual(await waiting([link], {5: traffic({sentMsAgo: 20_000})}), {
		facts,
		received: {msAgo: 30_000, isAwaited: true, text: `received data from ${daemonAddress} 30 s ago`},
		waitsFor: `waiting for ${daemonAddress}, which has sent nothing for 30 s`,
	});
	assert.equal(
		(await waiting([link], {5: traffic({sentMsAgo: 30_000})}))?.waitsFor,
		`no data from ${daemonAddress} for 30 s`,
	);
});

test('data from before the silence is awaited only if it came after the last answer and nothing was asked since', async () => {
	const isAwaited = async (more: Partial<SocketTraffic>, lastAnswer?: string) =>
		(await waiting([link], {5: traffic(more)}, {nodeState: lastAnswer === undefined ? {} : {last_answer: lastAnswer}}))
			?.received?.isAwaited;
	assert.equal(await isAwaited({receivedMsAgo: 59_999}, ago(1)), true, 'during the silence');
	assert.equal(await isAwaited({receivedMsAgo: 60_000, sentMsAgo: 70_000}, ago(60)), false, 'before the last answer');
	assert.equal(await isAwaited({receivedMsAgo: 60_000, sentMsAgo: 70_000}, ago(61)), true);
	assert.equal(await isAwaited({receivedMsAgo: 60_000, sentMsAgo: 50_000}, ago(61)), false, 'it has asked since');
	assert.equal(await isAwaited({receivedMsAgo: 60_000, sentMsAgo: 70_000}), true, 'it has never answered');
});

test('a wallet that has received nothing waits for its daemon', async () => {
	const finding = await waiting([link], {5: traffic({receivedBytes: 0, receivedMsAgo: 90_000})});
	assert.deepEqual(finding?.facts, facts);
	assert.deepEqual([finding?.received?.msAgo, finding?.received?.isAwaited], [Number.POSITIVE_INFINITY, false]);
	assert.equal(finding?.waitsFor, `waiting for ${daemonAddress}, which has sent nothing for 1 m 30 s`);
});

test('a peer that does not acknowledge, or does not accept, is waited for', async () => {
	assert.deepEqual(await waiting([{...link, resends: 3}], {5: traffic()}), {
		facts: {...facts, link_state: 'retransmitting'},
		received: {msAgo: 30_000, isAwaited: true, text: `received data from ${daemonAddress} 30 s ago`},
		waitsFor: `waiting for ${daemonAddress}, which does not acknowledge what is sent to it`,
	});
	const connecting = await waiting([{...link, state: 'connecting'}], {5: traffic()});
	assert.deepEqual(connecting?.facts, {...facts, link_state: 'connecting'});
	assert.equal(connecting?.waitsFor, `trying to connect to ${daemonAddress}, which does not answer`);
	assert.deepEqual([connecting?.received?.msAgo, connecting?.received?.isAwaited], [Number.POSITIVE_INFINITY, false]);
	assert.deepEqual(await waiting([]), {facts: {link_state: 'none'}});
	assert.deepEqual(await waiting([link]), {facts}, 'its traffic is unknown');
	assert.equal(await waiting(undefined), undefined);
});

test('the connection that received data last counts, of at most eight', async () => {
	const other = {...link, inode: '6', address: '10.0.0.7'};
	const both = {5: traffic({receivedMsAgo: 40_000}), 6: traffic({receivedMsAgo: 20_000})};
	assert.match((await waiting([link, other], both))?.received?.text ?? '', /from 10\.0\.0\.7:18081 20 s ago$/);
	assert.match((await waiting([other, link], both))?.received?.text ?? '', /from 10\.0\.0\.7:18081 20 s ago$/);
	const empty = {5: traffic({receivedMsAgo: 40_000}), 6: traffic({receivedBytes: 0, receivedMsAgo: 1000})};
	assert.match((await waiting([other, link], empty))?.received?.text ?? '', /from 127\.0\.0\.1:18081 40 s ago$/);
	const many = Array.from({length: 9}, (_, index) => ({...link, inode: String(index)}));
	assert.deepEqual(await waiting(many, {8: traffic()}), {facts}, 'the ninth');
	assert.notEqual((await waiting(many, {7: traffic()}))?.received, undefined);
	const trying: readonly OutgoingConnection[] = [{...link, state: 'connecting', inode: 'x'}, ...many];
	assert.notEqual((await waiting(trying, {7: traffic()}))?.received, undefined, 'one that is not open does not count');
});

test('the daemon of the node counts, else that of the options of its process', async () => {
	const {daemon: _, ...plain} = node;
	const inOptions = await waiting([link], {5: traffic()}, {definition: plain});
	assert.deepEqual(inOptions?.facts, facts);
	const live = {argv: ['monero-wallet-rpc', '--daemon-address', '10.0.0.7:18081']};
	assert.deepEqual((await waiting([link], {}, {definition: plain, live}))?.facts, {...facts, link_state: 'other'});
	assert.deepEqual((await waiting([link], {}, {live}))?.facts, facts, 'the node names it');
	const proxied = {argv: [...argv, '--proxy', '127.0.0.1:9050']};
	const throughProxy = await waiting([{...link, address: '127.0.0.1', port: 9050}], {}, {live: proxied});
	assert.deepEqual(throughProxy?.facts, {link_state: 'connected', link_peer: '127.0.0.1:9050'});
});

test('the traffic of a waiting wallet is measured between two checks', async () => {
	const machine = simulatedMachine({processes: [walletWith([link], {traffic: {5: traffic()}})]});
	const context = contextOn(machine);
	const look = () => observeWaitingLink(node, context, liveProcess(walletWith([link])), 60_000);
	assert.equal((await look())?.facts.link_bytes_per_s, undefined);
	machine.elapsedMs += 2000;
	machine.processes = [
		walletWith([link], {traffic: {5: traffic({receivedBytes: 5000, sentBytes: 300, receivedMsAgo: 32_000})}}),
	];
	assert.deepEqual(
		await look().then(finding => [finding?.facts.link_bytes_per_s, finding?.received?.msAgo]),
		[2100, 32_000],
	);
	machine.elapsedMs += 2000;
	machine.processes = [walletWith([{...link, inode: '6'}], {traffic: {6: traffic({receivedBytes: 0})}})];
	assert.equal((await look())?.received?.msAgo, 34_000, 'an earlier connection has brought data');
});

test('why a stalled wallet does not read blocks', async () => {
	const explain = (wallet: SimulatedProcess, daemon = daemonAddress) =>
		explainDaemonLink(node, contextOn(simulatedMachine({processes: [wallet]})), daemon);
	assert.equal(
		await explain(walletWith([link])),
		'the wallet is connected to its daemon, so its automatic refresh is probably off',
	);
	assert.equal(
		await explain(walletWith([{...link, port: 9050}], {live: {argv: [...argv, '--proxy=127.0.0.1:9050']}})),
		'the wallet is connected to 127.0.0.1:9050, through a proxy',
	);
	assert.equal(await explain(walletWith([])), 'the wallet is not connected to a daemon');
	assert.equal(await explain(walletWith(undefined)), undefined);
	assert.equal(await explain({...walletWith([link]), is: 'hidden'}), undefined);
	assert.equal(await explain(walletWith([link]), 'no address'), undefined);
});
