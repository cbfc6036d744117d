import assert from 'node:assert/strict';
import test from 'node:test';
import type {DaemonDetails, Result} from '../../source/domain/check-result.js';
import {compact} from '../../source/domain/compact.js';
import {
	type DaemonReport,
	daemonFactLines,
	daemonReasonText,
	daemonReports,
	daemonTransitions,
} from '../../source/domain/daemon-report.js';
import type {FleetNode} from '../../source/domain/fleet.js';
import {recordResult} from '../../source/domain/past/record-result.js';
import type {Transition} from '../../source/domain/past/transition.js';
import {apiResult, snapshotFixture} from '../helpers/snapshot-fixture.js';

const nowMs = Date.parse('2026-11-26T12:00:00.000Z');
const daemon = '10.0.0.5:18081';

const said = (facts: Partial<DaemonDetails>): Result<DaemonDetails> => ({
	status: facts.state !== 'down',
	details: {
		method: 'daemon',
		message: 'm',
		state: 'up',
		latency_ms: 1.5,
		last_check: '2026-11-26T11:59:59.000Z',
		daemon,
		...facts,
	},
});

/** Nodes behind daemons, with the facts of their results about them. */
function nodesOf(...rows: ReadonlyArray<readonly [name: string, daemon: string | undefined, facts?: object]>) {
	const {nodes} = snapshotFixture(
		rows.map(([name, address, facts], index) => ({
			id: index + 1,
			name,
			result: apiResult('up', {...(address === undefined ? {} : {daemon: address}), ...facts}),
		})),
	);
	return nodes.map((each, index): FleetNode => {
		const address = rows[index]?.[1];
		return address === undefined ? each : {...each, node: {...each.node, daemon: address}};
	});
}

const report = (nodes: readonly FleetNode[], results: Readonly<Record<string, Result<DaemonDetails>>> = {}) =>
	daemonReports({nodes, method: 'api'}, address => results[address]);

test('lists each daemon once, worst first, with its nodes; leaves out nodes without a daemon', () => {
	const nodes = nodesOf(['a', daemon], ['b', 'h:1'], ['c', daemon], ['d', undefined], ['e', 'none']);
	const reports = report(nodes, {
		[daemon]: said({state: 'up'}),
		'h:1': said({state: 'down', reason: 'connection refused'}),
	});
	assert.deepEqual(
		reports.map(({daemon: address, state, status, nodes: dependents}) => [
			address,
			state,
			status,
			dependents.map(({name}) => name),
		]),
		[
			['h:1', 'down', false, ['b']],
			[daemon, 'up', true, ['a', 'c']],
		],
	);
});

test('reports a daemon that was not checked from here by the newest result of its nodes', () => {
	const at = (second: number) => ({last_check: `2026-11-26T11:00:0${second}.000Z`, daemon_reachable: true});
	const [reported] = report(
		nodesOf(
			['a', daemon, {...at(2), daemon_height: 102, daemon_fault: 'is 41 blocks behind'}],
			['b', daemon, {...at(1), daemon_height: 100}],
		),
	);
	assert.equal(reported?.state, 'degraded');
	assert.equal(reported?.status, true);
	assert.equal(reported?.details.daemon_height, 102);
	assert.equal(reported && daemonReasonText(reported), 'is 41 blocks behind');
	const [unasked] = report(nodesOf(['a', 'abc.onion:18081']));
	assert.equal(unasked?.state, 'unknown');
	assert.match(unasked?.reason ?? '', /can only be reached through Tor/);
});

test('"since" is the earliest time a node saw the daemon in this state', () => {
	const nodes = nodesOf(['a', daemon], ['b', daemon], ['c', daemon]).map((node, index) => ({
		...node,
		nodeState: {
			daemon_state: {
				daemon: index === 2 ? 'h:1' : daemon,
				state: 'down' as const,
				since: `2026-11-26T10:0${3 - index}:00.000Z`,
			},
		},
	}));
	assert.equal(report(nodes, {[daemon]: said({state: 'down'})})[0]?.since, '2026-11-26T10:02:00.000Z');
	assert.equal(report(nodes, {[daemon]: said({state: 'up'})})[0]?.since, undefined);
});

