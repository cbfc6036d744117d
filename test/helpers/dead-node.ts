import type {FullDetails} from '../../source/domain/check-result.js';
import type {FleetNode} from '../../source/domain/fleet.js';
import {fleetNode, fleetNowMs} from './fleet-fixture.js';

const at = (agoMs: number): string => new Date(fleetNowMs - agoMs).toISOString();
const last = {last_check: at(1000)};

/** A node whose process is gone, as `full` sees it. */
export function deadNode(): FleetNode {
	const node = fleetNode({
		name: 'refunds',
		state: 'down',
		reason: 'connection refused',
		port: 18_085,
		forMs: 252_000,
		daemon: '10.0.0.5:18081',
	});
	const details: FullDetails = {
		method: 'full',
		message: 'Process is not running',
		reason: 'connection refused',
		state: 'down',
		latency_ms: 0.3,
		...last,
		timestamp: last.last_check,
		hint: 'The process is gone and nothing listens on 18085. Try: systemctl status wallet-refunds.service',
		notes: ['its password file can be read by others'],
		restarts: 3,
		rungs: [
			{rung: 'name', state: 'passed'},
			{rung: 'tcp', state: 'broken', reason: 'connection refused'},
			{rung: 'json_rpc', state: 'not_reached'},
		],
		summary: {pid_alive: false, port_in_use: false, api_responding: false, daemon_reachable: true},
		checks: {
			pid: {
				status: false,
				details: {
					method: 'pid',
					message: 'Process not found',
					reason: 'it was 4711',
					state: 'down',
					latency_ms: 0.1,
					...last,
				},
			},
			port: {
				status: false,
				details: {
					method: 'port',
					host: '127.0.0.1',
					port: 18_085,
					message: 'Port is not in use',
					reason: 'connection refused',
					state: 'down',
					latency_ms: 0.3,
					...last,
				},
			},
			api: {
				status: false,
				details: {method: 'api', message: 'not reached', reason: 'the port does not answer', state: 'unknown', ...last},
			},
			daemon: {
				status: true,
				details: {
					method: 'daemon',
					message: '10.0.0.5:18081: height 3,412,009, synchronized, 24 peers',
					state: 'up',
					latency_ms: 1.2,
					...last,
				},
			},
			wallet: {
				status: false,
				details: {
					method: 'wallet',
					message: 'not reached',
					reason: 'the port does not answer',
					state: 'unknown',
					...last,
				},
			},
		},
	};
	const nodeState = {...node.nodeState, latencies: [2, 2, 2, 9, 2], recent_states: ['up', 'up', 'down'] as const};
	return {...node, nodeState, diagnosis: {status: false, details}};
}
