import {Box} from 'ink';
import {columns, wideColumns} from '../cli/reports/columns.js';
import {type DaemonReport, daemonReasonText, daemonReport} from '../domain/daemon-report.js';
import {ageText, countText, countWithNoun, formatLatency, sparkline} from '../domain/format.js';
import {keptResults} from '../domain/past/node-state.js';
import {type State, stateWords} from '../domain/state.js';
import {cleanText} from '../domain/text.js';
import {stripHeight} from './detail-strip.js';
import {stateLegend} from './help.js';
import {latestLines, momentText, timesBefore, usualLatencies} from './node-past.js';
import {daemonFacts} from './node-table.js';
import {cellPadding, PlainTable, plainTableHeight, type TableData, tableMargin} from './plain-table.js';
import {fitLine, type Line, type Span, StyledLines} from './styled-line.js';
import {displayWidth, fitText, truncateText, wrapText} from './text-width.js';
import {bold, dim, type Style, stateStyles} from './theme.js';
import {besideColumns, frameOf, tableHeight, type UiState} from './ui-state.js';
import type {NodeEntry} from './view/table-entries.js';

/** The minimum height and width of the panel. */
const minHeight = 6;
const minWidth = 100;

/** Height of the panel: the free lines below the last row of the table; 0 if there are too few. */
export function fleetPanelHeight(uiState: UiState): number {
	const {strip} = frameOf(uiState);
	const below = strip === 0 ? 0 : stripHeight(uiState) - strip;
	const room = tableHeight(uiState) - below - uiState.listed.entries.length;
	return room < minHeight || uiState.columns < minWidth ? 0 : room;
}

/** The panel below the table on a large screen: the daemons, the last checks of each node, and the latest transitions. */
export function FleetPanel({uiState, width}: {readonly uiState: UiState; readonly width: number}) {
	const height = fleetPanelHeight(uiState);
	if (height === 0) {
		return null;
	}

	// A blank line separates the panel from the strip.
	const room = height - (frameOf(uiState).strip > 0 ? 1 : 0);
	const {latest, nowMs} = uiState;
	const isWide = uiState.columns >= wideColumns;
	const table = isWide ? undefined : daemonTable(uiState.listed.all, width);
	const daemons = table ? [] : daemonTableLines(uiState, width);
	const daemonsHeight = table ? (table.rows.length > 0 ? plainTableHeight(table) + 1 : 0) : daemons.length;
	const checks = pastOfAll(uiState, width, room - daemonsHeight - minHeight);
	const hours = timelineLines(uiState, width, room - daemonsHeight - checks.length - minChanges);
	const past = [...checks, ...hours];
	const below = room - daemonsHeight - past.length - 2;
	const changes = latest.slice(-Math.max(0, below)).toReversed();
	const before = isWide && width >= withTimesWidth ? timesBefore(latest) : undefined;
	const legend = legendLines(uiState.look.ascii);
	return (
		<Box flexDirection="column" height={height} overflow="hidden" flexShrink={0}>
			{table && table.rows.length > 0 && (
				<>
					<StyledLines lines={[[]]} />
					<PlainTable data={table} />
				</>
			)}
			<StyledLines lines={daemons} />
			<StyledLines lines={past} />
			{changes.length > 0 && (
				<StyledLines lines={[[], changesTitle, ...latestLines(changes, {width: width - 1, nowMs, before})]} />
			)}
			{below - changes.length >= legend.length && <StyledLines lines={legend.map(line => fitLine(line, width - 1))} />}
		</Box>
	);
}

/** Minimum width for showing how long the previous state of a transition had lasted. */
const withTimesWidth = 100;

/** The nodes whose last checks can be shown below the table. */
const checkedNodes = ({listed}: UiState): readonly NodeEntry[] =>
	listed.entries.filter(entry => entry.kind === 'node').filter(({row}) => !row.disabled);

/** Whether the last checks of all nodes are shown below the table: its own columns for them are then hidden. */
export function showsPastBelow(uiState: UiState, width: number): boolean {
	const room = fleetPanelHeight(uiState) - daemonTableLines(uiState, width).length - minHeight;
	return hasRoomForAll(checkedNodes(uiState), room);
}

/** Whether a line for each node fits, below a blank line and a title. */
const hasRoomForAll = (nodes: readonly NodeEntry[], room: number): boolean =>
	nodes.length > 0 && nodes.length + 2 <= room;