test('a node keeps the state of its daemon while it lasts; a result without daemon facts changes nothing', () => {
	const results = [
		apiResult('up', {daemon, daemon_reachable: true, daemon_height: 5, last_check: '2026-11-26T10:00:00.000Z'}),
		apiResult('up', {daemon, daemon_reachable: true, daemon_height: 6, last_check: '2026-11-26T10:00:05.000Z'}),
		apiResult('down', {last_check: '2026-11-26T10:00:10.000Z'}),
		apiResult('degraded', {daemon, daemon_reachable: false, last_check: '2026-11-26T10:00:15.000Z'}),
	];
	const states = results.map((_, index) =>
		results.slice(0, index + 1).reduce((state, result) => recordResult(state, result), {}),
	);
	assert.deepEqual(
		states.map(state => ('daemon_state' in state ? state.daemon_state : undefined)),
		[
			{daemon, state: 'up', since: '2026-11-26T10:00:00.000Z'},
			{daemon, state: 'up', since: '2026-11-26T10:00:00.000Z'},
			{daemon, state: 'up', since: '2026-11-26T10:00:00.000Z'},
			{daemon, state: 'down', since: '2026-11-26T10:00:15.000Z'},
		],
	);
});

test('lists known facts, and none that a restricted port hides', () => {
	const lines = (facts: Partial<DaemonDetails>) => Object.fromEntries(daemonFactLines(said(facts), nowMs));
	assert.deepEqual(
		lines({
			nettype: 'mainnet',
			daemon_height: 3_412_009,
			target_height: 3_412_050,
			daemon_synchronized: false,
			daemon_lag: 41,
			block_age_s: 61,
			outgoing_peers: 12,
			incoming_peers: 3,
			daemon_version_text: '0.18.4.0-release',
			update_available: true,
			daemon_started_at: '2026-11-26T09:00:00.000Z',
			tls: true,
			login: 'accepted',
			database_bytes: 210 * 1024 ** 3,
			free_disk_bytes: 1024 ** 4,
			clock_ahead_s: -90,
		}),
		{
			chain: 'mainnet, height 3,412,009, target 3,412,050, not synchronized, 41 blocks behind, last block 1 m 1 s ago',
			peers: '12 out, 3 in',
			version: '0.18.4.0-release, an update is available, started 3 h ago',
			access: 'TLS, login accepted, 1.5 ms',
			disk: 'database 210G, 1.0T free',
			clock: '1 m 30 s behind the clock here',
		},
	);
	assert.deepEqual(
		lines({restricted: true, database_bytes: 5 * 1024 ** 3, tls: false, login: 'none', daemon_height: 1}),
		{
			chain: 'height 1',
			peers: 'hidden: the port is restricted',
			access: 'no TLS, no login, restricted port, 1.5 ms',
			disk: 'database at most 5.0G',
		},
	);
	assert.deepEqual(lines({state: 'down'}), {});
});

test('derives the changes of a daemon from its nodes: down with the first reason, up when a node works again', () => {
	const daemon = '10.0.0.5:18081';
	const blamed = {message: 'API is responding', reason: `daemon ${daemon} does not answer`} as const;
	const change = (
		node: number,
		minute: number,
		rest: Pick<Transition, 'from' | 'to'> & Partial<Transition>,
	): Transition => ({
		...{
			at: `2026-11-26T12:${minute}:00.000Z`,
			node_id: node,
			node: `n${node}`,
			method: 'api',
			message: 'API is responding',
		},
		...rest,
	});
	const changes = daemonTransitions(daemon, [
		change(1, 10, {from: 'up', to: 'down', reason: 'connection refused'}),
		change(2, 11, {from: 'up', to: 'degraded', ...blamed}),
		change(3, 12, {from: 'up', to: 'degraded', ...blamed}),
		change(2, 13, {from: 'degraded', to: 'down', reason: 'connection refused'}),
		change(3, 14, {from: 'degraded', to: 'up'}),
		change(2, 15, {from: 'down', to: 'up'}),
		change(1, 16, {from: 'down', to: 'degraded', reason: 'daemon 10.0.0.6:18081 does not answer'}),
	]);
	assert.deepEqual(
		changes.map(({at, from, to, reason}) => [at.slice(14, 16), from, to, reason]),
		[
			['11', 'up', 'degraded', 'does not answer'],
			['14', 'degraded', 'up', undefined],
		],
	);
});

test('the state of a daemon that was not asked comes from its nodes, and why it is not up', () => {
	const [down] = report(nodesOf(['a', daemon, {daemon_reachable: false, daemon_fault: 'does not answer: timeout'}]));
	assert.deepEqual(
		[down?.state, down?.status, down?.message, down?.reason],
		['down', false, down?.message, `daemon ${daemon} does not answer: timeout`],
	);
	const [up] = report(nodesOf(['a', daemon, {daemon_reachable: true, daemon_synchronized: true, daemon_height: 5}]));
	assert.deepEqual([up?.state, up?.status, up?.reason], ['up', true, undefined]);
	assert.match(up?.message ?? '', /height 5/);
	const [fresh] = report(nodesOf(['a', daemon]));
	assert.deepEqual(fresh, {
		daemon,
		status: false,
		state: 'unknown',
		message: 'daemon could not be asked',
		reason: 'not checked yet',
		details: {
			method: 'daemon',
			daemon,
			state: 'unknown',
			message: 'daemon could not be asked',
			reason: 'not checked yet',
		},
		nodes: [{id: 1, name: 'a', state: 'up'}],
	});
	const noted = report(nodesOf(['a', daemon, {daemon_reachable: undefined, daemon_note: 'needs a login'}]))[0];
	assert.equal(noted?.reason, 'needs a login');
	const proxied = nodesOf(['a', 'abc.onion:18081']).map(each => ({
		...each,
		node: {...each.node, daemon_proxy: 'socks5h://127.0.0.1:9050'},
	}));
	assert.equal(report(proxied)[0]?.reason, 'not checked yet');
});

