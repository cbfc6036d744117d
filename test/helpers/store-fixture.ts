import type {CheckResult, PidDetails} from '../../source/domain/check-result.js';
import type {Node} from '../../source/domain/node/node.js';
import type {Observation} from '../../source/domain/past/node-state.js';
import {type State, stateWords} from '../../source/domain/state.js';
import type {NodesFile} from '../../source/domain/store.js';

/** A stored node with the defaults. */
export function nodeFixture(name: string, id: number, more: Partial<Node> = {}): Node {
	return {id, name, host: '127.0.0.1', port: 18_088, path: '/json_rpc', available: true, ...more};
}

/** The change that `nodes add` makes. */
export function adding(name: string, more: Partial<Node> = {}): (file: NodesFile) => NodesFile {
	return file => ({...file, nodes: [...file.nodes, nodeFixture(name, file.next_id, more)]});
}

/** A time within the last day, `ms` milliseconds after a time that is fixed for this run. */
export function moment(ms: number): string {
	return new Date(dayStartMs + ms).toISOString();
}

const dayStartMs = Math.floor(Date.now() / 1000) * 1000 - 20 * 60 * 60 * 1000;

/** An `api` result. */
export function apiResult(state: State, at: string, latencyMs = 1): CheckResult {
	return {
		status: stateWords[state].works,
		details: {
			method: 'api',
			message: state === 'up' ? 'API is responding' : 'API check failed',
			...(state === 'up' ? {} : {reason: 'connection refused'}),
			state,
			latency_ms: latencyMs,
			last_check: at,
			url: 'http://127.0.0.1:18088/json_rpc',
		},
	};
}

/** A `pid` result, by default of a running process. @param facts more details, or others */
export function pidResult(at: string, facts: Partial<PidDetails> = {}): CheckResult {
	const isUp = (facts.state ?? 'up') === 'up';
	return {
		status: isUp,
		details: {
			method: 'pid',
			message: isUp ? 'Process is running' : 'Process not found',
			state: 'up',
			latency_ms: 0.1,
			last_check: at,
			...facts,
		},
	};
}

/** The result of a port that is in use. */
export function portResult(at: string, place = {host: '127.0.0.1', port: 18_088}): CheckResult {
	return {
		status: true,
		details: {method: 'port', message: 'Port is in use', state: 'up', latency_ms: 1, last_check: at, ...place},
	};
}

/** An `api` result of a node. */
export function seen(id: number, state: State, at: string): Observation {
	return {node: {id, name: `node-${id}`}, result: apiResult(state, at)};
}
