import {type ColumnName, columns} from '../cli/reports/columns.js';
import {type State, stateWords} from '../domain/state.js';
import {filterFieldForms} from '../domain/view/filter.js';
import {type Line, StyledLines} from './styled-line.js';
import {displayWidth, fitText, wrapText} from './text-width.js';
import {bold, dim} from './theme.js';
import {pageHeight, type UiState} from './ui-state.js';
import {asciiKeys, type KeyRow, keyRows} from './view/commands.js';
import {columnMeanings, stateMeanings} from './view/legend.js';

/** All keys, and the legend of states and columns; `scroll` lines are out of sight at the top. */
export function Help({uiState, scroll}: {readonly uiState: UiState; readonly scroll: number}) {
	return <StyledLines lines={helpLines(uiState).slice(scroll, scroll + pageHeight(uiState))} />;
}

/** Number of lines of the help. */
export const helpHeight = (uiState: UiState): number => helpLines(uiState).length;

function helpLines({columns: width, look}: UiState): readonly Line[] {
	const rows = keyRows().map(row => (look.ascii ? {...row, keys: asciiKeys(row.keys, ' ')} : row));
	const legend = legendRows(look.ascii);
	const keysWidth = Math.min(
		Math.max(...[...rows, ...legend.flatMap(part => part.rows)].map(({keys}) => displayWidth(keys))),
		Math.max(12, Math.floor(width * 0.3)),
	);
	const linesOf = ({keys, does}: KeyRow): readonly Line[] => {
		const left = wrapText(keys, keysWidth);
		const right = wrapText(does, Math.max(10, width - keysWidth - 6));
		return Array.from(
			{length: Math.max(left.length, right.length)},
			(_, index): Line => [
				{text: `  ${fitText(left[index] ?? '', keysWidth)}`, style: bold},
				{text: `  ${right[index] ?? ''}`},
			],
		);
	};

	return [
		...rows.flatMap(linesOf),
		...legend.flatMap(part => [[], [{text: `  ${part.title}`, style: dim}], ...part.rows.flatMap(linesOf)]),
	];
}

/** The meaning of each state, with its glyph. */
export function stateLegend(ascii: boolean): readonly KeyRow[] {
	return Object.entries(stateMeanings).map(([state, does]) => {
		const words = stateWords[state as State];
		return {keys: `${ascii ? words.ascii : words.glyph} ${state}`, does};
	});
}

/** The meaning of the glyphs and column titles on the screen. */
function legendRows(ascii: boolean): ReadonlyArray<{readonly title: string; readonly rows: readonly KeyRow[]}> {
	const stateRows = stateLegend(ascii);
	const columnRows = Object.entries(columnMeanings).map(([name, does]) => ({
		keys: columns[name as ColumnName].title,
		does,
	}));
	return [
		{
			title: 'States',
			rows: [
				...stateRows,
				{keys: '•', does: 'its state has changed since you last pressed a key'},
				{keys: '!', does: 'an alert about it is open'},
			],
		},
		{title: 'Columns', rows: columnRows},
		{title: 'Fields of filters', rows: filterFieldForms.map(([keys, does]) => ({keys, does}))},
	];
}
