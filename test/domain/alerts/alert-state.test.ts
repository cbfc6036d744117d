import assert from 'node:assert/strict';
import {test} from 'node:test';
import {alertFleetFixture, type NodeOutcome} from '../../helpers/alert-fixture.js';
import {at} from '../../helpers/fixture-time.js';

const d = 'h:18081';
const gone: NodeOutcome = `down@${d}`;
const goneReason = `daemon ${d} is gone`;

test('keeps the streak of a bad result below the limit, with the state before it if known', () => {
	const fleet = alertFleetFixture(['a']);
	fleet.cycles('down');
	assert.deepEqual(fleet.state(), {
		method: 'api',
		streaks: new Map([[1, {count: 1, since: at(0), last_check: at(0)}]]),
		incidents: [],
	});
	fleet.cycles('up down busy');
	assert.deepEqual(fleet.state().streaks, new Map([[1, {count: 1, since: at(20), last_check: at(30), from: 'up'}]]));
});

test('keeps the last result of a node in an incident', () => {
	const fleet = alertFleetFixture(['a'], {fail_after: 1}, {a: 'hot'});
	fleet.cycles('up down');
	const incident = {id: `a-${at(10)}`, method: 'api', since: at(10), told_at: at(10), reminders: 0, former: new Map()};
	const member = {
		node_id: 1,
		node: 'a',
		group: 'hot',
		since: at(10),
		from: 'up',
		state: 'down',
		message: 'API check failed',
		reason: 'connection refused',
	};
	const remembered = (more: object) => ({
		method: 'api',
		streaks: new Map(),
		incidents: [{...incident, members: new Map([[1, {...member, ...more}]])}],
	});
	assert.deepEqual(fleet.state(), remembered({}));
	fleet.cycles('up');
	assert.deepEqual(fleet.state(), remembered({good: {count: 1, since: at(20), last_check: at(20)}}));
	fleet.cycles('busy');
	assert.deepEqual(fleet.state(), remembered({good: {count: 1, since: at(20), last_check: at(30)}}));
	fleet.cycles('down');
	assert.deepEqual(fleet.state(), remembered({}));
	fleet.cycles('up');
	fleet.setMethod('pid');
	fleet.cycles('-');
	assert.deepEqual(fleet.state(), {...remembered({}), method: 'pid'});
});

test('keeps the daemon and the nodes of its incident, and how former members left', () => {
	const fleet = alertFleetFixture(['a', 'b', 'c'], {fail_after: 2, recover_after: 2});
	fleet.cycle({a: gone, b: gone, c: gone});
	fleet.cycle({a: gone, b: gone, c: gone});
	const member = {
		since: at(0),
		state: 'down',
		message: 'API check failed',
		reason: goneReason,
		caused_by: d,
	};
	const incident = {
		id: `monerod-${d}-${at(0)}`,
		method: 'api',
		daemon: d,
		fault: 'down',
		since: at(0),
		told_at: at(10),
		reminders: 0,
	};
	const a = {...member, node_id: 1, node: 'a'};
	const b = {...member, node_id: 2, node: 'b'};
	const c = {...member, node_id: 3, node: 'c'};
	const members = new Map([
		[1, a],
		[2, b],
		[3, c],
	]);
	assert.deepEqual(fleet.state().incidents, [{...incident, members, former: new Map()}]);

	fleet.cycle({a: 'down', b: 'off', c: 'up'});
	fleet.cycle({a: 'busy', b: 'off', c: 'up'});
	const {caused_by: _, ...own} = a;
	const unexplained = {count: 1, since: at(20), last_check: at(30)};
	assert.deepEqual(fleet.state().incidents, [
		{
			...incident,
			members: new Map([[1, {...own, reason: 'connection refused', unexplained}]]),
			former: new Map<number, object>([
				[2, {...b, from: 'down', until: at(20), ended: 'disabled'}],
				[
					3,
					{
						node_id: 3,
						node: 'c',
						since: at(0),
						from: 'down',
						state: 'up',
						message: 'API is responding',
						until: at(20),
						ended: 'recovered',
					},
				],
			]),
		},
	]);

	assert.deepEqual(fleet.cycle({a: 'down', b: gone, c: gone}), [
		`recovery monerod ${d}: 1 node works again after 20 s: c`,
		'alert a is down: connection refused',
	]);
	assert.deepEqual(fleet.cycle({a: 'down', b: gone, c: gone}), [`alert monerod ${d} down: 2 nodes: b, c`]);
});

