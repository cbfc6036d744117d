import assert from 'node:assert/strict';
import {test} from 'node:test';
import {
	askDaemonInfo,
	createBlockHashAsker,
	daemonCheckEndpoint,
	daemonCheckEndpoints,
	nodeEndpoint,
	reachableDaemon,
	unreachableDaemonFacts,
} from '../../source/checks/ask-daemon.js';
import {createDaemonCache, type DaemonCacheOptions} from '../../source/checks/daemon-cache.js';
import {ChainRecords} from '../../source/checks/fork-detection.js';
import type {Node} from '../../source/domain/node/node.js';
import type {CallOptions, NoAnswerCause, RpcEndpoint, RpcOutcome} from '../../source/domain/ports.js';
import {daemonScript, recordedResult, type Script} from '../helpers/scripted-server.js';
import {machinePorts, machineStartMs, type SimulatedMachine, simulatedMachine} from '../helpers/simulated-machine.js';
import {nodeFixture} from '../helpers/store-fixture.js';

/** How daemons are asked: where, with which login and TLS, how often, and what is concluded from the answers. */

const address = 'd.example:18081';
const endpoint: RpcEndpoint = {host: 'd.example', port: 18_081, path: '/json_rpc', program: 'daemon'};
const options: CallOptions = {timeoutMs: 3000};
const result: RpcOutcome = {kind: 'result', result: {}, latencyMs: 5};
const unanswered = (cause: NoAnswerCause, latencyMs = 5): RpcOutcome => ({
	kind: 'no_answer',
	cause,
	error: cause,
	latencyMs,
});

/** Asks a daemon that gives one outcome without TLS and another with it. */
async function ask(
	plain: RpcOutcome,
	overTls: RpcOutcome,
	{at = endpoint, known = false}: {at?: RpcEndpoint; known?: boolean} = {},
) {
	const calls: string[] = [];
	const speakTls = new Set(known ? [address] : []);
	const answer = await askDaemonInfo(at, options, {
		daemon: address,
		speakTls,
		callRpc: async (called, method, {timeoutMs}) => {
			calls.push(`${called.tls ? `https ${JSON.stringify(called.tls)}` : 'http'} ${method} ${timeoutMs}`);
			return called.tls ? overTls : plain;
		},
	});
	return {outcome: answer.outcome, tls: answer.endpoint.tls, calls, isRemembered: speakTls.has(address)};
}

test('a daemon is asked without TLS first, and with TLS if it hangs up', async () => {
	assert.deepEqual(await ask(result, result), {
		outcome: result,
		tls: undefined,
		calls: ['http get_info 3000'],
		isRemembered: false,
	});
	for (const cause of ['closed', 'reset', 'truncated', 'not_http'] as const) {
		assert.deepEqual(await ask(unanswered(cause), result), {
			outcome: result,
			tls: {},
			calls: ['http get_info 3000', 'https {} get_info 2995'],
			isRemembered: true,
		});
	}

	const bad: RpcOutcome = {kind: 'http_error', statusCode: 400, statusText: 'Bad Request', latencyMs: 5};
	assert.equal((await ask(bad, result)).outcome, result);
	for (const other of [{...bad, statusCode: 401}, unanswered('timeout'), unanswered('refused')]) {
		const {outcome, calls} = await ask(other, result);
		assert.deepEqual([outcome, calls.length], [other, 1]);
	}

	assert.deepEqual((await ask(unanswered('closed', 4000), result)).calls, [
		'http get_info 3000',
		'https {} get_info 1',
	]);
});

