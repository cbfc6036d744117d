import {compact} from '../../domain/compact.js';
import type {NodeDefinition} from '../../domain/node/node.js';
import {fingerprintForm, nodeFields} from '../../domain/node/parse-node.js';
import type {Key} from '../terminal/keys.js';

/** One line of the form. */
interface FormField {
	readonly label: string;
	/** Placeholder text, shown while it is empty. */
	readonly about: string;
	/** Converts the field of a definition to text. */
	readonly textOf: (node: Partial<NodeDefinition>) => string;
	/** Converts text to the field's value; `undefined` when it is invalid. Not called for empty text. */
	readonly parse: (text: string) => unknown;
	readonly allowed: string;
	readonly isSecret?: boolean;
}

type TextField = Exclude<keyof NodeDefinition, 'tls' | 'daemon_tls' | 'available' | 'expect_wallet'>;

function plain(name: TextField, about: string): FormField {
	const field = nodeFields[name];
	const isNumber = name === 'port' || name === 'pid';
	return {
		label: name.replace('daemon_password_', 'daemon_pass_').replaceAll('_', ' '),
		about,
		textOf: node => String(node[name] ?? ''),
		parse: text => field.parse(isNumber && /^\d+$/.test(text) ? Number(text) : text),
		allowed: field.allowed,
		...(name === 'password' ? {isSecret: true} : {}),
	};
}

/** Parses a yes/no field. */
const yesOrNo = (text: string): boolean | undefined => ({yes: true, no: false})[text];
const yesNoText = (value: boolean | undefined): string => (value === undefined ? '' : value ? 'yes' : 'no');

function yesNo(
	label: string,
	about: string,
	answerIn: (node: Partial<NodeDefinition>) => boolean | undefined,
): FormField {
	return {label, about, textOf: node => yesNoText(answerIn(node)), parse: yesOrNo, allowed: 'yes or no'};
}

/** The fields of the form from top to bottom, by the field names of a definition. */
const formFields = {
	name: plain('name', 'a short name, e.g. hot-1'),
	port: plain('port', 'the RPC port'),
	host: plain('host', '127.0.0.1'),
	daemon: plain('daemon', 'host:port of its monerod; none: it has none'),
	username: plain('username', 'user name, if a login is required'),
	password: plain('password', 'stored in nodes.json; prefer one of the next three'),
	password_file: plain('password_file', 'file that contains the password'),
	password_env: plain('password_env', 'environment variable that contains the password'),
	login_file: plain('login_file', 'monero-wallet-rpc.<port>.login'),
	login_config: plain('login_config', "the wallet's own configuration file"),
	group: plain('group', 'nodes that belong together'),
	title: plain('title', 'a longer name, shown on the page of the node'),
	expect_wallet: yesNo(
		'expect wallet',
		'yes: degraded while none is open (default: once one was)',
		node => node.expect_wallet,
	),
	tls: yesNo('tls', 'yes or no (default no)', node => node.tls && true),
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
		allowed: fingerprintForm,
	},
	tls_insecure: yesNo('tls insecure', 'yes: accept any certificate', node => node.tls?.insecure),
	daemon_username: plain('daemon_username', 'user name, if the daemon requires a login'),
	daemon_password_file: plain('daemon_password_file', "file that contains the daemon's password"),
	daemon_password_env: plain('daemon_password_env', 'environment variable that contains it'),
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
		allowed: fingerprintForm,
	},
	daemon_tls_insecure: yesNo(
		'daemon any cert',
		'yes: accept any certificate of the daemon',
		node => node.daemon_tls?.insecure,
	),
	proxy: plain('proxy', 'socks5h://host:port of a proxy such as Tor'),
	daemon_proxy: plain('daemon_proxy', 'the same for the daemon'),
	kind: plain('kind', 'wallet or daemon (default wallet)'),
	path: plain('path', '/json_rpc'),
	pid: plain('pid', 'if empty, found by the port'),
	pid_file: plain('pid_file', 'file that contains the pid'),
	timeout: plain('timeout', 'e.g. 3s'),
	busy_max: plain('busy_max', 'e.g. 30m'),
	available: yesNo('enabled', 'no: kept and listed, but not checked (default yes)', node => node.available),
	disabled_until: plain('disabled_until', 'when a disabled node is checked again'),
} as const satisfies Readonly<Record<string, FormField>>;

