import assert from 'node:assert/strict';
import {type TestContext, test} from 'node:test';
import type {CheckCycle, Checker} from '../../source/application/checker.js';
import {createPoller} from '../../source/application/poller.js';
import {createRecorder} from '../../source/application/recorder.js';
import type {RestObservation} from '../../source/checks/rest-look.js';
import type {CheckMethod} from '../../source/domain/check-method.js';
import type {CheckResult} from '../../source/domain/check-result.js';
import type {Node} from '../../source/domain/node/node.js';
import type {State} from '../../source/domain/state.js';
import {flushPromises} from '../helpers/flush-promises.js';
import {nodeFixture} from '../helpers/store-fixture.js';

/** A check that was asked for and waits for its answer. */
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
		look: async ({name}: Node) => {
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
		/** Sets the clock of the machine back; timers go on as before. */
		setClockBack: (ms: number) => {
			clockErrorMs -= ms;
		},
		setTrouble: (error: Error | undefined) => {
			trouble = error;
		},
		states: () => poller.getSnapshot().nodes.map(({result}) => result?.details.state),
	};
}

test('the first cycle begins at once, the next ones on the interval', async context => {
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

test('a node whose check is still under way is not asked again; the others are', async context => {
	const {poller, asked, askedNow, advance, states} = setUp(context);
	poller.start();
	await flushPromises();
	await asked[1]?.answer('up');
	await advance(5000);
	assert.deepEqual(askedNow(), ['a api', 'b api']);
	await asked[1]?.answer('down');
	assert.deepEqual(states(), [undefined, 'down']);
});

test('a cycle that ends after a later one is not the last: its time would go backwards', async context => {
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

test('cycles follow each other also where the clock is set back', async context => {
	const {poller, answerAll, advance, setClockBack} = setUp(context);
	poller.start();
	await flushPromises();
	await answerAll('up');
	setClockBack(3_600_000);
	await advance(5000);
	await answerAll('down');
	assert.equal(poller.getSnapshot().lastCycle?.startedAtMs, 1_700_000_005_000 - 3_600_000);
});

test('the snapshot is the same object until something changes; listeners hear at most every 50 ms', async context => {
	const {poller, asked, advance} = setUp(context);
	let heard = 0;
	const leave = poller.subscribe(() => {
		heard += 1;
	});
	poller.start();
	await flushPromises();
	const before = poller.getSnapshot();
	assert.equal(poller.getSnapshot(), before);
	await asked[0]?.answer('up');
	assert.notEqual(poller.getSnapshot(), before);
	await asked[0]?.answer('up');
	assert.equal(heard, 0);
	await advance(50);
	assert.equal(heard, 1);
	await advance(500);
	assert.equal(heard, 1);
	leave();
	poller.setPaused(true);
	await advance(50);
	assert.equal(heard, 1);
});

test('another method: asked at once for every node, answers of the old one are not shown as its own', async context => {
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

test('paused: no cycles, but checks that are asked for; going on checks at once', async context => {
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

test('the interval can be changed, and is never below a second', async context => {
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

test('with a longer interval, checks further apart still cover the time between them', async context => {
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

test('two who ask at once share a check, which counts as one result; asking settles when the snapshot holds it', async context => {
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
	void poller.checkAnew({all: true, ids: new Set([2, 3])});
	assert.deepEqual(askedNow().sort(), ['a api', 'b api', 'off api']);
	void poller.checkAnew({all: false, ids: new Set([2])});
	assert.deepEqual(askedNow().sort(), ['a api', 'b api', 'b api', 'off api'], 'none joins here: the checker decides');
	void poller.checkAnew({all: false, ids: new Set()});
	assert.equal(askedNow().length, 4);
});

test('nodes come and go with the file; disabled ones are listed and not checked, hidden ones neither', async context => {
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

test('a file that became unreadable: the nodes known before are watched on, and a note says so', async context => {
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

test('open diagnostics: full beside the method each cycle, in place of api', async context => {
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
	// What is recorded for others goes on beside what is looked at.
	assert.deepEqual(askedNow(), ['a port', 'a api', 'b port', 'b api']);
});

test('looking by another method records nothing by it: others see what the configured one finds', async context => {
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
	assert.equal(Date.parse(shown?.nodeState.states?.pid?.since ?? ''), sinceMs, 'since it was first looked at');
	assert.equal(shown?.nodeState.states?.api?.state, 'degraded');
	await poller.stop();
	assert.deepEqual(saved, ['a up', 'a degraded']);
});

test('a method that is looked by from the beginning is checked beside the configured one in the first cycle', async context => {
	const {poller, askedNow} = setUp(context, ['a']);
	poller.setMethod('port');
	await flushPromises();
	assert.deepEqual(askedNow(), []);
	poller.start();
	await flushPromises();
	assert.deepEqual(askedNow(), ['a port', 'a api']);
});

test('a full check serves for the configured api, and is recorded as it', async context => {
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

test('a busy node is looked at by pid every interval while the configured api leaves it alone', async context => {
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

test('stop: aborts what is under way, saves what was seen, and nothing is asked any more', async context => {
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

test('while a node is busy it is asked less and less often; asked for by hand, or another method, it is asked at once', async context => {
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

test('a busy node is never left alone for more than a minute beyond its interval', async context => {
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

test('a busy node is asked again also where the clock is set back', async context => {
	const {poller, askedNow, answerAll, advance, setClockBack} = setUp(context, ['a']);
	poller.start();
	await flushPromises();
	await answerAll('busy');
	setClockBack(3_600_000);
	await advance(5000);
	assert.deepEqual(askedNow(), ['a api']);
});

/** A poller of one node that has been busy for long: it is left alone for eight intervals now. */
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
	['its process is gone', {process: 'running', port: 'open'}, {process: 'gone'}, true],
	['its process is stopped', {process: 'running', port: 'open'}, {process: 'stopped', port: 'open'}, true],
	['its port refuses', {port: 'open'}, {port: 'refused'}, true],
	['its port is open again', {process: 'running', port: 'refused'}, {process: 'running', port: 'open'}, true],
	[
		'its port is refused while its process works',
		{process: 'running', port: 'open'},
		{process: 'running', port: 'refused'},
		true,
	],
	['nothing has changed', {process: 'running', port: 'open'}, {process: 'running', port: 'open'}, false],
	['its process cannot be seen any more', {process: 'running', port: 'open'}, {port: 'open'}, false],
	['its port cannot be told any more', {process: 'running', port: 'open'}, {process: 'running'}, false],
];

for (const [what, before, after, isChecked] of changes) {
	test(`at rest, ${what}: ${isChecked ? 'checked at the next interval' : 'left alone'}`, async context => {
		const {looks, advance, askedNow} = await atRest(context, before);
		looks.a = after;
		await advance(5000);
		assert.deepEqual(askedNow(), isChecked ? ['a api'] : []);
	});
}

test('a node is looked at every interval while it rests, and not while it is up', async context => {
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

test('a node at rest that changes again and again is checked each time', async context => {
	const {looks, advance, askedNow, answerAll} = await atRest(context, {port: 'open'});
	for (const port of ['refused', 'open', 'refused'] as const) {
		looks.a = {port};
		await advance(5000);
		assert.deepEqual(askedNow(), ['a api'], port);
		await answerAll('busy');
	}
});

test('paused: nodes at rest are not looked at', async context => {
	const {poller, looked, advance} = await atRest(context, {port: 'open'});
	poller.setPaused(true);
	looked.length = 0;
	await advance(30_000);
	assert.deepEqual(looked, []);
});

test('the snapshot tells since when a node is being checked', async context => {
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

test('a large fleet is checked in batches of 64 nodes, so that a key that was pressed gets its turn', async context => {
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
