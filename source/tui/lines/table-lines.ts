import {type CellStyle, type Column, columns} from '../../cli/reports/columns.js';
import {currentVerdict} from '../../domain/fleet.js';
import {ageText, countWithNoun} from '../../domain/format.js';
import {compareWorstFirst, type State, states, stateWords} from '../../domain/state.js';
import {frameOf, type UiState} from '../ui-state.js';
import {sortRules} from '../view/sort-keys.js';
import type {GroupEntry, NodeEntry, TableEntry} from '../view/table-entries.js';
import {currentId} from '../view/view-state.js';
import {fitText} from './display-width.js';
import {fitLine, type Line, padLine, type Span} from './spans.js';
import {gapWidth, type LaidColumn, layColumns, markWidth} from './table-columns.js';
import {bold, dim, inverse, stateStyles} from './theme.js';

/** Rows of nodes a terminal has room for: one line of titles stands above them. */
export function tableHeight(size: Pick<UiState, 'columns' | 'rows'>): number {
	return Math.max(1, frameOf(size).body - 1);
}

/** The table: titles, and the rows of the window. */
export function tableLines(uiState: UiState): readonly Line[] {
	const {view, listed, columns: width, nowMs, look} = uiState;
	const descending = sortRules[view.sort].descending !== view.inverted;
	const laid = layColumns(listed.all, width, {ascii: look.ascii, nowMs}, {sort: view.sort, descending});
	const style: CellStyle = {ascii: look.ascii, nowMs, hasHostColumn: laid.some(({name}) => name === 'host')};
	const selectedId = currentId(view, listed.ids);
	const visible = listed.entries.slice(view.top, view.top + tableHeight(uiState));
	return [
		titleLine(laid),
		...visible.map(entry =>
			entry.kind === 'group'
				? groupLine(entry, width)
				: nodeLine(entry, {laid, style, width, uiState, isSelected: entry.row.id === selectedId}),
		),
	];
}

function titleLine(laid: readonly LaidColumn[]): Line {
	const titles = laid.map(({title, width, align, name}, index): Span => {
		const isSorted = title !== (columns[name] as Column).title;
		return {text: fitText(title, width, align) + gapAfter(laid, index), style: isSorted ? bold : dim};
	});
	return [{text: ' '.repeat(markWidth)}, ...titles];
}

const gapAfter = (laid: readonly LaidColumn[], index: number): string =>
	index === laid.length - 1 ? '' : ' '.repeat(gapWidth);

interface RowPlace {
	readonly laid: readonly LaidColumn[];
	readonly style: CellStyle;
	readonly width: number;
	readonly uiState: UiState;
	readonly isSelected: boolean;
}

function nodeLine(entry: NodeEntry, {laid, style, width, uiState, isSelected}: RowPlace): Line {
	const {row} = entry;
	const cells = laid.map(({name, width: cellWidth, align}, index): Span => {
		const text = name === 'message' ? messageOf(entry, uiState) : (columns[name] as Column).cell(row, style);
		const look = row.disabled
			? dim
			: name === 'state'
				? stateStyles[row.state]
				: name === 'message' && row.state === 'up'
					? dim
					: {};
		return {text: fitText(text, cellWidth, align) + gapAfter(laid, index), style: look};
	});
	const mark = isSelected ? ' ❯ ' : ' '.repeat(markWidth);
	if (!isSelected) {
		return [{text: mark}, ...cells];
	}

	return padLine([{text: mark}, ...cells], width).map(({text, style: own}) => ({
		text,
		style: {...own, dim: false, ...inverse},
	}));
}

/** Results this many intervals and milliseconds old are not news any more; a busy node is asked less often. */
const staleIntervals = 3;
const staleMs = 5000;
const staleBusyMs = 65_000;

function messageOf({node, row}: NodeEntry, {snapshot, nowMs}: UiState): string {
	const checkedAt = currentVerdict(node, snapshot.method).result?.details.last_check;
	// The header names the daemon once; here its trouble matters.
	const text = row.daemon === undefined ? row.text : row.text.replace(`daemon ${row.daemon} `, 'daemon ');
	// Another host has its own clock and interval; that it is silent, and since when, the text itself says.
	if (row.disabled || checkedAt === undefined || snapshot.paused || node.origin) {
		return text;
	}

	const ageMs = nowMs - Date.parse(checkedAt);
	const isStale = ageMs > staleIntervals * snapshot.intervalMs + (row.state === 'busy' ? staleBusyMs : staleMs);
	return isStale ? `${ageText(ageMs)} ago: ${text}` : text;
}

function groupLine({by, name, members}: GroupEntry, width: number): Line {
	const counts = stateCounts(members);
	const worst = [...counts.keys()].sort(compareWorstFirst)[0] ?? 'up';
	const facts = by === 'daemon' && name !== undefined ? daemonFacts(members) : [];
	return fitLine(
		[
			{text: ` ${name ?? `no ${by}`}`, style: {...bold, underline: false}},
			{text: `  ${countWithNoun(members.length, 'node')}`, style: dim},
			...(worst === 'up' ? [] : countSpans(counts).flatMap(span => [{text: '  '}, span])),
			...facts.map(fact => ({text: ` · ${fact}`, style: dim})),
		],
		width - 1,
	);
}

/** What the nodes of a daemon last learned of it. */
function daemonFacts(members: readonly NodeEntry[]): string[] {
	for (const {node} of members) {
		const details = node.result?.details;
		if (details && 'daemon_reachable' in details && details.daemon_reachable !== undefined) {
			const {
				daemon_reachable: isReachable,
				daemon_height: height,
				daemon_synchronized: isSynchronized,
				daemon_lag: lag,
			} = details;
			return [
				...(isReachable ? [] : ['does not answer']),
				...(height === undefined ? [] : [`height ${height.toLocaleString('en')}`]),
				...(lag ? [`${countWithNoun(lag, 'block')} behind`] : []),
				...(isSynchronized === false ? ['not synchronized'] : []),
			];
		}
	}

	return [];
}

/** How many of some rows are in each state; states that none is in are absent, disabled rows count as nothing. */
export function stateCounts(entries: readonly TableEntry[]): ReadonlyMap<State, number> {
	const counts = new Map<State, number>();
	for (const entry of entries) {
		if (entry.kind === 'node' && !entry.row.disabled) {
			counts.set(entry.row.state, (counts.get(entry.row.state) ?? 0) + 1);
		}
	}

	return counts;
}

/** Counts as `✖ 2 down`, worst first. */
export function countSpans(counts: ReadonlyMap<State, number>, withWords = true): Span[] {
	return states
		.toReversed()
		.filter(state => counts.has(state))
		.map(state => ({
			text: `${stateWords[state].glyph} ${counts.get(state)}${withWords ? ` ${state}` : ''}`,
			style: stateStyles[state],
		}));
}
