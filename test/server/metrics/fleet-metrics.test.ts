import assert from 'node:assert/strict';
import {test} from 'node:test';
import {Registry} from 'prom-client';
import type {Loop} from '../../../source/application/session.js';
import {version} from '../../../source/application/version.js';
import type {FleetNode, FleetSnapshot} from '../../../source/domain/fleet.js';
import type {NodeState} from '../../../source/domain/past/node-state.js';
import type {Transition} from '../../../source/domain/past/transition.js';
import {families} from '../../../source/server/metrics/families.js';
import {createFleetMetrics, type FleetMetrics} from '../../../source/server/metrics/fleet-metrics.js';
import {parseMetrics} from '../../helpers/parse-metrics.js';
import {apiResult, fullResult, snapshotFixture} from '../../helpers/snapshot-fixture.js';

const answered = {version: 65_561, version_text: '1.25', wallet_open: true, wallet_height: 100, wallet_lag: 3} as const;
const daemonSeen = {daemon: '10.0.0.5:18081', daemon_reachable: true, daemon_height: 103, daemon_lag: 2} as const;

async function seriesOf(snapshot: FleetSnapshot, metrics = createFleetMetrics()) {
	return parseMetrics(await metrics.text(snapshot));
}

/** Reports the result of a node to the metrics, as the loop does. */
function tell(metrics: FleetMetrics, {node, result, nodeState}: FleetNode): void {
	assert.ok(result);
	metrics.onResult({node, result}, nodeState);
}

const transition = (nodeId: number): Transition => ({
	at: '2026-11-23T20:00:00.000Z',
	node_id: nodeId,
	node: 'renamed since',
	method: 'api',
	from: 'up',
	to: 'down',
	message: 'API check failed',
});

test('writes every series of a node that answers', async () => {
	const node = {id: 1, name: 'main', group: 'eu', result: apiResult('degraded', {...answered, ...daemonSeen})};
	const series = await seriesOf(snapshotFixture([node]));
	const of = (name: string, more = ''): string => `monero_wallet_rpc_${name}{node="main",group="eu"${more}}`;
	assert.deepEqual(
		Object.fromEntries([...series].filter(([name]) => name.startsWith('monero_wallet_rpc'))),
		Object.fromEntries([
			[of('up'), 1],
			[of('state', ',state="up"'), 0],
			[of('state', ',state="degraded"'), 1],
			[of('state', ',state="busy"'), 0],
			[of('state', ',state="unknown"'), 0],
			[of('state', ',state="down"'), 0],
			[of('check_duration_seconds'), 0.0032],
			[of('last_check_timestamp_seconds'), 1_763_928_000 + 31_536_000],
			[of('checks_total', ',method="api",result="working"'), 0],
			[of('checks_total', ',method="api",result="failed"'), 0],
			[of('state_changes_total'), 0],
			[of('wallet_open'), 1],
			[of('height'), 100],
			[of('lag_blocks'), 5],
			[of('info', ',version="1.25",daemon="10.0.0.5:18081"'), 1],
			[of('reason', ',reason="other"'), 1],
		]),
	);
});

test('up follows the status, state follows the verdict', async () => {
	const rows = [
		['up', 1],
		['degraded', 1],
		['busy', 0],
		['unknown', 0],
		['down', 0],
	] as const;
	for (const [state, up] of rows) {
		const series = await seriesOf(snapshotFixture([{id: 1, result: apiResult(state)}]));
		assert.equal(series.get('monero_wallet_rpc_up{node="node-1",group=""}'), up, state);
		const inState = [...series].filter(([name, value]) => name.includes('_rpc_state{') && value === 1);
		assert.deepEqual(inState, [[`monero_wallet_rpc_state{node="node-1",group="",state="${state}"}`, 1]]);
	}
});

