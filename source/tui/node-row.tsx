import {Box} from 'ink';
import {memo} from 'react';
import {type CellStyle, type Column, columns} from '../cli/reports/columns.js';
import {currentVerdict} from '../domain/fleet.js';
import {ageText} from '../domain/format.js';
import {Cell, isSameLine, type Line, type Span, selectedLine} from './styled-line.js';
import {gapAfter, gapWidth, type LaidColumn} from './table-columns.js';
import {displayWidth, fitText, truncateText} from './text-width.js';
import {bold, dim, type Style, stateStyles} from './theme.js';
import type {UiState} from './ui-state.js';
import type {NodeEntry} from './view/table-entries.js';

interface NodeRowProps {
	/** See {@link rowCells}. */
	readonly cells: Line;
	readonly isSelected: boolean;
	/** Whether its state has changed since the last key. */
	readonly isChanged: boolean;
	/** Whether an open alert is about it. */
	readonly isAlerting: boolean;
	/** Width of the row when it is selected. */
	readonly width: number;
}

/** One node of the table. It is redrawn only when one of its cells changes. */
export const NodeRow = memo(
	function NodeRow({cells, isSelected, isChanged, isAlerting, width}: NodeRowProps) {
		const mark = isChanged ? '•' : isAlerting ? '!' : ' ';
		const row = [{text: `${mark}${isSelected ? '❯' : ' '} `, ...(mark === ' ' ? {} : {style: bold})}, ...cells];
		return (
			<Box width={width} flexShrink={0}>
				{(isSelected ? selectedLine(row, width) : row).map(({text, style}, place) => {
					const key = place;
					return <Cell key={key} text={text} style={style} />;
				})}
			</Box>
		);
	},
	(a, b) =>
		a.isSelected === b.isSelected &&
		a.isChanged === b.isChanged &&
		a.isAlerting === b.isAlerting &&
		a.width === b.width &&
		isSameLine(a.cells, b.cells),
);

interface RowPlace {
	readonly laid: readonly LaidColumn[];
	readonly style: CellStyle;
	/** Whether a long message starts in the empty cells to its left. */
	readonly slides: boolean;
	readonly uiState: UiState;
}

/** The cells of a node's row, each padded to the width of its column, with the gap after it. */
export function rowCells(entry: NodeEntry, {laid, style, slides, uiState}: RowPlace): Line {
	const {row} = entry;
	const texts = laid.map(({name}) =>
		name === 'message' ? messageOf(entry, uiState) : (columns[name] as Column).cell(row, style),
	);
	const skipped = slides ? emptyBeforeMessage(laid, texts) : [];
	const gained = skipped.reduce((sum, index) => sum + (laid[index]?.width ?? 0) + gapWidth, 0);
	return laid.flatMap(({name, width: own, align}, index): Span[] => {
		const cellWidth = name === 'message' ? own + gained : own;
		const content = texts[index] ?? '';
		// The last cell is not padded, because Ink processes every character of a text.
		const text =
			index === laid.length - 1 && align === 'left'
				? truncateText(content, cellWidth)
				: fitText(content, cellWidth, align) + gapAfter(laid, index);
		return skipped.includes(index)
			? []
			: name === 'recent'
				? [...stateCells(text, row)]
				: [{text, style: styleOf(name, row)}];
	});
}

/** The last checks, each in the color of its state. */
function stateCells(text: string, {recentStates = []}: NodeEntry['row']): readonly Span[] {
	const marks = text.trimEnd();
	const padding = marks.length - marks.trimStart().length;
	const shown = recentStates.slice(-(marks.length - padding));
	return [
		{text: ' '.repeat(padding)},
		...shown.map((state, index) => ({text: marks[padding + index] ?? '', style: stateStyles[state]})),
		{text: text.slice(marks.length)},
	];
}

function styleOf(name: LaidColumn['name'], {disabled, state}: NodeEntry['row']): Style {
	return disabled || (name === 'message' && state === 'up') ? dim : name === 'state' ? stateStyles[state] : {};
}

const unknownTexts: ReadonlySet<string> = new Set(['', '-', '–']);

/** The empty cells directly before a message that does not fit: the message starts in the first of them. */
function emptyBeforeMessage(laid: readonly LaidColumn[], texts: readonly string[]): readonly number[] {
	const message = laid.findIndex(({name}) => name === 'message');
	if (message === -1 || displayWidth(texts[message] ?? '') <= (laid[message]?.width ?? 0)) {
		return [];
	}

	const skipped: number[] = [];
	for (let index = message - 1; index > 0 && unknownTexts.has(texts[index] ?? ''); index--) {
		skipped.push(index);
	}

	return skipped;
}

/** Results older than this many intervals plus milliseconds are shown as stale; busy nodes are checked less often. */
const staleIntervals = 3;
const staleMs = 5000;
const staleBusyMs = 65_000;

function messageOf({node, row}: NodeEntry, {snapshot, nowMs}: UiState): string {
	const checkedAt = currentVerdict(node, snapshot.method).result?.details.last_check;
	// The header names the daemon; the row shows only its problem.
	const text = row.daemon === undefined ? row.text : row.text.replace(`daemon ${row.daemon} `, 'daemon ');
	// Remote hosts have their own clock and interval; if one is silent, its text already says so.
	if (row.disabled || checkedAt === undefined || snapshot.paused || node.origin) {
		return text;
	}

	const ageMs = nowMs - Date.parse(checkedAt);
	const isStale = ageMs > staleIntervals * snapshot.intervalMs + (row.state === 'busy' ? staleBusyMs : staleMs);
	return isStale ? `${ageText(ageMs)} ago: ${text}` : text;
}
