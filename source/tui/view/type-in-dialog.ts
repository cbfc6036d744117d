import type {Key} from '../terminal/keys.js';
import {typeInForm} from './node-form.js';
import type {Dialog, View} from './view-state.js';

type Confirm = Extract<Dialog, {kind: 'confirm'}>;

/** The view after a key that is no command, where text or an answer is expected. */
export function typeInDialog(view: View, dialog: Dialog, key: Key): View {
	switch (dialog.kind) {
		case 'filter':
			return typeInFilter(view, key);
		case 'form':
			return key === 'escape'
				? {...view, dialog: undefined}
				: {...view, dialog: {...dialog, form: typeInForm(dialog.form, key)}};
		case 'confirm':
			return {...view, dialog: dialog.act === 'remove' ? typeName(dialog, key) : chooseButton(dialog, key)};
		case 'help':
			return {...view, dialog: undefined};
		case 'picker':
			return view;
	}
}

/** Whether what is typed or focused in a question agrees to it, so that Enter does it. */
export function isAgreed({act, name, typed, isFocused = false}: Confirm): boolean {
	return act === 'remove' ? typed === name : isFocused;
}

/** Longer than any name. */
const maxTyped = 65;

function typeName(dialog: Confirm, key: Key): Confirm | undefined {
	const {typed = ''} = dialog;
	if (key === 'ctrl-u' || key === 'backspace') {
		return {...dialog, typed: key === 'backspace' ? typed.slice(0, -1) : ''};
	}

	// A tab is part of a pasted table, and no name has one: it closes the question, as Enter and Esc do.
	return isTypedText(key) ? {...dialog, typed: (typed + key).slice(0, maxTyped)} : undefined;
}

const buttonKeys: ReadonlySet<Key> = new Set(['tab', 'backtab', 'left', 'right', 'up', 'down']);

/** A letter closes the question: words that are typed into the wrong window must not agree to it. */
function chooseButton(dialog: Confirm, key: Key): Confirm | undefined {
	return buttonKeys.has(key) ? {...dialog, isFocused: !dialog.isFocused} : undefined;
}

function typeInFilter(view: View, key: Key): View {
	switch (key) {
		case 'enter':
			return {...view, dialog: undefined};
		case 'escape':
			return {...view, dialog: undefined, filter: ''};
		case 'ctrl-u':
			return {...view, filter: ''};
		case 'backspace':
			return view.filter === ''
				? {...view, dialog: undefined}
				: {...view, filter: [...view.filter].slice(0, -1).join('')};
		default:
			return isTypedText(key) && view.filter.length < 100 ? {...view, filter: view.filter + key} : view;
	}
}

/** Whether a key types itself, other than one with a name. */
export function isTypedText(key: Key): boolean {
	return [...key].length === 1;
}
