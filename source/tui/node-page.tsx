import {nodeJsonOutput} from '../cli/output.js';
import {nodeReport} from '../domain/status-document.js';
import {isCleanText} from '../domain/text.js';
import {detailsHeight, NodeDetails} from './node-details.js';
import {timesBefore, transitionLines} from './node-past.js';
import {type Line, StyledLines} from './styled-line.js';
import {displayWidth, wrapText} from './text-width.js';
import {dim} from './theme.js';
import {pageHeight, type UiState} from './ui-state.js';
import type {NodeEntry} from './view/table-entries.js';
import type {Page} from './view/view-state.js';

type OpenPage = Extract<Page, {readonly nodeId: number}>;

interface NodePageProps {
	readonly uiState: UiState;
	readonly entry: NodeEntry;
	readonly page: OpenPage;
}

/** A page of one node: its diagnostics, its JSON or its transitions. */
export function NodePage({uiState, entry, page}: NodePageProps) {
	const {columns} = uiState;
	const {kind, scroll} = page;
	const height = pageHeight(uiState);
	return kind === 'details' ? (
		<NodeDetails uiState={uiState} entry={entry} columns={columns} height={height} scroll={scroll} />
	) : (
		<StyledLines lines={textPages[kind](uiState, entry).slice(scroll, scroll + height)} />
	);
}

/** Number of lines of a page below its title. */
export function nodePageHeight(uiState: UiState, entry: NodeEntry, {kind}: OpenPage): number {
	return kind === 'details' ? detailsHeight(uiState, entry) : textPages[kind](uiState, entry).length;
}

/** Minimum width for showing how long the previous state had lasted. */
const withTimesFrom = 60;

const textPages: Readonly<
	Record<Exclude<OpenPage['kind'], 'details'>, (uiState: UiState, entry: NodeEntry) => readonly Line[]>
> = {
	json: (uiState, entry) => jsonLines(entry, uiState.columns),
	transitions: ({transitions, isRemote, columns, nowMs}) =>
		transitions.length === 0
			? [[], [{text: `   no change of state ${isRemote ? 'seen from here' : 'in the last 30 days'}`, style: dim}]]
			: [
					[],
					...transitionLines(transitions.toReversed(), {
						...{width: columns - 1, nowMs, isWhole: true},
						before: columns >= withTimesFrom ? timesBefore(transitions) : undefined,
					}),
				],
};

/** The same JSON below the diagnostics, if there is room; packed into few lines, so that all of it is visible. */
export function NodeJson({entry, columns}: {readonly entry: NodeEntry; readonly columns: number}) {
	const lines = filledJson(JSON.parse(nodeJson(entry)), columns - 4).map(
		(text): Line => [{text: `   ${text}`, style: dim}],
	);
	return <StyledLines lines={[[], ...lines]} />;
}

/** A piece of JSON that is not broken if it fits on a line. */
interface JsonPiece {
	readonly text: string;
	/** Nesting depth. */
	readonly depth: number;
}

/** Fills lines with pieces of JSON; each line is indented by the depth of its first piece. */
function filledJson(value: unknown, width: number): readonly string[] {
	const lines: string[] = [];
	for (const {text, depth} of jsonPieces(value, '', '', 0)) {
		const last = lines.at(-1);
		if (last !== undefined && displayWidth(last) + 1 + displayWidth(text) <= width) {
			lines[lines.length - 1] = `${last} ${text}`;
		} else {
			lines.push(...indentedJson(' '.repeat(2 * depth) + text, width));
		}
	}

	return lines;
}

function* jsonPieces(value: unknown, before: string, after: string, depth: number): Generator<JsonPiece> {
	const isList = Array.isArray(value);
	const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
	if (members.length === 0) {
		yield {text: safeJson(`${before}${JSON.stringify(value)}${after}`), depth};
		return;
	}

	yield {text: `${before}${isList ? '[' : '{'}`, depth};
	for (const [index, [key, member]] of members.entries()) {
		const isLast = index === members.length - 1;
		const behind = isLast ? ` ${isList ? ']' : '}'}${after}` : ',';
		yield* jsonPieces(member, isList ? '' : `${JSON.stringify(key)}: `, behind, depth + 1);
	}
}

/**
 * Wraps a line of JSON at spaces into lines of at most `width` columns; continuation lines are indented further. The text is
 * wrapped only once: wrapping the pieces of a long word again would put spaces into an id or a URL.
 */
function indentedJson(line: string, width: number): readonly string[] {
	const text = line.trimStart();
	const indent = Math.min(line.length - text.length, Math.max(0, width - 20));
	const fits = displayWidth(text) <= width - indent;
	const [first = '', ...rest] = fits ? [text] : wrapText(text, Math.max(1, width - indent - 4));
	return [' '.repeat(indent) + first, ...rest.map(text => ' '.repeat(indent + 4) + text)];
}

function jsonLines(entry: NodeEntry, columns: number): readonly Line[] {
	return nodeJson(entry)
		.split('\n')
		.flatMap(line => indentedJson(safeJson(line), columns - 3))
		.map(text => [{text: `  ${text}`}]);
}

/** The node as JSON for display, copying and saving: its definition without password, and its last result. */
export function nodeJson({node: fleetNode}: NodeEntry): string {
	const {node, nodeState, result, diagnosis, origin} = fleetNode;
	if (origin && result) {
		// The definition is known only on the host that checks it; here only its report is known.
		return JSON.stringify(nodeReport(fleetNode, result.details.method), undefined, 2);
	}

	// Both results are of this run; the newer one is used.
	const isDiagnosed = diagnosis && !(result && result.details.last_check > diagnosis.details.last_check);
	const last = isDiagnosed ? diagnosis : result;
	return JSON.stringify(
		nodeJsonOutput(node, last ? {worked: last.status, worked_data: last.details} : nodeState),
		undefined,
		2,
	);
}

/** Escapes characters in a line of JSON that must not reach a terminal. */
function safeJson(line: string): string {
	return isCleanText(line)
		? line
		: Array.from(line, sign =>
				isCleanText(sign) ? sign : `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
			).join('');
}
