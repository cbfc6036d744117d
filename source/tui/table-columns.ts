import {type CellStyle, type Column, type ColumnName, columns, type Row} from '../cli/reports/columns.js';
import type {SortKey} from '../domain/view/remembered-view.js';
import {displayWidth} from './text-width.js';
import type {NodeEntry} from './view/table-entries.js';
import type {View} from './view/view-state.js';

/** A column as it is drawn. */
export interface LaidColumn {
	readonly name: ColumnName;
	readonly width: number;
	readonly align: 'left' | 'right';
	readonly title: string;
}

const names = Object.keys(columns) as ColumnName[];
const column = (name: ColumnName): Column => columns[name];

/** Width of the selection mark before the first column. */
export const markWidth = 3;
/** Spaces between two columns. */
export const gapWidth = 2;

/** The gap after a cell. */
export const gapAfter = (laid: readonly LaidColumn[], index: number): string =>
	index === laid.length - 1 ? '' : ' '.repeat(gapWidth);

/** Minimum widths, so that columns do not move when values appear or disappear; titles have room for an arrow. */
const minWidths: Readonly<Partial<Record<ColumnName, number>>> = {
	state: 10,
	host: 4,
	name: 8,
	version: 4,
	latency: 8,
	lag: 5,
	for: 4,
	recent: 11,
	trend: 10,
	uptime: 7,
	cpu: 5,
	memory: 5,
	files: 5,
};
/** Minimum width of the message column, and its width before extra columns are shown. */
const minMessage = 20;
const fairMessage = 28;
/** Below this width, a long message starts in the empty cells to its left. */
export const slidingWidth = 100;

const sortedColumn: Readonly<Partial<Record<SortKey, ColumnName>>> = {
	state: 'state',
	name: 'name',
	group: 'group',
	host: 'host',
	latency: 'latency',
	lag: 'lag',
	uptime: 'uptime',
	cpu: 'cpu',
	version: 'version',
	since: 'for',
};

/** Options for the columns. */
export interface TableOrder {
	readonly sort: SortKey;
	readonly descending: boolean;
	/** Whether messages are shown elsewhere. */
	readonly hidesMessages: boolean;
	/** Whether there is room for columns that only the live table has. */
	readonly isWide: boolean;
	/** The user's choices by column name. */
	readonly choices: View['columns'];
	/** Whether a long message starts in the empty cells to its left. */
	readonly slides: boolean;
	/** Width of a message before extra columns are shown; default 28. */
	readonly fairMessage?: number;
}

/** Chooses the columns that fit, and their widths. */
export function layColumns(
	entries: readonly NodeEntry[],
	width: number,
	style: CellStyle,
	order: TableOrder,
): readonly LaidColumn[] {
	if (!entries.some(({row}) => row.reportedBy !== undefined)) {
		return layGiven(entries, width, style, order);
	}

	const withHost = layGiven(entries, width, {...style, hasHostColumn: true}, order);
	return withHost.some(({name}) => name === 'host') ? withHost : layGiven(entries, width, style, order);
}

function layGiven(
	entries: readonly NodeEntry[],
	width: number,
	style: CellStyle,
	order: TableOrder,
): readonly LaidColumn[] {
	const room = width - markWidth - 1;
	// The column that the table is sorted by is shown even if no node has a value.
	const isSorted = (name: ColumnName): boolean => name !== 'host' && sortedColumn[order.sort] === name;
	const isKept = (name: ColumnName): boolean => order.choices[name] === 'shown' || isSorted(name);
	const isWanted = (name: ColumnName): boolean =>
		order.choices[name] !== 'hidden' && (column(name).isScreenOnly !== true || order.isWide || isKept(name));
	const widest = widestCells(entries, style, isWanted);
	const widths = new Map(
		names.map(name => [
			name,
			Math.max(widthOf(name, widest[name] ?? 0, room), isSorted(name) ? titleOf(name, order).length : 0),
		]),
	);
	const needOf = (some: readonly ColumnName[]): number =>
		some.reduce((sum, name) => sum + (widths.get(name) ?? 0) + gapWidth, -gapWidth);
	let shown = names.filter(name =>
		name === 'message'
			? !order.hidesMessages
			: isWanted(name) && (!isShownWithValue(column(name)) || (widths.get(name) ?? 0) > 0),
	);
	for (const name of leavers(shown)) {
		const minMessageWidth = order.hidesMessages
			? 0
			: column(name).isExtra
				? (order.fairMessage ?? fairMessage)
				: minMessage;
		if (needOf(shown) + minMessageWidth > room && !(isKept(name) && needOf(shown) <= room)) {
			shown = shown.filter(other => other !== name);
		}
	}

	const left = room - needOf(shown.filter(name => name !== 'message')) - gapWidth;
	return placed(shown, order.slides).map(name => {
		const {align} = column(name);
		return {
			name,
			align,
			width: name === 'message' ? Math.max(0, left) : (widths.get(name) ?? 0),
			title: titleOf(name, order),
		};
	});
}

