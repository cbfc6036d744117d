import {checkMethods, schemaVersion} from '../../domain/check-method.js';
import {type FactName, factNames, facts, isFactCarriedBy} from '../../domain/facts.js';
import {states} from '../../domain/state.js';

const time = {type: 'string', format: 'date-time', description: 'ISO-8601 UTC'};
const text = {type: 'string'};
const milliseconds = {type: 'number', minimum: 0, description: 'milliseconds'};
const state = {enum: states};

const described = (Object.keys(facts) as FactName[]).filter(
	name => facts[name].json && checkMethods.some(method => isFactCarriedBy(name, method)),
);

/** The fields common to all `details`; each method adds its own, and later versions may add more. */
const details = {
	type: 'object',
	required: ['method', ...factNames('common').filter(name => facts[name].required)],
	properties: {
		method: {enum: checkMethods},
		...Object.fromEntries(described.map(name => [name, facts[name].json])),
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

const failure = {
	type: 'object',
	required: ['schema_version', 'error'],
	properties: {
		schema_version: {const: schemaVersion},
		error: {type: 'object', required: ['code', 'message'], properties: {code: text, message: text}},
	},
} as const;

/** The JSON Schema of the output of `status --json`. */
export const statusSchema = {
	$schema: 'https://json-schema.org/draft/2020-12/schema',
	title: 'xmrtop status --json, xmrtop --json, and each line of xmrtop watch --ndjson',
	oneOf: [{$ref: '#/$defs/status'}, {$ref: '#/$defs/failure'}],
	$defs: {
		status: {
			type: 'object',
			required: ['schema_version', 'method', 'checked_at', 'duration_ms', 'total', 'working', 'failed', 'nodes'],
			properties: {
				schema_version: {const: schemaVersion},
				method: {enum: checkMethods},
				checked_at: time,
				at: {...time, description: 'with --at: the moment in the past that the document is of'},
				duration_ms: milliseconds,
				total: {type: 'integer', minimum: 0, description: 'number of checked nodes'},
				working: {type: 'integer', minimum: 0},
				failed: {type: 'integer', minimum: 0, description: 'total - working'},
				silent_hosts: {
					type: 'array',
					items: text,
					description:
						'with --connect: the hosts that do not answer; each has a row in nodes, which the totals do not count',
				},
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
				silence: {
					type: 'object',
					description: 'present while alerts of the node are silenced',
					required: ['by', 'until'],
					properties: {by: text, until: time, reason: text},
				},
				details,
			},
		},
		failure,
	},
} as const;

const count = {type: 'integer', minimum: 0} as const;
const daemonFacts = (Object.keys(facts) as FactName[]).filter(
	name => facts[name].json && isFactCarriedBy(name, 'daemon'),
);

/** The JSON Schema of the output of `status --daemons --json`. */
export const daemonsSchema = {
	$schema: statusSchema.$schema,
	title: 'xmrtop status --daemons --json',
	oneOf: [{$ref: '#/$defs/daemons'}, {$ref: '#/$defs/failure'}],
	$defs: {
		daemons: {
			type: 'object',
			required: ['schema_version', 'checked_at', 'duration_ms', 'total', 'working', 'failed', 'daemons'],
			properties: {
				schema_version: {const: schemaVersion},
				checked_at: time,
				duration_ms: milliseconds,
				total: {...count, description: 'number of daemons'},
				working: count,
				failed: {...count, description: 'total - working'},
				daemons: {type: 'array', items: {$ref: '#/$defs/daemon'}},
			},
		},
		daemon: {
			type: 'object',
			required: ['daemon', 'status', 'state', 'message', 'details', 'nodes'],
			properties: {
				daemon: {type: 'string', description: 'its address'},
				status: {type: 'boolean'},
				state,
				message: text,
				reason: text,
				since: {...time, description: 'when this state was first seen'},
				latency_ms: milliseconds,
				details: {
					type: 'object',
					description: 'what is known of it; what a restricted port hides is absent',
					required: ['method', 'daemon', 'message', 'state'],
					properties: {
						method: {const: 'daemon'},
						...Object.fromEntries(daemonFacts.map(name => [name, facts[name].json])),
					},
				},
				nodes: {
					type: 'array',
					items: {
						type: 'object',
						required: ['id', 'name', 'state'],
						properties: {id: {type: 'integer', minimum: 1}, name: text, state, since: time, reason: text},
					},
				},
			},
		},
		failure,
	},
} as const;