test('the own result of a daemon is reported whole, with its nodes worst first', () => {
	const nodes = nodesOf(['b', daemon], ['a', daemon], ['c', daemon]);
	const result = said({state: 'degraded', reason: `daemon ${daemon} is 4 blocks behind`});
	const [first] = report(
		nodes.map(each =>
			each.node.name === 'c' ? {...each, result: apiResult('down', {reason: 'connection refused'})} : each,
		),
		{[daemon]: result},
	);
	assert.deepEqual(first, {
		daemon,
		status: true,
		state: 'degraded',
		message: 'm',
		reason: `daemon ${daemon} is 4 blocks behind`,
		latency_ms: 1.5,
		details: result.details,
		nodes: [
			{id: 3, name: 'c', state: 'down', reason: 'connection refused'},
			{id: 2, name: 'a', state: 'up'},
			{id: 1, name: 'b', state: 'up'},
		],
	});
	assert.equal(daemonReasonText({...(first as DaemonReport), reason: 'another reason'}), 'another reason');
	assert.equal(daemonReasonText(compact({...(first as DaemonReport), reason: undefined}) as DaemonReport), '');
});

test('what is said about progress, peers, access, disk and clock', () => {
	const lineOf = (subject: string, facts: Partial<DaemonDetails>) =>
		Object.fromEntries(daemonFactLines(said(facts), nowMs))[subject];
	assert.equal(lineOf('chain', {daemon_synchronized: true, daemon_lag: 0}), 'synchronized');
	assert.equal(lineOf('chain', {daemon_height: 5, target_height: 5}), 'height 5');
	assert.equal(lineOf('chain', {target_height: 5}), 'target 5');
	assert.equal(
		lineOf('chain', {
			daemon_own_height: 7,
			daemon_blocks_per_s: 2,
			daemon_eta_s: 90,
			daemon_lag: 1,
			busy_syncing: true,
		}),
		'its own chain has 7 blocks, 1 block behind, 2 blocks/s, about 1 m 30 s left, busy syncing',
	);
	assert.equal(lineOf('chain', {daemon_stalled_ms: 300_000}), 'stalled for 5 m');
	assert.equal(lineOf('peers', {offline: true, restricted: true, outgoing_peers: 0}), 'offline, 0 out');
	assert.equal(lineOf('peers', {offline: false, incoming_peers: 2}), '2 in');
	assert.equal(
		lineOf('version', {update_available: false, daemon_started_at: '2026-11-26T13:00:00.000Z'}),
		'started 0 s ago',
	);
	assert.equal(lineOf('access', {login: 'missing'}), 'login required, none configured');
	assert.equal(lineOf('access', {login: 'refused', tls: false}), 'no TLS, login refused, 1.5 ms');
	assert.equal(lineOf('access', {restricted: true}), 'restricted port');
	assert.equal(lineOf('disk', {free_disk_bytes: 1024 ** 3}), '1.0G free');
	const clock = (clock_ahead_s: number) => lineOf('clock', {clock_ahead_s});
	assert.deepEqual([0, 2, -2, 3, -3].map(clock), [
		'as here',
		'as here',
		'as here',
		'3 s ahead of the clock here',
		'3 s behind the clock here',
	]);
});

test('a change of a daemon ends with another node that works, and may get worse', () => {
	const change = (to: Transition['to'], reason?: string): Transition => ({
		at: '2026-11-26T12:00:00.000Z',
		node_id: 1,
		node: 'a',
		method: 'api',
		from: 'unknown',
		to,
		message: 'm',
		...(reason === undefined ? {} : {reason}),
	});
	const own = `daemon ${daemon} is alone`;
	assert.deepEqual(
		daemonTransitions(daemon, [change('up'), change('degraded', own), change('down', own), change('up')]),
		[
			{...change('degraded'), node_id: 0, node: daemon, from: 'up', reason: 'is alone'},
			{...change('down'), node_id: 0, node: daemon, from: 'degraded', reason: 'is alone'},
			{...change('up'), node_id: 0, node: daemon, from: 'down', message: 'its nodes work again'},
		],
	);
});
