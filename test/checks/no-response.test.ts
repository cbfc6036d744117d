import assert from 'node:assert/strict';
import test, {type TestContext} from 'node:test';
import type {ApiDetails} from '../../source/domain/check-result.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import {recordResult} from '../../source/domain/past/record-result.js';
import type {Ports} from '../../source/domain/ports.js';
import {startHung, startTrickling, startWorking} from '../helpers/blocked-wallet.js';
import {type Circumstances, checkNode, nodeAt} from '../helpers/check-node.js';
import {firstLine, startChild, startListener} from '../helpers/child-processes.js';
import {deadPort} from '../helpers/dead-port.js';
import {freePort} from '../helpers/real-process.js';
import {startRaw} from '../helpers/scripted-server.js';

const timeout = '300ms';
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

/** A process named monero-wallet-rpc that uses a core and has no port yet, as while it reads the chain. */
async function startStarting(t: TestContext) {
	const port = await freePort();
	const script = 'console.log(1);setTimeout(()=>{for(;;);},50)';
	const parameters = ['-e', script, '--', '--rpc-bind-port', String(port)];
	const started = startChild(t, process.execPath, parameters, {argv0: 'monero-wallet-rpc'});
	await firstLine(started.child);
	return {...started, port};
}

/** A process that uses a whole core, however busy the machine is. */
const wholeCore: Partial<Ports> = {
	readProcessWork: () => ({
		counters: {cpu_ms: Math.floor(performance.now() / 10) * 10, context_switches: 0},
		runnable: true,
		waitsForDisk: false,
	}),
};

async function apiOf(port: number, circumstances: Circumstances = {}, fields: object = {}): Promise<ApiDetails> {
	const {status, details} = await checkNode(nodeAt(port, {timeout, ...fields}), 'api', circumstances);
	assert.deepEqual([status, details.message], [false, 'API check failed']);
	return details;
}

test('a silent wallet that works is busy until busy_max', async t => {
	const {port, pid} = await startWorking(t);
	const since = (minutes: number): Circumstances => ({
		nodeState: {silent_since: ago(minutes), last_answer: ago(minutes + 1)},
		ports: wholeCore,
	});
	const [busy, still, late, longer, shorter] = await Promise.all([
		apiOf(port, {ports: wholeCore}),
		apiOf(port, since(29)),
		apiOf(port, since(31)),
		apiOf(port, since(31), {busy_max: '1h'}),
		apiOf(port, {...since(29), settings: {busy_max: '5m'}}),
	]);
	assert.deepEqual(
		[busy, still, late, longer, shorter].map(({state}) => state),
		['busy', 'busy', 'down', 'busy', 'down'],
	);
	assert.match(busy.reason ?? '', /^working \([\d.]+ % CPU\)(, no response for \d+ s)?$/);
	assert.equal(busy.pid, pid);
	assert.ok((busy.cpu_cores ?? 0) >= 0.95 && (busy.cpu_cores ?? 0) <= 1.05, String(busy.cpu_cores));
	assert.match(late.reason ?? '', /^no response within 300 ms for more than 30 m/);
});

test('only api and full report busy: pid and port checks report what they see', async t => {
	const {port} = await startWorking(t);
	const node = nodeAt(port, {timeout});
	assert.equal((await checkNode(node, 'pid')).details.state, 'up');
	assert.equal((await checkNode(node, 'port')).details.state, 'up');
	const {status, details} = await checkNode(node, 'full');
	assert.deepEqual(
		[status, details.state, details.message],
		[false, 'busy', 'Port is occupied but API is not responding'],
	);
	assert.match(details.hint ?? '', /do not restart it/);
});

test('a working process that never opened its port is starting for startup_max', async t => {
	const {port, pid} = await startStarting(t);
	for (const method of ['api', 'full'] as const) {
		const {status, details} = await checkNode(nodeAt(port), method, {ports: wholeCore});
		assert.deepEqual([status, details.state], [false, 'busy'], details.reason);
		assert.match(details.reason ?? '', /^starting \([\d.]+ % CPU\)(, no response for \d+ s)?$/);
	}

	// Hours of silence do not matter while it has never opened its port.
	const silentForHours: NodeState = {silent_since: ago(120)};
	const answered: NodeState = {last_answer: new Date(Date.now() + 60_000).toISOString(), silent_since: ago(31)};
	const verdicts = await Promise.all([
		apiOf(port, {ports: wholeCore}),
		apiOf(port, {ports: wholeCore, settings: {startup_max: '1ms'}}),
		apiOf(port, {ports: wholeCore, nodeState: silentForHours}),
		apiOf(port, {ports: wholeCore, nodeState: answered}),
	]);
	assert.deepEqual(
		verdicts.map(({state}) => state),
		['busy', 'down', 'busy', 'down'],
	);
	assert.equal(verdicts[0]?.pid, pid);
});

