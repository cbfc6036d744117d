import assert from 'node:assert/strict';
import {describe, it} from 'node:test';
import type {Details} from '../../../source/domain/check-result.js';
import type {FleetNode} from '../../../source/domain/fleet.js';
import {
	createPrometheusReader,
	prometheusPasts,
	type ReadAnswers,
} from '../../../source/domain/remote/prometheus-fleet.js';
import type {PrometheusAnswers} from '../../../source/domain/remote/prometheus-series.js';
import {remoteNodeId} from '../../../source/domain/remote/remote-nodes.js';
import {at, fixtureStartMs} from '../../helpers/fixture-time.js';

const host = {kind: 'prometheus', base: 'http://p', label: 'p', url: 'prometheus+http://p', matchers: ''} as const;
const startS = fixtureStartMs / 1000;
const clock = (seconds: number): string => new Date(fixtureStartMs + seconds * 1000).toTimeString().slice(0, 8);

type Results = Partial<Record<keyof PrometheusAnswers['results'], readonly object[]>>;

const sample = (metric: Readonly<Record<string, string>>, value: number) => ({metric, value: [0, String(value)]});
const stateOf = (node: string, state = 'up', instance = 'one:1') => sample({instance, node, group: '', state}, 1);
const other = (name: string, value: number, labels: Readonly<Record<string, string>> = {}) =>
	sample({__name__: name, instance: 'one:1', ...labels}, value);

/** The answers of an instance that was scraped and has just ended a cycle. */
const healthy = (seconds = 0): Results => ({
	targets: [sample({instance: 'one:1'}, 1)],
	lastCycles: [sample({instance: 'one:1'}, startS + seconds)],
	others: [other('xmrtop_interval_seconds', 10), other('xmrtop_method_info', 1, {method: 'api'})],
});

function openReader() {
	const read = createPrometheusReader({host, index: 0});
	return (seconds: number, results: Results) => nodesOf(read, seconds, results);
}

function nodesOf(read: ReadAnswers, seconds: number, results: Results): readonly FleetNode[] {
	const answer = read({atMs: fixtureStartMs + seconds * 1000, results});
	assert.ok('document' in answer);
	return answer.document.nodes;
}

const read = (results: Results, seconds = 0): readonly FleetNode[] =>
	openReader()(seconds, {...healthy(), state: [stateOf('a')], ...results});
const detailsOf = (results: Results): Partial<Details> & object => read(results)[0]?.result?.details ?? {};
const shown = (nodes: readonly FleetNode[]) =>
	nodes.map(({node: {name}, result}) => [name, result?.details.state, result?.details.reason]);

