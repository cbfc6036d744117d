import assert from 'node:assert/strict';
import {test} from 'node:test';
import {alertFleetFixture, type NodeOutcome} from '../../helpers/alert-fixture.js';
import {at} from '../../helpers/fixture-time.js';

const names = ['a', 'b', 'c', 'd'] as const;
const rules = {fail_after: 2, recover_after: 1, alert_on: 'degraded'} as const;
const d = 'h:18081';
const gone: NodeOutcome = `degraded@${d}`;

/** One cycle per row: the state of each node, in order. */
function cyclesOf(
	fleet: ReturnType<typeof alertFleetFixture>,
	rows: readonly string[],
): ReadonlyArray<readonly string[]> {
	return rows.map(row =>
		fleet.cycle(Object.fromEntries(row.split(' ').map((outcome, index) => [names[index], outcome as NodeOutcome]))),
	);
}

test('nodes behind a dead daemon make one alert that names daemon and nodes, and one recovery', () => {
	const fleet = alertFleetFixture(names, rules);
	assert.deepEqual(cyclesOf(fleet, [`${gone} ${gone} ${gone} up`, `${gone} ${gone} ${gone} up`]), [
		[],
		[`alert monerod ${d} down: 3 nodes: a, b, c`],
	]);
	const [alert] = fleet.alerts();
	assert.deepEqual(
		[alert?.id, alert?.daemon, alert?.caused_by, alert?.node, alert?.nodes.map(({name}) => name)],
		[`monerod-${d}-${at(0)}-alert`, d, d, undefined, ['a', 'b', 'c']],
	);
	assert.deepEqual(cyclesOf(fleet, [`up up ${gone} up`, `up up ${gone} up`, 'up up up up', 'up up up up']), [
		[],
		[],
		[`recovery monerod ${d}: 3 nodes work again after 40 s: a, b, c`],
		[],
	]);
	assert.deepEqual([fleet.alerts()[1]?.daemon, fleet.alerts()[1]?.downtime_ms], [d, 40_000]);
});

test('the alert includes nodes below the limit, which then make no alert of their own', () => {
	const fleet = alertFleetFixture(names, rules);
	assert.deepEqual(cyclesOf(fleet, [`${gone} up`, `${gone} ${gone}`, `${gone} ${gone}`]), [
		[],
		[`alert monerod ${d} down: 2 nodes: a, b`],
		[],
	]);
	assert.deepEqual(cyclesOf(fleet, [`${gone} up`, 'up up']), [
		[],
		[`recovery monerod ${d}: 2 nodes work again after 40 s: a, b`],
	]);
});

test('nodes that fail later join without an alert, and later messages name them', () => {
	const fleet = alertFleetFixture(names, {...rules, remind: 50_000});
	const rows = [`${gone} up`, `${gone} up`, `${gone} ${gone}`, `${gone} ${gone}`, `${gone} ${gone}`];
	assert.deepEqual(cyclesOf(fleet, rows).flat(), [`alert monerod ${d} down: 1 node: a`]);
	assert.deepEqual(cyclesOf(fleet, [`${gone} ${gone}`, `${gone} ${gone}`]).flat(), [
		`reminder monerod ${d} still down after 1 m: 2 nodes: a, b`,
	]);
	assert.deepEqual(cyclesOf(fleet, ['up up']).flat(), [
		`recovery monerod ${d}: 2 nodes work again after 1 m 10 s: a, b`,
	]);
});

test('a node keeps its own alert when its daemon dies', () => {
	const fleet = alertFleetFixture(names, rules);
	assert.deepEqual(cyclesOf(fleet, ['down up', 'down up']).flat(), ['alert a is down: connection refused']);
	assert.deepEqual(cyclesOf(fleet, [`${gone} ${gone}`, `${gone} ${gone}`]).flat(), [
		`alert monerod ${d} down: 1 node: b`,
	]);
	assert.deepEqual(cyclesOf(fleet, ['up up']).flat(), [
		'recovery a is up again after 40 s',
		`recovery monerod ${d}: 1 node works again after 20 s: b`,
	]);
});

