import assert from 'node:assert/strict';
import {type TestContext, test} from 'node:test';
import type {CheckCycle, Checker} from '../../source/application/checker.js';
import {createPoller} from '../../source/application/poller.js';
import {createRecorder} from '../../source/application/recorder.js';
import type {RestObservation} from '../../source/checks/resting-node.js';
import type {CheckMethod} from '../../source/domain/check-method.js';
import type {CheckResult} from '../../source/domain/check-result.js';
import type {Node} from '../../source/domain/node/node.js';
import type {State} from '../../source/domain/state.js';
import {flushPromises} from '../helpers/flush-promises.js';
import {nodeFixture} from '../helpers/store-fixture.js';

/** A requested check that waits for its answer. */
interface Asked {
	readonly name: string;
	readonly method: CheckMethod;
	readonly signal: AbortSignal | undefined;
	readonly answer: (state: State) => Promise<void>;
	readonly answerWith: (result: CheckResult) => Promise<void>;
}

function resultOf(method: CheckMethod, state: State): CheckResult {
	const details = {
		method,
		message: `${method} is ${state}`,
		state,
		latency_ms: 1,
		last_check: new Date().toISOString(),
		...(method === 'full' ? {checks: {pid: {status: false, details: {state: 'unknown'}}}} : {}),
	};
	return {status: state === 'up', details: details as unknown as CheckResult['details']};
}

function setUp(context: TestContext, names: readonly string[] = ['a', 'b']) {
	context.mock.timers.enable({apis: ['setInterval', 'setTimeout', 'Date'], now: 1_700_000_000_000});
	const asked: Asked[] = [];
	const looked: string[] = [];
	const looks: Record<string, RestObservation> = {};
	let fleet: readonly Node[] = names.map((name, index) => nodeFixture(name, index + 1));
	let trouble: Error | undefined;
	let clockErrorMs = 0;
	const check = (node: Node, method: CheckMethod, {signal}: CheckCycle): Promise<CheckResult> =>
		new Promise(resolve => {
			const answerWith = async (result: CheckResult): Promise<void> => {
				asked.splice(asked.indexOf(entry), 1);
				resolve(result);
				await flushPromises();
			};
			const answer = (state: State): Promise<void> => answerWith(resultOf(method, state));
			const entry: Asked = {name: node.name, method, signal, answer, answerWith};
			asked.push(entry);
		});
	const checker = {
		openCycle: (_: unknown, signal?: AbortSignal) => ({...(signal ? {signal} : {})}),
		check,
		observeResting: async ({name}: Node) => {
			looked.push(name);
			return looks[name] ?? {};
		},
	} as unknown as Checker;
	const saved: string[] = [];
	const recorder = createRecorder({
		store: {
			read: () => new Map(),
			save: async observations => {
				saved.push(...observations.map(({node, result}) => `${node.name} ${result.details.state}`));
				return [];
			},
			saveTransitions: async () => [],
		},
		saving: 'atClose',
		onSaveProblem: () => undefined,
	});
	const poller = createPoller({
		checker,
		recorder,
		ports: {nowMs: () => Date.now() + clockErrorMs},
		method: 'api',
		intervalMs: 5000,
		readNodes: () => {
			if (trouble) {
				throw trouble;
			}

			return {fleet, isShown: ({name}) => name !== 'hidden', isChecked: ({available}) => available};
		},
	});
	context.after(() => poller.stop());
	return {
		poller,
		asked,
		looked,
		looks,
		saved,
		askedNow: () => asked.map(({name, method}) => `${name} ${method}`),
		answerAll: async (state: State) => {
			for (const {answer} of [...asked]) {
				await answer(state);
			}
		},
		advance: async (ms: number) => {
			context.mock.timers.tick(ms);
			await flushPromises();
		},
		setFleet: (next: readonly Node[]) => {
			fleet = next;
		},
		/** Sets the clock of the machine back; timers are not affected. */
		setClockBack: (ms: number) => {
			clockErrorMs -= ms;
		},
		setTrouble: (error: Error | undefined) => {
			trouble = error;
		},
		states: () => poller.getSnapshot().nodes.map(({result}) => result?.details.state),
	};
}

