import assert from 'node:assert/strict';
import {type TestContext, test} from 'node:test';
import {createAlertBook, createDelivery} from '../../../source/application/alerts/dispatcher.js';
import {type Alert, noAlertState} from '../../../source/domain/alerts/alert.js';
import {keptAlertMs, type Outbox} from '../../../source/domain/alerts/outbox.js';
import {type FakeChannel, fakeAlertStore, fakeChannel} from '../../helpers/fake-alert-ports.js';
import {fixtureStartMs} from '../../helpers/fixture-time.js';
import {flushPromises} from '../../helpers/flush-promises.js';
import {alertFixture} from '../../helpers/hook-fixture.js';

/** Alerts named `<node>` and a letter, such as `1a`. */
function outboxOf(ids: readonly string[], channels: readonly FakeChannel[]): Outbox {
	return ids.map(id => {
		const nodes = alertFixture().nodes.map(node => ({...node, id: Number.parseInt(id, 10)}));
		const alert: Alert = {...alertFixture(), id, nodes, at: new Date(fixtureStartMs).toISOString()};
		return {alert, waiting: channels.map(({name}) => name)};
	});
}

function setUp(context: TestContext, ids: readonly string[], channels = [fakeChannel()]) {
	context.mock.timers.enable({apis: ['setTimeout', 'Date'], now: fixtureStartMs});
	const store = fakeAlertStore({state: noAlertState, outbox: outboxOf(ids, channels)});
	const onLost = (problem: string): void => assert.fail(problem);
	const book = createAlertBook({store, onSaveProblem: () => undefined, onLost});
	const notes = new Map<string, string | undefined>();
	const said: string[] = [];
	const delivery = createDelivery({
		book,
		channels,
		nowMs: Date.now,
		setNote: (name, note) => void notes.set(name, note),
		say: line => void said.push(line),
	});
	const pass = async (ms: number): Promise<void> => {
		context.mock.timers.tick(ms);
		await flushPromises();
	};
	const left = (): readonly string[] => book.now().outbox.map(({alert}) => alert.id);
	const [channel = assert.fail('no channel')] = channels;
	return {store, book, notes, said, delivery, pass, left, channel};
}

test('delivers alerts of one node in order, and of up to four nodes at once', async context => {
	const {delivery, channel, left} = setUp(context, ['1a', '1b', '2a', '3a', '4a', '5a']);
	delivery.deliverDue();
	assert.deepEqual(channel.ids(), ['1a', '2a', '3a', '4a']);
	await channel.attempts[1]?.succeed();
	assert.deepEqual(channel.ids().slice(4), ['5a']);
	delivery.deliverDue();
	await channel.attempts[0]?.succeed();
	assert.deepEqual(channel.ids().slice(5), ['1b']);
	assert.deepEqual(left(), ['1b', '3a', '4a', '5a']);
	delivery.deliverDue();
	assert.equal(channel.ids().length, 6, 'a running delivery is not started again');
});

test('delivers the next alert of a node only after the one before is marked on disk', async context => {
	const {delivery, channel, store} = setUp(context, ['1a', '1b']);
	let release = (): void => undefined;
	store.hold = new Promise(resolve => {
		release = resolve;
	});
	delivery.deliverDue();
	await channel.last().succeed();
	delivery.deliverDue();
	assert.deepEqual(channel.ids(), ['1a']);
	release();
	await flushPromises();
	assert.deepEqual(channel.ids(), ['1a', '1b']);
	assert.deepEqual(
		store.saved[0]?.outbox.map(({alert}) => alert.id),
		['1b'],
	);
});

test('on a slow disk, holds back other nodes only from 16 unmarked deliveries on, and marks them in one write', async context => {
	const ids = Array.from({length: 20}, (_, index) => `${index + 1}a`);
	const {delivery, channel, store, left} = setUp(context, ids);
	const marked: number[] = [];
	let release = (): void => undefined;
	const disk = new Promise<void>(resolve => {
		release = resolve;
	});
	const slow = {
		...store,
		saveDeliveries: (_: unknown, marks: readonly unknown[]) => disk.then(() => void marked.push(marks.length)),
	};
	Object.assign(store, slow);
	delivery.deliverDue();
	for (let number = 0; number < 16; number += 1) {
		await channel.attempts[number]?.succeed();
	}

	assert.equal(channel.ids().length, 16);
	release();
	await flushPromises();
	assert.deepEqual(marked, [1, 15]);
	assert.equal(channel.ids().length, 20);
	assert.equal(left().length, 4);
});

test('marks deliveries that arrive together in one write', async context => {
	const {delivery, channel, store} = setUp(context, ['1a', '2a', '3a']);
	const marked: number[] = [];
	Object.assign(store, {
		saveDeliveries: async (_: unknown, marks: readonly unknown[]) => void marked.push(marks.length),
	});
	delivery.deliverDue();
	await Promise.all(channel.attempts.map(({succeed}) => succeed()));
	assert.deepEqual(marked, [3]);
});

