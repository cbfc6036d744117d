import assert from 'node:assert/strict';
import {test} from 'node:test';
import {incidentText} from '../../../source/domain/alerts/alert-message.js';
import {type AlertFleetFixture, alertFleetFixture, type NodeOutcome} from '../../helpers/alert-fixture.js';
import {at} from '../../helpers/fixture-time.js';

const names = ['a', 'b', 'c', 'd'] as const;
const rules = {fail_after: 2, recover_after: 1, alert_daemons: true} as const;
const d = 'h:18081';
const remote = {a: '10.0.0.1', b: '10.0.0.1', c: '10.0.0.2', d: '10.0.0.3'};

/** Runs cycles; each row gives the state of all nodes in order. @returns all alerts */
function alertsAfter(fleet: AlertFleetFixture, ...rows: readonly string[]): readonly string[] {
	return rows.flatMap(row =>
		fleet.cycle(Object.fromEntries(row.split(' ').map((outcome, index) => [names[index], outcome as NodeOutcome]))),
	);
}

const times = (count: number, ...outcomes: readonly string[]): readonly string[] =>
	Array.from({length: count}, () => outcomes).flat();

test('alerts for a daemon that is down or not synchronized while its wallets still answer', async context => {
	for (const [outcome, fault] of [
		[`degraded@${d}`, 'down'],
		[`degraded@~${d}`, 'not synchronized'],
	] as const) {
		await context.test(fault, () => {
			const fleet = alertFleetFixture(names, rules);
			assert.deepEqual(alertsAfter(fleet, `${outcome} ${outcome} up up`), []);
			assert.deepEqual(alertsAfter(fleet, `${outcome} ${outcome} up up`), [
				`alert monerod ${d} ${fault}: 2 nodes: a, b`,
			]);
			assert.deepEqual(alertsAfter(fleet, 'up up up up'), [
				`recovery monerod ${d}: 2 nodes work again after 20 s: a, b`,
			]);
		});
	}
});

test('alerts for a node that fails by itself while its daemon is down', () => {
	const fleet = alertFleetFixture(names, rules);
	alertsAfter(fleet, `degraded@${d} degraded@${d}`, `degraded@${d} degraded@${d}`);
	assert.deepEqual(alertsAfter(fleet, `down degraded@${d}`, `down degraded@${d}`), [
		'alert a is down: connection refused',
	]);
});

test('the incident of another daemon does not hide a node', () => {
	const fleet = alertFleetFixture(names, rules);
	alertsAfter(fleet, `degraded@${d} up`, `degraded@${d} up`);
	assert.deepEqual(alertsAfter(fleet, `degraded@${d} degraded@i:1`, `degraded@${d} degraded@i:1`), [
		'alert monerod i:1 down: 1 node: b',
	]);
});

test('nodes of one host that fail together make one alert; a node that stays down gets its own', () => {
	const fleet = alertFleetFixture(names, rules, {}, remote);
	assert.deepEqual(alertsAfter(fleet, 'down up up up', 'down down up up'), ['alert host 10.0.0.1 down: 2 nodes: a, b']);
	const [alert] = fleet.alerts();
	assert.deepEqual([alert?.host, alert?.node, alert?.id], ['10.0.0.1', undefined, `host-10.0.0.1-${at(0)}-alert`]);
	assert.deepEqual(alertsAfter(fleet, 'down down up up', 'up down up up', 'up down up up'), [
		'recovery host 10.0.0.1: 1 node works again after 30 s: a',
		'alert b is down: connection refused',
	]);
	assert.deepEqual(alertsAfter(fleet, 'up up up up'), ['recovery b is up again after 20 s']);
});