test('starts the first cycle at once and the next ones at the interval', async context => {
	const {poller, askedNow, answerAll, advance, states} = setUp(context);
	assert.deepEqual(askedNow(), []);
	poller.start();
	await flushPromises();
	assert.deepEqual(askedNow(), ['a api', 'b api']);
	assert.deepEqual(
		poller.getSnapshot().nodes.map(({checking}) => checking),
		[true, true],
	);
	assert.equal(poller.getSnapshot().lastCycle, undefined);
	await advance(40);
	await answerAll('up');
	assert.deepEqual(states(), ['up', 'up']);
	assert.deepEqual(poller.getSnapshot().lastCycle, {
		startedAtMs: 1_700_000_000_000,
		endedAtMs: 1_700_000_000_040,
		durationMs: 40,
	});
	await advance(4950);
	assert.deepEqual(askedNow(), []);
	await advance(10);
	assert.deepEqual(askedNow(), ['a api', 'b api']);
});

test('does not check a node again while its check is running; checks the others', async context => {
	const {poller, asked, askedNow, advance, states} = setUp(context);
	poller.start();
	await flushPromises();
	await asked[1]?.answer('up');
	await advance(5000);
	assert.deepEqual(askedNow(), ['a api', 'b api']);
	await asked[1]?.answer('down');
	assert.deepEqual(states(), [undefined, 'down']);
});

test('a cycle that ends after a later one does not become the last cycle', async context => {
	const {poller, asked, advance} = setUp(context);
	const lastCycle = (): unknown => poller.getSnapshot().lastCycle;
	poller.start();
	await flushPromises();
	await asked[1]?.answer('up');
	await advance(5000);
	await asked[1]?.answer('up');
	const later = {startedAtMs: 1_700_000_005_000, endedAtMs: 1_700_000_005_000, durationMs: 0};
	assert.deepEqual(lastCycle(), later);
	await advance(1000);
	await asked[0]?.answer('down');
	assert.deepEqual(lastCycle(), later);
});

test('cycles continue when the clock is set back', async context => {
	const {poller, answerAll, advance, setClockBack} = setUp(context);
	poller.start();
	await flushPromises();
	await answerAll('up');
	setClockBack(3_600_000);
	await advance(5000);
	await answerAll('down');
	assert.equal(poller.getSnapshot().lastCycle?.startedAtMs, 1_700_000_005_000 - 3_600_000);
});

test('returns the same snapshot until something changes; calls listeners at most every 50 ms', async context => {
	const {poller, asked, advance} = setUp(context);
	let notifications = 0;
	const leave = poller.subscribe(() => {
		notifications += 1;
	});
	poller.start();
	await flushPromises();
	const before = poller.getSnapshot();
	assert.equal(poller.getSnapshot(), before);
	await asked[0]?.answer('up');
	assert.notEqual(poller.getSnapshot(), before);
	await asked[0]?.answer('up');
	assert.equal(notifications, 0);
	await advance(50);
	assert.equal(notifications, 1);
	await advance(500);
	assert.equal(notifications, 1);
	leave();
	poller.setPaused(true);
	await advance(50);
	assert.equal(notifications, 1);
});

test('checks every node at once by a new method, and does not show answers of the old one as its own', async context => {
	const {poller, asked, askedNow, answerAll, states} = setUp(context);
	poller.start();
	await flushPromises();
	await asked[1]?.answer('up');
	poller.setMethod('port');
	await flushPromises();
	assert.equal(poller.getSnapshot().method, 'port');
	assert.deepEqual(states(), [undefined, undefined]);
	assert.deepEqual(askedNow(), ['a api', 'a port', 'b port']);
	await asked[0]?.answer('up');
	assert.deepEqual(states(), [undefined, undefined]);
	await answerAll('down');
	assert.deepEqual(states(), ['down', 'down']);
	poller.setMethod('port');
	await flushPromises();
	assert.deepEqual(askedNow(), []);
});

