import {countWithNoun} from '../../domain/format.js';
import {frameOf, leastSize, type UiState} from '../ui-state.js';
import {footerLine, statusLine} from './bottom-lines.js';
import {dialogLines} from './dialog-lines.js';
import {wrapText} from './display-width.js';
import {type PageLines, pageHeight, pageLines} from './page-lines.js';
import {fitLine, type Line} from './spans.js';
import {bold, dim} from './theme.js';

/** The parts of the screen from top to bottom; together one line less than the terminal has. */
export interface ScreenLines {
	readonly header: readonly Line[];
	readonly body: readonly Line[];
	readonly status: Line;
	readonly footer: Line;
}

/** Everything the terminal shows. */
export function screenLines(uiState: UiState): ScreenLines {
	if (frameOf(uiState).isTooSmall) {
		return tooSmall(uiState);
	}

	const page = pageLines(uiState);
	const height = pageHeight(uiState);
	const body = dialogLines(uiState, height) ?? page.body.slice(page.scroll, page.scroll + height);
	const fit = (line: Line): Line => fitLine(line, uiState.columns);
	return {
		header: page.header.map(fit),
		body: Array.from({length: height}, (_, index) => fit(body[index] ?? [])),
		status: moreLine(uiState, page, height) ?? statusLine(uiState),
		footer: footerLine(uiState),
	};
}

/** Says that a page goes on below, where nothing more urgent is to be said. */
function moreLine({view}: UiState, {body, scroll}: PageLines, height: number): Line | undefined {
	const isPage = view.page.kind !== 'table' || view.dialog?.kind === 'help';
	const left = body.length - scroll - height;
	return isPage && !view.notice && left > 0 && (!view.dialog || view.dialog.kind === 'help')
		? [{text: ` ↓ ${countWithNoun(left, 'line')} more`, style: dim}]
		: undefined;
}

function tooSmall({columns, rows}: UiState): ScreenLines {
	const text = `terminal is ${columns}x${rows}; at least ${leastSize.columns}x${leastSize.rows} needed`;
	const lines = wrapText(text, Math.max(1, columns)).map((line): Line => fitLine([{text: line, style: bold}], columns));
	const all = Array.from({length: Math.max(2, rows - 1)}, (_, index) => lines[index] ?? []);
	return {header: [], body: all.slice(0, -2), status: all.at(-2) ?? [], footer: all.at(-1) ?? []};
}
