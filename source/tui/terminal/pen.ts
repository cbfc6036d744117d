import type {Cell} from './cell-grid.js';

/** Terminals that know it draw what stands between these at once; others pass over them. */
const synchronized = ['\u001B[?2026h', '\u001B[?2026l'] as const;

/** Collects what must be sent to a terminal, in as few bytes as it finds. */
export interface Pen {
	readonly clear: () => void;
	readonly write: (x: number, y: number, cells: readonly Cell[]) => void;
	readonly eraseFrom: (x: number, y: number) => void;
	readonly take: () => string;
}

/** @param columns the terminal's width */
export function createPen(columns: number): Pen {
	let bytes = '';
	let runs = 0;
	let style = '';
	let at: Place | undefined;

	const moveTo = (x: number, y: number): void => {
		bytes += shortestMove(at, {x, y});
		at = {x, y};
	};

	const setStyle = (next: string): void => {
		bytes += styleChange(style, next);
		style = next;
	};

	const write: Pen['write'] = (x, y, cells) => {
		runs++;
		for (const [index, cell] of cells.entries()) {
			if (cell.text === '') {
				continue;
			}

			moveTo(x + index, y);
			setStyle(cell.style);
			bytes += cell.text;
			const width = cells[index + 1]?.text === '' ? 2 : 1;
			const next = x + index + width;
			// A terminal that gives a character another width than ours must not shift what follows it.
			at = {x: isSureOfWidth(cell.text) && next < columns ? next : undefined, y};
		}
	};

	return {
		clear: () => {
			runs++;
			bytes += '\u001B[2J';
		},
		write,
		eraseFrom: (x, y) => {
			runs++;
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

/** Characters that every terminal draws in the columns we count: ASCII, and the undisputed wide ones. */
function isSureOfWidth(text: string): boolean {
	const code = text.codePointAt(0) ?? 0;
	return (
		text.length === 1 &&
		((code >= 0x20 && code <= 0x7e) || (code >= 0x3041 && code <= 0x9fff) || (code >= 0xac00 && code <= 0xd7a3))
	);
}

/** Where the cursor is, counted from 0. */
interface Place {
	/** Absent after a character of disputed width, and at the right edge. */
	readonly x: number | undefined;
	readonly y: number;
}

/** The shortest way for the cursor; from an unknown place the absolute one. */
function shortestMove(from: Place | undefined, to: {readonly x: number; readonly y: number}): string {
	const column = to.x === 0 ? '' : `;${to.x + 1}`;
	const absolute = `\u001B[${to.y === 0 && to.x === 0 ? '' : to.y + 1}${column}H`;
	if (!from || from.y > to.y) {
		return absolute;
	}

	const down = to.y - from.y;
	if (down === 1 && to.x === 0) {
		return '\r\n';
	}

	const vertical = down === 0 ? '' : `\u001B[${down === 1 ? '' : down}B`;
	return shorter(absolute, vertical + horizontalMove(from.x, to.x));
}

function horizontalMove(from: number | undefined, to: number): string {
	if (from === to) {
		return '';
	}

	if (to === 0) {
		return '\r';
	}

	const placed = `\u001B[${to + 1}G`;
	if (from === undefined) {
		return placed;
	}

	const steps = Math.abs(to - from);
	const relative = `\u001B[${steps === 1 ? '' : steps}${to > from ? 'C' : 'D'}`;
	const backspaces = to < from ? '\b'.repeat(steps) : relative;
	return shorter(shorter(placed, relative), backspaces);
}

function shorter(a: string, b: string): string {
	return b.length < a.length ? b : a;
}

/** The shortest SGR sequence from one style to another. */
function styleChange(from: string, to: string): string {
	if (from === to) {
		return '';
	}

	if (to === '') {
		return '\u001B[m';
	}

	const before = from === '' ? [] : from.split(';');
	const after = to.split(';');
	const isKept = before.every(code => after.includes(code) || (isColor(code) && after.some(isColor)));
	const added = after.filter(code => !before.includes(code));
	return isKept ? `\u001B[${added.join(';')}m` : `\u001B[;${to}m`;
}

function isColor(code: string): boolean {
	return code.length === 2;
}