test('unknown values have no series and are never 0', async () => {
	const {lastCycle: _, ...withoutCycle} = snapshotFixture([{id: 1}, {id: 2, disabled: true}]);
	const series = await seriesOf(withoutCycle);
	assert.deepEqual(
		[...series.keys()].sort(),
		[
			'monero_wallet_rpc_checks_total{node="node-1",group="",method="api",result="failed"}',
			'monero_wallet_rpc_checks_total{node="node-1",group="",method="api",result="working"}',
			...['busy', 'degraded', 'down', 'unknown', 'up'].map(
				state => `monero_wallet_rpc_state{node="node-1",group="",state="${state}"}`,
			),
			'monero_wallet_rpc_state_changes_total{node="node-1",group=""}',
			`xmrtop_build_info{version="${version}"}`,
			'xmrtop_interval_seconds',
			'xmrtop_method_info{method="api"}',
			...['busy', 'degraded', 'down', 'unknown', 'up'].map(state => `xmrtop_nodes{state="${state}"}`),
		].sort(),
	);
});

test('does not show results of an earlier run as current', async () => {
	const {status, details} = apiResult('up', {...answered, ...daemonSeen});
	const since = '2026-11-20T20:00:00.000Z';
	const states = {api: {state: 'up', since, last_check: since}} as const;
	const series = await seriesOf(snapshotFixture([{id: 1, nodeState: {worked: status, worked_data: details, states}}]));
	assert.equal(series.get('monero_wallet_rpc_state{node="node-1",group="",state="unknown"}'), 1);
	assert.equal(series.get('monero_wallet_rpc_state{node="node-1",group="",state="up"}'), 0);
	assert.deepEqual(
		[...series.keys()].filter(name => /_up|height|rpc_info|last_check|daemon/.test(name)),
		[],
	);
});

test('a daemon has one series, with the newest observation of all its nodes', async () => {
	const at = (second: number) => ({last_check: `2026-11-23T20:00:0${second}.000Z`});
	const {daemon} = daemonSeen;
	const series = await seriesOf(
		snapshotFixture([
			{id: 1, result: apiResult('up', {...daemonSeen, ...at(1)})},
			{
				id: 2,
				result: apiResult('up', {
					...daemonSeen,
					...at(3),
					daemon_height: 105,
					daemon_lag: 0,
					daemon_synchronized: true,
					nettype: 'stagenet',
					block_age_s: 60,
				}),
			},
			{id: 3, result: apiResult('down', {daemon, ...at(5)})},
			{id: 4, result: apiResult('degraded', {daemon: '[::1]:18081', daemon_reachable: false})},
			{id: 5, result: apiResult('up', {daemon: 'hidden:1', daemon_reachable: true}), disabled: true},
		]),
	);
	const of = (name: string): string => `monero_${name}{daemon="${daemon}"}`;
	assert.deepEqual(
		Object.fromEntries([...series].filter(([name]) => name.includes('{daemon='))),
		Object.fromEntries([
			[of('up'), 1],
			['monero_up{daemon="[::1]:18081"}', 0],
			[of('info_height'), 105],
			[of('info_synchronized'), 1],
			[of('info_mainnet'), 0],
			[of('daemon_lag_blocks'), 0],
			[of('lastblock_timestamp_seconds'), Date.parse('2026-11-23T19:59:03.000Z') / 1000],
		]),
	);
});

test('full reports peers and target of a daemon; a restricted one hides its peers', async () => {
	const part = {outgoing_peers: 12, incoming_peers: 0, offline: false, target_height: 110};
	const open = await seriesOf(snapshotFixture([{id: 1, result: fullResult('up', daemonSeen, part)}], {method: 'full'}));
	const of = (name: string): string => `monero_info_${name}{daemon="10.0.0.5:18081"}`;
	assert.deepEqual(
		['outgoing_connections', 'incoming_connections', 'offline', 'target_height'].map(name => open.get(of(name))),
		[12, 0, 0, 110],
	);
	const hidden = await seriesOf(snapshotFixture([{id: 1, result: fullResult('up', daemonSeen, {restricted: true})}]));
	assert.equal(hidden.has(of('incoming_connections')), false);
	assert.equal(hidden.get(of('height')), 103);
});

