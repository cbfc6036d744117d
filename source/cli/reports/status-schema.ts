import {checkMethods, schemaVersion} from '../../domain/check-method.js';
import {rungNames} from '../../domain/check-result.js';
import {states} from '../../domain/state.js';

const time = {type: 'string', format: 'date-time', description: 'ISO-8601 UTC'};
const text = {type: 'string'};
const milliseconds = {type: 'number', minimum: 0, description: 'milliseconds'};
const state = {enum: states};

/** What every `details` has; each method adds its own fields, and later versions may add more. */
const details = {
	type: 'object',
	required: ['method', 'message', 'state', 'latency_ms', 'last_check'],
	properties: {
		method: {enum: checkMethods},
		message: text,
		reason: text,
		state,
		latency_ms: milliseconds,
		last_check: time,
		url: text,
		version: {type: 'integer', minimum: 0},
		version_text: {type: 'string', pattern: '^\\d+\\.\\d+$'},
		release: {type: 'boolean'},
		error: text,
		status_code: {type: 'integer'},
		host: text,
		port: {type: 'integer', minimum: 1, maximum: 65_535},
		pid: {type: 'integer', minimum: 1},
		cmdline: text,
		is_monero_process: {type: 'boolean'},
		started_at: time,
		unit: text,
		unit_uid: {
			type: 'integer',
			minimum: 0,
			description: 'uid of the user whose systemd --user runs the unit or container',
		},
		container: text,
		container_engine: {enum: ['docker', 'podman', 'kubernetes', 'nerdctl', 'nspawn', 'lxc']},
		daemon: text,
		daemon_reachable: {type: 'boolean'},
		daemon_synchronized: {type: 'boolean'},
		daemon_height: {type: 'integer', minimum: 0},
		daemon_inferred: {type: 'boolean', description: 'the daemon was taken from the options of the process'},
		daemon_note: {type: 'string', description: 'why the daemon is not checked or not compared'},
		daemon_own_height: {
			type: 'integer',
			minimum: 0,
			description: "height of the daemon's own chain, without its bootstrap daemon",
		},
		bootstrap_daemon: text,
		daemon_lag: {type: 'integer', minimum: 0},
		daemon_fault: text,
		daemon_blocks_per_s: {type: 'number', exclusiveMinimum: 0},
		daemon_eta_s: {type: 'integer', minimum: 0, description: 'estimated seconds until the daemon is synchronized'},
		daemon_stalled_ms: milliseconds,
		nettype: text,
		wallet_open: {type: 'boolean'},
		wallet_height: {type: 'integer', minimum: 0},
		wallet_lag: {type: 'integer'},
		wallet_fell_at: {...time, description: 'when the wallet height last fell, within the last hour'},
		wallet_fell_from: {type: 'integer', minimum: 0},
		wallet_fell_to: {type: 'integer', minimum: 0},
		catch_up_blocks_per_s: {type: 'number', exclusiveMinimum: 0},
		eta_s: {type: 'integer', minimum: 0, description: 'estimated seconds until the wallet is level with the daemon'},
		stalled: {type: 'boolean'},
		stalled_ms: milliseconds,
		block_age_s: {type: 'integer', minimum: 0, description: "seconds since the daemon's last block"},
		cpu_cores: {
			type: 'number',
			minimum: 0,
			description: 'CPU cores used by the process of a node that does not respond',
		},
		silent_ms: milliseconds,
		work: {
			type: 'object',
			description: 'resources used since its start by the process of a node that does not respond',
			required: ['cpu_ms'],
			properties: {
				cpu_ms: milliseconds,
				context_switches: {type: 'integer', minimum: 0, description: 'voluntary context switches of all threads'},
				disk_read_bytes: {type: 'integer', minimum: 0},
				major_faults: {type: 'integer', minimum: 0},
				throttled: {
					type: 'integer',
					minimum: 0,
					description: 'periods in which the process was throttled by its CPU limit',
				},
				worked_at: {...time, description: 'when the process was last seen working'},
			},
		},
		last_answer_at: {...time, description: 'when the API last responded, if status is false'},
		facts_at: {
			...time,
			description: 'when height, lag and speed of the wallet were measured, if earlier than this check',
		},
		scanning: {type: 'boolean', description: 'the wallet scans the chain and responds intermittently'},
		crash_loop_starts: {type: 'integer', minimum: 2},
		crash_loop_ms: {...milliseconds, description: 'milliseconds since the first start of the crash loop'},
		stopped: {type: 'boolean'},
		stopped_by: {enum: ['signal', 'tracer', 'freezer']},
		tracer: text,
		restarts: {type: 'integer', minimum: 1, description: 'restarts seen in the last hour'},
		restarted_at: time,
		version_before: text,
		process_unseen: text,
		notes: {type: 'array', items: text},
		rungs: {
			type: 'array',
			items: {
				type: 'object',
				required: ['rung', 'state'],
				properties: {rung: {enum: rungNames}, state: {enum: ['passed', 'broken', 'not_reached']}, reason: text},
			},
		},
		caused_by: text,
		hint: text,
		timestamp: time,
		checks: {
			type: 'object',
			required: ['pid', 'port', 'api', 'wallet'],
			additionalProperties: {
				type: 'object',
				required: ['status', 'details'],
				properties: {status: {type: 'boolean'}, details: {type: 'object', required: ['message', 'state']}},
			},
		},
		summary: {
			type: 'object',
			required: ['pid_alive', 'port_in_use', 'api_responding'],
			additionalProperties: {type: 'boolean'},
		},
	},
	allOf: [
		{
			if: {properties: {state: {const: 'up'}}},
			else: {required: ['reason']},
		},
		{
			if: {properties: {method: {const: 'full'}}},
			// biome-ignore lint/suspicious/noThenProperty: `then` is the keyword of JSON Schema.
			then: {required: ['checks', 'summary', 'timestamp']},
		},
	],
};

