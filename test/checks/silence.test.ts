import assert from 'node:assert/strict';
import test, {type TestContext} from 'node:test';
import {openPorts} from '../../source/adapters/open-ports.js';
import type {ApiDetails} from '../../source/domain/check-result.js';
import type {NodeMemory} from '../../source/domain/past/memory.js';
import {type Circumstances, checkerWith, checkNode, nodeAt} from '../helpers/check-node.js';
import {firstLine, startChild, startListener} from '../helpers/child-processes.js';
import {freePort} from '../helpers/real-process.js';
import {startRaw} from '../helpers/scripted-server.js';

const timeout = '300ms';
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

/** A process named monero-wallet-rpc that accepts connections (the kernel does) and uses a whole core. */
async function startWorking(t: TestContext) {
	const script =
		'require("net").createServer().listen(0,"127.0.0.1",function(){console.log(this.address().port);setTimeout(()=>{for(;;);},50)})';
	const started = startChild(t, process.execPath, ['-e', script], {argv0: 'monero-wallet-rpc'});
	return {...started, port: Number(await firstLine(started.child))};
}

/** The same without a port yet, as while it reads the chain. */
async function startStarting(t: TestContext) {
	const port = await freePort();
	const script = 'console.log(1);setTimeout(()=>{for(;;);},50)';
	const parameters = ['-e', script, '--', '--rpc-bind-port', String(port)];
	const started = startChild(t, process.execPath, parameters, {argv0: 'monero-wallet-rpc'});
	await firstLine(started.child);
	return {...started, port};
}

async function apiOf(port: number, circumstances: Circumstances = {}, fields: object = {}): Promise<ApiDetails> {
	const {status, details} = await checkNode(nodeAt(port, {timeout, ...fields}), 'api', circumstances);
	assert.deepEqual([status, details.message], [false, 'API check failed']);
	return details;
}

test('silent while it works is busy, until busy_max has passed', async t => {
	const {port, pid} = await startWorking(t);
	const since = (minutes: number): Circumstances => ({
		memory: {silent_since: ago(minutes), last_answer: ago(minutes + 1)},
	});
	const [busy, still, late, longer, shorter] = await Promise.all([
		apiOf(port),
		apiOf(port, since(29)),
		apiOf(port, since(31)),
		apiOf(port, since(31), {busy_max: '1h'}),
		apiOf(port, {...since(29), settings: {busy_max: '5m'}}),
	]);
	assert.deepEqual(
		[busy, still, late, longer, shorter].map(({state}) => state),
		['busy', 'busy', 'down', 'busy', 'down'],
	);
	assert.match(busy.reason ?? '', /^working: \d\.\d cores? in use/);
	assert.equal(busy.pid, pid);
	assert.ok((busy.cpu_cores ?? 0) >= 0.05, String(busy.cpu_cores));
	assert.match(late.reason ?? '', /^no answer within 300 ms, for longer than 30 m/);
});

test('only api and full know busy: a pid and a port check judge what they see', async t => {
	const {port} = await startWorking(t);
	const node = nodeAt(port, {timeout});
	assert.equal((await checkNode(node, 'pid')).details.state, 'up');
	assert.equal((await checkNode(node, 'port')).details.state, 'up');
	const {status, details} = await checkNode(node, 'full');
	assert.deepEqual(
		[status, details.state, details.message],
		[false, 'busy', 'Port is occupied but API is not responding'],
	);
	assert.match(details.hint ?? '', /leave it alone/);
});

test('a port closed while the process works is busy: starting, for startup_max, when it has never answered', async t => {
	const {port, pid} = await startStarting(t);
	for (const method of ['api', 'full'] as const) {
		const {status, details} = await checkNode(nodeAt(port), method);
		assert.deepEqual([status, details.state], [false, 'busy'], details.reason);
		assert.match(details.reason ?? '', /^starting: /);
	}

	// Silence for hours does not matter while it has never yet opened its port.
	const silentForHours: NodeMemory = {silent_since: ago(120)};
	const answered: NodeMemory = {last_answer: new Date(Date.now() + 60_000).toISOString(), silent_since: ago(31)};
	const verdicts = await Promise.all([
		apiOf(port),
		apiOf(port, {settings: {startup_max: '1ms'}}),
		apiOf(port, {memory: silentForHours}),
		apiOf(port, {memory: answered}),
	]);
	assert.deepEqual(
		verdicts.map(({state}) => state),
		['busy', 'down', 'busy', 'down'],
	);
	assert.equal(verdicts[0]?.pid, pid);
});

test('a process that does nothing is down, whatever its past', async t => {
	const {port} = await startListener(t);
	const details = await apiOf(port, {memory: {silent_since: ago(1)}});
	assert.deepEqual([details.state, details.cpu_cores === undefined || details.cpu_cores < 0.05], ['down', true]);
	assert.match(details.reason ?? '', /^no answer within 300 ms, and its process does nothing/);
});

