import {Box} from 'ink';
import {countText, sparkline} from '../domain/format.js';
import {keptResults} from '../domain/past/node-state.js';
import {stateWords} from '../domain/state.js';
import {cleanText} from '../domain/text.js';
import {stripHeight} from './detail-strip.js';
import {stateLegend} from './help.js';
import {latestLines} from './node-past.js';
import {daemonFacts} from './node-table.js';
import {cellPadding, PlainTable, plainTableHeight, type TableData, tableMargin} from './plain-table.js';
import {fitLine, type Line, StyledLines} from './styled-line.js';
import {displayWidth, fitText, truncateText} from './text-width.js';
import {bold, dim, type Style, stateStyles} from './theme.js';
import {frameOf, tableHeight, type UiState} from './ui-state.js';
import type {NodeEntry} from './view/table-entries.js';

/** Lines and columns below which nothing is said. */
const leastHeight = 6;
const leastWidth = 100;

/** Lines the panel takes: those between the last row of the table and what stands below; 0 where they are too few. */
export function fleetPanelHeight(uiState: UiState): number {
	const {strip} = frameOf(uiState);
	const below = strip === 0 ? 0 : stripHeight(uiState) - strip;
	const room = tableHeight(uiState) - below - uiState.listed.entries.length;
	return room < leastHeight || uiState.columns < leastWidth ? 0 : room;
}

/** What a large screen says of the whole fleet below the table: its daemons, the last checks of each node, and what changed last. */
export function FleetPanel({uiState, width}: {readonly uiState: UiState; readonly width: number}) {
	const room = fleetPanelHeight(uiState);
	if (room === 0) {
		return null;
	}

	const daemons = daemonTable(uiState.listed.all, width);
	const daemonsHeight = daemons.rows.length > 0 ? plainTableHeight(daemons) + 1 : 0;
	const past = pastOfAll(uiState, width, room - daemonsHeight - leastHeight);
	const below = room - daemonsHeight - past.length - 2;
	const changes = uiState.latest.slice(-Math.max(0, below)).toReversed();
	const legend = legendLines(uiState.look.ascii);
	return (
		<Box flexDirection="column" height={room} overflow="hidden" flexShrink={0}>
			{daemons.rows.length > 0 && (
				<>
					<StyledLines lines={[[]]} />
					<PlainTable data={daemons} />
				</>
			)}
			<StyledLines lines={past} />
			{changes.length > 0 && (
				<StyledLines lines={[[], changesTitle, ...latestLines(changes, width - 1, uiState.nowMs)]} />
			)}
			{below - changes.length >= legend.length && <StyledLines lines={legend.map(line => fitLine(line, width - 1))} />}
		</Box>
	);
}

/** The last checks and latencies of each node, where all of them have room; what is not known yet is dotted. */
function pastOfAll({listed}: UiState, width: number, room: number): readonly Line[] {
	const nodes = listed.entries.filter(entry => entry.kind === 'node').filter(({row}) => !row.disabled);
	if (nodes.length === 0 || nodes.length + 2 > room) {
		return [];
	}

	const nameWidth = Math.min(24, Math.max(...nodes.map(({row}) => displayWidth(row.name))));
	const count = Math.min(keptResults, Math.floor((width - nameWidth - 8) / 2));
	const title = `   ${fitText('', nameWidth)}  ${fitText('LAST CHECKS', count, 'right')}  ${fitText('LATENCIES', count, 'right')}`;
	return [
		[],
		[{text: title, style: dim}],
		...nodes.map(({row: {name, recentStates = [], latencies = []}}): Line => {
			const states = recentStates.slice(-count);
			const bars = sparkline(latencies.slice(-count));
			return [
				{text: `   ${fitText(name, nameWidth)}  `},
				{text: '·'.repeat(count - states.length), style: dim},
				...states.map(each => ({text: stateWords[each].glyph, style: stateStyles[each]})),
				{text: `  ${'·'.repeat(count - bars.length)}`, style: dim},
				{text: bars},
			];
		}),
	];
}

/** What the states mean, where nothing else needs the lines. */
const legendLines = (ascii: boolean): readonly Line[] => [
	[],
	[{text: '   States', style: bold}],
	...stateLegend(ascii).map(({keys, does}): Line => [{text: `   ${fitText(keys, 10)}  `}, {text: does, style: dim}]),
];

const changesTitle: Line = [{text: '   Latest changes', style: bold}];

const [address, count, state, said, behind] = ['DAEMON', 'NODES', 'STATE', 'LAST SEEN', 'BEHIND IT'] as const;

/** The daemons behind the nodes, most nodes first. What was seen of a daemon has its room before the names of its nodes. */
function daemonTable(entries: readonly NodeEntry[], width: number): TableData {
	const byDaemon = new Map<string, NodeEntry[]>();
	for (const entry of entries.filter(({row}) => !row.disabled)) {
		const {daemon} = entry.row;
		if (daemon !== undefined) {
			byDaemon.set(daemon, [...(byDaemon.get(daemon) ?? []), entry]);
		}
	}

	const styles = new Map<string, Style>([['does not answer', stateStyles.down]]);
	const rows = [...byDaemon]
		.sort(([, a], [, b]) => b.length - a.length)
		.slice(0, 8)
		.map(([daemon, members]) => {
			const facts = daemonFacts(members);
			const isSilent = facts[0] === 'does not answer';
			return {
				[address]: truncateText(cleanText(daemon), 40),
				[count]: countText(members.length).padStart(count.length),
				[state]: facts.length === 0 ? '' : isSilent ? 'does not answer' : 'answers',
				[said]: facts.slice(isSilent ? 1 : 0).join(', '),
				[behind]: members.map(({row}) => row.name).join(', '),
			};
		});
	const widest = (title: (typeof titles)[number]): number =>
		Math.max(title.length, ...rows.map(row => displayWidth(row[title]))) + cellPadding;
	const titles = [address, count, state, said] as const;
	const left = width - tableMargin - 1 - titles.reduce((sum, title) => sum + widest(title), 0);
	const namesWidth = left - cellPadding;
	return namesWidth >= leastNames
		? {
				titles: [...titles, behind],
				rows: rows.map(row => ({...row, [behind]: truncateText(row[behind], namesWidth)})),
				styles,
			}
		: {
				titles,
				rows: rows.map(row => ({
					...row,
					[said]: truncateText(row[said], Math.max(10, widest(said) + Math.min(0, left))),
				})),
				styles,
			};
}

/** Columns below which the nodes of a daemon are not named. */
const leastNames = 16;