/** The last checks and latencies of each node, if there is room for all nodes; unknown cells are dots. */
function pastOfAll(uiState: UiState, width: number, room: number): readonly Line[] {
	const nodes = checkedNodes(uiState);
	if (!hasRoomForAll(nodes, room)) {
		return [];
	}

	const nameWidth = namesWidth(nodes);
	const hasNumbers = uiState.columns >= wideColumns && width - nameWidth >= 80;
	const numbers = (texts: readonly string[]): string =>
		hasNumbers ? texts.map(text => `  ${fitText(text, numberWidth, 'right')}`).join('') : '';
	const indent = 3 + nameWidth + numbers(pastTitles).length;
	const count = Math.min(keptResults, Math.floor((width - indent - 5) / 2));
	const title = `   ${fitText('', nameWidth)}${numbers(pastTitles)}  ${fitText('LAST CHECKS', count, 'right')}  ${fitText('LATENCIES', count, 'right')}`;
	return [
		[],
		[{text: title, style: dim}],
		...nodes.map(({row}): Line => {
			const {name, recentStates = [], latencies = []} = row;
			const states = recentStates.slice(-count);
			const bars = sparkline(latencies.slice(-count));
			const {median, worst} = usualLatencies(latencies);
			return [
				{text: `   ${fitText(name, nameWidth)}`},
				{text: numbers([columns.uptime.cell(row), formatLatency(median), formatLatency(worst)])},
				{text: '  '},
				...stateSpans([...Array.from<undefined>({length: count - states.length}), ...states]),
				{text: `  ${'·'.repeat(count - bars.length)}`, style: dim},
				{text: bars},
			];
		}),
	];
}

/** A cell in the color of each state; unknown cells are dots. */
function stateSpans(cells: ReadonlyArray<State | undefined>): readonly Span[] {
	const spans: Span[] = [];
	let before: State | undefined | null = null;
	for (const state of cells) {
		const text = state === undefined ? '·' : stateWords[state].glyph;
		const last = spans.at(-1);
		if (last && state === before) {
			spans[spans.length - 1] = {...last, text: last.text + text};
		} else {
			spans.push({text, style: state === undefined ? dim : stateStyles[state]});
		}

		before = state;
	}

	return spans;
}

/** Number of lines kept free for the latest transitions. */
const minChanges = 9;

/** Number of cells of the timeline that fit; 0 if it is not shown. */
export function timelineCells(uiState: UiState): number {
	const {columns: all} = uiState;
	const width = all - (besideColumns(uiState) === 0 ? 0 : besideColumns(uiState) + 1);
	return fleetPanelHeight(uiState) === 0 || all < wideColumns
		? 0
		: Math.min(maxCells, width - namesWidth(checkedNodes(uiState)) - 6);
}

/** Maximum number of cells: a day in cells of ten minutes. */
const maxCells = 144;

/** The states of each node over the last hours, if there is room for all nodes. */
function timelineLines(uiState: UiState, width: number, room: number): readonly Line[] {
	const {timeline} = uiState;
	const nodes = checkedNodes(uiState);
	if (!timeline || !hasRoomForAll(nodes, room)) {
		return [];
	}

	const {fromMs, cellMs, states} = timeline;
	const nameWidth = namesWidth(nodes);
	const count = Math.min(width - nameWidth - 6, ...[...states.values()].map(({length}) => length));
	const firstMs = fromMs + cellMs * ((states.values().next().value?.length ?? count) - count);
	const withSeconds = cellMs < 60_000;
	const marks = Array.from({length: Math.floor(count / markEvery)}, (_, index) => {
		const time = momentText(new Date(firstMs + index * markEvery * cellMs).toISOString(), false);
		return fitText(withSeconds ? time : time.slice(0, 5), markEvery);
	});
	return [
		[],
		[{text: `   ${fitText('', nameWidth)}  ${marks.join('')}`, style: dim}],
		...nodes.map(({row: {id, name}}): Line => {
			const cells = (states.get(id) ?? []).slice(-count);
			return [{text: `   ${fitText(name, nameWidth)}  `}, ...stateSpans(cells)];
		}),
	];
}

/** Number of cells between two time labels of the timeline. */
const markEvery = 12;

const namesWidth = (nodes: readonly NodeEntry[]): number =>
	Math.min(24, Math.max(0, ...nodes.map(({row}) => displayWidth(row.name))));

const pastTitles = ['UPTIME', 'MEDIAN', 'WORST'] as const;
const numberWidth = 7;

/** The meaning of the states, shown if the lines are not needed otherwise. */
const legendLines = (ascii: boolean): readonly Line[] => [
	[],
	[{text: '   States', style: bold}],
	...stateLegend(ascii).map(({keys, does}): Line => [{text: `   ${fitText(keys, 10)}  `}, {text: does, style: dim}]),
];

const changesTitle: Line = [{text: '   Latest changes', style: bold}];

/** The columns of the daemons; on a narrow screen the last ones are dropped first. */
const daemonColumns: ReadonlyArray<{
	readonly title: string;
	readonly align?: 'right';
	readonly textOf: (report: DaemonReport, nowMs: number) => string | undefined;
}> = [
	{title: 'DAEMON', textOf: ({daemon}) => truncateText(cleanText(daemon), 40)},
	{title: 'STATE', textOf: ({state: word}) => `${stateWords[word].glyph} ${word}`},
	{
		title: 'FOR',
		align: 'right',
		textOf: ({since}, nowMs) => (since === undefined ? undefined : ageText(Math.max(0, nowMs - Date.parse(since)))),
	},
	{title: 'HEIGHT', align: 'right', textOf: ({details}) => known(details.daemon_height, countText)},
	{title: 'LAG', align: 'right', textOf: ({details}) => known(details.daemon_lag, countText)},
	{
		title: 'LAST BLOCK',
		align: 'right',
		textOf: ({details}) => known(details.block_age_s, seconds => `${ageText(seconds * 1000)} ago`),
	},
	{
		title: 'PEERS',
		align: 'right',
		textOf: ({details: {outgoing_peers: out, incoming_peers: incoming}}) =>
			known(out, peers => countText(peers + (incoming ?? 0))),
	},
	{title: 'LATENCY', align: 'right', textOf: ({latency_ms: latencyMs}) => known(latencyMs, formatLatency)},
	{title: 'VERSION', textOf: ({details}) => details.daemon_version_text},
];

