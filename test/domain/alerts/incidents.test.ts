import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {AlertRules} from '../../../source/domain/alerts/incidents.js';
import {alertFleetFixture} from '../../helpers/alert-fixture.js';
import {at} from '../../helpers/fixture-time.js';

/** The state of a node in each cycle, and the alerts by cycle, counted from 0. */
type Case = readonly [
	what: string,
	rules: Partial<AlertRules>,
	outcomes: string,
	alerts: Readonly<Record<number, string>>,
];

const down = 'alert a is down: connection refused';
const once = {fail_after: 1, recover_after: 1};

const cases: readonly Case[] = [
	['no alert for a working node', {}, 'up up degraded up', {}],
	['three bad results in a row, once', {}, 'up down down down down down', {3: down}],
	['a good result in between resets the count', {}, 'down down up down down up', {}],
	[
		'recovers after two good results in a row',
		{},
		'down down down up down up up up',
		{2: down, 6: 'recovery a is up again after 50 s'},
	],
	['busy neither counts nor resets', {}, 'down busy down busy unknown down', {5: down}],
	[
		'busy neither ends nor prolongs a recovery',
		{},
		'down down down up busy up',
		{2: down, 5: 'recovery a is up again after 30 s'},
	],
	['a node that is not checked does not count', {}, 'down down - - - down', {5: down}],
	[
		'alert and recovery at once, with limits of one',
		once,
		'down up down',
		{0: down, 1: 'recovery a is up again after 10 s', 2: down},
	],
	[
		'degraded is good when only down alerts',
		once,
		'down degraded',
		{0: down, 1: 'recovery a is degraded and working again after 10 s: connection refused'},
	],
	['failed: busy is bad', {...once, alert_on: 'failed'}, 'busy', {0: 'alert a is busy: connection refused'}],
	['failed: unknown is not bad', {...once, alert_on: 'failed'}, 'unknown unknown', {}],
	['degraded: unknown is not bad', {...once, alert_on: 'degraded'}, 'unknown unknown', {}],
	['failed: degraded is good', {...once, alert_on: 'failed'}, 'degraded degraded', {}],
	[
		'degraded: degraded, down and busy are bad',
		{...once, alert_on: 'degraded'},
		'degraded down busy up',
		{0: 'alert a is degraded: connection refused', 3: 'recovery a is up again after 30 s'},
	],
	[
		'reminders while it lasts, none during a recovery',
		{...once, recover_after: 2, remind: 20_000},
		'down down down down down up up',
		{
			0: down,
			2: 'reminder a is still down after 20 s: connection refused',
			4: 'reminder a is still down after 40 s: connection refused',
			6: 'recovery a is up again after 50 s',
		},
	],
	['disabled before the alert', {}, 'down down off down down', {}],
	[
		'disabled during an alert: a recovery without downtime',
		once,
		'down off off up',
		{0: down, 1: 'recovery a is no longer monitored: it is disabled'},
	],
];

for (const [what, rules, outcomes, alerts] of cases) {
	test(what, () => {
		const expected = outcomes.split(' ').map((_, index) => (alerts[index] === undefined ? [] : [alerts[index]]));
		assert.deepEqual(alertFleetFixture(['a'], rules).cycles(outcomes), expected);
	});
}

test('alert and recovery as documents', () => {
	const fleet = alertFleetFixture(['other', 'a']);
	fleet.cycles('up down down down up up');
	const [alert, recovery] = fleet.alerts();
	const node = {id: 2, name: 'a', since: at(10)};
	const common = {schema_version: 1, method: 'api', node: 'a', node_id: 2, since: at(10)};
	assert.deepEqual(alert, {
		...common,
		id: `a-${at(10)}-alert`,
		kind: 'alert',
		at: at(30),
		from: 'up',
		state: 'down',
		message: 'API check failed',
		reason: 'connection refused',
		nodes: [{...node, state: 'down', message: 'API check failed', reason: 'connection refused'}],
		text: 'a is down: connection refused',
	});
	assert.deepEqual(recovery, {
		...common,
		id: `a-${at(10)}-recovery`,
		kind: 'recovery',
		at: at(50),
		from: 'down',
		state: 'up',
		message: 'API is responding',
		downtime_ms: 30_000,
		nodes: [{...node, state: 'up', message: 'API is responding', until: at(40)}],
		text: 'a is up again after 30 s',
	});
});

test('closes the incident of a node that is removed or no longer watched', () => {
	for (const [isRemoved, words, closed] of [
		[true, 'removed', 'removed'],
		[false, 'no longer among the monitored nodes', 'not_watched'],
	] as const) {
		const fleet = alertFleetFixture(['a', 'b'], once);
		fleet.cycle({a: 'down', b: 'up'});
		if (isRemoved) {
			fleet.remove('a');
		}

		assert.deepEqual(fleet.cycle({b: 'up'}), [`recovery a is no longer monitored: it is ${words}`]);
		const recovery = fleet.alerts().at(-1);
		assert.deepEqual([recovery?.closed, recovery?.state, recovery?.downtime_ms], [closed, 'unknown', undefined]);
		assert.deepEqual(fleet.cycle({b: 'up'}), []);
	}
});

