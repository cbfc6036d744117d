// The JSON Schemas of the documents that xmrtop prints, sends and keeps, made from the program's own tables. They promise what is
// there; later versions may add fields.

import {docsAddress} from '../source/cli/help.js';
import {statusSchema} from '../source/cli/reports/status-schema.js';
import {checkMethods, schemaVersion} from '../source/domain/check-method.js';
import {type FieldName, nodeFields} from '../source/domain/node/parse-node.js';
import {settingFields} from '../source/domain/settings.js';
import {states} from '../source/domain/state.js';

const text = {type: 'string'};
const time = {type: 'string', format: 'date-time', description: 'ISO-8601 UTC'};
const count = {type: 'integer', minimum: 0};
const id = {type: 'integer', minimum: 1};
const state = {enum: states};
const list = (items: object) => ({type: 'array', items});
const object = (required: readonly string[], properties: object) => ({type: 'object', required, properties});
const {failure, node: statusNode} = statusSchema.$defs;
const {details} = statusNode.properties;

const numeric: readonly FieldName[] = ['port', 'pid'];
const switches: readonly FieldName[] = ['available', 'expect_wallet'];
const structured: readonly FieldName[] = ['tls', 'daemon_tls'];
const typeOf = (name: FieldName): string =>
	numeric.includes(name)
		? 'integer'
		: switches.includes(name)
			? 'boolean'
			: structured.includes(name)
				? 'object'
				: 'string';
const definition = Object.fromEntries(
	(Object.keys(nodeFields) as FieldName[]).map(name => [
		name,
		{type: typeOf(name), description: nodeFields[name].allowed},
	]),
);
const shownNode = object(['id', 'name', 'host', 'port', 'path', 'available'], {
	id,
	...definition,
	has_password: {const: true, description: 'nodes.json holds the password'},
	worked: {type: 'boolean', description: 'status of the last saved result'},
	worked_data: details,
});
const settings = {
	type: 'object',
	properties: Object.fromEntries(
		Object.entries(settingFields).map(([name, {about}]) => [name, {type: 'string', description: about}]),
	),
};
const transition = object(['at', 'node_id', 'node', 'method', 'from', 'to', 'message'], {
	at: time,
	node_id: id,
	node: text,
	method: {enum: checkMethods},
	from: state,
	to: state,
	message: text,
	reason: text,
});
const version = {const: schemaVersion};

/** A document of a command, or the one that says why there is none. */
const printed = (title: string, document: object) => ({title, oneOf: [document, failure]});

const documents = {
	status: statusSchema,
	history: printed(
		'xmrtop history --json',
		object(['schema_version', 'method', 'as_of', 'nodes'], {
			schema_version: version,
			method: {enum: checkMethods},
			as_of: time,
			nodes: list(
				object(['id', 'name', 'uptime', 'outages', 'transitions'], {
					id,
					name: text,
					host: text,
					state,
					since: time,
					last_check: time,
					uptime: {
						type: 'object',
						description: 'for 1h, 24h and 7d: the seconds in each state, and the share that worked',
					},
					outages: list(
						object(['from', 'state'], {from: time, to: time, duration_ms: {type: 'number', minimum: 0}, state}),
					),
					transitions: list(transition),
				}),
			),
			silent_hosts: {type: 'array', description: 'with --connect: hosts that did not answer'},
		}),
	),
	discover: printed(
		'xmrtop discover --json',
		object(['schema_version', 'found', 'unreadable'], {
			schema_version: version,
			found: list(
				object(['name', 'status', 'pid', 'cmdline', 'notes', 'obstacles', 'drift'], {
					name: text,
					status: text,
					pid: id,
					id,
					cmdline: {type: 'string', description: 'what is known to hold no secret'},
					notes: list(text),
					obstacles: list(text),
					definition: {type: 'object', properties: definition},
					drift: {type: 'array'},
					add_command: text,
					edit_command: text,
				}),
			),
			unreadable: list(object(['what', 'needs'], {pid: id, what: text, needs: text})),
		}),
	),
	nodes: printed(
		'xmrtop nodes list --json, and what nodes export writes',
		object(['schema_version', 'nodes'], {schema_version: version, nodes: list(shownNode)}),
	),
	info: printed(
		'xmrtop info --json',
		object(['schema_version', 'paths', 'versions', 'rpc_methods'], {
			schema_version: version,
			paths: {type: 'object', additionalProperties: text},
			versions: object(['xmrtop', 'node'], {xmrtop: text, node: text}),
			rpc_methods: object(['wallet', 'daemon'], {wallet: list(text), daemon: list(text)}),
		}),
	),
	alert: {
		title: 'an alert, as a program gets it on stdin and a webhook by POST',
		...object(['schema_version', 'id', 'kind', 'at', 'method', 'state', 'message', 'since', 'nodes', 'text'], {
			schema_version: version,
			id: {type: 'string', description: 'unchanged when the alert is delivered again'},
			kind: {enum: ['alert', 'reminder', 'recovery']},
			at: time,
			method: {enum: checkMethods},
			node: text,
			node_id: id,
			group: text,
			daemon: text,
			host: text,
			monitor: {const: true},
			pattern: {enum: ['flapping', 'crash_loop']},
			from: state,
			state,
			message: text,
			reason: text,
			caused_by: text,
			since: time,
			downtime_ms: {type: 'number', minimum: 0},
			closed: {enum: ['disabled', 'removed', 'not_watched']},
			nodes: list(
				object(['id', 'name', 'state', 'message', 'since'], {
					id,
					name: text,
					group: text,
					state,
					message: text,
					reason: text,
					since: time,
					until: time,
				}),
			),
			text,
		}),
	},
	'nodes-file': {
		title: 'nodes.json: definitions and settings',
		...object(['schema_version', 'next_id', 'nodes', 'settings'], {
			schema_version: version,
			next_id: count,
			nodes: list(object(['id', 'name', 'port'], {id, ...definition})),
			settings,
		}),
	},
};

/** Every schema: its file's name, and its text. */
export function schemaFiles(): ReadonlyArray<readonly [file: string, text: string]> {
	return Object.entries(documents).map(([name, schema]) => {
		const $id = `${docsAddress}/schemas/${schemaVersion}/${name}.json`;
		const {$schema} = statusSchema;
		return [`${name}.json`, `${JSON.stringify({$schema, $id, ...schema}, undefined, '\t')}\n`] as const;
	});
}
