import assert from 'node:assert/strict';
import {type TestContext, test} from 'node:test';
import {createRecorder, type RecorderOptions} from '../../source/application/recorder.js';
import {InputError} from '../../source/domain/input-error.js';
import type {Observation} from '../../source/domain/past/node-state.js';
import {flushPromises} from '../helpers/flush-promises.js';
import {moment, seen} from '../helpers/store-fixture.js';

const words = (observations: readonly Observation[]): string =>
	observations.map(({node, result}) => `${node.id} ${result.details.state}`).join(', ');

function setUp(context: TestContext, saving: RecorderOptions['saving']) {
	context.mock.timers.enable({apis: ['setInterval']});
	const calls: string[] = [];
	const problems: Array<string | undefined> = [];
	let failure: Error | undefined;
	const call = (name: string) => async (observations: readonly Observation[]) => {
		calls.push(`${name}: ${words(observations)}`);
		if (failure) {
			throw failure;
		}

		return [];
	};
	const recorder = createRecorder({
		store: {read: () => new Map([[9, {worked: true}]]), save: call('save'), saveTransitions: call('transitions')},
		saving,
		onSaveProblem: problem => problems.push(problem),
	});
	return {
		recorder,
		calls,
		problems,
		failWith: (error: Error | undefined) => {
			failure = error;
		},
		batchTime: async () => {
			context.mock.timers.tick(5000);
			await flushPromises();
		},
	};
}

test('later: saves changes of state at once and together, the rest every five seconds in one save', async context => {
	const {recorder, calls, batchTime} = setUp(context, 'later');
	recorder.observe(seen(1, 'up', moment(1)));
	recorder.observe(seen(2, 'down', moment(2)));
	assert.deepEqual(calls, [], 'nobody waits for a write');
	await flushPromises();
	assert.deepEqual(calls, ['transitions: 1 up, 2 down']);
	recorder.observe(seen(1, 'up', moment(3)));
	await flushPromises();
	assert.deepEqual(calls.length, 1, 'the same state is no transition');
	await batchTime();
	assert.deepEqual(calls, ['transitions: 1 up, 2 down', 'save: 1 up, 2 down, 1 up']);
	await batchTime();
	assert.equal(calls.length, 2, 'nothing new, nothing written');
	recorder.observe(seen(1, 'down', moment(4)));
	await flushPromises();
	assert.equal(calls.at(-1), 'transitions: 1 down');
	await recorder.close();
	assert.equal(calls.at(-1), 'save: 1 down');
	recorder.observe(seen(1, 'down', moment(5)));
});

test('returns observations at once, on top of stored results', context => {
	const {recorder} = setUp(context, 'never');
	assert.deepEqual(recorder.recall(9), {worked: true});
	assert.deepEqual(recorder.recall(1), {});
	recorder.observe(seen(1, 'up', moment(1)));
	recorder.observe(seen(1, 'down', moment(2)));
	const {worked, states, recent_states: recent} = recorder.recall(1);
	assert.deepEqual(
		[worked, states?.api?.state, states?.api?.since, recent],
		[false, 'down', moment(2), ['up', 'down']],
	);
});

test('atClose: saves everything in one save', async context => {
	const {recorder, calls} = setUp(context, 'atClose');
	recorder.observe(seen(1, 'up', moment(1)));
	recorder.observe(seen(2, 'down', moment(1)));
	await flushPromises();
	assert.deepEqual(calls, []);
	await recorder.close();
	assert.deepEqual(calls, ['save: 1 up, 2 down']);
});

test('never: writes nothing', async context => {
	const {recorder, calls} = setUp(context, 'never');
	recorder.observe(seen(1, 'up', moment(1)));
	await flushPromises();
	await recorder.close();
	assert.deepEqual(calls, []);
});

test('reports a failed save once, retries it with everything, and reports its recovery', async context => {
	const {recorder, calls, problems, failWith, batchTime} = setUp(context, 'later');
	failWith(new InputError('save_failed', 'results.json cannot be saved: no space left on device'));
	recorder.observe(seen(1, 'up', moment(1)));
	await flushPromises();
	await batchTime();
	recorder.observe(seen(1, 'up', moment(2)));
	await batchTime();
	assert.deepEqual(problems, ['results.json cannot be saved: no space left on device']);
	assert.deepEqual(calls, ['transitions: 1 up', 'save: 1 up', 'save: 1 up, 1 up']);
	failWith(undefined);
	await batchTime();
	assert.equal(calls.at(-1), 'save: 1 up, 1 up');
	assert.deepEqual(problems.slice(1), [undefined]);
	await recorder.close();
});

test('reports other errors on one line', async context => {
	const {recorder, problems, failWith} = setUp(context, 'atClose');
	failWith(new Error('boom'));
	recorder.observe(seen(1, 'up', moment(1)));
	await recorder.close();
	assert.deepEqual(problems, ['results cannot be saved: boom']);
});

test('while saving fails, keeps at most sixty results of each node', async context => {
	const {recorder, calls, failWith, batchTime} = setUp(context, 'later');
	failWith(new Error('full'));
	for (let round = 0; round < 100; round += 1) {
		recorder.observe(seen(1, 'up', moment(round)));
	}

	recorder.observe(seen(2, 'up', moment(1)));
	await batchTime();
	failWith(undefined);
	await batchTime();
	assert.equal(calls.at(-1), `save: ${'1 up, '.repeat(60)}2 up`);
	await recorder.close();
});

test('an empty write that succeeds does not hide a failed save', async context => {
	const {recorder, problems, failWith} = setUp(context, 'later');
	failWith(new Error('full'));
	recorder.observe(seen(1, 'up', moment(1)));
	// The batch includes the change before its own write starts.
	context.mock.timers.tick(5000);
	await flushPromises();
	assert.deepEqual(problems, ['results cannot be saved: full']);
	await recorder.close();
});