test('an idle process is down, whatever it did before', async t => {
	const {port} = await startHung(t);
	const details = await apiOf(port, {nodeState: {silent_since: ago(1)}});
	assert.deepEqual([details.state, details.cpu_cores], ['down', 0]);
	assert.equal(details.reason, 'no response within 300 ms; process idle (0 % CPU), probably hung');
	assert.equal(details.work?.worked_at, undefined);
});

test('an idle process that has read the request did not cause the missing answer', async t => {
	const {port} = await startListener(t);
	const details = await apiOf(port);
	assert.equal(details.state, 'down');
	assert.match(
		details.reason ?? '',
		/; process idle \([\d.]+ % CPU\) and no request pending: requests or responses are lost on the way$/,
	);
});

test('a check takes no longer when its timeout is long enough for two looks at the process', async t => {
	const {port} = await startWorking(t);
	const {pid, started_at, start_ticks} = await apiOf(port);
	assert.ok(pid !== undefined && started_at !== undefined && start_ticks !== undefined);
	const wait = () => assert.fail('waited');
	const nodeState = {process: {pid, started_at, start_ticks}};
	const {state} = await apiOf(port, {ports: {wait}, nodeState}, {timeout: '1500ms'});
	assert.equal(state, 'busy');
});

test('without a visible process: busy for five minutes with an open port, down with a closed one', async t => {
	const {port} = await startListener(t);
	const remote = {isLocalHost: () => false};
	const verdicts = await Promise.all([
		apiOf(port, {ports: remote}),
		apiOf(port, {ports: remote, nodeState: {silent_since: ago(4)}}),
		apiOf(port, {ports: remote, nodeState: {silent_since: ago(6)}}),
		apiOf(port, {ports: remote, nodeState: {silent_since: ago(6)}, settings: {busy_max_unseen: '10m'}}),
	]);
	assert.deepEqual(
		verdicts.map(({state}) => state),
		['busy', 'busy', 'down', 'busy'],
	);
	const refused = await apiOf(await deadPort(t), {ports: remote});
	assert.deepEqual([refused.state, refused.reason], ['down', 'connection refused']);
});

/** State that an earlier check of an idle process stored. */
const stored = ({work, pid, started_at, start_ticks}: ApiDetails, ageMs: number, before: object): NodeState => {
	assert.ok(work && pid !== undefined && started_at !== undefined && start_ticks !== undefined);
	const at = new Date(Date.now() - ageMs).toISOString();
	return {work: {...work, pid, started_at, start_ticks, ...before, at}};
};

test('uses stored counters of any earlier check if they are fresh and of this process', async t => {
	const {port} = await startHung(t);
	const first = await apiOf(port);
	assert.equal(first.state, 'down');
	const startTicks = first.start_ticks ?? 0;
	const verdicts = await Promise.all([
		apiOf(port, {nodeState: stored(first, 20_000, {cpu_ms: 0, context_switches: 0})}),
		apiOf(port, {nodeState: stored(first, 20_000, {})}),
		apiOf(port, {nodeState: stored(first, 3_600_000, {cpu_ms: 0, context_switches: 0})}),
		apiOf(port, {nodeState: stored(first, 20_000, {cpu_ms: 0, context_switches: 0, start_ticks: startTicks - 100})}),
	]);
	assert.deepEqual(
		verdicts.map(({state}) => state),
		['busy', 'down', 'down', 'down'],
	);
});

test('a process that worked a moment ago is not hung yet; a minute later it is', async t => {
	const {port} = await startHung(t);
	const first = await apiOf(port);
	const worked = (secondsAgo: number) => ({worked_at: new Date(Date.now() - secondsAgo * 1000).toISOString()});
	const recent = await apiOf(port, {nodeState: stored(first, 5000, worked(20))});
	assert.deepEqual([recent.state, recent.work?.worked_at === undefined], ['busy', false]);
	assert.match(recent.reason ?? '', /^working \(worked 2\d s ago\)(, no response for \d+ s)?$/);
	const late = await apiOf(port, {nodeState: stored(first, 5000, worked(61))});
	assert.equal(late.state, 'down');
});