test('an answer over TLS counts, a failure does not', async () => {
	const closed = unanswered('closed');
	for (const cause of ['tls_untrusted', 'tls_fingerprint', 'tls_ca_unreadable'] as const) {
		const {outcome, isRemembered} = await ask(closed, unanswered(cause));
		assert.deepEqual([outcome, isRemembered], [unanswered(cause), true], cause);
	}

	for (const cause of ['tls_not_spoken', 'closed', 'timeout', 'tls_expired'] as const) {
		const {outcome, tls, isRemembered} = await ask(closed, unanswered(cause));
		assert.deepEqual([outcome, tls, isRemembered], [closed, undefined, false], cause);
	}

	const refused: RpcOutcome = {kind: 'login_refused', refusal: 'none_given', latencyMs: 5};
	assert.equal((await ask(closed, refused)).outcome, refused);
});

test('a daemon known to use TLS is asked with it until it no longer does', async () => {
	const again = (overTls: RpcOutcome, plain = result) => ask(plain, overTls, {known: true});
	assert.deepEqual((await again(result)).calls, ['https {} get_info 3000']);
	for (const cause of ['timeout', 'refused', 'tls_untrusted', 'tls_expired'] as const) {
		const {outcome, tls, calls, isRemembered} = await again(unanswered(cause));
		assert.deepEqual([outcome, tls, calls.length, isRemembered], [unanswered(cause), {}, 1, true], cause);
	}

	for (const cause of ['closed', 'reset', 'truncated', 'not_http', 'tls_not_spoken'] as const) {
		const {outcome, tls, isRemembered} = await again(unanswered(cause));
		assert.deepEqual([outcome, tls, isRemembered], [result, undefined, false], cause);
	}
});

test('an address that says https is asked with TLS only', async () => {
	const at = {...endpoint, tls: {fingerprint: 'ab'}};
	const {outcome, tls, calls} = await ask(result, unanswered('closed'), {at});
	assert.deepEqual([outcome, tls, calls.length], [unanswered('closed'), at.tls, 1]);
	const local = await ask(unanswered('closed'), result, {at: {...endpoint, host: '127.0.0.1'}});
	assert.deepEqual(local.tls, {insecure: true}, 'a daemon of this machine');
});

test('block hashes are asked once each, and a refusal is told from silence', async () => {
	const calls: unknown[] = [];
	let outcome: RpcOutcome = {
		kind: 'result',
		result: {block_header: {hash: 'A'.repeat(64)}, status: 'OK'},
		latencyMs: 1,
	};
	const askAll = () =>
		createBlockHashAsker(
			{
				callRpc: async (called, method, {timeoutMs}, params) => {
					calls.push([called.host, method, timeoutMs, params]);
					return outcome;
				},
			},
			new Map([[address, endpoint]]),
			options,
		);
	const hashOf = askAll();
	assert.equal(await hashOf(address, 7), 'a'.repeat(64));
	assert.equal(await hashOf(address, 7), 'a'.repeat(64));
	assert.equal(await hashOf('other:1', 7), undefined);
	assert.deepEqual(calls, [['d.example', 'get_block_header_by_height', 3000, {height: 7}]]);
	await hashOf(address, 8);
	assert.equal(calls.length, 2);
	const answerTo = async (given: RpcOutcome) => {
		outcome = given;
		return askAll()(address, 7);
	};
	const http = (statusCode: number): RpcOutcome => ({kind: 'http_error', statusCode, statusText: '', latencyMs: 1});
	assert.equal(
		await answerTo({kind: 'rpc_error', code: -32_601, message: 'Method not found', latencyMs: 1}),
		'refused',
	);
	assert.equal(await answerTo({kind: 'rpc_error', code: -2, message: 'too high', latencyMs: 1}), undefined);
	for (const [code, expected] of [
		[399, undefined],
		[400, 'refused'],
		[499, 'refused'],
		[500, undefined],
	] as const) {
		assert.equal(await answerTo(http(code)), expected, String(code));
	}

	assert.equal(await answerTo(unanswered('timeout')), undefined);
});