test('paused: runs only requested checks; resuming checks at once', async context => {
	const {poller, askedNow, answerAll, advance} = setUp(context);
	poller.start();
	await flushPromises();
	await answerAll('up');
	poller.setPaused(true);
	assert.equal(poller.getSnapshot().paused, true);
	await advance(60_000);
	assert.deepEqual(askedNow(), []);
	poller.checkNow(2);
	await flushPromises();
	assert.deepEqual(askedNow(), ['b api']);
	await answerAll('up');
	poller.checkNow();
	await flushPromises();
	assert.deepEqual(askedNow(), ['a api', 'b api']);
	await answerAll('up');
	poller.setPaused(false);
	await flushPromises();
	assert.deepEqual(askedNow(), ['a api', 'b api']);
});

test('the interval can be changed, to no less than one second', async context => {
	const {poller, askedNow, answerAll, advance} = setUp(context);
	poller.start();
	await flushPromises();
	await answerAll('up');
	poller.setIntervalMs(20);
	assert.equal(poller.getSnapshot().intervalMs, 1000);
	await advance(999);
	assert.deepEqual(askedNow(), []);
	await advance(1);
	assert.deepEqual(askedNow(), ['a api', 'b api']);
});

test('after the interval was made longer, checks further apart still count as continuous coverage', async context => {
	const {poller, answerAll, advance} = setUp(context, ['a']);
	poller.start();
	await flushPromises();
	await answerAll('up');
	poller.setIntervalMs(300_000);
	await advance(300_000);
	await answerAll('up');
	const [node] = poller.getSnapshot().nodes;
	assert.deepEqual(node?.nodeState.watched?.api, [['2023-11-14T22:13:20.000Z', '2023-11-14T22:18:20.000Z']]);
});

test('two callers share a check, which counts as one result; the promise resolves once the snapshot has it', async context => {
	const {poller, asked, saved, states} = setUp(context, ['a']);
	poller.getSnapshot();
	const both = [poller.checkNow(), poller.checkNow()];
	await flushPromises();
	const [first, second] = asked;
	const result = resultOf('api', 'down');
	await Promise.all([first?.answerWith(result), second?.answerWith(result)]);
	await Promise.all(both);
	assert.deepEqual(states(), ['down']);
	await poller.stop();
	assert.deepEqual(saved, ['a down']);
});

test('a fresh check covers all nodes of a cycle, and disabled nodes that are named', async context => {
	const {poller, askedNow, setFleet} = setUp(context);
	setFleet([nodeFixture('a', 1), nodeFixture('b', 2), nodeFixture('off', 3, {available: false})]);
	void poller.checkAgain({all: true, ids: new Set([2, 3])});
	assert.deepEqual(askedNow().sort(), ['a api', 'b api', 'off api']);
	void poller.checkAgain({all: false, ids: new Set([2])});
	assert.deepEqual(
		askedNow().sort(),
		['a api', 'b api', 'b api', 'off api'],
		'no request is merged here: the checker does that',
	);
	void poller.checkAgain({all: false, ids: new Set()});
	assert.equal(askedNow().length, 4);
});

test('nodes are added and removed with the file; disabled ones are listed but not checked, hidden ones neither', async context => {
	const {poller, askedNow, answerAll, advance, setFleet} = setUp(context);
	poller.start();
	await flushPromises();
	await answerAll('up');
	const off = nodeFixture('off', 3, {available: false});
	setFleet([off, nodeFixture('hidden', 4), nodeFixture('b', 2)]);
	await advance(5000);
	assert.deepEqual(askedNow(), ['b api']);
	const shown = poller.getSnapshot().nodes.map(({node, disabled}) => `${node.name} ${disabled}`);
	assert.deepEqual(shown, ['b false', 'off true']);
	poller.checkNow(3);
	await flushPromises();
	assert.deepEqual(askedNow(), ['b api', 'off api']);
});