describe('a node', () => {
	it('has every fact of its series', () => {
		const daemon = {daemon: 'h:18081'};
		const [node] = read({
			state: [sample({instance: 'one:1', node: 'a', group: 'hot', state: 'degraded'}, 1)],
			duration: [sample({instance: 'one:1', node: 'a'}, 0.012_34)],
			since: [sample({instance: 'one:1', node: 'a'}, startS - 60)],
			reasons: [
				sample({instance: 'one:1', node: 'a', reason: 'daemon_unreachable'}, 1),
				sample({instance: 'one:1', node: 'a'}, 7),
			],
			info: [sample({instance: 'one:1', node: 'a', version: '1.29', ...daemon}, 1)],
			facts: [
				sample({__name__: 'monero_wallet_rpc_height', instance: 'one:1', node: 'a'}, 93),
				sample({__name__: 'monero_wallet_rpc_wallet_open', instance: 'one:1', node: 'a'}, 1),
			],
			others: [
				...(healthy().others ?? []),
				other('monero_up', 0, daemon),
				other('monero_info_height', 98, daemon),
				other('monero_info_synchronized', 1, daemon),
				other('monero_daemon_lag_blocks', 2, daemon),
			],
		});
		assert.deepEqual(node?.node, {
			id: remoteNodeId(0, 1),
			name: 'one:1/a',
			host: 'one:1',
			port: 0,
			path: '/json_rpc',
			available: true,
			group: 'hot',
			daemon: 'h:18081',
		});
		const {reason, ...details} = node?.result?.details ?? {};
		assert.deepEqual(details, {
			method: 'api',
			message: 'API is responding',
			state: 'degraded',
			latency_ms: 12.3,
			last_check: at(0),
			url: '',
			version: 65_565,
			version_text: '1.29',
			daemon: 'h:18081',
			daemon_reachable: false,
			daemon_synchronized: true,
			daemon_height: 98,
			daemon_lag: 2,
			wallet_open: true,
			wallet_height: 93,
			wallet_lag: 5,
			caused_by: 'h:18081',
		});
		assert.match(reason ?? '', /^daemon h:18081 /);
		assert.equal(node?.nodeState.states?.api?.since, at(-60));
	});

	it('has no more facts than its series', () => {
		const [node] = read({});
		assert.deepEqual(node?.result, {
			status: true,
			details: {
				method: 'api',
				message: 'API is responding',
				state: 'up',
				latency_ms: 0,
				last_check: at(0),
				url: '',
			},
		});
		assert.deepEqual([node?.node.group, node?.nodeState.states], [undefined, {}], 'nor since when it is in its state');
	});

	for (const [what, facts, expected] of [
		[
			'a version that is no version',
			{info: [sample({instance: 'one:1', node: 'a', version: 'x1.29', daemon: ''}, 1)]},
			{},
		],
		[
			'a height that is no number of blocks',
			{facts: [sample({__name__: 'monero_wallet_rpc_height', instance: 'one:1', node: 'a'}, 1.5)]},
			{},
		],
		[
			'a negative height',
			{facts: [sample({__name__: 'monero_wallet_rpc_height', instance: 'one:1', node: 'a'}, -1)]},
			{},
		],
		[
			'a closed wallet',
			{facts: [sample({__name__: 'monero_wallet_rpc_wallet_open', instance: 'one:1', node: 'a'}, 0)]},
			{wallet_open: false},
		],
		['a negative duration', {duration: [sample({instance: 'one:1', node: 'a'}, -1)]}, {}],
		['a time beyond all dates', {since: [sample({instance: 'one:1', node: 'a'}, 1e15)]}, {}],
		['a value that is no number', {duration: [{metric: {instance: 'one:1', node: 'a'}, value: [0, 'x']}]}, {}],
	] as const) {
		it(`with ${what}`, () => {
			const {
				method: _,
				message: __,
				state: ___,
				latency_ms,
				last_check: ____,
				url: _____,
				...rest
			} = detailsOf(facts) as Record<string, unknown>;
			assert.deepEqual([rest, latency_ms], [expected, 0]);
		});
	}

	it('that does not work has the words of its reason, or says that they are missing', () => {
		const reasonOf = (...reasons: readonly object[]) => detailsOf({state: [stateOf('a', 'down')], reasons}).reason;
		assert.equal(reasonOf(), 'the reason is not in the metrics');
		assert.equal(
			reasonOf(sample({instance: 'one:1', node: 'a', reason: 'connection_refused'}, 1)),
			'connection refused',
		);
		const behind = sample({instance: 'one:1', node: 'a', reason: 'wallet_behind'}, 1);
		assert.match(reasonOf(behind, sample({instance: 'one:1', node: 'a'}, 7)) ?? '', /behind.*: 7 blocks from the tip$/);
		assert.doesNotMatch(reasonOf(behind, sample({instance: 'one:1', node: 'a'}, 0)) ?? '', /blocks from/);
		assert.equal(detailsOf({reasons: [behind]}).reason, undefined, 'one that is up has none');
	});

	it('is the same object while nothing changes, and only its times change after another check', () => {
		const next = openReader();
		const state = [stateOf('a')];
		const since = [sample({instance: 'one:1', node: 'a'}, startS - 60)];
		const [first] = next(0, {...healthy(), state, since});
		const [again] = next(5, {...healthy(), state, since});
		assert.equal(again, first);
		const duration = [sample({instance: 'one:1', node: 'a'}, 0.5)];
		const [later] = next(10, {...healthy(10), state, since, duration});
		assert.equal(later?.node, first?.node);
		const {latency_ms, last_check} = later?.result?.details ?? {};
		assert.deepEqual([latency_ms, last_check, later?.nodeState.states?.api?.since], [500, at(10), at(-60)]);
		const [moved] = next(20, {...healthy(20), state: [stateOf('a', 'down')], since});
		assert.equal(moved?.result?.details.state, 'down');
	});
});

