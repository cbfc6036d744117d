import {cleanText} from '../text.js';

/** Limits for the details of one node, far above what xmrtop sends. */
const limits = {depth: 6, fields: 120, items: 200, characters: 1000} as const;

/** Matches text that needs no cleaning, which is nearly all text. */
const plain = /^[!-~]+(?: [!-~]+)*$/;

/**
 * Makes a JSON value from outside safe to store, show and print: text is put on one line without control characters, and
 * everything is limited in size. What exceeds the limits is left out.
 */
export function sanitizeJson(value: unknown, depth = 0): unknown {
	if (typeof value === 'string') {
		return value.length <= limits.characters && plain.test(value) ? value : cleanText(value, limits.characters);
	}

	if (typeof value !== 'object' || value === null) {
		return typeof value === 'number' && !Number.isFinite(value) ? undefined : value;
	}

	if (depth >= limits.depth) {
		return undefined;
	}

	if (Array.isArray(value)) {
		return value.slice(0, limits.items).map(item => sanitizeJson(item, depth + 1) ?? null);
	}

	const fields = Object.entries(value)
		.slice(0, limits.fields)
		.filter(([name]) => /^[a-z][a-z\d_]{0,63}$/i.test(name) && name !== 'constructor');
	return Object.fromEntries(fields.map(([name, item]) => [name, sanitizeJson(item, depth + 1)]));
}

/** Limits of a JSON text. A parsed value takes many times the memory of its text, so they are checked before parsing. */
export interface JsonBounds {
	/** Levels of nesting. */
	readonly depth: number;
	/** The number of values, including members of objects and items of arrays. */
	readonly values: number;
}

const code = {quote: 34, comma: 44, arrayStart: 91, backslash: 92, arrayEnd: 93, objectStart: 123, objectEnd: 125};

/**
 * Counts the nesting and the values of a JSON text while its bytes arrive. It does not validate the JSON; the parser does.
 */
export class JsonScan {
	#depth = 0;
	#values = 0;
	#isInString = false;
	#isEscaped = false;

	constructor(private readonly bounds: JsonBounds) {}

	/** Scans the next bytes, in UTF-8. @returns the limit that the text exceeds, if any */
	take(bytes: Uint8Array): string | undefined {
		const {depth: maxDepth, values: maxValues} = this.bounds;
		let {depth, values, isInString, isEscaped} = this.#state();
		// A loop by index, because an iterator is several times slower until the loop is compiled, and a single check of a
		// fleet ends before that.
		for (let index = 0; index < bytes.length; index += 1) {
			const byte = bytes[index];
			if (isInString) {
				isInString = isEscaped || byte !== code.quote;
				isEscaped = !isEscaped && byte === code.backslash;
			} else if (byte === code.quote) {
				isInString = true;
			} else if (byte === code.comma) {
				values += 1;
			} else if (byte === code.arrayStart || byte === code.objectStart) {
				values += 1;
				depth += 1;
				if (depth > maxDepth) {
					break;
				}
			} else if (byte === code.arrayEnd || byte === code.objectEnd) {
				depth -= 1;
			}
		}

		this.#depth = depth;
		this.#values = values;
		this.#isInString = isInString;
		this.#isEscaped = isEscaped;
		if (depth > maxDepth) {
			return `nested deeper than ${maxDepth} levels`;
		}

		return values > maxValues ? `more than ${maxValues} values` : undefined;
	}

	/** Starts with another text. */
	reset(): void {
		this.#depth = 0;
		this.#values = 0;
		this.#isInString = false;
		this.#isEscaped = false;
	}

	/** Locals are several times faster than fields in a loop over bytes. */
	#state() {
		return {depth: this.#depth, values: this.#values, isInString: this.#isInString, isEscaped: this.#isEscaped};
	}
}
