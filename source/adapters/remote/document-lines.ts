import {StringDecoder} from 'node:string_decoder';
import {cleanText} from '../../domain/text.js';

/** Ten thousand nodes in full need less. */
const mostLine = 16 * 1024 * 1024;
/** Characters that are no document, before or between documents: a motd is short. */
const mostGarbage = 256 * 1024;
/** Of documents that come faster than a person can see, the last is read. */
const leastGapMs = 100;

/** What lines of text turn out to be. */
export interface LineReader {
	/** Takes the next bytes. @returns what is wrong with them, when nothing more is to be expected from this source */
	readonly take: (chunk: Buffer) => string | undefined;
	/** The last line that was no document, cleaned. */
	readonly garbage: () => string | undefined;
}

/** Reads a stream of JSON documents, one a line, among which there may be anything. */
export function createLineReader(onDocument: (value: unknown) => void, nowMs: () => number): LineReader {
	const decoder = new StringDecoder('utf8');
	let parts: string[] = [];
	let partsLength = 0;
	let garbageLength = 0;
	let garbage: string | undefined;
	let lastMs = Number.NEGATIVE_INFINITY;
	let newest: string | undefined;
	let isTimed = false;

	const takeLine = (line: string): void => {
		const isDocument = line.startsWith('{');
		const waitMs = lastMs + leastGapMs - nowMs();
		if (isDocument && waitMs > 0) {
			newest = line;
			if (!isTimed) {
				isTimed = true;
				setTimeout(takeNewest, waitMs);
			}

			return;
		}

		const value = isDocument ? parseOrUndefined(line) : undefined;
		if (value === undefined) {
			garbageLength += line.length + 1;
			garbage = cleanText(line, 200) || garbage;
			return;
		}

		lastMs = nowMs();
		newest = undefined;
		garbageLength = 0;
		onDocument(value);
	};

	const takeNewest = (): void => {
		isTimed = false;
		if (newest !== undefined) {
			takeLine(newest);
		}
	};

	return {
		take: chunk => {
			const [first = '', ...lines] = decoder.write(chunk).split('\n');
			parts.push(first);
			partsLength += first.length;
			for (const next of lines) {
				const line = parts.join('').trim();
				parts = [next];
				partsLength = next.length;
				takeLine(line);
			}

			if (partsLength > mostLine) {
				return 'it sends a line without an end';
			}

			return garbageLength > mostGarbage ? `it sends no documents of xmrtop, but: ${garbage ?? ''}` : undefined;
		},
		garbage: () => garbage,
	};
}

function parseOrUndefined(line: string): unknown {
	try {
		return JSON.parse(line);
	} catch {
		return undefined;
	}
}