describe('ids', () => {
	it('are assigned by instance and name, and stay when nodes come and go', () => {
		const next = openReader();
		const ids = (nodes: readonly FleetNode[]) => nodes.map(({node: {name, id}}) => [name, id - remoteNodeId(0, 0)]);
		const first = next(0, {...healthy(), state: [stateOf('b'), stateOf('a'), stateOf('a', 'up', 'a:1')]});
		assert.deepEqual(ids(first).slice(0, 3), [
			['a:1/a', 1],
			['one:1/a', 2],
			['one:1/b', 3],
		]);
		const later = next(10, {...healthy(10), state: [stateOf('0'), stateOf('b')]});
		assert.deepEqual(new Map(ids(later) as Array<[string, number]>).get('one:1/0'), 4);
		assert.deepEqual(new Map(ids(later) as Array<[string, number]>).get('one:1/b'), 3);
	});

	it('a Prometheus with more than 50,000 nodes needs a selector', () => {
		const reader = createPrometheusReader({host, index: 0});
		const state = Array.from({length: 50_001}, (_, index) => stateOf(`n${index}`));
		assert.deepEqual(reader({atMs: fixtureStartMs, results: {state}}), {
			problem: 'it knows more than 50000 nodes: narrow them by a selector',
		});
	});
});

describe('an instance', () => {
	it('whose checks stopped makes its nodes unknown, and has a row of its own', () => {
		const why = 'its checks have stopped, or its clock is behind';
		assert.deepEqual(shown(read({}, 90)), [['one:1/a', 'up', undefined]], '60 s and three intervals');
		assert.deepEqual(shown(read({}, 90.1)), [
			['one:1/a', 'unknown', `no response from one:1 since ${clock(0)}: ${why}`],
			['one:1', 'down', why],
		]);
		assert.deepEqual(shown(read({state: []}, 90.1)), [], 'without nodes nothing is missing');
		const unknownInterval = {others: []};
		assert.deepEqual(shown(read(unknownInterval, 240)), [['one:1/a', 'up', undefined]], 'an interval of a minute');
		assert.equal(shown(read(unknownInterval, 240.1))[0]?.[1], 'unknown');
	});

	it('that cannot be scraped has a row that says so', () => {
		const targets = [sample({instance: 'one:1'}, 0)];
		assert.deepEqual(shown(read({targets, state: []})), [['one:1', 'down', 'Prometheus cannot scrape it']]);
		assert.deepEqual(shown(read({targets: [], state: [], lastCycles: [sample({instance: 'one:1'}, startS)]})), [
			['one:1', 'down', 'no data in Prometheus'],
		]);
		assert.deepEqual(shown(read({targets: []})), [['one:1/a', 'up', undefined]], 'one without the series up');
	});

	it('its method is that of its row: pid, or api for all others', () => {
		const rowWith = (method: string) =>
			read({
				state: [],
				targets: [sample({instance: 'one:1'}, 0)],
				others: [other('xmrtop_method_info', 1, {method})],
			})[0]?.result?.details.method;
		assert.deepEqual([rowWith('pid'), rowWith('full'), rowWith('other')], ['pid', 'api', 'api']);
	});
});

describe('a node whose series have stopped', () => {
	const afterStop = (seconds: number, results: Results) => {
		const next = openReader();
		next(0, {...healthy(), state: [stateOf('a'), stateOf('b')]});
		return shown(next(seconds, results));
	};

	it('is no longer reported, if its instance reports others', () => {
		const nodes = afterStop(60, {...healthy(60), state: [stateOf('b')]});
		assert.deepEqual(nodes, [
			['one:1/a', 'unknown', `no longer reported by one:1 since ${clock(0)}: removed, renamed or disabled there`],
			['one:1/b', 'up', undefined],
		]);
	});

	it('has no response from its instance, if that reports nothing', () => {
		const reason = `no response from one:1 since ${clock(0)}: no data in Prometheus`;
		assert.deepEqual(afterStop(60, {state: []}), [
			['one:1/a', 'unknown', reason],
			['one:1/b', 'unknown', reason],
			['one:1', 'down', 'no data in Prometheus'],
		]);
		const down = afterStop(60, {state: [], targets: [sample({instance: 'one:1'}, 0)]});
		assert.deepEqual(down[0]?.[2], `no response from one:1 since ${clock(0)}: Prometheus cannot scrape it`);
	});

	it('is listed for an hour', () => {
		assert.equal(afterStop(3600, {...healthy(3600), state: [stateOf('b')]}).length, 2);
		assert.equal(afterStop(3601, {...healthy(3601), state: [stateOf('b')]}).length, 1);
	});

	it('before the first look is listed too, with the time of its last check', () => {
		const gone = [sample({instance: 'one:1', node: 'old', group: ''}, startS - 60)];
		assert.deepEqual(shown(read({gone})), [
			['one:1/a', 'up', undefined],
			['one:1/old', 'unknown', `no longer reported by one:1 since ${clock(-60)}: removed, renamed or disabled there`],
		]);
		assert.equal(shown(read({gone: [], goneTimes: gone})).length, 2);
		const future = [sample({instance: 'one:1', node: 'old', group: ''}, startS + 60)];
		assert.match(String(shown(read({gone: future}))[1]?.[2]), new RegExp(`since ${clock(0)}`));
	});
});