test('waits until all nodes of a failing host are checked, for a limited time', () => {
	const hosts = {a: '10.0.0.1', b: '10.0.0.1', c: '10.0.0.1'};
	for (const [last, alerts] of [
		['down down down', ['alert host 10.0.0.1 down: 3 nodes: a, b, c']],
		['down down up', ['alert a is down: connection refused', 'alert b is down: connection refused']],
	] as const) {
		const fleet = alertFleetFixture(['a', 'b', 'c'], rules, {}, hosts);
		assert.deepEqual(alertsAfter(fleet, 'up up up', 'down down -', 'down down -'), []);
		assert.deepEqual(alertsAfter(fleet, last), alerts);
	}

	const fleet = alertFleetFixture(['a', 'b', 'c'], rules, {}, hosts);
	assert.deepEqual(alertsAfter(fleet, 'up up up', ...times(6, 'down down -')), []);
	assert.equal(alertsAfter(fleet, 'down down -').length, 2);
	const slow = alertFleetFixture(['a', 'b', 'c'], rules, {}, hosts);
	assert.deepEqual(alertsAfter(slow, 'up up up', 'down up up', 'down late late'), []);
	assert.deepEqual(alertsAfter(slow, 'down down down'), ['alert host 10.0.0.1 down: 3 nodes: a, b, c']);
	const alone = alertFleetFixture(['a', 'b', 'c'], rules, {}, hosts);
	assert.deepEqual(alertsAfter(alone, 'up up up', 'down - -', 'down - -'), ['alert a is down: connection refused']);
});

test('nodes of one host that fail at different times, and those of this machine, alert separately', () => {
	const fleet = alertFleetFixture(names, rules, {}, remote);
	alertsAfter(fleet, 'down up up up', 'down up up up');
	assert.deepEqual(alertsAfter(fleet, 'down down up up', 'down down up up'), ['alert b is down: connection refused']);
	const local = alertFleetFixture(names, rules);
	assert.equal(alertsAfter(local, 'down down', 'down down').length, 2);
});

test('a monitor that is cut off alerts once and calls no node down', () => {
	const fleet = alertFleetFixture(names, rules, {}, remote);
	assert.deepEqual(alertsAfter(fleet, 'up up up up', 'cut cut cut cut', 'cut cut cut cut', 'cut cut cut cut'), [
		'alert this monitor seems cut off: 4 nodes: a, b, c, d',
	]);
	const [alert] = fleet.alerts();
	assert.deepEqual([alert?.monitor, alert?.state, alert?.node], [true, 'unknown', undefined]);
	assert.deepEqual([alert?.id, alert?.since], [`monitor-${at(10)}-alert`, at(10)]);
	assert.deepEqual(
		alert?.nodes.map(({since}) => since),
		Array(4).fill(at(10)),
	);
	assert.deepEqual(alertsAfter(fleet, 'up up up up', 'up up up up'), [
		'recovery this monitor: 4 nodes work again after 30 s: a, b, c, d',
	]);
});

test('alerts for nodes that are down after the monitor was cut off, and keeps earlier alerts', () => {
	const fleet = alertFleetFixture(names, rules, {}, remote);
	alertsAfter(fleet, 'up up up down', 'up up up down', 'cut cut cut cut', 'cut cut cut cut');
	assert.equal(fleet.alerts().at(-1)?.text, 'this monitor seems cut off: 3 nodes: a, b, c');
	assert.deepEqual(alertsAfter(fleet, 'up up down down', 'up up down down'), [
		'recovery this monitor: 2 nodes work again after 20 s: a, b',
		'alert c is down: connection refused',
	]);
});

test('a node that is unknown for another reason after the monitor was cut off keeps no alert open', () => {
	const fleet = alertFleetFixture(names, {...rules, remind: 20_000}, {}, remote);
	alertsAfter(fleet, 'up up up up', 'cut cut cut cut', 'cut cut cut cut');
	assert.deepEqual(alertsAfter(fleet, ...times(3, 'up up cut unknown', 'up up cut cut')), [
		'reminder this monitor still seems cut off after 30 s: 2 nodes: c, d',
		'reminder this monitor still seems cut off after 50 s: 2 nodes: c, d',
		'reminder this monitor still seems cut off after 1 m 10 s: 2 nodes: c, d',
	]);
	assert.deepEqual(
		[...(fleet.state().incidents[0]?.former.keys() ?? [])],
		[1, 2],
		'alternating results are not consecutive',
	);
	assert.deepEqual(alertsAfter(fleet, ...times(6, 'up up busy unknown')), [
		'recovery this monitor: 2 nodes work again after 1 m 20 s: a, b',
	]);
	assert.deepEqual(fleet.state().incidents, []);
});

