import stringWidth from 'string-width';

/**
 * A plain table, its columns aligned.
 * @param rows the line of titles first
 * @param count how many lines stand under the titles; without any there is no table
 */
export function alignedLines(rows: readonly (readonly string[])[], count: number): string {
	if (count === 0) {
		return '';
	}

	const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map(row => stringWidth(row[index] ?? ''))));
	const padded = (cell: string, index: number): string =>
		cell + ' '.repeat(Math.max(0, (widths[index] ?? 0) - stringWidth(cell)));
	return rows.map(row => `${row.map(padded).join('  ').trimEnd()}\n`).join('');
}
