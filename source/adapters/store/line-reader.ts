import {closeSync, fstatSync, readSync} from 'node:fs';
import {fileLimits, openRegular, openRegularSync, tooLarge} from '../bounded-read.js';

const pieceBytes = 1024 * 1024;
/** No line of ours is this long: what is longer is passed over, and never kept in memory. */
const maxLineBytes = 64 * 1024;
const newline = 0x0a;

/** Cuts pieces of a file into lines. */
function createLineCutter(onLine: (line: string) => void) {
	let rest: Buffer = Buffer.alloc(0);
	let isPassedOver = false;
	const end = (line: Buffer): void => {
		if (!isPassedOver && line.length > 0 && line.length <= maxLineBytes) {
			onLine(line.toString('utf8'));
		}

		isPassedOver = false;
	};
	return {
		/** @param piece is used after this returns no more */
		add: (piece: Buffer): void => {
			let from = 0;
			for (let to = piece.indexOf(newline); to !== -1; to = piece.indexOf(newline, from)) {
				const line = piece.subarray(from, to);
				end(rest.length > 0 ? Buffer.concat([rest, line]) : line);
				rest = Buffer.alloc(0);
				from = to + 1;
			}

			const left = piece.subarray(from);
			isPassedOver ||= rest.length + left.length > maxLineBytes;
			rest = isPassedOver ? Buffer.alloc(0) : Buffer.concat([rest, left]);
		},
		/** What stands behind the last newline is a line too. */
		close: (): void => end(rest),
	};
}

/**
 * Reads the lines of a regular file from a position on.
 * @param fromByte where the file is shorter, it was replaced and is read from its beginning
 * @param maxBytes only so many of the end are read; the first line of them may be torn
 * @throws Error of the system, OddFileError
 */
export function readLinesSync(
	path: string,
	onLine: (line: string) => void,
	{fromByte = 0, toByte = Number.POSITIVE_INFINITY}: {readonly fromByte?: number; readonly toByte?: number} = {},
): void {
	const descriptor = openRegularSync(path);
	try {
		const {size} = fstatSync(descriptor);
		refuseTooLarge(size);
		const cutter = createLineCutter(onLine);
		const piece = Buffer.allocUnsafe(Math.min(pieceBytes, size + 1));
		const end = Math.min(size, toByte);
		for (let position = fromByte <= size ? fromByte : 0; position < end; ) {
			const count = readSync(descriptor, piece, 0, Math.min(piece.length, end - position), position);
			if (count === 0) {
				break;
			}

			cutter.add(piece.subarray(0, count));
			position += count;
		}

		cutter.close();
	} finally {
		closeSync(descriptor);
	}
}

/**
 * Reads the lines of a regular file, a piece at a time, so that everything else gets its turn.
 * @throws Error of the system, OddFileError
 */
export async function readLines(path: string, onLine: (line: string) => void): Promise<void> {
	const file = await openRegular(path);
	try {
		refuseTooLarge((await file.stat()).size);
		const cutter = createLineCutter(onLine);
		const piece = Buffer.allocUnsafe(pieceBytes);
		for (;;) {
			const {bytesRead} = await file.read(piece, 0, piece.length, null);
			if (bytesRead === 0) {
				break;
			}

			cutter.add(piece.subarray(0, bytesRead));
		}

		cutter.close();
	} finally {
		await file.close();
	}
}

export function refuseTooLarge(size: number): void {
	if (size > fileLimits.transitions) {
		throw tooLarge(fileLimits.transitions);
	}
}
