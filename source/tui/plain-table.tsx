import {Box, Text} from 'ink';
import inkTable from 'ink-table';
import {createContext, type ReactNode, use} from 'react';
import type {FullChecks} from '../domain/check-result.js';
import {hostInUrl} from '../domain/daemon-address.js';
import {formatLatency} from '../domain/format.js';
import {type State, stateWords} from '../domain/state.js';
import {cleanText} from '../domain/text.js';
import {fitText, wrapText} from './text-width.js';
import {dim, drawableText, LookContext, type Style, stateStyles, textProps} from './theme.js';

/** A short table in which every row is one line. */
export interface TableData {
	/** The titles from left to right; cells have the same leading or trailing spaces as their title. */
	readonly titles: readonly string[];
	/** The cells by their titles. */
	readonly rows: readonly Readonly<Record<string, string>>[];
	/** Styles by the text of a cell; other cells have no style. */
	readonly styles: ReadonlyMap<string, Style>;
}

/** Number of lines of a table. */
export const plainTableHeight = ({rows}: TableData): number => rows.length + 1;

/** Width that ink-table adds to the widest text of each column, and the width before the first column. */
export const cellPadding = 2;
export const tableMargin = 2;

const Table = inkTable.default;
const StylesContext = createContext<Pick<TableData, 'styles' | 'titles'>>({styles: new Map(), titles: []});

/** A table drawn by ink-table without its lines. */
export function PlainTable({data, margin = tableMargin}: {readonly data: TableData; readonly margin?: number}) {
	return (
		<StylesContext value={data}>
			<Box marginLeft={margin} flexShrink={0}>
				<Table
					data={[...data.rows]}
					columns={[...data.titles]}
					header={TableTitle}
					cell={TableCell}
					skeleton={NoRule}
				/>
			</Box>
		</StylesContext>
	);
}

function TableTitle({children}: {readonly children?: ReactNode}) {
	return <Text dimColor>{children}</Text>;
}

function TableCell({column, children}: {readonly column: number; readonly children?: ReactNode}) {
	const look = use(LookContext);
	const {styles, titles} = use(StylesContext);
	const text = String(children);
	// ink-table pads cells by the number of characters, which may differ from their width, so the last cell is not padded.
	const isLast = column > 0 && column === titles.length - 1;
	return (
		<Text wrap="truncate-end" {...textProps(styles.get(text.trim()), look)}>
			{drawableText(isLast ? text.trimEnd() : text, look)}
		</Text>
	);
}

function NoRule() {
	return null;
}

const [check, took, result] = ['  CHECK  ', '   TOOK ', 'RESULT'] as const;
/** Title of the single column on a terminal that is too narrow for three. */
const narrow = '  CHECK      TOOK';
const nameWidth = check.length;
const tookWidth = took.length;
/** Indentation of the text beside name and time, and of text below them. */
const besideIndent = tableMargin + nameWidth + tookWidth + 2 * cellPadding + 1;
const belowIndent = tableMargin + 3;
const minBeside = 34;

/** Lays out the checks, each with its verdict, duration and evidence. */
export function layCheckTable(checks: FullChecks | undefined, width: number, isOld: boolean): TableData {
	const isBeside = width - besideIndent >= minBeside;
	const styles = new Map<string, Style>();
	const rows = (checks ? checkRows(checks) : []).flatMap((row): Record<string, string>[] => {
		const {head, style} = headOf(row);
		const time = row.state === undefined || row.tookMs === undefined ? '' : formatLatency(row.tookMs);
		const texts = wrapText(row.seen, Math.max(10, width - (isBeside ? besideIndent : belowIndent)));
		const textStyle = row.state === undefined || isOld ? dim : {};
		for (const text of isBeside ? texts : texts.map(below => `  ${below}`)) {
			styles.set(text.trim(), textStyle);
		}

		const first = isBeside ? head : `${fitText(head, nameWidth)}${time.padStart(tookWidth)}`;
		styles.set(first.trim(), isOld ? dim : style);
		styles.set(time, dim);
		return isBeside
			? texts.map((text, line) => ({
					[check]: line === 0 ? first : '',
					[took]: line === 0 ? `${time.padStart(tookWidth - 1)} ` : '',
					[result]: text,
				}))
			: [first, ...texts.map(text => `  ${text}`)].map(text => ({[narrow]: text}));
	});
	return {titles: isBeside ? [check, took, result] : [narrow], rows, styles};
}

function headOf({name, state}: CheckRow): {readonly head: string; readonly style: Style} {
	return state === undefined
		? {head: `– ${name}`, style: dim}
		: {head: `${stateWords[state].glyph} ${name}`, style: stateStyles[state]};
}

/** One check of the diagnostics. */
interface CheckRow {
	readonly name: string;
	/** Absent: not reached. */
	readonly state: State | undefined;
	/** Milliseconds; absent when not reached. */
	readonly tookMs: number | undefined;
	/** Verdict and evidence in one sentence. */
	readonly seen: string;
}

type Part = NonNullable<FullChecks[keyof FullChecks]>;

/** The evidence of a check in addition to its message. */
const evidenceOf: {
	readonly [P in keyof FullChecks]-?: (part: NonNullable<FullChecks[P]>) => ReadonlyArray<string | undefined>;
} = {
	pid: ({details: {pid, unit}}) => [pid === undefined ? undefined : `pid ${pid}`, unit],
	port: ({details: {host, port}}) => [`${hostInUrl(host)}:${port}`],
	api: ({status, details}) => [
		status && 'version_text' in details && details.version_text ? `version ${details.version_text}` : undefined,
	],
	daemon: () => [],
	wallet: () => [],
};

const order = ['pid', 'port', 'api', 'daemon', 'wallet'] as const satisfies ReadonlyArray<keyof FullChecks>;

/** The checks of a `full` result, in the order in which they depend on each other. */
function checkRows(checks: FullChecks): readonly CheckRow[] {
	return order.flatMap(name => {
		const part = checks[name];
		return part ? [rowOf(name, part)] : [];
	});
}

/** A message and its reason, unless both are the same. */
export function messageWithReason(message: string, reason: string | undefined): string {
	return reason === undefined || reason === message ? message : `${message}: ${reason}`;
}

function rowOf(name: keyof FullChecks, part: Part): CheckRow {
	const {message, reason, state, latency_ms: tookMs} = part.details;
	const evidence = (evidenceOf[name] as (some: Part) => ReadonlyArray<string | undefined>)(part);
	const explained = messageWithReason(message, reason);
	return {
		name,
		// A stopped process (SIGSTOP) exists but does nothing, so it is shown as degraded.
		state:
			message === 'not reached' ? undefined : 'stopped' in part.details && part.details.stopped ? 'degraded' : state,
		tookMs,
		seen: cleanText([explained, ...evidence.filter(Boolean)].join(', ')),
	};
}
