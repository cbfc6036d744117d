import * as v from 'valibot';
import {checkMethods} from './check-method.js';
import {states} from './state.js';

/** Schemas for values from outside, used by several documents. */

/** A JSON object of any content. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object. */
export function isObject(value: unknown): value is JsonObject {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON object whose content is not checked. */
export const anyObject = v.custom<JsonObject>(isObject);

export const text = v.string();
export const boolean = v.boolean();
/** A whole number, 0 or greater. */
export const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** The id of a node or an incident's member: a whole number, 1 or greater. */
export const id = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
/** A number within the range of safe integers. */
export const number = v.pipe(
	v.number(),
	v.check(value => Math.abs(value) <= Number.MAX_SAFE_INTEGER),
);
/** The same, 0 or greater. */
export const amount = v.pipe(number, v.minValue(0));
/** Any time that JavaScript can parse. */
export const time = v.pipe(
	v.string(),
	v.check(value => Number.isFinite(Date.parse(value))),
);
/**
 * A time as xmrtop writes it. Years before 2000 or after 2999 are rejected, because times are shown and compared with the
 * clock.
 */
export const isoTime = v.pipe(
	v.string(),
	v.regex(/^2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/),
	v.check(value => !Number.isNaN(Date.parse(value))),
);
export const state = v.picklist(states);
export const checkMethod = v.picklist(checkMethods);
/** A word of a list that other versions may extend. */
export const word = <W extends string>() => v.custom<W>(value => typeof value === 'string');

type Output<E extends v.ObjectEntries> = {readonly [N in keyof E]?: v.InferOutput<E[N]>};

/** An object whose fields are all optional. Other fields may have any value. */
export function partialObject<const E extends v.ObjectEntries>(entries: E): v.GenericSchema<Output<E>> {
	return v.partial(v.looseObject(entries)) as unknown as v.GenericSchema<Output<E>>;
}

/**
 * Creates a parser that keeps the fields that match their schema. Other fields count as absent; if the value is not an
 * object, all do.
 * @param entries the schemas of the fields, by name
 */
export function pickFittingFields<const E extends v.ObjectEntries>(entries: E): (value: unknown) => Output<E> {
	const schemas = Object.entries(entries);
	return value => {
		const taken: Record<string, unknown> = {};
		if (isObject(value)) {
			for (const [name, schema] of schemas) {
				const field = value[name];
				const parsed = field === undefined ? undefined : v.safeParse(schema, field);
				if (parsed?.success) {
					taken[name] = parsed.output;
				}
			}
		}

		return taken as Output<E>;
	};
}
