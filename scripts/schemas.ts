// Generates the JSON Schemas of the documents that xmrtop prints, sends and stores, from the program's own tables. Documents contain at
// least the required fields; later versions may add fields.

import type {CommandWords, commandTable} from '../source/cli/command-table.js';
import {docsAddress} from '../source/cli/help.js';
import {daemonsSchema, statusSchema} from '../source/cli/reports/status-schema.js';
import {checkMethods, schemaVersion} from '../source/domain/check-method.js';
import {type FieldName, nodeFields} from '../source/domain/node/parse-node.js';
import {uptimeWindows} from '../source/domain/past/uptime.js';
import type {RunningWallet} from '../source/domain/ports.js';
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
const windows = Object.fromEntries(
	Object.keys(uptimeWindows).map(window => [
		window,
		object(['seconds'], {
			ratio: {type: 'number', minimum: 0, maximum: 1, description: 'share of the watched time that worked'},
			seconds: object(states, Object.fromEntries(states.map(name => [name, {type: 'number', minimum: 0}]))),
		}),
	]),
);
const outage = object(['from', 'duration_ms', 'state', 'message'], {
	from: time,
	to: {...time, description: 'absent while it goes on'},
	duration_ms: {type: 'number', minimum: 0},
	unwatched_ms: {type: 'number', minimum: 0, description: 'the part of it in which nobody looked'},
	state: {enum: ['busy', 'down']},
	message: text,
	reason: text,
});
const {pid, started_at, start_ticks, unit, unit_uid, container, container_name, container_engine} =
	details.properties as Readonly<Record<string, object>>;
/** A running wallet process, as `discover` reports it. */
const runningWallet = {
	pid,
	started_at,
	start_ticks,
	unit,
	unit_uid,
	container,
	container_name,
	container_engine,
	pod_uid: text,
	user: text,
	cmdline: {type: 'string', description: 'what is known to hold no secret'},
	network: {enum: ['mainnet', 'testnet', 'stagenet']},
	wallet_file: text,
	wallet_dir: text,
	bind_ip: text,
	network_addresses: list(text),
	inner_port: {
		type: 'integer',
		minimum: 1,
		maximum: 65_535,
		description: 'port in its own network, if a port was published',
	},
	login: {enum: ['none', 'login_file', 'given']},
	login_user: text,
	tls: {enum: ['enabled', 'disabled', 'autodetect']},
} satisfies Readonly<
	Record<keyof Omit<RunningWallet, 'definition' | 'needs_login' | 'notes' | 'obstacles'>, object | undefined>
>;
const version = {const: schemaVersion};
const action = object(['name', 'command'], {
	name: text,
	key: {type: 'string', description: 'one printable ASCII character'},
	on: {type: 'array', items: state, description: 'the states it is for; absent: all'},
	restarts: {const: true, description: 'it ends or restarts the wallet'},
	follow: {const: true, description: 'it gets the whole terminal'},
	command: {type: 'array', items: text, minItems: 1, description: 'program and arguments, with placeholders'},
});

const alert = object(['schema_version', 'id', 'kind', 'at', 'method', 'state', 'message', 'since', 'nodes', 'text'], {
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
	opened_as: object(['node'], {node: text, group: text}),
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
});
/** Who set a silence, until when, and why. */
const silencedBy = object(['by', 'until'], {by: text, until: time, reason: text});
const listedAlert = object(['id', 'status', 'since', 'text', 'nodes'], {
	id: text,
	status: {enum: ['open', 'silenced', 'waiting', 'given_up']},
	since: time,
	text,
	channels: {...list(text), description: 'the channels that it waits for, or did not reach'},
	silence: silencedBy,
	alert,
	nodes: list(object(['id', 'name'], {id, name: text})),
});
const silence = object(['id', 'by', 'at', 'until'], {
	id,
	nodes: list(object(['id', 'name'], {id, name: text})),
	group: text,
	daemon: {type: 'string', description: 'with no nodes, group or daemon it is about everything'},
	by: {type: 'string', description: 'who began it: user@host'},
	reason: text,
	at: time,
	until: time,
});

