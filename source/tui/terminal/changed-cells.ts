import type {EventEmitter} from 'node:events';
import {charactersOf, isOneColumnEach} from '../text-width.js';

/** The part of a terminal's output stream that is used here. */
export interface TerminalOutput extends Pick<EventEmitter, 'on' | 'off' | 'once'> {
	readonly columns?: number;
	readonly rows?: number;
	readonly writableNeedDrain?: boolean;
	readonly write: (bytes: string) => boolean;
}

/** A layer between Ink and the terminal that writes only changed cells. */
export interface ChangedCells {
	/** The stdout for Ink in its `debug` mode, in which every write is either a whole frame or begins with a terminal mode sequence. */
	readonly stdout: NodeJS.WriteStream;
	/** The last frame as text with SGR sequences. */
	readonly lastFrame: () => string;
	/** Clears the terminal and redraws the last frame. */
	readonly redraw: () => void;
}

/** One cell of the screen. The second half of a wide character is a cell with empty text. */
interface Cell {
	readonly text: string;
	/** SGR parameters in ascending order joined by `;`, empty for the default style. */
	readonly style: string;
}

interface Shown {
	readonly size: string;
	readonly lines: readonly string[];
	readonly cells: Cell[][];
}

const blank: Cell = {text: ' ', style: ''};
/** Up to this many unchanged cells are written again, because that takes fewer bytes than moving the cursor. */
const cheapGap = 4;
/** Start and end of a synchronized update, which supporting terminals draw at once; other terminals ignore the sequences. */
const synchronized = ['\u001B[?2026h', '\u001B[?2026l'] as const;
/** Ink's sequences for the alternate screen, and what is sent with them: hide the cursor and turn off line wrapping; and the reverse. */
const entering = ['\u001B[?1049h', '\u001B[?25l\u001B[?7l'] as const;
const leaving = ['\u001B[?1049l', '\u001B[?7h\u001B[m\u001B[?25h'] as const;

/**
 * Takes whole frames from Ink and sends the terminal only the cells that differ. That is a tenth of the bytes of Ink's own incremental
 * rendering, which rewrites a changed line to its end. If the terminal is slow, intermediate frames are skipped.
 */
export function createChangedCells(output: TerminalOutput): ChangedCells {
	let frame = '';
	const sizeOf = ({columns = 80, rows = 24}: TerminalOutput): string => `${columns}x${rows}`;
	const blankScreen = (): Shown => ({size: sizeOf(output), lines: [], cells: []});
	/** What the terminal currently shows; `undefined`: unknown, so it must be cleared first. */
	let shown: Shown | undefined = blankScreen();
	let waitsForDrain = false;

	const paint = (): string => {
		const {columns = 80, rows = 24} = output;
		const size = sizeOf(output);
		const before = shown?.size === size ? shown : undefined;
		const lines = frame.split('\n').slice(0, rows);
		const cells: Cell[][] = before?.cells ?? [];
		const pen = createPen(columns, before ? '' : '\u001B[2J');
		for (let y = 0; y < Math.max(lines.length, before?.lines.length ?? 0); y++) {
			const line = lines[y] ?? '';
			if (line !== (before?.lines[y] ?? '')) {
				const next = cellsOf(line, columns);
				drawChanges(pen, y, cells[y] ?? [], next);
				cells[y] = next;
			}
		}

		shown = {size, lines, cells};
		return pen.take();
	};

	const draw = (): void => {
		const bytes = waitsForDrain || frame === '' ? '' : paint();
		if (bytes !== '' && !output.write(bytes) && output.writableNeedDrain) {
			waitsForDrain = true;
			output.once('drain', () => {
				waitsForDrain = false;
				draw();
			});
		}
	};

	const write = (written: string, onWritten?: () => void): boolean => {
		if (written.startsWith('\u001B[?')) {
			shown = written.startsWith(entering[0]) ? blankScreen() : shown;
			output.write(written.replace(...withModes(entering)).replace(...withModes(leaving)));
		} else if (written !== '') {
			frame = written;
			draw();
		}

		if (onWritten) {
			queueMicrotask(onWritten);
		}

		return true;
	};

	const stdout = {
		isTTY: true,
		get columns() {
			return output.columns || 80;
		},
		get rows() {
			return output.rows || 24;
		},
		write,
		on: output.on.bind(output),
		off: output.off.bind(output),
	};
	return {
		stdout: stdout as unknown as NodeJS.WriteStream,
		lastFrame: () => frame,
		redraw: () => {
			shown = undefined;
			draw();
		},
	};
}

const withModes = ([said, besides]: readonly [string, string]): readonly [string, string] => [
	said,
	said === entering[0] ? said + besides : besides + said,
];

/** Collects the bytes to send. */
interface Pen {
	readonly write: (x: number, y: number, cells: readonly Cell[]) => void;
	readonly eraseFrom: (x: number, y: number) => void;
	readonly take: () => string;
}