test('when the file becomes unreadable, keeps watching the known nodes and shows a note', async context => {
	const {poller, askedNow, answerAll, advance, setTrouble} = setUp(context);
	poller.start();
	await flushPromises();
	await answerAll('up');
	setTrouble(new Error('nodes.json is not valid JSON'));
	await advance(5000);
	assert.deepEqual(askedNow(), ['a api', 'b api']);
	assert.deepEqual(poller.getSnapshot().notes, [
		'nodes.json is not valid JSON; still watching the previous list of nodes',
	]);
	await answerAll('up');
	setTrouble(undefined);
	await advance(5000);
	assert.deepEqual(poller.getSnapshot().notes, []);
	poller.setNote('save', 'the disk is full');
	assert.deepEqual(poller.getSnapshot().notes, ['the disk is full']);
});

test('open diagnostics: checks by full beside the method each cycle, instead of api', async context => {
	const {poller, askedNow, answerAll, advance} = setUp(context);
	poller.start();
	await flushPromises();
	await answerAll('up');
	poller.setDiagnosed(1);
	await flushPromises();
	assert.deepEqual(askedNow(), ['a full']);
	await answerAll('up');
	assert.equal(poller.getSnapshot().nodes[0]?.diagnosis?.details.method, 'full');
	await advance(5000);
	assert.deepEqual(askedNow(), ['a full', 'b api']);
	await answerAll('up');
	poller.setMethod('port');
	await flushPromises();
	assert.deepEqual(askedNow(), ['a port', 'a full', 'b port']);
	await answerAll('up');
	poller.setDiagnosed(undefined);
	await advance(5000);
	// The recorded method is still checked beside the shown one.
	assert.deepEqual(askedNow(), ['a port', 'a api', 'b port', 'b api']);
});

test('viewing by another method records nothing by it; others see the results of the configured one', async context => {
	const {poller, asked, answerAll, advance, saved, states} = setUp(context, ['a']);
	poller.start();
	await flushPromises();
	await answerAll('up');
	assert.equal(poller.getSnapshot().recordedMethod, undefined);
	poller.setMethod('pid');
	await flushPromises();
	assert.equal(poller.getSnapshot().recordedMethod, 'api');
	await answerAll('down');
	await advance(5000);
	const sinceMs = Date.now() - 5000;
	for (const {method, answer} of [...asked]) {
		await answer(method === 'pid' ? 'down' : 'degraded');
	}

	assert.deepEqual(states(), ['down']);
	const [shown] = poller.getSnapshot().nodes;
	assert.equal(Date.parse(shown?.nodeState.states?.pid?.since ?? ''), sinceMs, 'since it was first observed');
	assert.equal(shown?.nodeState.states?.api?.state, 'degraded');
	await poller.stop();
	assert.deepEqual(saved, ['a up', 'a degraded']);
});

test('a method chosen before the start is checked beside the configured one in the first cycle', async context => {
	const {poller, askedNow} = setUp(context, ['a']);
	poller.setMethod('port');
	await flushPromises();
	assert.deepEqual(askedNow(), []);
	poller.start();
	await flushPromises();
	assert.deepEqual(askedNow(), ['a port', 'a api']);
});

test('a full check replaces the configured api check and is recorded as one', async context => {
	const {poller, askedNow, answerAll, advance, saved} = setUp(context, ['a']);
	poller.start();
	await flushPromises();
	await answerAll('up');
	poller.setMethod('full');
	await flushPromises();
	assert.deepEqual(askedNow(), ['a full']);
	await answerAll('up');
	await advance(5000);
	assert.deepEqual(askedNow(), ['a full']);
	await answerAll('degraded');
	await poller.stop();
	assert.deepEqual(saved, ['a up', 'a up', 'a degraded']);
});

