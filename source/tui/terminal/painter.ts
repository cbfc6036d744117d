import {blankCell, type Cell, cellsOf} from './cell-grid.js';
import {createPen, type Pen} from './pen.js';

/** Turns frames into what must be sent so that the terminal shows them, given what it shows already. */
export interface Painter {
	/** @returns the bytes to send, empty when the terminal already shows the frame */
	readonly paint: (frame: string, size: {readonly columns: number; readonly rows: number}) => string;
	/** Forgets what the terminal shows: the next frame clears it and draws everything. */
	readonly forget: () => void;
}

/** Unchanged cells that are cheaper to write again than to step over. */
const cheapGap = 3;

/** @param clearFirst whether the very first frame clears the screen too */
export function createPainter({clearFirst = false} = {}): Painter {
	let shownLines: readonly string[] = [];
	let shownCells: Cell[][] = [];
	let mustClear = clearFirst;

	const paint: Painter['paint'] = (frame, {columns, rows}) => {
		const lines = frame.split('\n').slice(0, rows);
		const pen = createPen(columns);
		if (mustClear) {
			pen.clear();
			shownLines = [];
			shownCells = [];
		}

		for (let y = 0; y < Math.max(lines.length, shownLines.length); y++) {
			const line = lines[y] ?? '';
			if (line === (shownLines[y] ?? '')) {
				continue;
			}

			const cells = cellsOf(line, columns);
			drawChanges(pen, y, shownCells[y] ?? [], cells);
			shownCells[y] = cells;
		}

		shownLines = lines;
		mustClear = false;
		return pen.take();
	};

	return {
		paint,
		forget: () => {
			mustClear = true;
		},
	};
}

function isSame(a: Cell | undefined, b: Cell): boolean {
	const shown = a ?? blankCell;
	return shown.text === b.text && shown.style === b.style;
}

function isBlank({text, style}: Cell): boolean {
	return text === ' ' && style === '';
}

/** Writes the cells of one row that differ, the blank end of a row by erasing. */
function drawChanges(pen: Pen, y: number, shown: readonly Cell[], cells: readonly Cell[]): void {
	let end = cells.length;
	while (end > 0 && isSame(shown[end - 1], cells[end - 1] ?? blankCell)) {
		end--;
	}

	let textEnd = end;
	while (textEnd > 0 && isBlank(cells[textEnd - 1] ?? blankCell)) {
		textEnd--;
	}

	const rest = cells.slice(end).every(isBlank);
	const erases = rest && end - textEnd > 3;
	const drawEnd = erases ? textEnd : end;
	let x = 0;
	while (x < drawEnd) {
		if (isSame(shown[x], cells[x] ?? blankCell)) {
			x++;
			continue;
		}

		let from = x;
		while (from > 0 && cells[from]?.text === '') {
			from--;
		}

		x = runEnd(shown, cells, x, drawEnd);
		pen.write(from, y, cells.slice(from, x));
	}

	if (erases) {
		pen.eraseFrom(textEnd, y);
	}
}

/** Where a run of cells to write ends: before a gap that is longer than stepping over it. */
function runEnd(shown: readonly Cell[], cells: readonly Cell[], start: number, limit: number): number {
	let end = start + 1;
	for (let x = end; x < limit && x - end <= cheapGap; x++) {
		const cell = cells[x] ?? blankCell;
		const isChanged = !isSame(shown[x], cell);
		if (!isChanged && cell.style !== cells[end - 1]?.style) {
			break;
		}

		if (isChanged || (cell.text === '' && x === end)) {
			end = x + 1;
		}
	}

	return end;
}