test('which daemon of a node can be reached', () => {
	assert.equal(reachableDaemon({daemon: address}), address);
	assert.equal(reachableDaemon({}), undefined);
	assert.equal(reachableDaemon({daemon: 'none'}), undefined);
	const onion = `${'a'.repeat(56)}.onion:18081`;
	assert.equal(reachableDaemon({daemon: onion}), undefined);
	assert.equal(reachableDaemon({daemon: onion, daemon_proxy: 'socks5h://127.0.0.1:9050'}), onion);
	assert.equal(reachableDaemon(nodeFixture('d', 1, {kind: 'daemon', port: 18_081})), '127.0.0.1:18081');
	assert.equal(reachableDaemon(nodeFixture('w', 1, {daemon: address})), address);
	assert.deepEqual(unreachableDaemonFacts({daemon: address}), {});
	assert.deepEqual(unreachableDaemonFacts({}), {});
	assert.deepEqual(Object.keys(unreachableDaemonFacts({daemon: onion})), ['daemon', 'daemon_note']);
	assert.deepEqual(unreachableDaemonFacts({daemon: onion, daemon_proxy: 'socks5h://127.0.0.1:9050'}), {});
});

test('nodes that share a daemon share the first login, TLS configuration and proxy given for it', () => {
	const endpointOf = (...nodes: ReadonlyArray<Partial<Node>>) =>
		daemonCheckEndpoints(
			nodes.map((more, index) => nodeFixture(`n${index}`, index + 1, {daemon: address, ...more})),
		).get(address);
	assert.deepEqual(endpointOf({}), endpoint);
	const login = {daemon_username: 'u', daemon_password_env: 'P'};
	const sent = {login: {username: 'u', password_env: 'P'}};
	assert.deepEqual(endpointOf({}, login, {daemon_username: 'other'}), {...endpoint, ...sent});
	const tls = {daemon_tls: {fingerprint: 'ab'}};
	assert.deepEqual(endpointOf(login, {}, tls, {daemon_tls: {fingerprint: 'cd'}}), {
		...endpoint,
		...sent,
		tls: tls.daemon_tls,
	});
	const proxy = {daemon_proxy: 'socks5h://127.0.0.1:9050'};
	const {proxy: used, ...rest} = endpointOf({}, proxy, {daemon_proxy: 'socks5h://127.0.0.1:9'}) ?? endpoint;
	assert.deepEqual([used?.host, used?.port, rest], ['127.0.0.1', 9050, endpoint]);
	assert.deepEqual(endpointOf({...login, daemon_password_env: undefined as never, daemon_password_file: '/p'})?.login, {
		username: 'u',
		password_file: '/p',
	});
	assert.equal(daemonCheckEndpoints([nodeFixture('n', 1), nodeFixture('m', 2, {daemon: 'none'})]).size, 0);
});

test('a daemon that is a node itself is asked by its own definition, unless only a wallet has its login', () => {
	const own: Partial<Node> = {kind: 'daemon', host: 'd.example', port: 18_081};
	const endpointOf = (...nodes: ReadonlyArray<Partial<Node>>) =>
		daemonCheckEndpoints(nodes.map((more, index) => nodeFixture(`n${index}`, index + 1, more))).get(address);
	const wallet = {daemon: address, daemon_username: 'w', daemon_password_env: 'W'};
	assert.deepEqual(endpointOf(own, {daemon: address}), endpoint);
	const proxied = endpointOf({daemon: address}, {...own, proxy: 'socks5h://127.0.0.1:9050'});
	assert.equal(proxied?.proxy?.port, 9050);
	assert.deepEqual(endpointOf(own, wallet)?.login, {username: 'w', password_env: 'W'});
	assert.deepEqual(endpointOf({...own, username: 'o', password: 'p'}, wallet)?.login, {username: 'o', password: 'p'});
});

