import assert from 'node:assert/strict';
import {type TestContext, test} from 'node:test';
import {startAlerter} from '../../../source/application/alerts/alerter.js';
import {noAlertState} from '../../../source/domain/alerts/alert.js';
import type {AlertRules} from '../../../source/domain/alerts/incidents.js';
import {type AlertsFile, withAlerts} from '../../../source/domain/alerts/outbox.js';
import type {Cycle, FleetSnapshot} from '../../../source/domain/fleet.js';
import {InputError} from '../../../source/domain/input-error.js';
import type {State} from '../../../source/domain/state.js';
import {rulesFixture} from '../../helpers/alert-fixture.js';
import {eventually} from '../../helpers/child-processes.js';
import {fakeAlertStore, fakeChannel} from '../../helpers/fake-alert-ports.js';
import {fixtureStartMs} from '../../helpers/fixture-time.js';
import {flushPromises} from '../../helpers/flush-promises.js';
import {alertFixture} from '../../helpers/hook-fixture.js';
import {apiResult, nodeFixture} from '../../helpers/store-fixture.js';

const cycleAt = (startedAtMs: number): Cycle => ({startedAtMs, endedAtMs: startedAtMs + 1, durationMs: 1});

interface Given {
	readonly rules?: Partial<AlertRules>;
	readonly initial?: AlertsFile;
}

/** An alerter on a poller that shows what the test sets. */
function setUp(context: TestContext, {rules = {}, initial}: Given = {}) {
	let nowMs = fixtureStartMs;
	let snapshot = {method: 'api', nodes: []} as unknown as FleetSnapshot;
	const listeners = new Set<() => void>();
	const notes = new Map<string, string | undefined>();
	const said: string[] = [];
	const store = fakeAlertStore(initial);
	const channel = fakeChannel();
	const end = startAlerter({
		poller: {
			subscribe: listener => {
				listeners.add(listener);
				return () => listeners.delete(listener);
			},
			getSnapshot: () => snapshot,
			setNote: (name, note) => void notes.set(name, note),
		},
		store,
		channels: [channel],
		rules: {...rulesFixture, fail_after: 1, recover_after: 1, ...rules},
		nodeIds: () => [1, 2],
		nowMs: () => nowMs,
		say: line => void said.push(line),
	});
	// An alerter that was not ended keeps retrying failed deliveries.
	context.after(end);
	const show = async (change: Partial<FleetSnapshot>): Promise<void> => {
		snapshot = {...snapshot, ...change};
		for (const listener of listeners) {
			listener();
		}

		await flushPromises();
	};
	const seen = (states: readonly State[]): FleetSnapshot['nodes'] =>
		states.map((state, index) => ({
			node: nodeFixture(index === 0 ? 'a' : 'b', index + 1),
			nodeState: {},
			result: apiResult(state, new Date(nowMs).toISOString()),
			checking: false,
			disabled: false,
		}));
	const cycle = async (...states: readonly State[]): Promise<void> => {
		nowMs += 10_000;
		await show({nodes: seen(states), lastCycle: cycleAt(nowMs)});
	};
	return {store, channel, notes, said, end, show, seen, cycle};
}

test('delivers nothing before it is saved, whatever else is delivered in the meantime', async context => {
	const {store, channel, cycle} = setUp(context);
	await cycle('down', 'up');
	assert.equal(channel.ids().length, 1);
	assert.equal(store.saved.at(-1)?.outbox.length, 1);
	let release = (): void => undefined;
	store.hold = new Promise(resolve => {
		release = resolve;
	});
	await cycle('down', 'down');
	await channel.last().fail();
	assert.equal(channel.ids().length, 1);
	release();
	await flushPromises();
	assert.match(channel.ids()[1] ?? '', /^b-.*-alert$/);
});

test('delivers alerts left by the previous run at the start, before any cycle', async context => {
	const initial = {state: noAlertState, outbox: withAlerts([], [alertFixture()], ['program'])};
	const {store, channel} = setUp(context, {initial});
	assert.deepEqual(channel.ids(), [alertFixture().id]);
	await channel.last().succeed();
	assert.deepEqual(store.saved.at(-1)?.outbox, []);
});

test('delivers an alert that cannot be saved, and shows a note until saving works', async context => {
	const {store, channel, notes, cycle} = setUp(context);
	store.problem = new InputError('save_failed', 'alerts.json cannot be saved: no space left on device');
	await cycle('down');
	assert.equal(channel.ids().length, 1);
	assert.equal(notes.get('alerts'), store.problem.message);
	store.problem = undefined;
	await channel.last().succeed();
	assert.deepEqual([notes.get('alerts'), store.saved.at(-1)?.outbox], [undefined, []]);
});

test('stops alerting and says so once when another process owns the store', async context => {
	const {store, channel, said, cycle, end} = setUp(context);
	await cycle('down', 'up');
	store.problem = new InputError('store_in_use', 'process 7 sends the alerts');
	await cycle('down', 'down');
	await cycle('up', 'up');
	assert.deepEqual(said, ['alerting stopped: process 7 sends the alerts']);
	const isAborted = async (): Promise<boolean> => channel.last().signal.aborted;
	assert.equal(await eventually(isAborted, aborted => aborted), true);
	assert.equal(channel.ids().length, 1);
	await end();
	assert.deepEqual([store.isClosed, said.length], [true, 1]);
});

test('handles each cycle once, counts each result once, and only at the end of a cycle', async context => {
	const {channel, cycle, show, seen} = setUp(context, {rules: {fail_after: 2}});
	await cycle('down');
	const same = seen(['down']);
	await show({nodes: same});
	await show({nodes: same});
	assert.equal(channel.ids().length, 0);
	await show({nodes: same, lastCycle: cycleAt(fixtureStartMs + 20_000)});
	assert.equal(channel.ids().length, 1, 'two results in two cycles');
});

test('does not count a node again that a cycle did not check', async context => {
	const {channel, cycle, show} = setUp(context, {rules: {fail_after: 2}});
	await cycle('down');
	await show({lastCycle: cycleAt(fixtureStartMs + 20_000)});
	await show({lastCycle: cycleAt(fixtureStartMs + 30_000)});
	assert.equal(channel.ids().length, 0);
});

test('an alert that waits for a channel this run does not have delays no reminder', async context => {
	const first = setUp(context);
	await first.cycle('down');
	await first.end();
	const {state, outbox} = first.store.saved.at(-1) ?? assert.fail('nothing was saved');
	const initial: AlertsFile = {state, outbox: outbox.map(({alert}) => ({alert, waiting: ['webhook']}))};
	const {channel, cycle} = setUp(context, {initial, rules: {remind: 1}});
	await cycle('down');
	await cycle('down');
	assert.match(channel.ids()[0] ?? 'none', /-reminder-1$/);
});

test('saves the state and releases the store at the end', async context => {
	const {store, channel, cycle, end} = setUp(context);
	await cycle('down');
	const ending = end();
	await flushPromises();
	assert.equal(store.isClosed, false, 'running deliveries get a moment');
	await channel.last().succeed();
	await ending;
	assert.deepEqual([store.isClosed, store.saved.at(-1)?.outbox], [true, []]);
	assert.equal(store.saved.at(-1)?.state.incidents.length, 1);
});
