import {checkMethods, checkMethodWords} from '../../domain/check-method.js';
import type {UiState} from '../ui-state.js';
import {type FormFieldName, fieldError, formFieldNames, formFieldOf} from '../view/form-fields.js';
import type {NodeForm} from '../view/node-form.js';
import type {Dialog} from '../view/view-state.js';
import {charactersOf, displayWidth, fitText, wrapText} from './display-width.js';
import {fitLine, type Line, padLine, type Span} from './spans.js';
import {bold, dim, error, inverse, stateStyles} from './theme.js';

/** What a dialog draws in place of the page; `undefined` for dialogs that leave the page in sight. */
export function dialogLines(uiState: UiState, height: number): readonly Line[] | undefined {
	const {dialog} = uiState.view;
	switch (dialog?.kind) {
		case 'picker':
			return pickerLines(uiState, dialog.index);
		case 'confirm':
			return confirmLines(uiState, dialog);
		case 'form':
			return formLines(uiState, dialog.form, height);
		default:
			return undefined;
	}
}

/** Each method with what it proves and what it does not. */
function pickerLines({columns: width, snapshot}: UiState, selected: number): readonly Line[] {
	const indent = 14;
	return [
		[],
		[{text: '   Check method', style: bold}],
		[],
		...checkMethods.flatMap((method, index): Line[] => {
			const {proves, doesNotProve} = checkMethodWords[method];
			const texts = wrapText(
				doesNotProve ? `${proves}; not: ${doesNotProve}` : proves,
				Math.max(10, width - indent - 2),
			);
			const isSelected = index === selected;
			const now = method === snapshot.method ? '•' : ' ';
			return texts.map((text, line): Line => {
				const first = line === 0;
				const spans: Span[] = [
					{text: first && isSelected ? ' ❯ ' : '   '},
					{text: first ? `${index + 1} ${now} ${method}`.padEnd(indent - 3) : ' '.repeat(indent - 3), style: bold},
					{text},
				];
				return isSelected ? padLine(spans, width).map(span => ({...span, style: {...span.style, ...inverse}})) : spans;
			});
		}),
	];
}

const questions = {
	remove: (name: string) => `Remove ${name}? Its definition is deleted; its history is kept for 30 days.`,
	disable: (name: string) => `Disable ${name}? It stays in the list but is not checked.`,
	enable: (name: string) => `Enable ${name}? It will be checked again.`,
} as const;

const buttonWords = {disable: 'Disable', enable: 'Enable'} as const;

function confirmLines({columns: width}: UiState, dialog: Extract<Dialog, {kind: 'confirm'}>): readonly Line[] {
	const {act, name} = dialog;
	return [
		[],
		...wrapText(questions[act](name), width - 4).map((text): Line => [{text: `   ${text}`, style: bold}]),
		[],
		...(act === 'remove' ? nameLines(dialog.typed ?? '', width) : [buttonLine(buttonWords[act], dialog.isFocused)]),
	];
}

const nameLines = (typed: string, width: number): readonly Line[] => [
	[{text: '   Type its name and press Enter; Esc cancels.'}],
	[],
	fitLine([{text: ' ❯ '}, ...caretSpans(typed, [...typed].length, width - 6)], width - 1),
];

const buttonLine = (word: string, isFocused = false): Line => [
	{text: '   '},
	isFocused ? {text: ' Cancel '} : {text: '[Cancel]', style: inverse},
	{text: '  '},
	isFocused ? {text: `[${word}]`, style: inverse} : {text: ` ${word} `},
];

const labelWidth = 22;

/** The form: one line per field, its error beside it. The fields around the focused one are in sight. */
function formLines({columns: width}: UiState, form: NodeForm, height: number): readonly Line[] {
	const title: Line = [
		{text: form.nodeId === undefined ? '   Add a node' : `   Edit ${form.values.name ?? ''}`, style: bold},
	];
	const problem = form.error === undefined ? [] : wrapText(form.error, width - 4);
	const room = Math.max(1, height - 2 - problem.length);
	const first = Math.max(0, Math.min(form.focused - room + 2, formFieldNames.length - room));
	return [
		title,
		...problem.map((text): Line => [{text: `   ${text}`, style: error}]),
		[],
		...formFieldNames.slice(first, first + room).map(name => fieldLine(form, name, width)),
	];
}

function fieldLine(form: NodeForm, name: FormFieldName, width: number): Line {
	const field = formFieldOf(name);
	const isFocused = formFieldNames[form.focused] === name;
	const text = form.values[name] ?? '';
	const wrong = fieldError(name, text);
	const isRequired = (name === 'name' || name === 'port') && text === '';
	const label: Span = {
		text: `${isFocused ? ' ❯ ' : '   '}${fitText(field.label, labelWidth - 7)}${isRequired ? '*' : ' '} `,
		style: isFocused ? bold : {},
	};
	const kept = name === 'password' && form.keepsPassword && text === '' ? 'unchanged' : undefined;
	const value = field.isSecret ? '•'.repeat([...text].length) : text;
	const room = Math.max(8, width - labelWidth - 2);
	const shown = isFocused
		? caretSpans(value, form.caret, room)
		: [{text: fitText(value, Math.min(room, displayWidth(value)))}];
	const beside: Span[] =
		wrong === undefined
			? text === ''
				? [{text: `  ${kept ?? field.about}`, style: dim}]
				: []
			: [
					{text: '  ✖ ', style: error},
					{text: wrong, style: stateStyles.degraded},
				];
	return fitLine([label, ...shown, ...beside], width - 1);
}

/** A text with its caret as a reversed cell, scrolled so that the caret is in sight. */
function caretSpans(text: string, caret: number, room: number): Span[] {
	const characters = [...charactersOf(text)].map(({text: character}) => character);
	const from = Math.max(0, caret - room + 2);
	return [
		{text: characters.slice(from, caret).join('')},
		{text: characters[caret] ?? ' ', style: inverse},
		{text: characters.slice(caret + 1, from + room - 1).join('')},
	];
}