test('the endpoints of a wallet and of an https daemon', () => {
	assert.deepEqual(nodeEndpoint(nodeFixture('n', 1)), {
		host: '127.0.0.1',
		port: 18_088,
		path: '/json_rpc',
		program: 'wallet',
	});
	const fields = {username: 'u', password: 'p', proxy: 'socks5h://127.0.0.1:9050', tls: {insecure: true}} as const;
	const {proxy, ...rest} = nodeEndpoint(nodeFixture('n', 1, fields));
	assert.deepEqual(rest, {
		host: '127.0.0.1',
		port: 18_088,
		path: '/json_rpc',
		program: 'wallet',
		tls: {insecure: true},
		login: {username: 'u', password: 'p'},
	});
	assert.equal(proxy?.port, 9050);
	assert.deepEqual(nodeEndpoint(nodeFixture('n', 1, {login_file: '/l'})).login, {login_file: '/l'});
	assert.deepEqual(nodeEndpoint(nodeFixture('n', 1, {login_config: '/c'})).login, {login_config: '/c'});
	const node = nodeFixture('n', 1);
	assert.deepEqual(daemonCheckEndpoint('https://d.example:18081', node).tls, {});
	assert.deepEqual(daemonCheckEndpoint('https://127.0.0.1:18081', node).tls, {insecure: true});
	assert.deepEqual(daemonCheckEndpoint(address, {...node, daemon_tls: {}}).tls, {});
	assert.equal(daemonCheckEndpoint(address, node).tls, undefined);
	assert.deepEqual(daemonCheckEndpoint('127.0.0.1:18081', {...node, daemon_tls: {fingerprint: 'ab'}}).tls, {
		fingerprint: 'ab',
	});
});

/** A cache for one cycle after the other; what is kept between cycles is shared. */
function caches(nodes: readonly Node[], servers: SimulatedMachine['servers'], more: Partial<DaemonCacheOptions> = {}) {
	const machine = simulatedMachine({servers});
	const kept = {
		silent: new Set<string>(),
		speakTls: new Set<string>(),
		lastBlocks: new Map(),
		chains: new ChainRecords(),
	};
	const open = () =>
		createDaemonCache({
			ports: machinePorts(machine),
			nodes,
			timeoutMs: 3000,
			maxLag: 3,
			maxBlockAgeMs: 1_800_000,
			...kept,
			...more,
		});
	return {machine, kept, open};
}

const one = '127.0.0.1:18081';
const two = '127.0.0.1:18082';
const nodes = [nodeFixture('a', 1, {daemon: one}), nodeFixture('b', 2, {daemon: two})];
const [first = nodeFixture('a', 1), second = first] = nodes;
const mainnet = {nettype: 'mainnet', offline: false, outgoing_connections_count: 8};
const blockAt = (secondsAgo: number): Script => ({
	get_last_block_header: {result: {block_header: {timestamp: machineStartMs / 1000 - secondsAgo}, status: 'OK'}},
});

test('a daemon is asked once per cycle, by whoever comes first', async () => {
	const {machine, open} = caches(nodes, {[one]: daemonScript(), [two]: daemonScript()});
	const cache = open();
	const [observation, again] = await Promise.all([cache.observe(first), cache.observe({...first, id: 3})]);
	assert.equal(observation, again);
	assert.equal(observation?.facts.daemon_height, 26);
	assert.deepEqual(machine.calls, [`${one} get_info`]);
	assert.equal(await cache.tip('fakechain'), 26);
	assert.equal(await cache.tip('mainnet'), undefined);
	assert.deepEqual(await cache.standing(one), {tipHeight: 26});
	assert.equal(await cache.standing('other:1'), undefined);
	assert.equal(await cache.clock(one), undefined);
	assert.deepEqual(machine.calls, [`${one} get_info`, `${two} get_info`]);
	assert.equal(await cache.observe(nodeFixture('x', 9)), undefined, 'without a daemon');
	await open().observe(first);
	assert.equal(machine.calls.length, 3);
});

