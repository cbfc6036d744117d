import type {NodeDefinition} from '../../domain/node/node.js';
import {nodeFields} from '../../domain/node/node-fields.js';

/** One line of the form. */
interface FormField {
	readonly label: string;
	/** What it is for, shown while it is empty. */
	readonly about: string;
	/** The value of a definition as text. */
	readonly textOf: (node: Partial<NodeDefinition>) => string;
	/** What the text becomes in a definition; `undefined` when it is not allowed. Empty text is never asked. */
	readonly parse: (text: string) => unknown;
	readonly allowed: string;
	readonly isSecret?: boolean;
}

type TextField = Exclude<keyof NodeDefinition, 'tls' | 'daemon_tls' | 'available' | 'expect_wallet'>;

function plain(name: TextField, about: string): FormField {
	const field = nodeFields[name];
	const isNumber = name === 'port' || name === 'pid';
	return {
		label: name.replaceAll('_', ' '),
		about,
		textOf: node => String(node[name] ?? ''),
		parse: text => field.parse(isNumber && /^\d+$/.test(text) ? Number(text) : text),
		allowed: field.allowed,
		...(name === 'password' ? {isSecret: true} : {}),
	};
}

/** Reads the answer of a field that takes one. */
export const yesOrNo = (text: string): boolean | undefined => ({yes: true, no: false})[text];
const yesNoText = (value: boolean | undefined): string => (value === undefined ? '' : value ? 'yes' : 'no');

/** The fields of the form from top to bottom, by the definition's names. */
export const formFields = {
	name: plain('name', 'a short name, e.g. hot-1'),
	port: plain('port', 'the RPC port'),
	host: plain('host', '127.0.0.1'),
	daemon: plain('daemon', 'host:port of its monerod'),
	username: plain('username', 'user name, if a login is required'),
	password: plain('password', 'stored in nodes.json; prefer one of the next three'),
	password_file: plain('password_file', 'file that contains the password'),
	password_env: plain('password_env', 'environment variable that contains the password'),
	login_file: plain('login_file', 'monero-wallet-rpc.<port>.login'),
	group: plain('group', ''),
	title: plain('title', ''),
	tls: {
		label: 'tls',
		about: 'yes or no (default no)',
		textOf: node => yesNoText(node.tls && true),
		parse: yesOrNo,
		allowed: 'yes or no',
	},
	tls_ca_file: {
		label: 'tls ca file',
		about: 'PEM file with the CA certificates to trust',
		textOf: node => node.tls?.ca_file ?? '',
		parse: text => text,
		allowed: 'the path of a file',
	},
	tls_fingerprint: {
		label: 'tls fingerprint',
		about: 'SHA-256 fingerprint of the certificate to accept',
		textOf: node => node.tls?.fingerprint ?? '',
		parse: text => (nodeFields.tls.parse({fingerprint: text}) === undefined ? undefined : text),
		allowed: 'the SHA-256 of a certificate: 64 hex digits, colons optional',
	},
	tls_insecure: {
		label: 'tls insecure',
		about: 'yes: accept any certificate',
		textOf: node => yesNoText(node.tls?.insecure),
		parse: yesOrNo,
		allowed: 'yes or no',
	},
	daemon_tls_ca_file: {
		label: 'daemon ca file',
		about: 'PEM file with the CA certificates for the daemon',
		textOf: node => node.daemon_tls?.ca_file ?? '',
		parse: text => text,
		allowed: 'the path of a file',
	},
	daemon_tls_fingerprint: {
		label: 'daemon pin',
		about: "SHA-256 fingerprint of the daemon's certificate",
		textOf: node => node.daemon_tls?.fingerprint ?? '',
		parse: text => (nodeFields.tls.parse({fingerprint: text}) === undefined ? undefined : text),
		allowed: 'the SHA-256 of a certificate: 64 hex digits, colons optional',
	},
	daemon_tls_insecure: {
		label: 'daemon any cert',
		about: 'yes: accept any certificate of the daemon',
		textOf: node => yesNoText(node.daemon_tls?.insecure),
		parse: yesOrNo,
		allowed: 'yes or no',
	},
	path: plain('path', '/json_rpc'),
	pid: plain('pid', 'if empty, found by the port'),
	pid_file: plain('pid_file', 'file that contains the pid'),
	timeout: plain('timeout', 'e.g. 3s'),
	busy_max: plain('busy_max', 'e.g. 30m'),
} as const satisfies Readonly<Record<string, FormField>>;

/** A field of the form. */
export type FormFieldName = keyof typeof formFields;

/** The fields' names from top to bottom. */
export const formFieldNames = Object.keys(formFields) as FormFieldName[];

/** The rows of {@link formFields} as any field sees them. */
export const formFieldOf = (name: FormFieldName): FormField => formFields[name];

/** What is wrong with a field's text, in the words of what is allowed; `undefined` when nothing is. */
export function fieldError(name: FormFieldName, text: string): string | undefined {
	const field = formFieldOf(name);
	return text === '' || field.parse(text) !== undefined ? undefined : field.allowed;
}