test('the next check needs no second look: the sample before is kept', async t => {
	const {port} = await startWorking(t);
	let waits = 0;
	const {wait} = openPorts();
	const checker = checkerWith({
		ports: {
			wait: (ms, signal) => {
				waits += 1;
				assert.equal(ms, 500);
				return wait(ms, signal);
			},
		},
	});
	const node = nodeAt(port, {timeout: '600ms'});
	for (const expected of [1, 1, 1]) {
		const {details} = await checker.check(node, 'api', checker.openCycle([node]));
		assert.equal(details.state, 'busy');
		assert.equal(waits, expected);
	}
});

test('no process to be seen: five minutes for an open port, none for a closed one', async t => {
	const {port} = await startListener(t);
	const remote = {isLocalHost: () => false};
	const verdicts = await Promise.all([
		apiOf(port, {ports: remote}),
		apiOf(port, {ports: remote, memory: {silent_since: ago(4)}}),
		apiOf(port, {ports: remote, memory: {silent_since: ago(6)}}),
		apiOf(port, {ports: remote, memory: {silent_since: ago(6)}, settings: {busy_max_unseen: '10m'}}),
	]);
	assert.deepEqual(
		verdicts.map(({state}) => state),
		['busy', 'busy', 'down', 'busy'],
	);
	const refused = await apiOf(await freePort(), {ports: remote});
	assert.deepEqual([refused.state, refused.reason], ['down', 'connection refused']);
});

test('a sample that was stored by an earlier run of this program is enough, while it is fresh', async t => {
	const {port} = await startWorking(t);
	const first = await apiOf(port);
	let waits = 0;
	const ports = {
		wait: async () => {
			waits += 1;
		},
	};
	const stored = (ageMs: number): NodeMemory => ({
		worked: false,
		worked_data: {...first, cpu_ms: 0, last_check: new Date(Date.now() - ageMs).toISOString()},
	});
	assert.equal((await apiOf(port, {ports, memory: stored(1000)})).state, 'busy');
	assert.equal(waits, 0);
	await apiOf(port, {ports, memory: stored(3_600_000)});
	assert.equal(waits, 1);
});

test('a height that has just risen is work too: the wallet may wait for blocks to arrive', async t => {
	const {port} = await startListener(t);
	const rising = (secondsAgo: number): NodeMemory => ({
		wallet_heights: [
			{at: ago(5), height: 10},
			{at: new Date(Date.now() - secondsAgo * 1000).toISOString(), height: 400},
		],
	});
	const fresh = await apiOf(port, {memory: rising(0)});
	assert.deepEqual(
		[fresh.state, fresh.reason?.replace(/\d+ s ago/, 'N s ago').split(',')[0]],
		['busy', 'working: its height rose N s ago'],
	);
	// A height that rose before this process began was another's.
	assert.equal((await apiOf(port, {memory: rising(20)})).state, 'down');
	// Where no process is seen, it is excused like one that is seen to work.
	const remote = {isLocalHost: () => false};
	const memory = (heights: NodeMemory): NodeMemory => ({silent_since: ago(6), ...heights});
	const at = (minutes: number, height: number) => ({at: ago(minutes), height});
	const catchingUp = await apiOf(port, {ports: remote, memory: memory({wallet_heights: [at(9, 1), at(6.5, 99)]})});
	assert.equal(catchingUp.state, 'busy');
	assert.match(catchingUp.reason ?? '', /height was rising when it last answered$/);
	const stalled = await apiOf(port, {ports: remote, memory: memory({wallet_heights: [at(60, 1), at(9, 99)]})});
	assert.equal(stalled.state, 'down');
});

test('why no process is seen is said, and a daemon that hangs as well is named', async t => {
	const {port} = await startListener(t);
	const hung = await startRaw(t, () => {});
	const daemon = `127.0.0.1:${hung.port}`;
	const details = await apiOf(port, {ports: {isLocalHost: () => false}, settings: {timeout}}, {daemon});
	assert.deepEqual([details.state, details.caused_by], ['busy', daemon]);
	assert.match(details.reason ?? '', new RegExp(`^no answer within 300 ms, and its daemon ${daemon} hangs; `));
	assert.equal(details.process_unseen, '127.0.0.1 is not this machine');
});

test('a process that is restarted again and again: whatever is wrong, that is part of it', async t => {
	const {port} = await startListener(t);
	const restarts = [ago(50), ago(20), ago(3)];
	const details = await apiOf(port, {memory: {restarts: [ago(90), ...restarts]}});
	assert.deepEqual([details.restarts, details.restarted_at], [3, restarts[2]]);
	assert.match(details.reason ?? '', /likely hung; restarted 3x in 1 h$/);
});