test('a process woken by slowly arriving data is working, however little CPU time it uses', async t => {
	for (const [wakesPerS, text] of [
		[12, /^working \(receiving data, \d+(\.\d)? wakeups\/s\)/],
		[3, /^working \(receiving data, \d(\.\d)? wakeups\/s\)/],
	] as const) {
		const {port} = await startTrickling(t, wakesPerS);
		const details = await apiOf(port, {}, {timeout: '1500ms'});
		assert.equal(details.state, 'busy', `${wakesPerS} ${details.reason}`);
		assert.match(details.reason ?? '', text);
	}
});

test('a full check stores the usage of its process, as an api check does', async t => {
	const {port} = await startHung(t);
	const node = nodeAt(port, {timeout});
	const {details} = await checkNode(node, 'full');
	assert.equal(details.state, 'down');
	assert.equal(recordResult({}, {status: false, details}).work?.cpu_ms, details.work?.cpu_ms);
	assert.ok(details.work && details.work.cpu_ms > 0);
	const nodeState = recordResult({}, {status: false, details});
	assert.ok(nodeState.work);
	const worked: NodeState = {...nodeState, work: {...nodeState.work, cpu_ms: 0, context_switches: 0}};
	const both = await Promise.all(
		(['api', 'full'] as const).map(method => checkNode(node, method, {nodeState: worked})),
	);
	assert.deepEqual(
		both.map(result => result.details.state),
		['busy', 'busy'],
	);
});

test('a height that has just risen counts as work: the wallet may wait for blocks', async t => {
	const {port} = await startListener(t);
	const rising = (secondsAgo: number): NodeState => ({
		wallet_heights: [
			{at: ago(5), height: 10},
			{at: new Date(Date.now() - secondsAgo * 1000).toISOString(), height: 400},
		],
	});
	const fresh = await apiOf(port, {nodeState: rising(0)});
	assert.deepEqual(
		[fresh.state, fresh.reason?.replace(/\d+ s ago/, 'N s ago').split(',')[0]],
		['busy', 'working (height rose N s ago)'],
	);
	// A height that rose before this process started belongs to another process.
	assert.equal((await apiOf(port, {nodeState: rising(20)})).state, 'down');
	// Without a visible process, a rising height is treated like visible work.
	const remote = {isLocalHost: () => false};
	const nodeState = (heights: NodeState): NodeState => ({silent_since: ago(6), ...heights});
	const at = (minutes: number, height: number) => ({at: ago(minutes), height});
	const catchingUp = await apiOf(port, {
		ports: remote,
		nodeState: nodeState({wallet_heights: [at(9, 1), at(6.5, 99)]}),
	});
	assert.equal(catchingUp.state, 'busy');
	assert.match(catchingUp.reason ?? '', /height was rising at its last response$/);
	const stalled = await apiOf(port, {ports: remote, nodeState: nodeState({wallet_heights: [at(60, 1), at(9, 99)]})});
	assert.equal(stalled.state, 'down');
});

test('says why no process is visible, and names a daemon that hangs too', async t => {
	const {port} = await startListener(t);
	const hung = await startRaw(t, () => {});
	const daemon = `127.0.0.1:${hung.port}`;
	const details = await apiOf(port, {ports: {isLocalHost: () => false}, settings: {timeout}}, {daemon});
	assert.deepEqual([details.state, details.caused_by], ['busy', daemon]);
	assert.match(details.reason ?? '', new RegExp(`^no response within 300 ms, and its daemon ${daemon} hangs; `));
	assert.equal(details.process_unseen, '127.0.0.1 is not this machine');
});

test('adds repeated restarts to any reason', async t => {
	const {port} = await startListener(t);
	const restarts = [ago(50), ago(20), ago(3)];
	const details = await apiOf(port, {nodeState: {restarts: [ago(90), ...restarts]}});
	assert.deepEqual([details.restarts, details.restarted_at], [3, restarts[2]]);
	assert.match(details.reason ?? '', /; restarted 3x in 1 h$/);
});