test('checks a busy node by pid every interval while the configured api check backs off', async context => {
	const {poller, asked, askedNow, advance} = setUp(context, ['a']);
	const answer = async (): Promise<void> => {
		for (const entry of [...asked]) {
			await entry.answer(entry.method === 'api' ? 'busy' : 'up');
		}
	};
	poller.start();
	await flushPromises();
	await answer();
	poller.setMethod('pid');
	await flushPromises();
	await answer();
	await advance(5000);
	assert.deepEqual(askedNow(), ['a pid']);
	await answer();
	await advance(5000);
	assert.deepEqual(askedNow(), ['a pid', 'a api']);
});

test('stop aborts running checks, saves results and starts no more checks', async context => {
	const {poller, asked, advance, saved} = setUp(context);
	poller.start();
	await flushPromises();
	await asked[1]?.answer('down');
	const [underWay] = asked;
	await poller.stop();
	assert.equal(underWay?.signal?.aborted, true);
	await underWay?.answer('up');
	assert.deepEqual(saved, ['b down']);
	asked.length = 0;
	await advance(60_000);
	assert.deepEqual(asked, []);
});

test('checks a busy node less and less often; a requested check or another method is immediate', async context => {
	const {poller, asked, askedNow, answerAll, advance} = setUp(context);
	poller.start();
	await flushPromises();
	const answerBoth = async (): Promise<void> => {
		for (const entry of [...asked]) {
			await entry.answer(entry.name === 'a' ? 'busy' : 'up');
		}
	};
	await answerBoth();
	const askedA: number[] = [];
	for (let cycle = 1; cycle <= 22; cycle += 1) {
		await advance(5000);
		assert.ok(askedNow().includes('b api'), String(cycle));
		if (askedNow().includes('a api')) {
			askedA.push(cycle);
		}

		await answerBoth();
	}

	// After two intervals, four more, eight more, and eight again.
	assert.deepEqual(askedA, [2, 6, 14, 22]);
	poller.checkNow(1);
	await flushPromises();
	assert.deepEqual(askedNow(), ['a api']);
	await answerAll('up');
	await advance(5000);
	assert.deepEqual(askedNow(), ['a api', 'b api']);
	await answerBoth();
	poller.setMethod('port');
	await flushPromises();
	assert.deepEqual(askedNow(), ['a port', 'b port']);
});

test('never waits more than a minute beyond the interval to check a busy node', async context => {
	const {poller, askedNow, answerAll, advance} = setUp(context, ['a']);
	poller.setIntervalMs(30_000);
	poller.start();
	await flushPromises();
	await answerAll('busy');
	await advance(30_000);
	assert.deepEqual(askedNow(), []);
	for (let cycle = 0; cycle < 3; cycle += 1) {
		await advance(30_000);
		assert.deepEqual(askedNow(), ['a api']);
		await answerAll('busy');
		await advance(30_000);
	}
});

test('a busy node is checked again when its evidence of work ends, even during a long back-off', async context => {
	const {poller, asked, askedNow, answerAll, advance} = setUp(context, ['a']);
	poller.start();
	await flushPromises();
	const busySince = async (workedMsAgo: number): Promise<void> => {
		const worked_at = new Date(Date.now() - workedMsAgo).toISOString();
		const {details} = resultOf('api', 'busy');
		const busy = {...details, work: {cpu_ms: 10, worked_at}} as unknown as CheckResult['details'];
		await asked[0]?.answerWith({status: false, details: busy});
	};
	await answerAll('busy');
	const askedAt: number[] = [];
	for (let cycle = 1; cycle <= 40; cycle += 1) {
		await advance(5000);
		if (askedNow().length > 0) {
			askedAt.push(cycle);
			// It works when it is asked in the 14th interval, and never after that.
			await busySince(Math.max(0, cycle - 14) * 5000);
		}
	}

	// Checked a minute after it last worked; with another reason to be busy, the back-off continues as before.
	assert.deepEqual(askedAt, [2, 6, 14, 22, 26, 34]);
});

test('checks a busy node again when the clock is set back', async context => {
	const {poller, askedNow, answerAll, advance, setClockBack} = setUp(context, ['a']);
	poller.start();
	await flushPromises();
	await answerAll('busy');
	setClockBack(3_600_000);
	await advance(5000);
	assert.deepEqual(askedNow(), ['a api']);
});