test('counts every result and transition, also those that no snapshot shows', async () => {
	const metrics = createFleetMetrics();
	const up = snapshotFixture([{id: 1, result: apiResult('up')}]);
	const down = snapshotFixture([{id: 1, result: apiResult('down')}]);
	for (const {nodes} of [up, down, up, up]) {
		nodes.forEach(node => void tell(metrics, node));
	}

	metrics.onTransition(transition(1));
	metrics.onTransition(transition(1));
	const series = await seriesOf(up, metrics);
	const counted = ['checks_total', 'state_changes_total'].flatMap(family =>
		[...series].filter(([name]) => name.startsWith(`monero_wallet_rpc_${family}`)),
	);
	assert.deepEqual(counted, [
		['monero_wallet_rpc_checks_total{node="node-1",group="",method="api",result="working"}', 3],
		['monero_wallet_rpc_checks_total{node="node-1",group="",method="api",result="failed"}', 1],
		['monero_wallet_rpc_state_changes_total{node="node-1",group=""}', 2],
	]);
});

test('restarts count from 0; a node without a seen process has no series', async () => {
	const metrics = createFleetMetrics();
	const process = {pid: 7, started_at: '2026-11-23T19:00:00.000Z'};
	const restarts: string[] = ['2026-11-23T18:00:00.000Z'];
	const countAfter = async (nodeState: NodeState): Promise<number | undefined> => {
		const snapshot = snapshotFixture([{id: 1, nodeState, result: apiResult('up')}]);
		snapshot.nodes.forEach(node => void tell(metrics, node));
		return (await seriesOf(snapshot, metrics)).get('monero_wallet_rpc_restarts_total{node="node-1",group=""}');
	};

	assert.equal(await countAfter({}), undefined);
	const other = createFleetMetrics();
	const [node] = snapshotFixture([{id: 1, nodeState: {process, restarts}, result: apiResult('up')}]).nodes;
	assert.ok(node);
	tell(other, node);
	assert.equal(
		(await seriesOf(snapshotFixture([{id: 1, nodeState: {process}}]), other)).get(
			'monero_wallet_rpc_restarts_total{node="node-1",group=""}',
		),
		0,
	);
	assert.equal(await countAfter({process}), 0);
	assert.equal(await countAfter({process, restarts}), 1);
	assert.equal(await countAfter({process, restarts}), 1);
	// The list is limited: the newest removes the oldest.
	assert.equal(await countAfter({process, restarts: ['2026-11-23T19:00:00.000Z']}), 2);
});

test('a removed, renamed or disabled node leaves no series', async () => {
	const metrics = createFleetMetrics();
	const both = snapshotFixture([
		{id: 1, name: 'one', result: apiResult('up', {daemon: 'gone:1', daemon_reachable: true})},
		{id: 2, name: 'two', result: apiResult('up')},
	]);
	both.nodes.forEach(node => void tell(metrics, node));
	assert.match(await metrics.text(both), /"one"/);
	for (const nodes of [
		[{id: 2, name: 'two'}],
		[
			{id: 1, name: 'uno'},
			{id: 2, name: 'two'},
		],
		[
			{id: 1, name: 'one', disabled: true},
			{id: 2, name: 'two'},
		],
	]) {
		const text = await metrics.text(snapshotFixture(nodes));
		assert.doesNotMatch(text, /"one"|gone/);
		assert.match(text, /checks_total\{node="two",group="",method="api",result="working"\} 1\n/);
	}
});

test('writes a large fleet in slices that read as one text', async () => {
	const nodes = Array.from({length: 1500}, (_, index) => ({id: index + 1, result: apiResult('up', answered)}));
	const series = await seriesOf(snapshotFixture(nodes));
	const count = (family: string): number =>
		[...series.keys()].filter(name => name.startsWith(`monero_wallet_rpc_${family}{`)).length;
	assert.deepEqual([count('up'), count('state'), count('checks_total')], [1500, 7500, 3000]);
});

