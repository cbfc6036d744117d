import type {ApiDetails, CheckResult, FullDetails} from '../../source/domain/check-result.js';
import type {FleetNode, FleetSnapshot} from '../../source/domain/fleet.js';
import {parseNodeDefinition} from '../../source/domain/node/parse-node.js';
import type {NodeState} from '../../source/domain/past/node-state.js';
import {type State, stateWords} from '../../source/domain/state.js';

/** A result of an `api` check that took 3.2 ms. */
export function apiResult(state: State, facts: Partial<ApiDetails> = {}): CheckResult {
	return {status: stateWords[state].works, details: apiDetails(state, facts)};
}

function apiDetails(state: State, facts: Partial<ApiDetails>): ApiDetails {
	return {
		method: 'api',
		message: state === 'up' ? 'API is responding' : 'API check failed',
		...(state === 'up' ? {} : {reason: `it is ${state}`}),
		url: 'http://127.0.0.1:18082/json_rpc',
		state,
		latency_ms: 3.2,
		last_check: '2026-11-23T20:00:00.000Z',
		...facts,
	};
}

/** A result of a `full` check, with the details of its daemon part. */
export function fullResult(state: State, facts: Partial<FullDetails>, daemonPart?: object): CheckResult {
	const {url, ...details} = apiDetails(state, {});
	const checks = (daemonPart ? {daemon: {status: true, details: daemonPart}} : {}) as FullDetails['checks'];
	return {
		status: stateWords[state].works,
		details: {...details, method: 'full', checks, ...facts} as FullDetails,
	};
}

/** A node of a snapshot: disabled, with or without a result. */
export interface SnapshotNode {
	readonly id: number;
	readonly name?: string;
	readonly group?: string;
	readonly result?: CheckResult;
	readonly nodeState?: NodeState;
	readonly disabled?: boolean;
}

/** A snapshot of these nodes after a cycle that took 12.5 ms. */
export function snapshotFixture(nodes: readonly SnapshotNode[], more: Partial<FleetSnapshot> = {}): FleetSnapshot {
	return {
		method: 'api',
		intervalMs: 5000,
		paused: false,
		nodes: nodes.map(({id, name = `node-${id}`, group, result, nodeState = {}, disabled = false}): FleetNode => {
			const definition = parseNodeDefinition({name, port: 18_082, ...(group === undefined ? {} : {group})}, 'test');
			return {node: {...definition, id}, nodeState, ...(result ? {result} : {}), checking: false, disabled};
		}),
		lastCycle: {startedAtMs: 1_763_928_000_000, endedAtMs: 1_763_928_000_012.5, durationMs: 12.5},
		notes: [],
		...more,
	};
}