/** A field of the form. */
export type FormFieldName = keyof typeof formFields;

/** The fields' names from top to bottom. */
export const formFieldNames = Object.keys(formFields) as FormFieldName[];

/** A row of {@link formFields} with the general type. */
export const formFieldOf = (name: FormFieldName): FormField => formFields[name];

/** The allowed values of a field if its text is invalid; `undefined` when it is valid. */
export function fieldError(name: FormFieldName, text: string): string | undefined {
	const field = formFieldOf(name);
	return text === '' || field.parse(text) !== undefined ? undefined : field.allowed;
}

/** The state of a form for a node's definition. */
export interface NodeForm {
	/** The node being edited; absent when one is added. */
	readonly nodeId: number | undefined;
	/** Title of the form. */
	readonly heading: string;
	/** The text of each field. An unchanged secret has no text. */
	readonly values: Readonly<Partial<Record<FormFieldName, string>>>;
	readonly keepsPassword: boolean;
	/** Index of the field that has the caret. */
	readonly focused: number;
	/** Position of the caret in that field, in characters. */
	readonly caret: number;
	/** The error of the last attempt to save. */
	readonly error: string | undefined;
	/**
	 * Whether typed text is accepted. The form of an existing node accepts text only after another key (such as Tab), so that a word
	 * typed into the wrong window does not change its name.
	 */
	readonly takesText: boolean;
}

/** An empty form, or one filled with a node's definition. */
export function openForm(node?: NodeDefinition & {readonly id: number}): NodeForm {
	const texts = formFieldNames.map(name => [name, node ? formFieldOf(name).textOf(node) : ''] as const);
	const values = {...Object.fromEntries(texts), password: ''} as Record<FormFieldName, string>;
	const keepsPassword = node?.password !== undefined;
	return {
		nodeId: node?.id,
		heading: node ? `Edit ${node.name}` : 'Add a node',
		values,
		keepsPassword,
		focused: 0,
		caret: [...(values.name ?? '')].length,
		error: undefined,
		takesText: node === undefined,
	};
}

/** The definition in a form, for `parseNodeDefinition`; empty fields are absent. */
export function definitionOf(form: NodeForm, before: Partial<NodeDefinition> = {}): Record<string, unknown> {
	const definition: Record<string, unknown> = {...before};
	for (const name of formFieldNames.filter(name => !/^(?:daemon_)?tls/.test(name))) {
		const text = form.values[name] ?? '';
		definition[name] = text === '' ? undefined : (formFieldOf(name).parse(text) ?? text);
	}

	if (form.keepsPassword && form.values.password === '') {
		definition.password = before.password;
	}

	const {tls = ''} = form.values;
	return {...definition, tls: tlsOf(form, 'tls', yesOrNo(tls)), daemon_tls: tlsOf(form, 'daemon_tls')};
}

function tlsOf({values}: NodeForm, field: 'tls' | 'daemon_tls', isOn?: boolean): object | undefined {
	const caFile = values[`${field}_ca_file`];
	const fingerprint = values[`${field}_fingerprint`];
	const insecure = yesOrNo(values[`${field}_insecure`] ?? '');
	const tls = compact({
		...(caFile ? {ca_file: caFile} : {}),
		...(fingerprint ? {fingerprint} : {}),
		insecure,
	});
	return Object.keys(tls).length > 0 || isOn ? tls : undefined;
}

/** Shows an error in the form and moves the caret to the field that it names. */
export function showProblem(form: NodeForm, error: string): NodeForm {
	const name = fieldNamedIn(error);
	return {...(name === undefined ? form : focus(form, formFieldNames.indexOf(name))), error};
}