test('leaves out an invalid stored value and writes the rest', async () => {
	const broken = apiResult('up', {wallet_height: 'high', last_check: 'never', latency_ms: Number.NaN} as object);
	const series = await seriesOf(snapshotFixture([{id: 1, result: broken}]));
	assert.equal(series.get('monero_wallet_rpc_up{node="node-1",group=""}'), 1);
	for (const family of ['height', 'last_check_timestamp_seconds', 'check_duration_seconds']) {
		assert.equal(series.has(`monero_wallet_rpc_${family}{node="node-1",group=""}`), false, family);
	}
});

test('contains no message, URL or hash', async () => {
	const secretive = apiResult('down', {reason: 'because of THIS', error: 'THAT', url: 'http://THERE/'});
	const text = await createFleetMetrics().text(snapshotFixture([{id: 1, result: secretive}]));
	assert.doesNotMatch(text, /THIS|THAT|THERE/);
});

test('exposes metrics of xmrtop itself', async () => {
	const series = await seriesOf(snapshotFixture([]));
	assert.deepEqual(Object.fromEntries(series), {
		xmrtop_last_cycle_timestamp_seconds: 1_763_928_000.0125,
		xmrtop_cycle_duration_seconds: 0.0125,
		xmrtop_interval_seconds: 5,
		'xmrtop_method_info{method="api"}': 1,
		...Object.fromEntries(
			['up', 'degraded', 'busy', 'unknown', 'down'].map(state => [`xmrtop_nodes{state="${state}"}`, 0]),
		),
		[`xmrtop_build_info{version="${version}"}`]: 1,
	});
});

test('has the content type of prom-client', () => {
	assert.equal(createFleetMetrics().contentType, new Registry().contentType);
});

test('a node that is down has its daemon as a label and its reason as a code', async () => {
	const refused = apiResult('down', {reason: 'login refused: wrong user or password', status_code: 401});
	const snapshot = snapshotFixture([{id: 1, result: refused}]);
	const nodes = snapshot.nodes.map(each => ({...each, node: {...each.node, daemon: '10.0.0.5:18081'}}));
	const series = await seriesOf({...snapshot, nodes});
	const of = (name: string, more: string): string => `monero_wallet_rpc_${name}{node="node-1",group=""${more}}`;
	assert.equal(series.get(of('info', ',version="",daemon="10.0.0.5:18081"')), 1);
	assert.equal(series.get(of('reason', ',reason="login_refused"')), 1);
});

test('writes since when a node is in its state, and the start of its process', async () => {
	const since = '2026-11-23T19:00:00.000Z';
	const nodeState = {
		states: {api: {state: 'up', since, last_check: since}},
		process: {pid: 7, started_at: '2026-11-23T18:00:00.000Z'},
	} as const;
	const labels = '{node="node-1",group=""}';
	const up = await seriesOf(snapshotFixture([{id: 1, nodeState, result: apiResult('up')}]));
	assert.equal(up.get(`monero_wallet_rpc_state_since_timestamp_seconds${labels}`), Date.parse(since) / 1000);
	assert.equal(up.get(`monero_wallet_rpc_process_start_time_seconds${labels}`), Date.parse(since) / 1000 - 3600);
	const changed = await seriesOf(snapshotFixture([{id: 1, nodeState, result: apiResult('down')}]));
	assert.equal(changed.has(`monero_wallet_rpc_state_since_timestamp_seconds${labels}`), false);
});

test('computes uptime from the transitions of the store and of this run', async () => {
	const nowMs = Date.parse('2026-11-23T20:00:00.000Z');
	const at = (minutes: number): string => new Date(nowMs + minutes * 60_000).toISOString();
	const metrics = createFleetMetrics({nowMs: () => nowMs});
	const stored = [{...transition(1), at: at(-60)}];
	await metrics.begin({resultStore: {readTransitions: async () => stored}} as unknown as Loop);
	const record = {state: 'up', since: at(-30), last_check: at(0)} as const;
	const nodeState: NodeState = {states: {api: record}, watched: {api: [[at(-120), at(0)]]}};
	const ratio = async (): Promise<number | undefined> => {
		const snapshot = snapshotFixture([{id: 1, nodeState, result: apiResult('up')}]);
		return (await seriesOf(snapshot, metrics)).get('monero_wallet_rpc_uptime_ratio{node="node-1",group=""}');
	};

	assert.equal(await ratio(), 0.5);
	metrics.onTransition({...transition(1), at: at(-30), from: 'down', to: 'up'});
	assert.equal(await ratio(), 0.75);
});