const known = <T,>(value: T | undefined, textOf: (value: T) => string): string | undefined =>
	value === undefined ? undefined : textOf(value);

/** The daemons of the nodes, those with most nodes first, each with its problem and the names of its nodes. */
function daemonTableLines({listed, snapshot, daemonResult, nowMs}: UiState, width: number): readonly Line[] {
	const reports = [...behindDaemons(listed.all)].slice(0, maxDaemons).map(([daemon, members]) => {
		const nodes = members.map(({node}) => node);
		return daemonReport(daemon, {nodes, method: snapshot.method}, daemonResult?.(daemon));
	});
	if (reports.length === 0) {
		return [];
	}

	let left = width - 4 + columnGap.length;
	const laid = daemonColumns.flatMap(({title, align, textOf}) => {
		const texts = reports.map(report => textOf(report, nowMs) ?? '');
		const cellWidth = Math.max(title.length, ...texts.map(displayWidth));
		left -= texts.some(text => text !== '') ? cellWidth + columnGap.length : 0;
		return left < 0 || texts.every(text => text === '') ? [] : [{title, align, texts, cellWidth}];
	});
	const titles = laid.map(({title, align, cellWidth}) => fitText(title, cellWidth, align));
	return [
		[],
		[{text: `   ${titles.join(columnGap)}`, style: dim}],
		...reports.flatMap((report, index): readonly Line[] => {
			const {state: word, nodes} = report;
			const reason = daemonReasonText(report);
			const below = (text: string, style: Style): readonly Line[] =>
				wrapText(cleanText(text), width - 6).map(part => [{text: `     ${part}`, style}]);
			return [
				[
					{text: '   '},
					...laid.map(({title, align, texts, cellWidth}) => ({
						text: fitText(texts[index] ?? '', cellWidth, align) + columnGap,
						...(title === 'STATE' ? {style: stateStyles[word]} : {}),
					})),
				],
				...(reason === '' ? [] : below(reason, stateStyles[word])),
				...below(`${countWithNoun(nodes.length, 'node')}: ${nodes.map(({name}) => name).join(', ')}`, dim),
			];
		}),
	];
}

const columnGap = '  ';
/** Maximum number of listed daemons. */
const maxDaemons = 8;

const [address, count, state, lastSeen, behind] = ['DAEMON', 'NODES', 'STATE', 'LAST SEEN', 'BEHIND IT'] as const;

/** The enabled nodes by daemon; daemons with most nodes first. */
function behindDaemons(entries: readonly NodeEntry[]): ReadonlyMap<string, readonly NodeEntry[]> {
	const byDaemon = new Map<string, NodeEntry[]>();
	for (const entry of entries.filter(({row}) => !row.disabled)) {
		const {daemon} = entry.row;
		if (daemon !== undefined) {
			byDaemon.set(daemon, [...(byDaemon.get(daemon) ?? []), entry]);
		}
	}

	return new Map([...byDaemon].sort(([, a], [, b]) => b.length - a.length));
}

/** The table of the daemons, those with most nodes first. Facts of a daemon have priority over node names; absent without room. */
function daemonTable(entries: readonly NodeEntry[], width: number): TableData | undefined {
	const styles = new Map<string, Style>([['does not answer', stateStyles.down]]);
	const rows = [...behindDaemons(entries)].slice(0, maxDaemons).map(([daemon, members]) => {
		const facts = daemonFacts(members);
		const isSilent = facts[0] === 'does not answer';
		return {
			[address]: truncateText(cleanText(daemon), 40),
			[count]: countText(members.length).padStart(count.length),
			[state]: facts.length === 0 ? '' : isSilent ? 'does not answer' : 'answers',
			[lastSeen]: facts.slice(isSilent ? 1 : 0).join(', '),
			[behind]: members.map(({row}) => row.name).join(', '),
		};
	});
	const widest = (title: (typeof titles)[number]): number =>
		Math.max(title.length, ...rows.map(row => displayWidth(row[title]))) + cellPadding;
	const titles = [address, count, state, lastSeen] as const;
	const left = width - tableMargin - 1 - titles.reduce((sum, title) => sum + widest(title), 0);
	const room = left - cellPadding;
	return left < 0
		? undefined
		: room >= minNames
			? {
					titles: [...titles, behind],
					rows: rows.map(row => ({...row, [behind]: truncateText(row[behind], room)})),
					styles,
				}
			: {titles, rows, styles};
}

/** Minimum width of the names of a daemon's nodes. */
const minNames = 16;