/** The first field name in an error message; quoted values are ignored. */
function fieldNamedIn(error: string): FormFieldName | undefined {
	const unquoted = error.replaceAll(/"(?:[^"\\]|\\.)*"/g, '');
	const words = unquoted
		.replaceAll('.', '_')
		.replaceAll(/\bdaemon_tls\b/g, 'daemon_tls_fingerprint')
		.split(/\W+/);
	const named = words.find(word => word !== 'name' && Object.hasOwn(formFields, word));
	const isName = words.includes('exists') || /(?:^|: )name +is\b/.test(unquoted);
	return (isName ? 'name' : named) as FormFieldName | undefined;
}

/** Why a form cannot be saved: the first missing or invalid field, in one line. */
export function findFormProblem({values}: NodeForm): string | undefined {
	for (const name of formFieldNames) {
		const text = values[name] ?? '';
		const isMissing = text === '' && (name === 'name' || name === 'port');
		const allowed = isMissing ? formFieldOf(name).allowed : fieldError(name, text);
		if (allowed !== undefined) {
			return `${name} is ${isMissing ? 'missing' : 'invalid'}: expected ${allowed}`;
		}
	}

	return undefined;
}

/** The form after a key. The caller handles `Enter` and `Esc`. */
export function typeInForm(form: NodeForm, key: Key): NodeForm {
	const edit = edits[key];
	if (edit) {
		return {...edit(form), takesText: true};
	}

	if ([...key].length !== 1) {
		return form;
	}

	return form.takesText ? insertText(form, key) : {...form, error: toBegin};
}

const toBegin = 'to change the name, press End or Ctrl-U first; Tab moves to the next field';

const focusedName = ({focused}: NodeForm): FormFieldName => formFieldNames[focused] ?? 'name';
const charactersIn = (form: NodeForm): string[] => [...(form.values[focusedName(form)] ?? '')];

function focus(form: NodeForm, index: number): NodeForm {
	const focused = (index + formFieldNames.length) % formFieldNames.length;
	const moved = {...form, focused};
	return {...moved, caret: charactersIn(moved).length};
}

function replaceText(form: NodeForm, characters: readonly string[], caret: number): NodeForm {
	const name = focusedName(form);
	const keepsPassword = form.keepsPassword && name !== 'password';
	return {...form, values: {...form.values, [name]: characters.join('')}, keepsPassword, caret, error: undefined};
}

function insertText(form: NodeForm, character: string): NodeForm {
	const characters = charactersIn(form);
	return characters.length >= 1024
		? form
		: replaceText(
				form,
				[...characters.slice(0, form.caret), character, ...characters.slice(form.caret)],
				form.caret + 1,
			);
}

function removeAt(form: NodeForm, index: number): NodeForm {
	return index < 0
		? replaceText(form, charactersIn(form), 0)
		: replaceText(form, charactersIn(form).toSpliced(index, 1), index);
}

const edits: Readonly<Record<string, (form: NodeForm) => NodeForm>> = {
	tab: form => focus(form, form.focused + 1),
	down: form => focus(form, form.focused + 1),
	backtab: form => focus(form, form.focused - 1),
	up: form => focus(form, form.focused - 1),
	left: form => ({...form, caret: Math.max(0, form.caret - 1)}),
	right: form => ({...form, caret: Math.min(charactersIn(form).length, form.caret + 1)}),
	home: form => ({...form, caret: 0}),
	'ctrl-a': form => ({...form, caret: 0}),
	end: form => ({...form, caret: charactersIn(form).length}),
	'ctrl-e': form => ({...form, caret: charactersIn(form).length}),
	backspace: form => removeAt(form, form.caret - 1),
	delete: form => removeAt(form, form.caret),
	'ctrl-u': form => replaceText(form, [], 0),
	'ctrl-w': form => {
		const characters = charactersIn(form);
		const kept = [...withoutLastWord(characters.slice(0, form.caret).join(''))];
		return replaceText(form, [...kept, ...characters.slice(form.caret)], kept.length);
	},
};

/** Removes the last word of a text, as Ctrl-W does with the caret at its end. */
export function withoutLastWord(text: string): string {
	return text.replace(/\S+\s*$/, '');
}
