import {shown} from '../../domain/text.js';

/** The parameters behind the `?` of a request. */
export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** A request that cannot be answered as it is; the message is one line: what, and what is allowed. */
export class RequestError extends Error {
	override readonly name = 'RequestError';
}

/**
 * Reads a parameter.
 * @returns `undefined` when it is not given
 * @throws RequestError when its value is not allowed, or it is given twice
 */
export function parameterOf<T>(
	query: Query,
	name: string,
	parse: (text: string) => T | undefined,
	allowed: string,
): T | undefined {
	const text = query[name];
	if (text === undefined) {
		return undefined;
	}

	const value = typeof text === 'string' ? parse(text) : undefined;
	if (value === undefined) {
		const what = typeof text === 'string' ? `${name}=${shown(text)} is invalid` : `${name} is given more than once`;
		throw new RequestError(`${what}: expected ${allowed}`);
	}

	return value;
}

const switches: Readonly<Record<string, boolean>> = {'1': true, '0': false};

/** Whether a check is wanted now: `?fresh=1`. */
export function isFreshAsked(query: Query): boolean {
	const parse = (text: string): boolean | undefined => (Object.hasOwn(switches, text) ? switches[text] : undefined);
	return parameterOf(query, 'fresh', parse, '1 or 0') ?? false;
}
