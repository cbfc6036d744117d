import {daemonForm, daemonText, parseDaemonAddress, parseHost} from './daemon-address.js';
import {durationForm, parseDurationMs} from './duration.js';
import {InputError} from './input-error.js';
import {cleanText, isCleanText} from './text.js';
import {commandNames} from './words.js';

/** How the server's certificate is judged. All absent: by the system's authorities. */
export interface Tls {
	/** PEM file of the authorities to trust instead of the system's. */
	readonly ca_file?: string;
	/** SHA-256 of the one certificate to accept, 32 upper-case hex pairs joined by colons. Nothing is sent to another. */
	readonly fingerprint?: string;
	/** Accept any certificate. */
	readonly insecure?: boolean;
}

/** An HTTP Digest login. At most one source of the password is given; files and variables are read at use. */
export interface Login {
	readonly username?: string;
	readonly password?: string;
	/** File that holds the password; one trailing newline is not part of it. */
	readonly password_file?: string;
	/** Environment variable that holds the password. */
	readonly password_env?: string;
	/** File that holds `user:password`, as monero-wallet-rpc writes it. */
	readonly login_file?: string;
}

/** What a person configures of one `monero-wallet-rpc`, as stored in nodes.json; the `id` is given by xmrtop. */
export interface NodeDefinition extends Login {
	/** Unique; see {@link nodeFields} for what each field allows. */
	readonly name: string;
	readonly title?: string;
	readonly group?: string;
	/** IPv4, IPv6 or DNS name. Default `127.0.0.1`. */
	readonly host: string;
	/** The RPC port. */
	readonly port: number;
	/** Default `/json_rpc`. */
	readonly path: string;
	/** Present: https. */
	readonly tls?: Tls;
	/** The daemon the wallet uses, in the short form of `daemonText`. */
	readonly daemon?: string;
	readonly daemon_username?: string;
	readonly daemon_password_file?: string;
	readonly daemon_password_env?: string;
	readonly pid?: number;
	readonly pid_file?: string;
	/** Whether a wallet should be open. Default: true once one was seen open. */
	readonly expect_wallet?: boolean;
	/** Duration text; default: the setting. */
	readonly timeout?: string;
	/** Duration text; default: the setting. */
	readonly busy_max?: string;
	/** False: kept and listed, not checked unless named. Default true. */
	readonly available: boolean;
	/** ISO-8601 UTC: from then on a node that is not `available` is checked again. */
	readonly disabled_until?: string;
}

/** A stored node. */
export interface Node extends NodeDefinition {
	/** Positive, unique, never reused. */
	readonly id: number;
}

type FieldName = keyof NodeDefinition;

/** One field of a definition: what it allows, and how a value from JSON becomes it. */
interface Field {
	/** What is allowed, as the end of an error message. */
	readonly allowed: string;
	/** The accepted value, or `undefined` when it is not allowed. */
	readonly parse: (value: unknown) => unknown;
	/** Whether an error may not repeat the value. Default: it may. */
	readonly isSecret?: (value: unknown) => boolean;
	/** Says which part of a value with parts is not allowed, as `part "value" is not allowed: what is`. */
	readonly explain?: (value: unknown) => string | undefined;
}

const maxTextLength = 100;
const text: Field = {
	allowed: `1 to ${maxTextLength} characters, none of them control characters`,
	parse: value =>
		typeof value === 'string' && value.length > 0 && value.length <= maxTextLength && isCleanText(value)
			? value
			: undefined,
};
const filePath: Field = {
	allowed: 'the path of a file, without control characters',
	// Definitions come from others too (import), and are shown on terminals.
	parse: value => (typeof value === 'string' && value.length > 0 && isCleanText(value) ? value : undefined),
};
const environmentName: Field = {
	allowed: 'the name of an environment variable (letters, digits, _)',
	parse: value => (typeof value === 'string' && /^[A-Za-z_]\w*$/.test(value) ? value : undefined),
	// What is refused here is often the password itself.
	isSecret: () => true,
};
const userName: Field = {
	allowed: 'a user name without ":" and control characters',
	parse: value =>
		typeof value === 'string' && value.length > 0 && !value.includes(':') && isCleanText(value) ? value : undefined,
	// What is refused here is often `user:password`.
	isSecret: value => typeof value !== 'string' || value.includes(':'),
};
const boolean: Field = {
	allowed: 'true or false',
	parse: value => (typeof value === 'boolean' ? value : undefined),
};
const maxTimeoutMs = 3_600_000;
const timeout: Field = {
	allowed: `${durationForm}, at most 1h`,
	parse: value => {
		const ms = typeof value === 'string' ? parseDurationMs(value) : undefined;
		return ms !== undefined && ms <= maxTimeoutMs ? value : undefined;
	},
};
const wholeNumber = (max: number): Field => ({
	allowed: `a whole number from 1 to ${max}`,
	parse: value => (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= max ? value : undefined),
});

const isoTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/;

/** Every field of a definition. A field without its row does not compile. */
export const nodeFields: Readonly<Record<FieldName, Field>> = {
	name: {
		allowed: "1 to 64 of A-Z a-z 0-9 . _ -, starting with a letter or digit, not all digits and not a command's name",
		parse: value => (typeof value === 'string' && isNodeName(value) ? value : undefined),
	},
	title: text,
	group: text,
	host: {
		allowed: 'an IPv4 address, an IPv6 address or a DNS name',
		parse: value => (typeof value === 'string' ? parseHost(value) : undefined),
	},
	port: wholeNumber(65_535),
	path: {
		allowed: 'a URL path starting with "/", without spaces and "#"',
		parse: value => (typeof value === 'string' && /^\/[!"$-~]*$/.test(value) ? value : undefined),
	},
	tls: {allowed: 'an object with ca_file, fingerprint or insecure', parse: parseTls, explain: explainTls},
	username: userName,
	password: {
		allowed: '1 to 1024 characters on one line',
		parse: value =>
			typeof value === 'string' && value.length > 0 && value.length <= 1024 && !/[\n\r\0]/.test(value)
				? value
				: undefined,
		isSecret: () => true,
	},
	password_file: filePath,
	password_env: environmentName,
	login_file: filePath,
	daemon: {
		allowed: daemonForm,
		parse: value => {
			const address = typeof value === 'string' ? parseDaemonAddress(value) : undefined;
			return address && daemonText(address);
		},
		// The user and password of a URL stand in front of an @.
		isSecret: value => typeof value !== 'string' || value.includes('@'),
	},
	daemon_username: userName,
	daemon_password_file: filePath,
	daemon_password_env: environmentName,
	pid: wholeNumber(2 ** 31 - 1),
	pid_file: filePath,
	expect_wallet: boolean,
	timeout,
	busy_max: {
		allowed: durationForm,
		parse: value => (typeof value === 'string' && parseDurationMs(value) !== undefined ? value : undefined),
	},
	available: boolean,
	disabled_until: {
		allowed: 'a time such as 2026-11-23T20:00:00.000Z',
		parse: value =>
			typeof value === 'string' && isoTime.test(value) && !Number.isNaN(Date.parse(value))
				? new Date(value).toISOString()
				: undefined,
	},
};

const required = ['name', 'port'] as const satisfies readonly FieldName[];
const defaults = {host: '127.0.0.1', path: '/json_rpc', available: true} as const;

/**
 * Checks a definition from a file, a command line or a program, and fills in the defaults.
 * @param value anything; fields that are `undefined` count as absent
 * @param where names the place in errors, such as `nodes.json: node 3`
 * @throws InputError one line naming the field, the value and what is allowed
 */
export function parseNodeDefinition(value: unknown, where: string): NodeDefinition {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) {
		throw new InputError('invalid_node', `${where}: a node is a JSON object with name and port`);
	}

	const given = Object.entries(value).filter(([field, item]) => item !== undefined && field !== 'id');
	const definition: Record<string, unknown> = {...defaults};
	for (const [name, item] of given) {
		definition[name] = parseField(name, item, where);
	}

	for (const name of required) {
		if (definition[name] === undefined) {
			throw new InputError('invalid_node', `${where}: ${name} is missing: ${nodeFields[name].allowed}`);
		}
	}

	const node = definition as unknown as NodeDefinition;
	rejectContradictions(node, where);
	return node;
}

/**
 * Checks one field.
 * @throws InputError when the field does not exist or does not allow the value
 */
export function parseField(name: string, value: unknown, where: string): unknown {
	const field = Object.hasOwn(nodeFields, name) ? nodeFields[name as FieldName] : undefined;
	if (!field) {
		const known = Object.keys(nodeFields).join(', ');
		throw new InputError('invalid_node', `${where}: ${shown(name)} is not a field of a node: ${known}`);
	}

	const parsed = field.parse(value);
	if (parsed === undefined) {
		const what = field.isSecret?.(value) ? name : `${name} ${shown(value)}`;
		const why = field.explain?.(value) ?? `${what} is not allowed: ${field.allowed}`;
		throw new InputError('invalid_node', `${where}: ${why}`);
	}

	return parsed;
}

/** A value in an error message: short, printable, on one line. */
export function shown(value: unknown): string {
	return cleanText(JSON.stringify(value) ?? String(value), 80);
}

function isNodeName(value: string): boolean {
	return (
		/^[A-Za-z\d][\w.-]{0,63}$/.test(value) &&
		!/^\d+$/.test(value) &&
		!(commandNames as readonly string[]).includes(value)
	);
}

/** What a pinned fingerprint may look like. */
export const fingerprintForm = 'the SHA-256 of a certificate: 64 hex digits, colons optional';

const tlsFields: Readonly<Record<keyof Tls, Field>> = {
	ca_file: filePath,
	fingerprint: {allowed: fingerprintForm, parse: parseFingerprint},
	insecure: boolean,
};

function parseTls(value: unknown): Tls | undefined {
	if (explainTls(value) !== undefined || typeof value !== 'object') {
		return undefined;
	}

	const parts = Object.entries(value ?? {}).filter(([, item]) => item !== undefined);
	return Object.fromEntries(parts.map(([name, item]) => [name, tlsFields[name as keyof Tls].parse(item)]));
}

/** Names the first part that is not allowed; `undefined` when there is none, or the value has no parts. */
function explainTls(value: unknown): string | undefined {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) {
		return `tls ${shown(value)} is not allowed: ${nodeFields.tls.allowed}`;
	}

	for (const [name, item] of Object.entries(value).filter(([, given]) => given !== undefined)) {
		const field = Object.hasOwn(tlsFields, name) ? tlsFields[name as keyof Tls] : undefined;
		if (!field) {
			return `${shown(name)} is not a field of tls: ${Object.keys(tlsFields).join(', ')}`;
		}

		if (field.parse(item) === undefined) {
			return `tls.${name} ${shown(item)} is not allowed: ${field.allowed}`;
		}
	}

	return undefined;
}

