import {type Column, columns} from '../../cli/reports/columns.js';
import {commandText} from '../../domain/actions.js';
import {sortKeys} from '../../domain/view/remembered-view.js';
import {commands, keyName} from './commands.js';
import {optionalColumns} from './reduce-view.js';
import {sortRules} from './table-entries.js';
import type {ActionsDialog, Dialog, PasswordDialog, View} from './view-state.js';

/** The content of a dialog with a list, independent of how it is drawn. */
export interface ChoiceList {
	readonly title: string;
	readonly rows: readonly ChoiceRow[];
}

/** One line of a {@link ChoiceList}. */
export interface ChoiceRow {
	/** A mark for the current choice; the same width in all rows. */
	readonly mark: string;
	readonly name: string;
	readonly about: string;
	readonly isSelected: boolean;
	/** Whether the row has the caret: it is a text field, with the caret after its name and value. */
	readonly hasCaret?: boolean;
}

/** The list of a dialog; `undefined` for dialogs without a list. */
export function describeChoices(view: View): ChoiceList | undefined {
	const {dialog} = view;
	return dialog?.kind === 'sort'
		? describeOrders(view, dialog.index)
		: dialog?.kind === 'columns'
			? describeColumns(view, dialog.index)
			: dialog?.kind === 'password'
				? describePassword(dialog)
				: dialog?.kind === 'actions'
					? describeActions(dialog)
					: undefined;
}

function describeOrders({sort, inverted}: View, index: number): ChoiceList {
	const widest = Math.max(...sortKeys.map(key => sortTitle(key).length));
	return {
		title: 'Sort by',
		rows: sortKeys.map((key, at) => ({
			mark: key === sort ? (sortRules[key].descending === inverted ? '↑' : '↓') : ' ',
			name: `${sortLetter(key)}  ${sortTitle(key).padEnd(widest)}`,
			about: sortRules[key].about,
			isSelected: at === index,
		})),
	};
}

const sortTitle = (key: (typeof sortKeys)[number]): string =>
	key === 'since' ? columns.for.title : key in columns ? columns[key as keyof typeof columns].title : key.toUpperCase();

const sortLetter = (key: (typeof sortKeys)[number]): string => keyName(commands[`sort-${key}`].keys[0] ?? '');

const choiceWords = {
	auto: {mark: '[·]', about: 'where there is room'},
	shown: {mark: '[x]', about: 'always'},
	hidden: {mark: '[ ]', about: 'never'},
} as const;

function describeColumns({columns: chosen}: View, index: number): ChoiceList {
	const titleOf = (name: (typeof optionalColumns)[number]): string => (columns[name] as Column).title;
	const widest = Math.max(...optionalColumns.map(name => titleOf(name).length));
	return {
		title: 'Columns (Space: never, always, where there is room)',
		rows: optionalColumns.map((name, at) => {
			const {mark, about} = choiceWords[chosen[name] ?? 'auto'];
			return {mark, name: titleOf(name).padEnd(widest), about, isSelected: at === index};
		}),
	};
}

function describeActions({name, rows, index, isSuggested}: ActionsDialog): ChoiceList {
	const widest = Math.max(0, ...rows.map(({action}) => action.name.length));
	return {
		title: isSuggested ? 'There are no actions yet. Enter adds one of these:' : `Actions for ${name}`,
		rows: rows.map(({action, refusal}, at) => ({
			mark: action.key ?? ' ',
			name: ` ${action.name.padEnd(widest)}`,
			about: refusal === undefined ? commandText(action.command) : `not here: ${refusal}`,
			isSelected: at === index,
		})),
	};
}

/** Shows the password as dots. */
function describePassword(dialog: Extract<Dialog, {kind: 'password'}>): ChoiceList {
	const {name, username, password, isUserKnown, inNodesFile, focused, error} = dialog;
	const row = (field: PasswordDialog['focused'], label: string, about: string): ChoiceRow => ({
		mark: '',
		name: label.padEnd(12),
		about,
		isSelected: focused === field,
		...(focused === field && field !== 'place' ? {hasCaret: true} : {}),
	});
	const place = inNodesFile ? 'in nodes.json' : 'in a file of its own beside nodes.json that only you can read';
	return {
		title: error ?? `Login of ${name}`,
		rows: [
			isUserKnown
				? {mark: '', name: 'user name'.padEnd(12), about: username, isSelected: false}
				: row('username', 'user name', username),
			row('password', 'password', '•'.repeat([...password].length)),
			row('place', 'kept', `${place}${focused === 'place' ? '  (Space changes it)' : ''}`),
		],
	};
}
