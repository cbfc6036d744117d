import {compact} from '../../domain/compact.js';
import type {NodeDefinition} from '../../domain/node/node.js';
import type {Key} from '../terminal/keys.js';
import {type FormFieldName, formFieldNames, formFieldOf, yesOrNo} from './form-fields.js';

/** A form for a node's definition, being filled in. */
export interface NodeForm {
	/** The node being edited; absent when one is added. */
	readonly nodeId: number | undefined;
	/** What is written in each field. A secret that is unchanged has no text. */
	readonly values: Readonly<Partial<Record<FormFieldName, string>>>;
	readonly keepsPassword: boolean;
	/** Index of the field that has the caret. */
	readonly focused: number;
	/** The caret's place in it, in characters. */
	readonly caret: number;
	/** What saving said, when it failed. */
	readonly error: string | undefined;
	/**
	 * Whether text is taken. The form of a node that exists takes it after a key that is not text: a word typed into the wrong
	 * window must not become part of a name.
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
		values,
		keepsPassword,
		focused: 0,
		caret: [...(values.name ?? '')].length,
		error: undefined,
		takesText: node === undefined,
	};
}

/** The definition a form describes, for `parseNodeDefinition`; empty fields are absent. */
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

/** The form after a key. `Enter` and `Esc` are the caller's. */
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
};
