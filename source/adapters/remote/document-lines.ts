import {cleanText} from '../../domain/text.js';
import {type AnswerBudget, BoundedAnswer} from './bounded-answer.js';

/** Bytes that are no document, before or between documents: a motd is short. */
const maxGarbageBytes = 256 * 1024;
/** Enough of a line that is no document to say what it is. */
const keptGarbageBytes = 1024;
/** Of documents that come faster than a person can see, the last is read. */
const minGapMs = 100;
/** A document that takes long to read may take this share of the time: the table is drawn and the keys are read meanwhile. */
const gapPerReadingTime = 4;

const newline = 10;
const whitespace: ReadonlySet<number> = new Set([9, 13, 32]);

/** What lines of text turn out to be. */
export interface LineReader {
	/** Takes the next bytes. @returns what is wrong with them, when nothing more is to be expected from this source */
	readonly take: (chunk: Buffer) => string | undefined;
	/** The last line that was no document, cleaned. */
	readonly garbage: () => string | undefined;
	/** Lets go of what was received. */
	readonly release: () => void;
}

export interface LineReaderOptions {
	/** @param bytes the length of the document as it came */
	readonly onDocument: (value: unknown, bytes: number) => void;
	/** Milliseconds since the epoch. */
	readonly nowMs: () => number;
	readonly budget: AnswerBudget;
}

/** Reads a stream of JSON documents, one a line, among which there may be anything. */
export function createLineReader({onDocument, nowMs, budget}: LineReaderOptions): LineReader {
	let document: BoundedAnswer | undefined;
	let newest: BoundedAnswer | undefined;
	let line: Buffer[] = [];
	let garbageBytes = 0;
	let garbage: string | undefined;
	let nextMs = Number.NEGATIVE_INFINITY;
	let timer: NodeJS.Timeout | undefined;

	const isGarbage = (text: string): void => {
		garbage = cleanText(text, 200) || garbage;
	};

	/** @returns what is wrong */
	const addToLine = (piece: Buffer): string | undefined => {
		const start = document || line.length > 0 ? piece : trimmedStart(piece);
		if (start.length === 0) {
			return undefined;
		}

		if (!document && line.length === 0 && start[0] === 123) {
			document = new BoundedAnswer(budget);
		}

		if (document) {
			return document.take(start);
		}

		garbageBytes += start.length;
		line.push(Buffer.from(start.subarray(0, keptGarbageBytes)));
		return tooMuchGarbage();
	};

	const tooMuchGarbage = (): string | undefined => {
		const words = (): string => cleanText(Buffer.concat(line).toString(), 200) || (garbage ?? '');
		return garbageBytes > maxGarbageBytes ? `it does not send xmrtop documents; received: ${words()}` : undefined;
	};

	const endLine = (): void => {
		isGarbage(Buffer.concat(line).toString());
		line = [];
		const ended = document;
		document = undefined;
		if (ended) {
			newest?.release();
			newest = ended;
			if (nowMs() >= nextMs) {
				readNewest();
			} else {
				timer ??= setTimeout(readNewest, nextMs - nowMs());
			}
		}
	};

	const readNewest = (): void => {
		clearTimeout(timer);
		timer = undefined;
		const answer = newest;
		newest = undefined;
		if (!answer) {
			return;
		}

		const beganMs = nowMs();
		const {bytes} = answer;
		const text = answer.text();
		answer.release();
		const value = parseOrUndefined(text);
		if (value === undefined) {
			garbageBytes += bytes;
			isGarbage(text.slice(0, keptGarbageBytes));
			return;
		}

		garbageBytes = 0;
		onDocument(value, bytes);
		nextMs = beganMs + Math.max(minGapMs, (nowMs() - beganMs) * (1 + gapPerReadingTime));
	};

	return {
		take: chunk => {
			let from = 0;
			for (let at = chunk.indexOf(newline); at !== -1; at = chunk.indexOf(newline, from)) {
				const problem = addToLine(chunk.subarray(from, at));
				if (problem !== undefined) {
					return problem;
				}

				endLine();
				const garbageProblem = tooMuchGarbage();
				if (garbageProblem !== undefined) {
					return garbageProblem;
				}

				from = at + 1;
			}

			return addToLine(chunk.subarray(from));
		},
		garbage: () => garbage,
		release: () => {
			clearTimeout(timer);
			document?.release();
			newest?.release();
			document = undefined;
			newest = undefined;
		},
	};
}

function trimmedStart(piece: Buffer): Buffer {
	const start = piece.findIndex(byte => !whitespace.has(byte));
	return start === -1 ? piece.subarray(piece.length) : piece.subarray(start);
}

function parseOrUndefined(line: string): unknown {
	try {
		return JSON.parse(line);
	} catch {
		return undefined;
	}
}

/** One document over several lines, after whatever a login may print. */
export interface DocumentReader extends Pick<LineReader, 'take' | 'garbage' | 'release'> {
	/** The document; `undefined` when there is none, or it is not whole. */
	readonly document: () => unknown;
}

/** Reads all that comes as one document, from the first line on that begins as one. */
export function createDocumentReader(budget: AnswerBudget): DocumentReader {
	let answer: BoundedAnswer | undefined;
	let before = Buffer.alloc(0);
	const take = (chunk: Buffer): string | undefined => {
		if (answer) {
			return answer.take(chunk);
		}

		before = Buffer.concat([before, chunk]);
		const begin = before[0] === 123 ? 0 : before.indexOf('\n{') + 1;
		if (before[begin] === 123) {
			answer = new BoundedAnswer(budget);
			return answer.take(before.subarray(begin));
		}

		return before.length > maxGarbageBytes
			? `it does not send an xmrtop document; received: ${lastLine(before)}`
			: undefined;
	};
	return {
		take,
		document: () => (answer ? parseOrUndefined(answer.text()) : undefined),
		garbage: () => lastLine(before) || undefined,
		release: () => answer?.release(),
	};
}

function lastLine(bytes: Buffer): string {
	const lines = bytes.subarray(-keptGarbageBytes).toString().split('\n');
	return lines.map(line => cleanText(line, 200)).findLast(line => line !== '') ?? '';
}