test('an alert of the monitor waits for remote nodes that have not been checked since, for a limited time', () => {
	const text = 'alert this monitor seems cut off: 2 nodes: a, b';
	const after = (hosts: Readonly<Record<string, string>>, first: string, ...rows: readonly string[]) => {
		const fleet = alertFleetFixture(names, rules, {}, hosts);
		alertsAfter(fleet, first);
		return rows.map(row => alertsAfter(fleet, row).length);
	};
	const waiting = 'cut cut - -';
	assert.deepEqual(after(remote, 'up up up up', ...times(7, waiting)), [0, 0, 0, 0, 0, 0, 1]);
	assert.deepEqual(after(remote, 'up up up up', waiting, waiting, 'cut cut up up'), [0, 0, 1]);
	for (const first of ['up up busy busy', 'up up - -']) {
		assert.deepEqual(after(remote, first, waiting, waiting), [0, 1], first);
	}

	assert.deepEqual(after(remote, 'up up up up', 'cut cut off off', 'cut cut off off'), [0, 1]);
	assert.deepEqual(after({a: '10.0.0.1', b: '10.0.0.2'}, 'up up up up', waiting, waiting), [0, 1], 'on this machine');
	const fleet = alertFleetFixture(names, rules, {}, remote);
	alertsAfter(fleet, 'up up up up', 'cut cut up up');
	assert.deepEqual(alertsAfter(fleet, '- - up up', '- - up up'), [], 'results of before are not counted again');
	assert.deepEqual(alertsAfter(fleet, 'cut cut up up'), [text]);
});

test('a node leaves the incident of the monitor only after as many results of another kind as make an alert', () => {
	const fleet = alertFleetFixture(names, {...rules, fail_after: 2}, {}, remote);
	const members = () => [...(fleet.state().incidents[0]?.members.keys() ?? [])];
	alertsAfter(fleet, 'up up up up', 'cut cut up up', 'cut cut up up');
	assert.deepEqual([members(), fleet.isChanged()], [[1, 2], true]);
	alertsAfter(fleet, 'busy cut up up');
	assert.deepEqual([members(), fleet.isChanged()], [[1, 2], true]);
	alertsAfter(fleet, 'busy cut up up');
	assert.deepEqual(members(), [2]);
	const [incident] = fleet.state().incidents;
	assert.equal(incident?.former.get(1)?.ended, 'other_cause');
});

test('a node that the monitor loses later joins its incident, from its own beginning; a silenced one does not', () => {
	const fleet = alertFleetFixture(names, rules, {}, remote);
	alertsAfter(fleet, 'up up up up', 'cut cut up up', 'cut cut up up');
	fleet.silence('d');
	assert.deepEqual(alertsAfter(fleet, 'cut cut cut cut'), []);
	const [incident] = fleet.state().incidents;
	assert.deepEqual(
		[...(incident?.members.values() ?? [])].map(({node, since}) => [node, since]),
		[
			['a', at(10)],
			['b', at(10)],
			['c', at(30)],
		],
	);
	const silenced = alertFleetFixture(names, rules, {}, remote);
	silenced.silence(...names);
	assert.deepEqual(alertsAfter(silenced, 'up up up up', ...times(3, 'cut cut cut cut')), []);
	assert.deepEqual(silenced.state().incidents, []);
});

test('nodes of a host that began to fail within the time between two checks failed together', () => {
	for (const [coverMs, alert] of [
		[80_000, 'alert host 10.0.0.1 down: 2 nodes: a, b'],
		[79_000, 'alert a is down: connection refused'],
	] as const) {
		const fleet = alertFleetFixture(names, {...rules, fail_after: 9, coverMs}, {}, remote);
		assert.deepEqual(alertsAfter(fleet, ...times(8, 'down up up up'), 'down down up up'), [alert]);
	}
});

