import {Box} from 'ink';
import {type CellStyle, type Column, columns, wideColumns} from '../cli/reports/columns.js';
import {countWithNoun} from '../domain/format.js';
import {compareWorstFirst} from '../domain/state.js';
import {stripHeight} from './detail-strip.js';
import {countSpans, stateCounts} from './header.js';
import {NodeRow, rowCells} from './node-row.js';
import {fitLine, type Line, StyledLine, selectedLine} from './styled-line.js';
import {gapAfter, type LaidColumn, layColumns, markWidth, slidingWidth} from './table-columns.js';
import {fitText} from './text-width.js';
import {bold, dim} from './theme.js';
import {besideColumns, frameOf, hidesMessages, tableHeight, type UiState} from './ui-state.js';
import {type GroupEntry, type NodeEntry, sortRules} from './view/table-entries.js';
import {currentId} from './view/view-state.js';

interface NodeTableProps {
	readonly uiState: UiState;
	readonly width: number;
	/** Number of lines left free below it for the fleet panel; default 0. */
	readonly panelHeight?: number;
	/** Whether the last checks of all nodes are shown below it; default false. */
	readonly hasPastBelow?: boolean;
}

/** Columns whose content is shown below the table, which are hidden to leave room for messages. */
const belowColumns = {recent: 'hidden', trend: 'hidden', uptime: 'hidden', daemon: 'hidden'} as const;

/** Width that most messages need. */
const wholeMessage = 40;

/** The live table: column titles and the visible rows. */
export function NodeTable({uiState, width, panelHeight = 0, hasPastBelow = false}: NodeTableProps) {
	const {view, listed, nowMs, look} = uiState;
	const descending = sortRules[view.sort].descending !== view.inverted;
	const slides = width < slidingWidth || hasPastBelow;
	const laid = layColumns(
		listed.all,
		width,
		{ascii: look.ascii, nowMs},
		{
			sort: view.sort,
			descending,
			hidesMessages: hidesMessages(uiState),
			isWide: uiState.columns >= wideColumns,
			choices: hasPastBelow ? {...belowColumns, ...view.columns} : view.columns,
			slides,
			...(hasPastBelow ? {fairMessage: wholeMessage} : {}),
		},
	);
	const style: CellStyle = {ascii: look.ascii, nowMs, hasHostColumn: laid.some(({name}) => name === 'host')};
	const selectedId = currentId(view, listed.ids);
	const visible = visibleEntries(uiState);
	return (
		<Box flexDirection="column" height={tableRoom(uiState, panelHeight) + 1} width={width} flexShrink={0}>
			<StyledLine line={titleLine(laid)} />
			{visible.map(entry => {
				if (entry.kind === 'group') {
					return (
						<StyledLine
							key={`group ${entry.name}`}
							line={groupLine(entry, width, entry.id !== undefined && entry.id === selectedId)}
						/>
					);
				}

				const isSelected = entry.row.id === selectedId;
				const cells = rowCells(entry, {laid, style, slides, uiState});
				return (
					<NodeRow
						key={entry.row.id}
						cells={cells}
						isSelected={isSelected}
						isChanged={uiState.changedIds.has(entry.row.id)}
						isAlerting={uiState.alertingIds.has(entry.row.id)}
						width={width}
					/>
				);
			})}
		</Box>
	);
}

/** The visible rows. */
function visibleEntries(uiState: UiState): UiState['listed']['entries'] {
	const {view, listed} = uiState;
	return listed.entries.slice(view.top, view.top + tableHeight(uiState));
}

/** Height of the rows: all available lines; beside a page, no more than there are rows. */
function tableRoom(uiState: UiState, panelHeight: number): number {
	const {strip} = frameOf(uiState);
	return besideColumns(uiState) === 0
		? tableHeight(uiState) + strip - stripHeight(uiState) - panelHeight
		: visibleEntries(uiState).length;
}

function titleLine(laid: readonly LaidColumn[]): Line {
	const titles = laid.map(({title, width, align, name}, index) => {
		const isSorted = title !== (columns[name] as Column).title;
		return {text: fitText(title, width, align) + gapAfter(laid, index), style: isSorted ? bold : dim};
	});
	return [{text: ' '.repeat(markWidth)}, ...titles];
}

/** The heading of a group. */
function groupLine({by, name, members}: GroupEntry, width: number, isSelected: boolean): Line {
	const counts = stateCounts(members);
	const worst = [...counts.keys()].sort(compareWorstFirst)[0] ?? 'up';
	const facts = by === 'daemon' && name !== undefined ? daemonFacts(members) : [];
	const line: Line = [
		{text: `${isSelected ? '❯' : ' '}${name ?? `no ${by}`}`, style: bold},
		{text: `  ${countWithNoun(members.length, 'node')}`, style: dim},
		...(worst === 'up' ? [] : countSpans(counts).flatMap(span => [{text: '  '}, span])),
		...facts.map(fact => ({text: ` · ${fact}`, style: dim})),
	];
	return isSelected ? selectedLine(line, width) : fitLine(line, width - 1);
}

/** The facts of a daemon from the last results of its nodes. */
export function daemonFacts(members: readonly NodeEntry[]): string[] {
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
