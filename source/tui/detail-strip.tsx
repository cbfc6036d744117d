import {Box} from 'ink';
import {diagnosisAge} from '../domain/fleet.js';
import {stateWords} from '../domain/state.js';
import {cleanText} from '../domain/text.js';
import {fitLine, type Line, StyledLine} from './styled-line.js';
import {wrapText} from './text-width.js';
import {bold, dim, stateStyles} from './theme.js';
import {frameOf, shownEntry, type UiState} from './ui-state.js';
import type {NodeEntry} from './view/table-entries.js';

/** Under the table: the whole reason of the selected node's state, and what to do about it. */
export function DetailStrip({uiState}: {readonly uiState: UiState}) {
	const {columns} = uiState;
	const {strip} = frameOf(uiState);
	const entry = shownEntry(uiState);
	if (strip === 0 || !entry) {
		return null;
	}

	const lines = stripLines(uiState, entry);
	return (
		<Box flexDirection="column" height={strip} flexShrink={0}>
			{Array.from({length: strip}, (_, place) => {
				const key = place;
				return <StyledLine key={key} line={fitLine(lines[place] ?? [], columns - 1)} />;
			})}
		</Box>
	);
}

const margin = ' ';

function stripLines(uiState: UiState, entry: NodeEntry): readonly Line[] {
	const {columns, look} = uiState;
	const {row} = entry;
	const {glyph, ascii} = stateWords[row.state];
	const mark = `${look.ascii ? ascii : glyph} `;
	const [first = '', ...rest] = wrapText(`${mark}${row.name}: ${row.text}`, columns - 2);
	const style = row.disabled ? dim : stateStyles[row.state];
	const head: Line = [{text: margin + first, style}];
	if (rest.length > 0) {
		return [head, [{text: `${margin}${' '.repeat(mark.length)}${rest.join(' ')}`, style}]];
	}

	const advice = adviceOf(uiState, entry);
	return [head, advice === undefined ? placeLine(entry) : [{text: `${margin}  ${advice}`, style: bold}]];
}

/** What the last full check advises, while it is of now. */
function adviceOf({snapshot, nowMs}: UiState, {node}: NodeEntry): string | undefined {
	const hint = node.diagnosis?.details.hint;
	return hint !== undefined && diagnosisAge(node, snapshot, nowMs) === 'current' ? cleanText(hint, 600) : undefined;
}

/** Where the node is, when there is nothing to be done about it. */
function placeLine({row: {address, title, group, daemon}}: NodeEntry): Line {
	const parts = [address, title, group && `group ${group}`, daemon && `daemon ${daemon}`];
	return [{text: `${margin}  ${parts.filter(Boolean).join(' · ')}`, style: dim}];
}
