import {nodeJsonReport} from '../../cli/output.js';
import {nodeReport} from '../../domain/status-document.js';
import {isCleanText} from '../../domain/text.js';
import {frameOf, type UiState} from '../ui-state.js';
import {keyRows} from '../view/commands.js';
import type {NodeEntry} from '../view/table-entries.js';
import {detailsLines, nodeTitle, pageEntry} from './details-lines.js';
import {chopText, displayWidth, fitText, wrapText} from './display-width.js';
import {emptyLines} from './empty-lines.js';
import {headerLines} from './header-lines.js';
import {transitionLines} from './past-lines.js';
import type {Line} from './spans.js';
import {tableLines} from './table-lines.js';
import {bold, dim} from './theme.js';

/** The node as JSON, as it is shown, copied and saved: definition without password, and the last result. */
export function nodeJson({node: fleetNode}: NodeEntry): string {
	const {node, nodeState, result, diagnosis, origin} = fleetNode;
	if (origin && result) {
		// Its definition is known where it is checked; here only what its host reports.
		return JSON.stringify(nodeReport(fleetNode, result.details.method), undefined, 2);
	}

	// Both are of this run: the newer one is what is known now.
	const isDiagnosed = diagnosis && !(result && result.details.last_check > diagnosis.details.last_check);
	const last = isDiagnosed ? diagnosis : result;
	return JSON.stringify(
		nodeJsonReport(node, last ? {worked: last.status, worked_data: last.details} : nodeState),
		undefined,
		2,
	);
}

/** A line of JSON with whatever must not reach a terminal written as JSON may write it. */
function safeJson(line: string): string {
	return isCleanText(line)
		? line
		: Array.from(line, sign =>
				isCleanText(sign) ? sign : `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
			).join('');
}

const pageContents = {
	details: detailsLines,
	json: (uiState, entry) =>
		nodeJson(entry)
			.split('\n')
			.flatMap(line => chopText(safeJson(line), uiState.columns - 3))
			.map(text => [{text: `  ${text}`}]),
	transitions: uiState =>
		uiState.transitions.length === 0
			? [
					[],
					[{text: `   no change of state ${uiState.isRemote ? 'seen from here' : 'in the last 30 days'}`, style: dim}],
				]
			: [[], ...transitionLines(uiState.transitions.toReversed(), uiState.columns - 1, uiState.nowMs)],
} as const satisfies Readonly<Record<string, (uiState: UiState, entry: NodeEntry) => readonly Line[]>>;

/** A page: the two lines on top, and what is below; `scroll` lines of it are out of sight above. */
export interface PageLines {
	readonly header: readonly Line[];
	readonly body: readonly Line[];
	readonly scroll: number;
}

/** The page that is open, or the help on top of it, before it is cut to the screen. */
export function pageLines(uiState: UiState): PageLines {
	const {view, listed} = uiState;
	if (view.dialog?.kind === 'help') {
		return {header: [], body: helpLines(uiState), scroll: view.dialog.scroll};
	}

	const {page} = view;
	const entry = pageEntry(uiState);
	if (!('scroll' in page) || !entry) {
		return {
			header: headerLines(uiState),
			body:
				listed.all.length === 0 || page.kind === 'found'
					? uiState.isRemote
						? remoteEmptyLines
						: emptyLines(uiState)
					: listed.ids.length === 0
						? nothingLines(uiState)
						: tableLines(uiState),
			scroll: 0,
		};
	}

	return {header: [nodeTitle(uiState, entry)], body: pageContents[page.kind](uiState, entry), scroll: page.scroll};
}

/** Lines the page has room for. */
export function pageHeight(uiState: UiState): number {
	const {header, body} = frameOf(uiState);
	return body + header - pageHeaderHeight(uiState);
}

function pageHeaderHeight({view}: UiState): number {
	return view.dialog?.kind === 'help' ? 0 : 'scroll' in view.page ? 1 : 2;
}

/** The table of remote hosts that check nothing. */
const remoteEmptyLines: readonly Line[] = [[], [{text: '   No nodes on the remote hosts', style: bold}]];

/** The table when nothing is listed of the nodes there are. */
function nothingLines({view}: UiState): readonly Line[] {
	const what = view.filter === '' ? 'no problems' : `no node matches ${view.filter}`;
	return [[], [{text: `   ${what}`, style: bold}], [{text: '   Esc: show all', style: dim}]];
}

/** Every key and what it does. */
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