test('a node that appears on a host with an incident joins it', () => {
	const hosts = {a: '10.0.0.1', b: '10.0.0.1', c: '10.0.0.1', d: '10.0.0.3'};
	const fleet = alertFleetFixture(names, rules, {}, hosts);
	const without = (a: NodeOutcome, b: NodeOutcome, d: NodeOutcome) => fleet.cycle({a, b, d});
	without('down', 'down', 'down');
	assert.deepEqual(without('down', 'down', 'down'), [
		'alert host 10.0.0.1 down: 2 nodes: a, b',
		'alert d is down: connection refused',
	]);
	assert.deepEqual(alertsAfter(fleet, 'down down down down', 'down down down down'), []);
	assert.deepEqual(
		fleet.state().incidents.map(({members}) => [...members.keys()]),
		[[1, 2, 3], [4]],
	);
});

test('the daemon of one node of a host is no sign that its host is down', () => {
	const fleet = alertFleetFixture(names, rules, {}, remote);
	assert.deepEqual(alertsAfter(fleet, `down down@${d} up up`, `down down@${d} up up`), [
		'alert a is down: connection refused',
		`alert monerod ${d} down: 1 node: b`,
	]);
});

test('an incident of a daemon takes only nodes of the same daemon, and names its own fault', () => {
	const fleet = alertFleetFixture(names, rules, {}, {a: '10.0.0.1', b: '10.0.0.1'});
	alertsAfter(fleet, `degraded@${d} up degraded@i:1 up`, `degraded@${d} down degraded@i:1 up`);
	assert.deepEqual(
		fleet.state().incidents.map(({daemon, fault, members}) => [daemon, fault, [...members.keys()]]),
		[
			[d, 'down', [1]],
			['i:1', 'down', [3]],
		],
	);
});

test('an alert after the silence of a daemon says so, only if the daemon is its cause', () => {
	const gone = `degraded@${d}`;
	const fleet = alertFleetFixture(names, rules);
	fleet.silence(d);
	alertsAfter(fleet, `${gone} up`, `${gone} up`);
	assert.equal(fleet.isChanged(), true, 'which silence it was is saved');
	alertsAfter(fleet, `${gone} up`);
	assert.equal(fleet.isChanged(), false);
	fleet.silence();
	assert.deepEqual(alertsAfter(fleet, `${gone} ${gone}`), [
		`alert monerod ${d} down: 2 nodes: a, b; its silence has ended`,
	]);
	const other = alertFleetFixture(names, rules);
	other.silence(d);
	alertsAfter(other, gone, gone);
	other.silence();
	assert.deepEqual(alertsAfter(other, 'down'), ['alert a is down: connection refused']);
});

test('a silence that begins or ends during an alert is saved once', () => {
	const fleet = alertFleetFixture(names, {...rules, remind: 50_000});
	const isChangedAfter = (row: string): boolean => {
		alertsAfter(fleet, row);
		return fleet.isChanged();
	};
	alertsAfter(fleet, 'down', 'down');
	assert.equal(isChangedAfter('down'), false);
	fleet.silence('a');
	assert.deepEqual([isChangedAfter('down'), isChangedAfter('down')], [true, false]);
	fleet.silence();
	assert.deepEqual([isChangedAfter('down'), isChangedAfter('down')], [true, false]);
	alertsAfter(fleet, ...times(4, 'down'));
	const ids = fleet.alerts().map(({id, at: time}) => [id.replace(/^a-.*Z-/, ''), time]);
	assert.deepEqual(ids, [
		['alert', at(10)],
		['reminder-1', at(50)],
		['reminder-2', at(100)],
	]);
});

test('a failure that continues in a silence after a daemon incident is reported from its beginning', () => {
	const fleet = alertFleetFixture(names, rules);
	alertsAfter(fleet, `degraded@${d}`, `degraded@${d}`);
	fleet.silence('a');
	alertsAfter(fleet, 'down', 'down', 'down');
	fleet.silence();
	assert.deepEqual(alertsAfter(fleet, 'down'), ['alert a is down: connection refused; its silence has ended']);
	assert.equal(fleet.alerts().at(-1)?.since, at(20));
});

