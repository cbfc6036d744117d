import {caretSpans, fitLine, type Line, lineWidth, padLine, type Span, StyledLines} from './styled-line.js';
import {wrapText} from './text-width.js';
import {bold, inverse} from './theme.js';
import {pageHeight, type UiState} from './ui-state.js';
import {type ChoiceRow, describeChoices} from './view/choices.js';

/** A list to choose from: orders, columns, or the fields of a question. */
export function ChoiceList({uiState}: {readonly uiState: UiState}) {
	return <StyledLines lines={choiceLines(uiState)} />;
}

/** The rows around the selected one are in sight. */
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
		return padLine(fitLine([label, {text: about}], width), width).map(({text}) => ({text, style: inverse}));
	}

	const value: Line = hasCaret ? caretSpans(about, [...about].length, room) : [{text: about}];
	return fitLine([label, ...value], width - 1);
}
