import {maxFilterLength, withFilter} from '../../domain/view/remembered-view.js';
import type {Key} from '../terminal/keys.js';
import {typeInForm, withoutLastWord} from './node-form.js';
import type {ActionDialog, Dialog, PasswordDialog, PasswordField, View} from './view-state.js';

type Confirm = Extract<Dialog, {kind: 'confirm'}>;
type FilterDialog = Extract<Dialog, {kind: 'filter'}>;

/**
 * The view after a key without a command, where text or an answer is expected.
 * @param filterProblem error of the current filter; the filter is then not accepted
 */
export function typeInDialog(view: View, dialog: Dialog, key: Key, filterProblem?: string): View {
	switch (dialog.kind) {
		case 'filter':
			return typeInFilter(view, dialog, key, filterProblem);
		case 'form':
			return key === 'escape'
				? {...view, dialog: undefined}
				: {...view, dialog: {...dialog, form: typeInForm(dialog.form, key)}};
		case 'password':
			return {...view, dialog: key === 'escape' ? undefined : typePassword(dialog, key)};
		case 'confirm':
			return {...view, dialog: dialog.act === 'remove' ? typeName(dialog, key) : chooseButton(dialog, key)};
		case 'help':
			return {...view, dialog: undefined};
		case 'action':
			return {...view, dialog: typeForAction(dialog, key)};
		case 'picker':
		case 'sort':
		case 'columns':
		case 'actions':
		case 'output':
			return view;
	}
}

/** Whether Enter would confirm a question: the name was typed, or the confirming button is focused. */
export function isAgreed({act, name, typed, isFocused = false}: Confirm): boolean {
	return act === 'remove' ? typed === name : isFocused;
}

/** A key in the question before a command; the caller handles `enter`. Unless progress would be lost, any other key means no. */
function typeForAction(dialog: ActionDialog, key: Key): ActionDialog | undefined {
	if (dialog.loss === undefined) {
		return undefined;
	}

	const typed = typedName(dialog.typed, key);
	return typed === undefined ? undefined : {...dialog, typed};
}

/** Longer than any name. */
const maxTyped = 65;

function typeName(dialog: Confirm, key: Key): Confirm | undefined {
	const typed = typedName(dialog.typed, key);
	return typed === undefined ? undefined : {...dialog, typed};
}

/** A name after one more key; `undefined` where the key closes the question. */
function typedName(typed = '', key: Key): string | undefined {
	if (key === 'ctrl-u' || key === 'ctrl-w' || key === 'backspace') {
		return key === 'backspace' ? typed.slice(0, -1) : '';
	}

	// A tab can only come from a pasted table, because names do not contain tabs: it closes the question, as Enter and Esc do.
	return isTypedText(key) ? (typed + key).slice(0, maxTyped) : undefined;
}

const buttonKeys: ReadonlySet<Key> = new Set(['tab', 'backtab', 'left', 'right', 'up', 'down']);

/** Moves the focus between buttons. A letter closes the question, so that text typed into the wrong window does not confirm it. */
function chooseButton(dialog: Confirm, key: Key): Confirm | undefined {
	return buttonKeys.has(key) ? {...dialog, isFocused: !dialog.isFocused} : undefined;
}

function typeInFilter(view: View, dialog: FilterDialog, key: Key, problem: string | undefined): View {
	const {filter, filterHistory: history} = view;
	const typed = (text: string): View => ({...view, filter: text, dialog: {kind: 'filter'}});
	switch (key) {
		case 'enter':
			return problem === undefined ? {...view, dialog: undefined, filterHistory: withFilter(history, filter)} : view;
		case 'escape':
			return {...view, dialog: undefined, filter: ''};
		case 'ctrl-u':
			return typed('');
		case 'ctrl-w':
			return typed(withoutLastWord(filter));
		case 'up':
		case 'down':
			return recall(view, dialog, key === 'up' ? 1 : -1);
		case 'backspace':
			return filter === '' ? {...view, dialog: undefined} : typed([...filter].slice(0, -1).join(''));
		default:
			return isTypedText(key) && filter.length + key.length <= maxFilterLength ? typed(filter + key) : view;
	}
}

/** @param step 1: the previous filter in the history; -1: the next one, and finally the text being typed */
function recall(view: View, {draft = view.filter, historyIndex = -1}: FilterDialog, step: 1 | -1): View {
	const index = historyIndex + step;
	const filter = index === -1 ? draft : view.filterHistory.at(-1 - index);
	if (filter === undefined || index < -1) {
		return view;
	}

	return {...view, filter, dialog: index === -1 ? {kind: 'filter'} : {kind: 'filter', draft, historyIndex: index}};
}

const maxSecret = 1024;
const fieldSteps: Readonly<Record<string, 1 | -1>> = {tab: 1, down: 1, backtab: -1, up: -1};

function typePassword(dialog: PasswordDialog, key: Key): PasswordDialog {
	const {focused} = dialog;
	const fields: readonly PasswordField[] = dialog.isUserKnown
		? ['password', 'place']
		: ['username', 'password', 'place'];
	const step = fieldSteps[key];
	if (step !== undefined) {
		const next = fields[(fields.indexOf(focused) + step + fields.length) % fields.length];
		return {...dialog, focused: next ?? 'password'};
	}

	if (focused === 'place') {
		return [' ', 'left', 'right'].includes(key) ? {...dialog, inNodesFile: !dialog.inNodesFile} : dialog;
	}

	const text = dialog[focused];
	const {error: _, ...rest} = dialog;
	if (key === 'backspace' || key === 'ctrl-u' || key === 'ctrl-w') {
		return {...rest, [focused]: key === 'backspace' ? [...text].slice(0, -1).join('') : ''};
	}

	return isTypedText(key) && text.length < maxSecret ? {...rest, [focused]: text + key} : dialog;
}

/** Whether a key types a character, unlike a named key. */
function isTypedText(key: Key): boolean {
	return [...key].length === 1;
}
