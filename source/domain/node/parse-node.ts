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

/** The fields of a definition that give a password. */
const sourcesOf = (node: NodeDefinition): readonly string[] =>
	passwordSources.filter(source => node[source] !== undefined);
const countDaemonSources = ({daemon_password_file: file, daemon_password_env: variable}: NodeDefinition): number =>
	Number(file !== undefined) + Number(variable !== undefined);
const hasNoDaemon = ({daemon}: NodeDefinition): boolean => daemon === undefined || daemon === noDaemon;

/** Fields that are fine alone and not together. Each row says so in the words of an error. */
const contradictions: ReadonlyArray<{
	readonly isBroken: (node: NodeDefinition) => boolean;
	readonly error: string | ((node: NodeDefinition) => string);
}> = [
	{
		isBroken: node => sourcesOf(node).length > 1,
		error: node => `${sourcesOf(node).join(' and ')} are given: only one source of the password is allowed`,
	},
	{
		isBroken: node => node.login_file !== undefined && node.username !== undefined,
		error: 'username is given with login_file: the file already contains the user name',
	},
	{
		isBroken: node => node.username !== undefined && sourcesOf(node).length === 0,
		error: 'username is given without a password: use password_file, password_env, login_file or password',
	},
	{
		isBroken: node => node.username === undefined && sourcesOf(node).some(source => source !== 'login_file'),
		error: node => `${sourcesOf(node)[0]} is given without username`,
	},
	{
		isBroken: ({tls}) => tls?.fingerprint !== undefined && tls.insecure === true,
		error: 'tls has both fingerprint and insecure: use only one of them',
	},
	{
		isBroken: node => countDaemonSources(node) > 1,
		error: 'daemon_password_file and daemon_password_env are given: only one is allowed',
	},
	{
		isBroken: node => (node.daemon_username !== undefined) !== countDaemonSources(node) > 0,
		error: 'daemon_username needs daemon_password_file or daemon_password_env, and they need it',
	},
	{
		isBroken: node => node.daemon_username !== undefined && hasNoDaemon(node),
		error: 'daemon_username is given without daemon',
	},
	{
		isBroken: node => node.daemon_tls !== undefined && hasNoDaemon(node),
		error: 'daemon_tls is given without daemon',
	},
	{
		isBroken: ({daemon_tls: tls}) => tls?.fingerprint !== undefined && tls.insecure === true,
		error: 'daemon_tls has both fingerprint and insecure: use only one of them',
	},
];

function refuseContradictions(node: NodeDefinition, where: string): void {
	const broken = contradictions.find(({isBroken}) => isBroken(node));
	if (broken) {
		const {error} = broken;
		throw new InputError('invalid_node', `${where}: ${typeof error === 'string' ? error : error(node)}`);
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
