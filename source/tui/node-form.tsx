import {caretSpans, fitLine, type Line, type Span, StyledLines} from './styled-line.js';
import {displayWidth, fitText, wrapText} from './text-width.js';
import {bold, dim, error, stateStyles} from './theme.js';
import {pageHeight, type UiState} from './ui-state.js';
import {type NodeForm as Form, type FormFieldName, fieldError, formFieldNames, formFieldOf} from './view/node-form.js';

/** The form of a node's definition. */
export function NodeForm({uiState, form}: {readonly uiState: UiState; readonly form: Form}) {
	return <StyledLines lines={formLines(uiState, form, pageHeight(uiState))} />;
}

const labelWidth = 22;

/** The lines of the form: one per field, with its error beside it. Shows the fields around the focused one that fit. */
function formLines({columns: width}: UiState, form: Form, height: number): readonly Line[] {
	const title: Line = [{text: `   ${form.heading}`, style: bold}];
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

function fieldLine(form: Form, name: FormFieldName, width: number): Line {
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
