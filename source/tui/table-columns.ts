import {type CellStyle, type Column, type ColumnName, columns, type Row} from '../interfaces/columns.js';
import {displayWidth} from './display-width.js';
import type {SortKey} from './sort-keys.js';
import type {NodeEntry} from './table-entries.js';

/** A column as it is drawn. */
export interface LaidColumn {
	readonly name: ColumnName;
	readonly width: number;
	readonly align: 'left' | 'right';
	readonly title: string;
}

const names = Object.keys(columns) as ColumnName[];
const column = (name: ColumnName): Column => columns[name];

/** Cells before the first column: the mark of the selection. */
export const markWidth = 3;
/** Cells between two columns. */
export const gapWidth = 2;

/** Least widths, so that columns do not move when a value comes or goes; titles have room for an arrow. */
const leastWidths: Readonly<Partial<Record<ColumnName, number>>> = {
	state: 10,
	name: 8,
	version: 4,
	latency: 8,
	lag: 5,
	for: 4,
};
/** Room a message is worth showing in, and the room it has before anything extra is shown. */
const leastMessage = 20;
const fairMessage = 44;

const sortedColumn: Readonly<Record<SortKey, ColumnName>> = {
	state: 'state',
	name: 'name',
	latency: 'latency',
	version: 'version',
	since: 'for',
};

/** Chooses the columns that fit and how wide each is. */
export function layColumns(
	entries: readonly NodeEntry[],
	width: number,
	style: CellStyle,
	order: {readonly sort: SortKey; readonly descending: boolean},
): readonly LaidColumn[] {
	const room = width - markWidth - 1;
	const widths = new Map(names.map(name => [name, widthOf(name, entries, style, room)]));
	const needOf = (some: readonly ColumnName[]): number =>
		some.reduce((sum, name) => sum + (widths.get(name) ?? 0) + gapWidth, -gapWidth);
	let shown = names.filter(name => !column(name).isExtra || (widths.get(name) ?? 0) > 0);
	for (const name of leavers(shown)) {
		const least = column(name).isExtra ? fairMessage : leastMessage;
		if (needOf(shown) + least > room) {
			shown = shown.filter(other => other !== name);
		}
	}

	const left = room - needOf(shown.filter(name => name !== 'message')) - gapWidth;
	return shown.map(name => {
		const {align} = column(name);
		return {
			name,
			align,
			width: name === 'message' ? Math.max(0, left) : (widths.get(name) ?? 0),
			title: titleOf(name, order),
		};
	});
}

function leavers(shown: readonly ColumnName[]): ColumnName[] {
	return shown
		.filter(name => column(name).leaves !== undefined)
		.sort((a, b) => (column(b).leaves ?? 0) - (column(a).leaves ?? 0));
}

function titleOf(name: ColumnName, {sort, descending}: {readonly sort: SortKey; readonly descending: boolean}): string {
	const {title, align} = column(name);
	const arrow = descending ? '↓' : '↑';
	return sortedColumn[sort] === name ? `${title}${align === 'left' ? ' ' : ''}${arrow}` : title;
}

function widthOf(name: ColumnName, entries: readonly NodeEntry[], style: CellStyle, room: number): number {
	if (name === 'message') {
		return 0;
	}

	if (name === 'state' || name === 'for') {
		return leastWidths[name] ?? 0;
	}

	const most = name === 'name' ? Math.max(10, Math.floor(room * 0.34)) : 24;
	let widest = 0;
	for (const {row} of entries) {
		widest = Math.max(widest, cellWidth(name, row, style));
	}

	return widest === 0 && column(name).isExtra
		? 0
		: Math.min(most, Math.max(widest, leastWidths[name] ?? 0, titleWidth(name, widest)));
}

function titleWidth(name: ColumnName, widest: number): number {
	return widest > 0 ? column(name).title.length : 0;
}

const cellWidths = new WeakMap<Row, Partial<Record<ColumnName, number>>>();

/** Widths of cells that do not change with time, measured once. */
function cellWidth(name: ColumnName, row: Row, style: CellStyle): number {
	let known = cellWidths.get(row);
	if (!known) {
		known = {};
		cellWidths.set(row, known);
	}

	known[name] ??= displayWidth(column(name).cell(row, style));
	return known[name];
}