describe('the history of a node', () => {
	const stepS = 60;
	const series = (labels: Readonly<Record<string, string>>, ...points: ReadonlyArray<readonly [number, number]>) => ({
		metric: {instance: 'one:1', node: 'a', ...labels},
		values: points.map(([seconds, value]) => [startS + seconds, String(value)]),
	});
	const pasts = (results: Parameters<typeof prometheusPasts>[0]['results'], endS = 600) =>
		prometheusPasts({endMs: fixtureStartMs + endS * 1000, stepS, results});

	it('has a transition where its state differs from the point before', () => {
		const [past] = pasts({
			states: [series({state: 'up'}, [0, 1], [60, 1], [240, 1]), series({state: 'down'}, [120, 1], [180, 1])],
			reasons: [series({reason: 'connection_refused'}, [120, 1])],
			since: [series({}, [120, startS + 100], [240, startS + 170])],
		});
		assert.deepEqual(past?.transitions, [
			{
				at: at(100),
				node_id: 1,
				node: 'a',
				method: 'api',
				from: 'up',
				to: 'down',
				message: 'API check failed',
				reason: 'connection refused',
			},
			{at: at(240), node_id: 1, node: 'a', method: 'api', from: 'down', to: 'up', message: 'API is responding'},
		]);
		assert.deepEqual(past?.record, {state: 'up', since: at(170), last_check: at(240)});
		assert.deepEqual([past?.host, past?.name], ['one:1', 'a']);
	});

	it('is in its state since the last transition, if the metrics do not say since when', () => {
		const [past] = pasts({states: [series({state: 'up'}, [0, 1]), series({state: 'down'}, [60, 1], [120, 1])]});
		assert.deepEqual(past?.record, {state: 'down', since: at(60), last_check: at(120)});
		const [steady] = pasts({states: [series({state: 'up'}, [0, 1], [60, 1])]});
		assert.deepEqual(steady?.record, {state: 'up', since: at(0), last_check: at(60)});
	});

	it('counts a time without points as not checked', () => {
		const watched = (...times: readonly number[]) =>
			pasts({states: [series({state: 'up'}, ...times.map(seconds => [seconds, 1] as const))]}, 1000)[0]?.history;
		const whole = watched(0, 120, 240);
		const gap = watched(0, 121, 240);
		assert.notDeepEqual(gap, whole);
		assert.deepEqual(watched(240, 0, 120), whole, 'the order of the points does not matter');
	});

	it('ignores series and points that cannot be read', () => {
		const good = series({state: 'up'}, [0, 1]);
		assert.deepEqual(
			pasts({
				states: [
					good,
					{metric: {instance: 'one:1', state: 'up'}, values: good.values},
					{metric: 7, values: good.values},
					{metric: {instance: 'one:1', node: 'b', state: 'up'}},
					{metric: {instance: 'one:1', node: 'c', state: 'up'}, values: [7, ['x', '1'], [0, 'x']]},
					series({node: 'd', state: 'odd'}, [0, 1]),
				],
			}).map(({name}) => name),
			['a'],
		);
		assert.deepEqual(pasts({}), []);
	});

	it('of an instance without a name', () => {
		const {values} = series({}, [0, 1]);
		assert.equal(pasts({states: [{metric: {node: 'a', state: 'up'}, values}]})[0]?.host, 'no instance');
	});
});
