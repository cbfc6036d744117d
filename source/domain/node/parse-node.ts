import * as v from 'valibot';
import {
	daemonForm,
	daemonText,
	hostInUrl,
	noDaemon,
	parseDaemonAddress,
	parseHost,
	parseProxyAddress,
} from '../daemon-address.js';
import {durationForm, parseDurationMs} from '../format.js';
import {InputError} from '../input-error.js';
import {id, isObject, time} from '../schemas.js';
import {isCleanText, quoteValue, withoutUrlSecrets} from '../text.js';
import {type Node, type NodeDefinition, nodeKinds, type Tls} from './node.js';

/** One field of a definition: what it allows, and how a JSON value is parsed. */
export interface Field {
	/** What is allowed, as the end of an error message. */
	readonly allowed: string;
	/** The parsed value, or `undefined` if it is not allowed. */
	readonly parse: (value: unknown) => unknown;
	/** Whether error messages must not contain the value. Default: they may. */
	readonly isSecret?: (value: unknown) => boolean;
	/** For a value with parts, says which part is not allowed: `part "value" is invalid: expected what is allowed`. */
	readonly explain?: (value: unknown) => string | undefined;
}

/** Parses a value by a schema; `undefined` if it does not match. */
const parser =
	(schema: v.GenericSchema) =>
	(value: unknown): unknown => {
		const parsed = v.safeParse(schema, value);
		return parsed.success ? parsed.output : undefined;
	};

/** Text that is transformed, and is not allowed if the result is `undefined`. */
const textAs = (parse: (text: string) => string | undefined) =>
	v.pipe(
		v.string(),
		v.transform(parse),
		v.check(parsed => parsed !== undefined),
	);

// Definitions may come from other people (import), and are shown on terminals.
const lineOfText = v.pipe(v.string(), v.nonEmpty(), v.check(isCleanText));

const maxTextLength = 100;
export const text: Field = {
	allowed: `1 to ${maxTextLength} characters, no control characters`,
	parse: parser(v.pipe(lineOfText, v.maxLength(maxTextLength))),
};
export const filePath: Field = {
	allowed: 'the path of a file, without control characters',
	parse: parser(lineOfText),
};
const environmentName: Field = {
	allowed: 'the name of an environment variable (letters, digits, _)',
	parse: parser(v.pipe(v.string(), v.regex(/^[A-Za-z_]\w*$/))),
	// A rejected value is often the password itself.
	isSecret: () => true,
};
export const userName: Field = {
	allowed: 'a user name without ":" or control characters',
	parse: parser(v.pipe(lineOfText, v.excludes(':'))),
	// A rejected value is often `user:password`.
	isSecret: value => typeof value !== 'string' || value.includes(':'),
};
export const boolean: Field = {
	allowed: 'true or false',
	parse: parser(v.boolean()),
};
const duration = v.pipe(
	v.string(),
	v.check(given => parseDurationMs(given) !== undefined),
);
const maxTimeoutMs = 3_600_000;
export const timeout: Field = {
	allowed: `${durationForm}, at most 1h`,
	parse: parser(
		v.pipe(
			duration,
			v.check(given => (parseDurationMs(given) ?? 0) <= maxTimeoutMs),
		),
	),
};
export const wholeNumber = (max: number): Field => ({
	allowed: `a whole number from 1 to ${max}`,
	parse: parser(v.pipe(id, v.maxValue(max))),
});

/** The form of `proxy` and `daemon_proxy`. */
const proxyForm = 'socks5h://host:port, without a user';

const proxy: Field = {
	allowed: proxyForm,
	parse: parser(
		textAs(given => {
			const address = parseProxyAddress(given);
			return address && `socks5h://${hostInUrl(address.host)}:${address.port}`;
		}),
	),
	// A user and password would be before an @.
	isSecret: value => typeof value !== 'string' || value.includes('@'),
};

/** The form of `tls`. */
const tlsForm = 'an object with ca_file, fingerprint or insecure';

/** The form of a certificate's fingerprint, for error messages. */
export const fingerprintForm = 'the SHA-256 of a certificate: 64 hex digits, colons optional';

const tlsFields: Readonly<Record<keyof Tls, Field>> = {
	ca_file: filePath,
	fingerprint: {allowed: fingerprintForm, parse: parseFingerprint},
	insecure: boolean,
};

function parseTlsField(value: unknown): Tls | undefined {
	if (explainTlsField(value) !== undefined || typeof value !== 'object') {
		return undefined;
	}

	const parts = Object.entries(value ?? {}).filter(([, item]) => item !== undefined);
	return Object.fromEntries(parts.map(([name, item]) => [name, tlsFields[name as keyof Tls].parse(item)]));
}