/** Reads a SHA-256 fingerprint in any usual spelling into 32 upper-case pairs joined by colons. */
export function parseFingerprint(value: unknown): string | undefined {
	const hex = typeof value === 'string' ? value.replaceAll(':', '').toUpperCase() : '';
	return /^[\dA-F]{64}$/.test(hex) ? hex.replace(/..(?!$)/g, '$&:') : undefined;
}

const passwordSources = ['password', 'password_file', 'password_env', 'login_file'] as const;

/** Fields that are fine alone and not together. Each row says so in the words of an error. */
function rejectContradictions(node: NodeDefinition, where: string): void {
	const sources = passwordSources.filter(source => node[source] !== undefined);
	const hasPassword = sources.some(source => source !== 'login_file');
	const daemonSources = [node.daemon_password_file, node.daemon_password_env].filter(source => source !== undefined);
	const contradictions: ReadonlyArray<readonly [boolean, string]> = [
		[sources.length > 1, `${sources.join(' and ')} are given: only one source of the password is allowed`],
		[
			node.login_file !== undefined && node.username !== undefined,
			'username is given with login_file: the file already holds the user',
		],
		[
			node.username !== undefined && sources.length === 0,
			'username is given without a password: give password_file, password_env, login_file or a password',
		],
		[hasPassword && node.username === undefined, `${sources[0]} is given without username`],
		[
			node.tls?.fingerprint !== undefined && node.tls.insecure === true,
			'tls has both fingerprint and insecure: give one of them',
		],
		[daemonSources.length > 1, 'daemon_password_file and daemon_password_env are given: only one is allowed'],
		[
			(node.daemon_username !== undefined) !== daemonSources.length > 0,
			'daemon_username needs daemon_password_file or daemon_password_env, and they need it',
		],
		[node.daemon_username !== undefined && node.daemon === undefined, 'daemon_username is given without daemon'],
	];
	const broken = contradictions.find(([isBroken]) => isBroken);
	if (broken) {
		throw new InputError('invalid_node', `${where}: ${broken[1]}`);
	}
}

/** Whether a node is checked without being named. */
export function isAvailable({available, disabled_until: until}: NodeDefinition, nowMs: number): boolean {
	return available || (until !== undefined && Date.parse(until) <= nowMs);
}

/** Every secret a definition holds itself, to keep out of any output. */
export function secretsOf(node: Login): string[] {
	return node.password === undefined ? [] : [node.password];
}

/**
 * Finds a node by what a person typed: an id or a name.
 * @returns `undefined` when there is none
 */
export function findNode<N extends {readonly id: number; readonly name: string}>(
	nodes: readonly N[],
	idOrName: string,
): N | undefined {
	return /^\d+$/.test(idOrName)
		? nodes.find(node => node.id === Number(idOrName))
		: nodes.find(node => node.name === idOrName);
}
