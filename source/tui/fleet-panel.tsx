import {Box} from 'ink';
import {countText, sparkline} from '../domain/format.js';
import {keptResults} from '../domain/past/node-state.js';
import {stateWords} from '../domain/state.js';
import {cleanText} from '../domain/text.js';
import {latestLines} from './node-past.js';
import {daemonFacts} from './node-table.js';
import {PlainTable, plainTableHeight, type TableData} from './plain-table.js';
import {type Line, StyledLines} from './styled-line.js';
import {displayWidth, fitText, truncateText} from './text-width.js';
import {bold, dim, type Style, stateStyles} from './theme.js';
import {tableHeight, type UiState} from './ui-state.js';
import type {NodeEntry} from './view/table-entries.js';

/** Lines below which nothing is said. */
const leastHeight = 6;

/** What a large screen says of the whole fleet below the table: its daemons, the last checks of each node, and what changed last. */
export function FleetPanel({uiState, width}: {readonly uiState: UiState; readonly width: number}) {
	const room = tableHeight(uiState) - uiState.listed.entries.length;
	if (room < leastHeight) {
		return null;
	}

	const daemons = daemonTable(uiState.listed.all, width);
	const daemonsHeight = daemons.rows.length > 0 ? plainTableHeight(daemons) + 1 : 0;
	const past = pastOfAll(uiState, width, room - daemonsHeight - leastHeight);
	const below = room - daemonsHeight - past.length - 2;
	const changes = uiState.latest.slice(-Math.max(0, below)).toReversed();
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

const changesTitle: Line = [{text: '   Latest changes', style: bold}];

const [address, count, state, said] = ['DAEMON', 'NODES', 'STATE', 'LAST SEEN'] as const;

/** The daemons behind the nodes, most nodes first. */
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
				[said]: truncateText(facts.slice(isSilent ? 1 : 0).join(', '), Math.max(10, width - 80)),
			};
		});
	return {titles: [address, count, state, said], rows, styles};
}
