import assert from 'node:assert/strict';
import {test} from 'node:test';
import type {FleetNode} from '../../source/domain/fleet.js';
import type {Transition} from '../../source/domain/past/transition.js';
import {nodeJson} from '../../source/tui/node-page.js';
import {deadNode} from '../helpers/dead-node.js';
import {fleetNode, fleetNowMs, fleetSnapshot} from '../helpers/fleet-fixture.js';
import {screenStoreFixture} from '../helpers/screen-fixture.js';
import {drawnLines, plainLines, screenText} from '../helpers/screen-text.js';

const at = (agoMs: number): string => new Date(fleetNowMs - agoMs).toISOString();

const transitions: readonly Transition[] = [
	{
		at: at(547_452_000),
		node_id: 1,
		node: 'refunds',
		method: 'api',
		from: 'down',
		to: 'up',
		message: 'API is responding',
	},
	{
		at: at(252_000),
		node_id: 1,
		node: 'refunds',
		method: 'api',
		from: 'up',
		to: 'down',
		message: 'API check failed',
		reason: 'connection refused',
	},
];

function pageText(columns: number, rows: number, node = deadNode()): string {
	const store = screenStoreFixture({...fleetSnapshot([]), nodes: [node]}, {columns, rows});
	store.dispatch({type: 'command', command: 'open'});
	store.setTransitions(transitions);
	return screenText(store);
}

test('the diagnostics of a remote node say which host checks it', () => {
	const origin = {host: 'db1', url: 'ssh://db1', name: 'refunds'};
	const {diagnosis} = deadNode();
	assert.ok(diagnosis);
	assert.match(
		pageText(100, 40, {...deadNode(), result: diagnosis, origin}),
		/^ {3}Checked by xmrtop on db1 \(ssh:\/\/db1\) with method full, not from here$/m,
	);
	assert.doesNotMatch(pageText(100, 40), /not from here/);
});

test('the diagnostics show the checks, the advice and the past', () => {
	const text = pageText(100, 40);
	for (const said of [
		/^ ‹ refunds {3}127\.0\.0\.1:18085 {3}✖ down for 4 m 12 s, up for 6 d 8 h before +1s ago$/m,
		/^ {3}✖ pid +0\.1 ms {3}Process not found: it was 4711$/m,
		/^ {3}✖ port +0\.3 ms {3}Port is not in use: connection refused, 127\.0\.0\.1:18085$/m,
		/^ {3}– api +not reached: the port does not answer$/m,
		/^ {3}● daemon +1\.2 ms {3}10\.0\.0\.5:18081: height 3,412,009, synchronized, 24 peers$/m,
		/^ {3}The process is gone and nothing listens on 18085\. Try: systemctl status wallet-refunds\.service$/m,
		/^ {3}● name {2}✖ tcp {2}– json-rpc$/m,
		/^ {3}its password file can be read by others$/m,
		/restarted 3 times in the last hour/,
		/^ {3}latency {2}▁▁▁█▁ {3}median 2 ms, worst 9 ms$/m,
		/^ {3}states {3}●●✖ {3}66 % of 3 checks worked$/m,
		/ {2}up → ✖ down {6}connection refused$/m,
		/down → ● up {8}API is responding$/m,
	]) {
		assert.match(text, said);
	}
});

test('on a narrow terminal, puts texts below the checks and counts hidden lines', () => {
	const text = pageText(40, 12);
	assert.match(text, /✖ pid +0\.1 ms\n {5}Process not found: it was 4711/);
	assert.match(text, /↓ \d+ lines more/);
});

/** The same node with another `api` verdict, diagnosed earlier. */
function withVerdict(verdict: FleetNode, diagnosedAgoMs: number, changes: Partial<FleetNode> = {}): FleetNode {
	const {diagnosis} = deadNode();
	assert.ok(diagnosis);
	const details = {...diagnosis.details, last_check: at(diagnosedAgoMs)};
	return {
		...verdict,
		nodeState: {...verdict.nodeState, ...memoryOfProcess},
		diagnosis: {...diagnosis, details},
		...changes,
	};
}

const memoryOfProcess = {process: {pid: 4711, started_at: at(7_200_000)}, process_seen_at: at(2_400_000)};
const refunds = {name: 'refunds', port: 18_085};
const checking = {checking: true, checkingSinceMs: fleetNowMs - 3000};
const minutes36 = 36 * 60_000;

