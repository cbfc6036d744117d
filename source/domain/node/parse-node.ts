import {noDaemon} from '../daemon-address.js';
import {InputError} from '../input-error.js';
import {isObject} from '../schemas.js';
import {quoteValue} from '../text.js';
import type {Node, NodeDefinition} from './node.js';
import {type FieldName, nodeFields} from './node-fields.js';

const required = ['name', 'port'] as const satisfies readonly FieldName[];
const defaults = {host: '127.0.0.1', path: '/json_rpc', available: true} as const;

/**
 * Checks a definition from a file, a command line or a program, and fills in the defaults.
 * @param value anything; fields that are `undefined` count as absent
 * @param where names the place in errors, such as `nodes.json: node 3`
 * @throws InputError one line naming the field, the value and what is allowed
 */
export function parseNodeDefinition(value: unknown, where: string): NodeDefinition {
	if (!isObject(value)) {
		throw new InputError('invalid_node', `${where}: a node is a JSON object with name and port`);
	}

	const given = Object.entries(value).filter(([field, item]) => item !== undefined && field !== 'id');
	const definition: Record<string, unknown> = {...defaults};
	for (const [name, item] of given) {
		definition[name] = parseNodeField(name, item, where);
	}

	for (const name of required) {
		if (definition[name] === undefined) {
			throw new InputError('invalid_node', `${where}: ${name} is missing: ${nodeFields[name].allowed}`);
		}
	}

	const node = definition as unknown as NodeDefinition;
	refuseContradictions(node, where);
	return node;
}

/**
 * Checks one field.
 * @throws InputError when the field does not exist or does not allow the value
 */
export function parseNodeField(name: string, value: unknown, where: string): unknown {
	const field = Object.hasOwn(nodeFields, name) ? nodeFields[name as FieldName] : undefined;
	if (!field) {
		const known = Object.keys(nodeFields).join(', ');
		throw new InputError('invalid_node', `${where}: ${quoteValue(name)} is not a field of a node: ${known}`);
	}

	const parsed = field.parse(value);
	if (parsed === undefined) {
		const what = field.isSecret?.(value) ? name : `${name} ${quoteValue(value)}`;
		const why = field.explain?.(value) ?? `${what} is invalid: expected ${field.allowed}`;
		throw new InputError('invalid_node', `${where}: ${why}`);
	}

	return parsed;
}

const passwordSources = ['password', 'password_file', 'password_env', 'login_file'] as const;

/** Fields that are fine alone and not together. Each row says so in the words of an error. */
function refuseContradictions(node: NodeDefinition, where: string): void {
	const sources = passwordSources.filter(source => node[source] !== undefined);
	const hasPassword = sources.some(source => source !== 'login_file');
	const daemonSources = [node.daemon_password_file, node.daemon_password_env].filter(source => source !== undefined);
	const contradictions: ReadonlyArray<readonly [boolean, string]> = [
		[sources.length > 1, `${sources.join(' and ')} are given: only one source of the password is allowed`],
		[
			node.login_file !== undefined && node.username !== undefined,
			'username is given with login_file: the file already contains the user name',
		],
		[
			node.username !== undefined && sources.length === 0,
			'username is given without a password: use password_file, password_env, login_file or password',
		],
		[hasPassword && node.username === undefined, `${sources[0]} is given without username`],
		[
			node.tls?.fingerprint !== undefined && node.tls.insecure === true,
			'tls has both fingerprint and insecure: use only one of them',
		],
		[daemonSources.length > 1, 'daemon_password_file and daemon_password_env are given: only one is allowed'],
		[
			(node.daemon_username !== undefined) !== daemonSources.length > 0,
			'daemon_username needs daemon_password_file or daemon_password_env, and they need it',
		],
		[
			node.daemon_username !== undefined && (node.daemon === undefined || node.daemon === noDaemon),
			'daemon_username is given without daemon',
		],
		[
			node.daemon_tls !== undefined && (node.daemon === undefined || node.daemon === noDaemon),
			'daemon_tls is given without daemon',
		],
		[
			node.daemon_tls?.fingerprint !== undefined && node.daemon_tls.insecure === true,
			'daemon_tls has both fingerprint and insecure: use only one of them',
		],
	];
	const broken = contradictions.find(([isBroken]) => isBroken);
	if (broken) {
		throw new InputError('invalid_node', `${where}: ${broken[1]}`);
	}
}

/**
 * Refuses a name that another node has.
 * @param ownId the node that is to be called so; absent: a new one
 * @throws InputError (`invalid_node`) naming the node that has it
 */
export function refuseTakenName(nodes: readonly Node[], name: string, ownId?: number): void {
	const taken = nodes.find(node => node.name === name && node.id !== ownId);
	if (taken) {
		throw new InputError(
			'invalid_node',
			`node ${quoteValue(name)} already exists (id ${taken.id}): names must be unique`,
		);
	}
}