test('a daemon that was silent is asked, but not waited for', async () => {
	const {machine, kept, open} = caches(nodes, {[one]: daemonScript(), [two]: {get_info: undefined}});
	assert.equal(await open().tip('fakechain'), 26);
	assert.deepEqual([...kept.silent], [two]);
	let answer: (outcome: RpcOutcome) => void = () => undefined;
	const late = new Promise<RpcOutcome>(resolve => {
		answer = resolve;
	});
	const {callRpc} = machinePorts(machine);
	machine.ports = {callRpc: (at, ...rest) => (at.port === 18_082 ? late : callRpc(at, ...rest))};
	const cache = open();
	assert.equal(await cache.tip('fakechain'), 26);
	answer({kind: 'result', result: recordedResult('monerod_get_info.http'), latencyMs: 1});
	assert.equal((await cache.observe(second))?.facts.daemon_height, 26);
	assert.deepEqual([...kept.silent], []);
});

test('the time of the last block is asked once per block, not of a regtest chain or one that still syncs', async () => {
	const {machine, kept, open} = caches([first], {[one]: {...daemonScript(mainnet), ...blockAt(100)}});
	const observe = async () => (await open().observe(first))?.facts.block_age_s;
	const headers = () => machine.calls.filter(call => call.endsWith('get_last_block_header')).length;
	assert.deepEqual([await observe(), headers()], [100, 1]);
	machine.nowMs += 60_000;
	assert.deepEqual([await observe(), headers()], [160, 1]);
	machine.servers = {[one]: {...daemonScript({...mainnet, height: 27}), ...blockAt(-50)}};
	assert.deepEqual([await observe(), headers()], [10, 2]);
	assert.deepEqual(kept.lastBlocks.get(one), {height: 27, timeS: machineStartMs / 1000 + 50});
	machine.servers = {[one]: {...daemonScript({...mainnet, height: 28, synchronized: false}), ...blockAt(0)}};
	assert.deepEqual([await observe(), headers()], [undefined, 2]);
	machine.servers = {[one]: {...daemonScript(), ...blockAt(0)}};
	assert.deepEqual([await observe(), headers()], [undefined, 2]);
	machine.servers = {[one]: daemonScript({...mainnet, height: 29})};
	assert.deepEqual([await observe(), headers()], [undefined, 3]);
	assert.deepEqual(kept.lastBlocks.get(one), {height: 29});
	assert.deepEqual([await observe(), headers()], [undefined, 3], 'not asked again for the same block');
});

test('how a daemon was reached: with TLS or not, with or without a login', async () => {
	const factsOf = async (server: Script | RpcOutcome, more: Partial<Node> = {}) => {
		const node = {...first, ...more};
		const {open} = caches([node], {[one]: server});
		const {tls, login} = (await open().observe(node))?.facts ?? {};
		return {tls, login};
	};
	const info = recordedResult('monerod_get_info.http');
	assert.deepEqual(await factsOf(daemonScript()), {tls: false, login: 'none'});
	assert.deepEqual(await factsOf({kind: 'result', result: info, isLoggedIn: true, latencyMs: 1}), {
		tls: false,
		login: 'accepted',
	});
	assert.deepEqual(await factsOf(daemonScript(), {daemon_tls: {insecure: true}}), {tls: true, login: 'none'});
	const refused = (refusal: 'none_given' | 'wrong' | 'unreadable'): RpcOutcome => ({
		kind: 'login_refused',
		refusal,
		latencyMs: 1,
	});
	assert.deepEqual(await factsOf(refused('none_given')), {tls: false, login: 'missing'});
	assert.deepEqual(await factsOf(refused('wrong')), {tls: false, login: 'refused'});
	assert.deepEqual(await factsOf(refused('unreadable')), {tls: false, login: undefined});
	assert.deepEqual(await factsOf(unanswered('refused')), {tls: undefined, login: undefined});
});

