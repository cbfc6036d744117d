import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {Node} from '../../source/domain/node/node.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import type {Ports, RpcOutcome} from '../../source/domain/ports.js';
import {daemonScript} from '../helpers/scripted-server.js';
import {
	ago,
	checkMain,
	daemonAddress,
	type SimulatedMachine,
	walletAddress,
	walletIdentity,
	walletProcess,
} from '../helpers/simulated-machine.js';

/** Which hint a full check gives, by what it found; on a simulated machine. */

/** The hint of a full check. */
async function hintOf(
	machine: Partial<SimulatedMachine>,
	node?: Partial<Node>,
	nodeState: NodeState = {},
): Promise<string> {
	return (await checkMain('full', machine, node, {nodeState})).details.hint ?? '';
}

test('hints depend on what is known of the process', async () => {
	const refused: RpcOutcome = {kind: 'login_refused', refusal: 'none_given', latencyMs: 2};
	const locked = {processes: [walletProcess], servers: {[walletAddress]: refused}};
	const searches: Array<readonly [number, number]> = [];
	const findLoginFile: Ports['findLoginFile'] = async (pid, port) => {
		searches.push([pid, port]);
		return {kind: 'readable', path: '/srv/monero-wallet-rpc.18088.login'};
	};
	assert.match(
		await hintOf({...locked, ports: {findLoginFile}}),
		/--login-file \/srv\/monero-wallet-rpc\.18088\.login$/,
	);
	assert.deepEqual(searches, [[77, 18_088]]);
	assert.match(
		await hintOf({servers: {[walletAddress]: refused}, ports: {findLoginFile}}),
		/in the folder the wallet was started in/,
	);
	assert.deepEqual(searches.length, 1, 'its process is not visible');
	assert.match(
		await hintOf({
			processes: [walletProcess],
			servers: {[walletAddress]: {get_version: {error: {code: -1, message: 'x'}}}},
		}),
		/^Another service answers there/,
	);
	const closed: RpcOutcome = {kind: 'no_answer', cause: 'closed', error: 'closed', latencyMs: 1};
	assert.match(
		await hintOf({processes: [walletProcess], servers: {[walletAddress]: closed}}),
		/^The connection is closed immediately: the wallet may speak only https/,
	);
	const answered: NodeState = {last_answer: ago(600), process: walletIdentity};
	assert.match(
		await hintOf({processes: [walletProcess], servers: {[walletAddress]: closed}}, {daemon: daemonAddress}, answered),
		/^The connection is closed immediately by a wallet that has answered before/,
	);
	const restarted: NodeState = {...answered, process: {pid: 76, started_at: ago(9000), start_ticks: 7600}};
	assert.match(
		await hintOf({processes: [walletProcess], servers: {[walletAddress]: closed}}, {daemon: daemonAddress}, restarted),
		/^The connection is closed immediately: the wallet may speak only https/,
	);
});

test('a hint names the log of a visible process, and where it runs', async () => {
	const silent = {[walletAddress]: {get_version: undefined}};
	const walletLogFile: Ports['walletLogFile'] = ({pid}) => `/var/log/wallet-${pid}.log`;
	const work = {counters: {cpu_ms: 10}, runnable: false, waitsForDisk: false};
	const idle = {processes: [{...walletProcess, work}], servers: silent};
	assert.match(await hintOf({...idle, ports: {walletLogFile}}), /wallet-77\.log/);
	assert.doesNotMatch(await hintOf(idle), /\.log/);
	const unit = {...idle, processes: [{...walletProcess, work, live: {...walletProcess.live, unit: 'shop.service'}}]};
	assert.match(await hintOf(unit), /shop\.service/);
	assert.match(
		await hintOf({...idle, ports: {hasOwnNetworkNamespace: () => true}}, {daemon: 'none'}),
		/^The wallet accepts connections but does not answer/,
	);
});

test('a busy wallet is not to be restarted; one in a crash loop has its own hint', async () => {
	const silent = {[walletAddress]: {get_version: undefined}, [daemonAddress]: daemonScript()};
	let cpuMs = 0;
	const readProcessWork: Ports['readProcessWork'] = () => {
		cpuMs += 1000;
		return {counters: {cpu_ms: cpuMs}, runnable: true, waitsForDisk: false};
	};
	const busy = {processes: [walletProcess], servers: silent, ports: {readProcessWork}};
	assert.match(
		await hintOf(busy),
		/^The wallet is busy on its only thread and will answer when it is done: do not restart it/,
	);
	const looping: NodeState = {
		lives: [{started_at: ago(3720)}, {started_at: ago(3660)}, {started_at: ago(3600)}],
		process: walletIdentity,
	};
	const settings = {crash_loop_within: '2h'};
	const {details} = await checkMain('full', busy, {daemon: daemonAddress}, {nodeState: looping, settings});
	assert.equal(details.crash_loop_starts, 3);
	assert.doesNotMatch(details.hint ?? '', /^The wallet is busy/);
});

test('a proxy that reports a failure at once, and one that waited', async () => {
	const proxied = (latencyMs: number): Partial<SimulatedMachine> => ({
		servers: {[walletAddress]: {kind: 'http_error', statusCode: 502, statusText: 'Bad Gateway', latencyMs}},
	});
	assert.match(await hintOf(proxied(1)), /^The proxy cannot reach the wallet \(immediate 502\)/);
	assert.match(await hintOf(proxied(3000)), /^A proxy answers with 502 instead of the wallet/);
});

test('monerod on the port of a wallet is named', async () => {
	const monerod = {get_version: {result: {version: 196_621, release: true, status: 'OK', hard_forks: []}}};
	const servers = {[walletAddress]: {...daemonScript(), ...monerod}, [daemonAddress]: daemonScript()};
	const hint = await hintOf({servers});
	assert.match(hint, /^Port 18088 is monerod's\. Use the port of monero-wallet-rpc/);
});

test('another process than before, or one that was restarted, does not use up its connections', async () => {
	const closed: RpcOutcome = {kind: 'no_answer', cause: 'closed', error: 'closed', latencyMs: 1};
	const machine = {processes: [walletProcess], servers: {[walletAddress]: closed}};
	const answered: NodeState = {last_answer: ago(600), process: walletIdentity};
	const isUsedUp = async (nodeState: NodeState, processes = machine.processes) =>
		(await hintOf({...machine, processes}, {daemon: daemonAddress}, nodeState)).includes(
			'by a wallet that has answered before',
		);
	assert.equal(await isUsedUp(answered), true);
	assert.equal(await isUsedUp({process: walletIdentity}), false, 'it has not answered before');
	assert.equal(await isUsedUp({...answered, restarts: [ago(60)]}), false);
	assert.equal(await isUsedUp({...answered, restarts: [ago(7200)]}), true, 'a restart of long ago');
	assert.equal(await isUsedUp({...answered, process: {...walletIdentity, pid: 76}}), false);
	const {process: _, ...unseen} = answered;
	assert.equal(await isUsedUp(unseen), true);
});
