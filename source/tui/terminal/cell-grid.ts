import {charactersOf} from '../lines/display-width.js';

/** One cell of the screen. The second half of a wide character is a cell with empty text. */
export interface Cell {
	readonly text: string;
	/** SGR parameters in ascending order joined by `;`, empty for the terminal's own look. */
	readonly style: string;
}

/** What a cell holds where nothing was drawn. */
export const blankCell: Cell = {text: ' ', style: ''};

const sgr = /^([\d;]*)m/;

/** What each closing SGR parameter ends. */
const endedBy: Readonly<Record<number, (code: number) => boolean>> = {
	0: () => true,
	22: code => code === 1 || code === 2,
	24: code => code === 4,
	27: code => code === 7,
	39: code => (code >= 30 && code <= 37) || (code >= 90 && code <= 97),
};

/**
 * Reads one line of a frame, text and SGR sequences, into cells.
 * @param columns the cells there are; what does not fit is left out
 */
export function cellsOf(line: string, columns: number): Cell[] {
	const cells: Cell[] = [];
	const [start = '', ...styled] = line.split('\u001B[');
	let codes: number[] = [];
	pushText(cells, start, '', columns);
	for (const piece of styled) {
		const match = sgr.exec(piece);
		codes = nextCodes(codes, match?.[1] ?? '');
		pushText(cells, piece.slice(match?.[0].length ?? 0), codes.join(';'), columns);
	}

	while (cells.length < columns) {
		cells.push(blankCell);
	}

	return cells;
}

function nextCodes(codes: readonly number[], parameters: string): number[] {
	let next = [...codes];
	for (const code of parameters.split(';').map(Number)) {
		const isEnded = endedBy[code];
		if (isEnded) {
			next = next.filter(open => !isEnded(open));
		} else {
			const isSameKind = code >= 30 ? endedBy[39] : (open: number) => open === code;
			next = [...next.filter(open => !isSameKind?.(open)), code].sort((a, b) => a - b);
		}
	}

	return next;
}

function pushText(cells: Cell[], text: string, style: string, columns: number): void {
	for (const character of charactersOf(text)) {
		if (character.width === 0) {
			continue;
		}

		if (cells.length + character.width > columns) {
			return;
		}

		cells.push({text: character.text, style});
		for (let more = 1; more < character.width; more++) {
			cells.push({text: '', style});
		}
	}
}
