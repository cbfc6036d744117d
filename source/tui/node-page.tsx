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

/** Lines a page takes below its title. */
export function nodePageHeight(uiState: UiState, entry: NodeEntry, {kind}: OpenPage): number {
	return kind === 'details' ? detailsHeight(uiState, entry) : textPages[kind](uiState, entry).length;
}

const textPages: Readonly<
	Record<Exclude<OpenPage['kind'], 'details'>, (uiState: UiState, entry: NodeEntry) => readonly Line[]>
> = {
	json: (uiState, entry) => jsonLines(entry, uiState.columns),
	transitions: ({transitions, isRemote, columns, nowMs}) =>
		transitions.length === 0
			? [[], [{text: `   no change of state ${isRemote ? 'seen from here' : 'in the last 30 days'}`, style: dim}]]
			: [
					[],
					...transitionLines(transitions.toReversed(), {width: columns - 1, nowMs, before: timesBefore(transitions)}),
				],
};

/** The same JSON below the diagnostics, where there is room: in few lines, so that all of it is seen. */
export function NodeJson({entry, columns}: {readonly entry: NodeEntry; readonly columns: number}) {
	const lines = filledJson(JSON.parse(nodeJson(entry)), columns - 4).map(
		(text): Line => [{text: `   ${text}`, style: dim}],
	);
	return <StyledLines lines={[[], ...lines]} />;
}

/** A piece of JSON that stays together where it fits on a line. */
interface JsonPiece {
	readonly text: string;
	/** How many objects and lists it is in. */
	readonly depth: number;
}

/** JSON whose pieces follow one another on a line as long as they fit, each line indented as deep as its first piece is. */
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

/** A line of JSON in lines of at most `width` columns, broken at spaces; what has no room in the first stands below it, further in. */
function indentedJson(line: string, width: number): readonly string[] {
	const said = line.trimStart();
	const indent = Math.min(line.length - said.length, Math.max(0, width - 20));
	const [first = '', ...others] = wrapText(said, Math.max(1, width - indent));
	const rest = others.length === 0 ? [] : wrapText(others.join(' '), Math.max(1, width - indent - 4));
	return [' '.repeat(indent) + first, ...rest.map(text => ' '.repeat(indent + 4) + text)];
}

function jsonLines(entry: NodeEntry, columns: number): readonly Line[] {
	return nodeJson(entry)
		.split('\n')
		.flatMap(line => indentedJson(safeJson(line), columns - 3))
		.map(text => [{text: `  ${text}`}]);
}

/** The node as JSON, as it is shown, copied and saved: definition without password, and the last result. */
export function nodeJson({node: fleetNode}: NodeEntry): string {
	const {node, nodeState, result, diagnosis, origin} = fleetNode;
	if (origin && result) {
		// Its definition is known where it is checked; here only what its host reports.
		return JSON.stringify(nodeReport(fleetNode, result.details.method), undefined, 2);
	}

	// Both are of this run: the newer one is what is known now.
	const isDiagnosed = diagnosis && !(result && result.details.last_check > diagnosis.details.last_check);
	const last = isDiagnosed ? diagnosis : result;
	return JSON.stringify(
		nodeJsonOutput(node, last ? {worked: last.status, worked_data: last.details} : nodeState),
		undefined,
		2,
	);
}

/** A line of JSON with whatever must not reach a terminal written as JSON may write it. */
function safeJson(line: string): string {
	return isCleanText(line)
		? line
		: Array.from(line, sign =>
				isCleanText(sign) ? sign : `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
			).join('');
}
