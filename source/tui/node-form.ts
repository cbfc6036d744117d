import {type NodeDefinition, nodeFields} from '../domain/node.js';
import type {Key} from './keys.js';

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

type TextField = Exclude<keyof NodeDefinition, 'tls' | 'available' | 'expect_wallet'>;

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

const yesOrNo = (text: string): boolean | undefined => ({yes: true, no: false})[text];
const yesNoText = (value: boolean | undefined): string => (value === undefined ? '' : value ? 'yes' : 'no');

/** The fields of the form from top to bottom, by the definition's names. */
export const formFields = {
	name: plain('name', 'how you call it'),
	port: plain('port', 'the RPC port'),
	host: plain('host', '127.0.0.1'),
	daemon: plain('daemon', 'host:port of the monerod it uses'),
	username: plain('username', 'of the login, if it asks for one'),
	password: plain('password', 'kept in nodes.json; better one of the next three'),
	password_file: plain('password_file', 'file that holds the password'),
	password_env: plain('password_env', 'variable that holds the password'),
	login_file: plain('login_file', 'monero-wallet-rpc.<port>.login'),
	group: plain('group', ''),
	title: plain('title', ''),
	tls: {
		label: 'tls',
		about: 'yes or no; no',
		textOf: node => yesNoText(node.tls && true),
		parse: yesOrNo,
		allowed: 'yes or no',
	},
	tls_ca_file: {
		label: 'tls ca file',
		about: 'PEM file of the authorities to trust',
		textOf: node => node.tls?.ca_file ?? '',
		parse: text => text,
		allowed: 'the path of a file',
	},
	tls_fingerprint: {
		label: 'tls fingerprint',
		about: 'SHA-256 of the one certificate to accept',
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
	path: plain('path', '/json_rpc'),
	pid: plain('pid', 'found by the port when empty'),
	pid_file: plain('pid_file', 'file that holds the pid'),
	timeout: plain('timeout', 'such as 3s'),
	busy_max: plain('busy_max', 'such as 30m'),
} as const satisfies Readonly<Record<string, FormField>>;

/** A field of the form. */
export type FormFieldName = keyof typeof formFields;

/** The fields' names from top to bottom. */
export const formFieldNames = Object.keys(formFields) as FormFieldName[];

/** The rows of {@link formFields} as any field sees them. */
export const formFieldOf = (name: FormFieldName): FormField => formFields[name];

/** A form for a node's definition, being filled in. */
export interface NodeForm {
	/** The node being edited; absent when one is added. */
	readonly nodeId: number | undefined;
	/** What is written in each field. A secret that is kept as it is has no text. */
	readonly values: Readonly<Partial<Record<FormFieldName, string>>>;
	readonly keepsPassword: boolean;
	/** Index of the field that has the caret. */
	readonly focused: number;
	/** The caret's place in it, in characters. */
	readonly caret: number;
	/** What saving said, when it failed. */
	readonly error: string | undefined;
}

/** An empty form, or one filled with a node's definition. */
export function openForm(node?: NodeDefinition & {readonly id: number}): NodeForm {
	const texts = formFieldNames.map(name => [name, node ? formFieldOf(name).textOf(node) : ''] as const);
	const values = {...Object.fromEntries(texts), password: ''} as Record<FormFieldName, string>;
	const keepsPassword = node?.password !== undefined;
	return {
		nodeId: node?.id,
		values,
		keepsPassword,
		focused: 0,
		caret: [...(values.name ?? '')].length,
		error: undefined,
	};
}

/** What is wrong with a field's text, in the words of what is allowed; `undefined` when nothing is. */
export function fieldError(name: FormFieldName, text: string): string | undefined {
	const field = formFieldOf(name);
	return text === '' || field.parse(text) !== undefined ? undefined : field.allowed;
}

/** The definition a form describes, for `parseNodeDefinition`; empty fields are absent. */
export function definitionOf(form: NodeForm, before: Partial<NodeDefinition> = {}): Record<string, unknown> {
	const definition: Record<string, unknown> = {...before};
	for (const name of formFieldNames.filter(name => !name.startsWith('tls'))) {
		const text = form.values[name] ?? '';
		definition[name] = text === '' ? undefined : (formFieldOf(name).parse(text) ?? text);
	}

	if (form.keepsPassword && form.values.password === '') {
		definition.password = before.password;
	}

	return {...definition, tls: tlsOf(form)};
}

function tlsOf({values}: NodeForm): object | undefined {
	const caFile = values.tls_ca_file;
	const fingerprint = values.tls_fingerprint;
	const insecure = yesOrNo(values.tls_insecure ?? '');
	const tls = {
		...(caFile ? {ca_file: caFile} : {}),
		...(fingerprint ? {fingerprint} : {}),
		...(insecure === undefined ? {} : {insecure}),
	};
	return Object.keys(tls).length > 0 || yesOrNo(values.tls ?? '') ? tls : undefined;
}

/** The form after a key. `Enter` and `Esc` are the caller's. */
export function typeInForm(form: NodeForm, key: Key): NodeForm {
	const edit = edits[key];
	if (edit) {
		return edit(form);
	}

	return [...key].length === 1 ? insertText(form, key) : form;
}

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
};