/** Describes the first part of `tls` or `daemon_tls` that is not allowed; `undefined` if all are. */
function explainTlsField(value: unknown, field: 'tls' | 'daemon_tls' = 'tls'): string | undefined {
	if (!isObject(value)) {
		return `${field} ${quoteValue(value)} is invalid: expected ${tlsForm}`;
	}

	for (const [name, item] of Object.entries(value).filter(([, given]) => given !== undefined)) {
		const part = Object.hasOwn(tlsFields, name) ? tlsFields[name as keyof Tls] : undefined;
		if (!part) {
			return `${quoteValue(name)} is not a field of ${field}: ${Object.keys(tlsFields).join(', ')}`;
		}

		if (part.parse(item) === undefined) {
			return `${field}.${name} ${quoteValue(item)} is invalid: expected ${part.allowed}`;
		}
	}

	return undefined;
}

/**
 * Parses a SHA-256 fingerprint in any common notation, such as the line that openssl prints, into 32 upper-case pairs
 * joined by colons.
 */
export function parseFingerprint(value: unknown): string | undefined {
	const digits = typeof value === 'string' ? value.replace(/^\s*sha-?256(?:\s+fingerprint\s*=|:)/i, '') : '';
	const hex = digits.replace(/[:\s]/g, '').toUpperCase();
	return /^[\dA-F]{64}$/.test(hex) ? hex.replace(/..(?!$)/g, '$&:') : undefined;
}

/** The name of a field of a definition. */
export type FieldName = keyof NodeDefinition;

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/;

