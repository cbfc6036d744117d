import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import {
	createDrafts,
	daemonDrafts,
	followUpQueries,
	historyQueries,
	historyStepS,
	identityIn,
	instanceDrafts,
	label,
	prometheusQueries,
	samplesIn,
	withMatchers,
} from '../../../source/domain/remote/prometheus-series.js';

const host = (matchers = '') =>
	({kind: 'prometheus', base: 'http://p', label: 'p', url: 'prometheus+http://p', matchers}) as const;
const sample = (metric: object, value: unknown) => ({metric, value: [0, value]});

describe('queries', () => {
	it('name every metric, and have the matchers of the host', () => {
		const job = prometheusQueries(host('job="x"'), ['every', 'slow', 'first']);
		const none = prometheusQueries(host(), ['every', 'slow', 'first']);
		assert.equal(job.length, 11);
		for (const [[name, query], [, bare]] of job.map(
			(each, index) => [each, none[index] as (typeof none)[0]] as const,
		)) {
			assert.match(query, /job="x"/, name);
			assert.doesNotMatch(bare, /job=|M\}|\{,|,\}/, name);
			assert.match(bare, /monero_|xmrtop_/, name);
		}

		assert.deepEqual(
			prometheusQueries(host(), ['slow']).map(([name]) => name),
			['state', 'info', 'facts'],
		);
	});

	it('matchers take the place of M, with a comma where others come before', () => {
		assert.equal(withMatchers('a{M} + b{c="d",M}', 'e="f"'), 'a{e="f"} + b{c="d",e="f"}');
		assert.equal(withMatchers('a{M} + b{c="d",M}', ''), 'a{} + b{c="d"}');
	});

	it('ask for the times of stopped nodes only where they are missing', () => {
		const one = [sample({}, '1')];
		assert.deepEqual(followUpQueries(host(), {}), []);
		assert.deepEqual(followUpQueries(host(), {gone: one, goneStates: one}), []);
		assert.deepEqual(
			followUpQueries(host(), {gone: [], goneStates: one}).map(([name]) => name),
			['goneTimes'],
		);
	});

	it('of the history ask for what happened between two points only for few nodes', () => {
		const statesAt = (stepS: number) => Object.fromEntries(historyQueries(host(), stepS)).states;
		assert.equal(statesAt(60), 'last_over_time(monero_wallet_rpc_state{}[60s]) == 1');
		assert.equal(statesAt(61), 'monero_wallet_rpc_state{} == 1');
		assert.deepEqual(
			historyQueries(host(), 60).map(([name]) => name),
			['states', 'reasons', 'since'],
		);
	});

	it('of the history cover a week, in steps of whole minutes that grow with the number of nodes', () => {
		const endMs = 1_800_000_000_000;
		const weekMs = 7 * 24 * 3_600_000;
		for (const [nodes, stepS] of [
			[0, 60],
			[1, 60],
			[59, 60],
			[60, 120],
			[1000, 1020],
		] as const) {
			const step = historyStepS(endMs, nodes);
			assert.equal(step.stepS, stepS, `${nodes} nodes`);
			const spanMs = endMs - step.startMs;
			assert.ok(spanMs <= weekMs && spanMs > weekMs - stepS * 1000 && spanMs % (stepS * 1000) === 0, `${spanMs}`);
		}

		assert.equal(historyStepS(endMs, Number.NaN).stepS, 60);
	});
});

describe('samples', () => {
	it('are the series of an answer with a number; others are ignored', () => {
		const good = sample({node: 'a'}, '1.5');
		const bad = [sample({}, 'x'), sample({}, 'NaN'), {metric: 7, value: [0, '1']}, {metric: {}}, {value: [0, '1']}, {}];
		assert.deepEqual([...samplesIn([...bad, good])], [{labels: {node: 'a'}, value: 1.5, text: '1.5', entry: good}]);
		assert.deepEqual([...samplesIn(undefined)], []);
	});

	it('labels are one line of limited length', () => {
		assert.equal(label('hot-1'), 'hot-1');
		assert.equal(label('a\u001B[31m\nb').includes('\u001B'), false);
		assert.equal(label('x'.repeat(70)).length, 64);
		assert.equal(label('x'.repeat(70), 10).length, 10);
		assert.equal(label(7), '');
	});

	it('a node is identified by its instance and name', () => {
		assert.deepEqual(identityIn({instance: 'i', node: 'a', group: 'g'}), {
			key: 'i\na',
			instance: 'i',
			name: 'a',
			group: 'g',
		});
		assert.deepEqual(identityIn({node: 'a'}), {key: 'no instance\na', instance: 'no instance', name: 'a', group: ''});
		assert.equal(identityIn({instance: 'i'}), undefined);
	});
});

describe('drafts', () => {
	const of = (node: string, more: object = {}) => ({instance: 'i', node, ...more});

	it('have the values of their node only, and the first of two with the same name', () => {
		const make = createDrafts();
		const state = [
			sample(of('a', {state: 'up'}), '1'),
			sample(of('a', {state: 'down'}), '1'),
			sample(of('b', {state: 'odd'}), '1'),
			sample(of('c', {state: 'busy'}), '1'),
		];
		const drafts = make({
			state,
			duration: [sample(of('c'), '2'), sample(of('nobody'), '9'), sample({instance: 'j', node: 'a'}, '9')],
			since: [sample(of('a'), '5')],
		});
		assert.deepEqual(
			drafts.map(({name, state: is, durationS, sinceS}) => [name, is, durationS, sinceS]),
			[
				['a', 'up', undefined, 5],
				['c', 'busy', 2, undefined],
			],
		);
		assert.deepEqual(
			make({state, duration: [sample(of('a'), '1')]}).map(({durationS}) => durationS),
			[1, undefined],
			'nothing of the last round is left',
		);
	});

	it('of instances and daemons have their own values', () => {
		const named = (name: string, more: object = {}) => ({__name__: name, instance: 'i', ...more});
		const results = {
			targets: [sample({instance: 'i'}, '1'), sample({}, '0')],
			lastCycles: [sample({instance: 'i'}, '7')],
			others: [
				sample(named('xmrtop_interval_seconds'), '10'),
				sample(named('xmrtop_method_info', {method: 'full'}), '1'),
				sample(named('xmrtop_method_info', {instance: 'j', method: 'odd'}), '1'),
				sample(named('monero_up', {daemon: 'h:1'}), '1'),
				sample(named('monero_info_height', {daemon: 'h:1'}), '100'),
				sample(named('monero_info_synchronized', {daemon: 'h:1'}), '0'),
				sample(named('monero_daemon_lag_blocks', {daemon: 'h:2'}), '3'),
			],
		};
		assert.deepEqual(Object.fromEntries(instanceDrafts(results, [])), {
			i: {up: true, lastCycleS: 7, intervalS: 10, method: 'full', liveNodes: 0},
			j: {liveNodes: 0},
			'no instance': {up: false, liveNodes: 0},
		});
		assert.deepEqual(Object.fromEntries(daemonDrafts(results)), {
			'i\nh:1': {up: 1, height: 100, synchronized: 0, lag: undefined},
			'i\nh:2': {up: undefined, height: undefined, synchronized: undefined, lag: 3},
		});
	});
});