test('a flapping node alerts once and settles once', () => {
	const fleet = alertFleetFixture(names, {...rules, fail_after: 3});
	const flapping = alertsAfter(fleet, ...times(20, 'down', 'up'));
	assert.deepEqual(flapping, ['alert a is flapping (20 changes in 21 checks): connection refused']);
	assert.equal(fleet.alerts()[0]?.pattern, 'flapping');
	const [settled, ...more] = alertsAfter(fleet, ...times(40, 'up'));
	assert.match(settled ?? '', /^recovery a has settled after .* \(flapping\): it is up$/);
	assert.deepEqual(more, []);
});

test('a flapping node alerts no more often after a restart of xmrtop', () => {
	const fleet = alertFleetFixture(names, {...rules, fail_after: 1});
	const before = alertsAfter(fleet, ...times(10, 'down', 'up', 'up'));
	fleet.restart();
	assert.deepEqual(alertsAfter(fleet, ...times(10, 'down', 'up', 'up')), []);
	assert.ok(before.length < 20, String(before.length));
	assert.match(alertsAfter(fleet, ...times(30, 'up')).join(), /^recovery a (is up again|has settled) after/);
});

test('a flapping node that stays down alerts as down', () => {
	const fleet = alertFleetFixture(names, {...rules, fail_after: 3});
	alertsAfter(fleet, ...times(15, 'up', 'down'));
	const [settled, down, ...more] = alertsAfter(fleet, ...times(40, 'down'));
	assert.match(settled ?? '', /^recovery a has settled after .* \(flapping\): it is down: connection refused$/);
	assert.equal(down, 'alert a is down: connection refused');
	assert.deepEqual(more, []);
});

test('a crash loop alerts once and settles once', () => {
	const fleet = alertFleetFixture(names, rules);
	assert.deepEqual(alertsAfter(fleet, 'up', 'down', 'up', 'crash', 'crash', 'crash', 'crash', 'up', 'up'), [
		'alert a is down: crash loop: 4 starts in 3 m',
		'recovery a has settled after 40 s (crash loop): it is up',
	]);
	assert.equal(fleet.alerts()[0]?.pattern, 'crash_loop');
});

test('busy and unknown do not count as flapping', () => {
	const fleet = alertFleetFixture(names, rules);
	assert.deepEqual(alertsAfter(fleet, ...times(20, 'up', 'busy', 'unknown', 'degraded')), []);
});

test('a silenced node alerts only when its silence ends, and the alert says so', () => {
	const fleet = alertFleetFixture(names, rules);
	fleet.silence('a');
	assert.deepEqual(alertsAfter(fleet, 'down up', 'down up', 'down down', 'down down'), [
		'alert b is down: connection refused',
	]);
	fleet.silence();
	assert.deepEqual(alertsAfter(fleet, 'down down'), ['alert a is down: connection refused; its silence has ended']);
	assert.equal(fleet.alerts().at(-1)?.since, at(0));
});

test('a silenced daemon makes no alert; its nodes alert for anything else', () => {
	const fleet = alertFleetFixture(names, rules);
	fleet.silence(d);
	const gone = `degraded@${d}`;
	assert.deepEqual(alertsAfter(fleet, `${gone} ${gone}`, `${gone} ${gone}`, `down ${gone}`, `down ${gone}`), [
		'alert a is down: connection refused',
	]);
});

test('a silence that begins after the alert suppresses reminders, not the recovery', () => {
	const fleet = alertFleetFixture(names, {...rules, remind: 20_000});
	alertsAfter(fleet, 'down', 'down');
	fleet.silence('a');
	assert.deepEqual(alertsAfter(fleet, 'down', 'down', 'down', 'up'), ['recovery a is up again after 50 s']);
});

