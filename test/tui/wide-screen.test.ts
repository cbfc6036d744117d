import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {OpenAlert} from '../../source/domain/alerts/alert.js';
import type {DaemonDetails, Result} from '../../source/domain/check-result.js';
import type {FleetNode} from '../../source/domain/fleet.js';
import type {Transition} from '../../source/domain/past/transition.js';
import type {State} from '../../source/domain/state.js';
import {createFleetPast} from '../../source/tui/controller.js';
import {deadNode} from '../helpers/dead-node.js';
import {fleetNode, fleetNowMs, fleetSnapshot, type NodeSpec} from '../helpers/fleet-fixture.js';
import {flushPromises} from '../helpers/flush-promises.js';
import {screenStoreFixture} from '../helpers/screen-fixture.js';
import {plainLines} from '../helpers/screen-text.js';

const at = (agoMs: number): string => new Date(fleetNowMs - agoMs).toISOString();
const minuteMs = 60_000;
const [main, second] = ['127.0.0.1:18081', '127.0.0.1:28081'];

/** Twelve nodes as in the demo. */
const specs: readonly NodeSpec[] = [
	{name: 'cold-vault', group: 'cold', state: 'down', reason: 'login refused: wrong user or password'},
	{
		...{name: 'payouts', group: 'ops', state: 'down', daemon: main},
		reason: 'no response within 2 s; process idle (0 % CPU), probably hung',
	},
	{name: 'shop', group: 'ops', state: 'down', reason: 'another service answers on this port, with an HTML page'},
	{
		...{name: 'cold-scan', group: 'cold', state: 'busy', daemon: main},
		reason: 'working (8.6 % CPU), no response for 23 s',
	},
	{name: 'hot-us-1', group: 'hot', state: 'degraded', reason: `daemon ${second} is 11 blocks behind`, daemon: second},
	{name: 'hot-us-2', group: 'hot', state: 'degraded', reason: `daemon ${second} is 11 blocks behind`, daemon: second},
	{name: 'donations', group: 'ops', daemon: main, versionText: '1.31'},
	{name: 'hot-eu-1', group: 'hot', daemon: main},
	{name: 'hot-eu-2', group: 'hot', daemon: main, versionText: '1.31'},
	{name: 'refunds', group: 'ops', daemon: main},
	{name: 'view-only', group: 'cold', daemon: main, versionText: '1.31'},
	{name: 'archive', group: 'cold', disabled: true},
];

/** A node watched for two days, with the maximum number of results and latencies. */
function watchedNode(spec: NodeSpec, index: number): FleetNode {
	const node = fleetNode({forMs: 20 * minuteMs, ...spec}, index);
	const {state = 'up'} = spec;
	const nodeState = {
		...node.nodeState,
		recent_states: Array.from({length: 60}, (_, check): State => (check < 20 ? 'up' : state)),
		latencies: Array.from({length: 60}, (_, check) => 2 + ((check * 7 + index) % 11)),
		watched: {api: [[at(2880 * minuteMs), at(0)]] as const},
	};
	// The first one is selected, so it is diagnosed.
	return spec.disabled ? node : {...node, nodeState, ...(index === 0 ? {diagnosis: deadNode().diagnosis} : {})};
}

const transitions: readonly Transition[] = Array.from({length: 40}, (_, index): Transition => {
	const number = (index * 5) % 11;
	const isUp = index % 2 === 1;
	return {
		at: at((41 - index) * 20 * minuteMs),
		node_id: number + 1,
		node: specs[number]?.name ?? '',
		method: 'api',
		from: isUp ? 'down' : 'up',
		to: isUp ? 'up' : 'down',
		message: isUp ? 'API is responding' : 'API check failed',
		...(isUp ? {} : {reason: specs[number]?.reason ?? 'connection refused'}),
	};
});

/** Facts of the daemon itself. */
function daemonResult(daemon: string): Result<DaemonDetails> {
	const isMain = daemon === main;
	const details: DaemonDetails = {
		method: 'daemon',
		daemon,
		state: isMain ? 'up' : 'degraded',
		message: `${daemon}: height 3,812,011, synchronized, 30 peers`,
		...(isMain ? {} : {reason: `daemon ${daemon} is 11 blocks behind`}),
		daemon_reachable: true,
		daemon_height: isMain ? 3_812_011 : 3_812_000,
		daemon_lag: isMain ? 0 : 11,
		outgoing_peers: 12,
		incoming_peers: 18,
		block_age_s: isMain ? 4 : 1100,
		daemon_version_text: '0.18.4.2-release',
		latency_ms: 4.7,
		last_check: at(1000),
	};
	return {status: true, details};
}

