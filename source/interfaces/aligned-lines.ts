/**
 * A plain table, its columns aligned.
 * @param rows the line of titles first
 * @param count how many lines stand under the titles; without any there is no table
 */
export function alignedLines(rows: readonly (readonly string[])[], count: number): string {
	if (count === 0) {
		return '';
	}

	const widths = (rows[0] ?? []).map((_, index) => Math.max(...rows.map(row => row[index]?.length ?? 0)));
	return rows
		.map(row => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  '))
		.map(line => `${line.trimEnd()}\n`)
		.join('');
}
