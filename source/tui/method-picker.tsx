import {checkMethods, checkMethodWords} from '../domain/check-method.js';
import {
	caretSpans,
	fitLine,
	type Line,
	linesAround,
	lineWidth,
	type Span,
	StyledLines,
	selectedLine,
} from './styled-line.js';
import {displayWidth, wrapText} from './text-width.js';
import {bold, dim} from './theme.js';
import {pageHeight, type UiState} from './ui-state.js';
import {type ChoiceRow, describeChoices} from './view/choices.js';

/** The methods, each with what it proves and what it does not. */
export function MethodPicker({uiState, selected}: {readonly uiState: UiState; readonly selected: number}) {
	return <StyledLines lines={layMethods(uiState, selected).lines} />;
}

/** The lines of a list, and how many more of them are out of sight below. */
interface LaidList {
	readonly lines: readonly Line[];
	readonly below: number;
}

function layMethods(uiState: UiState, selected: number): LaidList {
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
	const {lines, below} = linesAround(blocks, selected, Math.max(1, pageHeight(uiState) - head.length));
	return {lines: [...head, ...lines].map(line => fitLine(line, width)), below};
}

/** A note that the chosen method applies only to this screen; history and alerts use the configured method. */
function recordedSpans({method, recordedMethod = method}: UiState['snapshot']): Line {
	return [{text: `   for this screen; ${recordedMethod} is recorded`, style: dim}];
}

/** A list dialog: sort orders, columns, or the fields of a question. */
export function ChoiceList({uiState}: {readonly uiState: UiState}) {
	return <StyledLines lines={layChoices(uiState).lines} />;
}

/** Number of lines of the open list that are out of sight below. */
export function listLinesBelow(uiState: UiState): number {
	const {dialog} = uiState.view;
	return dialog?.kind === 'picker' ? layMethods(uiState, dialog.index).below : layChoices(uiState).below;
}

/** The rows around the selected one that fit. */
function layChoices(uiState: UiState): LaidList {
	const {columns: width, view} = uiState;
	const {title, rows} = describeChoices(view) ?? {title: '', rows: []};
	const head = [[], ...wrapText(title, width - 4).map((text): Line => [{text: `   ${text}`, style: bold}]), []];
	const selected = Math.max(
		0,
		rows.findIndex(({isSelected}) => isSelected),
	);
	const {lines, below} = linesAround(
		rows.map(row => choiceLines(row, width)),
		selected,
		Math.max(1, pageHeight(uiState) - head.length),
	);
	return {lines: [...head, ...lines], below};
}

/** Minimum width of a text beside its label; where there is less, it is below. */
const minBeside = 14;
const belowIndent = 6;

/** A row of a list. The selected one is shown whole, on more lines if need be. */
function choiceLines({mark, name, about, isSelected, hasCaret}: ChoiceRow, width: number): readonly Line[] {
	const label: Span = {
		text: `${isSelected ? ' ❯ ' : '   '}${mark}${mark === '' ? '' : ' '}${name}  `,
		style: isSelected ? bold : {},
	};
	const room = width - lineWidth([label]) - 1;
	if (isSelected && !hasCaret) {
		const isBeside = room >= Math.min(minBeside, displayWidth(about));
		const indent = isBeside ? lineWidth([label]) : belowIndent;
		const [first = '', ...rest] = isBeside ? wrapText(about, room) : ['', ...wrapText(about, width - indent - 1)];
		return [[label, {text: first}], ...rest.map((text): Line => [{text: ' '.repeat(indent) + text}])].map(line =>
			selectedLine(line, width),
		);
	}

	const value: Line = hasCaret ? caretSpans(about, [...about].length, Math.max(8, room)) : [{text: about}];
	return [fitLine([label, ...value], width - 1)];
}
