import type {CheckResult} from '../../source/domain/check-result.js';
import type {FleetNode, FleetSnapshot} from '../../source/domain/fleet.js';
import type {Node} from '../../source/domain/node/node.js';
import {type State, stateWords} from '../../source/domain/state.js';

/** The current time in all these fleets. */
export const fleetNowMs = Date.parse('2026-11-23T20:00:00.000Z');

/** The fields of a node that a test sets; the others have defaults. */
export interface NodeSpec extends Partial<Node> {
	readonly name: string;
	readonly state?: State;
	readonly reason?: string;
	readonly latencyMs?: number;
	readonly versionText?: string;
	/** How long it has been in its state. */
	readonly forMs?: number;
	readonly disabled?: boolean;
	readonly causedBy?: string;
}

/** The integer that `get_version` returns for a version such as `1.29`. */
function versionNumber(text: string): number {
	const [major = 0, minor = 0] = text.split('.').map(Number);
	return major * 65_536 + minor;
}

/** A node with a result of the `api` method. */
export function fleetNode(spec: NodeSpec, index = 0): FleetNode {
	const {
		state = 'up',
		reason,
		latencyMs = 2.1,
		versionText = '1.29',
		forMs = 60_000,
		disabled = false,
		causedBy,
		...node
	} = spec;
	const works = stateWords[state].works;
	const lastCheck = new Date(fleetNowMs - 1000).toISOString();
	const result: CheckResult = {
		status: works,
		details: {
			method: 'api',
			url: 'http://127.0.0.1:18082/json_rpc',
			message: works ? 'API is responding' : 'API check failed',
			...(reason === undefined ? {} : {reason}),
			state,
			latency_ms: latencyMs,
			last_check: lastCheck,
			...(works ? {version: versionNumber(versionText), version_text: versionText, release: true} : {}),
			...(causedBy === undefined ? {} : {caused_by: causedBy, daemon_reachable: false}),
		},
	};
	const since = new Date(fleetNowMs - forMs).toISOString();
	return {
		node: {id: index + 1, host: '127.0.0.1', port: 18_083 + index, path: '/json_rpc', available: !disabled, ...node},
		nodeState: {states: {api: {state, since, last_check: lastCheck}}, worked: works, worked_data: result.details},
		...(disabled ? {} : {result}),
		checking: false,
		disabled,
	};
}

/** A snapshot of an idle fleet, checked a second ago. */
export function fleetSnapshot(specs: readonly NodeSpec[], changes: Partial<FleetSnapshot> = {}): FleetSnapshot {
	return {
		method: 'api',
		intervalMs: 5000,
		paused: false,
		nodes: specs.map(fleetNode),
		lastCycle: {startedAtMs: fleetNowMs - 1200, endedAtMs: fleetNowMs - 1000, durationMs: 200},
		notes: [],
		...changes,
	};
}

/** Forty nodes; the two that are down are last in order of name. */
export const fortyNodes: readonly NodeSpec[] = [
	...Array.from({length: 36}, (_, index) => ({name: `hot-${index + 1}`})),
	{name: 'scan', state: 'busy', reason: '1.0 core, 12 m left'},
	{name: 'slow', state: 'degraded', reason: 'daemon does not answer'},
	{name: 'zeta', state: 'down', reason: 'connection refused'},
	{name: 'zulu', state: 'down', reason: 'login refused: wrong user or password'},
];