/** A poller of one node that has been busy for long: the next check is eight intervals away. */
async function atRest(context: TestContext, look: RestObservation) {
	const all = setUp(context, ['a']);
	all.looks.a = look;
	all.poller.start();
	await flushPromises();
	await all.answerAll('busy');
	for (let cycle = 1; cycle <= 6; cycle += 1) {
		await all.advance(5000);
		await all.answerAll('busy');
	}

	assert.deepEqual(all.askedNow(), []);
	return all;
}

const changes: ReadonlyArray<
	readonly [what: string, before: RestObservation, after: RestObservation, isChecked: boolean]
> = [
	['its process has ended', {process: 'running', port: 'open'}, {process: 'gone'}, true],
	['its process is stopped', {process: 'running', port: 'open'}, {process: 'stopped', port: 'open'}, true],
	['its port refuses connections', {port: 'open'}, {port: 'refused'}, true],
	['its port is open again', {process: 'running', port: 'refused'}, {process: 'running', port: 'open'}, true],
	[
		'its port is refused while its process works',
		{process: 'running', port: 'open'},
		{process: 'running', port: 'refused'},
		true,
	],
	['nothing has changed', {process: 'running', port: 'open'}, {process: 'running', port: 'open'}, false],
	['its process is no longer visible', {process: 'running', port: 'open'}, {port: 'open'}, false],
	['its port can no longer be checked', {process: 'running', port: 'open'}, {process: 'running'}, false],
];

for (const [what, before, after, isChecked] of changes) {
	test(`while backing off, ${what}: ${isChecked ? 'checked at the next interval' : 'left alone'}`, async context => {
		const {looks, advance, askedNow} = await atRest(context, before);
		looks.a = after;
		await advance(5000);
		assert.deepEqual(askedNow(), isChecked ? ['a api'] : []);
	});
}

test('observes a node every interval while its checks back off, and not while it is up', async context => {
	const {looked, advance, answerAll} = await atRest(context, {process: 'running', port: 'open'});
	looked.length = 0;
	for (let cycle = 1; cycle <= 7; cycle += 1) {
		await advance(5000);
	}

	assert.equal(looked.length, 7);
	await advance(5000);
	await answerAll('up');
	looked.length = 0;
	await advance(5000);
	assert.deepEqual(looked, []);
});

test('checks a node each time it changes while its checks back off', async context => {
	const {looks, advance, askedNow, answerAll} = await atRest(context, {port: 'open'});
	for (const port of ['refused', 'open', 'refused'] as const) {
		looks.a = {port};
		await advance(5000);
		assert.deepEqual(askedNow(), ['a api'], port);
		await answerAll('busy');
	}
});

test('paused: does not observe nodes whose checks back off', async context => {
	const {poller, looked, advance} = await atRest(context, {port: 'open'});
	poller.setPaused(true);
	looked.length = 0;
	await advance(30_000);
	assert.deepEqual(looked, []);
});

test('the snapshot has the time since a node is being checked', async context => {
	const {poller, advance, answerAll} = setUp(context, ['a']);
	const since = (): number | undefined => poller.getSnapshot().nodes[0]?.checkingSinceMs;
	poller.start();
	await flushPromises();
	const startedMs = Date.now();
	assert.equal(since(), startedMs);
	await advance(3000);
	assert.equal(since(), startedMs);
	await answerAll('up');
	assert.equal(since(), undefined);
});

test('checks a large fleet in batches of 64 nodes, so that key presses are handled in between', async context => {
	const names = Array.from({length: 130}, (_, index) => `n${index + 1}`);
	const {poller, asked, advance} = setUp(context, names);
	poller.start();
	await flushPromises();
	assert.equal(asked.length, 64);
	await advance(9);
	assert.equal(asked.length, 64, 'the next batch waits for 10 ms');
	await advance(1);
	assert.equal(asked.length, 128);
	await advance(10);
	assert.equal(asked.length, 130);
});
