import {Box} from 'ink';
import {countText} from '../domain/format.js';
import {cleanText} from '../domain/text.js';
import {latestLines} from './node-past.js';
import {daemonFacts} from './node-table.js';
import {PlainTable, plainTableHeight, type TableData} from './plain-table.js';
import {type Line, StyledLines} from './styled-line.js';
import {truncateText} from './text-width.js';
import {bold, type Style, stateStyles} from './theme.js';
import {tableHeight, type UiState} from './ui-state.js';
import type {NodeEntry} from './view/table-entries.js';

/** Lines below which nothing is said. */
const leastHeight = 6;

/** What a large screen says of the whole fleet below the table: its daemons, and what changed last. */
export function FleetPanel({uiState, width}: {readonly uiState: UiState; readonly width: number}) {
	const room = tableHeight(uiState) - uiState.listed.entries.length;
	if (room < leastHeight) {
		return null;
	}

	const daemons = daemonTable(uiState.listed.all, width);
	const below = room - (daemons.rows.length > 0 ? plainTableHeight(daemons) + 1 : 0) - 2;
	const changes = uiState.latest.slice(-Math.max(0, below)).toReversed();
	return (
		<Box flexDirection="column" height={room} overflow="hidden" flexShrink={0}>
			{daemons.rows.length > 0 && (
				<>
					<StyledLines lines={[[]]} />
					<PlainTable data={daemons} />
				</>
			)}
			{changes.length > 0 && <StyledLines lines={[[], changesTitle, ...latestLines(changes, width, uiState.nowMs)]} />}
		</Box>
	);
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