test('retries after 1, 2, 4 ... 60 s, holds back the next alert of that node, and shows a note', async context => {
	const {delivery, channel, notes, pass} = setUp(context, ['1a', '1b', '2a']);
	delivery.deliverDue();
	await channel.attempts[1]?.succeed();
	const note = 'alert delivery by --on-change failed: no; retrying';
	for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60, 60]) {
		await channel.last().fail();
		await channel.attempts[0]?.fail();
		assert.equal(notes.get('alerts by program'), note);
		const before = channel.ids().length;
		await pass(seconds * 1000 - 1);
		assert.equal(channel.ids().length, before, `not before ${seconds} s`);
		await pass(1);
		assert.deepEqual(channel.ids().slice(before), ['1a'], `after ${seconds} s`);
	}

	await channel.last().succeed();
	assert.deepEqual([notes.get('alerts by program'), channel.ids().at(-1)], [undefined, '1b']);
});

test('retries the other alerts at once when the receiver accepts one, unless it sent Retry-After', async context => {
	const {delivery, channel} = setUp(context, ['1a', '2a', '3a']);
	delivery.deliverDue();
	await channel.attempts[1]?.fail();
	await channel.attempts[2]?.fail(90_000);
	await channel.attempts[0]?.succeed();
	assert.deepEqual(channel.ids().slice(3), ['2a']);
});

test('waits as long as Retry-After says, at most five minutes and at least its own delay', async context => {
	for (const [askedMs, waitMs] of [
		[7000, 7000],
		[3_600_000, 300_000],
		[10, 1000],
	] as const) {
		await context.test(`${askedMs} ms`, async inner => {
			const {delivery, channel, pass} = setUp(inner, ['1a']);
			delivery.deliverDue();
			await channel.last().fail(askedMs);
			await pass(waitMs - 1);
			assert.equal(channel.ids().length, 1);
			await pass(1);
			assert.equal(channel.ids().length, 2);
		});
	}
});

test('a clock that is set back does not delay the next attempt', async context => {
	const {delivery, channel, pass} = setUp(context, ['1a']);
	delivery.deliverDue();
	await channel.last().fail();
	context.mock.timers.setTime(fixtureStartMs - 3_600_000);
	await pass(1000);
	delivery.deliverDue();
	assert.equal(channel.ids().length, 2);
});

test('channels do not wait for each other', async context => {
	const channels = [fakeChannel('program'), fakeChannel('webhook')];
	const {delivery, left, pass, notes} = setUp(context, ['1a', '1b'], channels);
	const [program = assert.fail(), webhook = assert.fail()] = channels;
	delivery.deliverDue();
	await program.last().succeed();
	await program.last().succeed();
	await webhook.last().fail();
	assert.deepEqual([program.ids(), webhook.ids(), left()], [['1a', '1b'], ['1a'], ['1a', '1b']]);
	assert.equal(notes.get('alerts by webhook'), 'alert delivery to the webhook failed: no; retrying');
	await pass(1000);
	await webhook.last().succeed();
	await webhook.last().succeed();
	assert.deepEqual([webhook.ids(), left()], [['1a', '1a', '1b'], []]);
});

test('at the end, waits briefly for running deliveries, aborts the rest, starts none and loses none', async context => {
	const {delivery, channel, left, pass, notes} = setUp(context, ['1a', '1b', '2a']);
	delivery.deliverDue();
	const ending = delivery.stop(200);
	await channel.attempts[0]?.succeed();
	assert.deepEqual([channel.ids(), channel.attempts[1]?.signal.aborted], [['1a', '2a'], false]);
	await pass(200);
	await ending;
	assert.equal(channel.attempts[1]?.signal.aborted, true);
	delivery.deliverDue();
	await pass(100_000);
	assert.deepEqual(
		[channel.ids(), left()],
		[
			['1a', '2a'],
			['1b', '2a'],
		],
	);
	assert.deepEqual([...notes.values()].filter(Boolean), [], 'exiting is not a failure');
});

test('drops an alert that no channel accepts for a day, and reports it', async context => {
	const {delivery, channel, left, pass, said, notes} = setUp(context, ['1a', '2a']);
	delivery.deliverDue();
	await channel.attempts[1]?.succeed();
	await channel.attempts[0]?.fail();
	await pass(1000);
	for (let passedMs = 0; passedMs < keptAlertMs + 600_000 && left().length > 0; passedMs += 60_000) {
		await channel.last().fail();
		await pass(60_000);
	}

	assert.ok(Date.now() >= fixtureStartMs + keptAlertMs, `${Date.now() - fixtureStartMs} ms`);
	assert.deepEqual(said, ['giving up on alert 1a: not delivered (program)']);
	assert.deepEqual([left(), notes.get('alerts by program')], [[], undefined]);
});

test('an alert that is permanently refused delays no other, and is retried', async context => {
	const channel = {...fakeChannel(), isRefused: () => true};
	const {delivery, left, pass} = setUp(context, ['1a', '1b', '2a'], [channel]);
	delivery.deliverDue();
	await channel.attempts[0]?.fail();
	assert.deepEqual(channel.ids(), ['1a', '2a', '1b']);
	await channel.last().succeed();
	assert.deepEqual(left(), ['1a', '2a']);
	await pass(1000);
	assert.deepEqual(channel.ids().slice(3), ['1a']);
});
