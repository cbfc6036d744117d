import {checkMethods, checkMethodWords} from '../domain/check-method.js';
import {caretSpans, fitLine, type Line, lineWidth, type Span, StyledLines, selectedLine} from './styled-line.js';
import {wrapText} from './text-width.js';
import {bold, dim} from './theme.js';
import {pageHeight, type UiState} from './ui-state.js';
import {type ChoiceRow, describeChoices} from './view/choices.js';

/** The methods, each with what it proves and what it does not. */
export function MethodPicker({uiState, selected}: {readonly uiState: UiState; readonly selected: number}) {
	return <StyledLines lines={pickerLines(uiState, selected)} />;
}

function pickerLines(uiState: UiState, selected: number): readonly Line[] {
	const {columns: width, snapshot} = uiState;
	const indent = 14;
	const blocks = checkMethods.map((method, index): readonly Line[] => {
		const {proves, doesNotProve} = checkMethodWords[method];
		const texts = wrapText(doesNotProve ? `${proves}; not: ${doesNotProve}` : proves, Math.max(10, width - indent - 2));
		const isSelected = index === selected;
		const now = method === snapshot.method ? '•' : ' ';
		return texts.map((text, line): Line => {
			const first = line === 0;
			const spans: Span[] = [
				{text: first && isSelected ? ' ❯ ' : '   '},
				{text: first ? `${index + 1} ${now} ${method}`.padEnd(indent - 3) : ' '.repeat(indent - 3), style: bold},
				{text},
			];
			return isSelected ? selectedLine(spans, width) : spans;
		});
	});
	const head: readonly Line[] = [[], [{text: '   Check method', style: bold}, ...recordedSpans(snapshot)], []];
	const lines = blocks.flat();
	const room = Math.max(1, pageHeight(uiState) - head.length);
	const from = blocks.slice(0, selected).flat().length;
	const to = from + (blocks[selected]?.length ?? 0);
	// The whole of the selected method is in sight.
	const first = Math.max(0, Math.min(from, to - room));
	return [...head, ...lines.slice(first, first + room)].map(line => fitLine(line, width));
}

/** A note that the chosen method applies only to this screen; history and alerts use the configured method. */
function recordedSpans({method, recordedMethod = method}: UiState['snapshot']): Line {
	return [{text: `   for this screen; ${recordedMethod} is recorded`, style: dim}];
}

/** A list dialog: sort orders, columns, or the fields of a question. */
export function ChoiceList({uiState}: {readonly uiState: UiState}) {
	return <StyledLines lines={choiceLines(uiState)} />;
}

/** The rows around the selected one that fit. */
function choiceLines(uiState: UiState): readonly Line[] {
	const {columns: width, view} = uiState;
	const {title, rows} = describeChoices(view) ?? {title: '', rows: []};
	const head = [[], ...wrapText(title, width - 4).map((text): Line => [{text: `   ${text}`, style: bold}]), []];
	const room = Math.max(1, pageHeight(uiState) - head.length);
	const selected = rows.findIndex(({isSelected}) => isSelected);
	const first = Math.max(0, Math.min(selected - room + 2, rows.length - room));
	return [...head, ...rows.slice(first, first + room).map(row => choiceLine(row, width))];
}

function choiceLine({mark, name, about, isSelected, hasCaret}: ChoiceRow, width: number): Line {
	const label: Span = {
		text: `${isSelected ? ' ❯ ' : '   '}${mark}${mark === '' ? '' : ' '}${name}  `,
		style: isSelected ? bold : {},
	};
	const room = Math.max(8, width - lineWidth([label]) - 1);
	if (isSelected && !hasCaret) {
		return selectedLine([label, {text: about}], width);
	}

	const value: Line = hasCaret ? caretSpans(about, [...about].length, room) : [{text: about}];
	return fitLine([label, ...value], width - 1);
}
