import {stripVTControlCharacters} from 'node:util';
import {renderToString} from 'ink';
import {Screen} from '../../source/tui/app.js';
import type {UiState} from '../../source/tui/ui-state.js';
import type {ScreenStoreFixture} from './screen-fixture.js';

/** The drawn screen with escape sequences; it has one line less than the terminal. */
export function drawnLines(uiState: UiState): readonly string[] {
	const lines = renderToString(<Screen uiState={uiState} />, {columns: uiState.columns}).split('\n');
	return Array.from({length: Math.max(lines.length, uiState.rows - 1)}, (_, row) => lines[row] ?? '');
}

/** The same without escape sequences and spaces at the end of lines. */
export function plainLines({getUiState}: Pick<ScreenStoreFixture, 'getUiState'>): readonly string[] {
	return drawnLines(getUiState()).map(line => stripVTControlCharacters(line).trimEnd());
}

/** The plain lines as one text. */
export const screenText = (store: Pick<ScreenStoreFixture, 'getUiState'>): string => plainLines(store).join('\n');
