// Counts the bytes that one refresh of the live table writes at 120x40, and the bytes Ink itself writes for the same components.
import {setTimeout as sleep} from 'node:timers/promises';
import {render} from 'ink';
import type {FleetNode, FleetSnapshot} from '../../source/domain/fleet.js';
import {Screen} from '../../source/tui/app.js';
import {drawFleet, idleKeyboard, KeepingTerminal} from '../../test/helpers/drawn-app.js';

const size = {columns: 120, rows: 44};
let nowMs = Date.parse('2026-11-23T20:00:00.000Z');

function node(index: number, state: 'up' | 'down', latencyMs: number): FleetNode {
	const works = state === 'up';
	const at = new Date(nowMs).toISOString();
	const since = new Date(nowMs - 240_500).toISOString();
	return {
		node: {
			id: index + 1,
			name: `hot-${String(index + 1).padStart(2, '0')}`,
			host: '127.0.0.1',
			port: 18_083 + index,
			path: '/json_rpc',
			available: true,
		},
		nodeState: {states: {api: {state, since: works ? since : at, last_check: at}}},
		result: {
			status: works,
			details: {
				method: 'api',
				url: '',
				message: works ? 'API is responding' : 'API check failed',
				...(works ? {version: 65_565, version_text: '1.29'} : {reason: 'connection refused'}),
				state,
				latency_ms: latencyMs,
				last_check: at,
			},
		},
		checking: false,
		disabled: false,
	};
}

const latencyOf = (index: number): number => 1 + ((index * 13) % 80) / 10;
const nodes = Array.from({length: 38}, (_, index) => node(index, 'up', latencyOf(index)));
let snapshot: FleetSnapshot = {
	method: 'api',
	intervalMs: 5000,
	paused: false,
	nodes,
	lastCycle: {startedAtMs: nowMs, endedAtMs: nowMs, durationMs: 10},
	notes: [],
};
const {terminal, store, settled} = drawFleet(
	size,
	() => snapshot,
	() => nowMs,
);

/** Bytes written for a change of the fleet or the clock. */
async function bytesOf(change: () => void): Promise<number> {
	await new Promise(setImmediate);
	terminal.takeBytes();
	change();
	await settled();
	return terminal.takeBytes();
}

const withNodes = (changed: ReadonlyMap<number, FleetNode>): void => {
	snapshot = {...snapshot, nodes: snapshot.nodes.map((old, index) => changed.get(index) ?? old)};
};

const first = terminal.takeBytes();
const nothing = await bytesOf(() => {
	snapshot = {...snapshot};
});
const age = await bytesOf(() => {
	nowMs += 1000;
});
const minutes = await bytesOf(() => {
	nowMs += 60_000;
	snapshot = {
		...snapshot,
		lastCycle: {startedAtMs: nowMs, endedAtMs: nowMs, durationMs: 10},
		paused: false,
		intervalMs: 60_000,
	};
});
await bytesOf(() => {
	nowMs += 1;
});
const latencies = await bytesOf(() => withNodes(new Map([5, 17, 30].map(index => [index, node(index, 'up', 123)]))));
store.dispatch({type: 'command', command: 'sort-name'});
await bytesOf(() => {});
const down = await bytesOf(() => withNodes(new Map([5, 17, 30].map(index => [index, node(index, 'down', 3)]))));
await bytesOf(() => withNodes(new Map([5, 17, 30].map(index => [index, node(index, 'up', latencyOf(index))]))));
store.dispatch({type: 'command', command: 'sort-state'});
await bytesOf(() => {});
const moved = await bytesOf(() => withNodes(new Map([5, 17, 30].map(index => [index, node(index, 'down', 3)]))));

/** The same screen drawn by Ink itself, with incremental rendering. */
const ink = new KeepingTerminal(size);
const app = render(<Screen uiState={store.getUiState()} />, {
	stdout: ink as unknown as NodeJS.WriteStream,
	stdin: idleKeyboard(),
	interactive: true,
	incrementalRendering: true,
	patchConsole: false,
	maxFps: 1000,
});

/** Bytes that Ink writes for a change, after it has written the previous frame. */
async function inkBytesOf(change: () => void): Promise<number> {
	app.rerender(<Screen uiState={store.getUiState()} />);
	await sleep(100);
	ink.takeBytes();
	change();
	store.invalidate();
	app.rerender(<Screen uiState={store.getUiState()} />);
	await sleep(100);
	return ink.takeBytes();
}

store.dispatch({type: 'command', command: 'sort-name'});
await inkBytesOf(() => withNodes(new Map([5, 17, 30].map(index => [index, node(index, 'up', latencyOf(index))]))));
const inkAge = await inkBytesOf(() => {
	nowMs += 1000;
});
const inkLatencies = await inkBytesOf(() =>
	withNodes(new Map([5, 17, 30].map(index => [index, node(index, 'up', 123)]))),
);
const inkDown = await inkBytesOf(() => withNodes(new Map([5, 17, 30].map(index => [index, node(index, 'down', 3)]))));
process.stdout.write(
	`${JSON.stringify({first, nothing, age, minutes, latencies, down, moved, inkAge, inkLatencies, inkDown})}\n`,
	() => process.kill(process.pid, 'SIGKILL'),
);