test('a member that leaves and comes back is listed once', () => {
	const fleet = alertFleetFixture(['a', 'b'], {fail_after: 1, recover_after: 1});
	fleet.cycle({a: gone, b: gone});
	fleet.cycle({a: gone, b: 'up'});
	fleet.cycle({a: gone, b: gone});
	const [incident] = fleet.state().incidents;
	assert.deepEqual([[...(incident?.members.keys() ?? [])], incident?.former.size], [[1, 2], 0]);
});

test('the next run continues where this one ended', () => {
	const fleet = alertFleetFixture(['a', 'b'], {fail_after: 2, recover_after: 2, remind: 50_000});
	fleet.cycle({a: 'down', b: gone});
	fleet.restart();
	assert.deepEqual(fleet.cycle({a: 'down', b: 'up'}), ['alert a is down: connection refused']);
	fleet.restart();
	assert.deepEqual(fleet.cycle({a: 'up', b: 'up'}), []);
	fleet.restart();
	assert.deepEqual(fleet.cycle({a: 'up', b: 'up'}), ['recovery a is up again after 20 s']);
});

test('a run with another method takes over incidents, but not streaks', () => {
	const fleet = alertFleetFixture(['a', 'b'], {fail_after: 2});
	fleet.cycle({a: 'down', b: 'up'});
	fleet.cycle({a: 'down', b: 'down'});
	fleet.setMethod('pid');
	fleet.restart();
	assert.deepEqual(fleet.cycle({a: 'down', b: 'down'}), []);
	assert.deepEqual(fleet.cycle({a: 'down', b: 'down'}), ['alert b is down: connection refused']);
});

test('a returned state does not change later', () => {
	const fleet = alertFleetFixture(['a', 'b'], {fail_after: 2, recover_after: 1});
	fleet.cycle({a: gone, b: gone});
	const first = fleet.state();
	const copy = structuredClone(first);
	fleet.restart(first);
	fleet.cycle({a: gone, b: gone});
	assert.deepEqual(first, copy);
	const second = fleet.state();
	const secondCopy = structuredClone(second);
	fleet.restart(second);
	fleet.cycle({a: 'up', b: gone});
	assert.deepEqual(second, secondCopy);
});

test('reports that saving is needed for every change of a streak, an incident or its members', () => {
	const fleet = alertFleetFixture(['a', 'b'], {fail_after: 2, recover_after: 2, remind: 130_000});
	const isChanged = (a: NodeOutcome, b: NodeOutcome): boolean => {
		fleet.cycle({a, b});
		return fleet.isChanged();
	};
	assert.equal(isChanged('up', 'up'), false);
	assert.equal(isChanged('down', 'up'), true, 'a streak begins');
	assert.equal(isChanged('up', 'up'), true, 'a streak ends');
	assert.equal(isChanged('up', 'up'), false);
	assert.equal(isChanged(gone, gone), true);
	assert.equal(isChanged(gone, gone), true, 'an incident begins');
	assert.equal(isChanged(gone, gone), false, 'nothing happens');
	assert.equal(isChanged('down', gone), true, 'a node that the daemon does not explain');
	assert.equal(isChanged(gone, gone), true, 'the daemon explains the node again');
	assert.equal(isChanged(gone, gone), false);
	assert.equal(isChanged('up', gone), true, 'a recovery begins');
	assert.equal(isChanged(gone, gone), true, 'the recovery failed');
	assert.equal(isChanged(gone, 'busy'), false);
	assert.equal(isChanged('off', gone), true, 'a node is disabled');
	assert.equal(isChanged('off', gone), false);
	assert.equal(fleet.alerts().length, 1);
	fleet.pass(30);
	assert.equal(isChanged('off', gone), true, 'a reminder');
	assert.equal(fleet.alerts().length, 2);
	assert.equal(fleet.state().incidents[0]?.told_at, at(180));
});
