import type {Key} from '../terminal/keys.js';
import {typeInForm} from './node-form.js';
import type {Dialog, View} from './view-state.js';

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
		case 'help':
			return {...view, dialog: undefined};
		case 'picker':
			return view;
	}
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