test('the clock of a daemon is compared at the middle of the request, by the second', async () => {
	const answer = (aheadMs: number, latencyMs = 0): RpcOutcome => ({
		kind: 'result',
		result: recordedResult('monerod_get_info.http', mainnet),
		serverTimeMs: machineStartMs + aheadMs,
		latencyMs,
	});
	const clocks = async (...answers: readonly RpcOutcome[]) => {
		const [a, b, c] = answers;
		const far = ['10.0.0.1:18081', '10.0.0.2:18081', '10.0.0.3:18081'] as const;
		const servers = {
			[far[0]]: a ?? unanswered('refused'),
			[far[1]]: b ?? unanswered('refused'),
			[far[2]]: c ?? unanswered('refused'),
		};
		const all = far.map((daemon, index) => nodeFixture(`n${index}`, index + 1, {daemon}));
		const {open} = caches(all, servers);
		const cache = open();
		const ahead = await Promise.all(all.map(async node => (await cache.observe(node))?.facts.clock_ahead_s));
		return {ahead, verdicts: await Promise.all(far.map(daemon => cache.clock(daemon)))};
	};
	const {ahead} = await clocks(answer(-500), answer(119_500, 2000), answer(-60_600));
	assert.deepEqual(ahead, [0, 121, -60]);
	const {verdicts} = await clocks(answer(-500), answer(199_500), answer(-500));
	assert.deepEqual(verdicts, [undefined, {whose: 'daemon', aheadMs: 200_000}, undefined]);
	const own = await clocks(answer(199_500), answer(199_500));
	assert.deepEqual(own.verdicts.slice(0, 2), [
		{whose: 'own', aheadMs: -200_000},
		{whose: 'own', aheadMs: -200_000},
	]);
});

test('the age of a last block is counted by the clock that fits it, and the older age may clear a daemon that lacks blocks', async () => {
	const info = (height: number) =>
		recordedResult('monerod_get_info.http', {...mainnet, height, top_block_hash: 'ab'.repeat(32)});
	const withBlock = (height: number, aheadMs: number, secondsAgo: number) => ({
		height,
		reply: (method: string): RpcOutcome => ({
			kind: 'result',
			result:
				method === 'get_info'
					? info(height)
					: {block_header: {timestamp: machineStartMs / 1000 - secondsAgo}, status: 'OK'},
			latencyMs: 0,
			...(method === 'get_info' ? {serverTimeMs: machineStartMs + aheadMs - 500} : {}),
		}),
	});
	const daemon = withBlock(100, 7200_000, -7000);
	const {machine, open} = caches([first], {});
	machine.ports = {callRpc: async (_, method) => daemon.reply(method)};
	assert.equal((await open().observe(first))?.facts.block_age_s, 200);
});

test('a daemon that answered in an earlier run, and a stopped cycle, are passed to the call', async () => {
	const seen: CallOptions[] = [];
	const {signal} = new AbortController();
	const {machine, open} = caches([first], {}, {answeredBefore: new Set([one]), signal});
	machine.ports = {
		callRpc: async (_, __, given) => {
			seen.push(given);
			return unanswered('timeout');
		},
	};
	await open().observe(first);
	await open().observe(second);
	assert.deepEqual(seen, [
		{timeoutMs: 3000, answeredBefore: true, signal},
		{timeoutMs: 3000, answeredBefore: false, signal},
	]);
});

test('a daemon that passes on the answers of another is no measure of the highest block', async () => {
	const bootstrap = {
		...mainnet,
		height: 500,
		height_without_bootstrap: 100,
		was_bootstrap_ever_used: true,
		bootstrap_daemon_address: 'x:1',
	};
	const {open} = caches(nodes, {[one]: daemonScript(bootstrap), [two]: daemonScript({...mainnet, height: 200})});
	const cache = open();
	assert.deepEqual([await cache.tip('mainnet'), await cache.standing(one)], [200, undefined]);
});