function createPen(columns: number, start: string): Pen {
	let bytes = start;
	let runs = start === '' ? 0 : 1;
	let style = '';

	const setStyle = (next: string): void => {
		bytes += next === style ? '' : next === '' ? '\u001B[m' : `\u001B[${style === '' ? '' : ';'}${next}m`;
		style = next;
	};

	const moveTo = (x: number, y: number): void => {
		runs++;
		bytes += `\u001B[${x === 0 ? (y === 0 ? '' : y + 1) : `${y + 1};${x + 1}`}H`;
	};

	return {
		write: (x, y, cells) => {
			moveTo(x, y);
			let at: number | undefined = x;
			for (const [index, cell] of cells.entries()) {
				if (cell.text === '') {
					continue;
				}

				// If the terminal draws a character with a different width, this keeps the following cells in place.
				bytes += at === x + index ? '' : `\u001B[${x + index + 1}G`;
				setStyle(cell.style);
				bytes += cell.text;
				const next = x + index + (cells[index + 1]?.text === '' ? 2 : 1);
				at = isSureOfWidth(cell.text) && next < columns ? next : undefined;
			}
		},
		eraseFrom: (x, y) => {
			moveTo(x, y);
			setStyle('');
			bytes += '\u001B[K';
		},
		take: () => {
			setStyle('');
			return runs > 1 ? synchronized[0] + bytes + synchronized[1] : bytes;
		},
	};
}

/** Whether all terminals agree on the width of a character: ASCII, and CJK characters that are always wide. */
function isSureOfWidth(text: string): boolean {
	return /^[\u0020-\u007E\u3041-\u9FFF\uAC00-\uD7A3]$/.test(text);
}

const isSame = (a: Cell, b: Cell): boolean => a.text === b.text && a.style === b.style;

/** Writes the changed cells of one row; a blank end is erased. */
function drawChanges(pen: Pen, y: number, shown: readonly Cell[], cells: readonly Cell[]): void {
	const isChanged = (x: number): boolean => !isSame(shown[x] ?? blank, cells[x] ?? blank);
	let textEnd = cells.length;
	while (textEnd > 0 && isSame(cells[textEnd - 1] ?? blank, blank)) {
		textEnd--;
	}

	let end = cells.length;
	while (end > 0 && !isChanged(end - 1)) {
		end--;
	}

	const erases = end - textEnd > cheapGap;
	const drawEnd = erases ? textEnd : end;
	let x = 0;
	while (x < drawEnd) {
		if (!isChanged(x)) {
			x++;
			continue;
		}

		let last = x;
		for (let next = x + 1; next < drawEnd && next - last <= cheapGap; next++) {
			last = isChanged(next) ? next : last;
		}

		// Both halves of a wide character are written together.
		const from = cells[x]?.text === '' ? x - 1 : x;
		const to = cells[last + 1]?.text === '' ? last + 2 : last + 1;
		pen.write(from, y, cells.slice(from, to));
		x = to;
	}

	if (erases) {
		pen.eraseFrom(textEnd, y);
	}
}

/** The SGR parameters that each resetting parameter turns off. */
const endedBy: Readonly<Record<number, (code: number) => boolean>> = {
	0: () => true,
	22: code => code === 1 || code === 2,
	24: code => code === 4,
	27: code => code === 7,
	39: code => (code >= 30 && code <= 37) || (code >= 90 && code <= 97),
};

/** Parses one line of a frame (text with SGR sequences) into one cell per column. */
function cellsOf(line: string, columns: number): Cell[] {
	const cells: Cell[] = [];
	let codes: number[] = [];
	for (const [index, piece] of line.split('\u001B[').entries()) {
		const end = index === 0 ? -1 : piece.indexOf('m');
		codes = end === -1 ? codes : nextCodes(codes, piece.slice(0, end));
		const style = codes.join(';');
		pushText(cells, piece.slice(end + 1), {style, columns});
	}

	while (cells.length < columns) {
		cells.push(blank);
	}

	return cells;
}

function pushText(
	cells: Cell[],
	said: string,
	{style, columns}: {readonly style: string; readonly columns: number},
): void {
	if (isOneColumnEach(said)) {
		for (let index = 0; index < said.length && cells.length < columns; index++) {
			cells.push({text: said.charAt(index), style});
		}

		return;
	}

	for (const {text, width} of charactersOf(said)) {
		if (width > 0 && cells.length + width <= columns) {
			cells.push({text, style}, ...Array.from({length: width - 1}, () => ({text: '', style})));
		}
	}
}

function nextCodes(codes: readonly number[], parameters: string): number[] {
	let next = [...codes];
	for (const code of parameters.split(';').map(Number)) {
		const isEnded = endedBy[code];
		const isReplaced = isEnded ?? (code >= 30 ? endedBy[39] : (open: number) => open === code);
		next = next.filter(open => !isReplaced?.(open));
		next = isEnded ? next : [...next, code].sort((a, b) => a - b);
	}

	return next;
}
