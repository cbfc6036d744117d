import {type Line, StyledLines} from './styled-line.js';
import {displayWidth, fitText, wrapText} from './text-width.js';
import {bold} from './theme.js';
import {pageHeight, type UiState} from './ui-state.js';
import {keyRows} from './view/commands.js';

/** Every key and what it does; `scroll` lines are out of sight above. */
export function Help({uiState, scroll}: {readonly uiState: UiState; readonly scroll: number}) {
	return <StyledLines lines={helpLines(uiState).slice(scroll, scroll + pageHeight(uiState))} />;
}

/** Lines the help takes. */
export const helpHeight = (uiState: UiState): number => helpLines(uiState).length;

function helpLines({columns: width}: UiState): readonly Line[] {
	const rows = keyRows();
	const keysWidth = Math.min(
		Math.max(...rows.map(({keys}) => displayWidth(keys))),
		Math.max(12, Math.floor(width * 0.3)),
	);
	return rows.flatMap(({keys, does}) => {
		const left = wrapText(keys, keysWidth);
		const right = wrapText(does, Math.max(10, width - keysWidth - 6));
		return Array.from(
			{length: Math.max(left.length, right.length)},
			(_, index): Line => [
				{text: `  ${fitText(left[index] ?? '', keysWidth)}`, style: bold},
				{text: `  ${right[index] ?? ''}`},
			],
		);
	});
}