test('a streak that was not continued for too long starts again, for failures and recoveries', () => {
	const fleet = alertFleetFixture(['a']);
	assert.deepEqual(fleet.cycles('down down').flat(), []);
	fleet.pass(100);
	assert.deepEqual(fleet.cycles('down down').flat(), []);
	assert.deepEqual(fleet.cycles('down'), [[down]]);
	assert.equal(fleet.alerts()[0]?.since, at(120));
	fleet.cycles('up');
	fleet.pass(100);
	assert.deepEqual(fleet.cycles('up'), [[]]);
	assert.deepEqual(fleet.cycles('up'), [['recovery a is up again after 2 m 20 s']]);
});

test('a streak counts results of one method', () => {
	const fleet = alertFleetFixture(['a']);
	fleet.cycles('down down');
	fleet.setMethod('port');
	assert.deepEqual(fleet.cycles('down down down').flat(), [down]);
	fleet.setMethod('pid');
	assert.deepEqual(fleet.cycles('up up').flat(), ['recovery a is up again after 30 s']);
});

test('does not save an unchanged state again', () => {
	const fleet = alertFleetFixture(['a'], {fail_after: 2});
	const changes = 'up up down down down busy down up busy up up up'
		.split(' ')
		.map(outcome => fleet.cycles(outcome) && fleet.isChanged());
	assert.deepEqual(changes, [false, false, true, true, false, false, false, true, false, true, false, false]);
});

test('a clock that is set back does not delay reminders', () => {
	const fleet = alertFleetFixture(['a'], {...once, remind: 20_000});
	fleet.cycles('down');
	fleet.pass(-3600);
	assert.deepEqual(fleet.cycles('down down down').flat(), [
		'reminder a is still down after 0 s: connection refused',
		'reminder a is still down after 0 s: connection refused',
	]);
});

test('a reminder waits until earlier alerts are delivered', () => {
	const fleet = alertFleetFixture(['a'], {...once, remind: 10_000});
	fleet.cycles('down');
	fleet.setWaiting(`a-${at(0)}`);
	assert.deepEqual(fleet.cycles('down down').flat(), []);
	fleet.setWaiting(undefined);
	assert.deepEqual(fleet.cycles('down').flat(), ['reminder a is still down after 30 s: connection refused']);
	assert.deepEqual(
		fleet.alerts().map(({id}) => id),
		[`a-${at(0)}-alert`, `a-${at(0)}-reminder-1`],
	);
});

test('results are consecutive up to the covered time apart, not beyond', () => {
	for (const [gap, alerts] of [
		[80, 1],
		[81, 0],
	] as const) {
		const fleet = alertFleetFixture(['a'], {fail_after: 2, coverMs: 90_000});
		fleet.cycles('down');
		fleet.pass(gap);
		assert.equal(fleet.cycles('down').flat().length, alerts, `${gap + 10} s apart`);
	}
});

test('does not count a disabled node, even when it was checked', () => {
	const fleet = alertFleetFixture(['a'], once);
	assert.deepEqual(fleet.cycle({a: 'off down'}), []);
	assert.deepEqual(fleet.state().streaks.size, 0);
	assert.deepEqual(fleet.cycle({a: 'down'}), [down]);
	assert.deepEqual(fleet.alerts()[0]?.from, 'down');
});

test('the incident of a node includes no other node', () => {
	const fleet = alertFleetFixture(['a', 'b'], {fail_after: 2});
	fleet.cycle({a: 'down', b: 'up'});
	assert.deepEqual(fleet.cycle({a: 'down', b: 'down'}), [down]);
	assert.deepEqual(
		fleet.alerts()[0]?.nodes.map(({name}) => name),
		['a'],
	);
	assert.deepEqual(fleet.cycle({a: 'down', b: 'down'}), ['alert b is down: connection refused']);
});

test('an alert has the group of its node, and only fields that apply', () => {
	const fleet = alertFleetFixture(['a'], once, {a: 'hot'});
	fleet.cycles('down up');
	const [alert, recovery] = fleet.alerts();
	assert.deepEqual([alert?.group, alert?.nodes[0]?.group, recovery?.group], ['hot', 'hot', 'hot']);
	for (const name of ['daemon', 'from', 'caused_by', 'downtime_ms', 'closed']) {
		assert.equal(alert && name in alert, false, name);
	}

	assert.equal(recovery && 'reason' in recovery, false);
});

test('an incident that ends by disabling the node has state unknown and no downtime', () => {
	const fleet = alertFleetFixture(['a'], once, {a: 'hot'});
	fleet.cycles('down off');
	assert.deepEqual(fleet.alerts()[1], {
		schema_version: 1,
		id: `a-${at(0)}-recovery`,
		kind: 'recovery',
		at: at(10),
		method: 'api',
		node: 'a',
		node_id: 1,
		group: 'hot',
		from: 'down',
		state: 'unknown',
		message: 'API check failed',
		reason: 'connection refused',
		since: at(0),
		closed: 'disabled',
		nodes: [
			{
				id: 1,
				name: 'a',
				group: 'hot',
				state: 'unknown',
				message: 'API check failed',
				reason: 'connection refused',
				since: at(0),
				until: at(10),
			},
		],
		text: 'a is no longer monitored: it is disabled',
	});
});

test('a clock that was set back gives no negative downtime', () => {
	const fleet = alertFleetFixture(['a'], once);
	fleet.cycles('down');
	fleet.pass(-3600);
	assert.deepEqual(fleet.cycles('up').flat(), ['recovery a is up again after 0 s']);
	assert.equal(fleet.alerts()[1]?.downtime_ms, 0);
});
