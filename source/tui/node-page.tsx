import {nodeJsonOutput} from '../cli/output.js';
import {nodeReport} from '../domain/status-document.js';
import {isCleanText} from '../domain/text.js';
import {detailsHeight, NodeDetails} from './node-details.js';
import {transitionLines} from './node-past.js';
import {type Line, StyledLines} from './styled-line.js';
import {chopText} from './text-width.js';
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
	transitions: uiState =>
		uiState.transitions.length === 0
			? [
					[],
					[{text: `   no change of state ${uiState.isRemote ? 'seen from here' : 'in the last 30 days'}`, style: dim}],
				]
			: [[], ...transitionLines(uiState.transitions.toReversed(), uiState.columns - 1, uiState.nowMs)],
};

/** The same JSON below the diagnostics, where there is room: in few lines, so that all of it is seen. */
export function NodeJson({entry, columns}: {readonly entry: NodeEntry; readonly columns: number}) {
	const lines = filledJson(JSON.parse(nodeJson(entry)), columns - 5)
		.flatMap(line => chopText(safeJson(line), columns - 4))
		.map((text): Line => [{text: `   ${text}`, style: dim}]);
	return <StyledLines lines={[[], ...lines]} />;
}

/**
 * JSON whose members follow one another on a line as long as they fit.
 * @param taken columns that stand before its first line
 */
function filledJson(value: unknown, width: number, taken = 0): readonly string[] {
	const whole = spacedJson(value);
	if (taken + whole.length <= width || typeof value !== 'object' || value === null) {
		return [whole];
	}

	const isList = Array.isArray(value);
	const lines: string[] = [];
	for (const [key, member] of Object.entries(value)) {
		const name = isList ? '' : `${JSON.stringify(key)}: `;
		const [first = '', ...rest] = filledJson(member, width - 4, name.length);
		const last = lines.at(-1);
		if (rest.length === 0 && last !== undefined && `${last} ${name}${first},`.length <= width - 4) {
			lines[lines.length - 1] = `${last} ${name}${first},`;
		} else {
			const said = [name + first, ...rest];
			lines.push(...said.map((line, index) => (index === rest.length ? `${line},` : line)));
		}
	}

	const [opening, closing] = isList ? '[]' : '{}';
	return lines.map((line, index) => {
		const said = index === lines.length - 1 ? `${line.slice(0, -1)} ${closing}` : line;
		return `${index === 0 ? opening : ' '} ${said}`;
	});
}

/** On one line, with spaces as people write them. */
const spacedJson = (value: unknown): string =>
	JSON.stringify(value, undefined, 1)
		.split('\n')
		.map(line => line.trim())
		.join(' ');

function jsonLines(entry: NodeEntry, columns: number): readonly Line[] {
	return nodeJson(entry)
		.split('\n')
		.flatMap(line => chopText(safeJson(line), columns - 3))
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