/** The document of a command, or an error document. */
const printed = (title: string, document: object) => ({title, oneOf: [document, failure]});
const documents = {
	status: statusSchema,
	'status-daemons': daemonsSchema,
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
					merged_at: time,
					uptime: object(Object.keys(uptimeWindows), windows),
					outages: list(outage),
					transitions: list(transition),
				}),
			),
			silent_hosts: {
				...list(object(['host', 'reason'], {host: text, reason: text})),
				description: 'with --connect: hosts that did not answer',
			},
		}),
	),
	discover: printed(
		'xmrtop discover --json',
		object(['schema_version', 'found', 'unreadable'], {
			schema_version: version,
			found: list(
				object(['name', 'status', 'pid', 'cmdline', 'notes', 'obstacles', 'drift'], {
					name: text,
					status: {enum: ['new', 'known', 'drift', 'added', 'not_added']},
					id,
					...runningWallet,
					notes: list(text),
					obstacles: list(text),
					definition: {type: 'object', properties: definition},
					drift: list(object(['field', 'is'], {field: text, was: text, is: text})),
					add_command: text,
					edit_command: text,
				}),
			),
			unreadable: list(object(['what', 'needs'], {pid: id, what: text, needs: text})),
		}),
	),
	nodes: printed(
		'xmrtop nodes list, add, edit, remove, enable and disable with --json, and what nodes export writes',
		object(['schema_version', 'nodes'], {schema_version: version, nodes: list(shownNode)}),
	),
	actions: printed(
		'xmrtop actions list, add, remove and suggest --json, and actions.json',
		object(['schema_version', 'actions'], {schema_version: version, actions: list(action)}),
	),
	hosts: printed(
		'xmrtop hosts list, add and remove --json, and hosts.json',
		object(['schema_version', 'hosts'], {
			schema_version: version,
			hosts: list(object(['name', 'urls'], {name: text, urls: {type: 'array', items: text, minItems: 1}})),
		}),
	),
	run: printed(
		'xmrtop run --dry-run --json',
		object(['schema_version', 'action', 'node', 'command'], {
			schema_version: version,
			action: text,
			node: text,
			command: {type: 'array', items: text, minItems: 1, description: 'program and arguments'},
		}),
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
	alert: {title: 'an alert, as a program gets it on stdin and a webhook by POST', ...alert},
	'alerts-list': printed(
		'xmrtop alerts list --json',
		object(['schema_version', 'alerts'], {schema_version: version, alerts: list(listedAlert)}),
	),
	'alerts-show': printed(
		'xmrtop alerts show --json',
		object(['schema_version', 'alert'], {schema_version: version, alert: listedAlert}),
	),
	'alerts-test': printed(
		'xmrtop alerts test --json',
		object(['schema_version', 'deliveries'], {
			schema_version: version,
			deliveries: list(
				object(['channel', 'delivered', 'outcome'], {
					channel: text,
					delivered: {type: 'boolean'},
					outcome: {type: 'string', description: 'HTTP status, exit code, or why it failed'},
				}),
			),
		}),
	),
	silence: printed('xmrtop silence --json', object(['schema_version', 'silence'], {schema_version: version, silence})),
	'silence-list': printed(
		'xmrtop silence list --json',
		object(['schema_version', 'silences'], {schema_version: version, silences: list(silence)}),
	),
	'silence-end': printed(
		'xmrtop silence end --json',
		object(['schema_version', 'ended'], {
			schema_version: version,
			ended: {...list(id), description: 'ids of the silences that were ended'},
		}),
	),
	config: printed(
		'xmrtop config list, get and set with --json',
		object(['schema_version', 'settings'], {schema_version: version, settings}),
	),
	node: printed(
		'xmrtop nodes show --json',
		object(['schema_version', 'node'], {schema_version: version, node: shownNode}),
	),
	'nodes-import': printed(
		'xmrtop nodes import --json',
		object(['schema_version', 'dry_run', 'added', 'updated', 'removed', 'nodes'], {
			schema_version: version,
			dry_run: {type: 'boolean'},
			added: list(text),
			updated: list(text),
			removed: list(text),
			nodes: list(shownNode),
		}),
	),
	version: printed(
		'xmrtop version --json',
		object(['schema_version', 'version'], {schema_version: version, version: text}),
	),
	'nodes-file': {
		title: 'nodes.json: definitions and settings',
		...object(['schema_version', 'next_id', 'nodes', 'settings'], {
			schema_version: version,
			next_id: count,
			nodes: list(object(['id', 'name', 'port'], {id, ...definition})),
			settings,
		}),
	},
} as const;

/** The commands that print a document with --json. */
export type JsonCommand = {
	readonly [W in CommandWords]: 'json' extends (typeof commandTable)[W]['flags'][number] ? W : never;
}[CommandWords];

/** The schema of the document that each command prints with --json; `watch --ndjson` prints `status` in each line. */
export const schemaOfCommand: Readonly<Record<JsonCommand, keyof typeof documents>> = {
	'': 'status',
	status: 'status',
	wait: 'status',
	demo: 'status',
	history: 'history',
	'alerts list': 'alerts-list',
	'alerts show': 'alerts-show',
	'alerts test': 'alerts-test',
	silence: 'silence',
	'silence list': 'silence-list',
	'silence end': 'silence-end',
	'hosts list': 'hosts',
	'hosts add': 'hosts',
	'hosts remove': 'hosts',
	'actions list': 'actions',
	'actions add': 'actions',
	'actions remove': 'actions',
	'actions suggest': 'actions',
	run: 'run',
	'nodes list': 'nodes',
	'nodes show': 'node',
	'nodes add': 'nodes',
	'nodes edit': 'nodes',
	'nodes remove': 'nodes',
	'nodes enable': 'nodes',
	'nodes disable': 'nodes',
	'nodes import': 'nodes-import',
	'nodes export': 'nodes',
	discover: 'discover',
	'config list': 'config',
	'config get': 'config',
	'config set': 'config',
	info: 'info',
};

/** The titles of all schemas, by file name without `.json`. */
export const schemaTitles: Readonly<Record<string, string>> = Object.fromEntries(
	Object.entries(documents).map(([name, {title}]) => [name, title]),
);

/** All schemas: file names and contents. */
export function schemaFiles(): ReadonlyArray<readonly [file: string, text: string]> {
	return Object.entries(documents).map(([name, schema]) => {
		const $id = `${docsAddress}/schemas/${schemaVersion}/${name}.json`;
		const {$schema} = statusSchema;
		return [`${name}.json`, `${JSON.stringify({$schema, $id, ...schema})}\n`] as const;
	});
}
