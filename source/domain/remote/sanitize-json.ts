import {cleanText} from '../text.js';

/** Bounds of what is kept of one node's details: no xmrtop sends near as much. */
const most = {depth: 6, fields: 120, items: 200, characters: 1000} as const;

/** What nearly every text is, of a large fleet in every cycle: nothing is to be cleaned in it. */
const plain = /^[!-~]+(?: [!-~]+)*$/;

/**
 * Makes a JSON value from outside safe to keep, show and print: text on one line without anything a terminal obeys, everything
 * bounded. What is beyond the bounds is left out.
 */
export function sanitizeJson(value: unknown, depth = 0): unknown {
	if (typeof value === 'string') {
		return value.length <= most.characters && plain.test(value) ? value : cleanText(value, most.characters);
	}

	if (typeof value !== 'object' || value === null) {
		return typeof value === 'number' && !Number.isFinite(value) ? undefined : value;
	}

	if (depth >= most.depth) {
		return undefined;
	}

	if (Array.isArray(value)) {
		return value.slice(0, most.items).map(item => sanitizeJson(item, depth + 1) ?? null);
	}

	const fields = Object.entries(value)
		.slice(0, most.fields)
		.filter(([name]) => /^[a-z][a-z\d_]{0,63}$/i.test(name) && name !== 'constructor');
	return Object.fromEntries(fields.map(([name, item]) => [name, sanitizeJson(item, depth + 1)]));
}

/** Bounds of a JSON text. A parsed value costs many times its bytes, so they are checked before the text is parsed. */
export interface JsonBounds {
	/** Levels of nesting. */
	readonly depth: number;
	/** Values of all kinds, members of objects and items of arrays counted alike. */
	readonly values: number;
}

const code = {quote: 34, comma: 44, arrayStart: 91, backslash: 92, arrayEnd: 93, objectStart: 123, objectEnd: 125};

/** Counts the nesting and the values of a JSON text while its bytes arrive. It does not validate: the parser does. */
export class JsonScan {
	#depth = 0;
	#values = 0;
	#isInString = false;
	#isEscaped = false;

	constructor(private readonly bounds: JsonBounds) {}

	/** Looks at the next bytes, in UTF-8. @returns which bound the text exceeds, once it does */
	take(bytes: Uint8Array): string | undefined {
		const {depth: maxDepth, values: maxValues} = this.bounds;
		let {depth, values, isInString, isEscaped} = this.#state();
		// By index: an iterator costs several times as much until this loop is compiled, which one look at a fleet ends before.
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

	/** Begins with another text. */
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