test('reads the stored transitions again after five minutes, and after the clock was set back', async () => {
	let nowMs = Date.parse('2026-11-23T20:00:00.000Z');
	let reads = 0;
	const metrics = createFleetMetrics({nowMs: () => nowMs});
	const readTransitions = async (): Promise<[]> => {
		reads += 1;
		return [];
	};
	await metrics.begin({resultStore: {readTransitions}} as unknown as Loop);
	for (const [passedMs, expected] of [
		[60_000, 1],
		[300_001, 2],
		[-7_200_000, 3],
	] as const) {
		nowMs += passedMs;
		await metrics.text(snapshotFixture([{id: 1}]));
		assert.equal(reads, expected, String(passedMs));
	}
});

test('writes the durations of checks as a histogram', async () => {
	const metrics = createFleetMetrics();
	for (const latency of [3, 40, 3000, Number.NaN]) {
		const {nodes} = snapshotFixture([{id: 1, result: apiResult('up', {latency_ms: latency})}]);
		nodes.forEach(node => void tell(metrics, node));
	}

	const series = await seriesOf(snapshotFixture([{id: 1}]), metrics);
	const of = (suffix: string, more = ''): number | undefined =>
		series.get(`xmrtop_check_duration_seconds_${suffix}{method="api"${more}}`);
	assert.deepEqual(
		['0.0025', '0.005', '0.05', '1.0', '5.0', '+Inf'].map(le => of('bucket', `,le="${le}"`)),
		[0, 1, 2, 2, 3, 3],
	);
	assert.deepEqual([of('count'), of('sum')], [3, 3.043]);
});

test('OpenMetrics declares counters without their suffix, and ends with EOF', async () => {
	const snapshot = snapshotFixture([{id: 1, result: apiResult('up')}]);
	const text = await createFleetMetrics().text(snapshot, 'openmetrics');
	assert.match(text, /\n# TYPE monero_wallet_rpc_checks counter\nmonero_wallet_rpc_checks_total\{/);
	assert.match(text, /\n# EOF\n$/);
	assert.doesNotMatch(text, /\n\n/);
	assert.deepEqual(
		families.filter(({help}) => /["\\]/.test(help)),
		[],
		'help that would have to be escaped',
	);
});

test("writes the usage of xmrtop's own process", async () => {
	const metrics = createFleetMetrics({ownProcess: () => ({cpuS: 1.5, residentBytes: 1024, startedAtS: 1000})});
	const series = await seriesOf(snapshotFixture([]), metrics);
	const names = ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'process_start_time_seconds'];
	assert.deepEqual(
		names.map(name => series.get(name)),
		[1.5, 1024, 1000],
	);
});

test('writes the process of a node and its connection to a daemon', async () => {
	const link = {link_state: 'connected', link_peer: '10.0.0.5:18081', link_bytes_per_s: 1200} as const;
	const result = apiResult('up', {...link, memory_bytes: 50_000_000, cpu_cores: 0.25});
	const series = await seriesOf(snapshotFixture([{id: 1, result}]));
	const of = (name: string, more = ''): number | undefined =>
		series.get(`monero_wallet_rpc_${name}{node="node-1",group=""${more}}`);
	assert.equal(of('link_info', ',state="connected",peer="10.0.0.5:18081"'), 1);
	assert.equal(of('link_bytes_per_second'), 1200);
	assert.equal(of('process_resident_memory_bytes'), 50_000_000);
	assert.equal(of('process_cpu_cores'), 0.25);
});
