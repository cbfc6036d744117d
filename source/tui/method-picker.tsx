import {checkMethods, checkMethodWords} from '../domain/check-method.js';
import {type Line, padLine, type Span, StyledLines} from './styled-line.js';
import {wrapText} from './text-width.js';
import {bold, dim, inverse} from './theme.js';
import type {UiState} from './ui-state.js';

/** Each method with what it proves and what it does not. */
export function MethodPicker({uiState, selected}: {readonly uiState: UiState; readonly selected: number}) {
	return <StyledLines lines={pickerLines(uiState, selected)} />;
}

function pickerLines({columns: width, snapshot}: UiState, selected: number): readonly Line[] {
	const indent = 14;
	return [
		[],
		[{text: '   Check method', style: bold}, ...recordedSpans(snapshot)],
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

/** Choosing only looks: what others see is what the configured method finds. */
function recordedSpans({method, recordedMethod = method}: UiState['snapshot']): Line {
	return [{text: `   for this screen; ${recordedMethod} is recorded`, style: dim}];
}