const openAlerts: readonly OpenAlert[] = [
	{
		nodeIds: [5, 6],
		daemon: second,
		since: at(19 * minuteMs),
		text: `monerod ${second} is 11 blocks behind: hot-us-1, hot-us-2`,
	},
	{nodeIds: [1], since: at(18 * minuteMs), text: 'cold-vault is down: login refused'},
];

async function demoLike(columns: number, rows: number) {
	const store = screenStoreFixture(fleetSnapshot([], {nodes: specs.map(watchedNode)}), {
		columns,
		rows,
		daemonResult,
		openAlerts: () => openAlerts,
	});
	const changed = createFleetPast({
		store,
		resultStore: {readTransitions: async () => transitions},
		nowMs: () => store.nowMs,
	});
	changed();
	await flushPromises();
	return store;
}

/** The share of non-blank cells between header and footer. A dot stands for an unknown value. */
function filledShare(lines: readonly string[], columns: number): number {
	const body = lines.slice(2, -2);
	const filled = body.reduce((sum, line) => sum + line.replaceAll(/[\s·]/g, '').length, 0);
	return filled / (columns * body.length);
}

test('at 200x60 with twelve nodes, less than half of the body is blank', async t => {
	const share = filledShare(plainLines(await demoLike(200, 60)), 200);
	const wider = filledShare(plainLines(await demoLike(250, 70)), 250);
	t.diagnostic(`filled at 200x60: ${(share * 100).toFixed(1)} %, at 250x70: ${(wider * 100).toFixed(1)} %`);
	assert.ok(share > 0.5, `${share}`);
});

test('beside the page of a node, shows the whole reasons of all nodes that do not work', async () => {
	const text = plainLines(await demoLike(200, 60)).map(line => line.split('│')[0]);
	for (const {name, reason} of specs.filter(({state}) => state === 'down' || state === 'busy')) {
		const row = text.find(line => line?.includes(` ${name} `));
		assert.ok(row?.includes(reason ?? ''), `${name}: ${row}`);
	}
});

test('lists the daemons with their own facts, their problem and all of their nodes', async () => {
	const text = plainLines(await demoLike(160, 60)).join('\n');
	assert.match(text, /127\.0\.0\.1:18081 {2}● up .* 3,812,011 +0 +4s ago /);
	assert.match(
		text,
		/127\.0\.0\.1:28081 {2}▲ degraded .* 3,812,000 +11 +18m ago .*\n.*is 11 blocks behind .*\n {5}2 nodes: hot-us-1, hot-us-2/,
	);
});

test('shows the last hours of every node below its last checks, with a time scale above', async () => {
	const lines = plainLines(await demoLike(200, 60)).map(line => line.split('│')[0] ?? '');
	const axis = lines.findIndex(line => /^ +\d\d:\d\d +\d\d:\d\d/.test(line));
	assert.ok(axis > 0);
	assert.match(lines[axis + 1] ?? '', /^ {3}cold-vault {2}[●✖]{80,} *$/);
	assert.match(lines[axis + 1] ?? '', /●✖/);
});

test('a change of state shows how long the previous state lasted', async () => {
	const {getUiState} = await demoLike(200, 60);
	const latest = getUiState().latest;
	const text = plainLines({getUiState}).join('\n');
	assert.equal(latest.length, 40);
	assert.match(text, /Latest changes[\s\S]* → ✖ down {6}after {2,3}\d+[hm] {2}/);
});

test('while the heading of a daemon is selected, shows its page beside the table', async () => {
	const store = await demoLike(200, 60);
	for (const command of ['group', 'first'] as const) {
		store.dispatch({type: 'command', command});
	}

	const text = plainLines(store).join('\n');
	assert.match(text, /│ ‹ 127\.0\.0\.1:\d+ {3}[●▲] /);
	assert.match(text, /│ {3}Latest changes\n/);
});

test('shows open alerts on the pages of a node and a daemon, each where it belongs', async () => {
	const store = await demoLike(200, 60);
	const beside = (): string =>
		plainLines(store)
			.map(line => line.split('│')[1] ?? '')
			.join('\n');
	assert.match(beside(), /\n {3}! alert open for 18 m: cold-vault is down: login refused\n/);
	assert.doesNotMatch(beside(), /monerod/);
	for (const command of ['group', 'first'] as const) {
		store.dispatch({type: 'command', command});
	}

	for (let row = 0; row < 12 && !beside().includes(`‹ ${second}`); row += 1) {
		store.dispatch({type: 'command', command: 'down'});
	}

	assert.match(beside(), /! alert open for 19 m: monerod 127\.0\.0\.1:28081 is 11 blocks behind:\s+hot-us-1, hot-us-2/);
	assert.doesNotMatch(beside(), /cold-vault is down/);
	assert.match(beside(), /Changes of the daemon\n[^\n]* up → ✖ down +is 11 blocks behind\n[^\n]*down → ● up/);
});