test('a node that its daemon no longer explains gets its own alert', () => {
	const fleet = alertFleetFixture(names, rules);
	cyclesOf(fleet, [`${gone} ${gone}`, `${gone} ${gone}`]);
	assert.deepEqual(cyclesOf(fleet, ['down up', `${gone} up`, 'down up']).flat(), [], 'not after the first result');
	assert.deepEqual(cyclesOf(fleet, ['down up']).flat(), [
		`recovery monerod ${d}: 1 node works again after 40 s: b`,
		'alert a is down: connection refused',
	]);
	assert.deepEqual(fleet.alerts().at(-1)?.since, at(40));
	assert.deepEqual(cyclesOf(fleet, ['up up']).flat(), ['recovery a is up again after 20 s']);
});

test('closes the alert of a daemon when every node has another problem', () => {
	const fleet = alertFleetFixture(names, rules);
	cyclesOf(fleet, [gone, gone]);
	assert.deepEqual(cyclesOf(fleet, ['down', 'down']).flat(), [
		`recovery monerod ${d} is no longer the cause of the problems of 1 node: a`,
		'alert a is down: connection refused',
	]);
});

test('two daemons make two alerts; a node that changes its daemon moves to the other', () => {
	const fleet = alertFleetFixture(names, rules);
	const other: NodeOutcome = 'degraded@i:1';
	assert.deepEqual(cyclesOf(fleet, [`${gone} ${gone} ${other}`, `${gone} ${gone} ${other}`]).flat(), [
		`alert monerod ${d} down: 2 nodes: a, b`,
		'alert monerod i:1 down: 1 node: c',
	]);
	cyclesOf(fleet, [`${gone} ${other} ${other}`, `${gone} ${other} ${other}`]);
	assert.deepEqual(cyclesOf(fleet, ['up up up']).flat(), [
		`recovery monerod ${d}: 1 node works again after 40 s: a`,
		'recovery monerod i:1: 2 nodes work again after 40 s: b, c',
	]);
});

test('the alert of a daemon includes only nodes that this daemon explains', () => {
	const fleet = alertFleetFixture(names, rules);
	const other: NodeOutcome = 'degraded@i:1';
	assert.deepEqual(cyclesOf(fleet, [`${gone} up up`, `${gone} ${other} down`]).flat(), [
		`alert monerod ${d} down: 1 node: a`,
	]);
	assert.deepEqual(cyclesOf(fleet, [`${gone} ${other} down`]).flat(), [
		'alert monerod i:1 down: 1 node: b',
		'alert c is down: connection refused',
	]);
});

test('the incident of a daemon goes on without disabled nodes, and ends with the last one', () => {
	const fleet = alertFleetFixture(names, rules);
	cyclesOf(fleet, [`${gone} ${gone}`, `${gone} ${gone}`]);
	assert.deepEqual(cyclesOf(fleet, [`off ${gone}`]).flat(), []);
	assert.deepEqual(cyclesOf(fleet, ['off off']).flat(), [
		`recovery monerod ${d} is no longer monitored: 2 nodes: a, b: disabled`,
	]);
	assert.equal(fleet.alerts().at(-1)?.state, 'unknown');
});

test('a wallet that only loses its daemon is not down', () => {
	const fleet = alertFleetFixture(names, {...rules, alert_on: 'down'});
	assert.deepEqual(cyclesOf(fleet, [`${gone} ${gone}`, `${gone} ${gone}`]).flat(), []);
	const hung: NodeOutcome = `down@${d}`;
	assert.deepEqual(cyclesOf(fleet, [`${hung} ${hung}`, `${hung} ${hung}`]).flat(), [
		`alert monerod ${d} down: 2 nodes: a, b`,
	]);
});