test('reports the end of a silence while its node is still bad, even when an alert was sent before', () => {
	const fleet = alertFleetFixture(names, rules);
	alertsAfter(fleet, 'down', 'down');
	fleet.silence('a');
	assert.deepEqual(alertsAfter(fleet, 'down'), []);
	fleet.restart();
	assert.deepEqual(alertsAfter(fleet, 'down'), []);
	fleet.silence();
	assert.deepEqual(alertsAfter(fleet, 'unknown', 'down', 'down'), [
		'reminder a is still down after 50 s: connection refused; its silence has ended',
	]);
	assert.deepEqual(alertsAfter(fleet, 'up'), ['recovery a is up again after 1 m 10 s']);
});

test('does not report the end of a silence that a person ended', () => {
	const fleet = alertFleetFixture(names, rules);
	alertsAfter(fleet, 'down', 'down');
	fleet.silence('a');
	alertsAfter(fleet, 'down');
	fleet.endSilences();
	assert.deepEqual(alertsAfter(fleet, 'down', 'down'), []);
});

test('reports the end of a silence during a recovery only if the recovery fails', () => {
	for (const [outcomes, alerts] of [
		['up', ['recovery a is up again after 30 s']],
		['down', ['reminder a is still down after 40 s: connection refused; its silence has ended']],
	] as const) {
		const fleet = alertFleetFixture(names, {...rules, recover_after: 2});
		alertsAfter(fleet, 'down', 'down');
		fleet.silence('a');
		alertsAfter(fleet, 'down');
		fleet.silence();
		assert.deepEqual(alertsAfter(fleet, 'up'), []);
		assert.deepEqual(alertsAfter(fleet, outcomes), alerts);
	}
});

test('names a node once whose silence ends during the incident of its daemon or host', () => {
	for (const [subject, hosts, outcome] of [
		[`monerod ${d}`, {}, `degraded@${d}`],
		['host 10.0.0.1', {a: '10.0.0.1', b: '10.0.0.1', c: '10.0.0.1'}, 'down'],
	] as const) {
		const fleet = alertFleetFixture(['a', 'b', 'c'], rules, {}, hosts);
		const row = `${outcome} ${outcome} ${outcome}`;
		fleet.silence('c');
		assert.deepEqual(alertsAfter(fleet, row, row), [`alert ${subject} down: 2 nodes: a, b`]);
		assert.deepEqual(alertsAfter(fleet, row), []);
		fleet.restart();
		fleet.silence();
		assert.deepEqual(alertsAfter(fleet, row, row), [
			`reminder ${subject} still down after 30 s: 3 nodes: a, b, c; the silence of c has ended`,
		]);
		assert.match(alertsAfter(fleet, 'up up up').join(), /^recovery .*: 3 nodes work again after /);
	}
});

test('the recovery of a renamed node keeps the name of its alert', () => {
	const fleet = alertFleetFixture(names, rules, {a: 'hot'});
	alertsAfter(fleet, 'down', 'down');
	assert.equal(fleet.alerts()[0]?.opened_as, undefined);
	fleet.rename('a', 'z');
	fleet.restart();
	alertsAfter(fleet, 'down', 'up');
	const [, recovery] = fleet.alerts();
	assert.deepEqual([recovery?.node, recovery?.group, recovery?.opened_as], ['z', 'hot', {node: 'a', group: 'hot'}]);
	assert.equal(recovery?.id, `a-${at(0)}-recovery`);
});

test('a node that is renamed twice keeps the first name; an incident of a daemon keeps none', () => {
	const fleet = alertFleetFixture(names, rules);
	alertsAfter(fleet, `down degraded@${d}`, `down degraded@${d}`);
	for (const to of ['y', 'z']) {
		fleet.rename('a', to);
		fleet.rename('b', `${to}2`);
		alertsAfter(fleet, `down degraded@${d}`);
	}

	assert.deepEqual(
		fleet.state().incidents.map(({opened_as}) => opened_as),
		[{node: 'a'}, undefined],
	);
});

test('an incident in words is its alert; without members, its id', () => {
	const fleet = alertFleetFixture(names, rules);
	alertsAfter(fleet, 'down', 'down');
	const [incident] = fleet.state().incidents;
	assert.ok(incident);
	assert.equal(incidentText(incident), 'a is down: connection refused');
	assert.equal(incidentText({...incident, members: new Map()}), `a-${at(0)}`);
});
