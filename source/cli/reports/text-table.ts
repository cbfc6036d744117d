import stringWidth from 'string-width';
import type {StatusDocument} from '../../domain/status-document.js';
import {cleanText} from '../../domain/text.js';
import {colorLine, type StateColors} from '../output.js';
import {
	type CellStyle,
	type Column,
	type ColumnName,
	columns,
	compareTableRows,
	type Row,
	wideColumns,
} from './columns.js';

/** Spaces between two columns. */
const gap = 2;

export interface TextTableOptions extends CellStyle {
	readonly color: boolean;
	/** Width of the terminal in columns; absent: lines are not cut. */
	readonly width?: number;
}

/** The nodes as a plain table: a header, then one line per node, worst first. */
export function textTable(rows: readonly Row[], options: TextTableOptions): string {
	const sorted = rows.toSorted(compareTableRows);
	if (!rows.some(({reportedBy}) => reportedBy !== undefined)) {
		return laidTable(sorted, options).text;
	}

	const withHost = laidTable(sorted, {...options, hasHostColumn: true});
	return withHost.hasHost ? withHost.text : laidTable(sorted, options).text;
}

/** @param options with `hasHostColumn`, names are shown without their hosts, which have a separate column */
function laidTable(
	sorted: readonly Row[],
	options: TextTableOptions,
): {readonly text: string; readonly hasHost: boolean} {
	const isWide = options.width !== undefined && options.width >= wideColumns;
	const cells = new Map(
		(Object.entries(columns) as ReadonlyArray<[ColumnName, Column]>)
			.filter(([, {isScreenOnly, isInWideReports}]) => !isScreenOnly || (isInWideReports && isWide))
			.map(([name, column]) => [name, sorted.map(row => column.cell(row, options))] as const)
			.filter(([name, texts]) => !isEmptyExtra(columns[name], texts)),
	);
	const widths = new Map([...cells].map(([name, texts]) => [name, widest([columns[name].title, ...texts])]));
	const shown = chooseColumns([...cells.keys()], widths, options.width);
	const lineOf = (textOf: (name: ColumnName) => string): string =>
		shown
			.map((name, index) => pad(textOf(name), widths.get(name) ?? 0, columns[name].align, index === shown.length - 1))
			.join(' '.repeat(gap));
	const lines = sorted.map((row, index) => {
		const line = fit(
			lineOf(name => cells.get(name)?.[index] ?? ''),
			options,
		);
		return colorLine(line, row.disabled ? 'dim' : stateColorOf(row), options.color);
	});
	const text = [
		fit(
			lineOf(name => columns[name].title),
			options,
		),
		...lines,
	]
		.map(line => `${line}\n`)
		.join('');
	return {text, hasHost: shown.includes('host')};
}

const stateColorOf = ({state}: Row): StateColors => state;

function isEmptyExtra(column: Column, texts: readonly string[]): boolean {
	return (column.isExtra === true || column.isOptional === true) && texts.every(text => text === '');
}

function widest(texts: readonly string[]): number {
	return texts.reduce((widest, text) => Math.max(widest, stringWidth(text)), 0);
}

/** The width kept free for the message column when columns are dropped; the message itself is then cut. */
const minMessageWidth = 20;

/** Drops columns in the order of `leaves` until the rest fits. */
function chooseColumns(
	names: readonly ColumnName[],
	widths: ReadonlyMap<ColumnName, number>,
	width: number | undefined,
): ColumnName[] {
	let shown = [...names];
	const need = (some: readonly ColumnName[]): number =>
		some.reduce((sum, name) => {
			const own = widths.get(name) ?? 0;
			return sum + gap + (name === 'message' ? Math.min(own, minMessageWidth) : own);
		}, -gap);
	const leavers = names
		.map(name => ({name, leaves: (columns[name] as Column).leaves ?? 0}))
		.filter(({leaves}) => leaves > 0)
		.sort((a, b) => b.leaves - a.leaves);
	for (const {name} of leavers) {
		if (width === undefined || need(shown) <= width) {
			break;
		}

		shown = shown.filter(other => other !== name);
	}

	return shown;
}

function pad(text: string, width: number, align: 'left' | 'right', isLast: boolean): string {
	const space = ' '.repeat(Math.max(0, width - stringWidth(text)));
	return align === 'right' ? space + text : isLast ? text : text + space;
}

const segmenter = new Intl.Segmenter('en', {granularity: 'grapheme'});

/** Cuts a line to the terminal's width, with an ellipsis. */
function fit(line: string, {width, ascii}: Pick<TextTableOptions, 'width' | 'ascii'>): string {
	if (width === undefined || stringWidth(line) <= width) {
		return line;
	}

	const ellipsis = ascii ? '~' : '…';
	let cut = '';
	let used = 0;
	for (const {segment} of segmenter.segment(line)) {
		used += stringWidth(segment);
		if (used > width - 1) {
			break;
		}

		cut += segment;
	}

	return cut + ellipsis;
}

/**
 * Aligns the columns of a plain table.
 * @param rows the rows, with the header first
 * @param count number of rows after the header; the result is empty when it is 0
 */
export function alignColumns(rows: readonly (readonly string[])[], count: number): string {
	if (count === 0) {
		return '';
	}

	const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map(row => stringWidth(row[index] ?? ''))));
	const padded = (cell: string, index: number): string =>
		cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - stringWidth(cell)));
	return rows.map(row => `${row.map(padded).join('  ').trimEnd()}\n`).join('');
}

const header = [
	'id',
	'name',
	'group',
	'status',
	'state',
	'message',
	'reason',
	'version_text',
	'latency_ms',
	'since',
] as const;

/** The header with remote hosts: the column is added at the end, so that programs find the other columns in their usual places. */
const remoteHeader = [...header, 'host'] as const;

/** The nodes of a document as RFC 4180 CSV. Text that a spreadsheet would take for a formula is prefixed with an apostrophe. */
export function statusCsv({nodes, at}: StatusDocument): string {
	const names = nodes.some(({host}) => host !== undefined) ? remoteHeader : header;
	// With `--at`, every line contains the time.
	const past = at === undefined ? [] : [at];
	const lines = nodes.map(node => [...names.map(name => csvCell(node[name])), ...past].join(','));
	return [[...names, ...past.map(() => 'at')].join(','), ...lines].map(line => `${line}\r\n`).join('');
}

/** One CSV cell, quoted if necessary. */
export function csvCell(value: string | number | boolean | undefined): string {
	if (typeof value !== 'string') {
		return value === undefined ? '' : String(value);
	}

	const clean = cleanText(value, 1000);
	const safe = /^[=+\-@]/.test(clean) ? `'${clean}` : clean;
	return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
