import {cleanText} from '../text.js';

/** Bounds of what is kept of one node's details: no xmrtop sends near as much. */
const most = {depth: 6, fields: 120, items: 200, characters: 1000} as const;

/** What nearly every text is, of a large fleet in every cycle: nothing is to be cleaned in it. */
const plain = /^[!-~]+(?: [!-~]+)*$/;

/**
 * Makes a JSON value from outside safe to keep, show and print: text on one line without anything a terminal obeys, everything
 * bounded. What is beyond the bounds is left out.
 */
export function cleanJson(value: unknown, depth = 0): unknown {
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
		return value.slice(0, most.items).map(item => cleanJson(item, depth + 1) ?? null);
	}

	const fields = Object.entries(value)
		.slice(0, most.fields)
		.filter(([name]) => /^[a-z][a-z\d_]{0,63}$/i.test(name) && name !== 'constructor');
	return Object.fromEntries(fields.map(([name, item]) => [name, cleanJson(item, depth + 1)]));
}

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
