import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {Alert} from '../../../source/domain/alerts/alert.js';
import {
	deliverable,
	delivered,
	keptAlertMs,
	maxAlerts,
	maxAlertsLength,
	type Outbox,
	type OutboxEntry,
	splitOutbox,
	withAlerts,
} from '../../../source/domain/alerts/outbox.js';
import {alertFleetFixture} from '../../helpers/alert-fixture.js';
import {fixtureStartMs} from '../../helpers/fixture-time.js';

/** Alerts by node ids: `3` for one node, `1+2` for a daemon and its nodes. */
function outboxOf(...subjects: readonly string[]): Outbox {
	const alerts = subjects.map((subject, index) => {
		const ids = subject.split('+').map(Number);
		const names = Array.from({length: 9}, (_, id) => `n${id + 1}`);
		const fleet = alertFleetFixture(names, {fail_after: 1});
		fleet.cycle(Object.fromEntries(ids.map(id => [`n${id}`, ids.length > 1 ? 'down@h:1' : 'down'])));
		return {...fleet.alerts()[0], id: `${index}:${subject}`} as Alert;
	});
	return withAlerts([], alerts, ['program', 'webhook']);
}

const idsOf = (outbox: Outbox): readonly string[] => outbox.map(({alert}) => alert.id);

test('delivers only the oldest alert of each subject, and none that shares a node with it', () => {
	const outbox = outboxOf('1', '2', '1', '2+3', '3', '4');
	const next = (underWay: Outbox = [], resting: readonly string[] = []) =>
		idsOf(deliverable(outbox, 'webhook', {underWay, isResting: ({id}) => resting.includes(id)}));
	assert.deepEqual(next(), ['0:1', '1:2', '5:4']);
	assert.deepEqual(next(outbox.slice(0, 1)), ['1:2', '5:4']);
	assert.deepEqual(next([], ['1:2']), ['0:1', '5:4'], 'an alert that waits for its retry holds back later ones');
	const [first] = outbox;
	assert.ok(first);
	assert.deepEqual(
		idsOf(deliverable(outbox.slice(1), 'webhook', {underWay: [first], isResting: () => false})),
		['1:2', '5:4'],
		'an alert that is delivered but not marked on disk still counts',
	);
});

test('alerts of one host, or of the monitor, are delivered one after another even if they share no node', () => {
	for (const shared of [{host: '10.0.0.1'}, {monitor: true}] as const) {
		const outbox = outboxOf('1', '2', '3').map((entry, index) => ({
			...entry,
			alert: {...entry.alert, ...(index < 2 ? shared : {})},
		}));
		assert.deepEqual(idsOf(deliverable(outbox, 'webhook', {underWay: [], isResting: () => false})), ['0:1', '2:3']);
	}
});

test('a refused alert does not delay other alerts of its subject, except refused ones', () => {
	const outbox = outboxOf('1', '1', '1', '2');
	const next = (refused: readonly string[], resting: readonly string[] = []) =>
		idsOf(
			deliverable(outbox, 'webhook', {
				underWay: [],
				isResting: ({id}) => resting.includes(id),
				isRefused: ({id}) => refused.includes(id),
			}),
		);
	assert.deepEqual(next(['0:1'], ['0:1']), ['1:1', '3:2']);
	assert.deepEqual(next(['0:1', '1:1'], ['0:1']), ['2:1', '3:2'], 'the second of them waits for the first');
	assert.deepEqual(next(['0:1', '1:1', '2:1']), ['0:1', '3:2']);
});

test('removes an alert once every channel has it', () => {
	const outbox = outboxOf('1', '2');
	const once = delivered(outbox, '0:1', 'program');
	assert.deepEqual(
		once.map(({waiting}) => waiting),
		[['webhook'], ['program', 'webhook']],
	);
	assert.deepEqual(idsOf(delivered(once, '0:1', 'webhook')), ['1:2']);
	assert.deepEqual(idsOf(deliverable(once, 'program', {underWay: [], isResting: () => false})), ['1:2']);
});

test('drops alerts that are too old or too many, the oldest first', () => {
	const outbox = outboxOf('1', '2');
	assert.deepEqual(splitOutbox(outbox, fixtureStartMs + keptAlertMs - 1), {kept: outbox, dropped: []});
	assert.deepEqual(idsOf(splitOutbox(outbox, fixtureStartMs + keptAlertMs).dropped), ['0:1', '1:2']);
	const [entry] = outbox;
	assert.ok(entry);
	const many = Array.from({length: maxAlerts + 2}, (_, index) => ({
		...entry,
		alert: {...entry.alert, id: `${index}`},
	}));
	assert.deepEqual(idsOf(splitOutbox(many, fixtureStartMs).dropped), ['0', '1']);
	const long = {...entry, alert: {...entry.alert, id: 'long', nodes: Array(50_000).fill(entry.alert.nodes[0])}};
	assert.deepEqual(idsOf(splitOutbox([long, ...outbox], fixtureStartMs).dropped), ['long']);
});

test('keeps every alert of a large fleet that goes down at once', () => {
	const [entry] = outboxOf('1');
	assert.ok(entry);
	const {alert} = entry;
	const all = Array.from({length: 5000}, (_, index) => ({...entry, alert: {...alert, id: `${index}`}}));
	assert.equal(splitOutbox(all, fixtureStartMs).dropped.length, 0);
});

test('counts the length of names, messages and reasons exactly', () => {
	const [entry] = outboxOf('1');
	const [node] = entry?.alert.nodes ?? [];
	assert.ok(entry && node);
	const bare = {...node, name: '', message: '', reason: ''};
	for (const field of ['name', 'message', 'reason'] as const) {
		for (const [more, dropped] of [
			[0, 0],
			[1, 1],
		] as const) {
			const text = 'x'.repeat(maxAlertsLength - 200 + more);
			const large: OutboxEntry = {...entry, alert: {...entry.alert, nodes: [{...bare, [field]: text}]}};
			assert.equal(splitOutbox([large], fixtureStartMs).dropped.length, dropped, `${field} ${more}`);
		}
	}

	const {reason: _, ...silent} = {...bare, name: 'x'.repeat(maxAlertsLength - 200)};
	assert.equal(splitOutbox([{...entry, alert: {...entry.alert, nodes: [silent]}}], fixtureStartMs).dropped.length, 0);
});

test('keeps an expired alert until it was tried again', () => {
	const outbox = outboxOf('1', '2');
	const late = fixtureStartMs + keptAlertMs;
	const {kept, dropped} = splitOutbox(outbox, late, ({alert}) => alert.id === '1:2');
	assert.deepEqual([idsOf(kept), idsOf(dropped)], [['0:1'], ['1:2']]);
});

test('two alerts of one daemon are delivered in order, those of different daemons at once', () => {
	const [first, second] = outboxOf('1+2', '3+4');
	assert.ok(first && second);
	const next = (outbox: Outbox) => idsOf(deliverable(outbox, 'program', {underWay: [], isResting: () => false}));
	assert.deepEqual(next([first, second]), ['0:1+2']);
	assert.deepEqual(next([first, {...second, alert: {...second.alert, daemon: 'other:1'}}]), ['0:1+2', '1:3+4']);
});