/** Where messages need the cells to their left, the columns that may be empty stand last before them. */
function placed(shown: readonly ColumnName[], slides: boolean): readonly ColumnName[] {
	if (!slides || !shown.includes('message')) {
		return shown;
	}

	const moved = (['cpu', 'memory'] as const).filter(name => shown.includes(name));
	const others = shown.filter(name => name !== 'for' && name !== 'cpu' && name !== 'memory');
	const first = others.findIndex(name => emptyWithoutAnswer.has(name));
	return others.flatMap((name, index) => [
		...(index === first ? moved : []),
		name,
		...(name === 'name' && shown.includes('for') ? (['for'] as const) : []),
	]);
}

const emptyWithoutAnswer: ReadonlySet<ColumnName> = new Set([
	'version',
	'latency',
	'lag',
	'height',
	'message',
] as const);

const isShownWithValue = ({isExtra, isOptional}: Column): boolean => isExtra === true || isOptional === true;

function leavers(shown: readonly ColumnName[]): ColumnName[] {
	return shown
		.filter(name => column(name).leaves !== undefined)
		.sort((a, b) => (column(b).leaves ?? 0) - (column(a).leaves ?? 0));
}

function titleOf(name: ColumnName, {sort, descending}: TableOrder): string {
	const {title, align} = column(name);
	const arrow = descending ? '↓' : '↑';
	return sortedColumn[sort] === name ? `${title}${align === 'left' ? ' ' : ''}${arrow}` : title;
}

function widthOf(name: ColumnName, widest: number, room: number): number {
	if (name === 'message') {
		return 0;
	}

	if (widest === 0 && isShownWithValue(column(name))) {
		return 0;
	}

	const maxWidth = name === 'name' ? Math.max(10, Math.floor(room * 0.34)) : 24;
	return Math.min(maxWidth, Math.max(widest, minWidths[name] ?? column(name).title.length));
}

type Widths = Readonly<Partial<Record<ColumnName, number>>>;

/** Columns whose cells are measured; the widths of the others follow from their possible values. */
const measuredColumns = [
	'host',
	'name',
	'group',
	'address',
	'version',
	'latency',
	'lag',
	'daemon',
	'uptime',
	'height',
	'cpu',
	'memory',
	'files',
	'recent',
	'trend',
] as const satisfies readonly ColumnName[];

interface Known {
	readonly entries: WeakMap<readonly NodeEntry[], Widths>;
	readonly rows: WeakMap<Row, Widths>;
}

/** Measured widths by the set of columns. Names are narrower if a separate column shows the host. */
const known = new Map<string, Known>();

/** The widest cell of each measured column. After the first time, only changed rows are measured again. */
function widestCells(entries: readonly NodeEntry[], style: CellStyle, isWanted: (name: ColumnName) => boolean): Widths {
	const wanted = measuredColumns.filter(isWanted);
	const key = `${style.hasHostColumn ? 'host ' : ''}${wanted.join(' ')}`;
	const widths = known.get(key) ?? {entries: new WeakMap(), rows: new WeakMap()};
	known.set(key, widths);
	const measured = widths.entries.get(entries);
	if (measured) {
		return measured;
	}

	const widest: Partial<Record<ColumnName, number>> = {};
	for (const {row} of entries) {
		const cells = widths.rows.get(row) ?? cellWidths(row, style, wanted);
		widths.rows.set(row, cells);
		for (const name of wanted) {
			widest[name] = Math.max(widest[name] ?? 0, cells[name] ?? 0);
		}
	}

	widths.entries.set(entries, widest);
	return widest;
}

function cellWidths(row: Row, style: CellStyle, wanted: readonly ColumnName[]): Widths {
	const widths: Partial<Record<ColumnName, number>> = {};
	for (const name of wanted) {
		const {widthOf: countWidth, cell} = column(name);
		widths[name] = countWidth ? countWidth(row) : displayWidth(cell(row, style));
	}

	return widths;
}
