import {Box} from 'ink';
import {useMemo} from 'react';
import {type FleetNode, mixedVersionsText, type RootCause, rootCauses} from '../domain/fleet.js';
import {ageText, countText, countWithNoun, durationText, localTimeText} from '../domain/format.js';
import {type SilentHost, silentHosts} from '../domain/remote/remote-nodes.js';
import {type State, states, stateWords} from '../domain/state.js';
import {fitLine, justify, type Line, lineWidth, type Span, StyledLine} from './styled-line.js';
import {bold, dim, error, stateStyles} from './theme.js';
import {frameOf, isHostRow, type UiState} from './ui-state.js';
import type {NodeEntry, TableEntry} from './view/table-entries.js';

/** The lines above the table: the state of the fleet and, if there is room, the root causes of its problems. */
export function Header({uiState}: {readonly uiState: UiState}) {
	const {columns} = uiState;
	const {all} = uiState.listed;
	const {nodes, notes} = uiState.snapshot;
	// Cached: keys and the clock change neither.
	const fleet = useMemo(() => countFleet(all), [all]);
	const causes = useMemo(() => causeLine(nodes, notes, columns), [nodes, notes, columns]);
	return (
		<Box flexDirection="column" flexShrink={0}>
			<StyledLine line={summaryLine(uiState, fleet)} />
			{frameOf(uiState).header > 1 && <StyledLine line={causes} />}
		</Box>
	);
}

interface FleetCounts {
	readonly nodes: number;
	readonly disabled: number;
	readonly counts: ReadonlyMap<State, number>;
}

function countFleet(entries: readonly NodeEntry[]): FleetCounts {
	const all = entries.filter(entry => !isHostRow(entry));
	return {nodes: all.length, disabled: all.filter(({row}) => row.disabled).length, counts: stateCounts(all)};
}

/** The most detailed summary that fits. */
function summaryLine(uiState: UiState, {nodes, disabled, counts}: FleetCounts): Line {
	const {columns: width} = uiState;
	const spaced = (spans: readonly Span[], gap: string): Span[] => spans.flatMap(span => [{text: gap}, span]);
	const named = countSpans(counts);
	const off: Span[] = disabled > 0 ? [{text: `${countText(disabled)} disabled`, style: dim}] : [];
	const total: Span = {text: ` ${countText(nodes)} ${nodes === 1 ? 'node' : 'nodes'}`, style: bold};
	const short = spaced(countSpans(counts, false), ' ');
	const method: Span = {text: uiState.snapshot.method, style: bold};
	const words: Line = [total, ...spaced(named, '  ')];
	const {atMs} = uiState.snapshot;
	if (atMs !== undefined) {
		return pastLine(atMs, [words, [total, ...short], [total]], width);
	}

	const ways: ReadonlyArray<readonly [Line, Line]> = [
		[
			[...words, ...spaced(off, '  ')],
			[method, ...intervalSpans(uiState), ageSpan(uiState)],
		],
		[words, [method, ...intervalSpans(uiState), ageSpan(uiState)]],
		[words, [method, ...pausedSpans(uiState), ageSpan(uiState)]],
		[
			[total, ...short],
			[method, ...intervalSpans(uiState), ageSpan(uiState)],
		],
		[
			[total, ...short],
			[method, ...pausedSpans(uiState), ageSpan(uiState)],
		],
		[
			[total, ...short],
			[method, ...pausedSpans(uiState)],
		],
		[[total, ...short], [method]],
	];
	const fitting = ways.find(([left, right]) => lineWidth(left) + lineWidth(right) + 3 <= width) ?? [
		[total, ...short],
		[],
	];
	return justify(fitting[0], [...fitting[1], {text: ' '}], width);
}

/** The mark of a screen that shows a time in the past. */
export const pastSpan = (atMs: number, width: number): Span => {
	const time = localTimeText(atMs);
	return {text: ` PAST ${width < wholeTimeFrom ? time.slice(5, 16) : time} `, style: {bold: true, inverse: true}};
};

/** Minimum width of a line for showing the year and the second of a time in the past. */
const wholeTimeFrom = 60;

/** The summary line for a time in the past, shown instead of interval and age. The mark is never dropped. */
function pastLine(atMs: number, ways: readonly Line[], width: number): Line {
	const past = pastSpan(atMs, width);
	const fitting = ways.find(way => lineWidth([past, ...way]) <= width) ?? [];
	return fitLine([past, ...fitting], width);
}

function intervalSpans(uiState: UiState): Line {
	const {paused, intervalMs} = uiState.snapshot;
	return paused ? pausedSpans(uiState) : [{text: ` · every ${durationText(intervalMs)}`, style: dim}];
}

const pausedSpans = ({snapshot}: UiState): Line =>
	snapshot.paused ? [{text: ' · '}, {text: 'paused', style: {bold: true, inverse: true}}] : [];

function ageSpan({snapshot: {lastCycle}, nowMs}: UiState): Span {
	const age = lastCycle ? `${ageText(Math.max(0, nowMs - lastCycle.endedAtMs))} ago` : 'checking';
	return {text: ` · ${age}`, style: dim};
}

/** Silent hosts and daemons that cause problems, else the first note; on the right different versions, if there is room. */
function causeLine(nodes: readonly FleetNode[], [note]: readonly string[], width: number): Line {
	const causes = [...silentHosts(nodes).flatMap(silentSpans), ...rootCauses(nodes).flatMap(causeSpans)];
	const left: Line = causes.length > 0 || note === undefined ? causes : [{text: ` ${note}`, style: error}];
	const versions = mixedVersionsText(nodes);
	const right: Line = versions === undefined ? [] : [{text: `${versions} `, style: dim}];
	const isRoom = lineWidth(left) + lineWidth(right) < width;
	return isRoom ? justify(left, right, width) : fitLine(left, width - 1);
}

/** Up to this many nodes are named; of more only the number is shown. */
const maxNames = 12;

function silentSpans({host, nodes}: SilentHost): Span[] {
	return [
		{text: ' '},
		{text: `${stateWords.down.glyph} host ${host} does not answer`, style: stateStyles.down},
		{text: nodes === 0 ? ' ' : `: ${countWithNoun(nodes, 'node')} `},
	];
}

function causeSpans({daemon, state, reason, nodes}: RootCause): Span[] {
	const names =
		nodes.length > maxNames ? countWithNoun(nodes.length, 'node') : nodes.map(({node}) => node.name).join(', ');
	return [
		{text: ' '},
		{text: `${stateWords[state].glyph} daemon ${daemon} ${reason}`, style: stateStyles[state]},
		{text: `: ${names} `},
	];
}

/** Counts rows by state; states without rows are absent, disabled rows are not counted. */
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
