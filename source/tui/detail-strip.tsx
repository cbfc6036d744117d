import {Box} from 'ink';
import {daemonFactLines, daemonReasonText} from '../domain/daemon-report.js';
import {diagnosisAge} from '../domain/fleet.js';
import {stateWords} from '../domain/state.js';
import {cleanText} from '../domain/text.js';
import {reportOf} from './daemon-page.js';
import {fitLine, type Line, StyledLines} from './styled-line.js';
import {wrapParts, wrapText} from './text-width.js';
import {bold, dim, stateStyles} from './theme.js';
import {frameOf, selectedDaemon, shownEntry, tableHeight, type UiState} from './ui-state.js';
import type {NodeEntry} from './view/table-entries.js';

/** The strip below the table: the full reason of the selected node's state, and the advice. */
export function DetailStrip({uiState}: {readonly uiState: UiState}) {
	const height = stripHeight(uiState);
	if (height === 0) {
		return null;
	}

	const entry = shownEntry(uiState);
	const lines = allLines(uiState);
	const shown = lines.length <= height ? lines : entry ? shortLines(uiState, entry, height) : lines.slice(0, height);
	return (
		<Box flexDirection="column" height={height} flexShrink={0}>
			<StyledLines lines={shown.map(line => fitLine(line, uiState.columns - 1))} />
		</Box>
	);
}

/** Height of the strip: as many lines as it needs if the table leaves them free, else the lines reserved for it. */
export function stripHeight(uiState: UiState): number {
	const {strip} = frameOf(uiState);
	const free = Math.max(0, tableHeight(uiState) - uiState.listed.entries.length);
	const needed = strip === 0 ? 0 : allLines(uiState).length;
	return needed === 0 ? 0 : Math.max(strip, Math.min(strip + free, needed));
}

/** What is said of the selected row. */
function allLines(uiState: UiState): readonly Line[] {
	const entry = shownEntry(uiState);
	const daemon = selectedDaemon(uiState);
	return entry ? stripLines(uiState, entry) : daemon === undefined ? [] : daemonStripLines(uiState, daemon);
}

/** The state of the daemon whose heading is selected, and what is known of its chain. */
function daemonStripLines(uiState: UiState, daemon: string): readonly Line[] {
	const report = reportOf(uiState, daemon);
	const words = stateWords[report.state];
	const width = uiState.columns - 2 - indent.length;
	const said = `daemon ${daemon} ${report.reason === undefined ? `is ${report.state}` : daemonReasonText(report)}`;
	const facts = daemonFactLines(report, uiState.nowMs).slice(0, 2);
	return [
		...wrapText(cleanText(said), width).map(
			(text, line): Line => [
				{
					text: `${margin}${line > 0 ? indent : `${uiState.look.ascii ? words.ascii : words.glyph} `}${text}`,
					style: stateStyles[report.state],
				},
			],
		),
		...facts.flatMap(([, text]) =>
			wrapText(cleanText(text), width).map((part): Line => [{text: margin + indent + part, style: dim}]),
		),
	];
}

const margin = ' ';
const indent = '  ';

/** The reason, with the advice below it. */
function stripLines(uiState: UiState, entry: NodeEntry): readonly Line[] {
	const width = uiState.columns - 2 - indent.length;
	const advice = adviceOf(uiState, entry);
	return [
		...reasonLines(uiState, entry),
		...(advice === undefined
			? placeLines(entry, width)
			: wrapText(advice, width).map((text): Line => [{text: margin + indent + text, style: bold}])),
	];
}

/** The lines in limited height: the reason, then the command of the advice, which gets the last of at least three lines. */
function shortLines(uiState: UiState, entry: NodeEntry, height: number): readonly Line[] {
	const reason = reasonLines(uiState, entry);
	const advice = adviceOf(uiState, entry);
	const command = advice === undefined ? undefined : commandIn(advice);
	const width = uiState.columns - 2 - indent.length;
	const below =
		command === undefined
			? placeLines(entry, width)
			: wrapText(command, width).map((text): Line => [{text: margin + indent + text, style: bold}]);
	if (command === undefined || height < 3) {
		return firstLines(reason.length >= height ? reason : [...reason, ...below], height);
	}

	const said = firstLines(reason, height - 1);
	return firstLines([...said.map(line => fitLine(line, uiState.columns - 1)), ...below], height);
}

/** The last sentence of an advice if it names a command (`Try: ...`, `Use it: ...`), else the whole advice. */
function commandIn(advice: string): string {
	const last = [...advice.matchAll(/\. (?=[A-Z])/g)].at(-1);
	const sentence = last === undefined ? advice : advice.slice(last.index + 2);
	return sentence.includes(': ') ? sentence : advice;
}

/** The first `height` lines; the rest is joined to the last of them, where it is cut at the edge. */
function firstLines(lines: readonly Line[], height: number): readonly Line[] {
	const last = lines.slice(height - 1).flat();
	const goesOn = last.map(({text, style}, index) => ({text: index === 0 ? text : ` ${text.trimStart()}`, style}));
	return lines.length <= height ? lines : [...lines.slice(0, height - 1), goesOn];
}

function reasonLines({columns, look}: UiState, {row}: NodeEntry): readonly Line[] {
	const {glyph, ascii} = stateWords[row.state];
	const texts = wrapText(`${row.name}: ${row.text}`, columns - 2 - indent.length);
	const style = row.disabled ? dim : stateStyles[row.state];
	return texts.map((text, line) => [
		{text: `${margin}${line > 0 || row.disabled ? indent : `${look.ascii ? ascii : glyph} `}${text}`, style},
	]);
}

/** The advice of the last full check while it is current. */
function adviceOf({snapshot, nowMs}: UiState, {node}: NodeEntry): string | undefined {
	const hint = node.diagnosis?.details.hint;
	return hint !== undefined && diagnosisAge(node, snapshot, nowMs) === 'current' ? cleanText(hint, 600) : undefined;
}

/** The node's address, title, group and daemon, for a node without problems. */
function placeLines({row: {address, title, group, daemon}}: NodeEntry, width: number): readonly Line[] {
	const parts = [address, title, group && `group ${group}`, daemon && `daemon ${daemon}`];
	return wrapParts(
		parts.flatMap(part => part || []),
		width,
	).map(text => [{text: margin + indent + text, style: dim}]);
}