/** Every field of a definition. A field without its row does not compile. */
export const nodeFields: Readonly<Record<FieldName, Field>> = {
	name: {
		allowed: "1 to 64 of A-Z a-z 0-9 . _ -, starting with a letter or digit, not all digits and not a command's name",
		parse: parser(v.pipe(v.string(), v.check(isNodeName))),
	},
	kind: {
		allowed: nodeKinds.join(' or '),
		parse: parser(v.picklist(nodeKinds)),
	},
	title: text,
	group: text,
	host: {
		allowed: 'an IPv4 address, an IPv6 address or a DNS name',
		parse: parser(textAs(parseHost)),
	},
	port: wholeNumber(65_535),
	path: {
		allowed: 'a URL path starting with "/", without spaces or "#"',
		parse: parser(v.pipe(v.string(), v.regex(/^\/[!"$-~]*$/))),
	},
	tls: {allowed: tlsForm, parse: parseTlsField, explain: value => explainTlsField(value)},
	proxy,
	username: userName,
	password: {
		allowed: '1 to 1024 characters on one line',
		parse: parser(v.pipe(v.string(), v.nonEmpty(), v.maxLength(1024), v.regex(/^[^\n\r\0]*$/))),
		isSecret: () => true,
	},
	password_file: filePath,
	password_env: environmentName,
	login_file: filePath,
	login_config: filePath,
	daemon: {
		allowed: daemonForm,
		parse: parser(
			textAs(given => {
				const address = given.toLowerCase() === noDaemon ? undefined : parseDaemonAddress(given);
				return given.toLowerCase() === noDaemon ? noDaemon : address && daemonText(address);
			}),
		),
		// The user and password of a URL are before an @.
		isSecret: value => typeof value !== 'string' || value.includes('@'),
	},
	daemon_username: userName,
	daemon_password_file: filePath,
	daemon_password_env: environmentName,
	daemon_tls: {allowed: tlsForm, parse: parseTlsField, explain: value => explainTlsField(value, 'daemon_tls')},
	daemon_proxy: proxy,
	pid: wholeNumber(2 ** 31 - 1),
	pid_file: filePath,
	expect_wallet: boolean,
	timeout,
	busy_max: {
		allowed: durationForm,
		parse: parser(duration),
	},
	available: boolean,
	disabled_until: {
		allowed: 'a time such as 2026-11-23T20:00:00.000Z',
		parse: parser(
			v.pipe(
				time,
				v.regex(isoTime),
				v.transform(given => new Date(given).toISOString()),
			),
		),
	},
};

/** Names of commands, with which no file can have a node. */
const firstCommandNames = [
	'status',
	'watch',
	'serve',
	'nodes',
	'discover',
	'history',
	'wait',
	'demo',
	'config',
	'info',
	'completion',
	'help',
] as const;

/** The names of commands, which a new node must not have. A file that had a node before its command existed stays valid. */
export const commandNames: readonly string[] = [
	...firstCommandNames,
	'alerts',
	'silence',
	'during',
	'actions',
	'run',
	'hosts',
	'man',
	'version',
	'ls',
	'rm',
];

function isNodeName(value: string): boolean {
	return (
		/^[A-Za-z\d][\w.-]{0,63}$/.test(value) &&
		!/^\d+$/.test(value) &&
		!(firstCommandNames as readonly string[]).includes(value)
	);
}

const required = ['name', 'port'] as const satisfies readonly FieldName[];
const defaults = {host: '127.0.0.1', path: '/json_rpc', available: true} as const;

/**
 * Checks a definition from a file, a command line or a program, and fills in the defaults.
 * @param value anything; fields that are `undefined` count as absent
 * @param where names the place in errors, such as `nodes.json: node 3`
 * @throws InputError with one line that names the field, the value and what is allowed
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

	if (definition.kind === 'wallet') {
		// The default is not stored.
		delete definition.kind;
	}

	const node = definition as unknown as NodeDefinition;
	refuseContradictions(node, where);
	return node;
}

/** Fields into which a URL with a login or token may be pasted. */
const addressFields: ReadonlySet<string> = new Set([
	'host',
	'path',
	'daemon',
	'proxy',
	'daemon_proxy',
] satisfies FieldName[]);

/**
 * Checks one field.
 * @throws InputError if the field does not exist or does not allow the value
 */
function parseNodeField(name: string, value: unknown, where: string): unknown {
	const field = Object.hasOwn(nodeFields, name) ? nodeFields[name as FieldName] : undefined;
	if (!field) {
		const known = Object.keys(nodeFields).join(', ');
		throw new InputError('invalid_node', `${where}: ${quoteValue(name)} is not a field of a node: ${known}`);
	}

	const parsed = field.parse(value);
	if (parsed === undefined) {
		const shown = addressFields.has(name) && typeof value === 'string' ? withoutUrlSecrets(value) : value;
		const what = field.isSecret?.(value) ? name : `${name} ${quoteValue(shown)}`;
		const why = field.explain?.(value) ?? `${what} is invalid: expected ${field.allowed}`;
		throw new InputError('invalid_node', `${where}: ${why}`);
	}

	return parsed;
}

const passwordSources = ['password', 'password_file', 'password_env', 'login_file', 'login_config'] as const;
/** Sources that also contain the user name. */
const loginSources: ReadonlySet<string> = new Set(['login_file', 'login_config']);

/** The fields of a definition that give a password. */
const sourcesOf = (node: NodeDefinition): readonly string[] =>
	passwordSources.filter(source => node[source] !== undefined);
const countDaemonSources = ({daemon_password_file: file, daemon_password_env: variable}: NodeDefinition): number =>
	Number(file !== undefined) + Number(variable !== undefined);
const hasNoDaemon = ({daemon}: NodeDefinition): boolean => daemon === undefined || daemon === noDaemon;

/** Combinations of fields that are not allowed, each with its error message. */
const contradictions: ReadonlyArray<{
	readonly isBroken: (node: NodeDefinition) => boolean;
	readonly error: string | ((node: NodeDefinition) => string);
}> = [
	{
		isBroken: ({kind, daemon}) => kind === 'daemon' && daemon !== undefined,
		error: 'daemon is given for a node of kind daemon: it is one itself',
	},
	{
		isBroken: ({kind, expect_wallet: expected}) => kind === 'daemon' && expected !== undefined,
		error: 'expect_wallet is given for a node of kind daemon: it opens no wallet',
	},
	{
		isBroken: node => sourcesOf(node).length > 1,
		error: node => `${sourcesOf(node).join(' and ')} are given: only one source of the password is allowed`,
	},
	{
		isBroken: node => node.login_file !== undefined && node.username !== undefined,
		error: 'username is given with login_file: the file already contains the user name',
	},
	{
		isBroken: node => node.login_config !== undefined && node.username !== undefined,
		error: 'username is given with login_config: the file already contains the user name',
	},
	{
		isBroken: node => node.username !== undefined && sourcesOf(node).length === 0,
		error: 'username is given without a password: use password_file, password_env, login_file or password',
	},
	{
		isBroken: node => node.username === undefined && sourcesOf(node).some(source => !loginSources.has(source)),
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
		isBroken: node => node.daemon_proxy !== undefined && hasNoDaemon(node),
		error: 'daemon_proxy is given without daemon',
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

/** Whether a new node can have a name. */
export const isNewNodeName = (name: string): boolean => isNodeName(name) && !commandNames.includes(name);

/**
 * Rejects a name that another node or a command has.
 * @param ownId the id of the node that gets the name; absent for a new node
 * @throws InputError (`invalid_node`)
 */
export function refuseTakenNodeName(nodes: readonly Node[], name: string, ownId?: number): void {
	const taken = nodes.find(node => node.name === name && node.id !== ownId);
	if (taken) {
		throw new InputError(
			'invalid_node',
			`node ${quoteValue(name)} already exists (id ${taken.id}): names must be unique`,
		);
	}

	const own = nodes.find(node => node.id === ownId);
	if (own?.name !== name && !isNewNodeName(name)) {
		const why = `name ${quoteValue(name)} is invalid: expected ${nodeFields.name.allowed}`;
		throw new InputError('invalid_node', `node ${quoteValue(own?.name ?? name)}: ${why}`);
	}
}
