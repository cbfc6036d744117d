import {createServer} from 'node:http';
import {gzipSync} from 'node:zlib';
import {type State, states} from '../../source/domain/state.js';
import {createFleetMetrics} from '../../source/server/metrics/fleet-metrics.js';
import {listenOnLoopback} from './loopback.js';
import {apiResult, snapshotFixture} from './snapshot-fixture.js';

/** An HTTP server that stands for one instance of `xmrtop serve` scraped by Prometheus. */
export interface MetricsInstance {
	readonly port: number;
	readonly close: () => Promise<void> | void;
}

/** The state of the simulated node with this number: most are up, and every state occurs. */
export function simulatedState(index: number): State {
	return index % 20 === 0 ? (states[(index / 20) % states.length] ?? 'up') : 'up';
}

/** The metrics of nodes `node-1`, `node-2` ... that share a few daemons. */
export async function simulatedMetrics(count: number, stateOf = simulatedState, nowMs = Date.now()): Promise<string> {
	const iso = (ms: number): string => new Date(ms).toISOString();
	const nodes = Array.from({length: count}, (_, index) => {
		const state = stateOf(index);
		const daemon = `10.0.0.${index % 5}:18081`;
		const seen = {daemon, daemon_reachable: true, daemon_height: 3_000_100, daemon_synchronized: true, daemon_lag: 0};
		const wallet = {version: 65_561, version_text: '1.25', wallet_open: true, wallet_height: 3_000_100, wallet_lag: 0};
		const facts = {
			latency_ms: 3 + (index % 50),
			last_check: iso(nowMs),
			...(state === 'up' ? {...seen, ...wallet} : {daemon}),
		};
		const record = {state, since: iso(nowMs - 3_600_000), last_check: iso(nowMs)};
		return {
			id: index + 1,
			group: `group-${index % 7}`,
			result: apiResult(state, facts),
			nodeState: {
				states: {api: record},
				watched: {api: [[iso(nowMs - 7_200_000), iso(nowMs)] as const]},
				process: {pid: index + 100, started_at: iso(nowMs - 86_400_000)},
			},
		};
	});
	const lastCycle = {startedAtMs: nowMs - 100, endedAtMs: nowMs, durationMs: 100};
	const metrics = createFleetMetrics({nowMs: () => nowMs});
	return metrics.text(snapshotFixture(nodes, {lastCycle}), 'openmetrics');
}

/** Serves one text as the metrics of an instance whose last cycle has just ended. */
export async function serveMetrics(text: () => string): Promise<MetricsInstance> {
	const lastCycle = /^xmrtop_last_cycle_timestamp_seconds .*$/m;
	const server = createServer((_request, response) => {
		const now = text().replace(lastCycle, `xmrtop_last_cycle_timestamp_seconds ${Date.now() / 1000}`);
		response.setHeader('Content-Type', 'application/openmetrics-text; version=1.0.0; charset=utf-8');
		response.setHeader('Content-Encoding', 'gzip');
		response.end(gzipSync(now, {level: 1}));
	});
	const {port, close} = await listenOnLoopback(server);
	return {port, close};
}