test('hides advice and facts of an earlier state, and shows that a check is running', () => {
	const up = fleetNode({...refunds, state: 'up', forMs: 20 * 60_000});
	const text = pageText(100, 40, withVerdict(up, minutes36, checking));
	assert.match(text, /● up for 20 m.* checking, 3s$/m);
	assert.match(text, /^ {5}checking, 3s; last full check 36m ago$/m);
	assert.match(text, /^ {3}● API is responding$/m);
	assert.doesNotMatch(text, /Process not found|The process is gone|✖ tcp|restarted 3 times/);
});

test('hides them after another outage with the same state too', () => {
	const down = fleetNode({...refunds, state: 'down', reason: 'no response within 3s', forMs: 60_000});
	const text = pageText(100, 40, withVerdict(down, minutes36, checking));
	assert.match(text, /^ {3}✖ no response within 3s$/m);
	assert.doesNotMatch(text, /Process not found|The process is gone/);
});

test('dims facts of the same state that are not of the last check, shows their age and no advice', () => {
	const down = fleetNode({...refunds, state: 'down', reason: 'connection refused', forMs: 2 * minutes36});
	const node = withVerdict(down, minutes36, checking);
	const text = pageText(100, 40, node);
	assert.match(text, /Process not found: it was 4711/);
	assert.match(text, /checking, 3s; last full check 36m ago/);
	assert.doesNotMatch(text, /The process is gone/);
	const store = screenStoreFixture({...fleetSnapshot([]), nodes: [node]}, {columns: 100, rows: 40});
	store.dispatch({type: 'command', command: 'open'});
	const row = drawnLines(store.getUiState()).find(line => line.includes('it was 4711'));
	const [start = '', ...dimmed] = row?.split('\u001B[2m') ?? [];
	const undimmed = dimmed.map(piece => piece.split('\u001B[22m')[1] ?? '');
	assert.equal(`${start}${undimmed.join('')}`.trim(), '');
	assert.notEqual(dimmed.length, 0);
});

test('a page opened for the first time says at once that a check is running, and for how long', () => {
	const {diagnosis: _, ...node} = withVerdict(fleetNode({...refunds, state: 'busy', reason: 'working'}), 0, checking);
	const text = pageText(100, 40, node);
	assert.match(text, /^ {5}checking, 3s$/m);
	assert.match(text, /^ {3}◐ working$/m);
});

test('paused: shows the age of an old diagnosis and no check', () => {
	const down = fleetNode({...refunds, state: 'down', reason: 'connection refused', forMs: 2 * minutes36});
	const text = pageText(100, 40, withVerdict(down, minutes36));
	assert.match(text, /^ {5}last full check 36m ago$/m);
	assert.doesNotMatch(text, /checking/);
});

test('shows a process that the last check did not see as the last one, with its age', () => {
	const down = fleetNode({...refunds, state: 'down', reason: 'connection refused', forMs: 252_000});
	assert.match(pageText(120, 40, withVerdict(down, 1000)), /last process 4711, seen 40m ago/);
});

test('the JSON of a node is its newest result', () => {
	const up = fleetNode({...refunds, state: 'up', forMs: 20 * 60_000});
	const jsonOf = (node: FleetNode): {readonly worked_data: {readonly method: string}} => {
		const store = screenStoreFixture({...fleetSnapshot([]), nodes: [node]});
		const [entry] = store.getUiState().listed.all;
		assert.ok(entry);
		return JSON.parse(nodeJson(entry));
	};
	assert.equal(jsonOf(withVerdict(up, minutes36)).worked_data.method, 'api');
	assert.equal(jsonOf(withVerdict(up, 0)).worked_data.method, 'full');
});

test('shows the whole JSON beside the table, in order', () => {
	const up = fleetNode({...refunds, state: 'up', title: 'a"b\\c, {d}', forMs: 20 * 60_000});
	const store = screenStoreFixture({...fleetSnapshot([]), nodes: [withVerdict(up, 0)]}, {columns: 200, rows: 90});
	const beside = plainLines(store).map(line => line.split('│')[1] ?? '');
	const from = beside.findIndex(line => line.startsWith('   { '));
	const json = beside.slice(from).filter(line => line.trim() !== '');
	const [entry] = store.getUiState().listed.all;
	assert.ok(entry && from > 0);
	assert.deepEqual(JSON.parse(json.map(line => line.trim()).join(' ')), JSON.parse(nodeJson(entry)));
	assert.ok(json.length < nodeJson(entry).split('\n').length / 2, `${json.length} lines`);
	assert.ok(json.every(line => line.length <= 80));
});

