import assert from 'node:assert/strict';
import {test} from 'node:test';
import {createStateMemory, type PrometheusAnswers} from '../../../source/domain/remote/prometheus-series.js';
import type {PrometheusHost} from '../../../source/domain/remote/remote-nodes.js';
import type {State} from '../../../source/domain/state.js';

interface NodeSeries {
	readonly state: State;
	/** Absent before the first check. */
	readonly since?: string;
}

const host: PrometheusHost = {
	kind: 'prometheus',
	base: 'http://p',
	label: 'p',
	url: 'prometheus+http://p',
	matchers: '',
};
const sample = (metric: Readonly<Record<string, string>>, value: string) => ({metric, value: [0, value]});

/** The answers of a Prometheus that scrapes one instance. */
function answersFor(nodes: Readonly<Record<string, NodeSeries>>, isCounted = true) {
	const entries = Object.entries(nodes);
	const counts = new Map<State, number>();
	for (const [, {state}] of entries) {
		counts.set(state, (counts.get(state) ?? 0) + 1);
	}

	const results: PrometheusAnswers['results'] = {
		since: entries.flatMap(([node, {since}]) => (since === undefined ? [] : [sample({instance: 'a', node}, since)])),
		others: [...counts].flatMap(([state, count]) =>
			isCounted ? [sample({__name__: 'xmrtop_nodes', instance: 'a', state}, String(count))] : [],
		),
	};
	const states = (names?: ReadonlySet<string>) =>
		entries
			.filter(([node]) => names?.has(node) ?? true)
			.map(([node, {state}]) => sample({instance: 'a', node, group: '', state}, '1'));
	return {results, states};
}

const before = {
	one: {state: 'up', since: '10.5'},
	'two.b': {state: 'down', since: '20'},
	three: {state: 'unknown'},
} as const;

function learned(nodes: Readonly<Record<string, NodeSeries>> = before) {
	const memory = createStateMemory(host);
	const {results, states} = answersFor(nodes);
	assert.equal(memory.learn(results, states(), memory.all), true);
	return memory;
}

const stateOf = (memory: ReturnType<typeof learned>, node: string): unknown =>
	memory
		.states()
		.map(entry => (entry as {readonly metric: Readonly<Record<string, string>>}).metric)
		.find(metric => metric.node === node)?.state;

test('sends no query while every node keeps its state and its start time', () => {
	const memory = learned();
	const entries = memory.states();
	assert.equal(memory.missing(answersFor(before).results), undefined);
	assert.equal(memory.states(), entries);
});

test('queries only the nodes whose state has a new start time', () => {
	const memory = learned();
	const now = answersFor({...before, 'two.b': {state: 'up', since: '30'}, new: {state: 'busy', since: '31'}});
	const wanted = memory.missing(now.results);
	assert.equal(
		wanted?.query,
		String.raw`max by (instance, node, group, state) (monero_wallet_rpc_state{node=~"two\\.b|new"} == 1)`,
	);
	assert.equal(memory.learn(now.results, now.states(wanted.names), wanted), true, 'one is new');
	assert.deepEqual([stateOf(memory, 'two.b'), stateOf(memory, 'new'), stateOf(memory, 'one')], ['up', 'busy', 'up']);
	assert.equal(memory.missing(now.results), undefined);

	const later = answersFor({...before, 'two.b': {state: 'up', since: '30'}, new: {state: 'up', since: '40'}});
	const more = memory.missing(later.results);
	assert.deepEqual(more?.names, new Set(['new']));
	assert.equal(memory.learn(later.results, later.states(more.names), more), false, 'none is new');
});

test('queries a node again whose state was missing in the answer', () => {
	const memory = learned();
	const now = answersFor({...before, one: {state: 'down', since: '30'}});
	const wanted = memory.missing(now.results);
	assert.deepEqual(wanted?.names, new Set(['one']));
	memory.learn(now.results, [], wanted);
	assert.deepEqual(memory.missing(now.results)?.names, new Set(['one']));
});

for (const [what, now] of [
	['the series of a node end', answersFor({one: before.one, three: before.three})],
	['the series of an unchecked node end', answersFor({one: before.one, 'two.b': before['two.b']})],
	['a new node was never checked', answersFor({...before, four: {state: 'unknown'}})],
	['a state changes with the same start time', answersFor({...before, one: {state: 'degraded', since: '10.5'}})],
	['the number of nodes is missing', answersFor(before, false)],
	['the name of a node has odd characters', answersFor({...before, 'a"b': {state: 'up', since: '1'}})],
	[
		'very many nodes changed',
		answersFor(Object.fromEntries(Array.from({length: 200}, (_, index) => [`n${index}`, {state: 'up', since: '1'}]))),
	],
] as const) {
	test(`queries all nodes when ${what}`, () => {
		const memory = learned();
		assert.equal(memory.missing(now.results), memory.all);
		assert.equal(memory.all.query, 'max by (instance, node, group, state) (monero_wallet_rpc_state{} == 1)');
		memory.learn(now.results, now.states(), memory.all);
		assert.equal(memory.states().length, now.states().length);
	});
}

test('queries all nodes when the names of the changed nodes would make the URL too long for a proxy', () => {
	const named = (count: number, since: string) =>
		answersFor(
			Object.fromEntries(
				Array.from({length: count}, (_, index) => [
					`wallet-${index}.rack.example.`.padEnd(55, 'x'),
					{state: 'up', since},
				]),
			),
		).results;
	const memory = createStateMemory(host);
	assert.equal(memory.missing(named(100, '1')), memory.all);
	const few = memory.missing(named(15, '1'));
	assert.equal(few?.names?.size, 15);
	assert.ok(new URLSearchParams({query: few.query}).toString().length < 2200);
});

test('uses the first state when two Prometheus servers scrape the same instance', () => {
	const memory = createStateMemory(host);
	const {results} = answersFor({one: before.one});
	const row = (state: State) => sample({instance: 'a', node: 'one', group: '', state}, '1');
	assert.equal(memory.learn(results, [row('up'), row('down')], memory.all), true);
	assert.deepEqual([stateOf(memory, 'one'), memory.states().length], ['up', 1]);
	const changed = {...results, since: answersFor({one: {state: 'down', since: '20'}}).results.since ?? []};
	const wanted = memory.missing(changed);
	assert.ok(wanted?.names);
	assert.equal(memory.learn(changed, [row('down'), row('up')], wanted), false);
	assert.equal(stateOf(memory, 'one'), 'down');
});

test('every query for states has the label matchers', () => {
	const memory = createStateMemory({...host, matchers: 'job="x"'});
	const {results} = answersFor({one: before.one});
	assert.match(memory.all.query, /_state\{job="x"\} == 1/);
	assert.match(memory.missing(results)?.query ?? '', /_state\{node=~"one",job="x"\} == 1/);
});