/** The JSON Schema of what `status --json` prints. */
export const statusSchema = {
	$schema: 'https://json-schema.org/draft/2020-12/schema',
	title: 'xmrtop status',
	oneOf: [{$ref: '#/$defs/status'}, {$ref: '#/$defs/failure'}],
	$defs: {
		status: {
			type: 'object',
			required: ['schema_version', 'method', 'checked_at', 'duration_ms', 'total', 'working', 'failed', 'nodes'],
			properties: {
				schema_version: {const: schemaVersion},
				method: {enum: checkMethods},
				checked_at: time,
				duration_ms: milliseconds,
				total: {type: 'integer', minimum: 0, description: 'number of checked nodes'},
				working: {type: 'integer', minimum: 0},
				failed: {type: 'integer', minimum: 0, description: 'total - working'},
				nodes: {type: 'array', items: {$ref: '#/$defs/node'}},
			},
		},
		node: {
			type: 'object',
			required: ['id', 'name', 'status', 'state', 'message', 'details'],
			properties: {
				id: {type: 'integer', minimum: 1, description: 'unique in the document; with --connect not the id on its host'},
				name: {type: 'string', description: 'with --connect: host/name, or the name of a host that does not answer'},
				host: {type: 'string', description: 'with --connect: the remote host'},
				title: text,
				group: text,
				status: {type: 'boolean'},
				state,
				message: text,
				reason: text,
				caused_by: {type: 'string', description: 'the daemon that causes the state'},
				version_text: text,
				latency_ms: milliseconds,
				since: {...time, description: 'when this state began'},
				details,
			},
		},
		failure: {
			type: 'object',
			required: ['schema_version', 'error'],
			properties: {
				schema_version: {const: schemaVersion},
				error: {type: 'object', required: ['code', 'message'], properties: {code: text, message: text}},
			},
		},
	},
} as const;