for (const [page, columns, rows] of [
	['beside the table', 160, 90],
	['on its page', 60, 90],
] as const) {
	test(`breaks a long JSON string at spaces and indents the next lines, ${page}`, () => {
		const store = screenStoreFixture({...fleetSnapshot([]), nodes: [deadNode()]}, {columns, rows});
		if (columns < 160) {
			store.dispatch({type: 'command', command: 'json'});
		}

		const lines = plainLines(store).map(line => line.split('│').at(-1) ?? '');
		const first = lines.findIndex(line => line.includes('"hint": '));
		const indentOf = (line = ''): number => line.length - line.trimStart().length;
		assert.ok(first > 0);
		assert.equal(indentOf(lines[first + 1]), indentOf(lines[first]) + 4);
		assert.match(
			lines
				.slice(first, first + 4)
				.map(line => line.trim())
				.join(' '),
			/"The process is gone .* systemctl status wallet-refunds\.service"/,
		);
	});
}

test('the JSON page draws every long word so that its lines joined without indentation are the word, at every width', () => {
	const {diagnosis, ...node} = deadNode();
	assert.ok(diagnosis);
	const container = '0123456789abcdef'.repeat(4);
	const url = `https://wallets.example.org/${'refunds/'.repeat(8)}json_rpc`;
	const details = {...diagnosis.details, container, hint: `See ${url} first`, notes: [url]};
	for (let columns = 40; columns <= 150; columns += 1) {
		const nodes = [{...node, result: {...diagnosis, details}}];
		const store = screenStoreFixture({...fleetSnapshot([]), nodes}, {columns, rows: 400});
		store.dispatch({type: 'command', command: 'json'});
		const lines = plainLines(store).map(line => line.trim());
		const json = lines.slice(lines.indexOf('{'), lines.lastIndexOf('}') + 1);
		const joined = json.join('');
		assert.ok(json.length > 20 && !json.includes(''), `an empty line with ${columns} columns`);
		assert.match(joined, new RegExp(`"container": ?"${container}"`), `${columns} columns`);
		assert.match(joined, new RegExp(`See ?${url} ?first"`), `${columns} columns`);
		assert.match(joined, new RegExp(`"notes": ?\\["${url}"`), `${columns} columns`);
	}
});

test('a node that does not work shows since when, its last answer and what started its process', () => {
	const node = deadNode();
	const nodeState = {
		...node.nodeState,
		last_answer: at(300_000),
		process: {pid: 4711, started_at: at(7_200_000), unit: 'wallet-refunds.service'},
		process_seen_at: at(360_000),
		process_command: 'monero-wallet-rpc --rpc-bind-port 18082 --rpc-login planted:secret',
	};
	const text = pageText(300, 30, {...node, nodeState});
	assert.match(
		text,
		/down since \d\d:\d\d:\d\d \(4m ago\); the API last responded \d\d:\d\d:\d\d \(5m ago\); process 4711 last seen \d\d:\d\d:\d\d \(6m ago\); started by wallet-refunds\.service; command: monero-wallet-rpc --rpc-bind-port 18082 --rpc-login \*\*\*/,
	);
	assert.doesNotMatch(text, /planted/);
	assert.match(pageText(100, 30), /the API was never seen to respond/);
	assert.doesNotMatch(pageText(100, 30, fleetNode({...refunds, state: 'up'})), /since|last responded/);
});

test('a stopped process is not shown as good', () => {
	const node = deadNode();
	assert.ok(node.diagnosis);
	const {checks} = node.diagnosis.details;
	const pid = {
		status: true,
		details: {...checks.pid.details, message: 'Process is running', state: 'up', stopped: true},
	} as const;
	const details = {...node.diagnosis.details, checks: {...checks, pid}};
	assert.match(pageText(100, 30, {...node, diagnosis: {status: false, details}}), /^ {3}▲ pid /m);
});