test('the text stays one line for any number of nodes; the document names all', () => {
	const many = Array.from({length: 1000}, (_, index) => `n${index + 1}`);
	const fleet = alertFleetFixture(many, {...rules, fail_after: 1});
	const [text] = fleet.cycle(Object.fromEntries(many.map(name => [name, gone])));
	assert.match(text ?? '', /^alert monerod h:18081 down: 1,000 nodes: n1, n2, .*, n20 and 980 more$/);
	assert.equal(fleet.alerts()[0]?.nodes.length, 1000);
});

test('the incident of a daemon begins at the first bad result, in any order of nodes', () => {
	for (const order of ['b a c', 'c b a', 'a c b'].map(text => text.split(' '))) {
		const fleet = alertFleetFixture(names, rules);
		const cycle = (...[a, b, c]: readonly NodeOutcome[]) => {
			const outcomes: Readonly<Record<string, NodeOutcome | undefined>> = {a, b, c};
			return fleet.cycle(Object.fromEntries(order.map(name => [name, outcomes[name] ?? '-'])));
		};
		cycle(gone, 'up', 'up');
		cycle('-', gone, gone);
		assert.deepEqual(cycle(gone, gone, gone), [`alert monerod ${d} down: 3 nodes: a, b, c`]);
		const [alert] = fleet.alerts();
		assert.deepEqual([alert?.since, alert?.id], [at(0), `monerod-${d}-${at(0)}-alert`]);
	}
});

test('a new alert leaves out disabled nodes, nodes below the limit and nodes with their own alert', () => {
	const fleet = alertFleetFixture(names, {...rules, fail_after: 1, alert_on: 'down'});
	const hung: NodeOutcome = `down@${d}`;
	assert.deepEqual(fleet.cycle({a: 'up', b: hung, c: 'up', d: 'down'}).length, 2);
	fleet.cycle({a: 'up', b: 'up', c: 'up', d: 'down'});
	assert.deepEqual(fleet.cycle({a: hung, b: 'off down', c: gone, d: hung}), [`alert monerod ${d} down: 1 node: a`]);
	assert.deepEqual(fleet.cycle({a: hung, b: `off down`, c: gone, d: '-'}), []);
});

test('does not name a disabled node behind a daemon', () => {
	const fleet = alertFleetFixture(names, {...rules, fail_after: 3});
	cyclesOf(fleet, [`${gone} ${gone}`, `${gone} off`]);
	assert.deepEqual(cyclesOf(fleet, [`${gone} off`]).flat(), [`alert monerod ${d} down: 1 node: a`]);
});

test('a node whose streak was begun by another method counts from its last check', () => {
	const fleet = alertFleetFixture(names, rules);
	cyclesOf(fleet, [`${gone} ${gone}`]);
	fleet.setMethod('pid');
	assert.deepEqual(cyclesOf(fleet, [`${gone} -`, `${gone} -`]).flat(), [`alert monerod ${d} down: 2 nodes: a, b`]);
	assert.deepEqual(
		fleet.alerts()[0]?.nodes.map(({since}) => since),
		[at(10), at(0)],
	);
});

test('a node that joins keeps the beginning of its own streak', () => {
	const fleet = alertFleetFixture(names, {...rules, fail_after: 3});
	cyclesOf(fleet, [`${gone} up`, `${gone} ${gone}`, `- ${gone}`]);
	assert.deepEqual(cyclesOf(fleet, [`${gone} -`]).flat(), [`alert monerod ${d} down: 2 nodes: a, b`]);
	assert.deepEqual(
		fleet.alerts()[0]?.nodes.map(({since}) => since),
		[at(0), at(10)],
	);
});

test('an alert describes the problem of its own daemon', () => {
	const fleet = alertFleetFixture(names, {...rules, remind: 20_000});
	const behind: NodeOutcome = 'degraded@~i:1';
	cyclesOf(fleet, [`${behind} up up up`]);
	assert.deepEqual(cyclesOf(fleet, [`${behind} ${gone} ${gone} ${gone}`]).flat(), [
		'alert monerod i:1 not synchronized: 1 node: a',
	]);
	fleet.restart({
		...fleet.state(),
		streaks: new Map(),
		incidents: fleet.state().incidents.map(({fault: _, ...incident}) => incident),
	});
	assert.deepEqual(cyclesOf(fleet, [`${behind} up up up`, `${behind} up up up`]).flat(), [
		'reminder monerod i:1 still has a problem after 30 s: 1 node: a',
	]);
});

