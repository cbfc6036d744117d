import {caretSpans, fitLine, type Line, linesAround, lineWidth, type Span, StyledLines} from './styled-line.js';
import {displayWidth, fitText, wrapText} from './text-width.js';
import {bold, dim, error, stateStyles} from './theme.js';
import {pageHeight, type UiState} from './ui-state.js';
import {type NodeForm as Form, type FormFieldName, fieldError, formFieldNames, formFieldOf} from './view/node-form.js';

/** The form of a node's definition. */
export function NodeForm({uiState, form}: {readonly uiState: UiState; readonly form: Form}) {
	return <StyledLines lines={layForm(uiState, form).lines} />;
}

/** Number of fields that are out of sight below. */
export const formLinesBelow = (uiState: UiState, form: Form): number => layForm(uiState, form).below;

const labelWidth = 16;
/** Width of the mark before a label, and of everything up to the value. */
const labelMark = 3;
const labelIndent = labelMark + labelWidth + 2;

/** The lines of the form: one per field, with its error beside it. Shows the fields around the focused one that fit. */
function layForm(uiState: UiState, form: Form): {readonly lines: readonly Line[]; readonly below: number} {
	const {columns: width} = uiState;
	const title: Line = [{text: `   ${form.heading}`, style: bold}];
	const problem = form.error === undefined ? [] : wrapText(form.error, width - 4);
	const head = [title, ...problem.map((text): Line => [{text: `   ${text}`, style: error}]), []];
	const {lines, below} = linesAround(
		formFieldNames.map(name => [fitLine(fieldLine(form, name, width), width - 1)]),
		form.focused,
		Math.max(1, pageHeight(uiState) - head.length),
	);
	return {lines: [...head, ...lines], below};
}

/** The text about the field with the caret, or its error, where it does not fit beside the field. */
export function focusedFieldLine({columns: width}: UiState, form: Form): Line {
	const name = formFieldNames[form.focused] ?? 'name';
	return lineWidth(fieldLine(form, name, width)) < width ? [] : [{text: ' '}, ...besideValue(form, name)];
}

function fieldLine(form: Form, name: FormFieldName, width: number): Line {
	const field = formFieldOf(name);
	const isFocused = formFieldNames[form.focused] === name;
	const text = form.values[name] ?? '';
	const isRequired = (name === 'name' || name === 'port') && text === '';
	const label: Span = {
		text: `${isFocused ? ' ❯ ' : '   '}${fitText(field.label, labelWidth)}${isRequired ? '*' : ' '} `,
		style: isFocused ? bold : {},
	};
	const value = field.isSecret ? '•'.repeat([...text].length) : text;
	const room = Math.max(8, width - labelIndent - 3);
	const shown = isFocused
		? caretSpans(value, form.caret, room)
		: [{text: fitText(value, Math.min(room, displayWidth(value)))}];
	const beside = besideValue(form, name);
	return [label, ...shown, ...(beside.length > 0 ? [{text: '  '}, ...beside] : [])];
}

/** What stands beside the value of a field: its error, or while it is empty what belongs there. */
function besideValue(form: Form, name: FormFieldName): Line {
	const text = form.values[name] ?? '';
	const wrong = fieldError(name, text);
	const kept = name === 'password' && form.keepsPassword && text === '' ? 'unchanged' : undefined;
	return wrong === undefined
		? text === ''
			? [{text: kept ?? formFieldOf(name).about, style: dim}]
			: []
		: [
				{text: '✖ ', style: error},
				{text: wrong, style: stateStyles.degraded},
			];
}