test('the alert has the worst state of its nodes, in any order', () => {
	for (const [row, state] of [
		[`degraded@${d} down@${d} busy@${d}`, 'down'],
		[`down@${d} degraded@${d} busy@${d}`, 'down'],
		[`degraded@${d} busy@${d} degraded@${d}`, 'busy'],
	]) {
		const fleet = alertFleetFixture(names, {...rules, fail_after: 1});
		cyclesOf(fleet, [row ?? '']);
		assert.equal(fleet.alerts()[0]?.state, state);
	}
});

test('a recovery reports recovered nodes first, then those with another problem, then those not watched', () => {
	const outcomeAfter = (...last: readonly string[]) => {
		const fleet = alertFleetFixture(names, {...rules, fail_after: 1});
		cyclesOf(fleet, [`${gone} ${gone} ${gone}`, ...last]);
		const {text, state, closed, downtime_ms: downtimeMs, nodes, caused_by: cause} = fleet.alerts().at(-1) ?? {};
		const states = nodes?.map(node => node.state);
		return {text, state, closed, downtimeMs, states, cause};
	};
	assert.deepEqual(outcomeAfter(`${gone} off up`, 'off off up'), {
		text: `monerod ${d}: 1 node works again after 10 s: c`,
		state: 'up',
		closed: undefined,
		downtimeMs: 10_000,
		states: ['unknown', 'unknown', 'up'],
		cause: undefined,
	});
	const fleet = alertFleetFixture(names, {...rules, fail_after: 1});
	cyclesOf(fleet, [`${gone} ${gone} ${gone}`, `off down ${gone}`, 'off down up']);
	const recovery = fleet.alerts().at(-1);
	assert.deepEqual(
		[recovery?.text, recovery?.state, recovery?.nodes.map(node => node.state)],
		[`monerod ${d}: 1 node works again after 20 s: c`, 'up', ['unknown', 'degraded', 'up']],
	);
	const other = alertFleetFixture(names, {...rules, fail_after: 1});
	cyclesOf(other, [`down@${d} ${gone}`, 'off down']);
	const recoveryOfOther = other.alerts().find(({kind}) => kind === 'recovery');
	assert.deepEqual(
		[recoveryOfOther?.state, recoveryOfOther?.text, recoveryOfOther?.nodes.map(node => node.state)],
		['degraded', `monerod ${d} is no longer the cause of the problems of 2 nodes: a, b`, ['unknown', 'degraded']],
	);
});

test('the downtime ends with the last node that recovers', () => {
	const fleet = alertFleetFixture(names, {...rules, fail_after: 1});
	cyclesOf(fleet, [`${gone} ${gone} ${gone}`, `${gone} ${gone} up`, `up ${gone} up`, 'up up up']);
	assert.equal(fleet.alerts().at(-1)?.downtime_ms, 30_000);
});

test('sends no reminder while all nodes seem to recover, and sends one while any does not', () => {
	const fleet = alertFleetFixture(names, {...rules, fail_after: 1, recover_after: 3, remind: 10_000});
	cyclesOf(fleet, [`${gone} ${gone}`]);
	assert.deepEqual(cyclesOf(fleet, [`up ${gone}`]).flat(), [
		`reminder monerod ${d} still down after 10 s: 2 nodes: a, b`,
	]);
	assert.deepEqual(cyclesOf(fleet, ['up up']).flat(), []);
});

test('cuts a text that is too long because of long names', () => {
	const many = Array.from({length: 30}, (_, index) => `n${index + 1}-${'x'.repeat(60)}`);
	const fleet = alertFleetFixture(many, {...rules, fail_after: 1});
	const [text = ''] = fleet.cycle(Object.fromEntries(many.map(name => [name, gone])));
	assert.ok(text.length > 900 && text.length <= 1006, String(text.length));
});
